/* SPDX-License-Identifier: Apache-2.0 */
/* What a graph may not be: each limit held, broken by one, and survived. */
#include "world.h"

#include <string.h>

static void as_many_tasks_as_there_are_and_one_more(void **state)
{
	struct world *world = *state;
	struct tare_chip_args args = tare__world_scalars(TARE_HBG_MAX_TASKS, 0);

	assert_int_equal(tare__world_bind(world, tare__world_chain, &args), TARE_OK);
	assert_int_equal(fake.copies_in, 3); /* header, tasks, edges; there are no arguments */
	const struct tare_hbg_image *image = (const struct tare_hbg_image *)(uintptr_t)world->launch.runtime_args;
	assert_int_equal(image->task_count, TARE_HBG_MAX_TASKS);
	assert_int_equal(image->edge_count, TARE_HBG_MAX_TASKS - 1);
	assert_int_equal(tare__world_complete(world, 0), TARE_OK);
	args = tare__world_scalars(TARE_HBG_MAX_TASKS + 1, 0);
	assert_int_equal(tare__world_bind(world, tare__world_chain, &args), TARE_E_GRAPH);
	assert_string_equal(world->line, "graph: more than 131072 tasks");
	args = tare__world_scalars(3, 0);
	assert_int_equal(tare__world_bind(world, tare__world_chain, &args), TARE_OK);
	assert_int_equal(tare__world_complete(world, 0), TARE_OK);
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
	struct tare_chip_args args = tare__world_scalars(128, 0);

	assert_int_equal(tare__world_bind(world, fan, &args), TARE_OK);
	const struct tare_hbg_image *image = (const struct tare_hbg_image *)(uintptr_t)world->launch.runtime_args;
	assert_int_equal(((const struct tare_hbg_task *)(uintptr_t)image->tasks)->fanout, 128);
	tare__world_complete(world, 0);
	args = tare__world_scalars(129, 0);
	assert_int_equal(tare__world_bind(world, fan, &args), TARE_E_GRAPH);
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
		struct tare_chip_args args = tare__world_scalars(rule, rule % 2 ? 0 : 3);

		world->line[0] = '\0';
		assert_int_equal(tare__world_bind(world, break_a_rule, &args), TARE_E_GRAPH);
		assert_int_equal(world->own_code, 0);
		assert_true(strlen(world->line) > 12);
		assert_int_equal(fake.alive, 0);
	}
	struct tare_chip_args good = tare__world_scalars(17, 0);
	assert_int_equal(tare__world_bind(world, break_a_rule, &good), TARE_OK);
	assert_int_equal(tare__world_complete(world, 0), TARE_OK);
}

static void the_orchestration_s_own_code_is_passed_on(void **state)
{
	struct world *world = *state;
	struct tare_chip_args args = tare__world_scalars(17, (uint64_t)-9);

	assert_int_equal(tare__world_bind(world, break_a_rule, &args), -9);
	assert_int_equal(world->own_code, -9);
	args = tare__world_scalars(17, 3);
	assert_int_equal(tare__world_bind(world, break_a_rule, &args), TARE_E_FAILED);
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
	struct tare_chip_args args = tare__world_scalars(0, 0);

	assert_int_equal(tare__world_bind(world, backwards, &args), TARE_E_STALL);
	assert_string_equal(world->line, "graph: 2 of 3 tasks wait for each other, the first is task 0");
	assert_int_equal(tare__world_bind(world, self, &args), TARE_E_STALL);
	assert_int_equal(fake.takes, 0);
	args = tare__world_scalars(1, 0);
	assert_int_equal(tare__world_bind(world, backwards, &args), TARE_OK);
	const struct tare_hbg_image *image = (const struct tare_hbg_image *)(uintptr_t)world->launch.runtime_args;
	const struct tare_hbg_task *tasks = (const struct tare_hbg_task *)(uintptr_t)image->tasks;
	assert_int_equal(tasks[0].fanout, 2); /* twice the same edge counts twice, on both sides */
	assert_int_equal(tasks[1].fanin, 2);
	tare__world_complete(world, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(as_many_tasks_as_there_are_and_one_more),
		WITH_WORLD(a_task_has_at_most_128_successors),
		WITH_WORLD(every_broken_rule_ends_the_run),
		WITH_WORLD(the_orchestration_s_own_code_is_passed_on),
		WITH_WORLD(a_cycle_is_found_on_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
