/* SPDX-License-Identifier: Apache-2.0 */
#include "test_help.h"

#include "journal.h"

#define L(n) (UINT32_C(1) << (n))

static void reads(uint32_t judged, uint32_t broken, unsigned reached, const char *judged_words, const char *words)
{
	const struct tare_record_levels levels = { judged, broken };
	char text[TARE_LEVELS_TEXT];

	assert_int_equal(tare_record_level_reached(levels), reached);
	assert_string_equal(tare_record_levels_judged(levels, text), judged_words);
	assert_string_equal(tare_record_levels_reached(levels, text), words);
}

static void a_level_is_reached_over_those_below_it(void **state)
{
	(void)state;
	reads(0, 0, 0, "none", "none judged");
	reads(L(1), 0, 1, "L1", "L1, L2 not judged");
	reads(L(1), L(1), 0, "L1", "none, L1 broken");
	reads(L(2) | L(3), 0, 0, "L2 L3", "none, L1 not judged");
	reads(L(5), 0, 0, "L5", "L5 alone");
	reads(L(5), L(5), 0, "L5", "L5 alone, broken");
	reads(L(1) | L(2) | L(3), L(3), 2, "L1 L2 L3", "L2, L3 broken");
	reads(L(1) | L(2) | L(4), 0, 2, "L1 L2 L4", "L2, L3 not judged");
	reads(L(1) | L(2) | L(3) | L(4), 0, 4, "L1 L2 L3 L4", "L4, L5 not judged: no sweep");
	reads(L(1) | L(2) | L(3) | L(4) | L(5), L(5), 4, "L1 L2 L3 L4 L5", "L4, L5 broken");
	reads(L(1) | L(2) | L(3) | L(4) | L(5), 0, 5, "L1 L2 L3 L4 L5", "L5");
}

static void broken_in_one_case_is_broken(void **state)
{
	struct tare_record_levels levels = { L(1) | L(2), L(2) };

	(void)state;
	levels = tare_record_levels_add(levels, (struct tare_record_levels){ L(2) | L(3), 0 });
	assert_int_equal(levels.judged, L(1) | L(2) | L(3));
	assert_int_equal(levels.broken, L(2));
	assert_int_equal(tare_record_level_reached(levels), 1);
}

static void record_levels(const struct place *place)
{
	static const struct tare_record_levels levels[] = { { L(1) | L(2) | L(3), L(3) }, { L(4), 0 }, { L(1), 0 } };
	struct tare_record_paths paths = paths_of(place);
	struct tare_recorder *recorder;
	char error[256];

	assert_int_equal(tare_recorder_open(&recorder, &paths, &small_run, small_plan, 4, error, sizeof(error)), TARE_OK);
	for (size_t i = 0; i < TARE_COUNT(levels); i++) {
		const struct tare_record_outcome outcome = { .verdict = "PASS", .attempt = 1, .levels = levels[i] };

		assert_int_equal(tare_recorder_ended(recorder, i, &outcome), TARE_OK);
	}
	assert_int_equal(tare_recorder_close(&recorder, 0, error, sizeof(error)), TARE_OK);
}

static void each_cell_has_its_own(void **state)
{
	struct place place = place_make();
	struct tare_model model = { 0 };
	char error[256], text[TARE_LEVELS_TEXT];

	(void)state;
	record_levels(&place);
	assert_int_equal(tare__journal_read(place.journal, &model, error, sizeof(error)), TARE_OK);
	assert_int_equal(model.cases[0].outcome.levels.broken, L(3));
	assert_string_equal(tare_record_levels_reached(tare__model_levels(&model, &model.cases[1]), text), "L2, L3 broken");
	assert_string_equal(tare_record_levels_reached(tare__model_levels(&model, &model.cases[2]), text), "L1, L2 not judged");
	assert_int_equal(model.cases[3].outcome.levels.judged, 0);
	tare__model_drop(&model);
	place_clear(&place);
}

static void the_reports_say_it(void **state)
{
	struct place place = place_make();
	size_t size;
	char *text;

	(void)state;
	record_levels(&place);
	assert_int_equal(judge_junit(place.junit), 4);
	text = read_all(place.junit, &size);
	assert_non_null(strstr(text, "<property name=\"tare.level.judged\" value=\"L1 L2 L3 L4\"/>"));
	assert_non_null(strstr(text, "<property name=\"tare.level.reached\" value=\"L2, L3 broken\"/>"));
	assert_non_null(strstr(text, "<property name=\"tare.level.reached\" value=\"L1, L2 not judged\"/>"));
	free(text);
	text = read_all(place.html, &size);
	assert_non_null(strstr(text, "<th>level reached</th>"));
	assert_non_null(strstr(text, "<td>L2, L3 broken</td>"));
	free(text);
	record_small_run(&place, 4, 1);
	text = read_all(place.junit, &size);
	assert_non_null(strstr(text, "<property name=\"tare.level.reached\" value=\"none judged\"/>"));
	free(text);
	place_clear(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_level_is_reached_over_those_below_it),
		cmocka_unit_test(broken_in_one_case_is_broken),
		cmocka_unit_test(each_cell_has_its_own),
		cmocka_unit_test(the_reports_say_it),
	};

	xmlInitParser();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
