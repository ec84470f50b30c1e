/* SPDX-License-Identifier: Apache-2.0 */
/* Pages made by hand: each detector must fire on the one thing that is wrong, and be silent otherwise. */
#include <tare/invariant.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ACCOUNT(name) (TARE_SUBJECT_ACCOUNT + TARE_ACCOUNT_##name)
#define CALL(name) (TARE_SUBJECT_CALL + TARE_CALL_##name)
#define ROOM 8

/* A sound case of 100 launches: one image, two streams, 4,096 device bytes; the driver counts 10,000 more. */
struct scene {
	struct tare_ledger_page *page;
	struct tare_finding found[ROOM];
	size_t count;
};

static void fill(int64_t value[TARE_ACCOUNTS])
{
	value[TARE_ACCOUNT_DEVICE_BLOCKS] = 4;
	value[TARE_ACCOUNT_DEVICE_BYTES] = 4096;
	value[TARE_ACCOUNT_RUNNER_BYTES] = 4096;
	value[TARE_ACCOUNT_DRIVER_BYTES] = 14096;
	value[TARE_ACCOUNT_KERNEL_IMAGES] = 1;
	value[TARE_ACCOUNT_IMAGE_REGISTRATIONS] = 1;
	value[TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE] = 1;
	value[TARE_ACCOUNT_STREAMS] = 2;
	value[TARE_ACCOUNT_HOST_DLOPENS] = 3;
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	struct tare_ledger_page *page = calloc(1, sizeof *page);

	scene->page = page;
	page->readable = (UINT64_C(1) << TARE_ACCOUNTS) - 1;
	for (unsigned moment = 0; moment < TARE_MOMENTS; moment++) {
		struct tare_reading *reading = &page->at[moment];

		reading->moment = moment;
		reading->launch = moment < TARE_AT_FIRST_LAUNCH ? 0 : moment == TARE_AT_FIRST_LAUNCH ? 1 : 100;
		if (moment != TARE_AT_START && moment != TARE_AT_CLOSE)
			fill(reading->value);
		reading->value[TARE_ACCOUNT_THREADS] = 1;
		reading->value[TARE_ACCOUNT_DESCRIPTORS] = 5;
		page->taken_at |= 1u << moment;
	}
	page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_PREINSTALLED_FILES] = 1;
	page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE] = 1;
	page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_HOST_DLOPENS] = 3;
	memcpy(page->peak, page->at[TARE_AT_LAST].value, sizeof page->peak);
	page->series[0] = page->at[TARE_AT_FIRST_LAUNCH];
	page->reading_count = 1;
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	free(scene->page);
	free(scene);
	return 0;
}

static struct tare_finding *judge(struct scene *scene, struct tare_then row)
{
	scene->count = tare_judge(&row, 1, scene->page, scene->found, ROOM);
	return &scene->found[0];
}

static void is_silent(struct scene *scene, struct tare_then row)
{
	judge(scene, row);
	if (scene->count)
		print_error("%s\n", scene->found[0].sentence);
	assert_int_equal(scene->count, 0);
}

static struct tare_finding *fires(struct scene *scene, struct tare_then row, const char *sentence)
{
	struct tare_finding *finding = judge(scene, row);

	assert_int_equal(scene->count, 1);
	assert_string_equal(finding->sentence, sentence);
	assert_int_equal(finding->row, 0);
	return finding;
}

/* The account stands at this value from that launch on. */
static void from_launch(struct scene *scene, uint32_t launch, enum tare_account account, int64_t value)
{
	struct tare_ledger_page *page = scene->page;
	struct tare_reading *reading = &page->series[page->reading_count++];

	*reading = page->series[page->reading_count - 2];
	reading->launch = launch;
	reading->moment = TARE_AT_LAST_LAUNCH;
	reading->value[account] = value;
	page->at[TARE_AT_LAST_LAUNCH].value[account] = value;
	page->at[TARE_AT_LAST].value[account] = value;
	if (page->peak[account] < value) {
		page->peak[account] = value;
		page->peak_launch[account] = launch;
	}
}

static void called(struct scene *scene, enum tare_call_id call, uint32_t launch, int result)
{
	struct tare_ledger_page *page = scene->page;
	uint64_t number = page->call_count++;

	page->ring[number % TARE_RING] = (struct tare_call_record){
		.sequence = number + 1, .call = (uint32_t)call, .launch = launch, .result = result };
}

