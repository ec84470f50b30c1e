/* SPDX-License-Identifier: Apache-2.0 */
/* What account.def says of each account, asked back. */
#include <tare/ledger.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void account_names_are_those_of_the_list(void **state)
{
	static const char *const shouted[] = {
#define TARE_ACCOUNT(name, words, unit, reader, stays) #name,
#include <tare/account.def>
#undef TARE_ACCOUNT
	};

	(void)state;
	for (unsigned i = 0; i < TARE_ACCOUNTS; i++) {
		const char *name = tare_account_name((enum tare_account)i);

		assert_int_equal(strlen(name), strlen(shouted[i]));
		for (size_t at = 0; name[at]; at++)
			assert_int_equal(name[at], shouted[i][at] == '_' ? '_' : shouted[i][at] + ('a' - 'A'));
		assert_int_equal(tare_account_find(name), i);
	}
	assert_int_equal(tare_account_find("nothing"), TARE_ACCOUNTS);
	assert_int_equal(tare_account_stays(TARE_ACCOUNT_PREINSTALLED_FILES), 1);
	assert_true(tare_account_in_bytes(TARE_ACCOUNT_ARENA_BYTES));
	assert_int_equal(tare_account_reader(TARE_ACCOUNT_PREINSTALL_WRITES), TARE_READER_COUNTER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(account_names_are_those_of_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
