/* SPDX-License-Identifier: Apache-2.0 */
#include <tare/fault.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <tare/status.h>

/* What the driver does here: a counted success that leaves a handle. */
struct driver {
	struct tare_fault *fault;
	unsigned reached;
	int code;
};

static int make(struct driver *driver, enum tare_call_id id, void **handle)
{
	struct tare_tap *tap = tare_fault_tap(driver->fault);
	struct tare_call call = { .id = id, .handle = handle };

	if (tap->before(tap, &call) != 0)
		return call.result;
	driver->reached++;
	call.result = driver->code;
	if (handle && call.result == 0)
		*handle = driver;
	tap->after(tap, &call);
	return call.result;
}

static int set_up(void **state)
{
	static struct driver driver;

	driver = (struct driver){ 0 };
	*state = &driver;
	return tare_fault_open(&driver.fault);
}

static int tear_down(void **state)
{
	struct driver *driver = *state;

	tare_fault_close(&driver->fault);
	tare_fault_close(&driver->fault);
	return 0;
}

static void the_nth_call_fails_once(void **state)
{
	struct driver *driver = *state;
	const struct tare_fault_rule rule = { .call = TARE_CALL_rtFree, .nth = 2, .kind = TARE_FAULT_ERROR };

	assert_int_equal(make(driver, TARE_CALL_rtFree, NULL), 0);
	assert_int_equal(tare_fault_set(driver->fault, &rule), TARE_OK);
	assert_int_equal(make(driver, TARE_CALL_rtFree, NULL), 0);
	assert_int_equal(make(driver, TARE_CALL_rtMemcpy, NULL), 0);
	assert_int_equal(tare_fault_fired(driver->fault), 0);
	assert_int_equal(make(driver, TARE_CALL_rtFree, NULL), ACL_ERROR_RT_MEMORY_FREE);
	assert_int_equal(make(driver, TARE_CALL_rtFree, NULL), 0);
	assert_int_equal(driver->reached, 4);
	assert_int_equal(tare_fault_fired(driver->fault), 1);
}

static void from_then_on_every_call_fails_until_cleared(void **state)
{
	struct driver *driver = *state;
	const struct tare_fault_rule rule = {
		.call = TARE_CALL_memory_take, .nth = 1, .from_then_on = true, .kind = TARE_FAULT_ERROR, .code = -77 };
	void *handle = NULL;

	assert_int_equal(tare_fault_set(driver->fault, &rule), TARE_OK);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(make(driver, TARE_CALL_memory_take, &handle), -77);
	assert_null(handle);
	assert_int_equal(driver->reached, 0);
	assert_int_equal(tare_fault_fired(driver->fault), 3);
	tare_fault_clear(driver->fault);
	assert_int_equal(tare_fault_fired(driver->fault), 0);
	assert_int_equal(make(driver, TARE_CALL_memory_take, &handle), 0);
	assert_non_null(handle);
}

static void a_null_handle_takes_nothing(void **state)
{
	struct driver *driver = *state;
	const struct tare_fault_rule rule = { .call = TARE_CALL_rtMalloc, .nth = 1, .kind = TARE_FAULT_NULL_HANDLE };
	void *handle = driver;

	assert_int_equal(tare_fault_set(driver->fault, &rule), TARE_OK);
	assert_int_equal(make(driver, TARE_CALL_rtMalloc, &handle), 0);
	assert_null(handle);
	assert_int_equal(driver->reached, 0);
	assert_int_equal(tare_fault_fired(driver->fault), 1);
}

static void after_effect_does_it_and_denies_it(void **state)
{
	struct driver *driver = *state;
	const struct tare_fault_rule rule = { .call = TARE_CALL_rtMalloc, .nth = 1, .kind = TARE_FAULT_AFTER_EFFECT };
	void *handle = NULL;

	assert_int_equal(tare_fault_set(driver->fault, &rule), TARE_OK);
	assert_int_equal(make(driver, TARE_CALL_rtMalloc, &handle), ACL_ERROR_RT_MEMORY_ALLOCATION);
	assert_non_null(handle);
	assert_int_equal(driver->reached, 1);
	assert_int_equal(tare_fault_fired(driver->fault), 1);
	assert_int_equal(make(driver, TARE_CALL_rtMalloc, &handle), 0);
}

