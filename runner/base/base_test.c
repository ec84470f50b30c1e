/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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

static int compare(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* As a kernel image may differ from another: in one bit, in its length, in the order of its parts. */
static void no_two_contents_have_one_digest(void **state)
{
	enum { BYTES = 200, LENGTHS = BYTES + 1, ALL = BYTES * 8 + LENGTHS + BYTES / 8 };
	unsigned char bytes[BYTES + 1] = { 0 };
	uint64_t seen[ALL];
	size_t count = 0;

	(void)state;
	for (size_t size = 0; size < LENGTHS; size++)
		seen[count++] = tare_digest(0, bytes, size);
	for (size_t bit = 0; bit < BYTES * 8; bit++) {
		bytes[bit / 8] = (unsigned char)(1u << bit % 8);
		seen[count++] = tare_digest(0, bytes, BYTES);
		bytes[bit / 8] = 0;
	}
	for (size_t at = 0; at < BYTES; at += 8) {
		memset(bytes + at, 0x5A, 8);
		seen[count++] = tare_digest(0, bytes, BYTES);
		memset(bytes + at, 0, 8);
	}
	qsort(seen, count, sizeof *seen, compare);
	for (size_t i = 1; i < count; i++)
		assert_true(seen[i - 1] != seen[i]);
}

static void a_digest_knows_bytes_and_not_where_they_lie(void **state)
{
	unsigned char bytes[67], moved[68];

	(void)state;
	for (unsigned i = 0; i < sizeof bytes; i++)
		moved[i + 1] = bytes[i] = (unsigned char)(i * 37);
	assert_true(tare_digest(0, bytes, sizeof bytes) == tare_digest(0, moved + 1, sizeof bytes));
	assert_true(tare_digest(1, bytes, sizeof bytes) != tare_digest(0, bytes, sizeof bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_has_a_name_and_a_sentence_of_its_own),
		cmocka_unit_test(the_abi_says_four_numbers_and_the_drivers),
		cmocka_unit_test(the_hash_is_the_published_one),
		cmocka_unit_test(no_two_contents_have_one_digest),
		cmocka_unit_test(a_digest_knows_bytes_and_not_where_they_lie),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
