/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tare/status.h>

#include "test_driver.h"

enum { ORDER_DONE = 0, ORDER_WAIT = 1, ORDER_HANG = 2 }; /* test_object.c */

static const struct tare_platform_ops *const ops = &tare__platform_sim;

/* Under ThreadSanitizer the timer that ends a kernel never fires (facts/fabric.md 7.1). */
#if defined(__SANITIZE_THREAD__)
#define CAN_HANG false
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CAN_HANG false
#endif
#endif
#ifndef CAN_HANG
#define CAN_HANG true
#endif

static struct tare_platform *make(enum tare_arch_id arch)
{
	struct tare_platform *platform = NULL;

	assert_int_equal(ops->create(&platform, tare_arch(arch), &test_driver.tables, NULL), TARE_OK);
	assert_int_equal(ops->attach(platform, 0), TARE_OK);
	return platform;
}

static int launch_order(struct tare_platform *platform, int64_t *order, uint64_t *wall)
{
	struct tare_launch one = { .runtime_args = (uint64_t)(uintptr_t)order, .block_dim = 3, .aicpu_threads = 3 };
	int status = ops->launch(platform, &one);

	if (wall)
		*wall = one.device_wall_ns;
	return status;
}

static int launch(struct tare_platform *platform)
{
	int64_t order = ORDER_DONE;

	return launch_order(platform, &order, NULL);
}

static bool fail_one_of_init(enum tare_arch_id arch, unsigned n, unsigned fault)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make(arch);
	enum tare_call_id failed;
	int status, code;

	test_driver_watch(n, fault);
	status = ops->init(platform, &binaries);
	failed = test_driver.failed;
	code = test_driver.failed_code;
	test_driver_watch(0, 0);
	if (failed != TARE_CALL_NONE) {
		if (status == TARE_OK)
			fail_msg("call %u, %s, failed and init did not", n, tare_call_info(failed)->name);
		if (code != 0)
			assert_int_equal(status, code);
		assert_int_equal(test_driver_live(), failed == TARE_CALL_file_remove);
		assert_int_equal(ops->committed_blocks(platform), 0);
		assert_int_equal(ops->init(platform, &binaries), TARE_OK);
	} else {
		assert_int_equal(status, TARE_OK);
	}
	assert_int_equal(launch(platform), TARE_OK);
	assert_int_equal(ops->finalize(platform), TARE_OK);
	assert_int_equal(test_driver_live(), failed == TARE_CALL_file_remove);
	test_driver.live[TARE_ACCOUNT_TEMPORARY_FILES] = 0;
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
		assert_true(n > 10);
		for (unsigned k = 1; k < n; k++)
			fail_one_of_init(arch, k, TARE_FAULT_NULL_HANDLE);
	}
}

static void a_first_launch_that_fails_leaves_nothing(void **state)
{
	struct tare_binaries binaries = test_binaries();
	unsigned n = 1;

	(void)state;
	for (bool more = true; more; n++) {
		struct tare_platform *platform = make(TARE_ARCH_A5);
		int64_t before;
		bool opened, left;
		int status;

		assert_int_equal(ops->init(platform, &binaries), TARE_OK);
		before = test_driver_live();
		test_driver_watch(n, TARE_FAULT_ERROR);
		status = launch(platform);
		assert_int_equal(status, test_driver.failed_code);
		more = test_driver.failed != TARE_CALL_NONE;
		left = test_driver.failed == TARE_CALL_file_remove;
		opened = ops->image_generation(platform) != 0;
		assert_int_equal(test_driver_live(), before + opened + left);
		test_driver_watch(0, 0);
		assert_int_equal(launch(platform), TARE_OK);
		ops->destroy(&platform);
		assert_int_equal(test_driver_live(), left);
		test_driver.live[TARE_ACCOUNT_TEMPORARY_FILES] = 0;
	}
	assert_true(n > 6);
	test_binaries_free(&binaries);
}

