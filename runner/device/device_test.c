/* SPDX-License-Identifier: Apache-2.0 */
/* States, init and finalize, callables. */
#include "device_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

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

	assert_int_equal(world_prepare(world, 0, &world->image), TARE_E_STATE);
	assert_string_equal(world->line, "runner: prepare refused while closed: not allowed in this state");
	assert_int_equal(world_run(world, 0), -1);
	assert_int_equal(tare__runner_unregister(world->runner, 3), TARE_OK);
	assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
	assert_int_equal(fake.calls, 0);
}

/* -- init and finalize -------------------------------------------------------- */

static void init_again_takes_the_same_bytes(void **state)
{
	struct world *world = *state;
	uint8_t copy[sizeof world_objects];
	struct tare_binaries same = { copy, 12, copy + 14, 12, copy + 28, 10 };
	uint32_t calls = fake.calls;

	memcpy(copy, world_objects, sizeof copy);
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
		{ NULL, 12, world_objects, 12, NULL, 0 },
		{ world_objects, 0, world_objects, 12, NULL, 0 },
		{ world_objects, 12, NULL, 12, NULL, 0 },
		{ world_objects, 12, world_objects, 0, NULL, 0 },
		{ world_objects, 12, world_objects, 12, NULL, 1 },
	};

	for (size_t i = 0; i < TARE_COUNT(bad); i++)
		assert_int_equal(tare__runner_init(world->runner, 0, &bad[i]), TARE_E_ARGUMENT);
	assert_int_equal(tare__runner_init(world->runner, -1, &world_binaries), TARE_E_ARGUMENT);
	assert_string_equal(world->line, "init: the device number is negative");
	assert_int_equal(fake.calls, 0);
	world_expect_dump(world, &world->fresh);
}

static void init_that_fails_leaves_a_fresh_context(void **state)
{
	struct world *world = *state;

	for (uint32_t nth = 1; nth <= 2; nth++) { /* attach, init */
		fake.fail_at = fake.calls + nth;
		assert_int_equal(tare__runner_init(world->runner, 0, &world_binaries), FAKE_ERROR);
		world_expect_dump(world, &world->fresh);
	}
	assert_int_equal(tare__runner_init(world->runner, 0, &world_binaries), TARE_OK);
}

