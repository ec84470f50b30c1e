/* SPDX-License-Identifier: Apache-2.0 */
#include <tare/invariant.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ACCOUNT(name) (TARE_SUBJECT_ACCOUNT + TARE_ACCOUNT_##name)
#define CALL(name) (TARE_SUBJECT_CALL + TARE_CALL_##name)

static void rows_read_as_sentences(void **state)
{
	static const struct { struct tare_then row; const char *sentence; } pairs[] = {
		{ { ACCOUNT(KERNEL_IMAGES), TARE_ROW_AT_PEAK, TARE_EXACTLY, 1 }, "kernel images, at peak: exactly 1" },
		{ { ACCOUNT(DEVICE_BYTES), TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, TARE_EXACTLY, 0 },
			"device bytes, from first launch to last: exactly 0" },
		{ { ACCOUNT(ARENA_BYTES), TARE_ROW_FROM_MARK_TO_LAST, TARE_AT_MOST, 4096 },
			"arena bytes, from mark to last: at most +4096" },
		{ { ACCOUNT(DEVICE_BLOCKS), TARE_ROW_FROM_MARK_TO_LAST, TARE_EXACTLY, -3 },
			"device blocks, from mark to last: exactly -3" },
		{ { TARE_SUBJECT_EVERY, TARE_ROW_AFTER_CLOSE, TARE_EXACTLY, 0 }, "every account, after close: exactly 0" },
		{ { ACCOUNT(STREAMS), TARE_ROW_AFTER_OPEN, TARE_AT_LEAST, 2 }, "streams, after open: at least 2" },
		{ { ACCOUNT(STREAMS), TARE_ROW_AFTER_FIRST_LAUNCH, TARE_AT_MOST, 2 },
			"streams, after the first launch: at most 2" },
		{ { ACCOUNT(HOST_DLOPENS), TARE_ROW_AFTER_LAST_LAUNCH, TARE_EXACTLY, 2 },
			"host dlopens, after the last launch: exactly 2" },
		{ { ACCOUNT(THREADS), TARE_ROW_BEFORE_CLOSE, TARE_EXACTLY, 1 }, "threads, before close: exactly 1" },
		{ { ACCOUNT(THREADS), TARE_ROW_AT_MARK, TARE_EXACTLY, 1 }, "threads, at mark: exactly 1" },
		{ { CALL(rtFree), TARE_ROW_ALL_BEFORE, CALL(rtDeviceReset), 0 }, "rtFree all before rtDeviceReset" },
		{ { CALL(rtSetDevice), TARE_ROW_BEFORE, CALL(rtMalloc), 0 }, "rtSetDevice before rtMalloc" },
		{ { CALL(rtSetDevice), TARE_ROW_EACH_BEFORE, CALL(rtDeviceReset), 0 }, "rtSetDevice before each rtDeviceReset" },
		{ { CALL(rtStreamCreate), TARE_ROW_TIMES, TARE_EXACTLY, 2 }, "rtStreamCreate is called exactly 2 times" },
		{ { CALL(object_open), TARE_ROW_TIMES, TARE_AT_MOST, 1 }, "object_open is called at most 1 time" },
	};
	char sentence[TARE_SENTENCE];

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		assert_string_equal(tare_row_sentence(&pairs[i].row, sentence), pairs[i].sentence);
}

static void slope_is_growth_per_launch_and_what_it_could_see(void **state)
{
	struct tare_ledger_page *page = calloc(1, sizeof *page);
	struct tare_slope slope;

	(void)state;
	slope = tare_slope_of(page, TARE_ACCOUNT_DEVICE_BYTES);
	assert_int_equal(slope.launches, 0);
	page->readable = UINT64_MAX;
	page->taken_at = 1u << TARE_AT_FIRST_LAUNCH | 1u << TARE_AT_LAST_LAUNCH | 1u << TARE_AT_LAST;
	page->at[TARE_AT_FIRST_LAUNCH].launch = 1;
	page->at[TARE_AT_LAST_LAUNCH].launch = 257;
	page->at[TARE_AT_FIRST_LAUNCH].value[TARE_ACCOUNT_DEVICE_BYTES] = 1000;
	page->at[TARE_AT_LAST_LAUNCH].value[TARE_ACCOUNT_DEVICE_BYTES] = 1000 + 256 * 64;
	page->at[TARE_AT_LAST].value[TARE_ACCOUNT_PTHREAD_KEYS] = 512;
	slope = tare_slope_of(page, TARE_ACCOUNT_DEVICE_BYTES);
	assert_int_equal(slope.launches, 256);
	assert_true(slope.per_launch == 64.0);
	assert_true(slope.floor == 1.0 / 256);
	assert_true(tare_slope_of(page, TARE_ACCOUNT_DRIVER_BYTES).floor == 2.0);
	/* Process accounts are read at the end of the case, not at the last launch. */
	assert_true(tare_slope_of(page, TARE_ACCOUNT_PTHREAD_KEYS).per_launch == 2.0);
	page->readable = 0;
	assert_int_equal(tare_slope_of(page, TARE_ACCOUNT_DEVICE_BYTES).launches, 0);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_read_as_sentences),
		cmocka_unit_test(slope_is_growth_per_launch_and_what_it_could_see),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
