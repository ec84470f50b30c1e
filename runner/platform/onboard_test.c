/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tare/status.h>

#include "test_driver.h"

static const struct tare_platform_ops *const ops = &tare__platform_onboard;

static struct tare_platform *make(enum tare_arch_id arch)
{
	struct tare_platform *platform = NULL;

	assert_int_equal(ops->create(&platform, tare_arch(arch), &test_driver.tables, NULL), TARE_OK);
	return platform;
}

static struct tare_platform *make_ready(enum tare_arch_id arch, const struct tare_binaries *binaries)
{
	struct tare_platform *platform = make(arch);

	assert_int_equal(ops->attach(platform, 0), TARE_OK);
	assert_int_equal(ops->init(platform, binaries), TARE_OK);
	return platform;
}

static int launch(struct tare_platform *platform)
{
	struct tare_launch one = { .runtime_args = 0x4000, .block_dim = 3, .aicpu_threads = 3 };

	return ops->launch(platform, &one);
}

/* Opens, fails the n-th call of it, opens again without a failure, closes. False: there is no n-th call. */
static bool fail_one_of_init(enum tare_arch_id arch, unsigned n, unsigned fault)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make(arch);
	enum tare_call_id failed;
	int status, code;

	assert_int_equal(ops->attach(platform, 0), TARE_OK);
	test_driver_watch(n, fault);
	status = ops->init(platform, &binaries);
	failed = test_driver.failed;
	code = test_driver.failed_code;
	test_driver_watch(0, 0);
	if (failed == TARE_CALL_aclrtSynchronizeStreamWithTimeout) {
		/* Nobody knows whether the kernel has left: what it may use stays until the device is reset. */
		assert_int_equal(status, code);
		assert_true(ops->poisoned(platform));
		assert_int_equal(ops->finalize(platform), TARE_OK);
		assert_int_equal(test_driver_made(TARE_CALL_aclrtResetDeviceForce), 1);
		test_driver.live[TARE_ACCOUNT_DEVICE_BLOCKS] = test_driver.live[TARE_ACCOUNT_STREAMS] = 0;
		assert_int_equal(ops->attach(platform, 0), TARE_OK);
		assert_int_equal(ops->init(platform, &binaries), TARE_OK);
	} else if (failed != TARE_CALL_NONE && tare_call_info(failed)->fails) {
		/* A file that could not be removed, or a block, is still there: all else went back. */
		int64_t left = tare_call_info(failed)->rule == TARE_RULE_GIVES;

		assert_int_not_equal(status, TARE_OK);
		if (code != 0)
			assert_int_equal(status, code);
		assert_int_equal(test_driver_live(), left);
		assert_int_equal(ops->committed_blocks(platform), failed == TARE_CALL_rtFree);
		assert_int_equal(ops->init(platform, &binaries), TARE_OK);
	} else {
		assert_int_equal(status, TARE_OK);
	}
	assert_int_equal(launch(platform), TARE_OK);
	assert_int_equal(ops->finalize(platform), TARE_OK);
	/* Neither is tried a second time. */
	assert_int_equal(test_driver_live(), failed == TARE_CALL_file_remove || failed == TARE_CALL_rtFree);
	assert_int_equal(test_driver.live[TARE_ACCOUNT_DEVICE_REFERENCES], 0);
	test_driver.live[TARE_ACCOUNT_TEMPORARY_FILES] = 0;
	test_driver.live[TARE_ACCOUNT_DEVICE_BLOCKS] = 0;
	ops->destroy(&platform);
	test_binaries_free(&binaries);
	return failed != TARE_CALL_NONE;
}

static void init_rolls_back(void **state)
{
	(void)state;
	for (enum tare_arch_id arch = TARE_ARCH_A2A3; arch < TARE_ARCH_COUNT; arch++) {
		unsigned n = 1;

		while (fail_one_of_init(arch, n, TARE_FAULT_ERROR))
			n++;
		assert_true(n > 20);
	}
}

