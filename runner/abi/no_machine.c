/* SPDX-License-Identifier: Apache-2.0 */
/*
 * no_machine - the emulated machine's memory, for objects that have no machine
 *
 * The host table offers device memory out of the machine inside; an onboard
 * object takes its device memory from the driver and has no machine.
 */
#include <tare/machine.h>
#include <tare/status.h>

int tare_machine_memory_take(int32_t device, uint64_t size, void **memory)
{
	(void)device;
	(void)size;
	(void)memory;
	return TARE_E_UNSUPPORTED;
}

int tare_machine_memory_give(int32_t device, void *memory)
{
	(void)device;
	(void)memory;
	return TARE_E_UNSUPPORTED;
}

int tare_machine_memory_info(int32_t device, uint64_t *unused, uint64_t *total)
{
	(void)device;
	(void)unused;
	(void)total;
	return TARE_E_UNSUPPORTED;
}

int tare_machine_memory_copy(void *to, const void *from, uint64_t size)
{
	(void)to;
	(void)from;
	(void)size;
	return TARE_E_UNSUPPORTED;
}
