/* SPDX-License-Identifier: Apache-2.0 */
/*
 * onboard - the platform over the vendor's calls: life, memory, finalize
 *
 * release() is the one destructor: init that failed half-way and finalize both
 * go through it, and it gives back what is there.  All of it comes before the
 * first reset, because a call after the last reset kills the process on a5
 * (incident #1197).
 */
#include "onboard.h"

#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

int tare__onboard_failed(struct tare_platform *platform, const char *call, int code)
{
	platform->doubted |= code == ACL_ERROR_RT_DRV_INTERNAL_ERROR;
	return tare__platform_failed(platform, call, code);
}

static int take_memory(struct tare_platform *platform, uint64_t size, void **memory)
{
	int code;

	if (platform->poisoned)
		return TARE_E_POISONED;
	code = platform->tables.cann.rtMalloc(memory, size, RT_MEMORY_HBM, 0);
	return code == 0 ? TARE_OK : tare__onboard_failed(platform, "rtMalloc", code);
}

static int give_memory(struct tare_platform *platform, void *memory)
{
	int code;

	if (platform->poisoned)
		return TARE_E_POISONED;
	code = platform->tables.cann.rtFree(memory);
	return code == 0 ? TARE_OK : tare__onboard_failed(platform, "rtFree", code);
}

static int copy(struct tare_platform *platform, void *to, const void *from, uint64_t size, uint32_t kind)
{
	int code;

	if (platform->poisoned)
		return TARE_E_POISONED;
	code = platform->tables.cann.rtMemcpy(to, size, from, size, kind);
	return code == 0 ? TARE_OK : tare__onboard_failed(platform, "rtMemcpy", code);
}

static int copy_in(struct tare_platform *platform, uint64_t to, const void *from, uint64_t size)
{
	return copy(platform, (void *)(uintptr_t)to, from, size, RT_MEMCPY_HOST_TO_DEVICE);
}

static int copy_out(struct tare_platform *platform, void *to, uint64_t from, uint64_t size)
{
	return copy(platform, to, (const void *)(uintptr_t)from, size, RT_MEMCPY_DEVICE_TO_HOST);
}

static const struct tare_memory_ops memory_ops = {
	.take = take_memory,
	.give = give_memory,
	.copy_in = copy_in,
	.copy_out = copy_out,
};

static int create(struct tare_platform **platform, const struct tare_arch *arch, const struct tare_tables *tables,
	const struct tare_log *log)
{
	struct tare_onboard *onboard = calloc(1, sizeof *onboard);

	if (!onboard)
		return TARE_E_MEMORY;
	tare__platform_create(&onboard->common, &memory_ops, arch, tables, log);
	onboard->image = TARE_NO_IMAGE;
	*platform = &onboard->common;
	return TARE_OK;
}

static int make_stream(struct tare_onboard *onboard, rtStream_t *stream)
{
	int code = onboard->common.tables.cann.rtStreamCreate(stream, 0);

	if (code != 0) {
		*stream = NULL;
		return tare__onboard_failed(&onboard->common, "rtStreamCreate", code);
	}
	return *stream ? TARE_OK : tare__platform_no_handle(&onboard->common, "rtStreamCreate");
}

static int destroy_stream(struct tare_onboard *onboard, rtStream_t *stream)
{
	int code;

	if (!*stream)
		return TARE_OK;
	code = onboard->common.tables.cann.rtStreamDestroy(*stream);
	*stream = NULL;
	return code == 0 ? TARE_OK : tare__platform_failed(&onboard->common, "rtStreamDestroy", code);
}

static void keep_first(int *first, int status)
{
	if (*first == TARE_OK)
		*first = status;
}

/*
 * All but blocks.  Streams are not waited for: a second wait on a failed stream wedges the card
 * (facts/cann.md 3.2).
 */
static int release(struct tare_onboard *onboard)
{
	int first = TARE_OK;

	if (onboard->common.poisoned) {
		/* On a dead device each release would wait for its own error: they go down with it. */
		onboard->aicpu_stream = NULL;
		onboard->aicore_stream = NULL;
		tare__platform_forget(&onboard->common, "the device is dead");
	}
	keep_first(&first, destroy_stream(onboard, &onboard->aicpu_stream));
	keep_first(&first, destroy_stream(onboard, &onboard->aicore_stream));
	keep_first(&first, tare__onboard_aicpu_unload(onboard));
	keep_first(&first, tare__onboard_images_unregister(onboard));
	tare__onboard_bootstrap_leave(onboard);
	return first;
}

