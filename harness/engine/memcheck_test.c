/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what memcheck said of a case to verdict, type, body and log.
 */
#include "test_trial.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct tare_memcheck memcheck;

static const struct tare_valgrind_finding bad_read = {
	.kind = "InvalidRead", .count = 3, .text = "Invalid read of size 4\n  reads (sanity.c:1)\n",
};
static const struct tare_valgrind_finding lost = {
	.kind = "Leak_DefinitelyLost", .leak = true, .count = 1, .bytes = 100, .blocks = 2,
	.text = "100 bytes are lost\n  malloc (in o)\n",
};

static int begin(void **state)
{
	(void)state;
	begin_case("sanity", "case", (struct tare_cell){ TARE_ARCH_A5, TARE_PLATFORM_SIM, TARE_GRAPH_HBG });
	w.spec.launches = 1000;
	w.options.slow = 40;
	w.options.valgrind = "/tmp";
	w.end.process = 1;
	memcheck = (struct tare_memcheck){ .said = { .protocol = 4, .whole = true } };
	w.trial.launches = 10;
	w.trial.memcheck = &memcheck;
	return 0;
}

static void found(const struct tare_valgrind_finding *finding)
{
	memcheck.said.findings[memcheck.said.count++] = *finding;
}

static void nothing_found_is_a_pass_that_states_its_scale(void **state)
{
	(void)state;
	judged(TARE_PASS, "");
	assert_non_null(strstr(w.outcome.log, "scale: under valgrind, a card of 8 GiB at most"));
	assert_non_null(strstr(w.outcome.log, "10 launches (elsewhere 1000)\n"));
}

static void an_error_is_wrong_and_has_its_stack(void **state)
{
	(void)state;
	found(&lost);
	found(&bad_read);
	judged(TARE_FAIL, "Memcheck.InvalidRead");
	assert_string_equal(w.outcome.message, "memcheck: Invalid read of size 4");
	assert_non_null(strstr(w.outcome.body, "      memcheck, 3 times:\n      Invalid read of size 4\n        reads (sanity.c:1)\n"));
	assert_non_null(strstr(w.outcome.body, "again: tare run --valgrind sanity.case@a5/sim/hbg"));
}

static void a_lost_block_is_a_leak(void **state)
{
	struct tare_valgrind_finding possibly = lost;

	(void)state;
	found(&lost);
	judged(TARE_LEAK, "Leak.Definite");
	assert_string_equal(w.outcome.message, "heap: 100 bytes in 2 blocks are definitely lost");
	strcpy(possibly.kind, "Leak_PossiblyLost");
	memcheck.said.findings[0] = possibly;
	judged(TARE_LEAK, "Leak.Possible");
}

/* A failed expectation comes before lost blocks: the when ended early, and what it held is lost with it. */
static void a_failure_comes_before_what_it_lost(void **state)
{
	(void)state;
	tare_board_fail(w.board, TARE_FAIL, 1, "Fail.Result", "wrong");
	found(&lost);
	judged(TARE_FAIL, "Fail.Result");
}

static void of_a_crash_only_errors_are_told(void **state)
{
	(void)state;
	w.end.ending = TARE_ENDED_BY_SIGNAL;
	w.end.signal = SIGSEGV;
	found(&bad_read);
	found(&lost);
	judged(TARE_CRASH, "Crash.SIGSEGV");
	assert_non_null(strstr(w.outcome.body, "Invalid read of size 4"));
	assert_null(strstr(w.outcome.body, "100 bytes are lost"));
}

static void expectations_of_memcheck_hold_only_under_it(void **state)
{
	(void)state;
	w.spec.expect = TARE_FAIL;
	w.spec.tags = TAG_VALGRIND;
	found(&bad_read);
	judged(TARE_PASS, "Memcheck.InvalidRead");
	assert_non_null(strstr(w.outcome.log, "  reads (sanity.c:1)\n"));
	memcheck.said.count = 0;
	judged(TARE_FAIL, "Fail.Detector");
	w.options.valgrind = NULL;
	w.trial.memcheck = NULL;
	judged(TARE_PASS, "");
}

static void a_report_that_is_not_there_is_no_pass(void **state)
{
	char folder[] = "/tmp/tare-memcheck-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	w.options.valgrind = folder;
	tare__memcheck_read(&w.trial, &memcheck);
	judged(TARE_BROKEN, "Broken.Valgrind");
	assert_non_null(strstr(w.outcome.message, "/1.xml: No such file"));

	snprintf(path, sizeof path, "%s/1.xml", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("<valgrindoutput><protocolversion>4</protocolversion><status>", file);
	fclose(file);
	tare__memcheck_read(&w.trial, &memcheck);
	judged(TARE_BROKEN, "Broken.Valgrind");
	assert_non_null(strstr(w.outcome.message, "stops before its end"));
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_found_is_a_pass_that_states_its_scale, begin),
		cmocka_unit_test_setup(an_error_is_wrong_and_has_its_stack, begin),
		cmocka_unit_test_setup(a_lost_block_is_a_leak, begin),
		cmocka_unit_test_setup(a_failure_comes_before_what_it_lost, begin),
		cmocka_unit_test_setup(of_a_crash_only_errors_are_told, begin),
		cmocka_unit_test_setup(expectations_of_memcheck_hold_only_under_it, begin),
		cmocka_unit_test_setup(a_report_that_is_not_there_is_no_pass, begin),
	};

	return cmocka_run_group_tests(tests, make_board, drop_board) ? 1 : 0;
}
