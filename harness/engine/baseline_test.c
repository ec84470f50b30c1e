/* SPDX-License-Identifier: Apache-2.0 */
/* What a line of a baseline does to an outcome; the file itself is tested through `tare`. */
#include "judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct tare_suite suite = { .name = "relaunch" };
static const struct tare_spec spec = { .name = "case" }, other = { .name = "other" };
static struct tare_case_ref ref = { .suite = &suite, .spec = &spec, .cell = { TARE_ARCH_A5, TARE_PLATFORM_SIM, TARE_GRAPH_HBG } };
static char path[] = "known.txt";
static struct tare_baseline_line line = {
	.pattern = "relaunch.case", .reason = "it is (#7)", .verdict = TARE_LEAK, .expiry = "2026-11-20", .number = 3,
	.cases = &ref, .case_count = 1,
};
static struct tare_baseline baseline = { .path = path, .lines = &line, .count = 1 };
static struct tare_outcome outcome;

static void judged(enum tare_verdict verdict, const char *today)
{
	struct tare_run_options options = { .baseline = &baseline, .today = today };

	outcome = (struct tare_outcome){ .verdict = verdict, .raw = verdict };
	snprintf(outcome.body, sizeof outcome.body, "a body\n");
	tare__baseline_apply(&options, &ref, &outcome);
}

static void a_known_failure_is_none_until_its_day_is_over(void **state)
{
	(void)state;
	judged(TARE_LEAK, "2026-11-20");
	assert_int_equal(outcome.verdict, TARE_LEAK);
	assert_string_equal(outcome.known, "it is (#7)");
	judged(TARE_LEAK, "2026-11-21");
	assert_string_equal(outcome.known, "");
	assert_non_null(strstr(outcome.body, "known.txt:3 knows it as LEAK until 2026-11-20, which is over: it is (#7)"));
}

static void another_verdict_is_another_failure(void **state)
{
	(void)state;
	judged(TARE_CRASH, "2026-11-19");
	assert_int_equal(outcome.verdict, TARE_CRASH);
	assert_string_equal(outcome.known, "");
}

static void an_unexpected_pass_fails(void **state)
{
	(void)state;
	judged(TARE_PASS, "2026-11-19");
	assert_int_equal(outcome.verdict, TARE_FAIL);
	assert_string_equal(outcome.type, "Fail.Baseline");
	assert_string_equal(outcome.message, "it passes, and known.txt:3 knows it as LEAK until 2026-11-20: it is (#7)");
}

static void others_are_left_alone(void **state)
{
	const struct tare_case_ref stranger = { .suite = &suite, .spec = &other, .cell = ref.cell };
	struct tare_case_ref elsewhere = ref;
	(void)state;

	elsewhere.cell.arch = TARE_ARCH_A2A3;
	assert_null(tare_baseline_find(&baseline, &stranger));
	assert_null(tare_baseline_find(&baseline, &elsewhere));
	judged(TARE_SKIP, "2026-11-19");
	assert_int_equal(outcome.verdict, TARE_SKIP);
}

static void known_failures_alone_do_not_fail_the_run(void **state)
{
	struct tare_run_summary summary = { .known = 2 };
	char day[11];

	(void)state;
	assert_int_equal(tare_exit_status(&summary, false), 0);
	summary.count[TARE_PASS] = 1;
	assert_int_equal(tare_exit_status(&summary, false), 0);
	summary.count[TARE_LEAK] = 1;
	assert_int_equal(tare_exit_status(&summary, false), 1);
	assert_string_equal(tare_baseline_day(0, 31, day), "1970-02-01");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_failure_is_none_until_its_day_is_over),
		cmocka_unit_test(another_verdict_is_another_failure),
		cmocka_unit_test(an_unexpected_pass_fails),
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(known_failures_alone_do_not_fail_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
