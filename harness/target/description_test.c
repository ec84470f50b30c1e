/* SPDX-License-Identifier: Apache-2.0 */
/* Every member by itself, right and wrong: what is wrong is one sentence that names the file and the member. */
#include "description.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <tare/object.h>
#include <tare/status.h>

struct place {
	char folder[256];
	char file[300];
	char error[2048];
	bool has_cell;
	struct tare_target_file read;
};

static int open_place(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	if (!place)
		return -1;
	strcpy(place->folder, "/tmp/tare-description-XXXXXX");
	*state = place;
	if (!mkdtemp(place->folder))
		return -1;
	snprintf(place->file, sizeof place->file, "%s/target.json", place->folder);
	return 0;
}

static int close_place(void **state)
{
	struct place *place = *state;

	unlink(place->file);
	rmdir(place->folder);
	free(place);
	return 0;
}

static int read_bytes(struct place *place, const char *bytes, size_t size)
{
	FILE *file = fopen(place->file, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	place->error[0] = '\0';
	return tare__description_read(place->file, &place->read, &place->has_cell, place->error, sizeof place->error);
}

static int read_text(struct place *place, const char *text)
{
	return read_bytes(place, text, strlen(text));
}

static void refused(struct place *place, const char *text, const char *why)
{
	char wanted[2048];

	snprintf(wanted, sizeof wanted, "%s: %s", place->file, why);
	assert_int_equal(read_text(place, text), TARE_E_ARGUMENT);
	assert_string_equal(place->error, wanted);
}

static void all_members_are_read(void **state)
{
	struct place *place = *state;
	char wanted[400];

	assert_int_equal(read_text(place, "{ \"name\": \"n\", \"object\": \"sub/r.so\", \"cell\": \"a2a3/sim/hbg\","
		" \"extension\": false, \"driver\": \"machine\", \"libraries\": [ \"one.so\", \"/two.so\" ], \"aicpu\": \"a.so\","
		" \"aicore\": \"b.so\", \"dispatcher\": \"/c.so\", \"limits\": { \"launches\": 7, \"seconds\": 2147483647 } }"), TARE_OK);
	assert_string_equal(place->read.name, "n");
	snprintf(wanted, sizeof wanted, "%s/sub/r.so", place->folder);
	assert_string_equal(place->read.object, wanted);
	assert_true(place->has_cell);
	assert_int_equal(place->read.cell.arch, TARE_ARCH_A2A3);
	assert_int_equal(place->read.cell.platform, TARE_PLATFORM_SIM);
	assert_false(place->read.extension);
	assert_int_equal(place->read.driver, TARE_TARGET_ON_MACHINE);
	assert_int_equal(place->read.library_count, 2);
	snprintf(wanted, sizeof wanted, "%s/one.so", place->folder);
	assert_string_equal(place->read.libraries[0], wanted);
	assert_string_equal(place->read.libraries[1], "/two.so");
	snprintf(wanted, sizeof wanted, "%s/a.so", place->folder);
	assert_string_equal(place->read.aicpu, wanted);
	snprintf(wanted, sizeof wanted, "%s/b.so", place->folder);
	assert_string_equal(place->read.aicore, wanted);
	assert_string_equal(place->read.dispatcher, "/c.so");
	assert_int_equal(place->read.launches, 7);
	assert_int_equal(place->read.seconds, 2147483647);
}

static void the_object_is_enough(void **state)
{
	struct place *place = *state;

	assert_int_equal(read_text(place, "{ \"object\": \"/lib/r.so\" }"), TARE_OK);
	assert_string_equal(place->read.name, "r.so");
	assert_false(place->has_cell);
	assert_true(place->read.extension);
	assert_string_equal(place->read.aicpu, "");
	assert_int_equal(place->read.launches, 0);
}

static void a_driver_is_ours_the_vendors_or_a_library(void **state)
{
	struct place *place = *state;

	assert_int_equal(read_text(place, "{ \"object\": \"/r.so\", \"driver\": \"cann\" }"), TARE_OK);
	assert_int_equal(place->read.driver, TARE_TARGET_ON_OTHER);
	assert_int_equal(place->read.library_count, 0);
	assert_int_equal(read_text(place, "{ \"object\": \"/r.so\", \"driver\": \"/d.so\" }"), TARE_OK);
	assert_int_equal(place->read.driver, TARE_TARGET_ON_OTHER);
	assert_string_equal(place->read.libraries[0], "/d.so");
}

static void an_object_describes_itself(void **state)
{
	struct place *place = *state;

	assert_int_equal(read_bytes(place, "\177ELFrest", 8), TARE_OK);
	assert_string_equal(place->read.object, place->file);
	assert_string_equal(place->read.name, "target.json");
	assert_false(place->has_cell);
}

static void a_wrong_member_is_named(void **state)
{
	static const struct { const char *text, *why; } wrong[] = {
		{ "[]", "a target is described by a JSON object" },
		{ "{}", "it does not name an \"object\"" },
		{ "{ \"objekt\": \"a.so\" }", "\"objekt\" is no member of a target's description" },
		{ "{ \"object\": 1 }", "\"object\" must be a text that is not empty" },
		{ "{ \"object\": \"\" }", "\"object\" must be a text that is not empty" },
		{ "{ \"name\": null }", "\"name\" must be a text that is not empty" },
		{ "{ \"cell\": {} }", "\"cell\" must be a text that is not empty" },
		{ "{ \"cell\": \"a5/*/hbg\" }", "\"cell\": there is no cell 'a5/*/hbg'" },
		{ "{ \"aicpu\": false }", "\"aicpu\" must be a text that is not empty" },
		{ "{ \"aicore\": [] }", "\"aicore\" must be a text that is not empty" },
		{ "{ \"dispatcher\": 2.5 }", "\"dispatcher\" must be a text that is not empty" },
		{ "{ \"extension\": 1 }", "\"extension\" must be true or false" },
		{ "{ \"driver\": true }", "\"driver\" must be a text that is not empty" },
		{ "{ \"libraries\": \"a.so\" }", "\"libraries\" must be a list of files" },
		{ "{ \"libraries\": [ 1 ] }", "\"libraries\" must be a text that is not empty" },
		{ "{ \"libraries\": [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"] }", "more than 8 libraries are named" },
		{ "{ \"limits\": 3 }", "\"limits\" must be an object" },
		{ "{ \"limits\": { \"launch\": 1 } }", "there is no limit \"launch\", only launches and seconds" },
		{ "{ \"limits\": { \"launches\": 0 } }", "limit \"launches\" must be a number from 1 on" },
		{ "{ \"limits\": { \"seconds\": 2147483648 } }", "limit \"seconds\" must be a number from 1 on" },
		{ "{ \"limits\": { \"seconds\": \"1\" } }", "limit \"seconds\" must be a number from 1 on" },
	};

	for (size_t i = 0; i < TARE_COUNT(wrong); i++)
		refused(*state, wrong[i].text, wrong[i].why);
}

