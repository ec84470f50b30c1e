/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_device - a device program for the machine's own tests
 *
 * Its KernelArgs block says what each entity does; nothing of the reference's
 * protocol is in it.
 */
#ifndef TARE_MACHINE_TEST_DEVICE_H
#define TARE_MACHINE_TEST_DEVICE_H

#include <tare/device_program.h>

enum test_deed {
	TEST_COUNT, /* adds one to *out of its index */
	TEST_FAIL,  /* returns 1 */
	TEST_WAIT,  /* for somebody who never rings; leaves without an error when it is told to */
	TEST_CALL,  /* calls the kernel at `code` */
};

struct test_args {
	uint64_t deed;
	uint64_t out;  /* u32 per entity */
	uint64_t code;
	uint64_t pad[3];
};

static inline int test_do(struct tare_device_port *port, const struct test_args *args)
{
	struct tare_kernel_context context = { .block_count = port->count };
	int64_t nothing[1] = { 0 };

	switch (args->deed) {
	case TEST_COUNT:
		((uint32_t *)(uintptr_t)args->out)[port->index]++;
		return 0;
	case TEST_FAIL:
		return 1;
	case TEST_WAIT:
		while (!port->ops->wait(port))
			;
		return 0;
	default:
		port->ops->call(port, args->code, nothing, &context);
		return 0;
	}
}

static inline int test_bind(const struct tare_core_ops *ops)
{
	return ops->revision != TARE_CORE_OPS_REVISION;
}

#endif
