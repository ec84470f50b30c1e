/* SPDX-License-Identifier: Apache-2.0 */
/*
 * common - device memory as the runner sees it, on either platform
 *
 * A release that fails leaves its block in the table: the runner's own account
 * (committed bytes) tells the truth, and the failure's code is returned.  It is
 * not tried again: a driver may report an error and have done it, and then the
 * number may be somebody else's by now.
 */
#include "common.h"

#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

int tare__platform_failed(const struct tare_platform *platform, const char *call, int code)
{
	tare_log(&platform->log, TARE_LOG_ERROR, "%s failed with code %d", call, code);
	return code;
}

int tare__platform_no_handle(const struct tare_platform *platform, const char *call)
{
	tare_log(&platform->log, TARE_LOG_ERROR, "%s succeeded and gave nothing", call);
	return TARE_E_FAILED;
}

void tare__platform_create(struct tare_platform *platform, const struct tare_memory_ops *memory,
	const struct tare_arch *arch, const struct tare_tables *tables, const struct tare_log *log)
{
	tare_must(arch->kernel_args.size <= TARE_KERNEL_ARGS_MAX);
	*platform = (struct tare_platform){
		.memory = memory,
		.arch = arch,
		.tables = *tables,
		.device = -1,
		.magic = TARE_MAGIC_PLATFORM,
	};
	if (log)
		platform->log = *log;
}

int tare__platform_check_device(const struct tare_platform *platform, int32_t device)
{
	tare_must(platform->magic == TARE_MAGIC_PLATFORM);
	if (device < 0)
		return TARE_E_ARGUMENT;
	if (platform->device >= 0 && platform->device != device) {
		tare_log(&platform->log, TARE_LOG_ERROR, "attached to device %d, not %d", platform->device, device);
		return TARE_E_STATE;
	}
	return TARE_OK;
}

void tare__platform_forget(struct tare_platform *platform, const char *why)
{
	if (platform->blocks.count)
		tare_log(&platform->log, TARE_LOG_WARN, "%u blocks with %llu bytes are abandoned: %s",
			platform->blocks.count, (unsigned long long)platform->blocks.bytes, why);
	tare__blocks_clear(&platform->blocks);
	memset(platform->kept, 0, sizeof platform->kept);
}

int tare__platform_take(struct tare_platform *platform, uint64_t size, uint64_t *address)
{
	void *memory = NULL;
	int status;

	if (platform->device < 0)
		return TARE_E_STATE;
	if (size == 0)
		return TARE_E_ARGUMENT;
	if ((status = tare__blocks_reserve(&platform->blocks)) != TARE_OK)
		return status;
	if ((status = platform->memory->take(platform, size, &memory)) != TARE_OK)
		return status;
	if (!memory)
		return tare__platform_no_handle(platform, "taking device memory");
	*address = (uint64_t)(uintptr_t)memory;
	tare__blocks_add(&platform->blocks, *address, size);
	return TARE_OK;
}

static int give_block(struct tare_platform *platform, uint32_t index)
{
	uint64_t address = platform->blocks.list[index].address;
	int status = platform->memory->give(platform, (void *)(uintptr_t)address);

	if (status == TARE_OK)
		tare__blocks_remove(&platform->blocks, index);
	else
		platform->blocks.list[index].refused = true;
	return status;
}

int tare__platform_give(struct tare_platform *platform, uint64_t address)
{
	uint32_t index = tare__blocks_find(&platform->blocks, address);

	return index == TARE_NO_BLOCK ? TARE_E_ARGUMENT : give_block(platform, index);
}

int tare__platform_give_all(struct tare_platform *platform)
{
	int first = TARE_OK;

	memset(platform->kept, 0, sizeof platform->kept);
	for (uint32_t i = platform->blocks.count; i > 0; i--) {
		int status = platform->blocks.list[i - 1].refused ? TARE_OK : give_block(platform, i - 1);

		if (first == TARE_OK)
			first = status;
	}
	if (platform->blocks.count == 0)
		tare__blocks_clear(&platform->blocks);
	return first;
}

int tare__platform_copy_in(struct tare_platform *platform, uint64_t to, const void *from, uint64_t size)
{
	if (platform->device < 0)
		return TARE_E_STATE;
	return size ? platform->memory->copy_in(platform, to, from, size) : TARE_OK;
}

int tare__platform_copy_out(struct tare_platform *platform, void *to, uint64_t from, uint64_t size)
{
	if (platform->device < 0)
		return TARE_E_STATE;
	return size ? platform->memory->copy_out(platform, to, from, size) : TARE_OK;
}

int tare__platform_report(struct tare_platform *platform, struct tare_launch *launch)
{
	launch->report_error = tare__platform_copy_out(platform, launch->report_to, launch->report, launch->report_bytes);
	return launch->report_error;
}

uint64_t tare__platform_committed_bytes(const struct tare_platform *platform)
{
	return platform->blocks.bytes;
}

uint64_t tare__platform_committed_blocks(const struct tare_platform *platform)
{
	return platform->blocks.count;
}

bool tare__platform_poisoned(const struct tare_platform *platform)
{
	return platform->poisoned;
}

uint64_t tare__platform_image_generation(const struct tare_platform *platform)
{
	return platform->image_generation;
}
