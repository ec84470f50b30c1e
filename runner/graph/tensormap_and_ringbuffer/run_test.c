/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A launch of tensormap_and_ringbuffer as the host sees it, over a platform
 * that is not there: the test plays the device, by what it writes into the image.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tare/arch.h>
#include <tare/status.h>
#include <tare/trb_orchestration.h>

#include "../fake_platform.h"
#include "trb_priv.h"

#define CELLS 3 /* tensors of a launch: IN, OUT, INOUT */

static const struct tare_graph_ops *const trb = &tare__graph_tensormap_and_ringbuffer;
static const int32_t signature[CELLS] = { TARE_IN, TARE_OUT, TARE_INOUT };

struct scene {
	struct tare_platform *platform;
	struct tare_graph *graph;
	struct tare_log log;
	char lines[4096];
	uint64_t code[TARE_FUNC_IDS];
	struct tare_graph_callable callable;
	struct tare_launch launch;
	struct tare_chip_args args;
	int64_t x[CELLS];
	int own_code;
	uint64_t bases[TARE_REGIONS]; /* the arenas that the test lends */
	uint64_t sizes[TARE_REGIONS];
};

/* What the played device does with the image. */
static struct {
	struct tare_trb_status status;
	int result;
	int64_t seen[CELLS];
	uint64_t registration;
} device;

static void keep_line(void *cookie, enum tare_log_level level, const char *line)
{
	struct scene *scene = cookie;

	(void)level;
	strncat(scene->lines, line, sizeof scene->lines - strlen(scene->lines) - 1);
}

static int lend(void *keeper, const uint64_t sizes[TARE_REGIONS], uint64_t bases[TARE_REGIONS], bool *full)
{
	struct scene *scene = keeper;
	int error = TARE_OK;

	for (int i = 0; i < TARE_REGIONS && !error; i++) {
		if (scene->bases[i] && scene->sizes[i] >= sizes[i])
			continue;
		if (scene->bases[i])
			fake_platform.give(scene->platform, scene->bases[i]);
		scene->bases[i] = 0;
		error = fake_platform.take(scene->platform, sizes[i], &scene->bases[i]);
		scene->sizes[i] = sizes[i];
	}
	memcpy(bases, scene->bases, sizeof scene->bases);
	*full = error != TARE_OK;
	return error;
}

static int play(struct tare_launch *launch)
{
	struct tare_trb_image *image = (struct tare_trb_image *)(uintptr_t)launch->runtime_args;

	assert_int_equal(image->revision, TARE_TRB_REVISION);
	assert_int_equal(image->status.orch_error, 0);
	device.registration = image->registration;
	for (int i = 0; i < image->args.tensor_count; i++) {
		int64_t *cell = (int64_t *)(uintptr_t)image->args.tensors[i].data;

		device.seen[i] = *cell;
		*cell = 1000 + i;
	}
	image->status = device.status;
	return device.result;
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	const struct tare_graph_arenas arenas = { lend, scene };

	fake_reset();
	memset(&device, 0, sizeof device);
	device.status.opened = TARE_TRB_OPENED;
	device.status.error_worker = UINT32_MAX;
	fake.launch = play;
	setenv("PTO2_RING_HEAP", "1024", 1);
	setenv("PTO2_RING_TASK_WINDOW", "4", 1);
	setenv("PTO2_RING_DEP_POOL", "16", 1);
	scene->log = (struct tare_log){ keep_line, scene, TARE_LOG_DEBUG };
	scene->launch = (struct tare_launch){ .block_dim = 3, .aicpu_threads = 3 };
	scene->callable = (struct tare_graph_callable){ .code_by_func_id = scene->code, .signature = signature,
		.signature_count = CELLS, .id = 5, .registration = 7, .object = 4096, .object_size = 8 };
	scene->args.tensor_count = CELLS;
	for (int i = 0; i < CELLS; i++) {
		scene->x[i] = 10 + i;
		scene->args.tensors[i] = (struct tare_tensor){ .data = (uint64_t)(uintptr_t)&scene->x[i], .shape = { 1 },
			.dims = 1, .type = TARE_INT64 };
	}
	assert_int_equal(fake_platform.create(&scene->platform, &tare__arch_a5, NULL, &scene->log), TARE_OK);
	assert_int_equal(trb->create(&scene->graph, &tare__arch_a5, &fake_platform, scene->platform, &arenas, &scene->log), 0);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(trb->release(scene->graph), TARE_OK);
	assert_int_equal(trb->kept_bytes(scene->graph), 0);
	for (int i = 0; i < TARE_REGIONS; i++)
		if (scene->bases[i])
			assert_int_equal(fake_platform.give(scene->platform, scene->bases[i]), TARE_OK);
	assert_int_equal(fake.alive, 0);
	trb->destroy(&scene->graph);
	fake_platform.destroy(&scene->platform);
	fake_reset();
	free(scene);
	return 0;
}

