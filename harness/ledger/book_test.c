/* SPDX-License-Identifier: Apache-2.0 */
#include "book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <tare/status.h>

#define KEYS 512

/* Against a plain array of counts: random takes and gives over few keys, so that runs collide and queues form. */
static void the_book_agrees_with_an_array(void **state)
{
	struct tare__book book;
	unsigned held[KEYS] = { 0 };
	unsigned total = 0;
	uint64_t seed = 1;

	(void)state;
	assert_int_equal(tare__book_open(&book, 8), TARE_OK);
	for (unsigned step = 0; step < 60000; step++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		unsigned key = (unsigned)(seed >> 33) % KEYS;
		struct tare_holding holding = { .account = key % 3, .key = key + 1 };
		uint32_t found = tare__book_find(&book, holding.account, holding.key);

		assert_int_equal(found != TARE_NOBODY, held[key] > 0);
		if ((seed >> 62) < (step < 30000 ? 2u : 1u)) {
			assert_int_not_equal(tare__book_add(&book, &holding, TARE_NOBODY), TARE_NOBODY);
			held[key]++;
			total++;
		} else if (found != TARE_NOBODY) {
			tare__book_drop(&book, found);
			held[key]--;
			total--;
		}
		assert_int_equal(book.count, total);
	}
	uint64_t birth = 0;
	for (uint32_t at = book.oldest; at != TARE_NOBODY; at = book.entries[at].newer) {
		assert_true(book.entries[at].birth > birth);
		birth = book.entries[at].birth;
		total--;
	}
	assert_int_equal(total, 0);
	tare__book_close(&book);
}

static void the_oldest_of_one_key_goes_first(void **state)
{
	struct tare__book book;
	struct tare_holding holding = { .account = 1, .key = 5 };

	(void)state;
	assert_int_equal(tare__book_open(&book, 2), TARE_OK);
	for (uint32_t i = 1; i <= 5; i++) {
		holding.launch = i;
		tare__book_add(&book, &holding, TARE_NOBODY);
	}
	for (uint32_t i = 1; i <= 5; i++) {
		uint32_t found = tare__book_find(&book, 1, 5);

		assert_int_equal(book.entries[found].holding.launch, i);
		tare__book_drop(&book, found);
	}
	assert_int_equal(tare__book_find(&book, 1, 5), TARE_NOBODY);
	tare__book_close(&book);
}

static void children_are_counted_by_their_parent(void **state)
{
	struct tare__book book;
	struct tare_holding parent = { .account = 1, .key = 5 }, child = { .account = 2, .key = 6 };

	(void)state;
	assert_int_equal(tare__book_open(&book, 2), TARE_OK);
	uint32_t above = tare__book_add(&book, &parent, TARE_NOBODY);
	uint32_t below = tare__book_add(&book, &child, above);
	assert_int_equal(book.entries[above].children, 1);
	tare__book_drop(&book, below);
	assert_int_equal(book.entries[above].children, 0);
	tare__book_close(&book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_book_agrees_with_an_array),
		cmocka_unit_test(the_oldest_of_one_key_goes_first),
		cmocka_unit_test(children_are_counted_by_their_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