static void what_is_no_json_is_told_by_its_line(void **state)
{
	struct place *place = *state;

	assert_int_equal(read_text(place, "{ \"object\":\n\"a.so\",,"), TARE_E_ARGUMENT);
	assert_non_null(strstr(place->error, "neither an object nor JSON: line 2: "));
	assert_int_equal(read_text(place, "{ \"object\": \"a\", \"object\": \"b\" }"), TARE_E_ARGUMENT);
	assert_non_null(strstr(place->error, "duplicate"));
	assert_int_equal(read_text(place, ""), TARE_E_ARGUMENT);
	assert_int_equal(tare__description_read("/no/such/file", &place->read, &place->has_cell, place->error,
		sizeof place->error), TARE_E_NOT_FOUND);
	assert_string_equal(place->error, "/no/such/file: there is no such file, or it can't be read");
}

static void what_is_too_long_is_not_cut(void **state)
{
	char text[TARE_TARGET_PATH + 64];

	snprintf(text, sizeof text, "{ \"name\": \"%0*d\" }", TARE_TARGET_NAME, 1);
	refused(*state, text, "\"name\" is longer than 127 bytes");
	snprintf(text, sizeof text, "{ \"object\": \"/%0*d\" }", TARE_TARGET_PATH, 1);
	refused(*state, text, "\"object\" is longer than 1023 bytes");
	snprintf(text, sizeof text, "{ \"aicpu\": \"%0*d\" }", TARE_TARGET_PATH - 8, 1);
	refused(*state, text, "the path of \"aicpu\" is too long");
}

static void a_cell_is_guessed_from_a_name_of_ours_alone(void **state)
{
	static const char *const strange[] = {
		"/x/libhost_runtime_a5_onboard.so", "/x/libhost_runtime_a7_sim_hbg.so", "/x/runtime.so", "/x/libhost_runtime_.so",
	};
	struct tare_cell cell;

	(void)state;
	assert_int_equal(tare__description_guess("/x/libhost_runtime_a5_onboard_hbg.so", &cell), TARE_OK);
	assert_int_equal(cell.arch, TARE_ARCH_A5);
	assert_int_equal(cell.platform, TARE_PLATFORM_ONBOARD);
	for (size_t i = 0; i < TARE_COUNT(strange); i++)
		assert_int_equal(tare__description_guess(strange[i], &cell), TARE_E_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_members_are_read), TEST(the_object_is_enough), TEST(a_driver_is_ours_the_vendors_or_a_library),
		TEST(an_object_describes_itself), TEST(a_wrong_member_is_named), TEST(what_is_no_json_is_told_by_its_line),
		TEST(what_is_too_long_is_not_cut), TEST(a_cell_is_guessed_from_a_name_of_ours_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
