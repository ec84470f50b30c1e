/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include <tare/object.h>

static void add_one(int64_t *args, const struct tare_kernel_context *context)
{
	int64_t *value = (int64_t *)(intptr_t)args[0];

	(void)context;
	*value += 1;
}

static void twice(int64_t *args, const struct tare_kernel_context *context)
{
	int64_t *value = (int64_t *)(intptr_t)args[0];

	(void)context;
	*value *= 2;
}

static const tare_kernel_fn kernels[] = { add_one, twice };

/* (x + 1) * 2 in device memory that nobody frees; scalars: host address of x, tasks to add that do nothing more. */
static int add_then_double(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	int64_t *x = (int64_t *)(uintptr_t)args->scalars[0];
	void *device = runtime->ops->device_malloc(runtime, 8);
	void *unrecorded = runtime->ops->device_malloc(runtime, 1000);
	uint64_t task_args[] = { (uint64_t)(uintptr_t)device };
	int first, second;

	assert_non_null(unrecorded);
	assert_int_equal(runtime->ops->copy_to_device(runtime, device, x, sizeof *x), 0);
	first = runtime->ops->add_task(runtime, task_args, 1, 7, TARE_CORE_AIV);
	second = runtime->ops->add_task(runtime, task_args, 1, 8, TARE_CORE_AIC);
	runtime->ops->add_successor(runtime, first, second);
	runtime->ops->record_tensor_pair(runtime, x, device, sizeof *x);
	assert_int_equal(runtime->ops->set_tensor_info_to_task(runtime, second, x, 1), 0);
	assert_int_equal(runtime->ops->get_task_count(runtime), 2);
	return 0;
}

static void a_graph_runs_and_comes_back(void **state)
{
	struct world *world = *state;
	int64_t x = 20;
	struct tare_chip_args args = tare__world_scalars((uint64_t)(uintptr_t)&x, 0);

	fake.code = kernels;
	assert_int_equal(tare__world_run(world, add_then_double, &args), TARE_OK);
	assert_int_equal(x, 42);
}

static void a_steady_run_takes_nothing(void **state)
{
	struct world *world = *state;
	int64_t x = 0;
	struct tare_chip_args args = tare__world_scalars((uint64_t)(uintptr_t)&x, 0);

	fake.code = kernels;
	assert_int_equal(tare__world_run(world, add_then_double, &args), TARE_OK);
	uint32_t takes = fake.takes, copies = fake.copies_in;
	uint64_t kept = hbg->kept_bytes(world->graph);
	assert_int_equal(takes, 3);
	assert_int_equal(copies, 2); /* x, and the whole image at once */
	assert_int_equal(kept, fake.bytes);
	for (int i = 0; i < 100; i++) {
		x = i;
		assert_int_equal(tare__world_run(world, add_then_double, &args), TARE_OK);
		assert_int_equal(x, 2 * i + 2);
	}
	assert_int_equal(fake.takes, takes);
	assert_int_equal(fake.gives, 0);
	assert_int_equal(hbg->kept_bytes(world->graph), kept);
}

static void a_failed_run_copies_nothing_back(void **state)
{
	struct world *world = *state;
	int64_t x = 20;
	struct tare_chip_args args = tare__world_scalars((uint64_t)(uintptr_t)&x, 0);

	fake.code = kernels;
	assert_int_equal(tare__world_bind(world, add_then_double, &args), TARE_OK);
	assert_int_equal(tare__world_complete(world, 507018), 507018);
	assert_int_equal(x, 20);
	assert_non_null(strstr(world->line, "507018"));
	uint32_t takes = fake.takes;
	assert_int_equal(tare__world_run(world, add_then_double, &args), TARE_OK);
	assert_int_equal(x, 42);
	assert_int_equal(fake.takes, takes);
}