static void finalize_leaves_what_create_made(void **state)
{
	struct world *world = *state;
	const uint64_t sizes[TARE_REGIONS] = { 4096, 0, 100 };
	struct tare_dump after;
	uint64_t block;

	for (int round = 0; round < 3; round++) {
		assert_int_equal(tare__runner_init(world->runner, round, &world_binaries), TARE_OK);
		assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
		assert_int_equal(world_prepare(world, 63, &world->other), TARE_OK);
		assert_int_equal(tare__runner_arena(world->runner, sizes), TARE_OK);
		assert_int_equal(tare__runner_memory_take(world->runner, 100, &block), TARE_OK);
		assert_int_equal(world_run(world, 63), 0);
		assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
		world_expect_dump(world, &world->fresh);
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

	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(world_prepare(world, 1, &world->image), TARE_OK);
	assert_int_equal(world_prepare(world, 2, &world->other), TARE_OK);
	now = world_dump(world);
	assert_int_equal(now.callables, 3);
	assert_int_equal(now.contents, 2);
	assert_int_equal(now.committed_blocks, 2);
	assert_int_equal(now.host_handles, 3);
	assert_int_equal(now.child_handles, 4);
	assert_int_equal(tare__runner_unregister(world->runner, 0), TARE_OK);
	assert_int_equal(world_dump(world).contents, 2);
	assert_int_equal(world_run(world, 1), 0);
	assert_int_equal(world->x, 2);
	assert_int_equal(tare__runner_unregister(world->runner, 1), TARE_OK);
	assert_int_equal(world_dump(world).contents, 1);
	assert_int_equal(world_run(world, 1), -1);
	assert_int_equal(world_run(world, 2), 0);
	assert_int_equal(world->x, 6);
	assert_int_equal(tare__runner_unregister(world->runner, 2), TARE_OK);
	assert_int_equal(tare__runner_unregister(world->runner, 2), TARE_OK);
	assert_int_equal(fake.kernels, 0);
	assert_int_equal(world_dump(world).contents, 0);
}

static void the_uploaded_image_knows_its_kernels(void **state)
{
	struct world *world = *state;
	uint8_t before[TEST_IMAGE_ROOM];
	const uint8_t *image;
	uint64_t entry;

	memcpy(before, world->image.bytes, sizeof before);
	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
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

	assert_int_equal(world_prepare(world, 5, &world->image), TARE_OK);
	before = world_dump(world);
	calls = fake.calls;
	assert_int_equal(world_prepare(world, -1, &world->other), TARE_E_ARGUMENT);
	assert_int_equal(world_prepare(world, TARE_CALLABLE_IDS, &world->other), TARE_E_ARGUMENT);
	assert_int_equal(world_prepare(world, 5, &world->other), TARE_E_STATE);
	assert_int_equal(world_prepare(world, 5, &world->image), TARE_E_STATE);
	assert_string_equal(world->line, "prepare: id 5 is in use");
	assert_int_equal(tare__runner_prepare(world->runner, 6, NULL, SIZE_MAX), TARE_E_IMAGE);
	assert_int_equal(tare__runner_prepare(world->runner, 6, world->image.bytes, 9000), TARE_E_IMAGE);
	test_image_build(&nameless, "", 7, world_children, 2);
	assert_int_equal(world_prepare(world, 6, &nameless), TARE_E_IMAGE);
	assert_int_equal(fake.calls, calls);
	world_expect_dump(world, &before);
}

static void prepare_that_fails_leaves_nothing(void **state)
{
	struct world *world = *state;
	struct tare_dump before = world_dump(world);
	struct test_image missing;
	uint32_t failures = 0;

	for (;; failures++) {
		fake.fail_at = fake.calls + failures + 1;
		int error = world_prepare(world, 0, &world->image);
		fake.fail_at = 0;
		if (!error)
			break;
		world_expect_dump(world, &before);
		assert_int_equal(fake.kernels, 0);
		assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
		assert_int_equal(tare__runner_unregister(world->runner, 0), TARE_OK);
		world_expect_dump(world, &before);
	}
	assert_int_equal(failures, 5); /* the block, two kernels, the copy, the orchestration */
	assert_int_equal(tare__runner_unregister(world->runner, 0), TARE_OK);
	test_image_build(&missing, "missing", 7, world_children, 2);
	assert_int_equal(world_prepare(world, 0, &missing), TARE_E_NOT_FOUND);
	world_expect_dump(world, &before);
}

/* Neither the object nor the block: what was refused may have been done, and then it is somebody else's. */
static void what_does_not_go_back_is_not_tried_twice(void **state)
{
	struct world *world = *state;

	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	fake.refuse_close = 1;
	assert_int_equal(tare__runner_unregister(world->runner, 0), FAKE_ERROR);
	assert_int_equal(world_dump(world).callables, 0);
	assert_int_equal(world_dump(world).contents, 0);
	assert_int_equal(tare__runner_unregister(world->runner, 0), TARE_OK);
	assert_int_equal(fake.objects, 1);
	fake.objects = 0;
	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	fake.refuse_give = 1;
	assert_int_equal(tare__runner_unregister(world->runner, 0), FAKE_ERROR);
	assert_int_equal(world_dump(world).contents, 0);
	assert_int_equal(world_dump(world).callables, 0);
	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(world_run(world, 0), 0);
	assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
	world_expect_dump(world, &world->fresh);
}

static void a_callable_without_children_needs_no_block(void **state)
{
	struct world *world = *state;
	struct test_image childless;

	test_image_build(&childless, "return_minus_nine", 7, world_children, 0);
	assert_int_equal(world_prepare(world, 0, &childless), TARE_OK);
	assert_int_equal(fake.alive, 0);
	assert_int_equal(world_run(world, 0), -9); /* its own, not a status of ours */
	assert_int_equal(world_run(world, 0), -9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_allows_what_it_says),
		cmocka_unit_test_setup_teardown(a_refusal_names_both, world_create, world_destroy),
		cmocka_unit_test_setup_teardown(init_again_takes_the_same_bytes, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(init_refuses_what_it_cannot_use, world_create, world_destroy),
		cmocka_unit_test_setup_teardown(init_that_fails_leaves_a_fresh_context, world_create, world_destroy),
		cmocka_unit_test_setup_teardown(finalize_leaves_what_create_made, world_create, world_destroy),
		cmocka_unit_test_setup_teardown(contents_are_shared_and_counted, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(the_uploaded_image_knows_its_kernels, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(an_id_is_looked_at_before_anything_is_taken, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(prepare_that_fails_leaves_nothing, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(what_does_not_go_back_is_not_tried_twice, world_create_ready, world_destroy),
		cmocka_unit_test_setup_teardown(a_callable_without_children_needs_no_block, world_create_ready, world_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
