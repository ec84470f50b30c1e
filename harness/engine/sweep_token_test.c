/* SPDX-License-Identifier: Apache-2.0 */
/* What is written is read back; what is none, or of another build, is refused with a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <tare/status.h>

#include "sweep.h"

static char error[256];

static int read_token(const char *format, uint32_t build, struct tare_fault_token *token)
{
	char text[256];

	snprintf(text, sizeof text, format, build);
	return tare_fault_token_read(text, NULL, token, error, sizeof error);
}

static void comes_back(const struct tare_fault_token *token)
{
	struct tare_fault_token read;
	char text[TARE_FAULT_TOKEN], again[TARE_FAULT_TOKEN];

	assert_int_equal(tare_fault_token_read(tare_fault_token_text(token, text), NULL, &read, error, sizeof error), TARE_OK);
	assert_string_equal(tare_fault_token_text(&read, again), text);
	assert_int_equal(read.count, token->count);
	assert_int_equal(read.cold, token->cold);
	assert_int_equal(read.wishes[0].number, token->wishes[0].number);
}

static void every_kind_comes_back(void **state)
{
	static const enum tare_fault_kind once[] = { TARE_FAULT_NULL_HANDLE, TARE_FAULT_AFTER_EFFECT, TARE_FAULT_SHORT_COPY,
		TARE_FAULT_LATE, TARE_FAULT_HANG, TARE_FAULT_POISON };
	struct tare_fault_token token = { .build = tare__fault_build(NULL), .count = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
		token.wishes[0] = (struct tare_fault_wish){ .number = 41, .kind = once[i] };
		comes_back(&token);
	}
	for (uint32_t code = 0; code < 4; code++) {
		token.wishes[0] = (struct tare_fault_wish){ .number = 1, .kind = TARE_FAULT_ERROR, .code = code };
		comes_back(&token);
	}
	token.wishes[0] = (struct tare_fault_wish){ .number = 4294967295u, .kind = TARE_FAULT_ERROR, .from_then_on = true };
	token.wishes[1] = (struct tare_fault_wish){ .number = 4294967294u, .kind = TARE_FAULT_ERROR };
	token.count = 2;
	token.cold = true;
	comes_back(&token);
}

static void refused(const char *format, const char *why)
{
	struct tare_fault_token token;

	assert_int_equal(read_token(format, tare__fault_build(NULL), &token), TARE_E_ARGUMENT);
	if (!strstr(error, why))
		print_message("%s: %s\n", format, error);
	assert_non_null(strstr(error, why));
}

static void what_is_none_is_refused(void **state)
{
	(void)state;
	refused("", "begins with");
	refused("41:error", "begins with");
	refused("%08X", "begins with");
	refused("%08x", "a call is a number");
	refused("%08x.", "begins with");
	refused("%08x.c", "a call is a number");
	refused("%08x.0:error", "a call is a number");
	refused("%08x.4294967296:error", "a call is a number");
	refused("%08x.-1:error", "a call is a number");
	refused("%08x.41", "a kind is one of");
	refused("%08x.41:", "a call is a number");
	refused("%08x.41:errors", "a kind is one of");
	refused("%08x.41:error5", "a kind is one of");
	refused("%08x.41:error:", "is no fault token");
	refused("%08x.41:error:42", "a kind is one of");
	refused("%08x.41:error:42:null:43:null", "two faults are the most");
	refused("%08x.41:error:41:null", "a call fails once");
	refused("00000000.41:error", "of another build");
}

static void a_target_is_another_build(void **state)
{
	static struct tare_target_file target;
	struct tare_fault_token token = { .build = tare__fault_build(NULL), .count = 1,
		.wishes = { { .number = 3, .kind = TARE_FAULT_ERROR } } };
	char text[TARE_FAULT_TOKEN];

	(void)state;
	snprintf(target.object, sizeof target.object, "/proc/self/exe");
	assert_int_not_equal(tare__fault_build(&target), tare__fault_build(NULL));
	assert_int_equal(tare_fault_token_read(tare_fault_token_text(&token, text), &target, &token, error, sizeof error),
		TARE_E_ARGUMENT);
	assert_non_null(strstr(error, "of another build"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_comes_back),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(a_target_is_another_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
