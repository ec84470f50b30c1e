/* SPDX-License-Identifier: Apache-2.0 */
/* Pages made by hand: each detector must fire on the one thing that is wrong, and be silent otherwise. */
#include "scene.h"

#include <string.h>

static const struct tare_then every_flat = { TARE_SUBJECT_EVERY, TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_EXACTLY, 0 };
static const struct tare_then every_gone = { TARE_SUBJECT_EVERY, TARE_ROW_AFTER_CLOSE, TARE_EXACTLY, 0 };
static const struct tare_then one_image = { ACCOUNT(KERNEL_IMAGES), TARE_ROW_AT_PEAK, TARE_EXACTLY, 1 };
static const struct tare_then flat_bytes =
	{ ACCOUNT(DEVICE_BYTES), TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_EXACTLY, 0 };

static void a_sound_case_is_silent(void **state)
{
	struct scene *scene = *state;

	tare__scene_is_silent(scene, every_flat);
	tare__scene_is_silent(scene, every_gone);
	tare__scene_is_silent(scene, one_image);
	tare__scene_is_silent(scene, flat_bytes);
	tare__scene_is_silent(scene, (struct tare_then){ TARE_SUBJECT_NONE, 0, 0, 0 });
	tare__scene_is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AFTER_OPEN, TARE_EXACTLY, 2 });
	tare__scene_is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AFTER_FIRST_LAUNCH, TARE_AT_MOST, 2 });
	tare__scene_is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AFTER_LAST_LAUNCH, TARE_AT_LEAST, 2 });
	tare__scene_is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AT_MARK, TARE_EXACTLY, 2 });
	tare__scene_is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_BEFORE_CLOSE, TARE_EXACTLY, 2 });
	tare__scene_is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_FROM_MARK_TO_LAST, TARE_EXACTLY, 0 });
	tare__scene_is_silent(scene, (struct tare_then){ ACCOUNT(HOST_DLOPENS), TARE_ROW_BEFORE_CLOSE, TARE_EXACTLY, 3 });
}

static void an_image_a_launch_is_named_with_its_launch_and_taker(void **state)
{
	struct scene *scene = *state;

	for (uint32_t launch = 2; launch <= 100; launch++)
		tare__scene_from_launch(scene, launch, TARE_ACCOUNT_KERNEL_IMAGES, launch);
	scene->page->growth[TARE_ACCOUNT_KERNEL_IMAGES] =
		(struct tare_holding){ .call = TARE_CALL_rtRegisterAllKernel, .launch = 2 };
	struct tare_finding *finding = tare__scene_fires(scene, one_image, "kernel images, at peak: 100, wanted exactly 1");
	assert_true(finding->leak);
	assert_int_equal(finding->account, TARE_ACCOUNT_KERNEL_IMAGES);
	assert_int_equal(finding->value, 100);
	assert_int_equal(finding->first_launch, 2);
	assert_int_equal(finding->by.call, TARE_CALL_rtRegisterAllKernel);
	finding = tare__scene_fires(scene, every_flat, "kernel images, from first launch to last: +99, wanted exactly 0");
	assert_int_equal(finding->first_launch, 2);
}

static void what_comes_and_goes_between_is_seen(void **state)
{
	struct scene *scene = *state;

	tare__scene_from_launch(scene, 7, TARE_ACCOUNT_STREAMS, 3);
	tare__scene_from_launch(scene, 8, TARE_ACCOUNT_STREAMS, 2);
	struct tare_finding *finding =
		tare__scene_fires(scene, every_flat, "streams, from first launch to last: +1 at launch 7, wanted exactly 0");
	assert_int_equal(finding->first_launch, 7);
	assert_true(finding->leak);
	tare__scene_fires(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_AT_MOST, 0 },
		"streams, from first launch to last: +1 at launch 7, wanted at most 0");
	tare__scene_is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_AT_LEAST, 0 });
	tare__scene_is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_AT_MOST, 1 });
}

