/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bootstrap - the one thing the dispatcher does, done by the machine
 *
 * On the card libaicpu_extend_kernels.so opens the dispatcher, and that writes
 * the inner AICPU object into the store (facts/cann.md 4.5).  A dispatcher that
 * somebody else built is never executed here: the write is documented, so the
 * machine makes it itself, under its own root.
 */
#include "machine_priv.h"

#include <stdio.h>
#include <string.h>

#include <tare/text.h>

enum { DEVICE_ARGS_AT = 40, DEVICE_ARGS_BYTES = 160 };

struct device_args { /* 160 bytes */
	uint64_t unused[12];
	uint64_t dispatcher, dispatcher_size; /* 96, 104 */
	uint64_t device;                      /* 112 */
	uint64_t inner, inner_size;           /* 120, 128 */
	uint64_t rest[3];
};

_Static_assert(sizeof(struct device_args) == DEVICE_ARGS_BYTES, "the dispatcher's view of DeviceArgs");

static bool is_block(uint64_t address, uint64_t size)
{
	return size && size <= TARE_IMAGE_BYTES_MAX && tare__device_memory(address, size);
}

static const void *at(uint64_t address)
{
	return (const void *)(uintptr_t)address;
}

/* The build id's, or of an object without one, or of no object at all, the hash of the bytes. */
static uint64_t fingerprint_of(const void *bytes, uint64_t size)
{
	struct tare_image image;
	char error[128];

	return tare_image_read(bytes, size, &image, error, sizeof error) ? tare_hash(bytes, size) : image.fingerprint;
}

static const char *broken(const struct tare__launch *launch, struct device_args *args)
{
	struct tare_image image;
	uint64_t address;
	char error[128];

	if (!launch->known)
		return "the AICPU knows no such op, object or function";
	if (launch->size < DEVICE_ARGS_AT + sizeof address)
		return "the arguments are too short";
	memcpy(&address, launch->args + DEVICE_ARGS_AT, sizeof address);
	if (!tare__device_memory(address, sizeof *args))
		return "the device arguments lie outside device memory";
	memcpy(args, at(address), sizeof *args);
	if (!is_block(args->dispatcher, args->dispatcher_size) || !is_block(args->inner, args->inner_size))
		return "an object lies outside device memory";
	/* The processors of this device are the host's. */
	if (tare_image_read_here(at(args->dispatcher), args->dispatcher_size, &image, error, sizeof error))
		return "the dispatcher cannot be opened";
	return NULL;
}

int tare__bootstrap_run(struct tare__device *device, const struct tare__launch *launch)
{
	struct device_args args;
	const char *why = broken(launch, &args);
	char name[80];
	bool is_new;

	if (why) {
		tare_log(tare__log(), TARE_LOG_WARN, "machine: device %u: bootstrap: %s", tare__device_id(device), why);
		return ACL_ERROR_RT_AICPU_EXCEPTION;
	}
	snprintf(name, sizeof name, "simpler_inner_%016llx_%llu.so",
		(unsigned long long)fingerprint_of(at(args.inner), args.inner_size), (unsigned long long)args.device);
	if (tare__store_write(name, at(args.inner), args.inner_size, &is_new))
		return ACL_ERROR_RT_AICPU_EXCEPTION;
	device->preinstalled_writes++;
	if (is_new)
		device->preinstalled++;
	return 0;
}
