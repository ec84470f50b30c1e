/* SPDX-License-Identifier: Apache-2.0 */
/* device_test - references under both reset models, bindings of threads, memory and its codes */
#include "test_bench.h"

#include <pthread.h>
#include <string.h>

#include <tare/status.h>
#include <valgrind/valgrind.h>

static void use(enum tare_reset_model reset)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);

	setup.reset = reset;
	test_use(&setup);
}

static void every_binding_counts(void **state)
{
	void *memory;

	(void)state;
	use(TARE_RESET_COUNTED);
	for (int i = 0; i < 3; i++)
		assert_int_equal(i % 2 ? aclrtSetDevice(0) : rtSetDevice(0), 0);
	assert_int_equal(test_account().references, 3);
	assert_int_equal(rtMalloc(&memory, 100, RT_MEMORY_HBM, 0), 0);
	assert_int_equal(rtDeviceReset(0), 0);
	assert_int_equal(aclrtResetDevice(0), 0);
	assert_int_equal(test_account().blocks, 1);
	assert_int_equal(rtDeviceReset(0), 0);
	assert_int_equal(test_account().blocks, 0);
	assert_int_equal(test_account().torn_down_blocks, 1);
	assert_int_equal(test_account().used_bytes, 0);
	assert_int_equal(rtDeviceReset(0), ACL_ERROR_RT_CONTEXT_RELEASE_ERROR);
	assert_int_equal(rtMalloc(&memory, 100, RT_MEMORY_HBM, 0), ACL_ERROR_RT_CONTEXT_NULL);
	tare_machine_forgive();
}

/* Only memcheck is owed them: where it does not watch, nothing is kept. */
static void what_went_down_with_a_device_can_be_forgiven(void **state)
{
	const uint64_t kept = RUNNING_ON_VALGRIND ? 3 : 0;
	void *first, *second;

	(void)state;
	use(TARE_RESET_COUNTED);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rtSetDevice(0), 0);
		assert_int_equal(rtMalloc(&first, 100, RT_MEMORY_HBM, 0), 0);
		assert_int_equal(rtMalloc(&second, 100, RT_MEMORY_HBM, 0), 0);
		assert_int_equal(rtFree(second), 0);
		assert_int_equal(rtDeviceReset(0), 0);
	}
	assert_int_equal(test_account().torn_down_blocks, 3);
	assert_int_equal(test_account().used_bytes, 0);
	assert_int_equal(tare_machine_forgive(), kept);
	assert_int_equal(tare_machine_forgive(), 0);
	assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(tare_machine_forgive(), 0);
	assert_int_equal(rtDeviceReset(0), 0);
}

static void the_full_model_tears_down_at_once(void **state)
{
	rtStream_t stream;

	(void)state;
	use(TARE_RESET_FULL);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(rtStreamCreate(&stream, 0), 0);
	assert_int_equal(rtDeviceReset(0), 0);
	assert_int_equal(test_account().references, 0);
	assert_int_equal(test_account().streams, 0);
	assert_int_equal(rtStreamDestroy(stream), ACL_ERROR_RT_CONTEXT_NULL);
	assert_int_equal(rtDeviceReset(0), ACL_ERROR_RT_CONTEXT_RELEASE_ERROR);
}

static void the_forced_reset_drains_the_count(void **state)
{
	(void)state;
	use(TARE_RESET_COUNTED);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(aclrtResetDeviceForce(0), 0);
	assert_int_equal(aclrtResetDeviceForce(0), ACL_ERROR_RT_CONTEXT_RELEASE_ERROR);
	assert_int_equal(rtDeviceReset(0), ACL_ERROR_RT_CONTEXT_RELEASE_ERROR);
}

