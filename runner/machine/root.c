/* SPDX-License-Identifier: Apache-2.0 */
/* root - the one place where the machine's state lies, and the end of all of it */
#include "machine_priv.h"

struct tare__machine tare__machine = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.driven = PTHREAD_COND_INITIALIZER,
	.log_level = 3, /* errors only, as the vendor's log starts */
};

void tare__lock(void)
{
	tare_must(pthread_mutex_lock(&tare__machine.lock) == 0);
}

void tare__unlock(void)
{
	tare_must(pthread_mutex_unlock(&tare__machine.lock) == 0);
}

uint32_t tare__device_id(const struct tare__device *device)
{
	return (uint32_t)(device - tare__machine.devices);
}

const struct tare_log *tare__log(void)
{
	return &tare__machine.setup.log;
}

static void forget_device(struct tare__device *device)
{
	tare__drive_leave(device);
	if (device->references)
		tare__teardown(device, false);
	device->reserve = 0;
	tare__arena_close(&device->arena);
	device->poisoned = false;
	device->preinstalled = device->preinstalled_writes = device->torn_down_blocks = 0;
}

void tare_machine_forget(void)
{
	tare__lock();
	for (size_t i = 0; i < TARE__DEVICES; i++)
		forget_device(&tare__machine.devices[i]);
	tare__binaries_forget();
	tare__programs_forget();
	tare__root_forget();
	tare__machine.registrations = tare__machine.used_after_unregister = 0;
	tare__machine.acl_inits = 0;
	if (tare__machine.origin != TARE__SETUP_GIVEN)
		tare__machine.origin = TARE__SETUP_UNREAD;
	tare__unlock();
}
