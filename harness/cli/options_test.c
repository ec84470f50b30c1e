/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli.h"

/* The help of all commands is not told here. */
const struct tare__command *const tare__commands[] = { NULL };

struct words {
	const char *out;
	uint32_t launches;
	uint64_t seed;
	unsigned driver;
	bool verbose;
};

static const char *const drivers[] = { "machine", "cann", NULL };

static const struct tare__option options[] = {
	{ "out", 0, TARE_OPTION_TEXT, offsetof(struct words, out), "DIR", NULL, "where" },
	{ "launches", 0, TARE_OPTION_COUNT, offsetof(struct words, launches), "N", NULL, "how often" },
	{ "seed", 's', TARE_OPTION_NUMBER, offsetof(struct words, seed), "N", NULL, "of what is drawn" },
	{ "driver", 0, TARE_OPTION_CHOICE, offsetof(struct words, driver), "DRIVER", drivers, "which" },
	{ "verbose", 'v', TARE_OPTION_FLAG, offsetof(struct words, verbose), NULL, NULL, "more" },
	{ 0 },
};

static const struct tare__command command = { .name = "run", .arguments = "", .about = "Runs.", .options = options };

/* Reads argv (NULL ends); what standard error got is in said. */
static int read_words(char **argv, struct words *words, char said[512])
{
	int count = 0, result, keep = dup(STDERR_FILENO);
	FILE *file = tmpfile();

	while (argv[count])
		count++;
	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	result = tare__options_read(&command, count, argv, words);
	fflush(stderr);
	dup2(keep, STDERR_FILENO);
	close(keep);
	rewind(file);
	said[fread(said, 1, 511, file)] = '\0';
	fclose(file);
	return result;
}

static void good_words_are_taken(void **state)
{
	char a[] = "relaunch.*", b[] = "--launches", c[] = "1000", d[] = "-v", e[] = "--out=here", f[] = "--driver",
	     g[] = "cann", h[] = "--", i[] = "--not-an-option", j[] = "--seed=0x10";
	char *argv[] = { a, b, c, d, e, f, g, j, h, i, NULL }, said[512];
	struct words words = { 0 };

	(void)state;
	assert_int_equal(read_words(argv, &words, said), 2);
	assert_string_equal(said, "");
	assert_string_equal(argv[0], "relaunch.*");
	assert_string_equal(argv[1], "--not-an-option");
	assert_int_equal(words.launches, 1000);
	assert_int_equal(words.seed, 16);
	assert_int_equal(words.driver, 1);
	assert_true(words.verbose);
	assert_string_equal(words.out, "here");
}

static void expect_sentence(const char *first, const char *second, const char *sentence)
{
	char one[64], two[64], said[512], *argv[] = { one, second ? two : NULL, NULL };
	struct words words = { 0 };

	strcpy(one, first);
	strcpy(two, second ? second : "");
	assert_int_equal(read_words(argv, &words, said), -1);
	assert_string_equal(said, sentence);
	assert_int_equal(words.launches, 0);
	assert_null(words.out);
}

static void a_bad_word_is_named_in_one_sentence(void **state)
{
	(void)state;
	expect_sentence("--lanches", "5", "tare: run has no option '--lanches'; see tare help run\n");
	expect_sentence("-x", NULL, "tare: run has no option '-x'; see tare help run\n");
	expect_sentence("-vv", NULL, "tare: run has no option '-vv'; see tare help run\n");
	expect_sentence("--launches", "-5", "tare: --launches: '-5' is not a count from 1 to 4294967295\n");
	expect_sentence("--launches", "0", "tare: --launches: '0' is not a count from 1 to 4294967295\n");
	expect_sentence("--launches=4294967296", NULL,
		"tare: --launches: '4294967296' is not a count from 1 to 4294967295\n");
	expect_sentence("--launches", "10x", "tare: --launches: '10x' is not a count from 1 to 4294967295\n");
	expect_sentence("--launches", NULL, "tare: --launches needs a value: N\n");
	expect_sentence("--out", "--seed", "tare: --out needs a value: DIR\n");
	expect_sentence("--out=", NULL, "tare: --out: DIR is empty\n");
	expect_sentence("--seed", "one", "tare: --seed: 'one' is not a number\n");
	expect_sentence("--driver", "gpu", "tare: --driver: 'gpu' is none of machine, cann\n");
	expect_sentence("--verbose=1", NULL, "tare: --verbose takes no value\n");
}

static void a_letter_takes_its_value_with_or_without_a_blank(void **state)
{
	char a[] = "-s7", b[] = "-s", c[] = "8", *argv[] = { a, NULL }, *apart[] = { b, c, NULL }, said[512];
	struct words words = { 0 };

	(void)state;
	assert_int_equal(read_words(argv, &words, said), 0);
	assert_int_equal(words.seed, 7);
	assert_int_equal(read_words(apart, &words, said), 0);
	assert_int_equal(words.seed, 8);
}

static void lines_are_wrapped(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	tare__wrap(to, "one two  three\nfour five", 2, 2, 12);
	fclose(to);
	assert_string_equal(text, "one two\n  three four\n  five\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_words_are_taken),
		cmocka_unit_test(a_bad_word_is_named_in_one_sentence),
		cmocka_unit_test(a_letter_takes_its_value_with_or_without_a_blank),
		cmocka_unit_test(lines_are_wrapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