static void device_numbers_end_at_64(void **state)
{
	int32_t device = -1;

	(void)state;
	use(TARE_RESET_COUNTED);
	assert_int_equal(rtSetDevice(64), ACL_ERROR_RT_INVALID_DEVICEID);
	assert_int_equal(rtSetDevice(-1), ACL_ERROR_RT_INVALID_DEVICEID);
	assert_int_equal(rtDeviceReset(64), ACL_ERROR_RT_INVALID_DEVICEID);
	assert_int_equal(aclrtGetDevice(&device), ACL_ERROR_RT_CONTEXT_NULL);
	assert_int_equal(rtSetDevice(63), 0);
	assert_int_equal(aclrtGetDevice(&device), 0);
	assert_int_equal(device, 63);
	assert_int_equal(rtDeviceReset(63), 0);
}

static void *unbound(void *cookie)
{
	int *codes = cookie;
	rtStream_t stream;
	void *memory;

	codes[0] = rtMalloc(&memory, 8, RT_MEMORY_HBM, 0);
	codes[1] = rtStreamCreate(&stream, 0);
	codes[2] = rtSetDevice(0);
	codes[3] = rtMalloc(&memory, 8, RT_MEMORY_HBM, 0);
	codes[4] = rtFree(memory);
	codes[5] = rtDeviceReset(0);
	return NULL;
}

static void a_thread_binds_for_itself(void **state)
{
	static const int expected[] = { ACL_ERROR_RT_CONTEXT_NULL, ACL_ERROR_RT_CONTEXT_NULL, 0, 0, 0, 0 };
	int codes[6];
	pthread_t thread;

	(void)state;
	use(TARE_RESET_COUNTED);
	assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(pthread_create(&thread, NULL, unbound, codes), 0);
	pthread_join(thread, NULL);
	assert_memory_equal(codes, expected, sizeof codes);
	assert_int_equal(test_account().references, 1);
	assert_int_equal(rtDeviceReset(0), 0);
}

static void a_stream_of_another_context_is_refused(void **state)
{
	rtStream_t stream;

	(void)state;
	use(TARE_RESET_COUNTED);
	assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(rtStreamCreate(&stream, 0), 0);
	assert_int_equal(rtSetDevice(1), 0);
	assert_int_equal(rtStreamDestroy(stream), ACL_ERROR_RT_STREAM_CONTEXT);
	assert_int_equal(rtStreamSynchronize(stream), ACL_ERROR_RT_STREAM_CONTEXT);
	assert_int_equal(rtDeviceReset(1), 0);
	assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(rtStreamDestroy(stream), 0);
	assert_int_equal(rtStreamDestroy(stream), ACL_ERROR_RT_STREAM_CONTEXT);
	assert_int_equal(rtDeviceReset(0) | rtDeviceReset(0), 0);
}

static void memory_is_rounded_and_bounded(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	size_t unused, total;
	void *first, *second;

	(void)state;
	setup.largest_block = 1 << 20;
	test_use(&setup);
	assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(rtMalloc(&first, 1, RT_MEMORY_HBM, 0), 0);
	assert_int_equal((uintptr_t)first % 512, 0);
	assert_int_equal(aclrtMalloc(&second, 480, 0), 0);
	assert_int_equal(test_account().block_bytes, 1 + 512);
	assert_int_equal(aclrtGetMemInfo(ACL_HBM_MEM, &unused, &total), 0);
	assert_int_equal(total, 64 << 20);
	assert_int_equal(total - unused, 1024);
	assert_int_equal(rtFree(first), 0);
	assert_int_equal(rtMalloc(&first, (1 << 20) + 1, RT_MEMORY_HBM, 0), ACL_ERROR_RT_MEMORY_ALLOCATION);
	assert_int_equal(rtMalloc(&first, 1 << 20, RT_MEMORY_HBM, 0), 0);
	assert_int_equal(rtMalloc(&first, 0, RT_MEMORY_HBM, 0), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtMalloc(NULL, 8, RT_MEMORY_HBM, 0), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtMalloc(&first, 8, 1, 0), ACL_ERROR_RT_INVALID_MALLOC_TYPE);
	assert_int_equal(aclrtMalloc(&first, 0, 0), ACL_ERROR_INVALID_PARAM);
	assert_int_equal(rtFree((char *)second + 1), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtFree(&setup), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtDeviceReset(0), 0);
	assert_int_equal(rtFree(second), ACL_ERROR_RT_PARAM_INVALID);
}

