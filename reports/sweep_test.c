/* SPDX-License-Identifier: Apache-2.0 */
#include "test_help.h"

#include "journal.h"

static const struct tare_sweep_tally whole = {
	.single = { 812, 812, 812, 812, 812, 3 }, .pairs = { 90, 90, 90, 90, 90, 0 }, .calls = 147, .paths = 61,
	.processes = 5,
};

static void says(struct tare_sweep_tally tally, const char *words)
{
	char text[TARE_SWEEP_TEXT];

	assert_string_equal(tare_sweep_words(&tally, text), words);
}

static void four_numbers_are_one_sentence(void **state)
{
	struct tare_sweep_tally tally = whole;
	char text[TARE_SWEEP_TEXT];

	(void)state;
	says(tally, "points 812 = fired 812 = rolled back 812 = retried 812 (3 in a fresh process), 147 calls, "
		"61 call paths");
	assert_string_equal(tare_sweep_pair_words(&tally, text),
		"pairs 90 = fired 90 = rolled back 90 = retried 90 (0 in a fresh process)");
	assert_true(tare_sweep_is_whole(&tally.single));
	tally.single.rolled_back = 811;
	tally.single.retried = 809;
	says(tally, "points 812 = fired 812, rolled back 811, retried 809 (3 in a fresh process), "
		"NOT WHOLE: 1 not rolled back, NOT WHOLE: 2 not retried, 147 calls, 61 call paths");
	assert_false(tare_sweep_is_whole(&tally.single));
	tally.pairs.points = 0;
	assert_string_equal(tare_sweep_pair_words(&tally, text), "");
}

static void a_budget_is_no_whole_sweep(void **state)
{
	struct tare_sweep_tally tally = whole;

	(void)state;
	tally.single = (struct tare_sweep_count){ 812, 61, 61, 61, 61, 0 };
	says(tally, "fast: 61 of 812 points, every call path once: chosen 61 = fired 61 = rolled back 61 = retried 61 "
		"(0 in a fresh process), 147 calls, 61 call paths");
	assert_false(tare_sweep_is_whole(&tally.single));
	tally.single.chosen = 60;
	tally.unstable = 2;
	says(tally, "fast: 60 of 812 points, not every call path: chosen 60, fired 61 = rolled back 61 = retried 61 "
		"(0 in a fresh process), NOT WHOLE: 1 more fired, 147 calls, 61 call paths, 2 calls others in a second run");
}

static void record_sweep(const struct place *place)
{
	static const struct tare_record_gap gaps[] = {
		{ "a5/onboard/hbg", "rtMalloc at onboard.c:24", NULL },
		{ "a5/onboard/hbg", "memory_take", "onboard has the card's memory" },
	};
	struct tare_record_paths paths = paths_of(place);
	struct tare_record_run run = small_run;
	struct tare_record_outcome swept = { .verdict = "PASS", .attempt = 1, .sweep = whole };
	struct tare_recorder *recorder;
	char error[256];

	run.score = "82 of 82 caught, at commit abcdef1";
	assert_int_equal(tare_recorder_open(&recorder, &paths, &run, small_plan, TARE_COUNT(small_plan), error,
		sizeof(error)), TARE_OK);
	assert_int_equal(tare_recorder_ended(recorder, 0, &swept), TARE_OK);
	assert_int_equal(tare_recorder_ended(recorder, 1, &small_outcomes[3]), TARE_OK);
	for (size_t i = 0; i < TARE_COUNT(gaps); i++)
		assert_int_equal(tare_recorder_gap(recorder, &gaps[i]), TARE_OK);
	assert_int_equal(tare_recorder_close(&recorder, 0, error, sizeof(error)), TARE_OK);
}

static void the_journal_keeps_it(void **state)
{
	struct place place = place_make();
	struct tare_model model = { 0 };
	char error[256];

	(void)state;
	record_sweep(&place);
	assert_int_equal(tare__journal_read(place.journal, &model, error, sizeof(error)), TARE_OK);
	assert_memory_equal(&model.cases[0].outcome.sweep, &whole, sizeof(whole));
	assert_int_equal(model.cases[1].outcome.sweep.calls, 0);
	assert_int_equal(tare__model_sweep(&model).single.points, 812);
	assert_int_equal(model.gap_count, 2);
	assert_null(model.gaps[0].gap.reason);
	assert_string_equal(model.gaps[1].gap.what, "memory_take");
	assert_string_equal(model.run.score, "82 of 82 caught, at commit abcdef1");
	tare__model_drop(&model);
	place_clear(&place);
}

static void the_reports_show_it(void **state)
{
	struct place place = place_make();
	size_t size;
	char *text;

	(void)state;
	record_sweep(&place);
	assert_int_equal(judge_junit(place.junit), 4);
	text = read_all(place.junit, &size);
	assert_non_null(strstr(text, "<property name=\"tare.sweep.kernel_registered_once\" value=\"points 812 = fired 812"));
	assert_non_null(strstr(text, "<property name=\"tare.pairs.kernel_registered_once\" value=\"pairs 90 = "));
	assert_non_null(strstr(text, "<property name=\"tare.defects\" value=\"82 of 82"));
	free(text);
	text = read_all(place.html, &size);
	assert_non_null(strstr(text, "Every call fails once"));
	assert_non_null(strstr(text, "<td>rtMalloc at onboard.c:24</td><td>a finding"));
	assert_non_null(strstr(text, "seeded defects: 82 of 82 caught, at commit abcdef1"));
	free(text);
	place_clear(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_numbers_are_one_sentence),
		cmocka_unit_test(a_budget_is_no_whole_sweep),
		cmocka_unit_test(the_journal_keeps_it),
		cmocka_unit_test(the_reports_show_it),
	};

	xmlInitParser();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
