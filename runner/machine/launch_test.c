/* SPDX-License-Identifier: Apache-2.0 */
/* launch_test - launches that end, fail, stall and hang, and what the streams say about it */
#include "test_bench.h"

#include <string.h>

static int sync_aicpu(const struct test_bench *bench)
{
	return aclrtSynchronizeStreamWithTimeout(bench->aicpu_stream, 2000);
}

static int sync_aicore(const struct test_bench *bench)
{
	return aclrtSynchronizeStreamWithTimeout(bench->aicore_stream, 2000);
}

static void a_launch_only_queues(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);

	(void)state;
	assert_int_equal(test_launch_aicpu(&bench, TEST_COUNT, 3), 0);
	assert_int_equal(bench.out[0], 0);
	assert_int_equal(sync_aicpu(&bench), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(bench.out[i], 1);
	assert_int_equal(bench.out[3], 0);
	assert_int_equal(test_account().aicpu_objects, 1);
	test_close(&bench);
}

static void every_core_of_a_launch_runs(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A2A3);
	struct test_bench bench = test_open(&setup);

	(void)state;
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 24), 0);
	assert_int_equal(sync_aicore(&bench), 0);
	for (int i = 0; i < 72; i++)
		assert_int_equal(bench.out[i], 1);
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 25), ACL_ERROR_RT_PARAM_INVALID);
	test_close(&bench);
}

static void a_stream_keeps_its_order(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);

	(void)state;
	for (int i = 0; i < 200; i++) /* more than a queue holds */
		assert_int_equal(test_launch_aicpu(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(sync_aicpu(&bench), 0);
	assert_int_equal(bench.out[0], 200);
	test_close(&bench);
}

static void an_error_is_read_once(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);

	(void)state;
	assert_int_equal(test_launch_aicpu(&bench, TEST_FAIL, 1), 0);
	assert_int_equal(test_launch_aicore(&bench, TEST_FAIL, 1), 0);
	assert_int_equal(sync_aicpu(&bench), ACL_ERROR_RT_AICPU_EXCEPTION);
	assert_int_equal(sync_aicpu(&bench), 0);
	assert_int_equal(sync_aicore(&bench), ACL_ERROR_RT_AICORE_EXCEPTION);
	assert_int_equal(sync_aicore(&bench), 0);
	assert_false(test_account().poisoned);
	assert_int_equal(test_launch_aicpu(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(sync_aicpu(&bench), 0);
	test_close(&bench);
}

static void a_stall_is_a_time_out_at_once_and_heals(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);

	(void)state;
	assert_int_equal(test_launch_aicpu(&bench, TEST_WAIT, 2), 0);
	assert_int_equal(test_launch_aicore(&bench, TEST_WAIT, 2), 0);
	assert_int_equal(sync_aicpu(&bench), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
	assert_int_equal(sync_aicore(&bench), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
	assert_int_equal(sync_aicore(&bench), 0);
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(sync_aicore(&bench), 0);
	test_close(&bench);
}

/* A branch to itself. */
static void *upload_hang(void)
{
#if defined(__x86_64__)
	static const uint8_t code[] = { 0xEB, 0xFE };
#else
	static const uint8_t code[] = { 0x00, 0x00, 0x00, 0x14 };
#endif
	void *block;

	assert_int_equal(rtMalloc(&block, sizeof code, RT_MEMORY_HBM, 0), 0);
	assert_int_equal(rtMemcpy(block, sizeof code, code, sizeof code, RT_MEMCPY_HOST_TO_DEVICE), 0);
	return block;
}

static void check_poisoned_answers(void)
{
	struct tare_hal_resource core = { 0 };
	unsigned long address;
	unsigned int length;
	uint64_t actual;
	rtStream_t stream;
	void *memory;

	assert_true(test_account().poisoned);
	assert_int_equal(rtMalloc(&memory, 8, RT_MEMORY_HBM, 0), ACL_ERROR_RT_DRV_INTERNAL_ERROR);
	assert_int_equal(rtStreamCreate(&stream, 0), ACL_ERROR_RT_DRV_INTERNAL_ERROR);
	assert_int_equal(halResMap(0, &core, &address, &length), DRV_ERROR_NO_PROCESS);
	assert_int_equal(aclrtSetOpExecuteTimeOutV2(1000000, &actual), ACL_ERROR_RT_INTERNAL_ERROR);
}

static void hang(enum tare_arch_id arch, int aicpu_code)
{
	struct tare_machine_setup setup = test_setup(arch);
	struct test_bench bench = test_open(&setup);
	void *code = upload_hang();

	bench.args->code = (uint64_t)(uintptr_t)code;
	assert_int_equal(test_launch_aicpu(&bench, TEST_WAIT, 1), 0);
	assert_int_equal(test_launch_aicore(&bench, TEST_CALL, 1), 0);
	assert_int_equal(sync_aicpu(&bench), aicpu_code);
	assert_int_equal(sync_aicore(&bench), ACL_ERROR_RT_AICORE_TIMEOUT);
	assert_int_equal(sync_aicore(&bench), 0);
	check_poisoned_answers();
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), ACL_ERROR_RT_DRV_INTERNAL_ERROR);
	assert_int_equal(rtFree(code), 0);

	/* the ordinary reset tears down and does not heal */
	assert_int_equal(rtDeviceReset(0), 0);
	assert_int_equal(rtSetDevice(0), 0);
	check_poisoned_answers();
	assert_int_equal(aclrtResetDeviceForce(0), 0);
	assert_int_equal(rtSetDevice(0), 0);
	assert_false(test_account().poisoned);
	assert_int_equal(rtMalloc(&code, 8, RT_MEMORY_HBM, 0), 0);
	assert_int_equal(rtFree(code), 0);
	test_close(&bench);
}

static void a_hung_kernel_poisons_an_a2a3(void **state)
{
	(void)state;
	hang(TARE_ARCH_A2A3, ACL_ERROR_RT_AICPU_EXCEPTION);
}

static void a_hung_kernel_poisons_an_a5(void **state)
{
	(void)state;
	hang(TARE_ARCH_A5, ACL_ERROR_RT_INTERNAL_ERROR);
}

static void a_patched_byte_is_what_runs(void **state)
{
#if defined(__x86_64__)
	static const uint8_t before[] = { 0xC3, 0xEB, 0xFE }, after[] = { 0x90, 0xC3 }; /* ret | nop, ret */
#else
	static const uint8_t before[] = { 0xC0, 0x03, 0x5F, 0xD6 }, after[] = { 0xC0, 0x03, 0x5F, 0xD6 };
#endif
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);
	void *block;

	(void)state;
	assert_int_equal(rtMalloc(&block, sizeof before, RT_MEMORY_HBM, 0), 0);
	bench.args->code = (uint64_t)(uintptr_t)block;
	assert_int_equal(rtMemcpy(block, sizeof before, before, sizeof before, RT_MEMCPY_HOST_TO_DEVICE), 0);
	assert_int_equal(test_launch_aicore(&bench, TEST_CALL, 1), 0);
	assert_int_equal(sync_aicore(&bench), 0);
	assert_int_equal(rtMemcpy(block, sizeof before, after, sizeof after, RT_MEMCPY_HOST_TO_DEVICE), 0);
	assert_int_equal(test_launch_aicore(&bench, TEST_CALL, 1), 0);
	assert_int_equal(sync_aicore(&bench), 0);
	assert_memory_equal((const void *)(uintptr_t)tare_machine_code_view(bench.args->code), after, sizeof after);
	assert_int_equal(rtFree(block), 0);
	test_close(&bench);
}