static void the_image_is_laid_out_for_the_device(void **state)
{
	struct world *world = *state;
	int64_t x = 20;
	struct tare_chip_args args = tare__world_scalars((uint64_t)(uintptr_t)&x, 0);

	assert_int_equal(tare__world_bind(world, add_then_double, &args), TARE_OK);
	const struct tare_hbg_image *image = (const struct tare_hbg_image *)(uintptr_t)world->launch.runtime_args;
	const struct tare_hbg_task *tasks = (const struct tare_hbg_task *)(uintptr_t)image->tasks;
	const struct tare_hbg_edge *edges = (const struct tare_hbg_edge *)(uintptr_t)image->edges;
	assert_int_equal(image->revision, TARE_HBG_REVISION);
	assert_int_equal(image->worker_count, 9);
	assert_int_equal(image->aicpu_threads, 3);
	assert_int_equal(image->task_count, 2);
	assert_int_equal(image->edge_count, 1);
	assert_int_equal(image->arg_count, 2);
	assert_int_equal(image->workers[2].core_type, TARE_CORE_AIC);
	assert_int_equal(image->workers[3].core_type, TARE_CORE_AIV);
	assert_int_equal(image->workers[8].aicore_done, 0);
	assert_int_equal(tasks[0].code, 1);
	assert_int_equal(tasks[0].fanout, 1);
	assert_int_equal(tasks[0].first_edge, 0);
	assert_int_equal(tasks[1].fanin, 1);
	assert_int_equal(tasks[1].first_arg, 1);
	assert_int_equal(tasks[1].core_type, TARE_CORE_AIC);
	assert_int_equal(tasks[1].first_edge, TARE_NO_EDGE);
	assert_int_equal(edges[0].to, 1);
	assert_int_equal(edges[0].next, TARE_NO_EDGE);
	assert_int_equal(image->tasks % 64, 0);
	assert_int_equal(image->workspace % 64, 0);
	tare__world_complete(world, 0);
}

static void the_workers_follow_the_block_dim(void **state)
{
	struct world *world = *state;
	int64_t x = 0;
	struct tare_chip_args args = tare__world_scalars((uint64_t)(uintptr_t)&x, 0);
	const uint32_t widths[] = { 36, 1, 3 };

	fake.code = kernels;
	for (size_t i = 0; i < TARE_COUNT(widths); i++) {
		world->launch.block_dim = widths[i];
		assert_int_equal(tare__world_bind(world, add_then_double, &args), TARE_OK);
		const struct tare_hbg_image *image = (const struct tare_hbg_image *)(uintptr_t)world->launch.runtime_args;
		assert_int_equal(image->worker_count, 3 * widths[i]);
		for (uint32_t worker = 0; worker < image->worker_count; worker++)
			assert_int_equal(image->workers[worker].core_type, worker < widths[i] ? TARE_CORE_AIC : TARE_CORE_AIV);
		assert_int_equal(tare__world_complete(world, fake_platform.launch(world->platform, &world->launch)), 0);
	}
}

static void growth_that_fails_leaves_the_old_size(void **state)
{
	struct world *world = *state;
	struct tare_chip_args small = tare__world_scalars(100, 0), large = tare__world_scalars(50000, 0);

	assert_int_equal(tare__world_bind(world, tare__world_chain, &small), TARE_OK);
	tare__world_complete(world, 0);
	uint64_t kept = hbg->kept_bytes(world->graph);
	fake.capacity = 2 * kept;
	assert_int_equal(tare__world_bind(world, tare__world_chain, &large), FAKE_ERROR);
	assert_int_equal(fake.alive, 0);
	assert_int_equal(tare__world_bind(world, tare__world_chain, &small), TARE_OK);
	tare__world_complete(world, 0);
	assert_int_equal(hbg->kept_bytes(world->graph), kept);
	fake.capacity = 0;
	assert_int_equal(tare__world_bind(world, tare__world_chain, &large), TARE_OK);
	tare__world_complete(world, 0);
	assert_int_equal(fake.alive, 1); /* the old block went back before the new one came */
}

/* Allocates scalars[0] bytes scalars[1] times, frees the first early and allocates it again. */
static int allocate(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	void *first = NULL;

	for (uint64_t i = 0; i < args->scalars[1]; i++) {
		void *block = runtime->ops->device_malloc(runtime, args->scalars[0]);

		if (!block)
			return 0;
		first = first ? first : block;
	}
	runtime->ops->device_free(runtime, first);
	runtime->ops->device_free(runtime, &first); /* a stranger is said and ignored */
	runtime->ops->device_free(runtime, NULL);
	assert_non_null(runtime->ops->device_malloc(runtime, args->scalars[0]));
	return 0;
}

