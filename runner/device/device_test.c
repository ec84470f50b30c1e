/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

#include "fake_platform.h"
#include "state.h"
#include "test_image.h"

struct world {
	struct tare_runner *runner;
	char line[1024]; /* the newest on the log */
	struct tare_dump fresh;
	struct test_image image; /* adds one to a cell of device memory */
	struct test_image other;
	int64_t x;
	struct tare_chip_args args; /* x as a tensor */
	struct tare__run run;
};

static const struct tare__parts parts = { &tare__arch_a2a3, &fake_platform, &tare__graph_host_build_graph };
static const uint8_t objects[] = "aicpu object, aicore image, dispatcher";
static const struct tare_binaries binaries = { objects, 12, objects + 14, 12, objects + 28, 10 };
static const struct test_child children[] = { { 5, 0 }, { 6, 1 } };

static void keep_line(void *cookie, enum tare_log_level level, const char *line)
{
	struct world *world = cookie;

	(void)level;
	strncpy(world->line, line, sizeof world->line - 1);
}

static void add_one(int64_t *args, const struct tare_kernel_context *context)
{
	(void)context;
	*(int64_t *)(intptr_t)args[0] += 1;
}

static void twice(int64_t *args, const struct tare_kernel_context *context)
{
	(void)context;
	*(int64_t *)(intptr_t)args[0] *= 2;
}

static const tare_kernel_fn kernels[] = { add_one, twice };

/* (x + 1) * 2 */
static int build(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	const struct tare_orchestration_ops *ops = runtime->ops;
	void *host = (void *)(uintptr_t)args->tensors[0].data;
	void *device = ops->device_malloc(runtime, 8);
	uint64_t task_args[] = { (uint64_t)(uintptr_t)device };

	if (!device || ops->copy_to_device(runtime, device, host, 8))
		return -1;
	ops->add_successor(runtime, ops->add_task(runtime, task_args, 1, 5, TARE_CORE_AIV),
		ops->add_task(runtime, task_args, 1, 6, TARE_CORE_AIV));
	ops->record_tensor_pair(runtime, host, device, 8);
	return 0;
}

static int return_minus_nine(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	(void)args;
	return runtime->ops->device_malloc(runtime, 8) ? -9 : 0;
}

static int with_an_unknown_kernel(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	(void)args;
	runtime->ops->add_task(runtime, NULL, 0, 77, TARE_CORE_AIV);
	return 0;
}

/* A function's address as the symbol that the platform would have found. */
static void *symbol_of(tare_orchestration_fn function)
{
	void *symbol;

	memcpy(&symbol, &function, sizeof symbol);
	return symbol;
}

static struct fake_function functions[4];

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	const struct tare_log log = { keep_line, world, TARE_LOG_DEBUG };
	const struct tare_tables tables = { 0 };

	fake_reset();
	functions[0] = (struct fake_function){ "build", symbol_of(build) };
	functions[1] = (struct fake_function){ "return_minus_nine", symbol_of(return_minus_nine) };
	functions[2] = (struct fake_function){ "with_an_unknown_kernel", symbol_of(with_an_unknown_kernel) };
	fake.functions = functions;
	fake.code = kernels;
	test_image_build(&world->image, "build", 7, children, 2);
	test_image_build(&world->other, "build", 8, children, 2);
	world->args.tensor_count = 1;
	world->args.tensors[0] = (struct tare_tensor){ .data = (uint64_t)(uintptr_t)&world->x, .shape = { 1 }, .dims = 1,
		.type = TARE_INT64 };
	world->run = (struct tare__run){ .id = 0, .args = &world->args, .block_dim = 3, .aicpu_threads = 3 };
	assert_int_equal(tare__runner_create(&world->runner, &parts, &tables, &log), TARE_OK);
	tare__runner_dump(world->runner, &world->fresh);
	*state = world;
	return 0;
}

static int set_up_ready(void **state)
{
	struct world *world;

	set_up(state);
	world = *state;
	assert_int_equal(tare__runner_init(world->runner, 0, &binaries), TARE_OK);
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	tare__runner_destroy(&world->runner);
	assert_null(world->runner);
	assert_int_equal(fake.alive, 0);
	assert_int_equal(fake.objects, 0);
	assert_int_equal(fake.kernels, 0);
	fake_reset();
	free(world);
	return 0;
}

static int prepare(struct world *world, int32_t id, const struct test_image *image)
{
	return tare__runner_prepare(world->runner, id, image->bytes, SIZE_MAX);
}

