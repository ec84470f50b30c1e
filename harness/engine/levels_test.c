/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a case says about the levels, and what `--level` leaves out of its verdict.
 */
#include "judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct tare_suite suite = { .name = "relaunch" };
static struct tare_spec spec;
static const struct tare_case_ref ref = {
	.suite = &suite, .spec = &spec, .cell = { TARE_ARCH_A5, TARE_PLATFORM_ONBOARD, TARE_GRAPH_HBG },
};
static struct tare_run_options options;
static struct tare_board *board;
static struct tare_end end;
static struct tare_trial trial;
static struct tare_outcome outcome;

/* Two streams and an image are left after close, and memory was freed after a reset. */
static int begin(void **state)
{
	struct tare_ledger_page *page;

	(void)state;
	board = tare_board_create();
	if (!board)
		return -1;
	page = &board->page;
	page->readable = (UINT64_C(1) << TARE_ACCOUNTS) - 1;
	page->taken_at = (1u << TARE_MOMENTS) - 1;
	page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_STREAMS] = 2;
	page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_KERNEL_IMAGES] = 1;
	page->tally[TARE_CALL_rtDeviceReset] = (struct tare_call_tally){ 1, 1, 1, 1 };
	page->tally[TARE_CALL_rtFree] = (struct tare_call_tally){ 1, 2, 2, 2 };
	atomic_store(&board->state, TARE_BOARD_FINISHED);
	spec = (struct tare_spec){ .name = "steady", .then = {
		{ EVERY_ACCOUNT, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
		{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		{ CALL(rtFree), ALL_BEFORE, CALL(rtDeviceReset), 0 },
	} };
	options = (struct tare_run_options){ .self = "tare", .seed = 1, .slow = 1 };
	end = (struct tare_end){ .ending = TARE_ENDED };
	trial = (struct tare_trial){ .ref = &ref, .options = &options, .board = board, .end = &end };
	return 0;
}

static int finish(void **state)
{
	(void)state;
	tare_board_destroy(&board);
	return 0;
}

static void judged(enum tare_verdict verdict, uint32_t levels, uint32_t broken)
{
	outcome = (struct tare_outcome){ .verdict = TARE_BROKEN };
	tare__trial_judge(&trial, &outcome);
	assert_string_equal(tare_verdict_name(outcome.verdict), tare_verdict_name(verdict));
	assert_int_equal(outcome.levels_judged, levels);
	assert_int_equal(outcome.levels_broken, broken);
}

static void a_finding_breaks_the_level_of_its_account(void **state)
{
	const uint32_t four = TARE_LEVEL(1) | TARE_LEVEL(2) | TARE_LEVEL(3) | TARE_LEVEL(4);
	struct tare_reading *closed = &board->page.at[TARE_AT_CLOSE];

	(void)state;
	judged(TARE_LEAK, four, TARE_LEVEL(2) | TARE_LEVEL(3) | TARE_LEVEL(4));
	closed->value[TARE_ACCOUNT_STREAMS] = 0;
	judged(TARE_LEAK, four, TARE_LEVEL(3) | TARE_LEVEL(4));
	closed->value[TARE_ACCOUNT_KERNEL_IMAGES] = 0;
	judged(TARE_FAIL, four, TARE_LEVEL(4));
	board->page.tally[TARE_CALL_rtFree].last = 0;
	spec.then[2].when = TARE_ROW_NONE;
	judged(TARE_PASS, TARE_LEVEL(1) | TARE_LEVEL(2) | TARE_LEVEL(3), 0);
}

static void what_is_above_is_left_out_and_told(void **state)
{
	(void)state;
	options.level = 2;
	judged(TARE_LEAK, TARE_LEVEL(1) | TARE_LEVEL(2), TARE_LEVEL(2));
	assert_string_equal(outcome.type, "Leak.Streams");
	assert_null(strstr(outcome.body, "kernel images"));
	assert_non_null(strstr(outcome.body, "--level 2"));
	assert_non_null(strstr(outcome.log, "above level 2: kernel images, after close: +1, wanted exactly 0\n"));
	assert_non_null(strstr(outcome.log, "not judged above level 2: rtFree all before rtDeviceReset\n"));
	options.level = 1;
	judged(TARE_PASS, TARE_LEVEL(1), 0);
	assert_non_null(strstr(outcome.log, "above level 1: streams, after close: +2, wanted exactly 0\n"));
	options.level = 4;
	judged(TARE_LEAK, TARE_LEVEL(1) | TARE_LEVEL(2) | TARE_LEVEL(3) | TARE_LEVEL(4),
		TARE_LEVEL(2) | TARE_LEVEL(3) | TARE_LEVEL(4));
}

static void behaviour_is_judged_at_every_level(void **state)
{
	(void)state;
	options.level = 1;
	tare_board_fail(board, TARE_FAIL, 1, "Fail.Call", "launch 1 returned 207001");
	judged(TARE_FAIL, 0, 0);
	board->page.at[TARE_AT_LAST_LAUNCH].value[TARE_ACCOUNT_STREAMS] = 5;
	judged(TARE_LEAK, TARE_LEVEL(1), TARE_LEVEL(1));
	end.ending = TARE_ENDED_BY_SIGNAL;
	end.signal = 11;
	judged(TARE_CRASH, 0, 0);
}

static void a_reset_that_tears_all_down_proves_no_residue(void **state)
{
	(void)state;
	spec.machine.reset = FULL_RESET;
	judged(TARE_LEAK, TARE_LEVEL(1) | TARE_LEVEL(2) | TARE_LEVEL(4), TARE_LEVEL(2) | TARE_LEVEL(4));
	spec.machine.reset = COUNTED_RESET;
	options.full_reset = true;
	judged(TARE_LEAK, TARE_LEVEL(1) | TARE_LEVEL(2) | TARE_LEVEL(4), TARE_LEVEL(2) | TARE_LEVEL(4));
}

/* That platform makes no reset, so the fourth level says nothing more of it than the third. */
static void sim_has_no_last_reset(void **state)
{
	static const struct tare_case_ref sim = {
		.suite = &suite, .spec = &spec, .cell = { TARE_ARCH_A5, TARE_PLATFORM_SIM, TARE_GRAPH_HBG },
	};

	(void)state;
	trial.ref = &sim;
	spec.then[2].when = TARE_ROW_NONE;
	judged(TARE_LEAK, TARE_LEVEL(1) | TARE_LEVEL(2) | TARE_LEVEL(3) | TARE_LEVEL(4), TARE_LEVEL(2) | TARE_LEVEL(3));
	spec.then[1].when = TARE_ROW_NONE;
	judged(TARE_PASS, TARE_LEVEL(1), 0);
}

static void a_case_that_shall_be_caught_says_nothing_and_is_judged_whole(void **state)
{
	(void)state;
	spec.expect = TARE_LEAK;
	options.level = 1;
	judged(TARE_PASS, 0, 0);
	assert_int_equal(outcome.raw, TARE_LEAK);
}

static void every_finding_counts(void **state)
{
	(void)state;
	for (unsigned account = 0; account < TARE_ACCOUNTS; account++) {
		board->page.at[TARE_AT_LAST_LAUNCH].value[account] = 3;
		board->page.at[TARE_AT_LAST].value[account] = 3;
	}
	judged(TARE_LEAK, TARE_LEVEL(1) | TARE_LEVEL(2) | TARE_LEVEL(3) | TARE_LEVEL(4),
		TARE_LEVEL(1) | TARE_LEVEL(2) | TARE_LEVEL(3) | TARE_LEVEL(4));
	for (unsigned i = 3; i < TARE_ROWS; i++)
		spec.then[i] = spec.then[0];
	judged(TARE_LEAK, TARE_LEVEL(1) | TARE_LEVEL(2) | TARE_LEVEL(3) | TARE_LEVEL(4),
		TARE_LEVEL(1) | TARE_LEVEL(2) | TARE_LEVEL(3) | TARE_LEVEL(4));
	assert_non_null(strstr(outcome.body, " more\n"));
}

#define OF_A_CASE(test) cmocka_unit_test_setup_teardown(test, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OF_A_CASE(a_finding_breaks_the_level_of_its_account),
		OF_A_CASE(what_is_above_is_left_out_and_told),
		OF_A_CASE(behaviour_is_judged_at_every_level),
		OF_A_CASE(a_reset_that_tears_all_down_proves_no_residue),
		OF_A_CASE(sim_has_no_last_reset),
		OF_A_CASE(a_case_that_shall_be_caught_says_nothing_and_is_judged_whole),
		OF_A_CASE(every_finding_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