static void work_left_behind_is_done_by_the_reset(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);
	uint32_t *out;

	(void)state;
	assert_int_equal(tare_machine_memory_take(0, 1024, (void **)&out), 0);
	out[0] = 0;
	bench.out = out;
	assert_int_equal(test_launch_aicpu(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(rtDeviceReset(0), 0);
	assert_int_equal(out[0], 1);
	assert_int_equal(test_account().streams, 0);
	assert_int_equal(test_account().aicpu_objects, 0);
	assert_int_equal(test_account().torn_down_blocks, 2);
	assert_int_equal(tare_machine_memory_give(0, out), 0);
	test_close(&bench);
}

static void time_outs_have_rules(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);

	(void)state;
	assert_int_equal(aclrtSynchronizeStreamWithTimeout(bench.aicpu_stream, 0), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(aclrtSynchronizeStreamWithTimeout(bench.aicpu_stream, -2), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(aclrtSynchronizeStreamWithTimeout(bench.aicpu_stream, -1), 0);
	assert_int_equal(aclrtSynchronizeDeviceWithTimeout(0), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(aclrtSynchronizeDeviceWithTimeout(10), 0);
	assert_int_equal(aclrtSynchronizeStreamWithTimeout(NULL, 10), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(aclrtSynchronizeStreamWithTimeout(bench.image, 10), ACL_ERROR_RT_STREAM_CONTEXT);
	test_close(&bench);
}

static void a_full_device_fails_at_launch_then_at_stream_create(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);
	rtStream_t stream;

	(void)state;
	assert_int_equal(tare_machine_headroom(0, 2048), 0);
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), ACL_ERROR_RT_MEMORY_ALLOCATION);
	assert_int_equal(rtStreamCreate(&stream, 0), ACL_ERROR_RT_DRV_INTERNAL_ERROR);
	assert_int_equal(test_account().images, 0);
	assert_int_equal(tare_machine_headroom(0, 1 << 20), 0);
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(sync_aicore(&bench), 0);
	assert_int_equal(test_account().images, 1);
	test_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_launch_only_queues),
		cmocka_unit_test(every_core_of_a_launch_runs),
		cmocka_unit_test(a_stream_keeps_its_order),
		cmocka_unit_test(an_error_is_read_once),
		cmocka_unit_test(a_stall_is_a_time_out_at_once_and_heals),
		cmocka_unit_test(a_hung_kernel_poisons_an_a2a3),
		cmocka_unit_test(a_hung_kernel_poisons_an_a5),
		cmocka_unit_test(a_patched_byte_is_what_runs),
		cmocka_unit_test(work_left_behind_is_done_by_the_reset),
		cmocka_unit_test(time_outs_have_rules),
		cmocka_unit_test(a_full_device_fails_at_launch_then_at_stream_create),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
