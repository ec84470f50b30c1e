/* SPDX-License-Identifier: Apache-2.0 */
#include "test_help.h"

#include "forms.h"
#include "journal.h"

static void every_verdict_has_its_place(void **state)
{
	struct place place = place_make();
	size_t size;
	char *text;

	(void)state;
	record_small_run(&place, 4, 1);
	assert_int_equal(judge_junit(place.junit), 4);
	text = read_all(place.junit, &size);
	assert_non_null(strstr(text, "<testsuites>"));
	assert_non_null(strstr(
		text, "classname=\"tare.a5.onboard.hbg.relaunch\" name=\"kernel_registered_once\" time=\"1.235\""));
	assert_non_null(strstr(text,
		"<failure message=\"kernel images, at peak: 1000, wanted exactly 1\" type=\"Leak.KernelImages\">"
		"<![CDATA[kernel images, at peak: 1000, wanted exactly 1\nfirst broken at launch 2\n]]></failure>"));
	assert_non_null(strstr(text,
		"<error message=\"died of SIGSEGV\" type=\"Crash.SIGSEGV\"><![CDATA[died of SIGSEGV\nlast words\n]]>"));
	assert_non_null(strstr(text, "<skipped message=\"no extension\"/>"));
	assert_non_null(strstr(text, "device_bytes.close=0\n"));
	assert_non_null(strstr(text, "device_bytes.launches.highest=900\n"));
	assert_non_null(strstr(text, "timestamp=\"2026-11-20T"));
	assert_null(strstr(text, "Incomplete"));
	assert_int_equal(text[size - 1], '\n');
	free(text);
	place_clear(&place);
}

static void what_the_run_left_out_is_an_error(void **state)
{
	struct place place = place_make();
	size_t size;
	char *text;

	(void)state;
	record_small_run(&place, 2, 130);
	assert_int_equal(judge_junit(place.junit), 4);
	text = read_all(place.junit, &size);
	assert_non_null(strstr(text, "<error message=\"not run\" type=\"NotRun\">"));
	free(text);
	place_clear(&place);
}

/* Several run at a time: a killed run lost each of them. */
static void each_case_that_was_running_is_an_error(void **state)
{
	struct place place = place_make();
	struct tare_record_paths paths = paths_of(&place);
	const struct tare_record_case plan[] = { { .name = "one", .suite = "s" }, { .name = "two", .suite = "s" },
		{ .name = "three", .suite = "s" } };
	const struct tare_record_run run = { .version = "", .driver = "", .command = "" };
	struct tare_recorder *recorder;
	char error[256], *text;
	size_t size;

	(void)state;
	assert_int_equal(tare_recorder_open(&recorder, &paths, &run, plan, 3, error, sizeof(error)), TARE_OK);
	assert_int_equal(tare_recorder_started(recorder, 1, 1), TARE_OK);
	assert_int_equal(tare_recorder_started(recorder, 2, 1), TARE_OK);
	assert_int_equal(tare_report_from_journal(&paths, error, sizeof(error)), TARE_OK);
	assert_int_equal(judge_junit(place.junit), 3);
	text = read_all(place.junit, &size);
	assert_non_null(strstr(text, "errors=\"2\" skipped=\"1\""));
	free(text);
	tare_recorder_close(&recorder, 130, error, sizeof(error));
	place_clear(&place);
}

static void write_hostile(const struct place *place, const char *bytes)
{
	struct tare_record_paths paths = paths_of(place);
	struct tare_record_case plan = { bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes };
	struct tare_record_outcome outcome = {
		.verdict = "FAIL", .attempt = 1, .type = bytes, .message = bytes, .body = bytes, .log = bytes
	};
	struct tare_record_run run = { bytes, bytes, bytes, bytes, bytes, UINT64_MAX, UINT64_MAX, 1, 1, bytes };
	struct tare_recorder *recorder;
	char error[256];

	assert_int_equal(tare_recorder_open(&recorder, &paths, &run, &plan, 1, error, sizeof(error)), TARE_OK);
	assert_int_equal(tare_recorder_ended(recorder, 0, &outcome), TARE_OK);
	assert_int_equal(tare_recorder_close(&recorder, 1, error, sizeof(error)), TARE_OK);
}

