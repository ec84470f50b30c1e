/* SPDX-License-Identifier: Apache-2.0 */
/* trouble_test - what befalls a device is what a kernel does that fails or hangs by itself */
#include "test_bench.h"

#include <tare/status.h>

static struct test_bench bench;

static int sync_aicpu(void)
{
	return aclrtSynchronizeStreamWithTimeout(bench.aicpu_stream, 2000);
}

static int sync_aicore(void)
{
	return aclrtSynchronizeStreamWithTimeout(bench.aicore_stream, 2000);
}

static int set_up(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);

	(void)state;
	bench = test_open(&setup);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	test_close(&bench);
	return 0;
}

static void the_next_kernel_fails_and_only_it(void **state)
{
	(void)state;
	assert_int_equal(tare_machine_trouble(0, TARE_TROUBLE_LATE), TARE_OK);
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(sync_aicore(), ACL_ERROR_RT_AICORE_EXCEPTION);
	assert_int_equal(bench.out[0], 1);
	assert_int_equal(sync_aicore(), 0);
	assert_int_equal(tare_machine_trouble(-1, TARE_TROUBLE_LATE), TARE_OK);
	assert_int_equal(test_launch_aicpu(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(sync_aicpu(), ACL_ERROR_RT_AICPU_EXCEPTION);
	assert_false(test_account().poisoned);
	assert_int_equal(bench.out[0], 1);
	assert_int_equal(test_launch_aicpu(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(sync_aicpu(), 0);
	assert_int_equal(bench.out[0], 2);
}

static void a_partner_of_a_failed_kernel_stalls(void **state)
{
	(void)state;
	assert_int_equal(test_launch_aicpu(&bench, TEST_WAIT, 2), 0);
	assert_int_equal(tare_machine_trouble(0, TARE_TROUBLE_LATE), TARE_OK);
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(sync_aicpu(), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
	assert_int_equal(sync_aicore(), ACL_ERROR_RT_AICORE_EXCEPTION);
	assert_false(test_account().poisoned);
}

static void check_dead(int launch_code)
{
	rtStream_t stream;
	void *memory;

	assert_true(test_account().poisoned);
	assert_int_equal(rtMalloc(&memory, 8, RT_MEMORY_HBM, 0), ACL_ERROR_RT_DRV_INTERNAL_ERROR);
	assert_int_equal(rtStreamCreate(&stream, 0), ACL_ERROR_RT_DRV_INTERNAL_ERROR);
	assert_int_equal(test_launch_aicpu(&bench, TEST_COUNT, 1), launch_code);
	assert_int_equal(aclrtResetDeviceForce(0), 0);
	assert_int_equal(rtSetDevice(0), 0);
	assert_false(test_account().poisoned);
}

static void a_hang_is_a_time_out_and_costs_the_device(void **state)
{
	(void)state;
	assert_int_equal(tare_machine_trouble(0, TARE_TROUBLE_HANG), TARE_OK);
	assert_int_equal(test_launch_aicpu(&bench, TEST_COUNT, 2), 0);
	assert_int_equal(test_launch_aicpu(&bench, TEST_COUNT, 2), 0);
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(sync_aicore(), 0); /* the other stream has nothing to do with it, so far */
	assert_int_equal(sync_aicpu(), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
	assert_int_equal(sync_aicpu(), 0);
	for (int i = 0; i < 3; i++) /* what came behind it on its stream never ran */
		assert_int_equal(bench.out[i], 1);
	check_dead(ACL_ERROR_RT_DRV_INTERNAL_ERROR);
}

static void a_reset_does_not_wait_for_what_hangs(void **state)
{
	(void)state;
	assert_int_equal(tare_machine_trouble(0, TARE_TROUBLE_HANG), TARE_OK);
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(rtDeviceReset(0), 0);
	assert_true(test_account().poisoned);
	assert_int_equal(rtSetDevice(0), 0);
	check_dead(ACL_ERROR_RT_STREAM_CONTEXT); /* its streams went down */
}

static void poison_ends_what_is_queued(void **state)
{
	(void)state;
	assert_int_equal(test_launch_aicpu(&bench, TEST_WAIT, 1), 0);
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(sync_aicore(), 0); /* the AICPU kernel is with the fabric now */
	assert_int_equal(tare_machine_trouble(0, TARE_TROUBLE_POISON), TARE_OK);
	assert_int_equal(sync_aicpu(), ACL_ERROR_RT_INTERNAL_ERROR);
	check_dead(ACL_ERROR_RT_DRV_INTERNAL_ERROR);
}

static void it_can_be_taken_back_and_ends_with_the_context(void **state)
{
	(void)state;
	assert_int_equal(tare_machine_trouble(0, TARE_TROUBLE_HANG), TARE_OK);
	assert_int_equal(tare_machine_trouble(0, TARE_TROUBLE_NONE), TARE_OK);
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(sync_aicore(), 0);
	assert_int_equal(tare_machine_trouble(0, TARE_TROUBLE_LATE), TARE_OK);
	assert_int_equal(rtDeviceReset(0), 0);
	assert_int_equal(tare_machine_trouble(0, TARE_TROUBLE_LATE), TARE_E_STATE);
	assert_int_equal(tare_machine_trouble(-1, TARE_TROUBLE_LATE), TARE_E_STATE);
	assert_int_equal(tare_machine_trouble(64, TARE_TROUBLE_LATE), TARE_E_ARGUMENT);
	assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(rtStreamCreate(&bench.aicore_stream, 0), 0);
	assert_int_equal(tare_machine_trouble(0, (enum tare_trouble)4), TARE_E_ARGUMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_next_kernel_fails_and_only_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_partner_of_a_failed_kernel_stalls, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hang_is_a_time_out_and_costs_the_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reset_does_not_wait_for_what_hangs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(poison_ends_what_is_queued, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_can_be_taken_back_and_ends_with_the_context, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