static const struct tare_then every_flat = { TARE_SUBJECT_EVERY, TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_EXACTLY, 0 };
static const struct tare_then every_gone = { TARE_SUBJECT_EVERY, TARE_ROW_AFTER_CLOSE, TARE_EXACTLY, 0 };
static const struct tare_then one_image = { ACCOUNT(KERNEL_IMAGES), TARE_ROW_AT_PEAK, TARE_EXACTLY, 1 };
static const struct tare_then flat_bytes =
	{ ACCOUNT(DEVICE_BYTES), TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_EXACTLY, 0 };

static void a_sound_case_is_silent(void **state)
{
	struct scene *scene = *state;

	is_silent(scene, every_flat);
	is_silent(scene, every_gone);
	is_silent(scene, one_image);
	is_silent(scene, flat_bytes);
	is_silent(scene, (struct tare_then){ TARE_SUBJECT_NONE, 0, 0, 0 });
	is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AFTER_OPEN, TARE_EXACTLY, 2 });
	is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AFTER_FIRST_LAUNCH, TARE_AT_MOST, 2 });
	is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AFTER_LAST_LAUNCH, TARE_AT_LEAST, 2 });
	is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AT_MARK, TARE_EXACTLY, 2 });
	is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_BEFORE_CLOSE, TARE_EXACTLY, 2 });
	is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_FROM_MARK_TO_LAST, TARE_EXACTLY, 0 });
	is_silent(scene, (struct tare_then){ ACCOUNT(HOST_DLOPENS), TARE_ROW_BEFORE_CLOSE, TARE_EXACTLY, 3 });
}

static void an_image_a_launch_is_named_with_its_launch_and_taker(void **state)
{
	struct scene *scene = *state;

	for (uint32_t launch = 2; launch <= 100; launch++)
		from_launch(scene, launch, TARE_ACCOUNT_KERNEL_IMAGES, launch);
	scene->page->growth[TARE_ACCOUNT_KERNEL_IMAGES] =
		(struct tare_holding){ .call = TARE_CALL_rtRegisterAllKernel, .launch = 2 };
	struct tare_finding *finding = fires(scene, one_image, "kernel images, at peak: 100, wanted exactly 1");
	assert_true(finding->leak);
	assert_int_equal(finding->account, TARE_ACCOUNT_KERNEL_IMAGES);
	assert_int_equal(finding->value, 100);
	assert_int_equal(finding->first_launch, 2);
	assert_int_equal(finding->by.call, TARE_CALL_rtRegisterAllKernel);
	finding = fires(scene, every_flat, "kernel images, from first launch to last: +99, wanted exactly 0");
	assert_int_equal(finding->first_launch, 2);
}

static void what_comes_and_goes_between_is_seen(void **state)
{
	struct scene *scene = *state;

	from_launch(scene, 7, TARE_ACCOUNT_STREAMS, 3);
	from_launch(scene, 8, TARE_ACCOUNT_STREAMS, 2);
	struct tare_finding *finding =
		fires(scene, every_flat, "streams, from first launch to last: +1 at launch 7, wanted exactly 0");
	assert_int_equal(finding->first_launch, 7);
	assert_true(finding->leak);
	fires(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_AT_MOST, 0 },
		"streams, from first launch to last: +1 at launch 7, wanted at most 0");
	is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_AT_LEAST, 0 });
	is_silent(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_AT_MOST, 1 });
}

static void growth_that_is_wanted_may_take_its_time(void **state)
{
	struct scene *scene = *state;

	from_launch(scene, 7, TARE_ACCOUNT_HOST_MAPPINGS, 1);
	from_launch(scene, 9, TARE_ACCOUNT_HOST_MAPPINGS, 2);
	is_silent(scene, (struct tare_then){ ACCOUNT(HOST_MAPPINGS), TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_EXACTLY, 2 });
	fires(scene, (struct tare_then){ ACCOUNT(HOST_MAPPINGS), TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_EXACTLY, 1 },
		"host mappings, from first launch to last: +2, wanted exactly +1");
}

static void a_peak_inside_a_launch_is_seen(void **state)
{
	struct scene *scene = *state;

	scene->page->peak[TARE_ACCOUNT_STREAMS] = 3;
	scene->page->peak_launch[TARE_ACCOUNT_STREAMS] = 42;
	struct tare_finding *finding = fires(scene,
		(struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AT_PEAK, TARE_EXACTLY, 2 }, "streams, at peak: 3, wanted exactly 2");
	assert_int_equal(finding->first_launch, 42);
}

