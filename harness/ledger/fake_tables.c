/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_tables.h"

int tare__fake_answer;
uintptr_t tare__fake_next_handle;

static int hand_out(void **handle)
{
	if (tare__fake_answer == 0)
		*handle = (void *)tare__fake_next_handle++;
	return tare__fake_answer;
}

static int fake_malloc(void **memory, uint64_t size, uint32_t type, uint16_t module)
{
	(void)size;
	(void)type;
	(void)module;
	return hand_out(memory);
}

static int fake_stream(rtStream_t *stream, int32_t priority)
{
	(void)priority;
	return hand_out(stream);
}

static int fake_register(const struct tare_rt_binary *binary, void **handle)
{
	(void)binary;
	return hand_out(handle);
}

static int fake_load(const char *path, const struct tare_rt_load_config *config, rtBinHandle *binary)
{
	(void)path;
	(void)config;
	return hand_out(binary);
}

static int fake_function(rtBinHandle binary, const char *name, rtFuncHandle *function)
{
	(void)binary;
	*function = (void *)(uintptr_t)(unsigned char)name[0];
	return tare__fake_answer;
}

static int fake_give(void *handle)
{
	(void)handle;
	return tare__fake_answer;
}

static int fake_device(int32_t device)
{
	(void)device;
	return tare__fake_answer;
}

static int fake_open(uint32_t kind, const char *path, void **object)
{
	(void)kind;
	(void)path;
	return hand_out(object);
}

static int fake_close(uint32_t kind, void *object)
{
	(void)kind;
	(void)object;
	return tare__fake_answer;
}

void tare__fake_tables(struct tare_tables *tables)
{
	tare__fake_answer = 0;
	tare__fake_next_handle = 0x1000;
	*tables = (struct tare_tables){ .host = { .object_open = fake_open, .object_close = fake_close } };
	tables->cann = (struct tare_cann){
		.rtMalloc = fake_malloc, .rtFree = fake_give, .rtStreamCreate = fake_stream, .rtStreamDestroy = fake_give,
		.rtRegisterAllKernel = fake_register, .rtDevBinaryUnRegister = fake_give, .rtsBinaryLoadFromFile = fake_load,
		.rtsBinaryUnload = fake_give, .rtsFuncGetByName = fake_function, .rtSetDevice = fake_device,
		.rtDeviceReset = fake_device, .aclrtResetDeviceForce = fake_device,
	};
}
