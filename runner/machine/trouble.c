/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trouble - what befalls a device when somebody wants to see how a runner takes it
 *
 * No driver call can be made to report these faithfully from above: a kernel
 * that fails late is heard of at a wait, one that hangs costs the device, and a
 * dead device answers every later call.  So it is set here, and all that follows
 * is what a kernel does that fails or hangs by itself (drive.c).
 */
#include "machine_priv.h"

static struct tare__device *device_of(int32_t id)
{
	struct tare__device *device = id < 0 ? tare__device_bound() : &tare__machine.devices[id];

	return device && device->references ? device : NULL;
}

static void befall(struct tare__device *device, enum tare_trouble trouble)
{
	if (trouble != TARE_TROUBLE_POISON) {
		device->trouble = trouble;
		return;
	}
	/* what is with the fabric has to leave it before its launch is dropped */
	tare_fabric_cancel(device->fabric);
	tare__poison(device, "it was told to die");
}

int tare_machine_trouble(int32_t id, enum tare_trouble trouble)
{
	struct tare__device *device;

	if (id >= TARE__DEVICES || (unsigned)trouble > TARE_TROUBLE_POISON)
		return TARE_E_ARGUMENT;
	tare__lock();
	device = device_of(id);
	if (device)
		tare__drive_leave(device);
	/* while another thread was inside, the device may have gone */
	device = device_of(id);
	if (device)
		befall(device, trouble);
	tare__unlock();
	return device ? TARE_OK : TARE_E_STATE;
}
