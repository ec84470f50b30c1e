/* SPDX-License-Identifier: Apache-2.0 */
#include "test_driver.h"

#include <dirent.h>
#include <elf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tare/image.h>
#include <tare/machine.h>
#include <tare/object.h>
#include <tare/status.h>

struct test_driver test_driver;

#define HELD_MAX 1024

/* Whatever was handed out and has not come back: what a test lets a release fail on ends with the test. */
static void *held[HELD_MAX];

static int hold(void **handle, size_t size)
{
	size_t free_slot = 0;

	while (held[free_slot])
		tare_must(++free_slot < HELD_MAX);
	*handle = held[free_slot] = aligned_alloc(512, (size + 511) / 512 * 512);
	return *handle ? 0 : ACL_ERROR_RT_MEMORY_ALLOCATION;
}

/* Giving what is not held, twice above all, ends the test. */
static int give(void *handle)
{
	size_t slot = 0;

	while (held[slot] != handle)
		tare_must(++slot < HELD_MAX);
	held[slot] = NULL;
	free(handle);
	return 0;
}

/* The machine's part of the host table, without a machine. */
int tare_machine_memory_take(int32_t device, uint64_t size, void **memory)
{
	(void)device;
	return hold(memory, size);
}

int tare_machine_memory_give(int32_t device, void *memory)
{
	(void)device;
	return give(memory);
}

int tare_machine_memory_info(int32_t device, uint64_t *unused, uint64_t *total)
{
	(void)device;
	*unused = *total = 0;
	return TARE_OK;
}

int tare_machine_memory_copy(void *to, const void *from, uint64_t size)
{
	memcpy(to, from, size);
	return TARE_OK;
}

const struct tare_machine_setup *tare_machine_setup_current(void)
{
	static const struct tare_machine_setup setup = { .workers = 1, .seed = 1, .kernel_budget_ms = 20 };

	return &setup;
}

static int rt_malloc(void **memory, uint64_t size, uint32_t type, uint16_t module)
{
	(void)type;
	(void)module;
	return hold(memory, size);
}

static int rt_memcpy(void *to, uint64_t room, const void *from, uint64_t size, uint32_t kind)
{
	(void)kind;
	if (size > room || size == 0)
		return ACL_ERROR_RT_PARAM_INVALID;
	memcpy(to, from, size);
	return 0;
}

static int set_level(int32_t module, int32_t level, int32_t events)
{
	(void)module;
	(void)level;
	(void)events;
	return 0;
}

static int set_device(int32_t device)
{
	(void)device;
	return 0;
}

static int reset_device(int32_t device)
{
	(void)device;
	return test_driver.reset_code;
}

static int stream_create(rtStream_t *stream, int32_t priority)
{
	(void)priority;
	return hold(stream, 1);
}

static int synchronize(rtStream_t stream, int32_t milliseconds)
{
	(void)stream;
	return milliseconds > 0 ? test_driver.sync_code : ACL_ERROR_RT_PARAM_INVALID;
}

static int register_all(const struct tare_rt_binary *binary, void **handle)
{
	test_driver.registrations++;
	return binary->magic == RT_DEV_BINARY_MAGIC_ELF ? hold(handle, 1) : ACL_ERROR_RT_PARAM_INVALID;
}

static int launch_aicore(void *handle, uint64_t key, uint32_t blocks, struct tare_rt_args *args, struct tare_rt_sm_desc *sm,
	rtStream_t stream, const struct tare_rt_task_config *config)
{
	(void)handle;
	(void)sm;
	return key == 0 && blocks && stream && args->size == 8 && config->schedule_mode == RT_SCHEM_MODE_BATCH ? 0 :
		ACL_ERROR_RT_PARAM_INVALID;
}

static int launch_bootstrap(uint32_t kind, const char *op, uint32_t blocks, const struct tare_rt_aicpu_args *args,
	struct tare_rt_sm_desc *sm, rtStream_t stream, uint32_t flags)
{
	const char *bytes = args->args;

	(void)op;
	(void)sm;
	(void)flags;
	if (kind != KERNEL_TYPE_AICPU_KFC || blocks != 1 || !stream)
		return ACL_ERROR_RT_PARAM_INVALID;
	return strcmp(bytes + args->so_name_offset, "libaicpu_extend_kernels.so") == 0 &&
		strcmp(bytes + args->kernel_name_offset, "DynTileFwkKernelServerInit") == 0 ? 0 : ACL_ERROR_RT_PARAM_INVALID;
}