static void a_call_that_fails_by_itself_keeps_its_code(void **state)
{
	struct driver *driver = *state;
	const struct tare_fault_rule rule = { .call = TARE_CALL_rtMalloc, .nth = 1, .kind = TARE_FAULT_AFTER_EFFECT };

	driver->code = ACL_ERROR_RT_CONTEXT_NULL;
	assert_int_equal(tare_fault_set(driver->fault, &rule), TARE_OK);
	assert_int_equal(make(driver, TARE_CALL_rtMalloc, NULL), ACL_ERROR_RT_CONTEXT_NULL);
	assert_int_equal(tare_fault_fired(driver->fault), 0);
}

static void several_rules_count_by_themselves(void **state)
{
	struct driver *driver = *state;
	const struct tare_fault_rule first = { .call = TARE_CALL_rtFree, .nth = 1, .kind = TARE_FAULT_ERROR, .code = 11 };
	const struct tare_fault_rule third = { .call = TARE_CALL_rtFree, .nth = 3, .kind = TARE_FAULT_ERROR, .code = 33 };
	const int wanted[] = { 11, 0, 33, 0 };

	assert_int_equal(tare_fault_set(driver->fault, &first), TARE_OK);
	assert_int_equal(tare_fault_set(driver->fault, &third), TARE_OK);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(make(driver, TARE_CALL_rtFree, NULL), wanted[i]);
	assert_int_equal(tare_fault_fired(driver->fault), 2);
}

static void what_cannot_happen_is_refused(void **state)
{
	struct driver *driver = *state;
	const struct tare_fault_rule no_call = { .call = TARE_CALL_NONE, .nth = 1, .kind = TARE_FAULT_ERROR };
	const struct tare_fault_rule zeroth = { .call = TARE_CALL_rtFree, .kind = TARE_FAULT_ERROR };
	const struct tare_fault_rule no_handle = { .call = TARE_CALL_rtFree, .nth = 1, .kind = TARE_FAULT_NULL_HANDLE };
	const struct tare_fault_rule two = { .call = TARE_CALL_rtFree, .nth = 1,
		.kind = (enum tare_fault_kind)(TARE_FAULT_ERROR | TARE_FAULT_AFTER_EFFECT) };
	const struct tare_fault_rule on_the_device = { .call = TARE_CALL_rtMemcpy, .nth = 1, .kind = TARE_FAULT_POISON };
	const struct tare_fault_rule sound = { .call = TARE_CALL_rtFree, .nth = 9, .kind = TARE_FAULT_ERROR };

	assert_int_equal(tare_fault_set(driver->fault, &no_call), TARE_E_ARGUMENT);
	assert_int_equal(tare_fault_set(driver->fault, &zeroth), TARE_E_ARGUMENT);
	assert_int_equal(tare_fault_set(driver->fault, &no_handle), TARE_E_ARGUMENT);
	assert_int_equal(tare_fault_set(driver->fault, &two), TARE_E_ARGUMENT);
	assert_int_equal(tare_fault_set(driver->fault, &on_the_device), TARE_E_ARGUMENT);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(tare_fault_set(driver->fault, &sound), TARE_OK);
	assert_int_equal(tare_fault_set(driver->fault, &sound), TARE_E_ARGUMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_nth_call_fails_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(from_then_on_every_call_fails_until_cleared, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_null_handle_takes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(after_effect_does_it_and_denies_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_call_that_fails_by_itself_keeps_its_code, set_up, tear_down),
		cmocka_unit_test_setup_teardown(several_rules_count_by_themselves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_happen_is_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
