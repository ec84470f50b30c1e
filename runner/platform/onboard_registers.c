/* SPDX-License-Identifier: Apache-2.0 */
/*
 * onboard_registers - where the cores' registers are mapped
 *
 * One mapping for all (a2a3) or one after the other (a5); which of it is data
 * of the architecture.  A mapping's length says how many cores it holds.  There
 * are no placeholder addresses: the reference had them once, and a driver that
 * had refused showed itself two seconds later as a timeout (incident #925).
 */
#include <string.h>

#include <tare/status.h>

#include "onboard.h"

/* Fills the table from `first` on with the blocks of one mapping; returns how many. */
static uint32_t fill(const struct tare_arch *arch, uint64_t *table, uint32_t first, uint64_t address, uint64_t length)
{
	uint64_t held = length / arch->register_block;
	uint32_t count = 0;

	while (count < held && first + count < arch->physical_cores) {
		table[first + count] = address + (uint64_t)count * arch->register_block;
		count++;
	}
	return count;
}

static int map_at_once(struct tare_platform *platform, uint64_t *table)
{
	struct tare_hal_map_in in = { .type = HAL_ADDR_MAP_TYPE_REG_AIC_CTRL, .device = (uint32_t)platform->device };
	struct tare_hal_map_out out = { 0 };
	size_t room = sizeof out;
	int code;

	if (!platform->tables.cann.halMemCtl)
		return tare__platform_failed(platform, "binding halMemCtl", TARE_E_UNSUPPORTED);
	code = platform->tables.cann.halMemCtl(0, &in, sizeof in, &out, &room);
	if (code != 0)
		return tare__platform_failed(platform, "halMemCtl", code);
	if (fill(platform->arch, table, 0, out.address, out.length) == 0)
		return tare__platform_no_handle(platform, "halMemCtl");
	return TARE_OK;
}

static int map_by_core(struct tare_platform *platform, uint64_t *table)
{
	if (!platform->tables.cann.halResMap)
		return tare__platform_failed(platform, "binding halResMap", TARE_E_UNSUPPORTED);
	for (uint32_t filled = 0, id = 0; filled < platform->arch->physical_cores; id++) {
		struct tare_hal_resource resource = { .id = id };
		unsigned long address = 0;
		unsigned int length = 0;
		int code = platform->tables.cann.halResMap((unsigned int)platform->device, &resource, &address, &length);
		uint32_t got;

		if (code != 0)
			return tare__platform_failed(platform, "halResMap", code);
		if ((got = fill(platform->arch, table, filled, address, length)) == 0)
			return tare__platform_no_handle(platform, "halResMap");
		filled += got;
	}
	return TARE_OK;
}

int tare__onboard_registers(struct tare_onboard *onboard, uint64_t *table)
{
	struct tare_platform *platform = &onboard->common;
	uint32_t length = 0;
	int code;

	memset(table, 0, platform->arch->physical_cores * sizeof *table);
	if (platform->arch->kernel_args.ffts_base != TARE_ABSENT) {
		code = platform->tables.cann.rtGetC2cCtrlAddr(&platform->ffts_base, &length);
		if (code != 0)
			return tare__onboard_failed(platform, "rtGetC2cCtrlAddr", code);
	}
	return platform->arch->hal_registers_by_core ? map_by_core(platform, table) : map_at_once(platform, table);
}