static void set_op_timeout(struct tare_onboard *onboard)
{
	struct tare_platform *platform = &onboard->common;
	uint64_t actual = 0;
	int code = platform->tables.cann.aclrtSetOpExecuteTimeOutV2(platform->arch->op_timeout_us, &actual);

	if (code != 0)
		tare_log(&platform->log, TARE_LOG_WARN, "aclrtSetOpExecuteTimeOutV2 failed with code %d", code);
}

static int check_binaries(struct tare_onboard *onboard, const struct tare_binaries *binaries)
{
	const struct tare_platform *platform = &onboard->common;
	struct tare_image aicpu, dispatcher;
	int status = tare__image_check(platform, "AICPU object", binaries->aicpu, binaries->aicpu_size, &aicpu);

	/* Also where the object lies on the device already: whether init works must not depend on who came before. */
	if (status == TARE_OK)
		status = tare__image_check(platform, "dispatcher", binaries->dispatcher, binaries->dispatcher_size, &dispatcher);
	if (status != TARE_OK)
		return status;
	if (aicpu.machine != dispatcher.machine) {
		tare_log(&platform->log, TARE_LOG_ERROR, "the AICPU object is for ELF machine %u, its dispatcher for %u",
			aicpu.machine, dispatcher.machine);
		return TARE_E_IMAGE;
	}
	onboard->fingerprint = aicpu.fingerprint;
	onboard->aicpu_content = aicpu.content;
	onboard->machine = aicpu.machine;
	return tare__onboard_image_keep(onboard, binaries->aicore, binaries->aicore_size);
}

/* The AICPU's loader is no more careful than the host's, and a card that followed a lie is gone (#890). */
static int check_orchestration(struct tare_platform *platform, const uint8_t *bytes, uint32_t size)
{
	uint16_t machine = tare__onboard(platform)->machine;
	struct tare_image image;
	int status = tare__image_check(platform, "orchestration object", bytes, size, &image);

	if (status == TARE_OK && image.machine != machine) {
		tare_log(&platform->log, TARE_LOG_ERROR, "the orchestration object is for ELF machine %u, the AICPU object for %u",
			image.machine, machine);
		status = TARE_E_IMAGE;
	}
	return status;
}

static int init(struct tare_platform *platform, const struct tare_binaries *binaries)
{
	struct tare_onboard *onboard = tare__onboard(platform);
	uint64_t registers[TARE_MAX_CORES];
	int status;

	tare_must(platform->arch->physical_cores <= TARE_MAX_CORES);
	if (platform->poisoned)
		return TARE_E_POISONED;
	if (platform->device < 0 || onboard->aicpu_stream)
		return TARE_E_STATE;
	platform->generation++;
	if ((status = check_binaries(onboard, binaries)) != TARE_OK)
		goto fail;
	set_op_timeout(onboard);
	if ((status = make_stream(onboard, &onboard->aicpu_stream)) != TARE_OK)
		goto fail;
	if ((status = make_stream(onboard, &onboard->aicore_stream)) != TARE_OK)
		goto fail;
	if ((status = tare__onboard_bootstrap(onboard, binaries)) != TARE_OK)
		goto fail;
	if ((status = tare__onboard_aicpu_load(onboard)) != TARE_OK)
		goto fail;
	if ((status = tare__onboard_registers(onboard, registers)) != TARE_OK)
		goto fail;
	if ((status = tare__kept_take(platform, registers)) != TARE_OK)
		goto fail;
	return TARE_OK;
fail:
	release(onboard);
	tare__kept_give(platform);
	return status;
}

static int kernel_open(struct tare_platform *platform, const uint8_t *bytes, uint32_t size, uint64_t address,
	struct tare_kernel_code *code)
{
	static const uint8_t object[] = { 0x7f, 'E', 'L', 'F' };

	if (!bytes || size == 0 || address == 0)
		return TARE_E_ARGUMENT;
	if (size >= sizeof object && memcmp(bytes, object, sizeof object) == 0) {
		tare_log(&platform->log, TARE_LOG_ERROR, "the kernel is an ELF object: onboard takes the bytes of its .text");
		return TARE_E_IMAGE;
	}
	*code = (struct tare_kernel_code){ .entry = address };
	return TARE_OK;
}