static int run(struct world *world, int32_t id)
{
	world->run.id = id;
	return tare__runner_run(world->runner, &world->run, NULL);
}

#define DUMP_BYTES (offsetof(struct tare_dump, reserved) + sizeof(uint32_t)) /* copies need not keep the padding */

/* What a call may not change.  Ever-growing counters are left out. */
static struct tare_dump dump(struct world *world)
{
	struct tare_dump dump;

	tare__runner_dump(world->runner, &dump);
	dump.launches = 0;
	dump.host_dlopens = 0;
	return dump;
}

static void expect_dump(struct world *world, const struct tare_dump *wanted)
{
	struct tare_dump found = dump(world);

	assert_memory_equal(&found, wanted, DUMP_BYTES);
}

/* -- state ------------------------------------------------------------------ */

static void the_table_allows_what_it_says(void **state)
{
	static const struct { enum tare_runner_state from; enum tare_runner_event event; int to; } rows[] = {
		{ TARE_RUNNER_CLOSED, TARE_EVENT_ATTACH, TARE_RUNNER_OPEN },
		{ TARE_RUNNER_CLOSED, TARE_EVENT_UNREGISTER, TARE_RUNNER_CLOSED },
		{ TARE_RUNNER_CLOSED, TARE_EVENT_FREE, TARE_RUNNER_CLOSED },
		{ TARE_RUNNER_CLOSED, TARE_EVENT_FINALIZE, TARE_RUNNER_DRAINING },
		{ TARE_RUNNER_OPEN, TARE_EVENT_INIT, TARE_RUNNER_READY },
		{ TARE_RUNNER_OPEN, TARE_EVENT_FINALIZE, TARE_RUNNER_DRAINING },
		{ TARE_RUNNER_READY, TARE_EVENT_INIT, TARE_RUNNER_READY },
		{ TARE_RUNNER_READY, TARE_EVENT_PREPARE, TARE_RUNNER_READY },
		{ TARE_RUNNER_READY, TARE_EVENT_UNREGISTER, TARE_RUNNER_READY },
		{ TARE_RUNNER_READY, TARE_EVENT_MEMORY, TARE_RUNNER_READY },
		{ TARE_RUNNER_READY, TARE_EVENT_FREE, TARE_RUNNER_READY },
		{ TARE_RUNNER_READY, TARE_EVENT_ARENA, TARE_RUNNER_READY },
		{ TARE_RUNNER_READY, TARE_EVENT_LAUNCH, TARE_RUNNER_RUNNING },
		{ TARE_RUNNER_READY, TARE_EVENT_POISONED, TARE_RUNNER_FAILED },
		{ TARE_RUNNER_READY, TARE_EVENT_FINALIZE, TARE_RUNNER_DRAINING },
		{ TARE_RUNNER_RUNNING, TARE_EVENT_LANDED, TARE_RUNNER_READY },
		{ TARE_RUNNER_RUNNING, TARE_EVENT_POISONED, TARE_RUNNER_FAILED },
		{ TARE_RUNNER_DRAINING, TARE_EVENT_FINALIZED, TARE_RUNNER_CLOSED },
		{ TARE_RUNNER_FAILED, TARE_EVENT_FINALIZE, TARE_RUNNER_DRAINING },
	};
	size_t allowed = 0;

	(void)state;
	for (int from = 0; from < TARE_RUNNER_STATES; from++) {
		for (int event = 0; event < TARE_RUNNER_EVENTS; event++) {
			enum tare_runner_state next = (enum tare_runner_state)from;
			bool listed = allowed < TARE_COUNT(rows) && (int)rows[allowed].from == from &&
				(int)rows[allowed].event == event;
			int error = tare__state_next((enum tare_runner_state)from, (enum tare_runner_event)event, NULL, &next);

			assert_non_null(tare__event_name((enum tare_runner_event)event));
			if (!listed) {
				assert_true(error == TARE_E_STATE || error == TARE_E_BUSY || error == TARE_E_POISONED);
				assert_int_equal(next, from);
				continue;
			}
			assert_int_equal(error, TARE_OK);
			assert_int_equal(next, rows[allowed++].to);
		}
		assert_non_null(tare__state_name((enum tare_runner_state)from));
	}
	assert_int_equal(allowed, TARE_COUNT(rows));
}