static int load_binary(const char *path, const struct tare_rt_load_config *config, rtBinHandle *binary)
{
	size_t length = strlen(path);
	FILE *file = fopen(path, "r");

	if (!file || config->count != 1 || length < 5 || strcmp(path + length - 5, ".json") != 0)
		return ACL_ERROR_RT_PARAM_INVALID;
	fclose(file);
	return hold(binary, 1);
}

static int get_function(rtBinHandle binary, const char *name, rtFuncHandle *function)
{
	*function = binary; /* belongs to it */
	return strncmp(name, "simpler_aicpu_", 14) == 0 ? 0 : ACL_ERROR_RT_PARAM_INVALID;
}

static int launch_aicpu(rtFuncHandle function, uint32_t blocks, rtStream_t stream, const struct tare_rt_launch_config *config,
	struct tare_rt_cpu_args *args)
{
	return function && blocks && stream && config->attributes && args->base.size ? 0 : ACL_ERROR_RT_PARAM_INVALID;
}

static int c2c(uint64_t *address, uint32_t *length)
{
	*address = 0x1000;
	*length = 8;
	return 0;
}

static int op_timeout(uint64_t microseconds, uint64_t *actual)
{
	*actual = microseconds;
	return 0;
}

static int limit(rtStream_t stream, uint32_t kind, uint32_t *value)
{
	(void)stream;
	*value = kind == ACL_RT_DEV_RES_CUBE_CORE ? 20 : 30;
	return 0;
}

static int mem_ctl(int kind, void *in, size_t in_size, void *out, size_t *out_size)
{
	struct tare_hal_map_out map = { 0x100000, 75 * 0x1400 };

	(void)kind;
	(void)in;
	(void)in_size;
	memcpy(out, &map, sizeof map);
	*out_size = sizeof map;
	return 0;
}

static int res_map(unsigned int device, struct tare_hal_resource *resource, unsigned long *address, unsigned int *length)
{
	(void)device;
	*address = 0x100000 + resource->id * 0x6000ul;
	*length = 0x6000;
	return 0;
}

static int before(struct tare_tap *tap, struct tare_call *call)
{
	struct test_driver *driver = &test_driver;

	(void)tap;
	tare_must(driver->count < TEST_CALLS);
	driver->calls[driver->count++] = call->id;
	if (driver->count != driver->fail_at)
		return 0;
	if (driver->fault == TARE_FAULT_NULL_HANDLE) {
		if (!call->handle)
			return 0;
		*call->handle = NULL;
	} else {
		call->result = tare_call_info(call->id)->codes[0];
	}
	driver->failed = call->id;
	driver->failed_code = call->result;
	return 1;
}

static void after(struct tare_tap *tap, struct tare_call *call)
{
	(void)tap;
	if (call->result != 0)
		return;
	if (call->rule == TARE_RULE_TAKES)
		test_driver.live[call->account]++;
	if (call->rule == TARE_RULE_GIVES)
		test_driver.live[call->account]--;
	if (call->rule == TARE_RULE_ENDS)
		test_driver.live[call->account] = 0;
}

/* Each test has a folder of its own for temporary files; one whose removal was failed on purpose goes with it. */
static char folder[] = "/tmp/tare_platform_XXXXXX";

static void close_folder(void)
{
	DIR *open = opendir(folder);
	char path[300];

	tare_must(open);
	for (struct dirent *file = readdir(open); file; file = readdir(open)) {
		snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
		unlink(path);
	}
	closedir(open);
	tare_must(rmdir(folder) == 0);
	unsetenv("TMPDIR");
}

int test_driver_open(void **state)
{
	(void)state;
	memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
	tare_must(mkdtemp(folder));
	setenv("TMPDIR", folder, 1);
	test_driver = (struct test_driver){ .tap = { .before = before, .after = after } };
	tare_host_bind(&test_driver.tables.host);
	test_driver.tables.cann = (struct tare_cann){
		.dlog_setlevel = set_level, .rtSetDevice = set_device, .rtDeviceReset = reset_device, .rtMalloc = rt_malloc,
		.rtFree = give, .rtMemcpy = rt_memcpy, .rtStreamCreate = stream_create, .rtStreamDestroy = give,
		.aclrtSynchronizeStreamWithTimeout = synchronize, .rtRegisterAllKernel = register_all,
		.rtKernelLaunchWithHandleV2 = launch_aicore, .rtAicpuKernelLaunchExWithArgs = launch_bootstrap,
		.rtsBinaryLoadFromFile = load_binary, .rtsBinaryUnload = give, .rtsFuncGetByName = get_function,
		.rtsLaunchCpuKernel = launch_aicpu, .rtGetC2cCtrlAddr = c2c, .aclrtSetOpExecuteTimeOutV2 = op_timeout,
		.aclrtGetStreamResLimit = limit, .rtDevBinaryUnRegister = give, .aclrtResetDeviceForce = reset_device,
		.halMemCtl = mem_ctl, .halResMap = res_map,
	};
	tare_tap_install(&test_driver.tables, &test_driver.tap);
	return 0;
}

