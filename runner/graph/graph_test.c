/* SPDX-License-Identifier: Apache-2.0 */
#include "graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

#include "fake_platform.h"
#include "program/layout.h"

struct world {
	struct tare_platform *platform;
	struct tare_graph *graph;
	struct tare_log log;
	char line[1024]; /* the newest on the log */
	uint64_t code[TARE_FUNC_IDS];
	struct tare_launch launch;
	int own_code;
};

static const struct tare_graph_ops *const hbg = &tare__graph_host_build_graph;

static void keep_line(void *cookie, enum tare_log_level level, const char *line)
{
	struct world *world = cookie;

	(void)level;
	strncpy(world->line, line, sizeof world->line - 1);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof *world);

	fake_reset();
	world->log = (struct tare_log){ keep_line, world, TARE_LOG_DEBUG };
	world->launch = (struct tare_launch){ .block_dim = 3, .aicpu_threads = 3 };
	world->code[7] = 1;
	world->code[8] = 2;
	assert_int_equal(fake_platform.create(&world->platform, &tare__arch_a5, NULL, &world->log), TARE_OK);
	assert_int_equal(hbg->create(&world->graph, &tare__arch_a5, &fake_platform, world->platform, &world->log), TARE_OK);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	assert_int_equal(hbg->release(world->graph), TARE_OK);
	assert_int_equal(hbg->kept_bytes(world->graph), 0);
	assert_int_equal(fake.alive, 0);
	hbg->destroy(&world->graph);
	fake_platform.destroy(&world->platform);
	fake_reset();
	free(world);
	return 0;
}

static int bind(struct world *world, tare_orchestration_fn build, const struct tare_chip_args *args)
{
	const struct tare_graph_callable callable = { build, world->code };

	return hbg->bind(world->graph, &callable, args, &world->launch, &world->own_code);
}

static int run(struct world *world, tare_orchestration_fn build, const struct tare_chip_args *args)
{
	int error = bind(world, build, args);

	if (error)
		return error;
	return hbg->complete(world->graph, fake_platform.launch(world->platform, &world->launch));
}

/* An orchestration gets nothing but scalars to tell it what to do. */
static struct tare_chip_args scalars(uint64_t first, uint64_t second)
{
	struct tare_chip_args args = { .scalar_count = 2 };

	args.scalars[0] = first;
	args.scalars[1] = second;
	return args;
}

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
	struct tare_chip_args args = scalars((uint64_t)(uintptr_t)&x, 0);

	fake.code = kernels;
	assert_int_equal(run(world, add_then_double, &args), TARE_OK);
	assert_int_equal(x, 42);
}

