/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From ends, failures and pages to verdicts and text.
 */
#include "test_trial.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int begin(void **state)
{
	(void)state;
	begin_case("relaunch", "kernel_registered_once",
		(struct tare_cell){ TARE_ARCH_A5, TARE_PLATFORM_ONBOARD, TARE_GRAPH_HBG });
	w.end.microseconds = 410000;
	return 0;
}

static void passes(void **state)
{
	(void)state;
	judged(TARE_PASS, "");
	assert_string_equal(w.outcome.message, "");
}

static void ends_by_signal(void **state)
{
	(void)state;
	w.end.ending = TARE_ENDED_BY_SIGNAL;
	w.end.signal = SIGSEGV;
	judged(TARE_CRASH, "Crash.SIGSEGV");
	w.end.signal = SIGKILL;
	judged(TARE_CRASH, "Crash.SIGKILL");
	assert_string_equal(w.outcome.message, "ended by SIGKILL, from outside");
}

static void ends_late(void **state)
{
	(void)state;
	w.end.ending = TARE_ENDED_BY_DEADLINE;
	w.end.signal = SIGTERM;
	judged(TARE_TIMEOUT, "Timeout.Deadline");
	assert_string_equal(w.outcome.message, "not over after 30 s");
	w.spec.tags = TAG_LONG;
	judged(TARE_TIMEOUT, "Timeout.Deadline");
	assert_string_equal(w.outcome.message, "not over after 120 s");
}

static void leaves_early(void **state)
{
	(void)state;
	w.end.ending = TARE_ENDED_UNFINISHED;
	judged(TARE_BROKEN, "Broken.Exit");
	assert_string_equal(w.outcome.message, "exit(0) inside the case");
	w.end.status = 1;
	snprintf(w.end.output, sizeof w.end.output, "==1==ERROR: AddressSanitizer: heap-use-after-free\n");
	judged(TARE_CRASH, "Crash.Sanitizer");
}

static void fails(void **state)
{
	(void)state;
	tare_board_fail(w.board, TARE_FAIL, 7, "Fail.Call", "launch 7 of x returned 207001 (driver)");
	judged(TARE_FAIL, "Fail.Call");
	assert_non_null(strstr(w.outcome.body, "FAIL  relaunch.kernel_registered_once  a5/onboard/hbg  0.41 s\n"));
	assert_non_null(strstr(w.outcome.body, "      launch 7 of x returned 207001 (driver)\n"));
	assert_non_null(strstr(w.outcome.body, "again: tare run --here relaunch.kernel_registered_once@a5/onboard/hbg\n"));
}

static void leak_streams(int64_t count)
{
	w.board->page.at[TARE_AT_CLOSE].value[TARE_ACCOUNT_STREAMS] = count;
	w.board->page.peak[TARE_ACCOUNT_STREAMS] = count;
	w.spec.then[0] = (struct tare_then){ STREAMS, AFTER_CLOSE, EXACTLY, 0 };
}

static void leaks(void **state)
{
	(void)state;
	leak_streams(2);
	judged(TARE_LEAK, "Leak.Streams");
	assert_non_null(strstr(w.outcome.message, "streams, after close: "));
	assert_non_null(strstr(w.outcome.body, "wanted exactly 0"));
}

static void leaks_of_nobody(void **state)
{
	(void)state;
	w.board->page.gives_of_strangers = 1;
	judged(TARE_LEAK, "Leak.Ledger");
}

/* The ledger's word is stronger than the failed call's where there is too much, and weaker where too little. */
static void weighs_a_failed_call(void **state)
{
	(void)state;
	tare_board_fail(w.board, TARE_FAIL, 0, "Fail.Call", "simpler_init returned -1");
	w.spec.then[0] = (struct tare_then){ KERNEL_IMAGES, AT_PEAK, EXACTLY, 1 };
	judged(TARE_FAIL, "Fail.Call");
	leak_streams(1);
	judged(TARE_LEAK, "Leak.Streams");
	assert_non_null(strstr(w.outcome.body, "simpler_init returned -1"));
}

static void stops_before_judging(void **state)
{
	(void)state;
	leak_streams(1);
	tare_board_fail(w.board, TARE_SKIP, 0, "Skip.NotHere", "no arenas");
	judged(TARE_SKIP, "Skip.NotHere");
	tare_board_fail(w.board, TARE_BROKEN, 0, "Broken.Case", "no fixture");
	judged(TARE_BROKEN, "Broken.Case");
}

static void counts_leftovers(void **state)
{
	(void)state;
	w.end.leftovers = 2;
	judged(TARE_LEAK, "Leak.Children");
	assert_non_null(strstr(w.outcome.body, "processes left behind, and ended by us: 2\n"));
}

static void inverts(void **state)
{
	(void)state;
	w.spec.expect = TARE_LEAK;
	judged(TARE_FAIL, "Fail.Detector");
	assert_string_equal(w.outcome.message, "wanted LEAK, judged PASS");
	assert_int_equal(w.outcome.raw, TARE_PASS);
	leak_streams(1);
	judged(TARE_PASS, "Leak.Streams");
	assert_int_equal(w.outcome.raw, TARE_LEAK);
	assert_int_equal(strncmp(w.outcome.message, "LEAK, as expected: streams", 26), 0);

	for (int raw = 0; raw < TARE_VERDICTS; raw++)
		for (int wanted = 0; wanted < TARE_VERDICTS; wanted++)
			if (tare__verdict_met((enum tare_verdict)raw, (enum tare_verdict)wanted) == TARE_PASS)
				assert_int_equal(raw, wanted);
	assert_int_equal(tare__verdict_met(TARE_BROKEN, TARE_LEAK), TARE_BROKEN);
	assert_int_equal(tare__verdict_met(TARE_SKIP, TARE_CRASH), TARE_SKIP);
	assert_int_equal(tare__verdict_met(TARE_CRASH, TARE_LEAK), TARE_FAIL);
}