int test_driver_close(void **state)
{
	(void)state;
	close_folder();
	for (size_t i = 0; i < HELD_MAX; i++) {
		free(held[i]);
		held[i] = NULL;
	}
	return 0;
}

void test_driver_watch(unsigned fail_at, unsigned fault)
{
	test_driver.count = 0;
	test_driver.fail_at = fail_at;
	test_driver.fault = fault;
	test_driver.failed = TARE_CALL_NONE;
	test_driver.failed_code = 0;
}

int64_t test_driver_live(void)
{
	int64_t sum = 0;

	for (int i = 0; i < TARE_ACCOUNTS; i++)
		if (i != TARE_ACCOUNT_DEVICE_REFERENCES)
			sum += llabs(test_driver.live[i]);
	return sum;
}

unsigned test_driver_made(enum tare_call_id call)
{
	unsigned made = 0;

	for (unsigned i = 0; i < test_driver.count; i++)
		made += test_driver.calls[i] == call;
	return made;
}

unsigned test_driver_first(enum tare_call_id call)
{
	for (unsigned i = 0; i < test_driver.count; i++)
		if (test_driver.calls[i] == call)
			return i;
	return UINT_MAX;
}

unsigned test_driver_last(enum tare_call_id call)
{
	for (unsigned i = test_driver.count; i > 0; i--)
		if (test_driver.calls[i - 1] == call)
			return i - 1;
	return UINT_MAX;
}

static uint8_t *read_object(size_t *size)
{
	FILE *file = fopen(TEST_OBJECT, "rb");
	uint8_t *bytes = NULL;
	long end;

	tare_must(file && fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) > 0);
	rewind(file);
	*size = (size_t)end;
	bytes = malloc(*size);
	tare_must(bytes && fread(bytes, 1, *size, file) == *size);
	fclose(file);
	return bytes;
}

static void renew_build_id(uint8_t *bytes, size_t size)
{
	static uint64_t number;
	struct tare_image image;
	char error[128];

	tare_must(tare_image_read(bytes, size, &image, error, sizeof error) == TARE_OK && image.build_id_size >= 8);
	for (size_t at = 0; at + image.build_id_size <= size; at++)
		if (memcmp(bytes + at, image.build_id, image.build_id_size) == 0) {
			number++;
			memcpy(bytes + at, &number, sizeof number);
			return;
		}
	tare_must(false);
}

struct tare_binaries test_binaries(void)
{
	struct tare_binaries binaries = { 0 };
	uint8_t *aicpu = read_object(&binaries.aicpu_size);

	renew_build_id(aicpu, binaries.aicpu_size);
	binaries.aicpu = aicpu;
	binaries.aicore = read_object(&binaries.aicore_size);
	binaries.dispatcher = read_object(&binaries.dispatcher_size);
	return binaries;
}

void test_for_another_processor(const uint8_t *bytes)
{
	const uint16_t machine = EM_RISCV;

	memcpy((uint8_t *)(uintptr_t)bytes + offsetof(Elf64_Ehdr, e_machine), &machine, sizeof machine);
}

uint8_t *test_other_code(const struct tare_binaries *binaries)
{
	uint8_t *bytes = malloc(binaries->aicpu_size);
	struct tare_image image;
	char error[128];

	tare_must(bytes && tare_image_read(binaries->aicpu, binaries->aicpu_size, &image, error, sizeof error) == TARE_OK);
	memcpy(bytes, binaries->aicpu, binaries->aicpu_size);
	bytes[image.text_offset + image.text_size - 1] ^= 1;
	return bytes;
}

void test_other_code_free(uint8_t *bytes)
{
	free(bytes);
}

void test_binaries_free(struct tare_binaries *binaries)
{
	free((void *)(uintptr_t)binaries->aicpu);
	free((void *)(uintptr_t)binaries->aicore);
	free((void *)(uintptr_t)binaries->dispatcher);
	*binaries = (struct tare_binaries){ 0 };
}