static int kernel_close(struct tare_platform *platform, struct tare_kernel_code *code)
{
	(void)platform;
	*code = (struct tare_kernel_code){ 0 };
	return TARE_OK;
}

static int max_block_dim(struct tare_platform *platform, uint32_t *blocks)
{
	const struct tare_cann *cann = &platform->tables.cann;
	rtStream_t stream = tare__onboard(platform)->aicore_stream;
	uint32_t cubes = 0, vectors = 0;
	uint32_t limit = platform->arch->max_block_dim;

	if (cann->aclrtGetStreamResLimit(stream, ACL_RT_DEV_RES_CUBE_CORE, &cubes) == 0 &&
	    cann->aclrtGetStreamResLimit(stream, ACL_RT_DEV_RES_VECTOR_CORE, &vectors) == 0) {
		limit = cubes < limit ? cubes : limit;
		limit = vectors / 2 < limit ? vectors / 2 : limit;
	}
	*blocks = limit;
	return limit > 0 ? TARE_OK : TARE_E_UNSUPPORTED;
}

/* A stream can be had where the device lives; a dead one would keep its poison through an ordinary reset. */
static bool is_dead(struct tare_platform *platform)
{
	struct tare_onboard *onboard = tare__onboard(platform);
	rtStream_t stream = NULL;

	if (platform->poisoned || !platform->doubted)
		return platform->poisoned;
	int code = platform->tables.cann.rtStreamCreate(&stream, 0);
	if (code == 0 && stream)
		(void)destroy_stream(onboard, &stream);
	platform->doubted = code != 0;
	if (code != ACL_ERROR_RT_DRV_INTERNAL_ERROR)
		return false;
	tare_log(&platform->log, TARE_LOG_ERROR, "device %d gives %d to whatever is asked of it: it is dead", platform->device,
		code);
	platform->poisoned = true;
	return true;
}

static int finalize(struct tare_platform *platform)
{
	struct tare_onboard *onboard = tare__onboard(platform);
	int first = TARE_OK;
	bool dead;

	if (platform->device < 0)
		return TARE_OK;
	if (!platform->poisoned)
		keep_first(&first, tare__onboard_attach(platform, platform->device));
	dead = is_dead(platform);
	keep_first(&first, release(onboard));
	keep_first(&first, tare__platform_give_all(platform));
	keep_first(&first, dead ? tare__onboard_force_reset(onboard) : tare__onboard_reset(onboard));
	onboard->thread_count = 0;
	onboard->fingerprint = 0;
	platform->ffts_base = 0;
	platform->poisoned = platform->doubted = false;
	platform->device = -1;
	return first;
}

static void destroy(struct tare_platform **platform)
{
	struct tare_onboard *onboard;

	if (!*platform)
		return;
	onboard = tare__onboard(*platform);
	finalize(*platform);
	tare__onboard_images_clear(onboard);
	tare__platform_forget(*platform, "their release failed");
	onboard->common.magic = TARE_MAGIC_NONE;
	free(onboard);
	*platform = NULL;
}

static uint32_t references(const struct tare_platform *platform)
{
	return ((const struct tare_onboard *)platform)->references;
}

const struct tare_platform_ops tare__platform_onboard = {
	.name = "onboard",
	.create = create,
	.destroy = destroy,
	.attach = tare__onboard_attach,
	.init = init,
	.take = tare__platform_take,
	.give = tare__platform_give,
	.copy_in = tare__platform_copy_in,
	.copy_out = tare__platform_copy_out,
	.committed_bytes = tare__platform_committed_bytes,
	.committed_blocks = tare__platform_committed_blocks,
	.kernel_open = kernel_open,
	.kernel_close = kernel_close,
	.orchestration_open = tare__orchestration_open,
	.orchestration_check = check_orchestration,
	.orchestration_close = tare__orchestration_close,
	.max_block_dim = max_block_dim,
	.launch = tare__onboard_launch,
	.aicpu_close_find = tare__onboard_aicpu_find_close,
	.aicpu_close = tare__onboard_close,
	.finalize = finalize,
	.poisoned = tare__platform_poisoned,
	.is_dead = is_dead,
	.image_generation = tare__platform_image_generation,
	.references = references,
};