static void a_steady_launch_takes_nothing(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make(TARE_ARCH_A2A3);
	int64_t order = ORDER_DONE;
	uint64_t wall = 0;

	(void)state;
	assert_int_equal(ops->init(platform, &binaries), TARE_OK);
	assert_int_equal(launch(platform), TARE_OK);
	for (int i = 0; i < 50; i++) {
		test_driver_watch(0, 0);
		assert_int_equal(launch_order(platform, &order, &wall), TARE_OK);
		assert_int_equal(wall, 1234);
		assert_int_equal(test_driver.count, 2);
		assert_int_equal(test_driver_made(TARE_CALL_memory_copy), 2);
	}
	assert_int_equal(test_driver.live[TARE_ACCOUNT_IMAGE_REGISTRATIONS], 1);
	ops->destroy(&platform);
	assert_int_equal(test_driver_live(), 0);
	test_binaries_free(&binaries);
}

static void what_a_launch_says_is_returned(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make(TARE_ARCH_A5);
	int64_t wait = ORDER_WAIT, broken = TARE_E_GRAPH;

	(void)state;
	assert_int_equal(ops->init(platform, &binaries), TARE_OK);
	assert_int_equal(launch_order(platform, &broken, NULL), TARE_E_GRAPH);
	assert_int_equal(launch_order(platform, &wait, NULL), TARE_E_STALL);
	assert_false(ops->poisoned(platform));
	assert_int_equal(launch(platform), TARE_OK);
	ops->destroy(&platform);
	assert_int_equal(test_driver_live(), 0);
	test_binaries_free(&binaries);
}

static void a_kernel_that_never_comes_back_poisons(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make(TARE_ARCH_A5);
	int64_t hang = ORDER_HANG;

	(void)state;
	if (!CAN_HANG) {
		ops->destroy(&platform);
		test_binaries_free(&binaries);
		skip();
	}
	assert_int_equal(ops->init(platform, &binaries), TARE_OK);
	assert_int_equal(launch_order(platform, &hang, NULL), TARE_E_STALL);
	assert_true(ops->poisoned(platform));
	test_driver_watch(0, 0);
	assert_int_equal(launch(platform), TARE_E_POISONED);
	assert_int_equal(test_driver.count, 0);
	assert_int_equal(ops->finalize(platform), TARE_OK);
	assert_int_equal(test_driver_live(), 0);
	assert_int_equal(ops->attach(platform, 0), TARE_OK);
	assert_int_equal(ops->init(platform, &binaries), TARE_OK);
	assert_int_equal(launch(platform), TARE_OK);
	ops->destroy(&platform);
	test_binaries_free(&binaries);
}

static void a_new_generation_registers_again(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make(TARE_ARCH_A5);

	(void)state;
	for (uint64_t i = 1; i <= 3; i++) {
		assert_int_equal(ops->attach(platform, 0), TARE_OK);
		assert_int_equal(ops->init(platform, &binaries), TARE_OK);
		assert_int_equal(ops->image_generation(platform), 0);
		assert_int_equal(launch(platform), TARE_OK);
		assert_int_equal(ops->image_generation(platform), i);
		assert_int_equal(ops->finalize(platform), TARE_OK);
		assert_int_equal(ops->finalize(platform), TARE_OK);
		assert_int_equal(test_driver_live(), 0);
		assert_int_equal(launch(platform), TARE_E_STATE);
	}
	ops->destroy(&platform);
	test_binaries_free(&binaries);
}

static void a_release_that_fails_stops_no_other(void **state)
{
	struct tare_binaries binaries = test_binaries();
	unsigned n = 1;

	(void)state;
	for (bool more = true; more; n++) {
		struct tare_platform *platform = make(TARE_ARCH_A5);
		int status;

		assert_int_equal(ops->init(platform, &binaries), TARE_OK);
		assert_int_equal(launch(platform), TARE_OK);
		test_driver_watch(n, TARE_FAULT_ERROR);
		status = ops->finalize(platform);
		assert_int_equal(status, test_driver.failed_code);
		more = test_driver.failed != TARE_CALL_NONE;
		assert_int_equal(ops->committed_blocks(platform), test_driver.failed == TARE_CALL_memory_give);
		assert_int_equal(test_driver_live(), more);
		memset(test_driver.live, 0, sizeof test_driver.live);
		test_driver_watch(0, 0);
		ops->destroy(&platform);
	}
	assert_true(n > 6);
	test_binaries_free(&binaries);
}

