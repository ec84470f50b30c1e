/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abi - the published C ABI, revision d9cdf01b8, over device/runner.h
 *
 * Every entry takes NULL (facts/runtime.md 1.8).  create_device_context stands
 * in export.c: it alone depends on the cell.
 */
#include "abi_priv.h"

#include <tare/object.h>
#include <tare/status.h>

/* The caller's run buffer: ours lives in the context, so the smallest size that a caller may align. */
#define RUNTIME_BYTES 64

void destroy_device_context(void *context)
{
	struct tare_runner *runner = tare__runner_of(context);

	tare__runner_destroy(&runner);
}

size_t get_runtime_size(void)
{
	return RUNTIME_BYTES;
}

void *device_malloc_ctx(void *context, size_t size)
{
	struct tare_runner *runner = tare__runner_of(context);
	uint64_t address = 0;

	if (!runner || tare__runner_memory_take(runner, size, &address))
		return NULL;
	return (void *)(uintptr_t)address;
}

void device_free_ctx(void *context, void *memory)
{
	struct tare_runner *runner = tare__runner_of(context);

	if (runner && memory)
		tare__runner_memory_give(runner, (uint64_t)(uintptr_t)memory);
}

static int refuse(struct tare_runner *runner, const char *sentence)
{
	tare__runner_refuse(runner, sentence);
	return tare_status_abi(TARE_E_ARGUMENT);
}

int copy_to_device_ctx(void *context, void *to, const void *from, size_t size)
{
	struct tare_runner *runner = tare__runner_of(context);

	if (!runner)
		return tare_status_abi(TARE_E_ARGUMENT);
	if (!to || !from)
		return refuse(runner, to ? "memory: a copy to the device from NULL" : "memory: a copy to the device at NULL");
	return tare_status_abi(tare__runner_copy_in(runner, (uint64_t)(uintptr_t)to, from, size));
}

int copy_from_device_ctx(void *context, void *to, const void *from, size_t size)
{
	struct tare_runner *runner = tare__runner_of(context);

	if (!runner)
		return tare_status_abi(TARE_E_ARGUMENT);
	if (!to || !from)
		return refuse(runner, to ? "memory: a copy from the device at NULL" : "memory: a copy from the device to NULL");
	return tare_status_abi(tare__runner_copy_out(runner, to, (uint64_t)(uintptr_t)from, size));
}

int simpler_init(void *context, int device, const uint8_t *aicpu, size_t aicpu_size, const uint8_t *aicore,
	size_t aicore_size, const uint8_t *dispatcher, size_t dispatcher_size)
{
	const struct tare_binaries binaries = {
		.aicpu = aicpu,
		.aicpu_size = aicpu_size,
		.aicore = aicore,
		.aicore_size = aicore_size,
		.dispatcher = dispatcher,
		.dispatcher_size = dispatcher_size,
	};
	struct tare_runner *runner = tare__runner_of(context);

	return tare_status_abi(runner ? tare__runner_init(runner, device, &binaries) : TARE_E_ARGUMENT);
}

int prepare_callable(void *context, int32_t id, const void *callable)
{
	struct tare_runner *runner = tare__runner_of(context);

	return tare_status_abi(runner ? tare__runner_prepare(runner, id, callable, SIZE_MAX) : TARE_E_ARGUMENT);
}

int run_prepared(void *context, void *runtime, int32_t id, const void *args, int block_dim, int aicpu_threads,
	int l2_swimlane, int dump_tensor, int pmu, int dep_gen, int scope_stats, const char *output_prefix,
	struct tare_run_timing *timing)
{
	const struct tare__run run = {
		.id = id,
		.args = args,
		.block_dim = block_dim,
		.aicpu_threads = aicpu_threads,
		.diagnostics = l2_swimlane | dump_tensor | pmu | dep_gen | scope_stats,
	};
	struct tare_runner *runner = tare__runner_of(context);

	(void)output_prefix; /* only diagnostics write files */
	if (timing)
		*timing = (struct tare_run_timing){ 0 };
	if (!runner)
		return tare_status_abi(TARE_E_ARGUMENT);
	if (!runtime)
		return refuse(runner, "launch: there is no run buffer");
	return tare__runner_run(runner, &run, timing);
}

int unregister_callable(void *context, int32_t id)
{
	struct tare_runner *runner = tare__runner_of(context);

	return tare_status_abi(runner ? tare__runner_unregister(runner, id) : TARE_E_ARGUMENT);
}

size_t get_aicpu_dlopen_count(void *context)
{
	struct tare_runner *runner = tare__runner_of(context);

	return runner ? (size_t)tare__runner_device_opens(runner) : 0;
}

size_t get_host_dlopen_count(void *context)
{
	struct tare_runner *runner = tare__runner_of(context);

	return runner ? (size_t)tare__runner_dlopens(runner) : 0;
}

int finalize_device(void *context)
{
	struct tare_runner *runner = tare__runner_of(context);

	return tare_status_abi(runner ? tare__runner_finalize(runner) : TARE_E_ARGUMENT);
}
