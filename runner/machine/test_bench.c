/* SPDX-License-Identifier: Apache-2.0 */
#include "test_bench.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <tare/image.h>
#include <tare/text.h>

#ifndef TEST_OBJECTS
#error "the build says where the device objects are"
#endif

struct test_file test_read(const char *name)
{
	struct test_file file = { 0 };
	char path[1024];
	FILE *from;

	snprintf(path, sizeof path, "%s/%s", name[0] == '/' ? "" : TEST_OBJECTS, name);
	from = fopen(path, "rb");
	assert_non_null(from);
	assert_int_equal(fseek(from, 0, SEEK_END), 0);
	file.size = (uint64_t)ftell(from);
	rewind(from);
	file.bytes = malloc(file.size);
	assert_non_null(file.bytes);
	assert_int_equal(fread(file.bytes, 1, file.size, from), file.size);
	fclose(from);
	return file;
}

struct tare_machine_setup test_setup(enum tare_arch_id arch)
{
	return (struct tare_machine_setup){
		.arch = arch,
		.memory = 64u << 20,
		.workers = 1,
		.seed = 1,
		.kernel_budget_ms = 20,
	};
}

void test_use(const struct tare_machine_setup *setup)
{
	tare_machine_forget();
	assert_int_equal(tare_machine_setup_use(setup), 0);
}

struct tare_machine_account test_account(void)
{
	struct tare_machine_account account;

	tare_machine_account(0, &account);
	return account;
}

static void *upload(const void *bytes, uint64_t size)
{
	void *block;

	assert_int_equal(aclrtMalloc(&block, size, 0), 0);
	assert_int_equal(aclrtMemcpy(block, size, bytes, size, RT_MEMCPY_HOST_TO_DEVICE), 0);
	return block;
}

int test_bootstrap(rtStream_t stream, struct test_file dispatcher, struct test_file inner, uint64_t device)
{
	void *outer = upload(dispatcher.bytes, dispatcher.size), *within = upload(inner.bytes, inner.size);
	uint64_t words[20] = { 0 };
	struct {
		uint64_t head[26];
		char entry[32], object[32], op[32];
	} blob = { .entry = "DynTileFwkKernelServerInit", .object = "libaicpu_extend_kernels.so", .op = "AST_DYN_AICPU" };
	struct tare_rt_aicpu_args args = {
		.args = &blob,
		.size = sizeof blob,
		.so_name_offset = 208 + 32,
		.kernel_name_offset = 208,
	};
	void *block;
	int code;

	words[12] = (uint64_t)(uintptr_t)outer;
	words[13] = dispatcher.size;
	words[14] = device;
	words[15] = (uint64_t)(uintptr_t)within;
	words[16] = inner.size;
	block = upload(words, sizeof words);
	blob.head[5] = (uint64_t)(uintptr_t)block;
	code = rtAicpuKernelLaunchExWithArgs(KERNEL_TYPE_AICPU_KFC, "AST_DYN_AICPU", 1, &args, NULL, stream, 0);
	if (!code)
		code = aclrtSynchronizeStream(stream);
	assert_int_equal(aclrtFree(outer) | aclrtFree(within) | aclrtFree(block), 0);
	return code;
}

void test_for_another_processor(const struct test_file *file)
{
	const uint16_t machine = EM_RISCV;

	memcpy((uint8_t *)(uintptr_t)file->bytes + offsetof(Elf64_Ehdr, e_machine), &machine, sizeof machine);
}

/* Writes the description of both ops beside the tests and loads it. */
static rtBinHandle load_ops(struct test_file inner)
{
	struct tare_rt_load_option option = { .id = RT_LOAD_BINARY_OPT_CPU_KERNEL_MODE };
	const struct tare_rt_load_config config = { &option, 1 };
	struct tare_image image;
	char path[64] = "/tmp/tare-ops-XXXXXX", error[64];
	rtBinHandle binary = NULL;
	FILE *to;

	assert_int_equal(tare_image_read(inner.bytes, inner.size, &image, error, sizeof error), 0);
	close(mkstemp(path));
	unlink(path);
	strcat(path, ".json");
	to = fopen(path, "w");
	assert_non_null(to);
	fprintf(to, "{\"exec_op\":{\"opInfo\":{\"functionName\":\"simpler_aicpu_exec\",\"kernelSo\":"
		"\"simpler_inner_%016llx_0.so\",\"opKernelLib\":\"AICPUKernel\",\"userDefined\":\"False\"}}}",
		(unsigned long long)image.fingerprint);
	fclose(to);
	assert_int_equal(rtsBinaryLoadFromFile(path, &config, &binary), 0);
	unlink(path);
	return binary;
}

struct test_bench test_open(const struct tare_machine_setup *setup)
{
	struct test_bench bench = { .aicpu = test_read("aicpu.so"), .aicore = test_read("aicore.so") };
	struct tare_rt_binary image = { RT_DEV_BINARY_MAGIC_ELF, 0, bench.aicore.bytes, bench.aicore.size };
	void *block;

	test_use(setup);
	assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(rtStreamCreate(&bench.aicpu_stream, 0), 0);
	assert_int_equal(rtStreamCreate(&bench.aicore_stream, 0), 0);
	assert_int_equal(test_bootstrap(bench.aicpu_stream, bench.aicpu, bench.aicpu, 0), 0);
	bench.binary = load_ops(bench.aicpu);
	assert_int_equal(rtsFuncGetByName(bench.binary, "exec_op", &bench.exec), 0);
	assert_int_equal(rtRegisterAllKernel(&image, &bench.image), 0);
	assert_int_equal(rtMalloc(&block, sizeof *bench.args, RT_MEMORY_HBM, 0), 0);
	bench.args = block;
	assert_int_equal(rtMalloc(&block, 1024, RT_MEMORY_HBM, 0), 0);
	bench.out = block;
	assert_int_equal(aclrtMemset(bench.out, 1024, 0, 1024), 0);
	memset(bench.args, 0, sizeof *bench.args);
	bench.args->out = (uint64_t)(uintptr_t)bench.out;
	return bench;
}

void test_close(struct test_bench *bench)
{
	rtFree(bench->args);
	rtFree(bench->out);
	rtStreamDestroy(bench->aicpu_stream);
	rtStreamDestroy(bench->aicore_stream);
	rtsBinaryUnload(bench->binary);
	rtDevBinaryUnRegister(bench->image);
	rtDeviceReset(0);
	free(bench->aicpu.bytes);
	free(bench->aicore.bytes);
	tare_machine_forget();
}

int test_launch_aicpu(const struct test_bench *bench, enum test_deed deed, uint32_t threads)
{
	/* not from bench->args: the device that those lie on may be gone */
	struct test_args copied = { .deed = deed, .out = (uint64_t)(uintptr_t)bench->out };
	struct tare_rt_launch_attribute attribute = { 0 };
	const struct tare_rt_launch_config config = { &attribute, 0 };
	struct tare_rt_cpu_args args = { .base = { .args = &copied, .size = sizeof copied } };

	return rtsLaunchCpuKernel(bench->exec, threads, bench->aicpu_stream, &config, &args);
}

int test_launch_aicore(const struct test_bench *bench, enum test_deed deed, uint32_t blocks)
{
	const void *pointer = bench->args;
	struct tare_rt_args args = { .args = &pointer, .size = sizeof pointer };

	bench->args->deed = deed;
	return rtKernelLaunchWithHandleV2(bench->image, 0, blocks, &args, NULL, bench->aicore_stream, NULL);
}
