/* SPDX-License-Identifier: Apache-2.0 */
/* whole_test - the real device objects, from bootstrap to a stamp that a kernel left, on both cards */
#include "test_bench.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <tare/arch.h>
#include <tare/image.h>

#include "../program/layout.h"

enum { BLOCKS = 3, THREADS = 3 };

/* What one launch needs in device memory. */
struct load {
	unsigned char kernel_args[256];
	uint64_t registers[TARE_MAX_CORES];
	struct tare_hbg_image image;
	struct tare_hbg_task task;
	struct tare_hbg_edge edge;
	uint64_t arg, wall, out;
	_Alignas(64) unsigned char code[64];
	_Alignas(64) unsigned char workspace[];
};

/* Writes the word at its context to where its first argument says. */
#if defined(__x86_64__)
static const unsigned char stamp_code[] = { 0x48, 0x8B, 0x06, 0x48, 0x8B, 0x17, 0x48, 0x89, 0x02, 0xC3 };
#else
static const unsigned char stamp_code[] = { 0x22, 0x00, 0x40, 0xF9, 0x03, 0x00, 0x40, 0xF9, 0x62, 0x00, 0x00, 0xF9,
	0xC0, 0x03, 0x5F, 0xD6 };
#endif

static void put(struct load *load, uint32_t offset, const void *address)
{
	const uint64_t word = (uint64_t)(uintptr_t)address;

	memcpy(load->kernel_args + offset, &word, sizeof word);
}

static void fill_registers(const struct tare_arch *arch, struct load *load)
{
	struct tare_hal_map_in in = { HAL_ADDR_MAP_TYPE_REG_AIC_CTRL, 0 };
	struct tare_hal_map_out out;
	size_t size = sizeof out;

	assert_int_equal(halMemCtl(0, &in, sizeof in, &out, &size), 0);
	for (uint32_t i = 0; i < arch->physical_cores; i++)
		load->registers[i] = out.address + (uint64_t)i * arch->register_block;
}

static struct load *build(const struct tare_arch *arch)
{
	const uint64_t size = sizeof(struct load) + tare_hbg_workspace_bytes(1);
	struct load *load;
	void *block;

	assert_int_equal(rtMalloc(&block, size, RT_MEMORY_HBM, 0), 0);
	assert_int_equal(aclrtMemset(block, size, 0, size), 0);
	load = block;
	fill_registers(arch, load);
	put(load, arch->kernel_args.runtime_args, &load->image);
	put(load, arch->kernel_args.regs, load->registers);
	put(load, arch->kernel_args.device_wall, &load->wall);
	load->arg = (uint64_t)(uintptr_t)&load->out;
	load->task = (struct tare_hbg_task){ .code = (uint64_t)(uintptr_t)load->code, .first_edge = TARE_NO_EDGE,
		.arg_count = 1, .core_type = TARE_CORE_AIV };
	load->image.revision = TARE_HBG_REVISION;
	load->image.worker_count = BLOCKS * 3;
	load->image.aicpu_threads = THREADS;
	load->image.task_count = load->image.arg_count = 1;
	load->image.error_worker = UINT32_MAX;
	load->image.tasks = (uint64_t)(uintptr_t)&load->task;
	load->image.args = (uint64_t)(uintptr_t)&load->arg;
	load->image.edges = (uint64_t)(uintptr_t)&load->edge;
	load->image.workspace = (uint64_t)(uintptr_t)load->workspace;
	assert_int_equal(rtMemcpy(load->code, sizeof load->code, stamp_code, sizeof stamp_code, RT_MEMCPY_HOST_TO_DEVICE), 0);
	return load;
}

static rtBinHandle load_ops(struct test_file aicpu)
{
	struct tare_rt_load_option option = { .id = RT_LOAD_BINARY_OPT_CPU_KERNEL_MODE };
	const struct tare_rt_load_config config = { &option, 1 };
	static const char *const names[] = { "simpler_aicpu_init", "simpler_aicpu_exec" };
	struct tare_image image;
	char path[64], error[64];
	rtBinHandle binary;
	FILE *to;

	assert_int_equal(tare_image_read(aicpu.bytes, aicpu.size, &image, error, sizeof error), 0);
	snprintf(path, sizeof path, "/tmp/tare-whole-test-%d.json", (int)getpid());
	to = fopen(path, "w");
	assert_non_null(to);
	for (int i = 0; i < 2; i++)
		fprintf(to, "%s\"%s\":{\"opInfo\":{\"functionName\":\"%s\",\"kernelSo\":\"simpler_inner_%016llx_0.so\","
			"\"opKernelLib\":\"AICPUKernel\"}}%s", i ? "," : "{", names[i], names[i],
			(unsigned long long)image.fingerprint, i ? "}" : "");
	fclose(to);
	assert_int_equal(rtsBinaryLoadFromFile(path, &config, &binary), 0);
	unlink(path);
	return binary;
}

static void launch_aicpu(rtBinHandle binary, const char *name, uint32_t threads, const struct tare_arch *arch,
	struct load *load, rtStream_t stream)
{
	struct tare_rt_launch_attribute attribute = { 0 };
	const struct tare_rt_launch_config config = { &attribute, 0 };
	struct tare_rt_cpu_args args = { .base = { .args = load->kernel_args, .size = arch->kernel_args.size } };
	rtFuncHandle function;

