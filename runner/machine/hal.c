/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hal - where the registers of the cores lie, which cores there are, and other questions about the card
 *
 * The addresses are real memory: those of the fabric's register blocks.  Values
 * that facts/cann.md could not take from hardware are chosen here and said so
 * in the README: the tick of the op time-out.
 */
#include "machine_priv.h"
#include "vendor.h"

#include <string.h>

enum { HAL_INVALID_VALUE = 3, CTRL_TYPE_ADDR_MAP = 0, PROCESS_CP1 = 0, RES_AICORE = 0,
	TICK_US = 262144, TICKS_MOST = 254, C2C_NOT_SUPPORTED = 0x0711000D };

/* The HAL knows no contexts: a device that is open is enough. 0 or the HAL's code. */
static int door(uint32_t id, struct tare__device **device)
{
	if (id >= TARE__DEVICES)
		return HAL_INVALID_VALUE;
	*device = &tare__machine.devices[id];
	return (*device)->references && !(*device)->poisoned ? 0 : DRV_ERROR_NO_PROCESS;
}

/* All register blocks in one piece. */
int halMemCtl(int kind, void *in, size_t in_size, void *out, size_t *out_size)
{
	const struct tare_hal_map_in *wanted = in;
	struct tare_hal_map_out *map = out;
	struct tare__device *device;
	int code;

	if (kind != CTRL_TYPE_ADDR_MAP || !in || in_size < sizeof *wanted || !out || !out_size || *out_size < sizeof *map)
		return HAL_INVALID_VALUE;
	if (wanted->type != HAL_ADDR_MAP_TYPE_REG_AIC_CTRL)
		return HAL_INVALID_VALUE;
	tare__lock();
	code = door(wanted->device, &device);
	if (!code) {
		map->address = tare_fabric_registers(device->fabric);
		map->length = (unsigned long long)tare__arch()->physical_cores * tare__arch()->register_block;
		*out_size = sizeof *map;
	}
	tare__unlock();
	return code;
}

/* The register block of one core. */
int halResMap(unsigned int id, struct tare_hal_resource *resource, unsigned long *address, unsigned int *length)
{
	struct tare__device *device;
	int code;

	if (!resource || !address || !length || resource->process != PROCESS_CP1 || resource->type != RES_AICORE)
		return HAL_INVALID_VALUE;
	tare__lock();
	code = door(id, &device);
	if (!code && resource->id >= tare__arch()->physical_cores)
		code = HAL_INVALID_VALUE;
	if (!code) {
		*address = (unsigned long)(tare_fabric_registers(device->fabric) +
			(uint64_t)resource->id * tare__arch()->register_block);
		*length = tare__arch()->register_block;
	}
	tare__unlock();
	return code;
}

/* One bit for each core that is there. */
int halGetDeviceInfoByBuff(uint32_t id, int32_t module, int32_t kind, void *buffer, int32_t *size)
{
	uint32_t cores, bits;
	unsigned char *bytes = buffer;

	if (id >= TARE__DEVICES || module != HAL_MODULE_TYPE_AICORE || !buffer || !size || *size <= 0)
		return HAL_INVALID_VALUE;
	if (kind != HAL_INFO_TYPE_OCCUPY && kind != HAL_INFO_TYPE_PF_OCCUPY)
		return HAL_INVALID_VALUE;
	tare__lock();
	tare__setup_ensure();
	cores = tare__arch()->physical_cores;
	tare__unlock();
	memset(buffer, 0, (size_t)*size);
	bits = (uint32_t)*size * 8;
	for (uint32_t i = 0; i < cores && i < bits; i++)
		bytes[i / 8] = (unsigned char)(bytes[i / 8] | 1u << i % 8);
	return 0;
}

/* The shim answers with the internal code on a chip without the block: facts/cann.md 3.3. */
int rtGetC2cCtrlAddr(uint64_t *address, uint32_t *length)
{
	struct tare__device *device;
	int code = 0;

	if (!address || !length)
		return ACL_ERROR_RT_PARAM_INVALID;
	tare__lock();
	device = tare__device_bound();
	if (!device)
		code = ACL_ERROR_RT_CONTEXT_NULL;
	else if (tare__arch()->id != TARE_ARCH_A2A3)
		code = C2C_NOT_SUPPORTED;
	if (!code) {
		*address = (uint64_t)(uintptr_t)device->c2c;
		*length = sizeof device->c2c;
	}
	tare__unlock();
	return code;
}

int aclrtSetOpExecuteTimeOutV2(uint64_t microseconds, uint64_t *actual)
{
	const struct tare__device *device;
	uint64_t ticks = microseconds / TICK_US + (microseconds % TICK_US != 0);
	int code = 0;

	if (!actual)
		return ACL_ERROR_INVALID_PARAM;
	tare__lock();
	device = tare__device_bound();
	if (!device)
		code = ACL_ERROR_RT_CONTEXT_NULL;
	else if (device->poisoned)
		code = ACL_ERROR_RT_INTERNAL_ERROR;
	tare__unlock();
	if (!code)
		*actual = (!ticks || ticks > TICKS_MOST ? TICKS_MOST : ticks) * TICK_US;
	return code;
}

int aclrtGetStreamResLimit(rtStream_t handle, uint32_t kind, uint32_t *value)
{
	struct tare__stream *stream;
	int code;

	if (!value || kind > ACL_RT_DEV_RES_VECTOR_CORE)
		return ACL_ERROR_INVALID_PARAM;
	tare__lock();
	code = tare__stream_door(handle, &stream);
	if (!code)
		*value = tare__arch()->max_block_dim * (kind == ACL_RT_DEV_RES_CUBE_CORE ? 1 : 2);
	tare__unlock();
	return code;
}

/* Level of the vendor's own log, which has no lines here; kept so that a question finds its answer. */
int dlog_setlevel(int32_t module, int32_t level, int32_t events)
{
	(void)module;
	(void)events;
	if (level < 0 || level > 4)
		return -1;
	tare__machine.log_level = level;
	return 0;
}

int CheckLogLevel(int32_t module, int32_t level)
{
	(void)module;
	return level >= tare__machine.log_level;
}
