/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device - references, contexts, and what goes down with them
 *
 * Every rtSetDevice adds one reference, also on a thread that is bound
 * already, and rtDeviceReset takes one away: only the last one tears down
 * (facts/cann.md 4.2).  A runner that believes otherwise leaks, and is seen to.
 */
#include "machine_priv.h"
#include "vendor.h"

/* What this thread is bound to.  A context that has gone leaves it dangling: the generation tells. */
static _Thread_local struct {
	int32_t device;
	uint64_t generation; /* 0: to nothing */
} binding;

struct tare__device *tare__device_bound(void)
{
	struct tare__device *device = &tare__machine.devices[binding.device];

	return binding.generation && device->generation == binding.generation ? device : NULL;
}

static int open_fabric(struct tare__device *device)
{
	const struct tare_machine_setup *setup = &tare__machine.setup;
	const struct tare_arch *arch = tare__arch();
	static const enum tare_fabric_driver drivers[] = {
		[TARE_FABRIC_POOL] = TARE_FABRIC_RUN_POOL,
		[TARE_FABRIC_SEEDED] = TARE_FABRIC_RUN_SEEDED,
		[TARE_FABRIC_PARKED] = TARE_FABRIC_RUN_PARKED,
	};
	const struct tare_fabric_config config = {
		.cores = arch->physical_cores,
		.threads = TARE_MAX_AICPU_THREADS,
		.register_block = arch->register_block,
		.driver = drivers[setup->fabric],
		.workers = setup->workers,
		.seed = setup->seed,
		.kernel_budget_ns = setup->kernel_budget_ms * 1000000ull,
		.code_view = tare_machine_code_view,
		.objects = tare__aicpu_lends(device),
		.log = setup->log,
	};

	return tare_fabric_open(&device->fabric, &config);
}

static int open_device(struct tare__device *device)
{
	int status;

	status = tare__memory_ensure(device);
	if (status)
		return ACL_ERROR_RT_DEV_SETUP_ERROR;
	status = open_fabric(device);
	if (status) {
		tare_log(tare__log(), TARE_LOG_ERROR, "machine: device %u: its cores cannot be started: %s",
			tare__device_id(device), tare_status_sentence(status));
		tare__memory_retire(device);
		return ACL_ERROR_RT_DEV_SETUP_ERROR;
	}
	device->generation = ++tare__machine.generations;
	return 0;
}

int rtSetDevice(int32_t id)
{
	struct tare__device *device;
	int code = 0;

	if (id < 0 || id >= TARE__DEVICES)
		return ACL_ERROR_RT_INVALID_DEVICEID;
	device = &tare__machine.devices[id];
	tare__lock();
	if (!device->references)
		code = open_device(device);
	if (!code) {
		device->references++;
		binding.device = id;
		binding.generation = device->generation;
	}
	tare__unlock();
	return code;
}

int aclrtSetDevice(int32_t device)
{
	return rtSetDevice(device);
}

int aclrtGetDevice(int32_t *id)
{
	const struct tare__device *device;

	if (!id)
		return ACL_ERROR_INVALID_PARAM;
	tare__lock();
	device = tare__device_bound();
	if (device)
		*id = (int32_t)tare__device_id(device);
	tare__unlock();
	return device ? 0 : ACL_ERROR_RT_CONTEXT_NULL;
}

/* A reset that is said to tear all down, or that ends a dead device, takes explicit blocks along rightly. */
static bool blocks_are_lost(const struct tare__device *device, bool wait)
{
	return wait && !device->poisoned && tare__machine.setup.reset == TARE_RESET_COUNTED;
}

/* The context ends: what was explicit and was not given back is leaked now, and counted. */
void tare__teardown(struct tare__device *device, bool wait)
{
	const uint64_t generation = device->generation;
	uint64_t leaked;

	tare__drive_leave(device);
	if (wait && !device->poisoned)
		tare__drive_device(device);
	if (device->generation != generation)
		return; /* another thread was first */
	while (device->streams)
		tare__stream_discard(device->streams);
	while (device->modules)
		tare__module_release(device, device->modules);
	tare__aicpu_leave(device);
	tare_fabric_close(&device->fabric);
	leaked = blocks_are_lost(device, wait) ? tare__arena_lose_all(&device->arena)
					       : tare__arena_give_all(&device->arena, TARE__BLOCK_USER);
	if (leaked)
		tare_log(tare__log(), TARE_LOG_INFO, "machine: device %u: %llu blocks were alive when the context went down",
			tare__device_id(device), (unsigned long long)leaked);
	device->torn_down_blocks += leaked;
	device->references = 0;
	device->generation = 0;
	device->trouble = TARE_TROUBLE_NONE;
	tare__memory_retire(device);
}

int rtDeviceReset(int32_t id)
{
	struct tare__device *device;
	int code = 0;

	if (id < 0 || id >= TARE__DEVICES)
		return ACL_ERROR_RT_INVALID_DEVICEID;
	device = &tare__machine.devices[id];
	tare__lock();
	if (!device->references)
		code = ACL_ERROR_RT_CONTEXT_RELEASE_ERROR;
	else if (device->references > 1 && tare__machine.setup.reset == TARE_RESET_COUNTED)
		device->references--;
	else
		tare__teardown(device, true);
	tare__unlock();
	return code;
}

int aclrtResetDevice(int32_t device)
{
	return rtDeviceReset(device);
}

int aclrtResetDeviceForce(int32_t id)
{
	struct tare__device *device;
	int code = 0;

	if (id < 0 || id >= TARE__DEVICES)
		return ACL_ERROR_RT_INVALID_DEVICEID;
	device = &tare__machine.devices[id];
	tare__lock();
	if (!device->references) {
		code = ACL_ERROR_RT_CONTEXT_RELEASE_ERROR;
	} else {
		tare__teardown(device, false);
		device->poisoned = false;
	}
	tare__unlock();
	return code;
}

int aclInit(const char *path)
{
	uint32_t before;

	(void)path; /* the configuration file turns on diagnostics that there are none of here */
	tare__lock();
	before = tare__machine.acl_inits++;
	tare__unlock();
	return before ? ACL_ERROR_REPEAT_INITIALIZE : 0;
}

/* Ignores how often aclInit was called. */
int aclFinalize(void)
{
	uint32_t before;

	tare__lock();
	before = tare__machine.acl_inits;
	tare__machine.acl_inits = 0;
	tare__unlock();
	return before ? 0 : ACL_ERROR_REPEAT_FINALIZE;
}
