/* SPDX-License-Identifier: Apache-2.0 */
/* test_aicpu - an AICPU object for the machine's own tests */
#include "test_device.h"

int tare_device_bind(const struct tare_core_ops *ops);
int simpler_aicpu_init(struct tare_device_port *port, void *args);
int simpler_aicpu_exec(struct tare_device_port *port, void *args);

int tare_device_bind(const struct tare_core_ops *ops)
{
	return test_bind(ops);
}

int simpler_aicpu_init(struct tare_device_port *port, void *args)
{
	return test_do(port, args);
}

int simpler_aicpu_exec(struct tare_device_port *port, void *args)
{
	return test_do(port, args);
}
