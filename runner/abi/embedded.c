/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embedded - our cells, linked into a program
 *
 * The 25 entries that work on a context are the same in all cells; what a
 * context is made of is not, so each cell has its own create.
 */
#include "abi_priv.h"

#include <tare/object.h>

#define TARE_EMBED(name, arch, platform, platform_ops, graph, graph_ops) name,
enum {
#include "cells.def"
	CELLS
};
#undef TARE_EMBED

static const struct tare__cell_parts parts[CELLS] = {
#define TARE_EMBED(name, arch, platform, platform_ops, graph, graph_ops)                                              \
	[name] = { { TARE_ARCH_##arch, TARE_PLATFORM_##platform, TARE_GRAPH_##graph }, &tare__platform_##platform_ops, \
		&tare__graph_##graph_ops, TARE_DRIVER_MACHINE },
#include "cells.def"
#undef TARE_EMBED
};

#define TARE_EMBED(name, arch, platform, platform_ops, graph, graph_ops)                                              \
	static void *create_##name(void)                                                                              \
	{                                                                                                             \
		return tare__context_create(&parts[name]);                                                            \
	}
#include "cells.def"
#undef TARE_EMBED

static const struct tare_abi abis[CELLS] = {
	[A2A3_ONBOARD_HBG] = {
		.create_device_context = create_A2A3_ONBOARD_HBG,
#include "entries.def"
	},
	[A2A3_ONBOARD_TRB] = {
		.create_device_context = create_A2A3_ONBOARD_TRB,
#include "entries.def"
	},
	[A2A3_SIM_HBG] = {
		.create_device_context = create_A2A3_SIM_HBG,
#include "entries.def"
	},
	[A2A3_SIM_TRB] = {
		.create_device_context = create_A2A3_SIM_TRB,
#include "entries.def"
	},
	[A5_ONBOARD_HBG] = {
		.create_device_context = create_A5_ONBOARD_HBG,
#include "entries.def"
	},
	[A5_ONBOARD_TRB] = {
		.create_device_context = create_A5_ONBOARD_TRB,
#include "entries.def"
	},
	[A5_SIM_HBG] = {
		.create_device_context = create_A5_SIM_HBG,
#include "entries.def"
	},
	[A5_SIM_TRB] = {
		.create_device_context = create_A5_SIM_TRB,
#include "entries.def"
	},
};

static size_t find(struct tare_cell cell)
{
	size_t i = 0;

	while (i < CELLS && (parts[i].cell.arch != cell.arch || parts[i].cell.platform != cell.platform ||
	    parts[i].cell.graph != cell.graph))
		i++;
	return i;
}

const struct tare__cell_parts *tare__cell_parts(struct tare_cell cell)
{
	size_t i = find(cell);

	return i < CELLS ? &parts[i] : NULL;
}

const struct tare_abi *tare_embedded(struct tare_cell cell)
{
	size_t i = find(cell);

	return i < CELLS ? &abis[i] : NULL;
}
