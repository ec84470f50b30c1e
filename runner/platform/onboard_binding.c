/* SPDX-License-Identifier: Apache-2.0 */
/*
 * onboard_binding - threads bound to a device, and the references that makes
 *
 * rtSetDevice adds a reference at every call, also on the same thread, and
 * rtDeviceReset takes one back and tears nothing down while others remain
 * (facts/cann.md 4.2).  So a thread is bound once per context, each binding is
 * counted, and finalize resets exactly that often.
 *
 * The binding of a thread is the driver's, not a context's: a thread that was
 * bound to another device since has to be bound again.  That, and a number no
 * later thread gets again, is what each thread keeps.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include <tare/status.h>

#include "onboard.h"

static _Thread_local struct {
	uint64_t number; /* 0: none yet */
	int32_t device;
} binding;

static uint64_t thread_number(void)
{
	static atomic_uint_fast64_t last;

	if (binding.number == 0) {
		binding.number = atomic_fetch_add(&last, 1) + 1;
		binding.device = -1;
	}
	return binding.number;
}

static bool is_bound(const struct tare_onboard *onboard, uint64_t thread)
{
	for (uint32_t i = 0; i < onboard->thread_count; i++)
		if (onboard->threads[i] == thread)
			return true;
	return false;
}

/* What an earlier generation could not give back went down with its device. */
static void begin(struct tare_onboard *onboard)
{
	tare__platform_forget(&onboard->common, "the device was reset since their release failed");
	tare__onboard_images_forget(onboard);
	onboard->aicpu_stream = NULL;
	onboard->aicore_stream = NULL;
	onboard->binary = NULL;
	onboard->aicpu_init = NULL;
	onboard->aicpu_exec = NULL;
	onboard->references = 0;
}

/* The device's logger takes the level when the device is opened and not later. */
static void set_device_log_level(const struct tare_onboard *onboard)
{
	const struct tare_platform *platform = &onboard->common;
	int code;

	if (getenv("ASCEND_GLOBAL_LOG_LEVEL"))
		return;
	code = platform->tables.cann.dlog_setlevel(-1, (int32_t)tare__device_log_level(&platform->log), 0);
	if (code != 0)
		tare_log(&platform->log, TARE_LOG_WARN, "dlog_setlevel failed with code %d", code);
}

int tare__onboard_attach(struct tare_platform *platform, int32_t device)
{
	struct tare_onboard *onboard = tare__onboard(platform);
	int status = tare__platform_check_device(platform, device);
	uint64_t thread = thread_number();
	bool bound;

	if (status != TARE_OK)
		return status;
	bound = platform->device >= 0 && is_bound(onboard, thread);
	if (bound && binding.device == device)
		return TARE_OK;
	if (platform->poisoned)
		return TARE_E_POISONED;
	if (platform->device < 0) {
		begin(onboard);
		set_device_log_level(onboard);
	}
	if (!bound && onboard->thread_count == TARE_ONBOARD_THREADS) {
		tare_log(&platform->log, TARE_LOG_ERROR, "%d threads are bound to device %d already",
			TARE_ONBOARD_THREADS, device);
		return TARE_E_STATE;
	}
	status = platform->tables.cann.rtSetDevice(device);
	if (status != 0)
		return tare__platform_failed(platform, "rtSetDevice", status);
	onboard->references++;
	if (!bound)
		onboard->threads[onboard->thread_count++] = thread;
	binding.device = device;
	platform->device = device;
	return TARE_OK;
}

int tare__onboard_reset(struct tare_onboard *onboard)
{
	struct tare_platform *platform = &onboard->common;
	int first = TARE_OK;

	for (uint32_t left = onboard->references; left > 0; left--) {
		int code = platform->tables.cann.rtDeviceReset(platform->device);

		if (code == ACL_ERROR_RT_CONTEXT_RELEASE_ERROR) {
			onboard->references = 0;
			return first;
		}
		if (code == 0)
			onboard->references--;
		else if (first == TARE_OK)
			first = tare__platform_failed(platform, "rtDeviceReset", code);
	}
	return first;
}

int tare__onboard_force_reset(struct tare_onboard *onboard)
{
	struct tare_platform *platform = &onboard->common;
	int code;

	if (!platform->tables.cann.aclrtResetDeviceForce) {
		tare_log(&platform->log, TARE_LOG_WARN,
			"this driver has no forced reset: device %d may stay unusable in this process", platform->device);
		return tare__onboard_reset(onboard);
	}
	code = platform->tables.cann.aclrtResetDeviceForce(platform->device);
	if (code != 0 && code != ACL_ERROR_RT_CONTEXT_RELEASE_ERROR)
		return tare__platform_failed(platform, "aclrtResetDeviceForce", code);
	onboard->references = 0;
	return TARE_OK;
}
