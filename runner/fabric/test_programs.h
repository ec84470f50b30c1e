/* SPDX-License-Identifier: Apache-2.0 */
/* test_programs - for the tests of this folder: the device programs, linked in so that the sanitizers see them, and drivers */
#ifndef TARE_FABRIC_TEST_PROGRAMS_H
#define TARE_FABRIC_TEST_PROGRAMS_H

#include "launch.h"

int simpler_aicpu_init(struct tare_device_port *port, void *args);
int simpler_aicpu_exec(struct tare_device_port *port, void *args);
int simpler_aicpu_close(struct tare_device_port *port, void *args);
int aicore_kernel_0_mix_aic(struct tare_device_port *port, void *args);
int aicore_kernel_0_mix_aiv(struct tare_device_port *port, void *args);

extern const struct program test_programs;

/* In the place of an AIV's: core 4 gives itself a number that there isn't. */
int test_lying_core(struct tare_device_port *port, void *args);

struct drive {
	enum tare_fabric_driver driver;
	uint32_t workers;
	uint64_t seed;
};

enum { DRIVE_POOL, DRIVE_WORKERS, DRIVE_SEEDED, DRIVE_SEEDED_OTHERWISE, DRIVE_PARKED, DRIVES };

extern const struct drive test_drives[DRIVES];

#endif
