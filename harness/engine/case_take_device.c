/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one thing that only a program on the device takes: a file in the AICPU
 * store.  The launch that leaves it is the bootstrap of another AICPU object,
 * made here through the tables as the runner makes its own (facts/cann.md 4.5).
 */
#include <stdlib.h>
#include <string.h>

#include <tare/image.h>
#include <tare/object.h>
#include <tare/status.h>

#include "case_take.h"

#define DRAIN_MS 2000

struct boot {
	unsigned char head[40];
	uint64_t device_args;
	unsigned char rest[160];
	char kernel_name[32]; /* 208 */
	char so_name[32];
	char op_name[32];
};

struct boot_device_args {
	unsigned char unused[96];
	uint64_t dispatcher, dispatcher_size, device, object, object_size;
	unsigned char rest[24];
};

_Static_assert(sizeof(struct boot) == 304 && sizeof(struct boot_device_args) == 160, "what the vendor's side reads");

/* The same object under another build id: another content, and so another file. */
static uint8_t *renamed(const struct tare_bytes *object)
{
	struct tare_image image;
	char error[128];
	uint8_t *bytes = malloc(object->size);

	if (!bytes || tare_image_read(object->bytes, object->size, &image, error, sizeof error) || !image.build_id_size) {
		free(bytes);
		return NULL;
	}
	memcpy(bytes, object->bytes, object->size);
	for (size_t at = 0; at + image.build_id_size <= object->size; at++) {
		if (memcmp(bytes + at, image.build_id, image.build_id_size) != 0)
			continue;
		bytes[at] ^= 0xffu;
		return bytes;
	}
	free(bytes);
	return NULL;
}

static int upload(struct tare_case *c, const void *bytes, size_t size, void **block)
{
	int code = c->tables.cann.rtMalloc(block, size, RT_MEMORY_HBM, 0);

	return code ? code : c->tables.cann.rtMemcpy(*block, size, bytes, size, RT_MEMCPY_HOST_TO_DEVICE);
}

static int run_bootstrap(struct tare_case *c, void *device_args)
{
	struct boot boot = {
		.device_args = (uint64_t)(uintptr_t)device_args, .kernel_name = "DynTileFwkKernelServerInit",
		.so_name = "libaicpu_extend_kernels.so", .op_name = "AST_DYN_AICPU",
	};
	const struct tare_rt_aicpu_args args = {
		.args = &boot, .size = sizeof boot, .kernel_name_offset = offsetof(struct boot, kernel_name),
		.so_name_offset = offsetof(struct boot, so_name),
	};
	rtStream_t stream = NULL;
	int code = c->tables.cann.rtStreamCreate(&stream, 0);

	if (code)
		return code;
	code = c->tables.cann.rtAicpuKernelLaunchExWithArgs(KERNEL_TYPE_AICPU_KFC, boot.op_name, 1, &args, NULL, stream, 0);
	if (!code)
		code = c->tables.cann.aclrtSynchronizeStreamWithTimeout(stream, DRAIN_MS);
	c->tables.cann.rtStreamDestroy(stream);
	return code;
}

int tare__take_preinstalled(struct tare_case *c)
{
	const char *arch = tare_arch_name(c->plan->ref->cell.arch);
	const struct tare_bytes *dispatcher = tare__case_file(c, "objects/%s/dispatcher.so", arch);
	const struct tare_bytes *object = tare__case_file(c, "objects/%s/aicpu.so", arch);
	struct boot_device_args args = { .dispatcher_size = dispatcher->size, .object_size = object->size };
	uint8_t *other = renamed(object);
	void *blocks[3] = { NULL };
	int code = other ? 0 : TARE_E_IMAGE;

	tare__case_context(c);
	if (!code)
		code = upload(c, dispatcher->bytes, dispatcher->size, &blocks[0]);
	if (!code)
		code = upload(c, other, object->size, &blocks[1]);
	args.dispatcher = (uint64_t)(uintptr_t)blocks[0];
	args.object = (uint64_t)(uintptr_t)blocks[1];
	if (!code)
		code = upload(c, &args, sizeof args, &blocks[2]);
	if (!code)
		code = run_bootstrap(c, blocks[2]);
	for (size_t i = 0; i < TARE_COUNT(blocks); i++)
		if (blocks[i])
			c->tables.cann.rtFree(blocks[i]);
	free(other);
	return code;
}
