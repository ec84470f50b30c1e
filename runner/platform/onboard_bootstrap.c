/* SPDX-License-Identifier: Apache-2.0 */
/*
 * onboard_bootstrap - how our AICPU object gets onto the device
 *
 * CANN's own extend-kernels library on the AICPU opens the dispatcher's bytes
 * and calls it; the dispatcher writes our object as a file where CANN looks for
 * AICPU kernels (facts/runtime.md 3.1, facts/cann.md 4.5).  The store has no
 * delete, so one file per content and device stays, and a process writes it once.
 */
#include <pthread.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

#include "onboard.h"

#define BOOTED_MAX 256

/* What CANN 9.0.0 expects behind the launch arguments. */
struct boot_args {
	uint64_t unused[5];
	uint64_t device_args;   /* 40 */
	uint64_t rest[20];
	char kernel_name[32];   /* 208 */
	char so_name[32];
	char op_name[32];
};

/* The dispatcher's view of device_args. */
struct boot_device_args {
	uint64_t unused[12];
	uint64_t dispatcher;      /* 96 */
	uint64_t dispatcher_size;
	uint64_t device;
	uint64_t object;
	uint64_t object_size;
	uint64_t rest[3];
};

_Static_assert(sizeof(struct boot_args) == 304, "208 bytes of head and three names");
_Static_assert(sizeof(struct boot_device_args) == 160, "DeviceArgs of the bootstrap");

/*
 * The fingerprint set: process-wide, because the file is.  A file is named by
 * a build id, and two objects may carry the same one: so the set knows which
 * content lies under the name, and who uses it.  Full of files in use, it
 * learns no more: then a file is written again.
 */
struct booted_file {
	uint64_t fingerprint;
	uint64_t content;
	int32_t device;
	uint32_t users; /* contexts that were initialised with it and not yet finalized */
};

static struct {
	pthread_mutex_t lock;
	unsigned count; /* ever */
	struct booted_file files[BOOTED_MAX];
} booted = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct booted_file *find_file(uint64_t fingerprint, int32_t device)
{
	for (unsigned i = 0; i < BOOTED_MAX && i < booted.count; i++)
		if (booted.files[i].fingerprint == fingerprint && booted.files[i].device == device)
			return &booted.files[i];
	return NULL;
}

static struct booted_file *spare_file(void)
{
	for (unsigned tries = 0; tries < BOOTED_MAX; tries++) {
		struct booted_file *file = &booted.files[booted.count++ % BOOTED_MAX];

		if (file->users == 0)
			return file;
	}
	return NULL;
}

/* 1: it lies there, and is now used; 0: it is to be written; an error where another content is in use. */
static int use_file(struct tare_onboard *onboard)
{
	struct booted_file *file;
	int found = 0;

	pthread_mutex_lock(&booted.lock);
	file = find_file(onboard->fingerprint, onboard->common.device);
	if (file && file->content != onboard->aicpu_content && file->users)
		found = TARE_E_STATE;
	if (file && file->content == onboard->aicpu_content) {
		file->users++;
		onboard->uses_file = true;
		found = 1;
	}
	pthread_mutex_unlock(&booted.lock);
	if (found < 0)
		tare_log(&onboard->common.log, TARE_LOG_ERROR,
			"another context uses an AICPU object with the same build id and other code");
	return found;
}

static void add_file(struct tare_onboard *onboard)
{
	struct booted_file *file;

	pthread_mutex_lock(&booted.lock);
	file = find_file(onboard->fingerprint, onboard->common.device);
	if (!file)
		file = spare_file();
	if (file) {
		*file = (struct booted_file){ onboard->fingerprint, onboard->aicpu_content, onboard->common.device, 1 };
		onboard->uses_file = true;
	}
	pthread_mutex_unlock(&booted.lock);
}

void tare__onboard_bootstrap_leave(struct tare_onboard *onboard)
{
	struct booted_file *file;

	if (!onboard->uses_file)
		return;
	pthread_mutex_lock(&booted.lock);
	file = find_file(onboard->fingerprint, onboard->common.device);
	tare_must(file && file->users > 0);
	file->users--;
	onboard->uses_file = false;
	pthread_mutex_unlock(&booted.lock);
}

static int upload(struct tare_platform *platform, const void *bytes, size_t size, uint64_t *address)
{
	int status = tare__platform_take(platform, size, address);

	return status == TARE_OK ? tare__platform_copy_in(platform, *address, bytes, size) : status;
}

static int run_dispatcher(struct tare_onboard *onboard, uint64_t device_args)
{
	struct tare_platform *platform = &onboard->common;
	struct boot_args boot = {
		.device_args = device_args,
		.kernel_name = "DynTileFwkKernelServerInit",
		.so_name = "libaicpu_extend_kernels.so",
		.op_name = "AST_DYN_AICPU",
	};
	const struct tare_rt_aicpu_args args = {
		.args = &boot,
		.size = sizeof boot,
		.kernel_name_offset = offsetof(struct boot_args, kernel_name),
		.so_name_offset = offsetof(struct boot_args, so_name),
	};
	int code = platform->tables.cann.rtAicpuKernelLaunchExWithArgs(KERNEL_TYPE_AICPU_KFC, boot.op_name, 1, &args, NULL,
		onboard->aicpu_stream, 0);

	if (code != 0) {
		(void)tare__onboard_failed(platform, "rtAicpuKernelLaunchExWithArgs", code);
		/* Queued all the same, it would read blocks that are given back next. */
		(void)tare__onboard_drain(onboard, "a bootstrap that was refused");
		return code;
	}
	return tare__onboard_drain(onboard, "the bootstrap");
}

int tare__onboard_bootstrap(struct tare_onboard *onboard, const struct tare_binaries *binaries)
{
	struct tare_platform *platform = &onboard->common;
	struct boot_device_args args = {
		.dispatcher_size = binaries->dispatcher_size,
		.device = (uint64_t)platform->device,
		.object_size = binaries->aicpu_size,
	};
	uint64_t blocks[3] = { 0 };
	int status;

	status = use_file(onboard);
	if (status != 0)
		return status > 0 ? TARE_OK : status;
	status = upload(platform, binaries->dispatcher, binaries->dispatcher_size, &blocks[0]);
	if (status == TARE_OK)
		status = upload(platform, binaries->aicpu, binaries->aicpu_size, &blocks[1]);
	args.dispatcher = blocks[0];
	args.object = blocks[1];
	if (status == TARE_OK)
		status = upload(platform, &args, sizeof args, &blocks[2]);
	if (status == TARE_OK)
		status = run_dispatcher(onboard, blocks[2]);
	if (status == TARE_OK)
		add_file(onboard);
	for (size_t i = TARE_COUNT(blocks); i > 0 && !platform->poisoned; i--) {
		int given = blocks[i - 1] ? tare__platform_give(platform, blocks[i - 1]) : TARE_OK;

		if (status == TARE_OK)
			status = given;
	}
	return status;
}
