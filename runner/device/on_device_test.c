/* SPDX-License-Identifier: Apache-2.0 */
/* A context whose orchestrations run on the device: what is handed over, opened there, and closed again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

#include "device_world.h"
#include "program/trb/layout.h"

static struct tare_trb_image last; /* as the device got it */
static uint32_t opened;

static int play(struct tare_launch *launch)
{
	struct tare_trb_image *image = (struct tare_trb_image *)(uintptr_t)launch->runtime_args;

	last = *image;
	image->status.opened = opened;
	return image->status.error;
}

static int set_up(void **state)
{
	world_create_ring(state);
	fake.launch = play;
	opened = TARE_TRB_OPENED;
	return 0;
}

static void the_bytes_stay_with_the_callable(void **state)
{
	struct world *world = *state;
	const struct tare_chip_callable *image = (const void *)world->image.bytes;

	assert_int_equal(world_prepare(world, 3, &world->image), TARE_OK);
	assert_int_equal(fake.objects, 0);
	assert_int_equal(tare__runner_dlopens(world->runner), 0);
	assert_int_equal(tare__runner_device_opens(world->runner), 0);
	assert_int_equal(world_run(world, 3), 0);
	assert_int_equal(tare__runner_device_opens(world->runner), 1);
	assert_int_equal(last.callable_id, 3);
	assert_int_equal(last.code_size, image->binary_size);
	assert_int_equal(last.code % 64, 0);
	assert_memory_equal((const void *)(uintptr_t)last.code, world->image.bytes + TARE_CHIP_STORAGE_OFFSET, last.code_size);
	assert_string_equal(last.function_name, "build");
	assert_true(last.kernels[5] && last.kernels[6] && !last.kernels[7]);
}

static void a_registration_has_its_own_number(void **state)
{
	struct world *world = *state;
	uint64_t first;

	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(world_run(world, 0), 0);
	first = last.registration;
	assert_int_equal(tare__runner_unregister(world->runner, 0), TARE_OK);
	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(world_run(world, 0), 0);
	assert_true(first && last.registration > first);
	assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
	first = last.registration;
	assert_int_equal(tare__runner_init(world->runner, 0, &world_binaries), TARE_OK);
	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(world_run(world, 0), 0);
	assert_true(last.registration > first);
	assert_int_equal(tare__runner_device_opens(world->runner), 3);
}

static void only_what_was_opened_is_closed(void **state)
{
	struct world *world = *state;

	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(world_prepare(world, 1, &world->other), TARE_OK);
	assert_int_equal(world_run(world, 1), 0);
	assert_int_equal(tare__runner_unregister(world->runner, 0), TARE_OK);
	assert_int_equal(fake.closes, 0);
	assert_int_equal(tare__runner_unregister(world->runner, 1), TARE_OK);
	assert_int_equal(fake.closes, 1);
	assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
	assert_int_equal(fake.closes, 1);
}

static void finalize_closes_what_is_open(void **state)
{
	struct world *world = *state;

	for (int32_t id = 0; id < 5; id++) {
		assert_int_equal(world_prepare(world, id, &world->image), TARE_OK);
		assert_int_equal(world_run(world, id), 0);
	}
	assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
	assert_int_equal(fake.closes, 5);
	assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
	assert_int_equal(fake.closes, 5);
}

/* Each call of prepare, run and unregister fails once; afterwards all of it works, and nothing is left. */
static void whatever_fails_is_undone(void **state)
{
	struct world *world = *state;
	const struct tare_chip_args *args = world->run.args;
	uint32_t n = 0;
	bool failed;

	assert_non_null(args);
	do {
		fake.calls = 0;
		fake.fail_at = ++n;
		failed = world_prepare(world, 0, &world->image) != TARE_OK;
		if (!failed)
			failed = world_run(world, 0) != 0;
		failed |= tare__runner_unregister(world->runner, 0) != TARE_OK;
		fake.fail_at = 0;
		assert_int_equal(tare__runner_unregister(world->runner, 0), TARE_OK);
		assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
		assert_int_equal(world_run(world, 0), 0);
		assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
		assert_int_equal(fake.alive, 0);
		assert_int_equal(fake.kernels, 0);
		assert_int_equal(tare__runner_init(world->runner, 0, &world_binaries), TARE_OK);
	} while (failed);
	assert_true(n > 10);
}

static void a_dead_device_keeps_its_objects(void **state)
{
	struct world *world = *state;

	assert_int_equal(world_prepare(world, 0, &world->image), TARE_OK);
	assert_int_equal(world_run(world, 0), 0);
	fake.poison = true;
	assert_int_equal(world_run(world, 0), 507018);
	assert_int_equal(tare__runner_unregister(world->runner, 0), TARE_E_POISONED);
	assert_int_equal(tare__runner_finalize(world->runner), TARE_OK);
	assert_int_equal(fake.closes, 0);
	assert_non_null(strstr(world->line, "is abandoned"));
}

#define RING(test) cmocka_unit_test_setup_teardown(test, set_up, world_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RING(the_bytes_stay_with_the_callable),
		RING(a_registration_has_its_own_number),
		RING(only_what_was_opened_is_closed),
		RING(finalize_closes_what_is_open),
		RING(whatever_fails_is_undone),
		RING(a_dead_device_keeps_its_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