static void too_few_is_behaviour_and_not_a_leak(void **state)
{
	struct scene *scene = *state;
	struct tare_finding *finding = fires(scene,
		(struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AT_PEAK, TARE_AT_LEAST, 5 }, "streams, at peak: 2, wanted at least 5");

	assert_false(finding->leak);
	finding = fires(scene, (struct tare_then){ ACCOUNT(HOST_DLOPENS), TARE_ROW_BEFORE_CLOSE, TARE_EXACTLY, 2 },
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
	struct tare_finding *finding = fires(scene, every_gone, "device blocks, after close: +1, wanted exactly 0");
	assert_true(finding->leak);
	assert_int_equal(finding->by.call, TARE_CALL_rtMalloc);
	assert_int_equal(finding->first_launch, 9);
}

static void what_may_stay_has_an_end(void **state)
{
	struct scene *scene = *state;

	scene->page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_PREINSTALLED_FILES] = 3;
	fires(scene, every_gone, "preinstalled files, after close: +3, wanted exactly 0 (1 may stay)");
}

static void process_accounts_are_read_at_the_end(void **state)
{
	struct scene *scene = *state;

	scene->page->at[TARE_AT_LAST].value[TARE_ACCOUNT_PTHREAD_KEYS] = 400;
	struct tare_finding *finding =
		fires(scene, every_flat, "pthread keys, from first launch to last: +400, wanted exactly 0");
	assert_true(finding->leak);
}

static void fewer_than_at_the_start_is_seen(void **state)
{
	struct scene *scene = *state;

	scene->page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_DESCRIPTORS] = 4;
	fires(scene, every_gone, "descriptors, after close: -1, wanted exactly 0");
}

static void every_account_leaves_out_what_it_says_nothing_about(void **state)
{
	struct scene *scene = *state;

	from_launch(scene, 5, TARE_ACCOUNT_HOST_DLOPENS, 9);
	is_silent(scene, every_flat);
	scene->page->readable &= ~(UINT64_C(1) << TARE_ACCOUNT_KERNEL_IMAGES);
	from_launch(scene, 6, TARE_ACCOUNT_KERNEL_IMAGES, 9);
	is_silent(scene, every_flat);
	is_silent(scene, one_image);
	scene->page->peak[TARE_ACCOUNT_THREADS] = 50;
	is_silent(scene, (struct tare_then){ TARE_SUBJECT_EVERY, TARE_ROW_AT_PEAK, TARE_AT_MOST, 4096 * 4 });
}

static void a_moment_that_was_not_taken_is_a_finding(void **state)
{
	struct scene *scene = *state;
	const uint32_t all = scene->page->taken_at;

	scene->page->taken_at = all & ~(1u << TARE_AT_FIRST_LAUNCH | 1u << TARE_AT_LAST_LAUNCH);
	struct tare_finding *finding = fires(scene, every_flat, "every account, from first launch to last: never read");
	assert_false(finding->leak);
	fires(scene, flat_bytes, "device bytes, from first launch to last: never read");
	is_silent(scene, every_gone);
	scene->page->taken_at = all & ~(1u << TARE_AT_CLOSE);
	fires(scene, every_gone, "every account, after close: never read");
	scene->page->taken_at = all & ~(1u << TARE_AT_MARK);
	fires(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_AT_MARK, TARE_EXACTLY, 2 }, "streams, at mark: never read");
	fires(scene, (struct tare_then){ ACCOUNT(STREAMS), TARE_ROW_FROM_MARK_TO_LAST, TARE_EXACTLY, 0 },
		"streams, from mark to last: never read");
	scene->page->taken_at = 0;
	fires(scene, one_image, "kernel images, at peak: never read");
}

static void readings_that_were_not_kept_are_a_finding(void **state)
{
	struct scene *scene = *state;

	scene->page->readings_thinned = 3;
	fires(scene, flat_bytes,
		"device bytes, from first launch to last: readings in between were not kept, so it can't be said");
	fires(scene, every_flat,
		"every account, from first launch to last: readings in between were not kept, so it can't be said");
}

/* -- order ------------------------------------------------------------------- */

static const struct tare_then frees_first = { CALL(rtFree), TARE_ROW_ALL_BEFORE, CALL(rtDeviceReset), 0 };
static const struct tare_then set_first = { CALL(rtSetDevice), TARE_ROW_BEFORE, CALL(rtMalloc), 0 };
static const struct tare_then set_each = { CALL(rtSetDevice), TARE_ROW_EACH_BEFORE, CALL(rtDeviceReset), 0 };

