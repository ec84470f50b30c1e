/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embedded - our cells, linked into a program
 *
 * The 25 entries that work on a context are the same in all cells; what a
 * context is made of is not, so each cell has its own create.
 */
#include "abi_priv.h"

#include <tare/object.h>

/* In the order of tare_cells(). */
enum { A2A3_ONBOARD, A2A3_SIM, A5_ONBOARD, A5_SIM, CELLS };

static const struct tare__cell_parts parts[CELLS] = {
	[A2A3_ONBOARD] = { { TARE_ARCH_A2A3, TARE_PLATFORM_ONBOARD, TARE_GRAPH_HBG }, &tare__platform_onboard,
		TARE_DRIVER_MACHINE },
	[A2A3_SIM] = { { TARE_ARCH_A2A3, TARE_PLATFORM_SIM, TARE_GRAPH_HBG }, &tare__platform_sim, TARE_DRIVER_MACHINE },
	[A5_ONBOARD] = { { TARE_ARCH_A5, TARE_PLATFORM_ONBOARD, TARE_GRAPH_HBG }, &tare__platform_onboard,
		TARE_DRIVER_MACHINE },
	[A5_SIM] = { { TARE_ARCH_A5, TARE_PLATFORM_SIM, TARE_GRAPH_HBG }, &tare__platform_sim, TARE_DRIVER_MACHINE },
};

static void *create_a2a3_onboard(void)
{
	return tare__context_create(&parts[A2A3_ONBOARD]);
}

static void *create_a2a3_sim(void)
{
	return tare__context_create(&parts[A2A3_SIM]);
}

static void *create_a5_onboard(void)
{
	return tare__context_create(&parts[A5_ONBOARD]);
}

static void *create_a5_sim(void)
{
	return tare__context_create(&parts[A5_SIM]);
}

static const struct tare_abi abis[CELLS] = {
	[A2A3_ONBOARD] = {
		.create_device_context = create_a2a3_onboard,
#include "entries.def"
	},
	[A2A3_SIM] = {
		.create_device_context = create_a2a3_sim,
#include "entries.def"
	},
	[A5_ONBOARD] = {
		.create_device_context = create_a5_onboard,
#include "entries.def"
	},
	[A5_SIM] = {
		.create_device_context = create_a5_sim,
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