static void a_success_without_a_handle_is_a_failure(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform;
	unsigned failures = 0;

	(void)state;
	for (unsigned n = 1; n < 150; n++)
		failures += fail_one_of_init(TARE_ARCH_A5, n, TARE_FAULT_NULL_HANDLE);
	assert_true(failures >= 10);
	platform = make_ready(TARE_ARCH_A5, &binaries);
	test_driver_watch(1, TARE_FAULT_NULL_HANDLE);
	assert_int_equal(launch(platform), TARE_E_FAILED);
	assert_int_equal(test_driver.failed, TARE_CALL_rtRegisterAllKernel);
	assert_int_equal(ops->image_generation(platform), 0);
	assert_int_equal(launch(platform), TARE_OK);
	ops->destroy(&platform);
	test_binaries_free(&binaries);
	assert_int_equal(test_driver_live(), 0);
}

static void a_steady_launch_takes_nothing(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make_ready(TARE_ARCH_A2A3, &binaries);
	enum tare_call_id second[TEST_CALLS];
	unsigned calls;

	(void)state;
	assert_int_equal(launch(platform), TARE_OK);
	test_driver_watch(0, 0);
	assert_int_equal(ops->attach(platform, 0), TARE_OK);
	assert_int_equal(launch(platform), TARE_OK);
	calls = test_driver.count;
	memcpy(second, test_driver.calls, sizeof second);
	for (unsigned i = 0; i < calls; i++) {
		enum tare_rule rule = tare_call_info(second[i])->rule;

		assert_true(rule == TARE_RULE_NEUTRAL || rule == TARE_RULE_COPIES);
	}
	for (int i = 0; i < 100; i++) {
		test_driver_watch(0, 0);
		assert_int_equal(ops->attach(platform, 0), TARE_OK);
		assert_int_equal(launch(platform), TARE_OK);
		assert_int_equal(test_driver.count, calls);
		assert_memory_equal(test_driver.calls, second, calls * sizeof second[0]);
	}
	assert_int_equal(test_driver.registrations, 1);
	ops->destroy(&platform);
	test_binaries_free(&binaries);
}

static void a_refused_launch_poisons_nothing(void **state)
{
	struct tare_binaries binaries = test_binaries();

	(void)state;
	for (unsigned n = 1; n < 20; n++) {
		struct tare_platform *platform = make_ready(TARE_ARCH_A5, &binaries);
		uint64_t bytes = ops->committed_bytes(platform);
		bool waited;
		int status;

		test_driver_watch(n, TARE_FAULT_ERROR);
		status = launch(platform);
		assert_int_equal(status, test_driver.failed_code);
		waited = test_driver.failed == TARE_CALL_aclrtSynchronizeStreamWithTimeout;
		assert_int_equal(ops->poisoned(platform), waited);
		assert_int_equal(ops->committed_bytes(platform), bytes);
		test_driver_watch(0, 0);
		assert_int_equal(launch(platform), waited ? TARE_E_POISONED : TARE_OK);
		ops->destroy(&platform);
	}
	test_binaries_free(&binaries);
}

static void kernels_that_were_queued_are_drained(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make_ready(TARE_ARCH_A5, &binaries);
	unsigned refused;

	(void)state;
	assert_int_equal(launch(platform), TARE_OK);
	test_driver_watch(0, 0);
	assert_int_equal(launch(platform), TARE_OK);
	refused = test_driver_first(TARE_CALL_rtKernelLaunchWithHandleV2) + 1;
	test_driver.sync_code = ACL_ERROR_RT_AICPU_EXCEPTION;
	test_driver_watch(refused, TARE_FAULT_ERROR);
	assert_int_equal(launch(platform), ACL_ERROR_RT_MEMORY_ALLOCATION);
	assert_int_equal(test_driver_made(TARE_CALL_aclrtSynchronizeStreamWithTimeout), 1);
	assert_false(ops->poisoned(platform));
	test_driver.sync_code = ACL_ERROR_RT_STREAM_SYNC_TIMEOUT;
	test_driver_watch(refused, TARE_FAULT_ERROR);
	assert_int_equal(launch(platform), ACL_ERROR_RT_MEMORY_ALLOCATION);
	assert_true(ops->poisoned(platform));
	test_driver.sync_code = 0;
	test_driver_watch(0, 0);
	ops->destroy(&platform);
	test_binaries_free(&binaries);
}