static void a_steady_run_takes_nothing(void **state)
{
	struct world *world = *state;
	int64_t x = 0;
	struct tare_chip_args args = scalars((uint64_t)(uintptr_t)&x, 0);

	fake.code = kernels;
	assert_int_equal(run(world, add_then_double, &args), TARE_OK);
	uint32_t takes = fake.takes, copies = fake.copies_in;
	uint64_t kept = hbg->kept_bytes(world->graph);
	assert_int_equal(takes, 3);
	assert_int_equal(copies, 2); /* x, and the whole image at once */
	assert_int_equal(kept, fake.bytes);
	for (int i = 0; i < 100; i++) {
		x = i;
		assert_int_equal(run(world, add_then_double, &args), TARE_OK);
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
	struct tare_chip_args args = scalars((uint64_t)(uintptr_t)&x, 0);

	fake.code = kernels;
	assert_int_equal(bind(world, add_then_double, &args), TARE_OK);
	assert_int_equal(hbg->complete(world->graph, 507018), 507018);
	assert_int_equal(x, 20);
	assert_non_null(strstr(world->line, "507018"));
	uint32_t takes = fake.takes;
	assert_int_equal(run(world, add_then_double, &args), TARE_OK);
	assert_int_equal(x, 42);
	assert_int_equal(fake.takes, takes);
}

static void the_image_is_laid_out_for_the_device(void **state)
{
	struct world *world = *state;
	int64_t x = 20;
	struct tare_chip_args args = scalars((uint64_t)(uintptr_t)&x, 0);

	assert_int_equal(bind(world, add_then_double, &args), TARE_OK);
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
	hbg->complete(world->graph, 0);
}

static void the_workers_follow_the_block_dim(void **state)
{
	struct world *world = *state;
	int64_t x = 0;
	struct tare_chip_args args = scalars((uint64_t)(uintptr_t)&x, 0);
	const uint32_t widths[] = { 36, 1, 3 };

	fake.code = kernels;
	for (size_t i = 0; i < TARE_COUNT(widths); i++) {
		world->launch.block_dim = widths[i];
		assert_int_equal(bind(world, add_then_double, &args), TARE_OK);
		const struct tare_hbg_image *image = (const struct tare_hbg_image *)(uintptr_t)world->launch.runtime_args;
		assert_int_equal(image->worker_count, 3 * widths[i]);
		for (uint32_t worker = 0; worker < image->worker_count; worker++)
			assert_int_equal(image->workers[worker].core_type, worker < widths[i] ? TARE_CORE_AIC : TARE_CORE_AIV);
		assert_int_equal(hbg->complete(world->graph, fake_platform.launch(world->platform, &world->launch)), 0);
	}
}

/* scalars[0] tasks in a row, each followed by the next. */
static int chain(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	for (uint64_t i = 0; i < args->scalars[0]; i++) {
		int task = runtime->ops->add_task(runtime, NULL, 0, 7, TARE_CORE_AIV);

		if (task < 0)
			return 0; /* and still the run must end with an error */
		assert_int_equal(task, i);
		if (i)
			runtime->ops->add_successor(runtime, task - 1, task);
	}
	return 0;
}

static void as_many_tasks_as_there_are_and_one_more(void **state)
{
	struct world *world = *state;
	struct tare_chip_args args = scalars(TARE_HBG_MAX_TASKS, 0);

	assert_int_equal(bind(world, chain, &args), TARE_OK);
	assert_int_equal(fake.copies_in, 3); /* header, tasks, edges; there are no arguments */
	const struct tare_hbg_image *image = (const struct tare_hbg_image *)(uintptr_t)world->launch.runtime_args;
	assert_int_equal(image->task_count, TARE_HBG_MAX_TASKS);
	assert_int_equal(image->edge_count, TARE_HBG_MAX_TASKS - 1);
	assert_int_equal(hbg->complete(world->graph, 0), TARE_OK);
	args = scalars(TARE_HBG_MAX_TASKS + 1, 0);
	assert_int_equal(bind(world, chain, &args), TARE_E_GRAPH);
	assert_string_equal(world->line, "graph: more than 131072 tasks");
	args = scalars(3, 0);
	assert_int_equal(bind(world, chain, &args), TARE_OK);
	assert_int_equal(hbg->complete(world->graph, 0), TARE_OK);
}

/* One task followed by scalars[0] others. */
static int fan(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	int root = runtime->ops->add_task(runtime, NULL, 0, 7, TARE_CORE_AIV);

	for (uint64_t i = 0; i < args->scalars[0]; i++)
		runtime->ops->add_successor(runtime, root, runtime->ops->add_task(runtime, NULL, 0, 7, TARE_CORE_AIV));
	return 0;
}

static void a_task_has_at_most_128_successors(void **state)
{
	struct world *world = *state;
	struct tare_chip_args args = scalars(128, 0);

	assert_int_equal(bind(world, fan, &args), TARE_OK);
	const struct tare_hbg_image *image = (const struct tare_hbg_image *)(uintptr_t)world->launch.runtime_args;
	assert_int_equal(((const struct tare_hbg_task *)(uintptr_t)image->tasks)->fanout, 128);
	hbg->complete(world->graph, 0);
	args = scalars(129, 0);
	assert_int_equal(bind(world, fan, &args), TARE_E_GRAPH);
	assert_string_equal(world->line, "graph: task 0 has more than 128 successors");
}

/* Breaks rule number scalars[0]; returns scalars[1]. */
static int break_a_rule(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	uint64_t words[17] = { 0 };

	runtime->ops->add_task(runtime, words, 16, 7, TARE_CORE_AIC);
	switch (args->scalars[0]) {
	case 0: assert_int_equal(runtime->ops->add_task(runtime, words, 17, 7, TARE_CORE_AIC), -1); break;
	case 1: assert_int_equal(runtime->ops->add_task(runtime, words, -1, 7, TARE_CORE_AIC), -1); break;
	case 2: assert_int_equal(runtime->ops->add_task(runtime, NULL, 1, 7, TARE_CORE_AIC), -1); break;
	case 3: assert_int_equal(runtime->ops->add_task(runtime, words, 1, 9, TARE_CORE_AIC), -1); break;
	case 4: assert_int_equal(runtime->ops->add_task(runtime, words, 1, -1, TARE_CORE_AIC), -1); break;
	case 5: assert_int_equal(runtime->ops->add_task(runtime, words, 1, TARE_FUNC_IDS, TARE_CORE_AIC), -1); break;
	case 6: assert_int_equal(runtime->ops->add_task(runtime, words, 1, 7, 2), -1); break;
	case 7: runtime->ops->add_successor(runtime, 0, 1); break;
	case 8: runtime->ops->add_successor(runtime, -1, 0); break;
	case 9: runtime->ops->record_tensor_pair(runtime, NULL, words, 8); break;
	case 10: runtime->ops->record_tensor_pair(runtime, words, NULL, 8); break;
	case 11: assert_int_equal(runtime->ops->set_tensor_info_to_task(runtime, 1, words, 1), -1); break;
	case 12: assert_int_equal(runtime->ops->set_tensor_info_to_task(runtime, 0, words, 17), -1); break;
	case 13: assert_int_equal(runtime->ops->set_tensor_info_to_task(runtime, 0, NULL, 1), -1); break;
	case 14: assert_null(runtime->ops->device_malloc(runtime, 0)); break;
	case 15: assert_int_equal(runtime->ops->copy_to_device(runtime, NULL, words, 8), -1); break;
	case 16: assert_int_equal(runtime->ops->copy_to_device(runtime, words, NULL, 8), -1); break;
	default: assert_int_equal(args->scalars[0], 17); break;
	}
	return (int)args->scalars[1];
}

static void every_broken_rule_ends_the_run(void **state)
{
	struct world *world = *state;

	for (uint64_t rule = 0; rule < 17; rule++) {
		struct tare_chip_args args = scalars(rule, rule % 2 ? 0 : 3);

		world->line[0] = '\0';
		assert_int_equal(bind(world, break_a_rule, &args), TARE_E_GRAPH);
		assert_int_equal(world->own_code, 0);
		assert_true(strlen(world->line) > 12);
		assert_int_equal(fake.alive, 0);
	}
	struct tare_chip_args good = scalars(17, 0);
	assert_int_equal(bind(world, break_a_rule, &good), TARE_OK);
	assert_int_equal(hbg->complete(world->graph, 0), TARE_OK);
}

static void the_orchestration_s_own_code_is_passed_on(void **state)
{
	struct world *world = *state;
	struct tare_chip_args args = scalars(17, (uint64_t)-9);

	assert_int_equal(bind(world, break_a_rule, &args), -9);
	assert_int_equal(world->own_code, -9);
	args = scalars(17, 3);
	assert_int_equal(bind(world, break_a_rule, &args), TARE_E_FAILED);
	assert_int_equal(world->own_code, TARE_E_FAILED);
}

/* 0 <-> 1 after a task 2 that can go; scalars[0]: no cycle, but an edge that leads backwards. */
static int backwards(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	for (int i = 0; i < 3; i++)
		runtime->ops->add_task(runtime, NULL, 0, 7, TARE_CORE_AIV);
	runtime->ops->add_successor(runtime, 2, 0);
	runtime->ops->add_successor(runtime, 0, 1);
	runtime->ops->add_successor(runtime, 0, 1);
	if (!args->scalars[0])
		runtime->ops->add_successor(runtime, 1, 0);
	return 0;
}

static int self(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	(void)args;
	runtime->ops->add_task(runtime, NULL, 0, 7, TARE_CORE_AIV);
	runtime->ops->add_successor(runtime, 0, 0);
	return 0;
}

static void a_cycle_is_found_on_the_host(void **state)
{
	struct world *world = *state;
	struct tare_chip_args args = scalars(0, 0);

	assert_int_equal(bind(world, backwards, &args), TARE_E_STALL);
	assert_string_equal(world->line, "graph: 2 of 3 tasks wait for each other, the first is task 0");
	assert_int_equal(bind(world, self, &args), TARE_E_STALL);
	assert_int_equal(fake.takes, 0);
	args = scalars(1, 0);
	assert_int_equal(bind(world, backwards, &args), TARE_OK);
	const struct tare_hbg_image *image = (const struct tare_hbg_image *)(uintptr_t)world->launch.runtime_args;
	const struct tare_hbg_task *tasks = (const struct tare_hbg_task *)(uintptr_t)image->tasks;
	assert_int_equal(tasks[0].fanout, 2); /* twice the same edge counts twice, on both sides */
	assert_int_equal(tasks[1].fanin, 2);
	hbg->complete(world->graph, 0);
}

static void growth_that_fails_leaves_the_old_size(void **state)
{
	struct world *world = *state;
	struct tare_chip_args small = scalars(100, 0), large = scalars(50000, 0);

	assert_int_equal(bind(world, chain, &small), TARE_OK);
	hbg->complete(world->graph, 0);
	uint64_t kept = hbg->kept_bytes(world->graph);
	fake.capacity = 2 * kept;
	assert_int_equal(bind(world, chain, &large), FAKE_ERROR);
	assert_int_equal(fake.alive, 0);
	assert_int_equal(bind(world, chain, &small), TARE_OK);
	hbg->complete(world->graph, 0);
	assert_int_equal(hbg->kept_bytes(world->graph), kept);
	fake.capacity = 0;
	assert_int_equal(bind(world, chain, &large), TARE_OK);
	hbg->complete(world->graph, 0);
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
		struct tare_chip_args args = scalars(runs[i].size, runs[i].blocks);

		assert_int_equal(run(world, allocate, &args), TARE_OK);
		assert_int_equal(fake.takes, takes[i]);
	}
}

