/* SPDX-License-Identifier: Apache-2.0 */
/* identity_test - for which processor an onboard object is, and which of two with one build id */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tare/status.h>

#include "test_driver.h"

static const struct tare_platform_ops *const ops = &tare__platform_onboard;

static struct tare_platform *make(void)
{
	struct tare_platform *platform = NULL;

	assert_int_equal(ops->create(&platform, tare_arch(TARE_ARCH_A5), &test_driver.tables, NULL), TARE_OK);
	assert_int_equal(ops->attach(platform, 0), TARE_OK);
	return platform;
}

static unsigned bootstraps(void)
{
	return test_driver_made(TARE_CALL_rtAicpuKernelLaunchExWithArgs);
}

/* The AICPU's two agree with each other; which processor the AICores are, the driver alone knows. */
static void an_aicpu_object_is_for_its_dispatchers_processor(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make();

	(void)state;
	test_for_another_processor(binaries.aicpu);
	assert_int_equal(ops->init(platform, &binaries), TARE_E_IMAGE);
	assert_int_equal(test_driver_live(), 0);
	test_for_another_processor(binaries.dispatcher);
	test_for_another_processor(binaries.aicore);
	assert_int_equal(ops->init(platform, &binaries), TARE_OK);
	ops->destroy(&platform);
	test_binaries_free(&binaries);
	assert_int_equal(test_driver_live(), 0);
}

static void an_orchestration_for_another_processor_is_refused(void **state)
{
	struct tare_binaries binaries = test_binaries();
	struct tare_platform *platform = make();
	void *object = NULL, *symbol = NULL;

	(void)state;
	test_for_another_processor(binaries.aicore);
	assert_int_equal(ops->orchestration_open(platform, binaries.aicore, (uint32_t)binaries.aicore_size, "kernel_entry",
		&object, &symbol), TARE_E_IMAGE);
	assert_null(object);
	assert_int_equal(test_driver_live(), 0);
	ops->destroy(&platform);
	test_binaries_free(&binaries);
}

/* What the AICPU is to open is for the AICPU's processor, whichever the host's is. */
static void an_orchestration_is_checked_before_it_goes_to_the_aicpu(void **state)
{
	struct tare_binaries binaries = test_binaries(), other = test_binaries();
	struct tare_platform *platform = make();
	uint32_t size = (uint32_t)binaries.aicore_size;

	(void)state;
	assert_int_equal(ops->init(platform, &binaries), TARE_OK);
	assert_int_equal(ops->orchestration_check(platform, binaries.aicore, size), TARE_OK);
	assert_int_equal(ops->orchestration_check(platform, binaries.aicore, 700), TARE_E_IMAGE);
	test_for_another_processor(other.aicore);
	assert_int_equal(ops->orchestration_check(platform, other.aicore, size), TARE_E_IMAGE);
	assert_int_equal(ops->finalize(platform), TARE_OK);
	test_for_another_processor(other.aicpu);
	test_for_another_processor(other.dispatcher);
	assert_int_equal(ops->attach(platform, 0), TARE_OK);
	assert_int_equal(ops->init(platform, &other), TARE_OK);
	assert_int_equal(ops->orchestration_check(platform, other.aicore, size), TARE_OK);
	assert_int_equal(ops->orchestration_check(platform, binaries.aicore, size), TARE_E_IMAGE);
	ops->destroy(&platform);
	test_binaries_free(&binaries);
	test_binaries_free(&other);
	assert_int_equal(test_driver_live(), 0);
}

/* The file is named by the build id: another content may only replace one that nobody uses. */
static void of_one_build_id_one_content_is_in_use(void **state)
{
	struct tare_binaries binaries = test_binaries(), twin = binaries;
	struct tare_platform *first = make(), *second = make();
	uint8_t *other = test_other_code(&binaries);

	(void)state;
	twin.aicpu = other;
	test_driver_watch(0, 0);
	assert_int_equal(ops->init(first, &binaries), TARE_OK);
	assert_int_equal(ops->init(second, &twin), TARE_E_STATE);
	assert_int_equal(ops->init(second, &binaries), TARE_OK);
	assert_int_equal(bootstraps(), 1);
	assert_int_equal(ops->finalize(first), TARE_OK);
	assert_int_equal(ops->attach(first, 0), TARE_OK);
	assert_int_equal(ops->init(first, &twin), TARE_E_STATE); /* of two users one is left */
	assert_int_equal(ops->finalize(second), TARE_OK);
	assert_int_equal(ops->init(first, &twin), TARE_OK);
	assert_int_equal(bootstraps(), 2);
	assert_int_equal(ops->attach(second, 0), TARE_OK);
	assert_int_equal(ops->init(second, &binaries), TARE_E_STATE);
	ops->destroy(&first);
	ops->destroy(&second);
	test_other_code_free(other);
	test_binaries_free(&binaries);
	assert_int_equal(test_driver_live(), 0);
}

/* The name has the device in it, and so has what is known of it. */
static void a_file_is_one_devices(void **state)
{
	struct tare_binaries binaries = test_binaries();

	(void)state;
	test_driver_watch(0, 0);
	for (int32_t device = 0; device < 2; device++) {
		struct tare_platform *platform = NULL;

		assert_int_equal(ops->create(&platform, tare_arch(TARE_ARCH_A5), &test_driver.tables, NULL), TARE_OK);
		assert_int_equal(ops->attach(platform, device), TARE_OK);
		assert_int_equal(ops->init(platform, &binaries), TARE_OK);
		assert_int_equal(bootstraps(), device + 1);
		ops->destroy(&platform);
	}
	test_binaries_free(&binaries);
	assert_int_equal(test_driver_live(), 0);
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, test_driver_open, test_driver_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(an_aicpu_object_is_for_its_dispatchers_processor),
		RUN(an_orchestration_is_checked_before_it_goes_to_the_aicpu),
		RUN(an_orchestration_for_another_processor_is_refused),
		RUN(of_one_build_id_one_content_is_in_use),
		RUN(a_file_is_one_devices),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
