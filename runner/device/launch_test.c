/* SPDX-License-Identifier: Apache-2.0 */
/* Launches, memory, arenas, and calls while a launch is in flight. */
#include "device_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

/* -- launch ---------------------------------------------------------------------- */

static void a_launch_fills_timing_and_result(void **state)
{
	struct world *world = *state;
	struct tare_run_timing timing = { 0 };

	world->x = 20;
	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(tare__runner_run(world->runner, &world->run, &timing), 0);
	assert_int_equal(world->x, 42);
	assert_int_equal(timing.device_wall_ns, 1);
	assert_true(timing.host_wall_ns > 0);
	timing = (struct tare_run_timing){ 0 };
	world->run.aicpu_threads = 0;
	assert_int_equal(tare__runner_run(world->runner, &world->run, &timing), -1);
	assert_int_equal(timing.host_wall_ns, 0);
}

static uint32_t launched_block_dim;

static int note_width(struct tare_launch *launch)
{
	launched_block_dim = launch->block_dim;
	return 0;
}

static void the_width_is_checked(void **state)
{
	struct world *world = *state;
	static const struct { int block_dim, threads, code; uint32_t wide; } rows[] = {
		{ 0, 1, 0, 20 }, { 1, 4, 0, 1 }, { 20, 4, 0, 20 }, { 21, 4, -1, 0 }, { -1, 4, -1, 0 },
		{ 3, 0, -1, 0 }, { 3, 5, -1, 0 }, { 3, -1, -1, 0 },
	};

	fake.max_block_dim = 20;
	fake.launch = note_width;
	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	for (size_t i = 0; i < TARE_COUNT(rows); i++) {
		launched_block_dim = 0;
		world->run.block_dim = rows[i].block_dim;
		world->run.aicpu_threads = rows[i].threads;
		assert_int_equal(world_run(world, 0), rows[i].code);
		assert_int_equal(launched_block_dim, rows[i].wide);
	}
}

static void bad_arguments_take_nothing(void **state)
{
	struct world *world = *state;
	struct tare_chip_args good = world->args;
	struct tare_dump before;
	uint32_t calls;

	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	before = world_dump(world);
	calls = fake.calls;
	for (int i = 0;; i++) {
		struct tare_tensor *tensor = &world->args.tensors[0];

		world->args = good;
		switch (i) {
		case 0: world->args.tensor_count = -1; break;
		case 1: world->args.tensor_count = 129; break;
		case 2: world->args.scalar_count = -1; break;
		case 3: world->args.scalar_count = 129; break;
		case 4: tensor->dims = 0; break;
		case 5: tensor->dims = 6; break;
		case 6: tensor->shape[0] = 0; break;
		case 7: tensor->type = TARE_DATA_TYPES; break;
		case 8: tensor->data = 0; break;
		case 9: tensor->dims = 2; tensor->shape[0] = tensor->shape[1] = UINT32_MAX; break;
		default: break;
		}
		if (i == 10)
			break;
		world->line[0] = '\0';
		assert_int_equal(world_run(world, 0), -5);
		assert_true(strncmp(world->line, "launch: ", 8) == 0);
	}
	world->run.args = NULL;
	assert_int_equal(world_run(world, 0), -1);
	world->run.args = (const char *)&world->args + 1;
	assert_int_equal(world_run(world, 0), -1);
	world->run.args = &world->args;
	world->run.diagnostics = 1;
	assert_int_equal(world_run(world, 0), -1);
	world->run.diagnostics = 0;
	assert_int_equal(world_run(world, -1), -1);
	assert_int_equal(world_run(world, 64), -1);
	assert_int_equal(world_run(world, 1), -1);
	assert_int_equal(fake.calls, calls);
	world_expect_dump(world, &before);
	assert_int_equal(world_run(world, 0), 0);
}

static void a_launch_that_fails_leaves_nothing(void **state)
{
	struct world *world = *state;
	struct test_image wrong;
	struct tare_dump steady;
	uint32_t failures = 0;

	test_image_build(&wrong, "with_an_unknown_kernel", 7, world_children, 2);
	assert_int_equal(world_prepare(world, 1, &wrong), TARE_OK);
	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(world_run(world, 1), -5);
	for (;; failures++) {
		world->x = 20;
		fake.fail_at = fake.calls + failures + 1;
		int error = world_run(world, 0);
		fake.fail_at = 0;
		if (!error)
			break;
		assert_int_equal(error, FAKE_ERROR);
		assert_int_equal(world->x, 20);
		assert_int_equal(world_run(world, 0), 0);
		assert_int_equal(world->x, 42);
		if (!failures)
			steady = world_dump(world);
		world_expect_dump(world, &steady);
	}
	assert_int_equal(world->x, 42);
	/* The first round failed the block of x; by then all blocks are kept: copy, copy, launch, copy back. */
	assert_int_equal(failures, 4);
	assert_int_equal(world_run(world, 1), -5);
	world_expect_dump(world, &steady);
}

