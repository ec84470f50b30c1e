/* SPDX-License-Identifier: Apache-2.0 */
#include "test_help.h"

#include <signal.h>
#include <time.h>

static void before_the_first_case_a_report_lies_there(void **state)
{
	struct place place = place_make();
	struct tare_record_paths paths = paths_of(&place);
	struct tare_recorder *recorder;
	size_t size;
	char error[256], *text;

	(void)state;
	write_all(place.junit, "last time's report", 18);
	assert_int_equal(
		tare_recorder_open(&recorder, &paths, &small_run, small_plan, 4, error, sizeof(error)), TARE_OK);
	assert_int_equal(judge_junit(place.junit), 4);
	text = read_all(place.junit, &size);
	assert_non_null(strstr(text, "<skipped message=\"not run\"/>"));
	assert_non_null(strstr(text, "type=\"Incomplete\""));
	free(text);
	assert_int_equal(tare_recorder_close(&recorder, 2, error, sizeof(error)), TARE_OK);
	assert_int_equal(judge_junit(place.junit), 4);
	place_clear(&place);
}

static void an_empty_plan_is_refused(void **state)
{
	struct place place = place_make();
	struct tare_record_paths paths = paths_of(&place);
	struct tare_recorder *recorder = NULL;
	char error[256];

	(void)state;
	assert_int_equal(tare_recorder_open(&recorder, &paths, &small_run, small_plan, 0, error, sizeof(error)),
		TARE_E_ARGUMENT);
	assert_null(recorder);
	assert_string_equal(error, "the plan is empty");
	place_clear(&place);
}

/* Says on the pipe that the plan is written, then records without end. */
static void record_for_ever(const struct place *place, int ready)
{
	struct tare_record_paths paths = paths_of(place);
	struct tare_recorder *recorder;
	char error[256];

	if (tare_recorder_open(&recorder, &paths, &small_run, small_plan, 4, error, sizeof(error)) ||
		write(ready, "", 1) != 1)
		_exit(1);
	for (size_t i = 0;; i = (i + 1) % 4) {
		if (tare_recorder_started(recorder, i, 1) || tare_recorder_ended(recorder, i, &small_outcomes[i]))
			_exit(2);
	}
}

static void killed_at_any_moment_it_leaves_a_report(void **state)
{
	(void)state;
	for (long moment = 0; moment < 20; moment++) {
		struct place place = place_make();
		struct tare_record_paths paths = { .journal = place.journal, .junit = place.junit };
		struct timespec later = { .tv_nsec = moment * moment * 1900000 % 400000000 };
		char byte, error[256];
		int ready[2];

		assert_int_equal(pipe(ready), 0);
		fflush(NULL);
		pid_t child = fork();
		if (child == 0)
			record_for_ever(&place, ready[1]);
		assert_true(child > 0);
		close(ready[1]);
		assert_int_equal(read(ready[0], &byte, 1), 1);
		close(ready[0]);
		nanosleep(&later, NULL); /* the moment of the kill; nothing waits for it */
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		assert_int_equal(judge_junit(place.junit), 4);
		assert_int_equal(tare_report_from_journal(&paths, error, sizeof(error)), TARE_OK);
		assert_int_equal(judge_junit(place.junit), 4);
		place_clear(&place);
	}
}

static void a_tick_catches_up(void **state)
{
	struct place place = place_make();
	struct tare_record_paths paths = paths_of(&place);
	struct tare_recorder *recorder;
	size_t size;
	char error[256], *text;
	bool there = false;

	(void)state;
	assert_int_equal(
		tare_recorder_open(&recorder, &paths, &small_run, small_plan, 4, error, sizeof(error)), TARE_OK);
	assert_int_equal(tare_recorder_ended(recorder, 1, &small_outcomes[1]), TARE_OK);
	for (int i = 0; i < 200 && !there; i++) {
		struct timespec step = { .tv_nsec = 10000000 };

		nanosleep(&step, NULL);
		assert_int_equal(tare_recorder_tick(recorder), TARE_OK);
		text = read_all(place.junit, &size);
		there = strstr(text, "Leak.KernelImages") != NULL;
		free(text);
	}
	assert_true(there);
	assert_int_equal(tare_recorder_close(&recorder, 1, error, sizeof(error)), TARE_OK);
	place_clear(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_the_first_case_a_report_lies_there),
		cmocka_unit_test(an_empty_plan_is_refused),
		cmocka_unit_test(killed_at_any_moment_it_leaves_a_report),
		cmocka_unit_test(a_tick_catches_up),
	};

	xmlInitParser();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