static void copies_know_what_device_memory_is(void **state)
{
	char host[64] = "weighed", back[64] = "";
	void *memory;

	(void)state;
	use(TARE_RESET_COUNTED);
	assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(rtMalloc(&memory, 64, RT_MEMORY_HBM, 0), 0);
	assert_int_equal(rtMemcpy(memory, 64, host, 64, RT_MEMCPY_HOST_TO_DEVICE), 0);
	assert_int_equal(rtMemcpy(back, 64, memory, 64, RT_MEMCPY_DEVICE_TO_HOST), 0);
	assert_string_equal(back, "weighed");
	assert_int_equal(rtMemcpy(memory, 64, memory, 64, RT_MEMCPY_DEVICE_TO_DEVICE), 0);
	assert_int_equal(rtMemcpy(back, 64, host, 64, RT_MEMCPY_HOST_TO_DEVICE), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtMemcpy(back, 64, host, 64, RT_MEMCPY_DEVICE_TO_HOST), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtMemcpy(memory, 32, host, 64, RT_MEMCPY_HOST_TO_DEVICE), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtMemcpy(memory, 64, host, 0, RT_MEMCPY_HOST_TO_DEVICE), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtMemcpy(memory, 64, host, 64, 9), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(aclrtMemcpy(memory, 64, host, 64, 5), ACL_ERROR_INVALID_PARAM);
	assert_int_equal(aclrtMemcpy(back, 64, memory, 64, 4), 0);
	assert_int_equal(rtFree(memory), 0);
	assert_int_equal(rtDeviceReset(0), 0);
}

static void headroom_is_exact_and_outlives_the_context(void **state)
{
	void *memory;

	(void)state;
	use(TARE_RESET_COUNTED);
	assert_int_equal(tare_machine_headroom(0, 10240), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rtSetDevice(0), 0);
		assert_int_equal(rtMalloc(&memory, 10241, RT_MEMORY_HBM, 0), ACL_ERROR_RT_MEMORY_ALLOCATION);
		assert_int_equal(rtMalloc(&memory, 10240, RT_MEMORY_HBM, 0), 0);
		assert_int_equal(test_account().blocks, 1);
		assert_int_equal(rtFree(memory), 0);
		assert_int_equal(rtDeviceReset(0), 0);
	}
	assert_int_equal(tare_machine_headroom(0, 1ull << 40), TARE_E_DEVICE_MEMORY);
	assert_int_equal(tare_machine_headroom(64, 0), TARE_E_ARGUMENT);
}

