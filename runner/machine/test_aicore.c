/* SPDX-License-Identifier: Apache-2.0 */
/* test_aicore - an AICore image for the machine's own tests */
#include "test_device.h"

int tare_device_bind(const struct tare_core_ops *ops);
int aicore_kernel_0_mix_aic(struct tare_device_port *port, void *args);
int aicore_kernel_0_mix_aiv(struct tare_device_port *port, void *args);

int tare_device_bind(const struct tare_core_ops *ops)
{
	return test_bind(ops);
}

int aicore_kernel_0_mix_aic(struct tare_device_port *port, void *args)
{
	return test_do(port, args);
}

int aicore_kernel_0_mix_aiv(struct tare_device_port *port, void *args)
{
	return test_do(port, args);
}