static void after_poison_all_is_abandoned_and_the_device_reset_by_force(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make_ready(TARE_ARCH_A2A3, &binaries);
	uint64_t block;

	(void)state;
	assert_int_equal(launch(platform), TARE_OK);
	test_driver.sync_code = ACL_ERROR_RT_AICORE_EXCEPTION;
	assert_int_equal(launch(platform), ACL_ERROR_RT_AICORE_EXCEPTION);
	test_driver.sync_code = 0;
	test_driver_watch(0, 0);
	assert_int_equal(launch(platform), TARE_E_POISONED);
	assert_int_equal(ops->take(platform, 64, &block), TARE_E_POISONED);
	assert_int_equal(test_driver.count, 0);
	assert_int_equal(ops->finalize(platform), TARE_OK);
	assert_int_equal(test_driver_made(TARE_CALL_aclrtResetDeviceForce), 1);
	assert_int_equal(test_driver.calls[test_driver.count - 1], TARE_CALL_aclrtResetDeviceForce);
	assert_int_equal(test_driver_made(TARE_CALL_rtFree) + test_driver_made(TARE_CALL_rtStreamDestroy), 0);
	assert_int_equal(ops->committed_blocks(platform), 0);
	assert_int_equal(ops->references(platform), 0);
	assert_int_equal(ops->attach(platform, 0), TARE_OK);
	assert_int_equal(ops->init(platform, &binaries), TARE_OK);
	assert_int_equal(launch(platform), TARE_OK);
	ops->destroy(&platform);
	test_binaries_free(&binaries);
}

static void finalize_keeps_its_order(void **state)
{
	static const enum tare_call_id order[] = { TARE_CALL_rtStreamDestroy, TARE_CALL_rtsBinaryUnload,
		TARE_CALL_rtDevBinaryUnRegister, TARE_CALL_rtFree, TARE_CALL_rtDeviceReset };
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make_ready(TARE_ARCH_A5, &binaries);
	uint64_t block;

	(void)state;
	assert_int_equal(ops->take(platform, 1000, &block), TARE_OK);
	assert_int_equal(launch(platform), TARE_OK);
	test_driver_watch(0, 0);
	assert_int_equal(ops->finalize(platform), TARE_OK);
	for (size_t i = 1; i < sizeof order / sizeof order[0]; i++)
		assert_true(test_driver_last(order[i - 1]) < test_driver_first(order[i]));
	assert_int_equal(test_driver_made(TARE_CALL_rtStreamDestroy), 2);
	assert_int_equal(test_driver_last(TARE_CALL_rtDeviceReset), test_driver.count - 1);
	test_driver_watch(0, 0);
	assert_int_equal(ops->finalize(platform), TARE_OK);
	assert_int_equal(test_driver.count, 0);
	ops->destroy(&platform);
	assert_int_equal(test_driver.count, 0);
	assert_int_equal(test_driver_live(), 0);
	test_binaries_free(&binaries);
}