static void a_refusal_names_both(void **state)
{
	struct world *world = *state;

	assert_int_equal(prepare(world, 0, &world->image), TARE_E_STATE);
	assert_string_equal(world->line, "runner: prepare refused while closed: not allowed in this state");
	assert_int_equal(run(world, 0), -1);
	assert_int_equal(tare__runner_unregister(world->runner, 3), TARE_OK);
	assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
	assert_int_equal(fake.calls, 0);
}

/* -- init and finalize -------------------------------------------------------- */

static void init_again_takes_the_same_bytes(void **state)
{
	struct world *world = *state;
	uint8_t copy[sizeof objects];
	struct tare_binaries same = { copy, 12, copy + 14, 12, copy + 28, 10 };
	uint32_t calls = fake.calls;

	memcpy(copy, objects, sizeof copy);
	assert_int_equal(tare__runner_init(world->runner, 0, &same), TARE_OK);
	assert_int_equal(tare__runner_init(world->runner, 1, &same), TARE_E_STATE);
	copy[14]++;
	assert_int_equal(tare__runner_init(world->runner, 0, &same), TARE_E_STATE);
	assert_int_equal(fake.calls, calls);
	assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
	assert_int_equal(tare__runner_init(world->runner, 1, &same), TARE_OK);
}

static void init_refuses_what_it_cannot_use(void **state)
{
	struct world *world = *state;
	const struct tare_binaries bad[] = {
		{ NULL, 12, objects, 12, NULL, 0 },
		{ objects, 0, objects, 12, NULL, 0 },
		{ objects, 12, NULL, 12, NULL, 0 },
		{ objects, 12, objects, 0, NULL, 0 },
		{ objects, 12, objects, 12, NULL, 1 },
	};

	for (size_t i = 0; i < TARE_COUNT(bad); i++)
		assert_int_equal(tare__runner_init(world->runner, 0, &bad[i]), TARE_E_ARGUMENT);
	assert_int_equal(tare__runner_init(world->runner, -1, &binaries), TARE_E_ARGUMENT);
	assert_string_equal(world->line, "init: the device number is negative");
	assert_int_equal(fake.calls, 0);
	expect_dump(world, &world->fresh);
}

static void init_that_fails_leaves_a_fresh_context(void **state)
{
	struct world *world = *state;

	for (uint32_t nth = 1; nth <= 2; nth++) { /* attach, init */
		fake.fail_at = fake.calls + nth;
		assert_int_equal(tare__runner_init(world->runner, 0, &binaries), FAKE_ERROR);
		expect_dump(world, &world->fresh);
	}
	assert_int_equal(tare__runner_init(world->runner, 0, &binaries), TARE_OK);
}

static void finalize_leaves_what_create_made(void **state)
{
	struct world *world = *state;
	const uint64_t sizes[TARE_REGIONS] = { 4096, 0, 100 };
	struct tare_dump after;
	uint64_t block;

	for (int round = 0; round < 3; round++) {
		assert_int_equal(tare__runner_init(world->runner, round, &binaries), TARE_OK);
		assert_int_equal(prepare(world, 0, &world->image), TARE_OK);
		assert_int_equal(prepare(world, 63, &world->other), TARE_OK);
		assert_int_equal(tare__runner_arena(world->runner, sizes), TARE_OK);
		assert_int_equal(tare__runner_memory_take(world->runner, 100, &block), TARE_OK);
		assert_int_equal(run(world, 63), 0);
		assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
		expect_dump(world, &world->fresh);
		assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
	}
	tare__runner_dump(world->runner, &after);
	assert_int_equal(after.launches, 3);
	assert_int_equal(after.host_dlopens, 6); /* monotonic */
	assert_int_equal(tare__runner_dlopens(world->runner), 6);
}

/* -- callables ----------------------------------------------------------------- */

