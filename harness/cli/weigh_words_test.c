/* SPDX-License-Identifier: Apache-2.0 */
/* The words of `tare weigh`: what they make of a fixture, and the sentence for each that is wrong. */
#include "weigh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <tare/device_program.h>
#include <tare/object.h>

/* The help of all commands is not told here. */
const struct tare__command *const tare__commands[] = { NULL };

#define A_FILE "/proc/self/exe" /* that can be read wherever this runs */

typedef int (*read_fn)(struct tare__weighed *weighed, const char *word);

static char said[1024]; /* by the last call, on standard error */

static int open_weighed(void **state)
{
	*state = calloc(1, sizeof(struct tare__weighed));
	return *state ? 0 : -1;
}

static int close_weighed(void **state)
{
	free(*state);
	return 0;
}

static int kernel(struct tare__weighed *weighed, const char *word)
{
	const struct tare__list words = { { word }, 1 };

	return tare__weigh_kernels(weighed, &words);
}

static int call(read_fn read, struct tare__weighed *weighed, const char *word)
{
	int keep = dup(STDERR_FILENO);
	FILE *file = tmpfile();

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	int status = read(weighed, word);
	fflush(stderr);
	dup2(keep, STDERR_FILENO);
	close(keep);
	rewind(file);
	said[fread(said, 1, sizeof said - 1, file)] = '\0';
	fclose(file);
	return status;
}

static void taken(read_fn read, struct tare__weighed *weighed, const char *word)
{
	assert_int_equal(call(read, weighed, word), 0);
	assert_string_equal(said, "");
}

static void refused(read_fn read, struct tare__weighed *weighed, const char *word, const char *sentence)
{
	char wanted[1024];

	snprintf(wanted, sizeof wanted, "tare: %s\n", sentence);
	assert_int_equal(call(read, weighed, word), -1);
	assert_string_equal(said, wanted);
}

static void kernels_have_an_id_and_a_core(void **state)
{
	struct tare__weighed *weighed = *state;

	taken(kernel, weighed, "3:aiv:" A_FILE);
	taken(kernel, weighed, "1023:aic:" A_FILE);
	assert_int_equal(weighed->child_count, 2);
	assert_int_equal(weighed->fixture.children[0].func_id, 3);
	assert_int_equal(weighed->fixture.children[0].core, TARE_CORE_AIV);
	assert_string_equal(weighed->fixture.children[0].kernel, A_FILE);
	assert_int_equal(weighed->fixture.children[1].func_id, 1023);
	assert_int_equal(weighed->fixture.children[1].core, TARE_CORE_AIC);
}

static void a_wrong_kernel_is_named(void **state)
{
	static const char *const wrong[] = { "", "3", "3:aiv", ":aiv:f", "x:aiv:f", "-1:aiv:f", "1024:aiv:f", "3:aix:f",
		"3:AIV:f", "99999999999999999999:aiv:f" };
	char sentence[256];

	for (size_t i = 0; i < TARE_COUNT(wrong); i++) {
		snprintf(sentence, sizeof sentence, "--kernel: '%s' is not ID:aic|aiv:FILE with an ID below 1024", wrong[i]);
		refused(kernel, *state, wrong[i], sentence);
	}
	refused(kernel, *state, "3:aiv:/no/such/file", "--kernel: /no/such/file can't be read");
}

static void tensors_have_shape_type_and_value(void **state)
{
	struct tare__weighed *weighed = *state;
	const struct tare_fixture *fixture = &weighed->fixture;

	taken(tare__weigh_args, weighed, "f32[128,4]=2.5,7,bf16[3],0x10,i8[1,2,3,4,5]=-1");
	assert_int_equal(weighed->tensor_count, 3);
	assert_int_equal(fixture->tensors[0].type, TARE_FLOAT32);
	assert_int_equal(fixture->tensors[0].elements, 512);
	assert_true(fixture->tensors[0].fill == 2.5f);
	assert_int_equal(fixture->shapes[0][1], 4);
	assert_int_equal(fixture->shapes[0][2], 0);
	assert_int_equal(fixture->tensors[1].type, TARE_BFLOAT16);
	assert_int_equal(fixture->tensors[2].elements, 120);
	assert_true(fixture->tensors[2].fill == -1.0f);
	assert_int_equal(fixture->scalar_count, 2);
	assert_int_equal(fixture->scalars[0], 7);
	assert_int_equal(fixture->scalars[1], 16);
}

