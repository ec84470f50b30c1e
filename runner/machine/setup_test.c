/* SPDX-License-Identifier: Apache-2.0 */
/* setup_test - the environment is read whole or refused with one sentence */
#include "test_bench.h"

#include <string.h>

#include <tare/status.h>

static const char *const names[] = {
	"TARE_MACHINE_ARCH", "TARE_MACHINE_MEMORY", "TARE_MACHINE_LARGEST_BLOCK", "TARE_MACHINE_IMAGE_COST",
	"TARE_MACHINE_RESET", "TARE_MACHINE_FABRIC", "TARE_MACHINE_WORKERS", "TARE_MACHINE_SEED",
	"TARE_MACHINE_KERNEL_BUDGET_MS", "TARE_MACHINE_WITHOUT", "TARE_MACHINE_REPORT", "TARE_MACHINE_ROOT",
};

static int clear(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unsetenv(names[i]);
	return 0;
}

static void nothing_set_is_an_a5(void **state)
{
	struct tare_machine_setup setup;
	char error[256];

	(void)state;
	assert_int_equal(tare_machine_setup_read(&setup, error, sizeof error), 0);
	assert_int_equal(setup.arch, TARE_ARCH_A5);
	assert_int_equal(setup.memory, 0);
	assert_int_equal(setup.workers, 1);
	assert_int_equal(setup.kernel_budget_ms, 1000);
	assert_false(setup.without_recover || setup.without_unregister || setup.report);
}

static void every_variable_is_heard(void **state)
{
	static const char *const values[] = { "a2a3", "3G", "512K", "alloc-span", "full", "seeded", "4", "99", "250",
		"recover,unregister", "1", "/tmp" };
	struct tare_machine_setup setup;
	char error[256];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		setenv(names[i], values[i], 1);
	assert_int_equal(tare_machine_setup_read(&setup, error, sizeof error), 0);
	assert_int_equal(setup.arch, TARE_ARCH_A2A3);
	assert_int_equal(setup.memory, 3ull << 30);
	assert_int_equal(setup.largest_block, 512 << 10);
	assert_int_equal(setup.cost, TARE_COST_ALLOC_SPAN);
	assert_int_equal(setup.reset, TARE_RESET_FULL);
	assert_int_equal(setup.fabric, TARE_FABRIC_SEEDED);
	assert_int_equal(setup.workers, 4);
	assert_int_equal(setup.seed, 99);
	assert_int_equal(setup.kernel_budget_ms, 250);
	assert_true(setup.without_recover && setup.without_unregister);
	assert_true(setup.report);
	assert_string_equal(setup.root, "/tmp");
}

static void a_bad_value_is_named_and_changes_nothing(void **state)
{
	static const char *const values[][2] = {
		{ "TARE_MACHINE_ARCH", "a3" }, { "TARE_MACHINE_ARCH", "" }, { "TARE_MACHINE_MEMORY", "12Q" },
		{ "TARE_MACHINE_MEMORY", "1K" }, { "TARE_MACHINE_MEMORY", "-1" }, { "TARE_MACHINE_MEMORY", "2048G" },
		{ "TARE_MACHINE_LARGEST_BLOCK", "100" }, { "TARE_MACHINE_IMAGE_COST", "pool" },
		{ "TARE_MACHINE_RESET", "1" }, { "TARE_MACHINE_FABRIC", "threads" }, { "TARE_MACHINE_WORKERS", "0" },
		{ "TARE_MACHINE_WORKERS", "17" }, { "TARE_MACHINE_WORKERS", "two" }, { "TARE_MACHINE_SEED", "x" },
		{ "TARE_MACHINE_KERNEL_BUDGET_MS", "0" }, { "TARE_MACHINE_WITHOUT", "unregister," },
		{ "TARE_MACHINE_WITHOUT", "hal" }, { "TARE_MACHINE_ROOT", "/nowhere/at/all" },
		{ "TARE_MACHINE_ROOT", "/dev/null" },
	};
	struct tare_machine_setup setup = { .workers = 11 };
	char error[256];

	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		clear(state);
		setenv(values[i][0], values[i][1], 1);
		assert_int_equal(tare_machine_setup_read(&setup, error, sizeof error), TARE_E_ARGUMENT);
		assert_non_null(strstr(error, values[i][0]));
		assert_non_null(strstr(error, values[i][1]));
		assert_int_equal(setup.workers, 11);
	}
}

static void a_bad_environment_opens_no_device(void **state)
{
	void *memory;

	(void)state;
	setenv("TARE_MACHINE_ARCH", "a7", 1);
	tare_machine_forget();
	assert_int_equal(rtSetDevice(0), ACL_ERROR_RT_DEV_SETUP_ERROR);
	assert_int_equal(tare_machine_memory_take(0, 8, &memory), TARE_E_ARGUMENT);
	assert_int_equal(rtDeviceReset(0), ACL_ERROR_RT_CONTEXT_RELEASE_ERROR);
	unsetenv("TARE_MACHINE_ARCH");
	tare_machine_forget();
	assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(rtDeviceReset(0), 0);
}

static void an_open_device_keeps_its_card(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A2A3), worse = setup;
	void *memory;

	(void)state;
	test_use(&setup);
	assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(tare_machine_setup_use(&setup), TARE_E_STATE);
	assert_int_equal(rtDeviceReset(0), 0);
	assert_int_equal(tare_machine_memory_take(3, 8, &memory), 0);
	assert_int_equal(tare_machine_setup_use(&setup), TARE_E_STATE);
	assert_int_equal(tare_machine_memory_give(3, memory), 0);
	worse.workers = 0;
	assert_int_equal(tare_machine_setup_use(&worse), TARE_E_ARGUMENT);
	assert_int_equal(tare_machine_setup_current()->workers, 1);
	setup.arch = TARE_ARCH_A5;
	assert_int_equal(tare_machine_setup_use(&setup), 0);
	assert_int_equal(tare_machine_setup_current()->arch, TARE_ARCH_A5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_set_is_an_a5, clear, clear),
		cmocka_unit_test_setup_teardown(every_variable_is_heard, clear, clear),
		cmocka_unit_test_setup_teardown(a_bad_value_is_named_and_changes_nothing, clear, clear),
		cmocka_unit_test_setup_teardown(a_bad_environment_opens_no_device, clear, clear),
		cmocka_unit_test_setup_teardown(an_open_device_keeps_its_card, clear, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