static void a_poisoned_device_refuses_at_once(void **state)
{
	struct world *world = *state;
	const uint64_t none[TARE_REGIONS] = { 0 };
	uint64_t block;

	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	fake.poison = true;
	assert_int_equal(world_run(world, 0), 507018);
	fake.poison = false;
	uint32_t calls = fake.calls;
	assert_int_equal(world_dump(world).state, TARE_RUNNER_FAILED);
	assert_int_equal(world_dump(world).poisoned, 1);
	assert_int_equal(world_run(world, 0), -1);
	assert_string_equal(world->line,
		"runner: launch refused while failed: the device is poisoned by an earlier launch");
	assert_int_equal(world_prepare(world, 1, &world->image), TARE_E_POISONED);
	assert_int_equal(tare__runner_memory_take(world->runner, 8, &block), TARE_E_POISONED);
	assert_int_equal(tare__runner_arena(world->runner, none), TARE_E_POISONED);
	assert_int_equal(fake.calls, calls);
	assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
	world_expect_dump(world, &world->fresh);
	assert_int_equal(tare__runner_init(world->runner, 0, &world_binaries), TARE_OK);
	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(world_run(world, 0), 0);
}

/* -- memory and arenas -------------------------------------------------------------- */

static void memory_is_the_caller_s(void **state)
{
	struct world *world = *state;
	const uint64_t sizes[TARE_REGIONS] = { 4096, 4096, 4096 };
	uint64_t block, second, word = 42, read = 0;

	assert_int_equal(tare__runner_memory_take(world->runner, 0, &block), TARE_E_ARGUMENT);
	assert_int_equal(tare__runner_memory_take(world->runner, 64, &block), TARE_OK);
	assert_int_equal(tare__runner_memory_take(world->runner, 64, &second), TARE_OK);
	assert_int_equal(tare__runner_copy_in(world->runner, block, &word, 8), TARE_OK);
	assert_int_equal(tare__runner_copy_out(world->runner, &read, block, 8), TARE_OK);
	assert_int_equal(read, 42);
	assert_int_equal(tare__runner_arena(world->runner, sizes), TARE_OK);
	assert_int_equal(tare__runner_memory_give(world->runner, fake.blocks[3]), TARE_OK); /* an arena's: a stranger */
	assert_int_equal(tare__runner_memory_give(world->runner, (uint64_t)(uintptr_t)&word), TARE_OK);
	assert_int_equal(fake.alive, 5);
	fake.refuse_give = 1;
	assert_int_equal(tare__runner_memory_give(world->runner, block), FAKE_ERROR);
	assert_int_equal(tare__runner_memory_give(world->runner, block), TARE_OK); /* a stranger by now */
	assert_int_equal(fake.alive, 5);
	assert_int_equal(tare__runner_memory_give(world->runner, second), TARE_OK);
	assert_int_equal(fake.alive, 4);
	assert_int_equal(tare__runner_committed(world->runner), fake.bytes);
}

static int lay_out(struct world *world, uint64_t heap, uint64_t shared, uint64_t runtime)
{
	const uint64_t sizes[TARE_REGIONS] = { heap, shared, runtime };

	return tare__runner_arena(world->runner, sizes);
}

static void expect_arena(struct world *world, uint64_t heap, uint64_t shared, uint64_t runtime)
{
	const uint64_t sizes[TARE_REGIONS] = { heap, shared, runtime };
	struct tare_dump now = world_dump(world);

	for (size_t i = 0; i < TARE_REGIONS; i++) {
		uint64_t base = tare__runner_arena_base(world->runner, (enum tare__region)i);

		assert_int_equal(now.arena_bytes[i], sizes[i]);
		assert_int_equal(base % 1024, 0);
		assert_int_equal(base != 0, sizes[i] != 0);
		if (base)
			memset((void *)(uintptr_t)base, 0, sizes[i]);
	}
}