static int run(struct scene *scene)
{
	int error = trb->bind(scene->graph, &scene->callable, &scene->args, &scene->launch, &scene->own_code);

	if (error)
		return error;
	error = fake_platform.launch(scene->platform, &scene->launch);
	return trb->complete(scene->graph, &scene->launch, error, &scene->own_code);
}

static void tensors_go_where_their_direction_says(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(run(scene), TARE_OK);
	assert_int_equal(device.seen[0], 10);
	assert_int_not_equal(device.seen[1], 11); /* OUT: nobody brought it up */
	assert_int_equal(device.seen[2], 12);
	assert_int_equal(scene->x[0], 10);
	assert_int_equal(scene->x[1], 1001);
	assert_int_equal(scene->x[2], 1002);
	assert_int_equal(device.registration, 7);
}

static void device_memory_passes_through(void **state)
{
	struct scene *scene = *state;
	uint64_t there;

	assert_int_equal(fake_platform.take(scene->platform, 8, &there), TARE_OK);
	memcpy((void *)(uintptr_t)there, &(int64_t){ 77 }, 8);
	scene->args.tensors[1].data = there;
	scene->args.tensors[1].child_memory = 1;
	assert_int_equal(run(scene), TARE_OK);
	assert_int_equal(device.seen[1], 77);
	assert_int_equal(*(const int64_t *)(uintptr_t)there, 1001);
	assert_int_equal(scene->x[1], 11);
	assert_int_equal(fake_platform.give(scene->platform, there), TARE_OK);
}

static void what_no_signature_names_goes_both_ways(void **state)
{
	struct scene *scene = *state;

	scene->callable.signature_count = 0;
	assert_int_equal(run(scene), TARE_OK);
	for (int i = 0; i < CELLS; i++) {
		assert_int_equal(device.seen[i], 10 + i);
		assert_int_equal(scene->x[i], 1000 + i);
	}
}

static void a_bad_capacity_takes_nothing(void **state)
{
	struct scene *scene = *state;

	setenv("PTO2_RING_TASK_WINDOW", "12", 1);
	assert_int_equal(run(scene), TARE_E_ARGUMENT);
	assert_int_equal(fake.calls, 0);
	setenv("PTO2_RING_TASK_WINDOW", "8", 1);
	assert_int_equal(run(scene), TARE_OK);
}

static void a_steady_run_takes_nothing(void **state)
{
	struct scene *scene = *state;
	uint32_t takes;

	assert_int_equal(run(scene), TARE_OK);
	takes = fake.takes;
	assert_int_equal(takes, TARE_REGIONS + 1 + CELLS);
	device.status.opened = TARE_TRB_KNOWN;
	for (int i = 0; i < 100; i++)
		assert_int_equal(run(scene), TARE_OK);
	assert_int_equal(fake.takes, takes);
	assert_int_equal(fake.gives, 0);
	assert_int_equal(trb->device_opens(scene->graph), 1);
	setenv("PTO2_RING_TASK_WINDOW", "64", 1);
	assert_int_equal(run(scene), TARE_OK);
	assert_in_range(fake.takes, takes + 1, takes + 2); /* shared memory grew; the runtime's pools know no window */
}

static void whatever_fails_is_rolled_back(void **state)
{
	struct scene *scene = *state;
	uint32_t n = 0;
	int error;

	do {
		uint64_t opens = trb->device_opens(scene->graph);

		fake.calls = 0;
		fake.fail_at = ++n;
		memset(scene->x, 0, sizeof scene->x);
		error = run(scene);
		if (error)
			assert_in_range(trb->device_opens(scene->graph) - opens, 0, 1);
		fake.fail_at = 0;
		assert_int_equal(run(scene), TARE_OK); /* the same works again */
		assert_int_equal(scene->x[1], 1001);
	} while (error);
	assert_true(n > 3);
}

static void a_fatal_code_is_the_launches_in_sim(void **state)
{
	struct scene *scene = *state;

	device.status.orch_error = TARE_TRB_EXPLICIT_ORCH_FATAL;
	device.result = -9;
	assert_int_equal(run(scene), -9);
	assert_int_equal(scene->own_code, -9); /* and no status of ours */
	assert_int_equal(scene->x[1], 11);
	assert_non_null(strstr(scene->lines, "orch_error_code=9"));
	assert_non_null(strstr(scene->lines, "error hint:"));
	device.result = 0;
	assert_int_equal(run(scene), -9);
	assert_int_equal(scene->own_code, -9);
}

