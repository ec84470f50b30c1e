/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept - the device blocks that every launch uses again
 *
 * The reference takes the register table and the KernelArgs anew for each run;
 * here they are taken at init, so that a launch in steady state takes nothing.
 * AICPU code gets a private copy of the KernelArgs from CANN, so it cannot answer
 * through them: the wall time comes back in a word of its own.
 */
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

#include "common.h"

#define DEFAULT_LOG_INFO_V 5u

uint32_t tare__device_log_level(const struct tare_log *log)
{
	static const uint32_t levels[] = { [TARE_LOG_ERROR] = 3, [TARE_LOG_WARN] = 2, [TARE_LOG_INFO] = 1,
		[TARE_LOG_DEBUG] = 0 };

	return log->write && (unsigned)log->level < TARE_COUNT(levels) ? levels[log->level] : 1;
}

static void put(struct tare_platform *platform, uint32_t offset, const void *value, size_t size)
{
	if (offset != TARE_ABSENT)
		memcpy(platform->kernel_args + offset, value, size);
}

static void compose_kernel_args(struct tare_platform *platform)
{
	const struct tare_kernel_args_layout *at = &platform->arch->kernel_args;
	uint32_t level = tare__device_log_level(&platform->log), info = DEFAULT_LOG_INFO_V;
	uint32_t device = (uint32_t)platform->device;

	memset(platform->kernel_args, 0, sizeof platform->kernel_args);
	put(platform, at->device_args, &platform->kept[TARE_KEPT_DEVICE_ARGS], sizeof(uint64_t));
	put(platform, at->regs, &platform->kept[TARE_KEPT_REGISTERS], sizeof(uint64_t));
	put(platform, at->ffts_base, &platform->ffts_base, sizeof(uint64_t));
	put(platform, at->log_level, &level, sizeof level);
	put(platform, at->log_info_v, &info, sizeof info);
	put(platform, at->device_wall, &platform->kept[TARE_KEPT_WALL], sizeof(uint64_t));
	put(platform, at->device_id, &device, sizeof device);
}

int tare__kept_take(struct tare_platform *platform, const uint64_t *registers)
{
	static const uint8_t zeros[TARE_DEVICE_ARGS_BYTES];
	const uint64_t table = (uint64_t)platform->arch->physical_cores * sizeof *registers;
	const struct {
		uint64_t size;
		const void *bytes; /* NULL: written by each launch */
	} blocks[TARE_KEPT] = {
		[TARE_KEPT_DEVICE_ARGS] = { sizeof zeros, zeros },
		[TARE_KEPT_KERNEL_ARGS] = { platform->arch->kernel_args.size, NULL },
		[TARE_KEPT_REGISTERS] = { table, registers },
		[TARE_KEPT_WALL] = { sizeof(uint64_t), zeros },
	};
	int status = TARE_OK;

	for (int i = 0; i < TARE_KEPT && status == TARE_OK; i++) {
		status = tare__platform_take(platform, blocks[i].size, &platform->kept[i]);
		if (status == TARE_OK && blocks[i].bytes)
			status = tare__platform_copy_in(platform, platform->kept[i], blocks[i].bytes, blocks[i].size);
	}
	if (status == TARE_OK)
		compose_kernel_args(platform);
	return status;
}

void tare__kept_give(struct tare_platform *platform)
{
	for (int i = 0; i < TARE_KEPT; i++)
		if (platform->kept[i])
			tare__platform_give(platform, platform->kept[i]);
	memset(platform->kept, 0, sizeof platform->kept);
}

int tare__kernel_args_write(struct tare_platform *platform, uint64_t runtime_args)
{
	put(platform, platform->arch->kernel_args.runtime_args, &runtime_args, sizeof runtime_args);
	return tare__platform_copy_in(platform, platform->kept[TARE_KEPT_KERNEL_ARGS], platform->kernel_args,
		platform->arch->kernel_args.size);
}