static void a_wrong_argument_is_named(void **state)
{
	static const struct { const char *spec, *item; } wrong[] = {
		{ "", "" }, { "f32", "f32" }, { "f32[]", "f32[]" }, { "f32[0]", "f32[0]" }, { "f32[4", "f32[4" },
		{ "f32[1,2,3,4,5,6]", "f32[1,2,3,4,5,6]" }, { "f32[65536,65536]", "f32[65536,65536]" }, { "7,f31[4]", "f31[4]" },
		{ "f32[4]=x", "f32[4]=x" }, { "f32[4],", "f32[4]," }, { "7;8", "7;8" }, { "-7", "-7" }, { "f32[ 4]", "f32[ 4]" },
	};
	char sentence[256];

	for (size_t i = 0; i < TARE_COUNT(wrong); i++) {
		struct tare__weighed *weighed = *state;

		memset(weighed, 0, sizeof *weighed);
		snprintf(sentence, sizeof sentence, "--args: '%s' is neither a tensor like f32[128,128]=2 nor a scalar", wrong[i].item);
		refused(tare__weigh_args, weighed, wrong[i].spec, sentence);
	}
}

static void there_are_as_many_arguments_as_the_signature_has_places(void **state)
{
	struct tare__weighed *weighed = *state;
	char spec[TARE_CHIP_TENSORS * 8 + 16] = "1";

	for (int i = 1; i < TARE_CHIP_TENSORS; i++)
		strcat(spec, i % 2 ? ",u8[1]" : ",2");
	taken(tare__weigh_args, weighed, spec);
	assert_int_equal(weighed->tensor_count + weighed->fixture.scalar_count, TARE_CHIP_TENSORS);
	memset(weighed, 0, sizeof *weighed);
	strcat(spec, ",3");
	refused(tare__weigh_args, weighed, spec, "--args: a callable has at most 128 tensors and scalars");
}

static void directions_are_by_habit_or_by_word(void **state)
{
	struct tare__weighed *weighed = *state;

	taken(tare__weigh_args, weighed, "f32[1],f32[1],f32[1]");
	taken(tare__weigh_signature, weighed, NULL);
	assert_int_equal(weighed->fixture.tensors[0].direction, TARE_IN);
	assert_int_equal(weighed->fixture.tensors[1].direction, TARE_IN);
	assert_int_equal(weighed->fixture.tensors[2].direction, TARE_OUT);
	taken(tare__weigh_signature, weighed, "INOUT,OUT,IN");
	assert_int_equal(weighed->fixture.tensors[0].direction, TARE_INOUT);
	assert_int_equal(weighed->fixture.tensors[1].direction, TARE_OUT);
	assert_int_equal(weighed->fixture.tensors[2].direction, TARE_IN);
	refused(tare__weigh_signature, weighed, "IN,UP,OUT", "--signature: 'UP' is none of IN, OUT, INOUT");
	refused(tare__weigh_signature, weighed, "IN,,OUT", "--signature: '' is none of IN, OUT, INOUT");
	refused(tare__weigh_signature, weighed, "IN,OUT", "--signature has 2 directions, and --args has 3 tensors");
	refused(tare__weigh_signature, weighed, "IN,OUT,IN,IN", "--signature has 4 directions, and --args has 3 tensors");
}

static void a_file_is_found_from_everywhere(void **state)
{
	char path[TARE_WEIGH_PATH], here[TARE_WEIGH_PATH];

	(void)state;
	assert_int_equal(chdir("/proc/self"), 0);
	assert_non_null(getcwd(here, sizeof here));
	assert_int_equal(tare__weigh_file("orchestration", "status", path), 0);
	assert_int_equal(strncmp(path, here, strlen(here)), 0);
	assert_string_equal(path + strlen(here), "/status");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_weighed, close_weighed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kernels_have_an_id_and_a_core), TEST(a_wrong_kernel_is_named), TEST(tensors_have_shape_type_and_value),
		TEST(a_wrong_argument_is_named), TEST(there_are_as_many_arguments_as_the_signature_has_places),
		TEST(directions_are_by_habit_or_by_word), TEST(a_file_is_found_from_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