static void contents_are_shared_and_counted(void **state)
{
	struct world *world = *state;
	struct tare_dump now;

	assert_int_equal(prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(prepare(world, 1, &world->image), TARE_OK);
	assert_int_equal(prepare(world, 2, &world->other), TARE_OK);
	now = dump(world);
	assert_int_equal(now.callables, 3);
	assert_int_equal(now.contents, 2);
	assert_int_equal(now.committed_blocks, 2);
	assert_int_equal(now.host_handles, 3);
	assert_int_equal(now.child_handles, 4);
	assert_int_equal(tare__runner_unregister(world->runner, 0), TARE_OK);
	assert_int_equal(dump(world).contents, 2);
	assert_int_equal(run(world, 1), 0);
	assert_int_equal(world->x, 2);
	assert_int_equal(tare__runner_unregister(world->runner, 1), TARE_OK);
	assert_int_equal(dump(world).contents, 1);
	assert_int_equal(run(world, 1), -1);
	assert_int_equal(run(world, 2), 0);
	assert_int_equal(world->x, 6);
	assert_int_equal(tare__runner_unregister(world->runner, 2), TARE_OK);
	assert_int_equal(tare__runner_unregister(world->runner, 2), TARE_OK);
	assert_int_equal(fake.kernels, 0);
	assert_int_equal(dump(world).contents, 0);
}

static void the_uploaded_image_knows_its_kernels(void **state)
{
	struct world *world = *state;
	uint8_t before[TEST_IMAGE_ROOM];
	const uint8_t *image;
	uint64_t entry;

	memcpy(before, world->image.bytes, sizeof before);
	assert_int_equal(prepare(world, 0, &world->image), TARE_OK);
	assert_memory_equal(before, world->image.bytes, sizeof before);
	assert_int_equal(fake.alive, 1);
	image = (const uint8_t *)(uintptr_t)fake.blocks[0] + 44;
	assert_memory_equal(image, before, TARE_CHIP_STORAGE_OFFSET);
	memcpy(&entry, image + TARE_CHIP_STORAGE_OFFSET + 320 + offsetof(struct tare_core_callable, resolved_address),
		sizeof entry);
	assert_int_equal(entry, 2);
	assert_int_equal((uintptr_t)(image + TARE_CHIP_STORAGE_OFFSET + 320) % 64, 0);
}

static void an_id_is_looked_at_before_anything_is_taken(void **state)
{
	struct world *world = *state;
	struct test_image nameless;
	struct tare_dump before;
	uint32_t calls;

	assert_int_equal(prepare(world, 5, &world->image), TARE_OK);
	before = dump(world);
	calls = fake.calls;
	assert_int_equal(prepare(world, -1, &world->other), TARE_E_ARGUMENT);
	assert_int_equal(prepare(world, TARE_CALLABLE_IDS, &world->other), TARE_E_ARGUMENT);
	assert_int_equal(prepare(world, 5, &world->other), TARE_E_STATE);
	assert_int_equal(prepare(world, 5, &world->image), TARE_E_STATE);
	assert_string_equal(world->line, "prepare: id 5 is in use");
	assert_int_equal(tare__runner_prepare(world->runner, 6, NULL, SIZE_MAX), TARE_E_IMAGE);
	assert_int_equal(tare__runner_prepare(world->runner, 6, world->image.bytes, 9000), TARE_E_IMAGE);
	test_image_build(&nameless, "", 7, children, 2);
	assert_int_equal(prepare(world, 6, &nameless), TARE_E_IMAGE);
	assert_int_equal(fake.calls, calls);
	expect_dump(world, &before);
}

static void prepare_that_fails_leaves_nothing(void **state)
{
	struct world *world = *state;
	struct tare_dump before = dump(world);
	struct test_image missing;
	uint32_t failures = 0;

	for (;; failures++) {
		fake.fail_at = fake.calls + failures + 1;
		int error = prepare(world, 0, &world->image);
		fake.fail_at = 0;
		if (!error)
			break;
		expect_dump(world, &before);
		assert_int_equal(fake.kernels, 0);
		assert_int_equal(prepare(world, 0, &world->image), TARE_OK);
		assert_int_equal(tare__runner_unregister(world->runner, 0), TARE_OK);
		expect_dump(world, &before);
	}
	assert_int_equal(failures, 5); /* the block, two kernels, the copy, the orchestration */
	assert_int_equal(tare__runner_unregister(world->runner, 0), TARE_OK);
	test_image_build(&missing, "missing", 7, children, 2);
	assert_int_equal(prepare(world, 0, &missing), TARE_E_NOT_FOUND);
	expect_dump(world, &before);
}

static void what_does_not_go_back_stays_owned(void **state)
{
	struct world *world = *state;

	assert_int_equal(prepare(world, 0, &world->image), TARE_OK);
	fake.refuse_close = 1;
	assert_int_equal(tare__runner_unregister(world->runner, 0), FAKE_ERROR); /* the orchestration: nothing changed */
	assert_int_equal(run(world, 0), 0);
	fake.refuse_give = 1;
	assert_int_equal(tare__runner_unregister(world->runner, 0), FAKE_ERROR); /* the block */
	assert_int_equal(dump(world).contents, 1);
	assert_int_equal(dump(world).callables, 0);
	assert_int_equal(prepare(world, 0, &world->image), TARE_OK); /* and is not found again */
	assert_int_equal(dump(world).contents, 2);
	assert_int_equal(run(world, 0), 0);
	assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
	expect_dump(world, &world->fresh);
}

static void a_callable_without_children_needs_no_block(void **state)
{
	struct world *world = *state;
	struct test_image childless;

	test_image_build(&childless, "return_minus_nine", 7, children, 0);
	assert_int_equal(prepare(world, 0, &childless), TARE_OK);
	assert_int_equal(fake.alive, 0);
	assert_int_equal(run(world, 0), -9); /* its own, not a status of ours */
	assert_int_equal(run(world, 0), -9);
}

/* -- launch ---------------------------------------------------------------------- */

static void a_launch_fills_timing_and_result(void **state)
{
	struct world *world = *state;
	struct tare_run_timing timing = { 0 };

	world->x = 20;
	assert_int_equal(prepare(world, 0, &world->image), TARE_OK);
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
	assert_int_equal(prepare(world, 0, &world->image), TARE_OK);
	for (size_t i = 0; i < TARE_COUNT(rows); i++) {
		launched_block_dim = 0;
		world->run.block_dim = rows[i].block_dim;
		world->run.aicpu_threads = rows[i].threads;
		assert_int_equal(run(world, 0), rows[i].code);
		assert_int_equal(launched_block_dim, rows[i].wide);
	}
}

static void bad_arguments_take_nothing(void **state)
{
	struct world *world = *state;
	struct tare_chip_args good = world->args;
	struct tare_dump before;
	uint32_t calls;

	assert_int_equal(prepare(world, 0, &world->image), TARE_OK);
	before = dump(world);
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
		assert_int_equal(run(world, 0), -5);
		assert_true(strncmp(world->line, "launch: ", 8) == 0);
	}
	world->run.args = NULL;
	assert_int_equal(run(world, 0), -1);
	world->run.args = (const char *)&world->args + 1;
	assert_int_equal(run(world, 0), -1);
	world->run.args = &world->args;
	world->run.diagnostics = 1;
	assert_int_equal(run(world, 0), -1);
	world->run.diagnostics = 0;
	assert_int_equal(run(world, -1), -1);
	assert_int_equal(run(world, 64), -1);
	assert_int_equal(run(world, 1), -1);
	assert_int_equal(fake.calls, calls);
	expect_dump(world, &before);
	assert_int_equal(run(world, 0), 0);
}