static void cuts_its_text(void **state)
{
	char sentence[TARE_BOARD_SENTENCE];
	(void)state;

	memset(sentence, 'y', sizeof sentence - 1);
	sentence[sizeof sentence - 1] = '\0';
	for (int i = 0; i < TARE_BOARD_FAILURES; i++)
		tare_board_fail(w.board, TARE_FAIL, 0, "Fail.Expectation", sentence);
	for (int i = 0; i < 500; i++)
		tare_board_log(w.board, TARE_LOG_INFO, sentence);
	memset(w.end.output, 'z', sizeof w.end.output - 1);
	judged(TARE_FAIL, "Fail.Expectation");
	assert_true(strlen(w.outcome.body) < sizeof w.outcome.body);
	assert_int_equal(strlen(w.outcome.message), sizeof w.outcome.message - 1);
	assert_true(strlen(w.outcome.log) < sizeof w.outcome.log);
}

static void words_types(void **state)
{
	char type[64], small[10];
	(void)state;

	tare__type_text(type, sizeof type, "Leak", "registrations_of_one_image");
	assert_string_equal(type, "Leak.RegistrationsOfOneImage");
	tare__type_text(small, sizeof small, "Leak", "device_bytes");
	assert_string_equal(small, "Leak.Devi");
}

static void thins_readings(void **state)
{
	struct tare_record_reading *readings = calloc(TARE__READINGS, sizeof *readings);
	size_t series = 0;
	const struct tare_record_reading *last = NULL;
	(void)state;

	assert_non_null(readings);
	w.board->page.readable = UINT64_C(1) << TARE_ACCOUNT_DEVICE_BYTES | UINT64_C(1) << TARE_ACCOUNT_STREAMS;
	w.board->page.reading_count = 1000;
	for (uint32_t i = 0; i < 1000; i++) {
		w.board->page.series[i].launch = i + 1;
		w.board->page.series[i].value[TARE_ACCOUNT_DEVICE_BYTES] = 100 * (int64_t)i;
		w.board->page.series[i].value[TARE_ACCOUNT_STREAMS] = 2;
	}
	size_t count = tare__readings_of(&w.board->page, readings, TARE__READINGS);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(readings[i].moment, "launch") != 0 || strcmp(readings[i].account, "device_bytes") != 0)
			continue;
		series++;
		last = &readings[i];
	}
	assert_in_range(series, 100, 300);
	assert_int_equal(last->launch, 1000);
	assert_int_equal(last->value, 99900);
	/* One that never moved has one point, beside those of the moments. */
	assert_int_equal(count, series + 1 + 2 * TARE_MOMENTS);
	assert_int_equal(tare__readings_of(&w.board->page, readings, 5), 5);
	free(readings);
}

static void knows_exit_statuses(void **state)
{
	struct tare_run_summary summary = { .not_run = 3 };
	(void)state;

	assert_int_equal(tare_exit_status(&summary, false), 2);
	assert_int_equal(tare_exit_status(&summary, true), 130);
	summary.count[TARE_PASS] = 300;
	assert_int_equal(tare_exit_status(&summary, false), 0);
	for (int verdict = TARE_FAIL; verdict < TARE_VERDICTS; verdict++) {
		summary.count[verdict] = 256;
		assert_int_equal(tare_exit_status(&summary, false), 1);
		summary.count[verdict] = 0;
	}
}

static void who_asks_for_more_launches_asks_for_the_time_too(void **state)
{
	const struct tare_spec fifty = { .launches = 50 }, uncounted = { 0 };
	const struct tare_spec soon = { .seconds = 3 };
	struct tare_run_options asked = { .slow = 2 };

	(void)state;
	uint32_t usual = tare__options_deadline_ms(&asked, &fifty);
	asked.launches = 10;
	assert_int_equal(tare__options_deadline_ms(&asked, &fifty), usual);
	asked.launches = 500;
	assert_int_equal(tare__options_deadline_ms(&asked, &fifty), 10 * usual);
	assert_int_equal(tare__options_deadline_ms(&asked, &uncounted), usual);
	asked.launches = UINT32_MAX;
	assert_int_equal(tare__options_deadline_ms(&asked, &fifty), UINT32_MAX);
	assert_int_equal(tare__options_deadline_ms(&asked, &soon), 3000 * 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(passes, begin),
		cmocka_unit_test_setup(ends_by_signal, begin),
		cmocka_unit_test_setup(ends_late, begin),
		cmocka_unit_test_setup(leaves_early, begin),
		cmocka_unit_test_setup(fails, begin),
		cmocka_unit_test_setup(leaks, begin),
		cmocka_unit_test_setup(leaks_of_nobody, begin),
		cmocka_unit_test_setup(weighs_a_failed_call, begin),
		cmocka_unit_test_setup(stops_before_judging, begin),
		cmocka_unit_test_setup(counts_leftovers, begin),
		cmocka_unit_test_setup(inverts, begin),
		cmocka_unit_test_setup(cuts_its_text, begin),
		cmocka_unit_test_setup(words_types, begin),
		cmocka_unit_test_setup(thins_readings, begin),
		cmocka_unit_test_setup(knows_exit_statuses, begin),
		cmocka_unit_test(who_asks_for_more_launches_asks_for_the_time_too),
	};

	return cmocka_run_group_tests(tests, make_board, drop_board) ? 1 : 0;
}
