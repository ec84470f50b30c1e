/* SPDX-License-Identifier: Apache-2.0 */
#include "test_help.h"

#include "journal.h"

static void what_is_written_is_read(void **state)
{
	struct place place = place_make();
	struct tare_model model = { 0 };
	char error[256], name[TARE_CASE_NAME];

	(void)state;
	record_small_run(&place, 4, 1);
	assert_int_equal(tare__journal_read(place.journal, &model, error, sizeof(error)), TARE_OK);
	assert_true(model.ended);
	assert_int_equal(model.exit_status, 1);
	assert_int_equal(model.count, 4);
	assert_int_equal(model.suite_count, 3);
	assert_int_equal(model.run.seed, 7);
	assert_string_equal(model.suites[model.cases[3].suite].classname, "tare.a2a3.sim.hbg.arena");
	assert_string_equal(tare__case_name(&model.cases[3], name), "growth_fails[rtMalloc:3]");
	assert_string_equal(model.cases[1].outcome.verdict, "LEAK");
	assert_int_equal(model.cases[0].outcome.reading_count, TARE_COUNT(small_readings));
	assert_int_equal(model.cases[0].outcome.readings[2].value, 900);
	assert_int_equal(model.cases[0].outcome.readings[2].launch, 5);
	assert_string_equal(model.cases[0].outcome.readings[2].account, "device_bytes");
	tare__model_drop(&model);
	place_clear(&place);
}

static void cut_at_every_byte_it_still_makes_a_report(void **state)
{
	struct place place = place_make(), copy = place_make();
	struct tare_record_paths paths = { .journal = copy.journal, .junit = copy.junit, .html = copy.html };
	size_t size;
	char *bytes, error[256];

	(void)state;
	record_small_run(&place, 4, 1);
	bytes = read_all(place.journal, &size);
	size_t plan = (size_t)(strchr(bytes, '\n') - bytes);
	for (size_t cut = 0; cut <= size; cut++) {
		write_all(copy.journal, bytes, cut);
		paths.html = cut % 8 ? NULL : copy.html;
		assert_int_equal(tare_report_from_journal(&paths, error, sizeof(error)), TARE_OK);
		assert_int_equal(judge_junit(copy.junit), cut <= plan ? 1 : 4);
	}
	free(bytes);
	place_clear(&place);
	place_clear(&copy);
}

static void expect_refused(const char *journal, const char *words)
{
	struct place place = place_make();
	struct tare_record_paths paths = { .journal = place.journal, .junit = place.junit };
	char error[256] = "";

	write_all(place.journal, journal, strlen(journal));
	assert_int_equal(tare_report_from_journal(&paths, error, sizeof(error)), TARE_E_ARGUMENT);
	assert_non_null(strstr(error, words));
	assert_int_equal(access(place.junit, F_OK), -1);
	place_clear(&place);
}

#define PLAN \
	"{\"what\":\"plan\",\"journal\":1,\"run\":{},\"cases\":[{\"suite\":\"s\",\"name\":\"n\",\"arch\":\"a5\"}]}\n"

static void what_is_no_journal_is_refused(void **state)
{
	(void)state;
	expect_refused("hello", "no journal");
	expect_refused("hello\n", ":1: not a line");
	expect_refused("{\"what\":\"end\",\"exit\":0}\n", "does not begin with a plan");
	expect_refused("{\"what\":\"plan\",\"journal\":2,\"cases\":[{\"name\":\"n\"}]}\n", "version");
	expect_refused("{\"what\":\"plan\",\"journal\":1,\"cases\":[]}\n", "no case");
	expect_refused("{\"what\":\"plan\",\"journal\":1,\"cases\":[{\"name\":\"n\"},{\"name\":\"n\"}]}\n",
		"planned twice");
	expect_refused(PLAN "{\"what\":\"started\",\"case\":1,\"attempt\":1}\n", "not planned");
	expect_refused(PLAN "{\"what\":\"started\",\"case\":-1,\"attempt\":1}\n", "not planned");
	expect_refused(
		PLAN "{\"what\":\"ended\",\"case\":0,\"verdict\":\"FINE\"}\n", ":2: a case ended with a verdict");
	expect_refused(PLAN "{\"what\":\"ended\",\"case\":0,\"verdict\":\"PASS\",\"readings\":[[1]]}\n", "reading");
	expect_refused(PLAN "{\"what\":\"ended\",\"case\":0,\"verdict\":\"PA\n" PLAN, ":2: not a line");
	expect_refused(PLAN "[]\n", "not known");
}

static void a_second_writer_is_refused(void **state)
{
	struct place place = place_make();
	char error[256];
	int status = 0, fd = tare__journal_open(place.journal, error, sizeof(error));

	(void)state;
	assert_true(fd >= 0);
	/* A process never meets its own lock. */
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		_exit(tare__journal_open(place.journal, error, sizeof(error)) == TARE_E_BUSY &&
					strstr(error, "another run")
				? 0
				: 1);
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(fd);
	place_clear(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(cut_at_every_byte_it_still_makes_a_report),
		cmocka_unit_test(what_is_no_journal_is_refused),
		cmocka_unit_test(a_second_writer_is_refused),
	};

	xmlInitParser();
	xmlSetGenericErrorFunc(NULL, quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
