/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tare/status.h>
#include <tare/text.h>

static const int numbers[] = {
#define TARE_STATUS(name, number, abi, sentence) (number),
#include <tare/status.def>
#undef TARE_STATUS
};

enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static void every_number_has_a_name_and_a_sentence_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUMBERS; i++) {
		assert_true(strlen(tare_status_name(numbers[i])) > 0 && strlen(tare_status_sentence(numbers[i])) > 0);
		for (size_t k = 0; k < i; k++) {
			assert_int_not_equal(numbers[i], numbers[k]);
			assert_string_not_equal(tare_status_name(numbers[i]), tare_status_name(numbers[k]));
			assert_string_not_equal(tare_status_sentence(numbers[i]), tare_status_sentence(numbers[k]));
		}
	}
	assert_string_equal(tare_status_name(507018), "driver");
	assert_string_equal(tare_status_name(INT32_MIN), "unknown");
}

static void the_abi_says_four_numbers_and_the_drivers(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUMBERS; i++) {
		int code = tare_status_abi(numbers[i]);

		assert_true(code == -1 || code == -5 || code == -100 || (code == 0 && numbers[i] == TARE_OK));
	}
	assert_int_equal(tare_status_abi(TARE_OK), 0);
	assert_int_equal(tare_status_abi(507018), 507018);
	assert_int_equal(tare_status_abi(INT32_MIN), -1);
}

/* The published vectors of 64-bit FNV-1a: device files are named by it, by whoever writes them. */
static void the_hash_is_the_published_one(void **state)
{
	(void)state;
	assert_true(tare_hash("", 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(tare_hash("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(tare_hash_text("foobar") == UINT64_C(0x85944171f73967e8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_has_a_name_and_a_sentence_of_its_own),
		cmocka_unit_test(the_abi_says_four_numbers_and_the_drivers),
		cmocka_unit_test(the_hash_is_the_published_one),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
