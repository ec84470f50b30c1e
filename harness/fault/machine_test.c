/* SPDX-License-Identifier: Apache-2.0 */
/* machine_test - what befalls the device: a tap over the vendor's calls of our machine */
#include <tare/fault.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <tare/machine.h>
#include <tare/object.h>
#include <tare/status.h>

static const struct tare_log quiet = { tare_log_to_stderr, NULL, TARE_LOG_ERROR };
static struct tare_fault *fault;
static struct tare_tables tables;
static rtStream_t stream;
static void *image, *args;
static char object[64 << 10];

/* An image whose kernel counts: its first argument is {0, where}. */
static int set_up_with(bool ours)
{
	struct tare_machine_setup setup = { .arch = TARE_ARCH_A5, .memory = 64u << 20, .workers = 1, .seed = 1,
		.kernel_budget_ms = 1000 };
	FILE *from = fopen(TEST_OBJECT, "rbe");
	struct tare_rt_binary binary = { .magic = RT_DEV_BINARY_MAGIC_ELF, .data = object };
	uint64_t words[8] = { 0 };

	tare_machine_forget();
	assert_non_null(from);
	binary.length = fread(object, 1, sizeof object, from);
	fclose(from);
	assert_int_equal(tare_machine_setup_use(&setup), TARE_OK);
	assert_int_equal(tare_cann_bind(&tables.cann, TARE_DRIVER_MACHINE, &quiet), TARE_OK);
	assert_int_equal(tare_fault_open(&fault), TARE_OK);
	tare_tap_install(&tables, tare_fault_tap(fault));
	tare_fault_machine(fault, ours);
	assert_int_equal(tables.cann.rtSetDevice(0), 0);
	assert_int_equal(tables.cann.rtStreamCreate(&stream, 0), 0);
	assert_int_equal(tables.cann.rtRegisterAllKernel(&binary, &image), 0);
	assert_int_equal(tables.cann.rtMalloc(&args, sizeof words, RT_MEMORY_HBM, 0), 0);
	words[1] = (uint64_t)(uintptr_t)args + 6 * sizeof words[0];
	assert_int_equal(tables.cann.rtMemcpy(args, sizeof words, words, sizeof words, RT_MEMCPY_HOST_TO_DEVICE), 0);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	return set_up_with(true);
}

static int set_up_unknown(void **state)
{
	(void)state;
	return set_up_with(false);
}

static int tear_down(void **state)
{
	(void)state;
	tare_tap_remove();
	tare_fault_close(&fault);
	tare_machine_forget();
	return 0;
}

static int launch(void)
{
	struct tare_rt_args launched = { .args = &args, .size = sizeof args };

	return tables.cann.rtKernelLaunchWithHandleV2(image, 0, 1, &launched, NULL, stream, NULL);
}

static int synchronize(void)
{
	return tables.cann.aclrtSynchronizeStreamWithTimeout(stream, 2000);
}

static bool is_dead(void)
{
	struct tare_machine_account account;

	tare_machine_account(0, &account);
	return account.poisoned;
}

static const struct tare_fault_strike *arm_next(enum tare_fault_kind kind, uint32_t number)
{
	const struct tare_fault_wish wish = { .number = number, .kind = kind };

	tare_fault_clear(fault);
	tare_fault_restart(fault);
	assert_int_equal(tare_fault_arm(fault, &wish), TARE_OK);
	return tare_fault_struck(fault, 0);
}

static void late_is_heard_of_at_the_wait(void **state)
{
	const struct tare_fault_strike *strike = arm_next(TARE_FAULT_LATE, 1);

	(void)state;
	assert_int_equal(launch(), 0);
	assert_int_equal(strike->fired, 1);
	assert_int_equal(strike->code, 0);
	assert_int_equal(synchronize(), ACL_ERROR_RT_AICORE_EXCEPTION);
	assert_false(is_dead());
	assert_int_equal(launch(), 0);
	assert_int_equal(synchronize(), 0);
	assert_int_equal(strike->fired, 1);
}