static void a_release_that_fails_stops_no_other(void **state)
{
	unsigned n = 1;

	(void)state;
	for (bool more = true; more; n++) {
		struct tare_binaries binaries = test_binaries();
		struct tare_platform *platform = make_ready(TARE_ARCH_A5, &binaries);
		int status;

		assert_int_equal(launch(platform), TARE_OK);
		test_driver_watch(n, TARE_FAULT_ERROR);
		status = ops->finalize(platform);
		assert_int_equal(status, test_driver.failed_code);
		more = test_driver.failed != TARE_CALL_NONE;
		assert_int_equal(ops->committed_blocks(platform), test_driver.failed == TARE_CALL_rtFree);
		assert_int_equal(ops->references(platform), test_driver.failed == TARE_CALL_rtDeviceReset);
		assert_int_equal(test_driver_live() + test_driver.live[TARE_ACCOUNT_DEVICE_REFERENCES], more);
		memset(test_driver.live, 0, sizeof test_driver.live);
		test_driver_watch(0, 0);
		ops->destroy(&platform);
		test_binaries_free(&binaries);
	}
	assert_true(n > 8);
}

static void *attach_twice(void *platform)
{
	ops->attach(platform, 0);
	ops->attach(platform, 0);
	return NULL;
}

static void each_thread_is_bound_once(void **state)
{
	struct tare_platform *platform = make(TARE_ARCH_A5);
	pthread_t thread;

	(void)state;
	test_driver_watch(0, 0);
	assert_int_equal(ops->attach(platform, -1), TARE_E_ARGUMENT);
	assert_int_equal(ops->attach(platform, 0), TARE_OK);
	assert_int_equal(ops->attach(platform, 0), TARE_OK);
	assert_int_equal(ops->attach(platform, 1), TARE_E_STATE);
	for (int i = 0; i < 2; i++) { /* the second one may get the first one's pthread_t */
		assert_int_equal(pthread_create(&thread, NULL, attach_twice, platform), 0);
		pthread_join(thread, NULL);
	}
	assert_int_equal(test_driver_made(TARE_CALL_rtSetDevice), 3);
	assert_true(test_driver_first(TARE_CALL_dlog_setlevel) < test_driver_first(TARE_CALL_rtSetDevice));
	assert_int_equal(test_driver_made(TARE_CALL_dlog_setlevel), 1);
	assert_int_equal(ops->references(platform), 3);
	assert_int_equal(ops->finalize(platform), TARE_OK);
	assert_int_equal(test_driver_made(TARE_CALL_rtDeviceReset), 3);
	assert_int_equal(ops->attach(platform, 1), TARE_OK);
	test_driver.reset_code = ACL_ERROR_RT_CONTEXT_RELEASE_ERROR;
	assert_int_equal(ops->finalize(platform), TARE_OK);
	assert_int_equal(ops->references(platform), 0);
	ops->destroy(&platform);
}

static void a_thread_that_went_to_another_device_is_bound_again(void **state)
{
	struct tare_platform *one = make(TARE_ARCH_A5), *other = make(TARE_ARCH_A5);

	(void)state;
	assert_int_equal(ops->attach(one, 0), TARE_OK);
	assert_int_equal(ops->attach(other, 1), TARE_OK);
	assert_int_equal(ops->attach(one, 0), TARE_OK);
	assert_int_equal(ops->references(one), 2);
	assert_int_equal(ops->references(other), 1);
	ops->destroy(&one);
	ops->destroy(&other);
	assert_int_equal(test_driver.live[TARE_ACCOUNT_DEVICE_REFERENCES], 0);
}

static void without_unregister_a_context_registers_a_content_once(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform;

	(void)state;
	test_driver.tables.cann.rtDevBinaryUnRegister = NULL;
	platform = make(TARE_ARCH_A5);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ops->attach(platform, 0), TARE_OK);
		assert_int_equal(ops->init(platform, &binaries), TARE_OK);
		assert_int_equal(ops->image_generation(platform), 0);
		assert_int_equal(launch(platform), TARE_OK);
		assert_int_equal(ops->image_generation(platform), i + 1);
		assert_int_equal(ops->finalize(platform), TARE_OK);
	}
	assert_int_equal(test_driver.registrations, 1);
	/* The same build id, other bytes: another image. */
	((uint8_t *)(uintptr_t)binaries.aicore)[9] ^= 1; /* e_ident's padding */
	assert_int_equal(ops->attach(platform, 0), TARE_OK);
	assert_int_equal(ops->init(platform, &binaries), TARE_OK);
	assert_int_equal(launch(platform), TARE_OK);
	assert_int_equal(test_driver.registrations, 2);
	assert_int_equal(ops->finalize(platform), TARE_OK);
	assert_int_equal(test_driver.live[TARE_ACCOUNT_IMAGE_REGISTRATIONS], 2);
	ops->destroy(&platform);
	test_binaries_free(&binaries);
}