static void a_launch_that_fails_leaves_nothing(void **state)
{
	struct world *world = *state;
	struct test_image wrong;
	struct tare_dump steady;
	uint32_t failures = 0;

	test_image_build(&wrong, "with_an_unknown_kernel", 7, children, 2);
	assert_int_equal(prepare(world, 1, &wrong), TARE_OK);
	assert_int_equal(prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(run(world, 1), -5);
	for (;; failures++) {
		world->x = 20;
		fake.fail_at = fake.calls + failures + 1;
		int error = run(world, 0);
		fake.fail_at = 0;
		if (!error)
			break;
		assert_int_equal(error, FAKE_ERROR);
		assert_int_equal(world->x, 20);
		assert_int_equal(run(world, 0), 0);
		assert_int_equal(world->x, 42);
		if (!failures)
			steady = dump(world);
		expect_dump(world, &steady);
	}
	assert_int_equal(world->x, 42);
	/* The first round failed the block of x; by then all blocks are kept: copy, copy, launch, copy back. */
	assert_int_equal(failures, 4);
	assert_int_equal(run(world, 1), -5);
	expect_dump(world, &steady);
}

static void a_poisoned_device_refuses_at_once(void **state)
{
	struct world *world = *state;
	const uint64_t none[TARE_REGIONS] = { 0 };
	uint64_t block;

	assert_int_equal(prepare(world, 0, &world->image), TARE_OK);
	fake.poison = true;
	assert_int_equal(run(world, 0), 507018);
	fake.poison = false;
	uint32_t calls = fake.calls;
	assert_int_equal(dump(world).state, TARE_RUNNER_FAILED);
	assert_int_equal(dump(world).poisoned, 1);
	assert_int_equal(run(world, 0), -1);
	assert_string_equal(world->line,
		"runner: launch refused while failed: the device is poisoned by an earlier launch");
	assert_int_equal(prepare(world, 1, &world->image), TARE_E_POISONED);
	assert_int_equal(tare__runner_memory_take(world->runner, 8, &block), TARE_E_POISONED);
	assert_int_equal(tare__runner_arena(world->runner, none), TARE_E_POISONED);
	assert_int_equal(fake.calls, calls);
	assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
	expect_dump(world, &world->fresh);
	assert_int_equal(tare__runner_init(world->runner, 0, &binaries), TARE_OK);
	assert_int_equal(prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(run(world, 0), 0);
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
	assert_int_equal(tare__runner_memory_give(world->runner, block), TARE_OK);
	assert_int_equal(tare__runner_memory_give(world->runner, block), TARE_OK);
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
	struct tare_dump now = dump(world);

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

	assert_int_equal(prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(run(world, 0), 0);
	assert_int_equal(tare__runner_memory_take(world->runner, 8, &block), TARE_OK);
	before = dump(world);
	pthread_t thread = start_launch(world);
	uint32_t calls = fake.calls, alive = fake.alive;

	assert_int_equal(run(world, 0), -1);
	assert_string_equal(world->line, "runner: launch refused while running: a launch is in flight");
	assert_int_equal(prepare(world, 1, &world->other), TARE_E_BUSY);
	assert_int_equal(tare__runner_unregister(world->runner, 0), TARE_E_BUSY);
	assert_int_equal(tare__runner_unregister(world->runner, 9), TARE_E_BUSY);
	assert_int_equal(tare__runner_memory_take(world->runner, 8, &stranger), TARE_E_BUSY);
	assert_int_equal(tare__runner_memory_give(world->runner, block), TARE_E_BUSY);
	assert_int_equal(tare__runner_copy_in(world->runner, block, &word, 8), TARE_E_BUSY);
	assert_int_equal(tare__runner_copy_out(world->runner, &word, block, 8), TARE_E_BUSY);
	assert_int_equal(lay_out(world, 1, 1, 1), TARE_E_BUSY);
	assert_int_equal(tare__runner_init(world->runner, 0, &binaries), TARE_E_BUSY);
	assert_int_equal(tare__runner_finalize(world->runner), TARE_E_BUSY);
	during = dump(world);
	assert_int_equal(during.state, TARE_RUNNER_RUNNING);
	during.state = before.state;
	assert_memory_equal(&during, &before, DUMP_BYTES);
	assert_int_equal(tare__runner_committed(world->runner), before.committed_bytes);
	assert_int_equal(fake.calls, calls);
	assert_int_equal(fake.alive, alive);
	open_gate();
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_int_equal((intptr_t)result, 0);
	expect_dump(world, &before);
	fake.launch = NULL;
	assert_int_equal(run(world, 0), 0);
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

	assert_int_equal(prepare(world, 0, &world->image), TARE_OK);
	thread = start_launch(world);
	/* Whichever comes first, destroy may only go on when the launch has landed. */
	assert_int_equal(pthread_create(&opener, NULL, open_later, NULL), 0);
	tare__runner_destroy(&world->runner);
	assert_int_equal(pthread_join(opener, NULL), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_int_equal((intptr_t)result, 0);
	assert_int_equal(fake.alive, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_allows_what_it_says),
		cmocka_unit_test_setup_teardown(a_refusal_names_both, set_up, tear_down),
		cmocka_unit_test_setup_teardown(init_again_takes_the_same_bytes, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(init_refuses_what_it_cannot_use, set_up, tear_down),
		cmocka_unit_test_setup_teardown(init_that_fails_leaves_a_fresh_context, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finalize_leaves_what_create_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(contents_are_shared_and_counted, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(the_uploaded_image_knows_its_kernels, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(an_id_is_looked_at_before_anything_is_taken, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(prepare_that_fails_leaves_nothing, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(what_does_not_go_back_stays_owned, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(a_callable_without_children_needs_no_block, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(a_launch_fills_timing_and_result, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(the_width_is_checked, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(bad_arguments_take_nothing, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(a_launch_that_fails_leaves_nothing, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(a_poisoned_device_refuses_at_once, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(memory_is_the_caller_s, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(arenas_keep_grow_and_go, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(an_arena_that_fails_takes_all_three, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(everything_else_waits_outside_a_launch, set_up_ready, tear_down),
		cmocka_unit_test_setup_teardown(destroy_waits_for_the_launch, set_up_ready, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