static void a_hang_times_out_in_no_time(void **state)
{
	const struct tare_fault_strike *strike = arm_next(TARE_FAULT_HANG, 1);

	(void)state;
	assert_int_equal(launch(), 0);
	assert_int_equal(strike->fired, 1);
	assert_int_equal(synchronize(), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
	assert_true(is_dead());
	assert_int_equal(launch(), ACL_ERROR_RT_DRV_INTERNAL_ERROR);
}

static void poison_is_there_before_the_call(void **state)
{
	const struct tare_fault_strike *strike = arm_next(TARE_FAULT_POISON, 2);
	rtStream_t another = NULL;

	(void)state;
	assert_int_equal(launch(), 0);
	assert_false(is_dead());
	assert_int_equal(tables.cann.rtStreamCreate(&another, 0), ACL_ERROR_RT_DRV_INTERNAL_ERROR);
	assert_null(another);
	assert_int_equal(strike->fired, 1);
	assert_int_equal(strike->code, ACL_ERROR_RT_DRV_INTERNAL_ERROR);
	assert_int_equal(synchronize(), ACL_ERROR_RT_AICORE_TIMEOUT);
	tare_fault_clear(fault);
	assert_int_equal(tables.cann.aclrtResetDeviceForce(0), 0);
	assert_int_equal(tables.cann.rtSetDevice(0), 0);
	assert_int_equal(tables.cann.rtStreamCreate(&another, 0), 0);
}

/* What a refused launch did not meet is not left for the next one. */
static void a_launch_that_fails_by_itself_was_no_strike(void **state)
{
	const struct tare_fault_strike *strike = arm_next(TARE_FAULT_HANG, 1);

	(void)state;
	assert_int_equal(tables.cann.rtKernelLaunchWithHandleV2(NULL, 0, 1, NULL, NULL, stream, NULL),
		ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(strike->fired, 0);
	assert_int_equal(launch(), 0);
	assert_int_equal(synchronize(), 0);
	assert_false(is_dead());
}

static void no_call_that_queues_nothing_hangs(void **state)
{
	const struct tare_fault_strike *strike = arm_next(TARE_FAULT_HANG, 1);

	(void)state;
	assert_int_equal(synchronize(), 0);
	assert_int_equal(strike->fired, 0);
	assert_int_equal(strike->strayed, 1);
}

static void by_entry_it_is_the_same(void **state)
{
	const struct tare_fault_rule rule = { .call = TARE_CALL_rtKernelLaunchWithHandleV2, .nth = 2,
		.kind = TARE_FAULT_LATE };

	(void)state;
	assert_int_equal(tare_fault_set(fault, &rule), TARE_OK);
	assert_int_equal(launch(), 0);
	assert_int_equal(synchronize(), 0);
	assert_int_equal(launch(), 0);
	assert_int_equal(synchronize(), ACL_ERROR_RT_AICORE_EXCEPTION);
	assert_int_equal(tare_fault_fired(fault), 1);
}

static void half_of_a_copy_is_on_the_device(void **state)
{
	static const char sent[16] = "0123456789abcde";
	const struct tare_fault_strike *strike = arm_next(TARE_FAULT_SHORT_COPY, 2);
	char got[16];

	(void)state;
	assert_int_equal(tables.cann.rtMemcpy(args, 16, "---------------", 16, RT_MEMCPY_HOST_TO_DEVICE), 0);
	assert_int_equal(tables.cann.rtMemcpy(args, 16, sent, 16, RT_MEMCPY_HOST_TO_DEVICE), ACL_ERROR_RT_DRV_INTERNAL_ERROR);
	assert_int_equal(strike->fired, 1);
	assert_int_equal(tables.cann.rtMemcpy(got, 16, args, 16, RT_MEMCPY_DEVICE_TO_HOST), 0);
	assert_string_equal(got, "01234567-------");
}

static void of_a_device_that_is_not_ours_nothing_is_asked(void **state)
{
	static struct tare_fault_point points[2];

	(void)state;
	tare_fault_watch(fault, points, 2);
	assert_int_equal(launch(), 0);
	assert_int_equal(synchronize(), 0);
	assert_int_equal(points[0].kinds, TARE_FAULT_ERROR | TARE_FAULT_AFTER_EFFECT);
	tare_fault_machine(fault, true);
	tare_fault_watch(fault, points, 2);
	assert_int_equal(launch(), 0);
	assert_int_equal(synchronize(), 0);
	assert_int_equal(points[0].kinds, TARE_FAULT_ERROR | TARE_FAULT_AFTER_EFFECT | TARE_FAULT_LATE | TARE_FAULT_HANG |
		TARE_FAULT_POISON);
	assert_int_equal(points[1].kinds, TARE_FAULT_ERROR | TARE_FAULT_AFTER_EFFECT | TARE_FAULT_POISON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(late_is_heard_of_at_the_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hang_times_out_in_no_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(poison_is_there_before_the_call, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_launch_that_fails_by_itself_was_no_strike, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_call_that_queues_nothing_hangs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(by_entry_it_is_the_same, set_up, tear_down),
		cmocka_unit_test_setup_teardown(half_of_a_copy_is_on_the_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(of_a_device_that_is_not_ours_nothing_is_asked, set_up_unknown, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