static void hostile_bytes_do_no_harm(void **state)
{
	static const char *const hostile[] = {
		"]]>",
		"a]]>b]]>",
		"x]",
		"<&>\"'",
		"\x1b[31mred\x1b[0m|",
		"\xff\xfe\x01\x02|",
		"\xef\xbf\xbf|",
		"../../x.y z",
		"yaml",
		"\n\n\n|",
		"&#27;<![CDATA[ ]]>",
		"\xe2\x80\xae|",
		"%s%n%d",
	};

	(void)state;
	for (size_t i = 0; i < TARE_COUNT(hostile); i++) {
		struct place place = place_make();

		write_hostile(&place, hostile[i]);
		assert_int_equal(judge_junit(place.junit), 1);
		place_clear(&place);
	}
}

static void cdata_is_one_section_or_none(void **state)
{
	struct place place = place_make();
	size_t size;
	char *text;

	(void)state;
	write_hostile(&place, "before ]]> after <x> & y");
	text = read_all(place.junit, &size);
	assert_null(strstr(text, "<![CDATA["));
	assert_non_null(strstr(text, "before ]]&gt; after &lt;x&gt; &amp; y"));
	free(text);
	write_hostile(&place, "no end in <x> & y");
	text = read_all(place.junit, &size);
	assert_non_null(strstr(text, "<![CDATA[no end in <x> & y\n]]>"));
	free(text);
	place_clear(&place);
}

static void long_texts_are_cut(void **state)
{
	struct place place = place_make();
	char *longest = malloc(3000001);
	struct stat about;

	(void)state;
	memset(longest, 'x', 3000000);
	longest[3000000] = '\0';
	write_hostile(&place, longest);
	assert_int_equal(judge_junit(place.junit), 1);
	assert_int_equal(stat(place.junit, &about), 0);
	assert_true(about.st_size < 200000);
	free(longest);
	place_clear(&place);
}

static void expect_unwritable(struct tare_record_paths paths, const char *words)
{
	struct tare_recorder *recorder = NULL;
	char error[256] = "";

	assert_int_equal(
		tare_recorder_open(&recorder, &paths, &small_run, small_plan, 4, error, sizeof(error)), TARE_E_IO);
	assert_null(recorder);
	assert_non_null(strstr(error, words));
}

static void a_path_that_cannot_be_written_is_named(void **state)
{
	struct place place = place_make();
	struct tare_record_paths paths = paths_of(&place);

	(void)state;
	paths.journal = "/nowhere/at/all/journal.jsonl";
	expect_unwritable(paths, "/nowhere/at/all/journal.jsonl");
	paths.journal = "/dev/full";
	expect_unwritable(paths, "/dev/full");
	paths.journal = place.journal;
	paths.junit = "/nowhere/junit.xml";
	expect_unwritable(paths, "/nowhere/junit.xml");
	paths.junit = place.directory;
	expect_unwritable(paths, place.directory);
	paths.junit = "/dev/full";
	expect_unwritable(paths, "No space left");
	paths.junit = place.junit;
	paths.html = "/dev/full";
	expect_unwritable(paths, "No space left");
	paths.html = place.html;
	paths.csv = "/dev/full";
	expect_unwritable(paths, "No space left");
	assert_int_equal(access("/dev/full", F_OK), 0);
	place_clear(&place);
}

static void a_report_that_fails_leaves_the_one_before(void **state)
{
	struct place place = place_make();
	struct tare_model model = { 0 };
	char error[256], part[128];

	(void)state;
	record_small_run(&place, 4, 1);
	snprintf(part, sizeof(part), "%s.part", place.junit);
	assert_int_equal(symlink("/dev/full", part), 0);
	assert_int_equal(tare__journal_read(place.journal, &model, error, sizeof(error)), TARE_OK);
	assert_int_equal(tare__junit_write(&model, place.junit, true, error, sizeof(error)), TARE_E_IO);
	assert_non_null(strstr(error, "No space left"));
	assert_int_equal(judge_junit(place.junit), 4);
	tare__model_drop(&model);
	place_clear(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verdict_has_its_place),
		cmocka_unit_test(what_the_run_left_out_is_an_error),
		cmocka_unit_test(each_case_that_was_running_is_an_error),
		cmocka_unit_test(hostile_bytes_do_no_harm),
		cmocka_unit_test(cdata_is_one_section_or_none),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(a_path_that_cannot_be_written_is_named),
		cmocka_unit_test(a_report_that_fails_leaves_the_one_before),
	};

	xmlInitParser();
	xmlSetGenericErrorFunc(NULL, quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