static void growth_that_is_wanted_may_take_its_time(void **state)
{
	struct scene *scene = *state;

	tare__scene_from_launch(scene, 7, TARE_ACCOUNT_HOST_MAPPINGS, 1);
	tare__scene_from_launch(scene, 9, TARE_ACCOUNT_HOST_MAPPINGS, 2);
	tare__scene_is_silent(scene, (struct tare_then){ ACCOUNT(HOST_MAPPINGS), TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_EXACTLY, 2 });
	tare__scene_fires(scene, (struct tare_then){ ACCOUNT(HOST_MAPPINGS), TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_EXACTLY, 1 },
		"host mappings, from first launch to last: +2, wanted exactly +1");
}

static void a_peak_inside_a_launch_is_seen(void **state)
{
	struct scene *scene = *state;

	scene->page->peak[TARE_ACCOUNT_STREAMS] = 3;
	scene->page->peak_launch[TARE_ACCOUNT_STREAMS] = 42;
	struct tare_finding *finding = tare__scene_fires(scene,
		(struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AT_PEAK, TARE_EXACTLY, 2 }, "streams, at peak: 3, wanted exactly 2");
	assert_int_equal(finding->first_launch, 42);
}

static void too_few_is_behaviour_and_not_a_leak(void **state)
{
	struct scene *scene = *state;
	struct tare_finding *finding = tare__scene_fires(scene,
		(struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AT_PEAK, TARE_AT_LEAST, 5 }, "streams, at peak: 2, wanted at least 5");

	assert_false(finding->leak);
	finding = tare__scene_fires(scene, (struct tare_then){ ACCOUNT(HOST_DLOPENS), TARE_ROW_BEFORE_CLOSE, TARE_EXACTLY, 2 },
		"host dlopens, before close: 3, wanted exactly 2");
	assert_false(finding->leak);
}

static void survivors_are_named_after_close(void **state)
{
	struct scene *scene = *state;
	struct tare_ledger_page *page = scene->page;

	page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_DEVICE_BLOCKS] = 1;
	page->survivors[0] = (struct tare_holding){ .account = TARE_ACCOUNT_STREAMS, .call = TARE_CALL_rtStreamCreate };
	page->survivors[1] = (struct tare_holding){
		.account = TARE_ACCOUNT_DEVICE_BLOCKS, .call = TARE_CALL_rtMalloc, .launch = 9 };
	page->survivor_count = 2;
	struct tare_finding *finding = tare__scene_fires(scene, every_gone, "device blocks, after close: +1, wanted exactly 0");
	assert_true(finding->leak);
	assert_int_equal(finding->by.call, TARE_CALL_rtMalloc);
	assert_int_equal(finding->first_launch, 9);
}

static void what_may_stay_has_an_end(void **state)
{
	struct scene *scene = *state;

	scene->page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_PREINSTALLED_FILES] = 3;
	tare__scene_fires(scene, every_gone, "preinstalled files, after close: +3, wanted exactly 0 (1 may stay)");
}

static void process_accounts_are_read_at_the_end(void **state)
{
	struct scene *scene = *state;

	scene->page->at[TARE_AT_LAST].value[TARE_ACCOUNT_PTHREAD_KEYS] = 400;
	struct tare_finding *finding =
		tare__scene_fires(scene, every_flat, "pthread keys, from first launch to last: +400, wanted exactly 0");
	assert_true(finding->leak);
}

static void fewer_than_at_the_start_is_seen(void **state)
{
	struct scene *scene = *state;

	scene->page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_DESCRIPTORS] = 4;
	tare__scene_fires(scene, every_gone, "descriptors, after close: -1, wanted exactly 0");
}

static void every_account_leaves_out_what_it_says_nothing_about(void **state)
{
	struct scene *scene = *state;

	tare__scene_from_launch(scene, 5, TARE_ACCOUNT_HOST_DLOPENS, 9);
	tare__scene_is_silent(scene, every_flat);
	scene->page->readable &= ~(UINT64_C(1) << TARE_ACCOUNT_KERNEL_IMAGES);
	tare__scene_from_launch(scene, 6, TARE_ACCOUNT_KERNEL_IMAGES, 9);
	tare__scene_is_silent(scene, every_flat);
	tare__scene_is_silent(scene, one_image);
	scene->page->peak[TARE_ACCOUNT_THREADS] = 50;
	tare__scene_is_silent(scene, (struct tare_then){ TARE_SUBJECT_EVERY, TARE_ROW_AT_PEAK, TARE_AT_MOST, 4096 * 4 });
}