static void all_before_means_none_after(void **state)
{
	struct scene *scene = *state;

	called(scene, TARE_CALL_rtFree, 1, 0);
	called(scene, TARE_CALL_rtDeviceReset, 0, ACL_ERROR_RT_CONTEXT_RELEASE_ERROR);
	called(scene, TARE_CALL_rtFree, 2, 0);
	called(scene, TARE_CALL_rtDeviceReset, 2, 0);
	called(scene, TARE_CALL_rtFree, 2, ACL_ERROR_RT_MEMORY_FREE);
	is_silent(scene, frees_first);
	called(scene, TARE_CALL_rtFree, 3, 0);
	struct tare_finding *finding =
		fires(scene, frees_first, "rtFree all before rtDeviceReset: there was one after it, in launch 3");
	assert_false(finding->leak);
	assert_int_equal(finding->account, TARE_ACCOUNTS);
	assert_int_equal(finding->first_launch, 3);
	assert_int_equal(finding->by.call, TARE_CALL_rtFree);
}

static void before_looks_at_the_first_of_each(void **state)
{
	struct scene *scene = *state;

	called(scene, TARE_CALL_rtSetDevice, 0, 0);
	called(scene, TARE_CALL_rtMalloc, 0, 0);
	is_silent(scene, set_first);
	scene->page->call_count = 0;
	called(scene, TARE_CALL_rtSetDevice, 0, ACL_ERROR_RT_DEV_SETUP_ERROR);
	called(scene, TARE_CALL_rtMalloc, 0, 0);
	called(scene, TARE_CALL_rtSetDevice, 0, 0);
	fires(scene, set_first, "rtSetDevice before rtMalloc: the first of them came with none before it, in launch 0");
}

static void each_before_wants_one_of_its_own(void **state)
{
	struct scene *scene = *state;

	called(scene, TARE_CALL_rtSetDevice, 0, 0);
	called(scene, TARE_CALL_rtSetDevice, 0, 0);
	called(scene, TARE_CALL_rtDeviceReset, 0, 0);
	called(scene, TARE_CALL_rtDeviceReset, 0, 0);
	is_silent(scene, set_each);
	called(scene, TARE_CALL_rtDeviceReset, 4, 0);
	fires(scene, set_each,
		"rtSetDevice before each rtDeviceReset: there was one with none of its own before it, in launch 4");
}

static void an_order_nobody_tried_is_a_finding(void **state)
{
	fires(*state, frees_first, "rtFree all before rtDeviceReset: rtDeviceReset was never called");
}

static void calls_are_counted(void **state)
{
	struct scene *scene = *state;
	const struct tare_then twice = { CALL(rtStreamCreate), TARE_ROW_TIMES, TARE_EXACTLY, 2 };

	called(scene, TARE_CALL_rtStreamCreate, 0, 0);
	called(scene, TARE_CALL_rtStreamCreate, 0, ACL_ERROR_RT_NO_STREAM_RESOURCE);
	fires(scene, twice, "rtStreamCreate is called exactly 2 times: it was called 1 time");
	called(scene, TARE_CALL_rtStreamCreate, 0, 0);
	is_silent(scene, twice);
	is_silent(scene, (struct tare_then){ CALL(rtStreamCreate), TARE_ROW_TIMES, TARE_AT_LEAST, 1 });
	is_silent(scene, (struct tare_then){ CALL(rtFree), TARE_ROW_TIMES, TARE_EXACTLY, 0 });
	called(scene, TARE_CALL_rtStreamCreate, 6, 0);
	struct tare_finding *finding = fires(scene, twice, "rtStreamCreate is called exactly 2 times: it was called 3 times");
	assert_int_equal(finding->first_launch, 6);
	assert_int_equal(finding->value, 3);
	fires(scene, (struct tare_then){ CALL(rtStreamCreate), TARE_ROW_TIMES, TARE_AT_LEAST, 4 },
		"rtStreamCreate is called at least 4 times: it was called 3 times");
}

static void a_ring_that_lost_calls_never_says_yes(void **state)
{
	struct scene *scene = *state;

	called(scene, TARE_CALL_rtSetDevice, 0, 0);
	called(scene, TARE_CALL_rtMalloc, 0, 0);
	for (unsigned i = 0; i < TARE_RING - 1; i++)
		called(scene, TARE_CALL_rtMemcpy, 1, 0);
	called(scene, TARE_CALL_rtDeviceReset, 1, 0);
	fires(scene, set_first, "rtSetDevice before rtMalloc: it can't be told, the first 2 calls were not kept");
	fires(scene, set_each, "rtSetDevice before each rtDeviceReset: it can't be told, the first 2 calls were not kept");
	fires(scene, frees_first, "rtFree all before rtDeviceReset: it can't be told, the first 2 calls were not kept");
	fires(scene, (struct tare_then){ CALL(rtFree), TARE_ROW_TIMES, TARE_EXACTLY, 0 },
		"rtFree is called exactly 0 times: it can't be told, the first 2 calls were not kept");
	is_silent(scene, (struct tare_then){ CALL(rtMemcpy), TARE_ROW_TIMES, TARE_AT_LEAST, 10 });
	called(scene, TARE_CALL_rtFree, 2, 0);
	fires(scene, frees_first, "rtFree all before rtDeviceReset: there was one after it, in launch 2");
}

