/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext - tare_ext_v1: what the published ABI cannot say
 */
#include "abi_priv.h"

#include <tare/status.h>

static void *open_cell(struct tare_cell cell, const struct tare_tables *tables, const struct tare_log *log)
{
	const struct tare__cell_parts *parts = tare__cell_parts(cell);

	if (parts && tables)
		return tare__context_open(parts, tables, log);
	tare_log(log, TARE_LOG_ERROR, "create: %s", tables ? "this object has not that cell" : "there are no tables");
	return NULL;
}

static int prepare_sized(void *context, int32_t id, const void *callable, size_t size)
{
	struct tare_runner *runner = tare__runner_of(context);

	return tare_status_abi(runner ? tare__runner_prepare(runner, id, callable, size) : TARE_E_ARGUMENT);
}

static int setup_static_arena(void *context, uint64_t heap, uint64_t shared, uint64_t runtime)
{
	const uint64_t sizes[TARE_REGIONS] = {
		[TARE_REGION_HEAP] = heap,
		[TARE_REGION_SHARED] = shared,
		[TARE_REGION_RUNTIME] = runtime,
	};
	struct tare_runner *runner = tare__runner_of(context);

	return tare_status_abi(runner ? tare__runner_arena(runner, sizes) : TARE_E_ARGUMENT);
}

static void *base_of(void *context, enum tare__region region)
{
	struct tare_runner *runner = tare__runner_of(context);

	return runner ? (void *)(uintptr_t)tare__runner_arena_base(runner, region) : NULL;
}

static void *acquire_heap(void *context)
{
	return base_of(context, TARE_REGION_HEAP);
}

static void *acquire_shared(void *context)
{
	return base_of(context, TARE_REGION_SHARED);
}

static void *acquire_runtime(void *context)
{
	return base_of(context, TARE_REGION_RUNTIME);
}

static uint64_t committed_bytes(void *context)
{
	struct tare_runner *runner = tare__runner_of(context);

	return runner ? tare__runner_committed(runner) : 0;
}

static void dump_fields(void *context, struct tare_dump *dump)
{
	struct tare_runner *runner = tare__runner_of(context);

	if (runner && dump)
		tare__runner_dump(runner, dump);
}

TARE_EXPORT const struct tare_ext tare_ext_v1 = {
	.revision = 1,
	.size = sizeof(struct tare_ext),
	.open = open_cell,
	.prepare_sized = prepare_sized,
	.setup_static_arena = setup_static_arena,
	.acquire_heap = acquire_heap,
	.acquire_shared = acquire_shared,
	.acquire_runtime = acquire_runtime,
	.committed_bytes = committed_bytes,
	.dump = dump_fields,
};