static void arenas_keep_grow_and_go(void **state)
{
	struct world *world = *state;

	for (int round = 0; round < 2; round++) {
		fake.misaligned = round;
		assert_int_equal(lay_out(world, 4000, 3000, 2000), TARE_OK);
		expect_arena(world, 4000, 3000, 2000);
		uint32_t takes = fake.takes;
		assert_int_equal(lay_out(world, 4000, 100, 2000), TARE_OK);
		expect_arena(world, 4000, 3000, 2000);
		assert_int_equal(fake.takes, takes);
		assert_int_equal(lay_out(world, 4000, 0, 5000), TARE_OK);
		expect_arena(world, 4000, 0, 5000);
		assert_int_equal(fake.alive, 2);
		assert_int_equal(lay_out(world, 0, 0, 0), TARE_OK);
		assert_int_equal(lay_out(world, 0, 0, 0), TARE_OK);
		expect_arena(world, 0, 0, 0);
		assert_int_equal(fake.alive, 0);
	}
}

/* Blocks lie at multiples of 512, bases at multiples of 1,024: that is what an arena costs more than it holds. */
static void an_arena_costs_half_its_alignment(void **state)
{
	struct world *world = *state;
	uint64_t before = tare__runner_committed(world->runner);

	assert_int_equal(lay_out(world, 4096, 1, 1 << 20), TARE_OK);
	assert_int_equal(tare__runner_committed(world->runner) - before, 4096 + 1 + (1 << 20) + 3 * 512);
	assert_int_equal(lay_out(world, 0, 0, 0), TARE_OK);
	assert_int_equal(tare__runner_committed(world->runner), before);
}

static void an_arena_that_fails_takes_all_three(void **state)
{
	struct world *world = *state;

	for (int earlier = 0; earlier < 2; earlier++) {
		for (uint32_t region = 1; region <= 3; region++) {
			if (earlier)
				assert_int_equal(lay_out(world, 4000, 3000, 2000), TARE_OK);
			fake.fail_at = fake.calls + region;
			assert_int_equal(lay_out(world, 8000, 7000, 6000), FAKE_ERROR);
			expect_arena(world, 0, 0, 0);
			assert_int_equal(fake.alive, 0);
			assert_int_equal(lay_out(world, 4000, 3000, 2000), TARE_OK);
			expect_arena(world, 4000, 3000, 2000);
			assert_int_equal(lay_out(world, 0, 0, 0), TARE_OK);
		}
	}
	assert_int_equal(lay_out(world, 4000, 3000, UINT64_MAX), TARE_E_DEVICE_MEMORY);
	assert_int_equal(lay_out(world, UINT64_MAX - 1022, 3000, 1), TARE_E_DEVICE_MEMORY);
	expect_arena(world, 0, 0, 0);
	assert_int_equal(lay_out(world, 4000, 3000, 2000), TARE_OK);
	fake.refuse_give = 1;
	assert_int_equal(lay_out(world, 4000, 0, 2000), FAKE_ERROR);
	expect_arena(world, 0, 0, 0);
}

/* -- in flight ------------------------------------------------------------------------ */

static struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool entered;
	bool open;
} gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false };

static int wait_at_gate(struct tare_launch *launch)
{
	(void)launch;
	pthread_mutex_lock(&gate.lock);
	gate.entered = true;
	pthread_cond_broadcast(&gate.changed);
	while (!gate.open)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
	return 0;
}

static void *launch_there(void *cookie)
{
	struct world *world = cookie;

	return (void *)(intptr_t)tare__runner_run(world->runner, &world->run, NULL);
}

