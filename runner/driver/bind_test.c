/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run with LD_LIBRARY_PATH at a folder of links under the vendor's names; the
 * argument says which folder that is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tare/driver.h>
#include <tare/status.h>
#include <tare/text.h>

static char said[2048];

static void remember(void *cookie, enum tare_log_level level, const char *line)
{
	size_t length = strlen(said);

	(void)cookie;
	(void)level;
	strncat(said, line, sizeof said - length - 2);
	strcat(said, "\n");
}

static const struct tare_log log_of_test = { .write = remember, .level = TARE_LOG_INFO };

static bool is_zeroed(const struct tare_cann *cann)
{
	static const struct tare_cann zeroed;

	return memcmp(cann, &zeroed, sizeof zeroed) == 0;
}

static void all_is_there(void **state)
{
	struct tare_cann cann;

	(void)state;
	assert_int_equal(tare_cann_bind(&cann, TARE_DRIVER_CANN, &log_of_test), TARE_OK);
	assert_int_equal(cann.rtSetDevice(0), 0);
	assert_int_equal(cann.rtDeviceReset(0), 0);
	assert_non_null(cann.rtDevBinaryUnRegister);
	assert_non_null(cann.halResMap);
	assert_string_equal(said, "");
	assert_int_equal(tare_cann_bind(&cann, TARE_DRIVER_LOADED, &log_of_test), TARE_OK);
	assert_true(tare_glob("*as loaded, from */*", said));
}

static void a_missing_symbol_is_named(void **state)
{
	struct tare_cann cann;

	(void)state;
	assert_int_equal(tare_cann_bind(&cann, TARE_DRIVER_CANN, &log_of_test), TARE_E_NOT_FOUND);
	assert_string_equal(said, "the driver has no symbol rtMemcpy\n");
	assert_true(is_zeroed(&cann));
}

static void missing_libraries_are_named_each(void **state)
{
	struct tare_cann cann;

	(void)state;
	assert_int_equal(tare_cann_bind(&cann, TARE_DRIVER_CANN, &log_of_test), TARE_E_NOT_FOUND);
	assert_string_equal(said, "the library libascend_hal.so is missing\n"
		"the library libunified_dlog.so or libascendalog.so is missing\n");
	assert_true(is_zeroed(&cann));
}

static void the_machine_is_found_and_obeyed(void **state)
{
	struct tare_cann cann;

	(void)state;
	assert_int_equal(tare_cann_bind(&cann, TARE_DRIVER_LOADED, &log_of_test), TARE_OK);
	assert_true(tare_glob("*taking libtare_cann.so*", said));
	assert_int_equal(tare_cann_bind(&cann, TARE_DRIVER_MACHINE, &log_of_test), TARE_OK);
	assert_non_null(cann.rtSetDevice);
	assert_null(cann.rtDevBinaryUnRegister); /* TARE_MACHINE_WITHOUT=unregister */
	assert_non_null(cann.aclrtResetDeviceForce);
}

int main(int count, char **arguments)
{
	const struct {
		const char *folder;
		struct CMUnitTest test;
	} tests[] = {
		{ "whole", cmocka_unit_test(all_is_there) },
		{ "links", cmocka_unit_test(all_is_there) }, /* to the machine */
		{ "lacking", cmocka_unit_test(a_missing_symbol_is_named) },
		{ "half", cmocka_unit_test(missing_libraries_are_named_each) },
		{ "machine", cmocka_unit_test(the_machine_is_found_and_obeyed) },
	};

	for (size_t i = 0; count == 2 && i < sizeof tests / sizeof tests[0]; i++)
		if (strcmp(arguments[1], tests[i].folder) == 0) {
			const struct CMUnitTest one[] = { tests[i].test };

			return cmocka_run_group_tests_name(arguments[1], one, NULL, NULL);
		}
	return 2;
}
