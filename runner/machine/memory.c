/* SPDX-License-Identifier: Apache-2.0 */
/* memory - the vendor's calls on device memory; rounding and codes as in facts/cann.md 3.3, 4.3 */
#include "machine_priv.h"
#include "vendor.h"

#include <string.h>

enum { RT_ALIGN = 32, ACL_EXTRA = 32, RT_MEMCPY_KINDS = 9, ACL_MEMCPY_DEFAULT = 4, HAL_OUT_OF_MEMORY = 6,
	HAL_INVALID_VALUE = 3 };

#define REQUEST_MOST (128ull << 30)

/* Base types 0, 2, 4, 0x10, 0x40; three bits choose pages, which there are no two kinds of here. */
static bool is_memory_type(uint32_t type)
{
	const uint32_t base = type & ~0x1C00u;

	return base == 0 || base == RT_MEMORY_HBM || base == 4 || base == 0x10 || base == 0x40;
}

static int take(void **memory, uint64_t size)
{
	struct tare__device *device = tare__device_bound();
	int status;

	if (!device)
		return ACL_ERROR_RT_CONTEXT_NULL;
	if (device->poisoned)
		return ACL_ERROR_RT_DRV_INTERNAL_ERROR;
	if (size > REQUEST_MOST)
		return ACL_ERROR_RT_MEMORY_ALLOCATION;
	status = tare__arena_take(&device->arena, size, TARE__BLOCK_USER, memory);
	return status ? ACL_ERROR_RT_MEMORY_ALLOCATION : 0;
}

int rtMalloc(void **memory, uint64_t size, uint32_t type, uint16_t module)
{
	int code;

	(void)module;
	if (!memory)
		return ACL_ERROR_RT_PARAM_INVALID;
	if (!is_memory_type(type))
		return ACL_ERROR_RT_INVALID_MALLOC_TYPE;
	if (!size)
		return ACL_ERROR_RT_PARAM_INVALID;
	tare__lock();
	code = take(memory, size);
	tare__unlock();
	return code;
}

/* Goes to the driver directly: no context is needed, and a device that is down does not mind. */
int rtFree(void *memory)
{
	int status = TARE_E_NOT_FOUND;

	if (!memory)
		return ACL_ERROR_RT_PARAM_INVALID;
	tare__lock();
	for (size_t i = 0; i < TARE__DEVICES && status; i++)
		status = tare__arena_give(&tare__machine.devices[i].arena, TARE__BLOCK_USER, memory);
	tare__unlock();
	return status ? ACL_ERROR_RT_PARAM_INVALID : 0;
}

int aclrtMalloc(void **memory, size_t size, int policy)
{
	int code;

	(void)policy;
	if (!memory || !size)
		return ACL_ERROR_INVALID_PARAM;
	if (size > REQUEST_MOST)
		return ACL_ERROR_RT_MEMORY_ALLOCATION;
	size = (size + RT_ALIGN - 1) / RT_ALIGN * RT_ALIGN + ACL_EXTRA;
	tare__lock();
	code = take(memory, size);
	tare__unlock();
	return code;
}

int aclrtFree(void *memory)
{
	return memory ? rtFree(memory) : ACL_ERROR_INVALID_PARAM;
}

static bool on_device(const void *memory, uint64_t size)
{
	return tare__device_memory((uint64_t)(uintptr_t)memory, size);
}

/* The driver looks up what a direction calls device memory; a direction it finds out by itself cannot be wrong. */
static bool directions_hold(const void *to, const void *from, uint64_t size, uint32_t kind)
{
	if ((kind == RT_MEMCPY_HOST_TO_DEVICE || kind == RT_MEMCPY_DEVICE_TO_DEVICE) && !on_device(to, size))
		return false;
	return (kind != RT_MEMCPY_DEVICE_TO_HOST && kind != RT_MEMCPY_DEVICE_TO_DEVICE) || on_device(from, size);
}

static int copy_door(void)
{
	const struct tare__device *device = tare__device_bound();

	if (!device)
		return ACL_ERROR_RT_CONTEXT_NULL;
	return device->poisoned ? ACL_ERROR_RT_DRV_INTERNAL_ERROR : 0;
}

int rtMemcpy(void *to, uint64_t room, const void *from, uint64_t size, uint32_t kind)
{
	int code;

	if (!to || !from || !room || !size || size > room || kind >= RT_MEMCPY_KINDS)
		return ACL_ERROR_RT_PARAM_INVALID;
	tare__lock();
	code = copy_door();
	tare__unlock();
	if (code || to == from)
		return code;
	if (!directions_hold(to, from, size, kind))
		return ACL_ERROR_RT_PARAM_INVALID;
	memmove(to, from, size);
	tare__code_changed((uint64_t)(uintptr_t)to, size);
	return 0;
}

int aclrtMemcpy(void *to, size_t room, const void *from, size_t size, int kind)
{
	enum { RT_MEMCPY_DEFAULT = 8 };

	if (!to || !from || kind < 0 || kind > ACL_MEMCPY_DEFAULT)
		return ACL_ERROR_INVALID_PARAM;
	return rtMemcpy(to, room, from, size, kind == ACL_MEMCPY_DEFAULT ? RT_MEMCPY_DEFAULT : (uint32_t)kind);
}

int aclrtMemset(void *to, size_t room, int32_t value, size_t size)
{
	int code;

	if (!to)
		return ACL_ERROR_INVALID_PARAM;
	if (!size || size > room || !on_device(to, size))
		return ACL_ERROR_RT_PARAM_INVALID;
	tare__lock();
	code = copy_door();
	tare__unlock();
	if (code)
		return code;
	memset(to, value, size);
	tare__code_changed((uint64_t)(uintptr_t)to, size);
	return 0;
}

int aclrtGetMemInfo(uint32_t kind, size_t *unused, size_t *total)
{
	const struct tare__device *device;
	const struct tare__heap *heap;

	if (!unused || !total)
		return ACL_ERROR_INVALID_PARAM;
	if (kind > ACL_HBM_MEM)
		return ACL_ERROR_RT_FEATURE_NOT_SUPPORT;
	tare__lock();
	device = tare__device_bound();
	if (device) {
		heap = &device->arena.heap;
		*unused = (size_t)heap->unused * TARE__GRANULE;
		*total = (size_t)heap->capacity * TARE__GRANULE;
	}
	tare__unlock();
	return device ? 0 : ACL_ERROR_RT_CONTEXT_NULL;
}

/* Device addresses are host addresses here, so a host page is mapped as it is. */
int halHostRegister(void *from, uint64_t size, uint32_t flag, uint32_t device, void **to)
{
	(void)flag;
	if (!from || !size || !to || device >= TARE__DEVICES)
		return HAL_INVALID_VALUE;
	*to = from;
	return 0;
}

int halHostUnregister(void *from, uint32_t device)
{
	return !from || device >= TARE__DEVICES ? HAL_INVALID_VALUE : 0;
}

int halMemAlloc(void **memory, unsigned long long size, unsigned long long flag)
{
	int code;

	(void)flag;
	if (!memory || !size)
		return HAL_INVALID_VALUE;
	tare__lock();
	code = take(memory, size);
	tare__unlock();
	if (code == ACL_ERROR_RT_MEMORY_ALLOCATION)
		return HAL_OUT_OF_MEMORY;
	return code ? DRV_ERROR_NO_PROCESS : 0;
}

int halMemFree(void *memory)
{
	return rtFree(memory) ? HAL_INVALID_VALUE : 0;
}