static void the_pool_serves_the_next_run(void **state)
{
	struct world *world = *state;
	const struct { uint64_t size; uint64_t blocks; } runs[] = {
		{ 4096, 4 }, /* four blocks */
		{ 4096, 4 },
		{ 2500, 4 }, /* fit, and are not twice too large */
		{ 4096, 2 },
		{ 1000, 1 }, /* too small for them: one more */
		{ 1000, 1 },
	};
	const uint32_t takes[] = { 5, 5, 5, 5, 6, 6 }; /* with the image's */

	for (size_t i = 0; i < TARE_COUNT(runs); i++) {
		struct tare_chip_args args = tare__world_scalars(runs[i].size, runs[i].blocks);

		assert_int_equal(tare__world_run(world, allocate, &args), TARE_OK);
		assert_int_equal(fake.takes, takes[i]);
	}
}

static void what_the_pool_hoards_fails_nobody(void **state)
{
	struct world *world = *state;
	struct tare_chip_args small = tare__world_scalars(4096, 8), large = tare__world_scalars(40000, 1);

	assert_int_equal(tare__world_run(world, allocate, &small), TARE_OK);
	fake.capacity = fake.bytes + 8000;
	assert_int_equal(tare__world_run(world, allocate, &large), TARE_OK);
	large = tare__world_scalars(400000, 1);
	assert_int_equal(tare__world_run(world, allocate, &large), FAKE_ERROR);
	assert_int_equal(tare__world_run(world, allocate, &small), TARE_OK);
	small = tare__world_scalars(UINT64_MAX - 1, 1);
	assert_int_equal(tare__world_run(world, allocate, &small), TARE_E_DEVICE_MEMORY);
}

/* As add_then_double, and it does not look at what it gets: the run must end in the driver's code all the same. */
static int careless(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	int64_t *x = (int64_t *)(uintptr_t)args->scalars[0];
	void *device = runtime->ops->device_malloc(runtime, 8);
	uint64_t task_args[] = { (uint64_t)(uintptr_t)device };

	runtime->ops->copy_to_device(runtime, device, x, sizeof *x);
	runtime->ops->add_task(runtime, task_args, 1, 7, TARE_CORE_AIV);
	runtime->ops->record_tensor_pair(runtime, x, device, sizeof *x);
	return 0;
}

static void every_refusal_leaves_the_graph_usable(void **state)
{
	struct world *world = *state;
	uint32_t failures = 0;

	fake.code = kernels;
	for (;; failures++) {
		int64_t x = 20;
		struct tare_chip_args args = tare__world_scalars((uint64_t)(uintptr_t)&x, 0);

		fake.fail_at = fake.calls + failures + 1;
		int error = tare__world_run(world, careless, &args);
		fake.fail_at = 0;
		if (!error) {
			assert_int_equal(x, 21);
			break;
		}
		assert_int_equal(error, FAKE_ERROR);
		assert_int_equal(x, 20);
		assert_int_equal(tare__world_run(world, careless, &args), TARE_OK);
		assert_int_equal(x, 21);
		assert_int_equal(hbg->release(world->graph), TARE_OK);
		assert_int_equal(fake.alive, 0);
	}
	assert_int_equal(failures, 6); /* take, copy, take, copy, launch, copy back */
}

static struct tare_orchestration *kept_handle;

static int keep_handle(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	(void)args;
	kept_handle = runtime;
	return 0;
}

static void calls_outside_of_a_build_are_refused(void **state)
{
	struct world *world = *state;
	struct tare_chip_args args = tare__world_scalars(0, 0);

	assert_int_equal(tare__world_run(world, keep_handle, &args), TARE_OK); /* no task at all is a graph too */
	assert_int_equal(kept_handle->ops->add_task(kept_handle, NULL, 0, 7, 0), -1);
	assert_null(kept_handle->ops->device_malloc(kept_handle, 8));
	assert_int_equal(kept_handle->ops->copy_to_device(kept_handle, &args, &args, 8), -1);
	assert_int_equal(kept_handle->ops->get_task_count(kept_handle), 0);
	assert_string_equal(world->line, "graph: get_task_count was called outside of a build");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(a_graph_runs_and_comes_back),
		WITH_WORLD(a_steady_run_takes_nothing),
		WITH_WORLD(a_failed_run_copies_nothing_back),
		WITH_WORLD(the_image_is_laid_out_for_the_device),
		WITH_WORLD(the_workers_follow_the_block_dim),
		WITH_WORLD(growth_that_fails_leaves_the_old_size),
		WITH_WORLD(the_pool_serves_the_next_run),
		WITH_WORLD(what_the_pool_hoards_fails_nobody),
		WITH_WORLD(every_refusal_leaves_the_graph_usable),
		WITH_WORLD(calls_outside_of_a_build_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
