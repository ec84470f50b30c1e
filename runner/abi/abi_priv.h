/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abi_priv - the published names, and what creates a context behind them
 */
#ifndef TARE_ABI_PRIV_H
#define TARE_ABI_PRIV_H

#include <tare/abi.h>

#include "../device/runner.h"

/* One of the few places of the project with symbols that a shared object shows. */
#define TARE_EXPORT __attribute__((visibility("default")))

#define TARE_ABI(result, name, parameters) TARE_EXPORT result name parameters;
#include <tare/abi.def>
#undef TARE_ABI

/* A cell that this object holds. Static. */
struct tare__cell_parts {
	struct tare_cell cell;
	const struct tare_platform_ops *platform;
	const struct tare_graph_ops *graph;
	enum tare_driver_choice driver; /* what create_device_context binds; onboard only */
};

/* NULL where this object has not that cell: embedded.c knows all, an exported object its own. */
const struct tare__cell_parts *tare__cell_parts(struct tare_cell cell);

/* A context over given tables, or over those of the cell's driver. NULL with a line on the log. */
void *tare__context_open(const struct tare__cell_parts *parts, const struct tare_tables *tables,
	const struct tare_log *log);
void *tare__context_create(const struct tare__cell_parts *parts);

#endif
