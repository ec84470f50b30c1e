/* SPDX-License-Identifier: Apache-2.0 */
/* account - everything alive in the machine, and how much room is left */
#include <string.h>

#include "machine_priv.h"

static uint64_t capacity_of(const struct tare__device *device)
{
	uint64_t wish = tare__machine.setup.memory;

	if (device->arena.base)
		return (uint64_t)device->arena.heap.capacity * TARE__GRANULE;
	if (!wish)
		wish = tare__arch()->device_memory;
	return tare__arena_capacity(wish) / TARE__GRANULE * TARE__GRANULE;
}

int tare__memory_ensure(struct tare__device *device)
{
	int status;

	if (device->arena.base)
		return 0;
	status = tare__setup_ensure();
	if (status)
		return status;
	status = tare__arena_open(&device->arena, capacity_of(device), tare__machine.setup.largest_block);
	if (status) {
		tare_log(tare__log(), TARE_LOG_ERROR,
			"machine: device %u: the host refuses a writable and an executable mapping of %llu bytes",
			tare__device_id(device), (unsigned long long)capacity_of(device));
		return status;
	}
	return tare__heap_reserve(&device->arena.heap, device->reserve);
}

void tare__memory_retire(struct tare__device *device)
{
	const struct tare__heap *heap = &device->arena.heap;

	if (!device->arena.base || device->references || heap->blocks[TARE__BLOCK_BARE])
		return;
	tare__arena_close(&device->arena);
}

static uint64_t free_of(const struct tare__device *device)
{
	uint64_t capacity = capacity_of(device);

	if (device->arena.base)
		return (uint64_t)device->arena.heap.unused * TARE__GRANULE;
	return capacity > device->reserve ? capacity - device->reserve : 0;
}

static void add_memory(const struct tare__device *device, struct tare_machine_account *account)
{
	const struct tare__heap *heap = &device->arena.heap;
	uint64_t largest;

	account->total_bytes += capacity_of(device);
	account->used_bytes += capacity_of(device) - free_of(device);
	if (device->arena.base) {
		account->blocks += heap->blocks[TARE__BLOCK_USER] + heap->blocks[TARE__BLOCK_BARE];
		account->block_bytes += heap->asked[TARE__BLOCK_USER] + heap->asked[TARE__BLOCK_BARE];
		largest = tare__heap_largest(heap);
	} else {
		largest = free_of(device);
		if (tare__machine.setup.largest_block && largest > tare__machine.setup.largest_block)
			largest = tare__machine.setup.largest_block / TARE__GRANULE * TARE__GRANULE;
	}
	if (largest > account->largest_free)
		account->largest_free = largest;
}

static void add_device(const struct tare__device *device, struct tare_machine_account *account)
{
	add_memory(device, account);
	account->references += device->references;
	account->streams += device->stream_count;
	account->images += device->module_count;
	account->image_bytes += device->module_bytes;
	account->aicpu_objects += device->object_count;
	account->preinstalled += device->preinstalled;
	account->preinstalled_writes += device->preinstalled_writes;
	account->torn_down_blocks += device->torn_down_blocks;
	account->poisoned = account->poisoned || device->poisoned;
}

/* Whether it counts where nobody named a device: the 64 are there, but a process touches one or two. */
static bool is_touched(const struct tare__device *device)
{
	return device->references || device->arena.base || device->reserve || device->poisoned ||
		device->preinstalled_writes || device->torn_down_blocks;
}

void tare_machine_account(int32_t device, struct tare_machine_account *account)
{
	*account = (struct tare_machine_account){ 0 };
	tare__lock();
	tare__setup_ensure();
	if (device >= 0 && device < TARE__DEVICES)
		add_device(&tare__machine.devices[device], account);
	else if (device < 0)
		for (size_t i = 0; i < TARE__DEVICES; i++)
			if (is_touched(&tare__machine.devices[i]))
				add_device(&tare__machine.devices[i], account);
	account->programs = tare__machine.programs;
	account->binaries = tare__machine.binaries;
	account->functions = tare__machine.functions;
	account->registrations = tare__machine.registrations;
	account->used_after_unregister = tare__machine.used_after_unregister;
	tare__unlock();
}

static int keep_headroom(struct tare__device *device, uint64_t bytes)
{
	struct tare__heap *heap = &device->arena.heap;
	uint64_t unused;
	int status;

	status = tare__memory_ensure(device);
	if (status)
		return status;
	tare__heap_unreserve(heap);
	device->reserve = 0;
	unused = (uint64_t)heap->unused * TARE__GRANULE;
	bytes = bytes / TARE__GRANULE * TARE__GRANULE;
	if (bytes > unused)
		return TARE_E_DEVICE_MEMORY;
	status = tare__heap_reserve(heap, unused - bytes);
	if (!status)
		device->reserve = unused - bytes;
	return status;
}

int tare_machine_headroom(int32_t device, uint64_t bytes)
{
	int status;

	if (device < 0 || device >= TARE__DEVICES)
		return TARE_E_ARGUMENT;
	tare__lock();
	status = keep_headroom(&tare__machine.devices[device], bytes);
	tare__memory_retire(&tare__machine.devices[device]);
	tare__unlock();
	return status;
}

int tare_machine_memory_take(int32_t device, uint64_t size, void **memory)
{
	struct tare__device *on;
	int status;

	if (device < 0 || device >= TARE__DEVICES || !size || !memory)
		return TARE_E_ARGUMENT;
	on = &tare__machine.devices[device];
	tare__lock();
	status = tare__memory_ensure(on);
	if (!status)
		status = tare__arena_take(&on->arena, size, TARE__BLOCK_BARE, memory);
	tare__memory_retire(on);
	tare__unlock();
	return status;
}

int tare_machine_memory_give(int32_t device, void *memory)
{
	struct tare__device *on;
	int status;

	if (device < 0 || device >= TARE__DEVICES)
		return TARE_E_ARGUMENT;
	on = &tare__machine.devices[device];
	tare__lock();
	status = tare__arena_give(&on->arena, TARE__BLOCK_BARE, memory);
	tare__memory_retire(on);
	tare__unlock();
	return status;
}

/* There is no direction to go by, but what is no device memory on either side was meant for some. */
int tare_machine_memory_copy(void *to, const void *from, uint64_t size)
{
	if (!tare__device_memory((uint64_t)(uintptr_t)to, size) && !tare__device_memory((uint64_t)(uintptr_t)from, size))
		return TARE_E_ARGUMENT;
	memcpy(to, from, size);
	return 0;
}

int tare_machine_memory_info(int32_t device, uint64_t *unused, uint64_t *total)
{
	if (device < 0 || device >= TARE__DEVICES)
		return TARE_E_ARGUMENT;
	tare__lock();
	tare__setup_ensure();
	*unused = free_of(&tare__machine.devices[device]);
	*total = capacity_of(&tare__machine.devices[device]);
	tare__unlock();
	return 0;
}