static void what_the_pool_hoards_fails_nobody(void **state)
{
	struct world *world = *state;
	struct tare_chip_args small = scalars(4096, 8), large = scalars(40000, 1);

	assert_int_equal(run(world, allocate, &small), TARE_OK);
	fake.capacity = fake.bytes + 8000;
	assert_int_equal(run(world, allocate, &large), TARE_OK);
	large = scalars(400000, 1);
	assert_int_equal(run(world, allocate, &large), FAKE_ERROR);
	assert_int_equal(run(world, allocate, &small), TARE_OK);
	small = scalars(UINT64_MAX - 1, 1);
	assert_int_equal(run(world, allocate, &small), TARE_E_DEVICE_MEMORY);
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
		struct tare_chip_args args = scalars((uint64_t)(uintptr_t)&x, 0);

		fake.fail_at = fake.calls + failures + 1;
		int error = run(world, careless, &args);
		fake.fail_at = 0;
		if (!error) {
			assert_int_equal(x, 21);
			break;
		}
		assert_int_equal(error, FAKE_ERROR);
		assert_int_equal(x, 20);
		assert_int_equal(run(world, careless, &args), TARE_OK);
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
	struct tare_chip_args args = scalars(0, 0);

	assert_int_equal(run(world, keep_handle, &args), TARE_OK); /* no task at all is a graph too */
	assert_int_equal(kept_handle->ops->add_task(kept_handle, NULL, 0, 7, 0), -1);
	assert_null(kept_handle->ops->device_malloc(kept_handle, 8));
	assert_int_equal(kept_handle->ops->copy_to_device(kept_handle, &args, &args, 8), -1);
	assert_int_equal(kept_handle->ops->get_task_count(kept_handle), 0);
	assert_string_equal(world->line, "graph: get_task_count was called outside of a build");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_graph_runs_and_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_steady_run_takes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_failed_run_copies_nothing_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_image_is_laid_out_for_the_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_workers_follow_the_block_dim, set_up, tear_down),
		cmocka_unit_test_setup_teardown(as_many_tasks_as_there_are_and_one_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_task_has_at_most_128_successors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_broken_rule_ends_the_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_orchestration_s_own_code_is_passed_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_cycle_is_found_on_the_host, set_up, tear_down),
		cmocka_unit_test_setup_teardown(growth_that_fails_leaves_the_old_size, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_pool_serves_the_next_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_the_pool_hoards_fails_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_refusal_leaves_the_graph_usable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(calls_outside_of_a_build_are_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
