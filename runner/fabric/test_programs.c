/* SPDX-License-Identifier: Apache-2.0 */
#include "test_programs.h"

const struct program test_programs = { simpler_aicpu_init, simpler_aicpu_exec, aicore_kernel_0_mix_aic,
	aicore_kernel_0_mix_aiv };

const struct drive test_drives[DRIVES] = {
	[DRIVE_POOL] = { TARE_FABRIC_RUN_POOL, 1, 0 }, [DRIVE_WORKERS] = { TARE_FABRIC_RUN_POOL, 3, 0 },
	[DRIVE_SEEDED] = { TARE_FABRIC_RUN_SEEDED, 1, 7 }, [DRIVE_SEEDED_OTHERWISE] = { TARE_FABRIC_RUN_SEEDED, 1, 8 },
	[DRIVE_PARKED] = { TARE_FABRIC_RUN_PARKED, 1, 0 },
};

int test_lying_core(struct tare_device_port *port, void *args)
{
	uint32_t true_id = port->physical;
	int rc;

	if (port->index == 4)
		port->physical = 108;
	rc = aicore_kernel_0_mix_aiv(port, args);
	port->physical = true_id;
	return rc;
}
