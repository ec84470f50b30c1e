/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export - the one cell of a libhost_runtime_<arch>_<platform>_<graph>.so
 *
 * Compiled once for each such object; the build says which cell it is.
 */
#include "abi_priv.h"

static const struct tare__cell_parts own = {
	{ TARE_EXPORT_ARCH, TARE_EXPORT_PLATFORM, TARE_EXPORT_GRAPH },
	&TARE_EXPORT_PLATFORM_OPS,
	&TARE_EXPORT_GRAPH_OPS,
	TARE_DRIVER_LOADED,
};

void *create_device_context(void)
{
	return tare__context_create(&own);
}

const struct tare__cell_parts *tare__cell_parts(struct tare_cell cell)
{
	return cell.arch == own.cell.arch && cell.platform == own.cell.platform && cell.graph == own.cell.graph ?
		&own : NULL;
}
