/* SPDX-License-Identifier: Apache-2.0 */
/* aicpu_test - the bootstrap write, the store, and ops by name */
#include "test_bench.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tare/image.h>
#include <tare/text.h>

static void write_text(const char *path, const char *text)
{
	FILE *to = fopen(path, "w");

	assert_non_null(to);
	fputs(text, to);
	fclose(to);
}

static int load(const char *text, rtBinHandle *binary)
{
	struct tare_rt_load_option option = { .id = RT_LOAD_BINARY_OPT_CPU_KERNEL_MODE };
	const struct tare_rt_load_config config = { &option, 1 };
	char path[64];
	int code;

	snprintf(path, sizeof path, "/tmp/tare-aicpu-test-%d.json", (int)getpid());
	write_text(path, text);
	snprintf(path, sizeof path, "/tmp/tare-aicpu-test-%d.so", (int)getpid()); /* the extension is changed */
	code = rtsBinaryLoadFromFile(path, &config, binary);
	snprintf(path, sizeof path, "/tmp/tare-aicpu-test-%d.json", (int)getpid());
	unlink(path);
	return code;
}

#define OP(function, object, library) "{\"op\":{\"opInfo\":{" function object library "\"userDefined\":\"False\"}}}"
#define FUNCTION "\"functionName\":\"simpler_aicpu_exec\","
#define OBJECT "\"kernelSo\":\"nowhere.so\","
#define LIBRARY "\"opKernelLib\":\"AICPUKernel\","

static void the_bootstrap_writes_the_inner_object_once_per_call(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	char root[] = "/tmp/tare-root-XXXXXX", path[256], error[64];
	struct tare_image image;
	struct test_bench bench;
	struct stat about;

	(void)state;
	assert_non_null(mkdtemp(root));
	strcpy(setup.root, root);
	bench = test_open(&setup);
	assert_int_equal(tare_image_read(bench.aicpu.bytes, bench.aicpu.size, &image, error, sizeof error), 0);
	snprintf(path, sizeof path, "%s/aicpu_kernels_device/simpler_inner_%016llx_0.so", root,
		(unsigned long long)image.fingerprint);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_size, bench.aicpu.size);
	assert_int_equal(about.st_mode & 07777, 0755);
	assert_int_equal(test_bootstrap(bench.aicpu_stream, bench.aicpu, bench.aicpu, 0), 0);
	assert_int_equal(test_account().preinstalled, 1);
	assert_int_equal(test_account().preinstalled_writes, 2);
	test_close(&bench);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof path, "%s/aicpu_kernels_device", root);
	assert_int_equal(rmdir(path), 0); /* nothing else lay there */
	assert_int_equal(rmdir(root), 0);
}

static void what_is_no_object_is_named_by_its_bytes(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);
	char text[] = "no object at all";
	struct test_file inner = { text, sizeof text };

	(void)state;
	assert_int_equal(test_bootstrap(bench.aicpu_stream, bench.aicpu, inner, 0), 0);
	assert_int_equal(test_account().preinstalled, 2);
	assert_int_equal(test_bootstrap(bench.aicpu_stream, inner, bench.aicpu, 0), ACL_ERROR_RT_AICPU_EXCEPTION);
	assert_int_equal(aclrtSynchronizeStream(bench.aicpu_stream), 0);
	assert_int_equal(test_account().preinstalled_writes, 2);
	inner = bench.aicpu; /* whole, but for another processor than the device's */
	test_for_another_processor(&inner);
	assert_int_equal(test_bootstrap(bench.aicpu_stream, inner, bench.aicpu, 0), ACL_ERROR_RT_AICPU_EXCEPTION);
	assert_int_equal(test_account().preinstalled_writes, 2);
	test_close(&bench);
}

static void the_bootstrap_call_is_checked(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);
	char blob[304] = "";
	struct tare_rt_aicpu_args args = { .args = blob, .size = sizeof blob, .so_name_offset = 240,
		.kernel_name_offset = 208 };

	(void)state;
	assert_int_equal(rtAicpuKernelLaunchExWithArgs(3, "AST_DYN_AICPU", 1, &args, NULL, bench.aicpu_stream, 0),
		ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtAicpuKernelLaunchExWithArgs(2, "AST_DYN_AICPU", 1, &args, NULL, bench.aicpu_stream, 0),
		ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
	args.so_name_offset = sizeof blob;
	assert_int_equal(rtAicpuKernelLaunchExWithArgs(5, "AST_DYN_AICPU", 1, &args, NULL, bench.aicpu_stream, 0),
		ACL_ERROR_RT_PARAM_INVALID);
	args.so_name_offset = 240;
	assert_int_equal(rtAicpuKernelLaunchExWithArgs(5, "AST_DYN_AICPU", 1, &args, NULL, bench.aicpu_stream, 0), 0);
	assert_int_equal(aclrtSynchronizeStream(bench.aicpu_stream), ACL_ERROR_RT_AICPU_EXCEPTION);
	test_close(&bench);
}