/* -- what every case has ------------------------------------------------------ */

static const struct tare_then no_row = { TARE_SUBJECT_NONE, 0, 0, 0 };

static void meter_parts(struct scene *scene, enum tare_account account, const char *first, const char *second)
{
	judge(scene, no_row);
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

	from_launch(scene, 3, TARE_ACCOUNT_DRIVER_BYTES, 14096 + 512);
	meter_parts(scene, TARE_ACCOUNT_DRIVER_BYTES,
		"device bytes less bytes by the driver, from first launch to last: -512 at launch 3, wanted exactly 0",
		"bytes by the runner less bytes by the driver, from first launch to last: -512 at launch 3, wanted exactly 0");
	scene->page->reading_count = 1;
	from_launch(scene, 3, TARE_ACCOUNT_DRIVER_BYTES, 14096);
	from_launch(scene, 3, TARE_ACCOUNT_RUNNER_BYTES, 4096 + 64);
	meter_parts(scene, TARE_ACCOUNT_RUNNER_BYTES,
		"device bytes less bytes by the runner, from first launch to last: -64 at launch 3, wanted exactly 0",
		"bytes by the runner less bytes by the driver, from first launch to last: +64 at launch 3, wanted exactly 0");
	scene->page->readable &= ~(UINT64_C(1) << TARE_ACCOUNT_RUNNER_BYTES);
	is_silent(scene, no_row);
}

static void a_ledger_that_misses_a_take_is_the_odd_one(void **state)
{
	struct scene *scene = *state;
	struct tare_reading *reading;

	from_launch(scene, 3, TARE_ACCOUNT_RUNNER_BYTES, 4096 + 512);
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
	from_launch(scene, 3, TARE_ACCOUNT_DEVICE_BYTES, 4096 + 100);
	reading = &scene->page->series[scene->page->reading_count - 1];
	reading->value[TARE_ACCOUNT_DEVICE_BLOCKS]++;
	reading->value[TARE_ACCOUNT_RUNNER_BYTES] += 100;
	reading->value[TARE_ACCOUNT_DRIVER_BYTES] += 512;
	scene->page->at[TARE_AT_LAST_LAUNCH] = *reading;
	is_silent(scene, no_row);
	/* Given back, all three must be where they were. */
	from_launch(scene, 4, TARE_ACCOUNT_DEVICE_BYTES, 4096);
	reading = &scene->page->series[scene->page->reading_count - 1];
	reading->value[TARE_ACCOUNT_DEVICE_BLOCKS]--;
	reading->value[TARE_ACCOUNT_RUNNER_BYTES] -= 100;
	scene->page->at[TARE_AT_LAST_LAUNCH] = *reading;
	judge(scene, no_row);
	assert_int_equal(scene->count, 2);
	assert_int_equal(scene->found[0].account, TARE_ACCOUNT_DRIVER_BYTES);
	assert_int_equal(scene->found[0].first_launch, 4);
}

static void releases_that_met_nothing_are_a_finding(void **state)
{
	struct scene *scene = *state;

	scene->page->gives_of_strangers = 2;
	judge(scene, no_row);
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

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
		WITH_SCENE(all_before_means_none_after),
		WITH_SCENE(before_looks_at_the_first_of_each),
		WITH_SCENE(each_before_wants_one_of_its_own),
		WITH_SCENE(an_order_nobody_tried_is_a_finding),
		WITH_SCENE(calls_are_counted),
		WITH_SCENE(a_ring_that_lost_calls_never_says_yes),
		WITH_SCENE(each_meter_that_parts_is_named),
		WITH_SCENE(a_ledger_that_misses_a_take_is_the_odd_one),
		WITH_SCENE(rounding_and_prices_of_the_driver_are_no_riddle),
		WITH_SCENE(releases_that_met_nothing_are_a_finding),
		WITH_SCENE(findings_beyond_the_room_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