static void a_moment_that_was_not_taken_is_a_finding(void **state)
{
	struct scene *scene = *state;
	const uint32_t all = scene->page->taken_at;

	scene->page->taken_at = all & ~(1u << TARE_AT_FIRST_LAUNCH | 1u << TARE_AT_LAST_LAUNCH);
	struct tare_finding *finding = tare__scene_fires(scene, every_flat, "every account, from first launch to last: never read");
	assert_false(finding->leak);
	tare__scene_fires(scene, flat_bytes, "device bytes, from first launch to last: never read");
	tare__scene_is_silent(scene, every_gone);
	scene->page->taken_at = all & ~(1u << TARE_AT_CLOSE);
	tare__scene_fires(scene, every_gone, "every account, after close: never read");
	scene->page->taken_at = all & ~(1u << TARE_AT_MARK);
	tare__scene_fires(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AT_MARK, TARE_EXACTLY, 2 }, "streams, at mark: never read");
	tare__scene_fires(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_FROM_MARK_TO_LAST, TARE_EXACTLY, 0 },
		"streams, from mark to last: never read");
	scene->page->taken_at = 0;
	tare__scene_fires(scene, one_image, "kernel images, at peak: never read");
}

static void readings_that_were_not_kept_are_a_finding(void **state)
{
	struct scene *scene = *state;

	scene->page->readings_thinned = 3;
	tare__scene_fires(scene, flat_bytes,
		"device bytes, from first launch to last: readings in between were not kept, so it can't be said");
	tare__scene_fires(scene, every_flat,
		"every account, from first launch to last: readings in between were not kept, so it can't be said");
}

/* -- what every case has ------------------------------------------------------ */

static const struct tare_then no_row = { TARE_SUBJECT_NONE, 0, 0, 0 };

static void meter_parts(struct scene *scene, enum tare_account account, const char *first, const char *second)
{
	tare__scene_judge(scene, no_row);
	assert_int_equal(scene->count, 2);
	assert_string_equal(scene->found[0].sentence, first);
	assert_string_equal(scene->found[1].sentence, second);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(scene->found[i].row, -1);
		assert_true(scene->found[i].leak);
		assert_int_equal(scene->found[i].account, account);
		assert_int_equal(scene->found[i].first_launch, 3);
	}
}

static void each_meter_that_parts_is_named(void **state)
{
	struct scene *scene = *state;

	tare__scene_from_launch(scene, 3, TARE_ACCOUNT_DRIVER_BYTES, 14096 + 512);
	meter_parts(scene, TARE_ACCOUNT_DRIVER_BYTES,
		"device bytes less bytes by the driver, from first launch to last: -512 at launch 3, wanted exactly 0",
		"bytes by the runner less bytes by the driver, from first launch to last: -512 at launch 3, wanted exactly 0");
	scene->page->reading_count = 1;
	tare__scene_from_launch(scene, 3, TARE_ACCOUNT_DRIVER_BYTES, 14096);
	tare__scene_from_launch(scene, 3, TARE_ACCOUNT_RUNNER_BYTES, 4096 + 64);
	meter_parts(scene, TARE_ACCOUNT_RUNNER_BYTES,
		"device bytes less bytes by the runner, from first launch to last: -64 at launch 3, wanted exactly 0",
		"bytes by the runner less bytes by the driver, from first launch to last: +64 at launch 3, wanted exactly 0");
	scene->page->readable &= ~(UINT64_C(1) << TARE_ACCOUNT_RUNNER_BYTES);
	tare__scene_is_silent(scene, no_row);
}

static void a_ledger_that_misses_a_take_is_the_odd_one(void **state)
{
	struct scene *scene = *state;
	struct tare_reading *reading;

	tare__scene_from_launch(scene, 3, TARE_ACCOUNT_RUNNER_BYTES, 4096 + 512);
	reading = &scene->page->series[scene->page->reading_count - 1];
	reading->value[TARE_ACCOUNT_DRIVER_BYTES] += 512;
	scene->page->at[TARE_AT_LAST_LAUNCH].value[TARE_ACCOUNT_DRIVER_BYTES] += 512;
	meter_parts(scene, TARE_ACCOUNT_DEVICE_BYTES,
		"device bytes less bytes by the runner, from first launch to last: -512 at launch 3, wanted exactly 0",
		"device bytes less bytes by the driver, from first launch to last: -512 at launch 3, wanted exactly 0");
}