static void bare_memory_needs_no_context_and_survives_one(void **state)
{
	uint64_t unused, total;
	void *bare, *user;

	(void)state;
	use(TARE_RESET_COUNTED);
	assert_int_equal(tare_machine_memory_take(5, 1000, &bare), 0);
	memset(bare, 1, 1000);
	assert_int_equal(tare_machine_memory_info(5, &unused, &total), 0);
	assert_int_equal(total - unused, 1024);
	assert_int_equal(rtSetDevice(5), 0);
	assert_int_equal(rtMalloc(&user, 8, RT_MEMORY_HBM, 0), 0);
	assert_int_equal(rtFree(bare), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(tare_machine_memory_copy(bare, "abc", 4), 0);
	assert_int_equal(tare_machine_memory_copy(&total, bare, 4), 0);
	assert_memory_equal(&total, "abc", 4);
	assert_int_equal(tare_machine_memory_copy(&total, &unused, 8), TARE_E_ARGUMENT);
	assert_int_equal(tare_machine_memory_copy(&total, (const void *)0x1234, 8), TARE_E_ARGUMENT);
	assert_int_equal(tare_machine_memory_copy(&total, bare, UINT64_MAX), TARE_E_ARGUMENT);
	memset(bare, 1, 4);
	assert_int_equal(tare_machine_memory_give(5, user), TARE_E_NOT_FOUND);
	assert_int_equal(rtDeviceReset(5), 0);
	assert_int_equal(*(char *)bare, 1);
	assert_true(tare_machine_code_view((uint64_t)(uintptr_t)bare) != 0);
	assert_int_equal(tare_machine_memory_give(5, bare), 0);
	assert_int_equal(tare_machine_memory_give(5, bare), TARE_E_NOT_FOUND);
	assert_int_equal(tare_machine_code_view((uint64_t)(uintptr_t)bare), 0);
}

static void the_hal_shows_registers_that_are_there(void **state)
{
	struct tare_hal_map_in in = { HAL_ADDR_MAP_TYPE_REG_AIC_CTRL, 0 };
	struct tare_hal_resource core = { .id = 107 };
	struct tare_hal_map_out out;
	uint64_t bitmap[2] = { 0 }, actual, address;
	int32_t size = sizeof bitmap;
	size_t out_size = sizeof out;
	unsigned long at;
	unsigned int length;
	uint32_t c2c;

	(void)state;
	use(TARE_RESET_COUNTED);
	assert_int_equal(halMemCtl(0, &in, sizeof in, &out, &out_size), DRV_ERROR_NO_PROCESS);
	assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(halMemCtl(0, &in, sizeof in, &out, &out_size), 0);
	assert_int_equal(out.length, 108 * 0x6000);
	assert_int_equal(halResMap(0, &core, &at, &length), 0);
	assert_int_equal(at, out.address + 107 * 0x6000);
	*(volatile uint32_t *)(uintptr_t)(at + length - 4) = 1;
	core.id = 108;
	assert_int_not_equal(halResMap(0, &core, &at, &length), 0);
	assert_int_equal(halGetDeviceInfoByBuff(0, HAL_MODULE_TYPE_AICORE, HAL_INFO_TYPE_OCCUPY, bitmap, &size), 0);
	assert_int_equal(__builtin_popcountll(bitmap[0]) + __builtin_popcountll(bitmap[1]), 108);
	assert_int_equal(rtGetC2cCtrlAddr(&address, &c2c), 0x0711000D);
	assert_int_equal(aclrtSetOpExecuteTimeOutV2(1000000, &actual), 0);
	assert_true(actual >= 1000000 && actual < 2000000);
	assert_int_equal(rtDeviceReset(0), 0);
	assert_int_equal(aclrtSetOpExecuteTimeOutV2(1000000, &actual), ACL_ERROR_RT_CONTEXT_NULL);
}

static void acl_counts_its_beginnings_and_not_its_ends(void **state)
{
	(void)state;
	use(TARE_RESET_COUNTED);
	assert_int_equal(aclInit(NULL), 0);
	assert_int_equal(aclInit(NULL), ACL_ERROR_REPEAT_INITIALIZE);
	assert_int_equal(aclFinalize(), 0);
	assert_int_equal(aclFinalize(), ACL_ERROR_REPEAT_FINALIZE);
	assert_int_equal(aclrtDeviceEnablePeerAccess(1, 0), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
	assert_int_equal(HcclBarrier(NULL, NULL), HCCL_E_NOT_SUPPORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_binding_counts),
		cmocka_unit_test(what_went_down_with_a_device_can_be_forgiven),
		cmocka_unit_test(the_full_model_tears_down_at_once),
		cmocka_unit_test(the_forced_reset_drains_the_count),
		cmocka_unit_test(device_numbers_end_at_64),
		cmocka_unit_test(a_thread_binds_for_itself),
		cmocka_unit_test(a_stream_of_another_context_is_refused),
		cmocka_unit_test(memory_is_rounded_and_bounded),
		cmocka_unit_test(copies_know_what_device_memory_is),
		cmocka_unit_test(headroom_is_exact_and_outlives_the_context),
		cmocka_unit_test(bare_memory_needs_no_context_and_survives_one),
		cmocka_unit_test(the_hal_shows_registers_that_are_there),
		cmocka_unit_test(acl_counts_its_beginnings_and_not_its_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
