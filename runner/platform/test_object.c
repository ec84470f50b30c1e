/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_object - a device object for the tests beside it: AICPU, AICore, kernel and orchestration in one
 *
 * What exec does stands in the word that runtime_args points to.
 */
#include <stdint.h>

#include <tare/device_program.h>

#define EXPORT __attribute__((visibility("default")))

enum order { ORDER_DONE, ORDER_WAIT, ORDER_HANG }; /* anything else: the result of exec */

int tare_device_bind(const struct tare_core_ops *ops);
int simpler_aicpu_init(struct tare_device_port *port, void *kernel_args);
int simpler_aicpu_exec(struct tare_device_port *port, void *kernel_args);
int aicore_kernel_0_mix_aic(struct tare_device_port *port, void *kernel_args);
int aicore_kernel_0_mix_aiv(struct tare_device_port *port, void *kernel_args);
int kernel_entry(void);

EXPORT int tare_device_bind(const struct tare_core_ops *ops)
{
	return ops->revision == TARE_CORE_OPS_REVISION ? 0 : -1;
}

EXPORT int simpler_aicpu_init(struct tare_device_port *port, void *kernel_args)
{
	(void)port;
	(void)kernel_args;
	return 0;
}

EXPORT int simpler_aicpu_exec(struct tare_device_port *port, void *kernel_args)
{
	const uint64_t *words = kernel_args;
	const int64_t *order = (const int64_t *)(uintptr_t)words[6]; /* runtime_args, offset 48 */
	uint64_t *wall = (uint64_t *)(uintptr_t)words[port->count == 6 ? 18 : 16];

	if (*order == ORDER_WAIT || *order == ORDER_HANG)
		return port->ops->wait(port) ? -1 : 0;
	*wall = 1234;
	return *order == ORDER_DONE || port->index ? 0 : (int)*order;
}

static void never_come_back(int64_t *args, const struct tare_kernel_context *context)
{
	volatile int64_t *turns = args;

	(void)context;
	for (;;)
		(*turns)++;
}

EXPORT int aicore_kernel_0_mix_aic(struct tare_device_port *port, void *kernel_args)
{
	const uint64_t *words = kernel_args;
	const int64_t *order = (const int64_t *)(uintptr_t)words[6];
	struct tare_kernel_context context = { .block_count = 1 };
	int64_t turns = 0;

	if (*order == ORDER_HANG && port->index == 0)
		port->ops->call(port, (uint64_t)(uintptr_t)never_come_back, &turns, &context);
	return 0;
}

EXPORT int aicore_kernel_0_mix_aiv(struct tare_device_port *port, void *kernel_args)
{
	(void)port;
	(void)kernel_args;
	return 0;
}

EXPORT int kernel_entry(void)
{
	return 7;
}
