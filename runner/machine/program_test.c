/* SPDX-License-Identifier: Apache-2.0 */
/* program_test - AICore images: registered on the host, pinned by the first launch, given back by their handle */
#include "test_bench.h"

#include <string.h>

#include <tare/image.h>

static int sync_aicore(const struct test_bench *bench)
{
	return aclrtSynchronizeStreamWithTimeout(bench->aicore_stream, 2000);
}

static void the_first_launch_pins(enum tare_arch_id arch, enum tare_image_cost cost)
{
	struct tare_machine_setup setup = test_setup(arch);
	struct tare_image image;
	struct test_bench bench;
	uint64_t before, size;
	char error[64];

	setup.cost = cost;
	bench = test_open(&setup);
	assert_int_equal(tare_image_read(bench.aicore.bytes, bench.aicore.size, &image, error, sizeof error), 0);
	size = cost == TARE_COST_ELF_FILE ? bench.aicore.size :
		image.alloc_span + (arch == TARE_ARCH_A5 ? 1280 : 0);
	size = (size + 4095) / 4096 * 4096;
	assert_int_equal(test_account().programs, 1);
	assert_int_equal(test_account().images, 0);
	before = test_account().used_bytes;
	for (int i = 0; i < 3; i++)
		assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(sync_aicore(&bench), 0);
	assert_int_equal(test_account().images, 1);
	assert_int_equal(test_account().image_bytes, size);
	assert_int_equal(test_account().used_bytes - before, size);
	assert_int_equal(rtDevBinaryUnRegister(bench.image), 0);
	assert_int_equal(test_account().used_bytes, before);
	assert_int_equal(test_account().programs, 0);
	assert_int_equal(test_account().images, 0);
	test_close(&bench);
}

static void both_costs_on_both_cards(void **state)
{
	(void)state;
	the_first_launch_pins(TARE_ARCH_A2A3, TARE_COST_ELF_FILE);
	the_first_launch_pins(TARE_ARCH_A2A3, TARE_COST_ALLOC_SPAN);
	the_first_launch_pins(TARE_ARCH_A5, TARE_COST_ELF_FILE);
	the_first_launch_pins(TARE_ARCH_A5, TARE_COST_ALLOC_SPAN);
}

/* A file of the reference's size: bytes behind the sections cost by file and not by span. */
static void reference_sizes_cost_what_the_incident_says(void **state)
{
	static const uint64_t cost[] = { [TARE_ARCH_A2A3] = 81920, [TARE_ARCH_A5] = 376832 };
	static const uint64_t size[] = { [TARE_ARCH_A2A3] = 79872, [TARE_ARCH_A5] = 373760 };

	(void)state;
	for (int arch = TARE_ARCH_A2A3; arch <= TARE_ARCH_A5; arch++) {
		struct tare_machine_setup setup = test_setup((enum tare_arch_id)arch);
		struct test_bench bench = test_open(&setup);
		struct tare_rt_binary binary = { RT_DEV_BINARY_MAGIC_ELF, 0, NULL, size[arch] };
		uint8_t *padded = calloc(1, size[arch]);

		memcpy(padded, bench.aicore.bytes, bench.aicore.size);
		binary.data = padded;
		assert_int_equal(rtDevBinaryUnRegister(bench.image), 0);
		assert_int_equal(rtRegisterAllKernel(&binary, &bench.image), 0);
		assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), 0);
		assert_int_equal(test_account().image_bytes, cost[arch]);
		assert_int_equal(sync_aicore(&bench), 0);
		free(padded);
		test_close(&bench);
	}
}

static void every_registration_pins_its_own(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);
	struct tare_rt_binary binary = { RT_DEV_BINARY_MAGIC_ELF, 0, bench.aicore.bytes, bench.aicore.size };

	(void)state;
	for (uint64_t i = 1; i <= 5; i++) {
		assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), 0);
		assert_int_equal(sync_aicore(&bench), 0);
		assert_int_equal(test_account().images, i);
		assert_int_equal(test_account().registrations, i);
		assert_int_equal(rtRegisterAllKernel(&binary, &bench.image), 0);
	}
	assert_int_equal(rtDeviceReset(0), 0);
	assert_int_equal(test_account().images, 0);
	assert_int_equal(test_account().programs, 6);
	assert_int_equal(rtSetDevice(0), 0);
	test_close(&bench);
	assert_int_equal(test_account().programs, 0);
}

static void a_handle_given_back_is_refused_and_counted(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);

	(void)state;
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(rtDevBinaryUnRegister(bench.image), 0); /* runs what is queued first */
	assert_int_equal(bench.out[0], 1);
	assert_int_equal(test_launch_aicore(&bench, TEST_COUNT, 1), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtDevBinaryUnRegister(bench.image), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(test_account().used_after_unregister, 2);
	assert_int_equal(rtDevBinaryUnRegister(NULL), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtDevBinaryUnRegister(&bench), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(test_account().used_after_unregister, 2);
	test_close(&bench);
}

static void a_bad_registration_takes_nothing(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);
	struct test_file misnamed = test_read("misnamed.so");
	struct tare_rt_binary binary = { RT_DEV_BINARY_MAGIC_ELF_AICPU, 0, bench.aicore.bytes, bench.aicore.size };
	void *handle;

	(void)state;
	assert_int_equal(rtRegisterAllKernel(&binary, &handle), ACL_ERROR_RT_PARAM_INVALID);
	binary.magic = RT_DEV_BINARY_MAGIC_ELF_AIVEC;
	binary.length = 100;
	assert_int_equal(rtRegisterAllKernel(&binary, &handle), ACL_ERROR_RT_INTERNAL_ERROR);
	binary.length = bench.aicore.size;
	test_for_another_processor(&bench.aicore);
	assert_int_equal(rtRegisterAllKernel(&binary, &handle), ACL_ERROR_RT_INTERNAL_ERROR);
	binary.length = 0;
	assert_int_equal(rtRegisterAllKernel(&binary, &handle), ACL_ERROR_RT_PARAM_INVALID);
	binary.data = misnamed.bytes;
	binary.length = misnamed.size;
	assert_int_equal(rtRegisterAllKernel(&binary, &handle), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtRegisterAllKernel(NULL, &handle), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtRegisterAllKernel(&binary, NULL), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(test_account().programs, 1);
	assert_int_equal(test_account().registrations, 1);
	free(misnamed.bytes);
	test_close(&bench);
}

static void launches_are_checked(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);
	const void *pointer = bench.args;
	struct tare_rt_args args = { .args = &pointer, .size = sizeof pointer };

	(void)state;
	assert_int_equal(rtKernelLaunchWithHandleV2(bench.image, 7, 1, &args, NULL, bench.aicore_stream, NULL),
		ACL_ERROR_RT_INTERNAL_ERROR);
	assert_int_equal(rtKernelLaunchWithHandleV2(bench.image, 0, 0, &args, NULL, bench.aicore_stream, NULL),
		ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtKernelLaunchWithHandleV2(bench.image, 0, 1, NULL, NULL, bench.aicore_stream, NULL),
		ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtKernelLaunchWithHandleV2(NULL, 0, 1, &args, NULL, bench.aicore_stream, NULL),
		ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(test_account().images, 0);
	test_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_costs_on_both_cards),
		cmocka_unit_test(reference_sizes_cost_what_the_incident_says),
		cmocka_unit_test(every_registration_pins_its_own),
		cmocka_unit_test(a_handle_given_back_is_refused_and_counted),
		cmocka_unit_test(a_bad_registration_takes_nothing),
		cmocka_unit_test(launches_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