static void onboard_it_is_masked(void **state)
{
	struct scene *scene = *state;

	device.status.sched_error = TARE_TRB_SCHEDULER_TIMEOUT;
	device.result = 507018;
	assert_int_equal(run(scene), 507018);
	assert_int_equal(scene->own_code, 0);
	assert_int_equal(scene->x[1], 11);
	assert_non_null(strstr(scene->lines, "sched_error_code=100"));
}

static void an_unread_report_fails_the_run(void **state)
{
	struct scene *scene = *state;

	fake.refuse_report = true;
	assert_int_equal(run(scene), FAKE_ERROR);
	assert_int_equal(scene->x[1], 11);
	assert_int_equal(trb->device_opens(scene->graph), 0);
	fake.refuse_report = false;
	device.status.opened = TARE_TRB_KNOWN;
	assert_int_equal(run(scene), TARE_OK);
	assert_int_equal(trb->device_opens(scene->graph), 1);
}

static void only_the_devices_word_counts_an_object(void **state)
{
	struct scene *scene = *state;
	bool open;

	device.status.opened = TARE_TRB_OPEN_FAILED;
	device.result = 507018;
	assert_int_equal(run(scene), 507018);
	assert_int_equal(trb->device_opens(scene->graph), 0);
	assert_int_equal(trb->dismiss(scene->graph, 5, &open), TARE_OK);
	assert_int_equal(fake.closes, 0);
	device.status.opened = TARE_TRB_OPENED;
	device.result = 0;
	assert_int_equal(run(scene), TARE_OK);
	assert_int_equal(trb->device_opens(scene->graph), 1);
	assert_int_equal(trb->dismiss(scene->graph, 4, &open), TARE_OK);
	assert_int_equal(fake.closes, 0);
	assert_int_equal(trb->dismiss(scene->graph, 5, &open), TARE_OK);
	assert_int_equal(trb->dismiss(scene->graph, 5, &open), TARE_OK);
	assert_int_equal(fake.closes, 1);
}

static int refuse_to_close(uint64_t runtime_args)
{
	struct tare_trb_close *close = (struct tare_trb_close *)(uintptr_t)runtime_args;

	assert_int_equal(close->callable_id, 5);
	close->error = TARE_E_FAILED;
	return TARE_OK;
}

static int close_nothing(uint64_t runtime_args)
{
	(void)runtime_args;
	return TARE_OK;
}

static int refuse_and_close(uint64_t runtime_args)
{
	((struct tare_trb_close *)(uintptr_t)runtime_args)->closed = 1;
	return refuse_to_close(runtime_args);
}

static void an_object_that_stays_open_is_dismissed_again(void **state)
{
	struct scene *scene = *state;
	bool open = false;

	assert_int_equal(run(scene), TARE_OK);
	fake.close = refuse_to_close;
	assert_int_equal(trb->dismiss(scene->graph, 5, &open), TARE_E_FAILED);
	assert_true(open);
	fake.close = close_nothing;
	assert_int_equal(trb->dismiss(scene->graph, 5, &open), TARE_E_FAILED);
	assert_true(open);
	fake.close = NULL;
	assert_int_equal(trb->dismiss(scene->graph, 5, &open), TARE_OK);
	assert_false(open);
	assert_int_equal(fake.closes, 3);
}

static void an_object_that_would_not_close_is_gone(void **state)
{
	struct scene *scene = *state;
	bool open = true;

	assert_int_equal(run(scene), TARE_OK);
	fake.close = refuse_and_close;
	assert_int_equal(trb->dismiss(scene->graph, 5, &open), TARE_E_FAILED);
	assert_false(open);
	assert_int_equal(trb->dismiss(scene->graph, 5, &open), TARE_OK);
	assert_int_equal(fake.closes, 1);
}

static void on_a_dead_device_it_is_abandoned(void **state)
{
	struct scene *scene = *state;
	bool open = true;

	assert_int_equal(run(scene), TARE_OK);
	fake.poison = true;
	assert_int_equal(run(scene), 507018);
	assert_int_equal(trb->dismiss(scene->graph, 5, &open), TARE_OK);
	assert_false(open);
	assert_int_equal(fake.closes, 0);
	assert_non_null(strstr(scene->lines, "callable 5 is abandoned"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tensors_go_where_their_direction_says),
		TEST(device_memory_passes_through),
		TEST(what_no_signature_names_goes_both_ways),
		TEST(a_bad_capacity_takes_nothing),
		TEST(a_steady_run_takes_nothing),
		TEST(whatever_fails_is_rolled_back),
		TEST(a_fatal_code_is_the_launches_in_sim),
		TEST(onboard_it_is_masked),
		TEST(an_unread_report_fails_the_run),
		TEST(only_the_devices_word_counts_an_object),
		TEST(an_object_that_stays_open_is_dismissed_again),
		TEST(an_object_that_would_not_close_is_gone),
		TEST(on_a_dead_device_it_is_abandoned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