static void an_op_is_found_by_its_name(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	rtFuncHandle function, again;
	rtBinHandle binary;
	uint64_t before;

	(void)state;
	test_use(&setup);
	assert_int_equal(load(OP(FUNCTION, OBJECT, LIBRARY), &binary), 0);
	assert_int_equal(test_account().binaries, 1);
	assert_int_equal(rtsFuncGetByName(binary, "op", &function), ACL_ERROR_RT_CONTEXT_NULL);
	assert_int_equal(rtSetDevice(0), 0);
	before = test_account().used_bytes;
	assert_int_equal(rtsFuncGetByName(binary, "po", &function), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtsFuncGetByName(binary, "op", &function), 0);
	assert_int_equal(rtsFuncGetByName(binary, "op", &again), 0);
	assert_ptr_equal(function, again);
	assert_int_equal(test_account().functions, 1);
	assert_int_equal(test_account().used_bytes - before, 512);
	assert_int_equal(rtsBinaryUnload(binary), 0);
	assert_int_equal(test_account().used_bytes, before);
	assert_int_equal(test_account().functions, 0);
	assert_int_equal(rtsBinaryUnload(binary), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtDeviceReset(0), 0);
}

static void a_name_needs_room_on_the_device(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	rtFuncHandle function;
	rtBinHandle binary;

	(void)state;
	test_use(&setup);
	assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(load(OP(FUNCTION, OBJECT, LIBRARY), &binary), 0);
	assert_int_equal(tare_machine_headroom(0, 0), 0);
	assert_int_equal(rtsFuncGetByName(binary, "op", &function), ACL_ERROR_RT_MEMORY_ALLOCATION);
	assert_int_equal(test_account().functions, 0);
	assert_int_equal(rtDeviceReset(0), 0);
	assert_int_equal(rtsBinaryUnload(binary), 0); /* needs no context */
}

static void a_missing_object_is_found_missing_at_the_sync(void **state)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench = test_open(&setup);
	rtBinHandle binary;

	(void)state;
	assert_int_equal(load(OP(FUNCTION, OBJECT, LIBRARY), &binary), 0);
	assert_int_equal(rtsFuncGetByName(binary, "op", &bench.exec), 0);
	assert_int_equal(test_launch_aicpu(&bench, TEST_COUNT, 1), 0);
	assert_int_equal(aclrtSynchronizeStream(bench.aicpu_stream), ACL_ERROR_RT_AICPU_EXCEPTION);
	assert_int_equal(test_account().aicpu_objects, 0);
	assert_int_equal(rtsBinaryUnload(binary), 0);
	assert_int_equal(test_launch_aicpu(&bench, TEST_COUNT, 1), ACL_ERROR_RT_PARAM_INVALID);
	test_close(&bench);
}

static void a_bad_description_loads_nothing(void **state)
{
	static const char *const texts[] = {
		"", "[]", "{}", "{\"op\":1}", "{\"op\":{}}", "{\"op\":{\"opInfo\":[]}}",
		OP("", OBJECT, LIBRARY), OP(FUNCTION, "", LIBRARY), OP(FUNCTION, OBJECT, ""),
		OP(FUNCTION, OBJECT, "\"opKernelLib\":\"TFKernel\","),
		OP(FUNCTION, "\"kernelSo\":\"../../etc/x.so\",", LIBRARY),
		OP(FUNCTION, "\"kernelSo\":7,", LIBRARY),
		OP(FUNCTION, OBJECT, LIBRARY) "trailing",
	};
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct tare_rt_load_option option = { .id = RT_LOAD_BINARY_OPT_CPU_KERNEL_MODE, .value = { 1 } };
	struct tare_rt_load_config config = { &option, 1 };
	rtBinHandle binary;

	(void)state;
	test_use(&setup);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(load(texts[i], &binary), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtsBinaryLoadFromFile("/nowhere/at/all.so", NULL, &binary), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(rtsBinaryLoadFromFile("/tmp/x.so", &config, &binary), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
	option.value[0] = 0;
	assert_int_equal(rtsBinaryLoadFromFile("/nowhere/at/all.so", &config, &binary), ACL_ERROR_RT_PARAM_INVALID);
	assert_int_equal(test_account().binaries, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bootstrap_writes_the_inner_object_once_per_call),
		cmocka_unit_test(what_is_no_object_is_named_by_its_bytes),
		cmocka_unit_test(the_bootstrap_call_is_checked),
		cmocka_unit_test(an_op_is_found_by_its_name),
		cmocka_unit_test(a_name_needs_room_on_the_device),
		cmocka_unit_test(a_missing_object_is_found_missing_at_the_sync),
		cmocka_unit_test(a_bad_description_loads_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