static void rounding_and_prices_of_the_driver_are_no_riddle(void **state)
{
	struct scene *scene = *state;
	struct tare_reading *reading;

	/* A block of 100 bytes more, which the driver counts as 512. */
	tare__scene_from_launch(scene, 3, TARE_ACCOUNT_DEVICE_BYTES, 4096 + 100);
	reading = &scene->page->series[scene->page->reading_count - 1];
	reading->value[TARE_ACCOUNT_DEVICE_BLOCKS]++;
	reading->value[TARE_ACCOUNT_RUNNER_BYTES] += 100;
	reading->value[TARE_ACCOUNT_DRIVER_BYTES] += 512;
	scene->page->at[TARE_AT_LAST_LAUNCH] = *reading;
	tare__scene_is_silent(scene, no_row);
	/* Given back, all three must be where they were. */
	tare__scene_from_launch(scene, 4, TARE_ACCOUNT_DEVICE_BYTES, 4096);
	reading = &scene->page->series[scene->page->reading_count - 1];
	reading->value[TARE_ACCOUNT_DEVICE_BLOCKS]--;
	reading->value[TARE_ACCOUNT_RUNNER_BYTES] -= 100;
	scene->page->at[TARE_AT_LAST_LAUNCH] = *reading;
	tare__scene_judge(scene, no_row);
	assert_int_equal(scene->count, 2);
	assert_int_equal(scene->found[0].account, TARE_ACCOUNT_DRIVER_BYTES);
	assert_int_equal(scene->found[0].first_launch, 4);
}

static void releases_that_met_nothing_are_a_finding(void **state)
{
	struct scene *scene = *state;

	scene->page->gives_of_strangers = 2;
	tare__scene_judge(scene, no_row);
	assert_int_equal(scene->count, 1);
	assert_int_equal(scene->found[0].row, -1);
	assert_string_equal(scene->found[0].sentence, "releases of what nobody held: 2, wanted exactly 0");
}

static void findings_beyond_the_room_are_counted(void **state)
{
	struct scene *scene = *state;
	const struct tare_then rows[] = { one_image, one_image, one_image };

	scene->page->peak[TARE_ACCOUNT_KERNEL_IMAGES] = 2;
	memset(scene->found, 0, sizeof scene->found);
	assert_int_equal(tare_judge(rows, 3, scene->page, scene->found, 2), 3);
	assert_int_equal(scene->found[1].row, 1);
	assert_string_equal(scene->found[2].sentence, "");
	assert_int_equal(tare_judge(rows, 3, scene->page, NULL, 0), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCENE(a_sound_case_is_silent),
		WITH_SCENE(an_image_a_launch_is_named_with_its_launch_and_taker),
		WITH_SCENE(what_comes_and_goes_between_is_seen),
		WITH_SCENE(growth_that_is_wanted_may_take_its_time),
		WITH_SCENE(a_peak_inside_a_launch_is_seen),
		WITH_SCENE(too_few_is_behaviour_and_not_a_leak),
		WITH_SCENE(survivors_are_named_after_close),
		WITH_SCENE(what_may_stay_has_an_end),
		WITH_SCENE(process_accounts_are_read_at_the_end),
		WITH_SCENE(fewer_than_at_the_start_is_seen),
		WITH_SCENE(every_account_leaves_out_what_it_says_nothing_about),
		WITH_SCENE(a_moment_that_was_not_taken_is_a_finding),
		WITH_SCENE(readings_that_were_not_kept_are_a_finding),
		WITH_SCENE(each_meter_that_parts_is_named),
		WITH_SCENE(a_ledger_that_misses_a_take_is_the_odd_one),
		WITH_SCENE(rounding_and_prices_of_the_driver_are_no_riddle),
		WITH_SCENE(releases_that_met_nothing_are_a_finding),
		WITH_SCENE(findings_beyond_the_room_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