static void one_bootstrap_serves_a_process(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *first, *second;

	(void)state;
	test_driver_watch(0, 0);
	first = make_ready(TARE_ARCH_A5, &binaries);
	second = make_ready(TARE_ARCH_A5, &binaries);
	assert_int_equal(test_driver_made(TARE_CALL_rtAicpuKernelLaunchExWithArgs), 1);
	ops->destroy(&first);
	ops->destroy(&second);
	test_binaries_free(&binaries);
	assert_int_equal(test_driver_live(), 0);
}

static void blocks_are_remembered(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make_ready(TARE_ARCH_A5, &binaries);
	uint64_t bytes = ops->committed_bytes(platform), blocks[100];
	uint32_t width = 0;

	(void)state;
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(ops->take(platform, i + 1, &blocks[i]), TARE_OK);
	assert_int_equal(ops->committed_bytes(platform), bytes + 5050);
	for (int i = 0; i < 100; i += 2)
		assert_int_equal(ops->give(platform, blocks[i]), TARE_OK);
	assert_int_equal(ops->give(platform, blocks[0]), TARE_E_ARGUMENT);
	assert_int_equal(ops->give(platform, 0), TARE_E_ARGUMENT);
	assert_int_equal(ops->committed_bytes(platform), bytes + 2550);
	assert_int_equal(ops->copy_in(platform, blocks[1], "a", 0), TARE_OK);
	assert_int_equal(ops->max_block_dim(platform, &width), TARE_OK);
	assert_int_equal(width, 15);
	ops->destroy(&platform);
	test_binaries_free(&binaries);
	assert_int_equal(test_driver_live(), 0);
}

static void bad_objects_are_refused_before_anything_is_taken(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make(TARE_ARCH_A5);
	struct tare_binaries bad = binaries;

	(void)state;
	assert_int_equal(ops->init(platform, &binaries), TARE_E_STATE);
	assert_int_equal(ops->attach(platform, 0), TARE_OK);
	bad.aicpu_size = 100;
	assert_int_equal(ops->init(platform, &bad), TARE_E_IMAGE);
	bad = binaries;
	bad.aicore = NULL;
	assert_int_equal(ops->init(platform, &bad), TARE_E_IMAGE);
	assert_int_equal(test_driver_live(), 0);
	assert_int_equal(launch(platform), TARE_E_STATE);
	ops->destroy(&platform);
	test_binaries_free(&binaries);
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, test_driver_open, test_driver_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(init_rolls_back),
		RUN(a_success_without_a_handle_is_a_failure),
		RUN(a_steady_launch_takes_nothing),
		RUN(a_refused_launch_poisons_nothing),
		RUN(kernels_that_were_queued_are_drained),
		RUN(after_poison_all_is_abandoned_and_the_device_reset_by_force),
		RUN(finalize_keeps_its_order),
		RUN(a_release_that_fails_stops_no_other),
		RUN(each_thread_is_bound_once),
		RUN(a_thread_that_went_to_another_device_is_bound_again),
		RUN(without_unregister_a_context_registers_a_content_once),
		RUN(one_bootstrap_serves_a_process),
		RUN(blocks_are_remembered),
		RUN(bad_objects_are_refused_before_anything_is_taken),
	};

	unsetenv("ASCEND_GLOBAL_LOG_LEVEL");
	return cmocka_run_group_tests_name("onboard", tests, NULL, NULL);
}
