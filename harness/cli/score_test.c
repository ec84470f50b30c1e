/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli.h"
#include "score.h"

const struct tare__command *const tare__commands[] = { NULL };

struct place { char directory[64], file[96]; };

static struct place make_place(void)
{
	struct place place;

	strcpy(place.directory, "/tmp/tare-score-XXXXXX");
	assert_non_null(mkdtemp(place.directory));
	snprintf(place.file, sizeof(place.file), "%s/score", place.directory);
	return place;
}

static void drop_place(const struct place *place)
{
	unlink(place->file);
	assert_int_equal(rmdir(place->directory), 0);
}

static void what_was_recorded_is_said(void **state)
{
	struct tare__defect *defects = calloc(2, sizeof(*defects));
	struct place place = make_place();
	char text[128], reason[TARE_DEFECT_REASON], whole[512] = "";
	FILE *file;

	(void)state;
	assert_non_null(defects);
	strcpy(defects[0].name, "registered_again");
	strcpy(defects[0].incident, "#870: again and again");
	strcpy(defects[0].wishes[0].verdict, "LEAK");
	strcpy(defects[0].wishes[0].account, "kernel_images");
	defects[0].wishes[0].launch = 2;
	defects[0].caught = true;
	defects[0].mark = 7;
	defects[1].mark = 77;
	strcpy(defects[1].name, "crashes");
	strcpy(defects[1].incident, "#1");
	strcpy(defects[1].wishes[0].verdict, "CRASH");
	assert_int_equal(tare__score_write(place.file, "abcdef123456", "2026-11-21", defects, 2, reason), 0);
	assert_string_equal(tare__score_words(place.directory, text, sizeof(text)), "1 of 2 caught, at commit abcdef123456");
	file = fopen(place.file, "r");
	assert_non_null(file);
	assert_true(fread(whole, 1, sizeof(whole) - 1, file) > 0);
	fclose(file);
	assert_string_equal(whole, "commit abcdef123456\ndate 2026-11-21\ncaught 1 of 2\n"
		"registered_again\t#870: again and again\tLEAK\tkernel_images\t2\t7\ncrashes\t#1\tMISSED\t-\t-\t77\n");
	drop_place(&place);
	assert_int_equal(tare__score_write("/dev/null/score", "a", "b", defects, 2, reason), -1);
	assert_non_null(strstr(reason, "/dev/null/score"));
	free(defects);
}

static void says_nothing(const char *content)
{
	struct place place = make_place();
	char text[128];
	FILE *file = content ? fopen(place.file, "w") : NULL;

	if (file) {
		fputs(content, file);
		fclose(file);
	}
	assert_string_equal(tare__score_words(place.directory, text, sizeof(text)), "");
	drop_place(&place);
}

/* A sum that its own lines don't bear out is no claim to show. */
static void what_does_not_add_up_is_not_claimed(void **state)
{
	(void)state;
	says_nothing(NULL);
	says_nothing("");
	says_nothing("caught 1 of 1\na\t#1\tLEAK\t-\t-\n");
	says_nothing("commit abc\ncaught 2 of 2\na\t#1\tLEAK\t-\t-\n");
	says_nothing("commit abc\ncaught 1 of 1\na\t#1\tMISSED\t-\t-\n");
	says_nothing("commit abc\ncaught all of them\n");
	says_nothing("commit abc\ncaught 0 of 0\n");
}

static void says_of_patches(const char *patches, const char *wanted)
{
	static const char score[] = "commit abc\ncaught 2 of 2\none\t#1\tLEAK\t-\t2\t11\ntwo\t#2\tLEAK\t-\t-\t22\n";
	struct place place = make_place();
	char path[96], text[128];
	FILE *file = fopen(place.file, "w");

	assert_non_null(file);
	fputs(score, file);
	fclose(file);
	snprintf(path, sizeof(path), "%s/patches", place.directory);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(patches, file);
	fclose(file);
	assert_string_equal(tare__score_words(place.directory, text, sizeof(text)), wanted);
	unlink(path);
	drop_place(&place);
}

/* A patch of today's, and one that is another than it was, are in nobody's score. */
static void newer_patches_are_counted(void **state)
{
	(void)state;
	says_of_patches("11 300 one.patch\n22 400 two.patch\n", "2 of 2 caught, at commit abc");
	says_of_patches("11 300 one.patch\n2 400 two.patch\n",
		"2 of 2 caught, at commit abc; of the 2 patches here 1 is newer");
	says_of_patches("11 300 one.patch\n11 400 two.patch\n33 1 three.patch\n",
		"2 of 2 caught, at commit abc; of the 3 patches here 2 are newer");
	says_of_patches("", "2 of 2 caught, at commit abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_recorded_is_said),
		cmocka_unit_test(newer_patches_are_counted),
		cmocka_unit_test(what_does_not_add_up_is_not_claimed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