	assert_int_equal(rtsFuncGetByName(binary, name, &function), 0);
	assert_int_equal(rtsLaunchCpuKernel(function, threads, stream, &config, &args), 0);
}

static uint64_t run(const struct tare_arch *arch, rtBinHandle binary, void *image)
{
	rtStream_t aicpu, aicore;
	struct load *load;
	const void *pointer;
	struct tare_rt_args args = { .args = &pointer, .size = sizeof pointer };
	uint64_t stamp;

	assert_int_equal(rtStreamCreate(&aicpu, 0) | rtStreamCreate(&aicore, 0), 0);
	load = build(arch);
	pointer = load->kernel_args;
	launch_aicpu(binary, "simpler_aicpu_init", 1, arch, load, aicpu);
	launch_aicpu(binary, "simpler_aicpu_exec", arch->launched_aicpu_threads, arch, load, aicpu);
	assert_int_equal(rtKernelLaunchWithHandleV2(image, 0, BLOCKS, &args, NULL, aicore, NULL), 0);
	assert_int_equal(aclrtSynchronizeStreamWithTimeout(aicpu, 2000), 0);
	assert_int_equal(aclrtSynchronizeStreamWithTimeout(aicore, 2000), 0);
	assert_int_equal(load->image.error, 0);
	assert_int_equal(load->image.completed, 1);
	stamp = load->out;
	assert_int_equal(rtFree(load), 0);
	assert_int_equal(rtStreamDestroy(aicpu) | rtStreamDestroy(aicore), 0);
	return stamp;
}

static uint64_t run_image(const struct tare_arch *arch, rtBinHandle binary, const char *name)
{
	char path[512];
	struct test_file file;
	struct tare_rt_binary binary_of = { .magic = RT_DEV_BINARY_MAGIC_ELF };
	void *image;
	uint64_t stamp;

	snprintf(path, sizeof path, "%s/%s/%s.so", DEVICE_OBJECTS, arch->name, name);
	file = test_read(path);
	binary_of.data = file.bytes;
	binary_of.length = file.size;
	assert_int_equal(rtRegisterAllKernel(&binary_of, &image), 0);
	stamp = run(arch, binary, image);
	assert_int_equal(run(arch, binary, image), stamp);
	assert_int_equal(test_account().images, 1);
	assert_int_equal(test_account().image_bytes, (arch->aicore_image_bytes + 4095) / 4096 * 4096);
	assert_int_equal(rtDevBinaryUnRegister(image), 0);
	free(file.bytes);
	return stamp;
}

static void run_card(enum tare_arch_id id, enum tare_fabric_choice fabric, uint64_t stamp)
{
	const struct tare_arch *arch = tare_arch(id);
	struct tare_machine_setup setup = test_setup(id);
	struct test_file aicpu, dispatcher;
	rtBinHandle binary;
	rtStream_t stream;
	char path[512];

	snprintf(path, sizeof path, "%s/%s/aicpu.so", DEVICE_OBJECTS, arch->name);
	aicpu = test_read(path);
	snprintf(path, sizeof path, "%s/%s/dispatcher.so", DEVICE_OBJECTS, arch->name);
	dispatcher = test_read(path);
	setup.fabric = fabric;
	setup.kernel_budget_ms = 1000;
	test_use(&setup);
	assert_int_equal(rtSetDevice(0), 0);
	assert_int_equal(rtStreamCreate(&stream, 0), 0);
	assert_int_equal(test_bootstrap(stream, dispatcher, aicpu, 0), 0);
	assert_int_equal(rtStreamDestroy(stream), 0);
	binary = load_ops(aicpu);
	assert_true(run_image(arch, binary, "aicore") == stamp);
	assert_true(run_image(arch, binary, "aicore_alt") != stamp);
	assert_int_equal(rtsBinaryUnload(binary), 0);
	assert_int_equal(test_account().aicpu_objects, 1);
	assert_int_equal(test_account().blocks, 0);
	assert_int_equal(test_account().used_bytes, 0);
	assert_int_equal(rtDeviceReset(0), 0);
	assert_int_equal(test_account().aicpu_objects, 0);
	free(aicpu.bytes);
	free(dispatcher.bytes);
	tare_machine_forget();
}

static void an_a2a3_runs_what_was_registered(void **state)
{
	(void)state;
	run_card(TARE_ARCH_A2A3, TARE_FABRIC_POOL, 0x61326133636f7265u);
}

static void an_a5_runs_what_was_registered(void **state)
{
	(void)state;
	run_card(TARE_ARCH_A5, TARE_FABRIC_POOL, 0x6135636f72653131u);
}

static void so_it_does_in_any_order(void **state)
{
	(void)state;
	run_card(TARE_ARCH_A5, TARE_FABRIC_SEEDED, 0x6135636f72653131u);
	run_card(TARE_ARCH_A5, TARE_FABRIC_PARKED, 0x6135636f72653131u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_a2a3_runs_what_was_registered),
		cmocka_unit_test(an_a5_runs_what_was_registered),
		cmocka_unit_test(so_it_does_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