static void open_gate(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.open = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

static pthread_t start_launch(struct world *world)
{
	pthread_t thread;

	gate.entered = gate.open = false;
	fake.launch = wait_at_gate;
	assert_int_equal(pthread_create(&thread, NULL, launch_there, world), 0);
	pthread_mutex_lock(&gate.lock);
	while (!gate.entered)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
	return thread;
}

static void everything_else_waits_outside_a_launch(void **state)
{
	struct world *world = *state;
	struct tare_dump before, during;
	uint64_t block, stranger, word = 0;
	void *result;

	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(world_run(world, 0), 0);
	assert_int_equal(tare__runner_memory_take(world->runner, 8, &block), TARE_OK);
	before = world_dump(world);
	pthread_t thread = start_launch(world);
	uint32_t calls = fake.calls, alive = fake.alive;

	assert_int_equal(world_run(world, 0), -1);
	assert_string_equal(world->line, "runner: launch refused while running: a launch is in flight");
	assert_int_equal(world_prepare(world, 1, &world->other), TARE_E_BUSY);
	assert_int_equal(tare__runner_unregister(world->runner, 0), TARE_E_BUSY);
	assert_int_equal(tare__runner_unregister(world->runner, 9), TARE_E_BUSY);
	assert_int_equal(tare__runner_memory_take(world->runner, 8, &stranger), TARE_E_BUSY);
	assert_int_equal(tare__runner_memory_give(world->runner, block), TARE_E_BUSY);
	assert_int_equal(tare__runner_copy_in(world->runner, block, &word, 8), TARE_E_BUSY);
	assert_int_equal(tare__runner_copy_out(world->runner, &word, block, 8), TARE_E_BUSY);
	assert_int_equal(lay_out(world, 1, 1, 1), TARE_E_BUSY);
	assert_int_equal(tare__runner_init(world->runner, 0, &world_binaries), TARE_E_BUSY);
	assert_int_equal(tare__runner_finalize(world->runner), TARE_E_BUSY);
	during = world_dump(world);
	assert_int_equal(during.state, TARE_RUNNER_RUNNING);
	during.state = before.state;
	world_expect_equal(&during, &before);
	assert_int_equal(tare__runner_committed(world->runner), before.committed_bytes);
	assert_int_equal(fake.calls, calls);
	assert_int_equal(fake.alive, alive);
	open_gate();
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_int_equal((intptr_t)result, 0);
	world_expect_dump(world, &before);
	fake.launch = NULL;
	assert_int_equal(world_run(world, 0), 0);
}

static void *open_later(void *cookie)
{
	(void)cookie;
	open_gate();
	return NULL;
}

static void destroy_waits_for_the_launch(void **state)
{
	struct world *world = *state;
	pthread_t thread, opener;
	void *result;

	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	thread = start_launch(world);
	/* Whichever comes first, destroy may only go on when the launch has landed. */
	assert_int_equal(pthread_create(&opener, NULL, open_later, NULL), 0);
	tare__runner_destroy(&world->runner);
	assert_int_equal(pthread_join(opener, NULL), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_int_equal((intptr_t)result, 0);
	assert_int_equal(fake.alive, 0);
}

struct crowd {
	struct world *world;
	int32_t id;
	int64_t x;
	struct tare_chip_args args;
};

/* Whatever the others do meanwhile, each call works or is refused, and what it gave is right. */
static void *crowd_the_door(void *cookie)
{
	struct crowd *crowd = cookie;
	struct tare_runner *runner = crowd->world->runner;
	const struct tare__run request = { .id = crowd->id, .args = &crowd->args, .block_dim = 1, .aicpu_threads = 1 };

	for (int i = 0; i < 200; i++) {
		uint64_t block = 0, word = 7;
		int64_t before = crowd->x = i;

		tare__runner_prepare(runner, crowd->id, crowd->world->image.bytes, SIZE_MAX);
		int launched = tare__runner_run(runner, &request, NULL);

		if (crowd->x != (launched ? before : 2 * before + 2))
			return crowd;
		if (!tare__runner_memory_take(runner, 8, &block)) {
			tare__runner_copy_in(runner, block, &word, 8);
			tare__runner_memory_give(runner, block); /* refused, it goes with finalize */
		}
		tare__runner_committed(runner);
		tare__runner_unregister(runner, crowd->id);
	}
	return NULL;
}

static void many_threads_share_a_context(void **state)
{
	struct world *world = *state;
	struct crowd crowds[4];
	pthread_t threads[TARE_COUNT(crowds)];
	void *wrong;

	for (size_t i = 0; i < TARE_COUNT(crowds); i++) {
		crowds[i] = (struct crowd){ .world = world, .id = (int32_t)i, .args = world->args };
		crowds[i].args.tensors[0].data = (uint64_t)(uintptr_t)&crowds[i].x;
		assert_int_equal(pthread_create(&threads[i], NULL, crowd_the_door, &crowds[i]), 0);
	}
	for (size_t i = 0; i < TARE_COUNT(crowds); i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	for (int32_t i = 0; i < (int32_t)TARE_COUNT(crowds); i++)
		assert_int_equal(tare__runner_unregister(world->runner, i), TARE_OK);
	assert_int_equal(world_dump(world).contents, 0);
	assert_int_equal(fake.kernels, 0);
	assert_int_equal(fake.objects, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_launch_fills_timing_and_result, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(the_width_is_checked, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(bad_arguments_take_nothing, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(a_launch_that_fails_leaves_nothing, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(a_poisoned_device_refuses_at_once, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(memory_is_the_caller_s, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(arenas_keep_grow_and_go, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(an_arena_costs_half_its_alignment, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(an_arena_that_fails_takes_all_three, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(everything_else_waits_outside_a_launch, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(many_threads_share_a_context, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(destroy_waits_for_the_launch, world_create_ready, world_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