static void kernels_and_orchestrations_leave_no_file(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make(TARE_ARCH_A5);
	struct tare_kernel_code one = { 0 }, other = { 0 };
	void *object = NULL, *symbol = NULL;
	uint32_t size = (uint32_t)binaries.aicore_size;

	(void)state;
	assert_int_equal(ops->kernel_open(platform, binaries.aicore, size, 0, &one), TARE_OK);
	assert_int_equal(ops->kernel_open(platform, binaries.aicore, size, 0, &other), TARE_OK);
	assert_true(one.entry != other.entry);
	assert_int_equal(test_driver.live[TARE_ACCOUNT_TEMPORARY_FILES], 0);
	assert_int_equal(test_driver.live[TARE_ACCOUNT_HOST_OBJECTS], 2);
	assert_int_equal(ops->kernel_close(platform, &one), TARE_OK);
	assert_int_equal(ops->kernel_close(platform, &one), TARE_OK);
	assert_int_equal(ops->kernel_close(platform, &other), TARE_OK);
	assert_int_equal(ops->kernel_open(platform, binaries.aicore, 700, 0, &one), TARE_E_IMAGE);
	assert_int_equal(ops->orchestration_open(platform, binaries.aicore, size, "nobody", &object, &symbol),
		TARE_E_NOT_FOUND);
	assert_null(object);
	assert_int_equal(test_driver_live(), 0);
	assert_int_equal(ops->orchestration_open(platform, binaries.aicore, size, "kernel_entry", &object, &symbol), TARE_OK);
	assert_non_null(symbol);
	assert_int_equal(ops->orchestration_close(platform, object), TARE_OK);
	for (unsigned n = 1; n <= 4; n++) {
		bool left;
		int status;

		test_driver_watch(n, TARE_FAULT_ERROR);
		status = ops->kernel_open(platform, binaries.aicore, size, 0, &one);
		assert_int_equal(status, test_driver.failed_code);
		left = test_driver.failed == TARE_CALL_file_remove;
		assert_int_equal(test_driver_live(), left);
		test_driver.live[TARE_ACCOUNT_TEMPORARY_FILES] = 0;
	}
	test_driver_watch(0, 0);
	ops->destroy(&platform);
	test_binaries_free(&binaries);
}

/* Sim's processors are the host's, whatever the object. */
static void objects_for_another_processor_are_refused(void **state)
{
	struct tare_platform *platform = make(TARE_ARCH_A5);
	struct tare_kernel_code code = { 0 };
	void *object = NULL, *symbol = NULL;

	(void)state;
	assert_int_equal(ops->attach(platform, 0), TARE_OK);
	for (unsigned i = 0; i < 2; i++) {
		struct tare_binaries binaries = test_binaries();
		const uint8_t *bytes = i ? binaries.aicore : binaries.aicpu;
		uint32_t size = (uint32_t)(i ? binaries.aicore_size : binaries.aicpu_size);

		test_for_another_processor(bytes);
		assert_int_equal(ops->init(platform, &binaries), TARE_E_IMAGE);
		assert_int_equal(ops->kernel_open(platform, bytes, size, 0, &code), TARE_E_IMAGE);
		assert_int_equal(ops->orchestration_open(platform, bytes, size, "kernel_entry", &object, &symbol), TARE_E_IMAGE);
		assert_int_equal(ops->orchestration_check(platform, bytes, size), TARE_E_IMAGE);
		test_binaries_free(&binaries);
		assert_int_equal(test_driver_live(), 0);
	}
	ops->destroy(&platform);
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, test_driver_open, test_driver_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(init_rolls_back),
		RUN(a_first_launch_that_fails_leaves_nothing),
		RUN(a_steady_launch_takes_nothing),
		RUN(what_a_launch_says_is_returned),
		RUN(a_kernel_that_never_comes_back_poisons),
		RUN(a_new_generation_registers_again),
		RUN(a_release_that_fails_stops_no_other),
		RUN(kernels_and_orchestrations_leave_no_file),
		RUN(objects_for_another_processor_are_refused),
	};

	return cmocka_run_group_tests_name("sim", tests, NULL, NULL);
}
