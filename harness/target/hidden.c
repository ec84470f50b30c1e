/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can't be weighed, by what stands in the way: the vendor's driver, which
 * can't be asked; a runtime that is not tapped; a memory that is not ours.
 * The process' own accounts and the ABI's counters can always be read.
 */
#include "hidden.h"

#include <tare/object.h>

enum obstacle {
	BY_VENDOR = 1,      /* the driver is not our machine */
	UNTAPPED = 2,       /* no tare_ext_v1 */
	OWN_MEMORY = 4,     /* and no machine of ours under it that could be asked instead */
};

static const struct {
	enum tare_account account;
	unsigned obstacles; /* any of them hides it */
	const char *reason;
} hidden[] = {
	{ TARE_ACCOUNT_KERNEL_IMAGES, BY_VENDOR, "the vendor's driver does not tell which images are pinned on the card" },
	{ TARE_ACCOUNT_AICPU_OBJECTS, BY_VENDOR, "the vendor's driver does not tell which objects the AICPU holds open" },
	{ TARE_ACCOUNT_PREINSTALLED_FILES, BY_VENDOR, "the AICPU's store on the card can't be listed from the host" },
	{ TARE_ACCOUNT_PREINSTALL_WRITES, BY_VENDOR, "writes into the AICPU's store can't be seen from the host" },
	{ TARE_ACCOUNT_DRIVER_BYTES, BY_VENDOR, "free memory of a card moves with every process that uses it" },

	{ TARE_ACCOUNT_LAUNCH_BUFFER_BYTES, UNTAPPED, "only tare_ext_v1 tells what the runner keeps for launches" },
	{ TARE_ACCOUNT_RUNNER_BYTES, UNTAPPED, "only tare_ext_v1 tells what the runner has committed" },
	{ TARE_ACCOUNT_ARENA_BYTES, UNTAPPED, "only tare_ext_v1 tells the sizes of the arenas" },
	{ TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE, UNTAPPED, "without tare_ext_v1 nobody sees what is registered, only how often" },
	{ TARE_ACCOUNT_HOST_OBJECTS, UNTAPPED, "without tare_ext_v1 its calls of the loader are not seen; mapped objects are" },
	{ TARE_ACCOUNT_TEMPORARY_FILES, UNTAPPED, "without tare_ext_v1 its files are not seen; descriptors are" },
	{ TARE_ACCOUNT_HOST_MAPPINGS, UNTAPPED, "without tare_ext_v1 its mappings are not seen" },
	{ TARE_ACCOUNT_RUNNER_THREADS, UNTAPPED, "without tare_ext_v1 who starts a thread is not seen; threads are" },

	{ TARE_ACCOUNT_DEVICE_BLOCKS, OWN_MEMORY, "without tare_ext_v1 its device memory is its own, and nobody can be asked" },
	{ TARE_ACCOUNT_DEVICE_BYTES, OWN_MEMORY, "without tare_ext_v1 its device memory is its own, and nobody can be asked" },
	{ TARE_ACCOUNT_DRIVER_BYTES, OWN_MEMORY, "without tare_ext_v1 its device memory is its own, and nobody can be asked" },
	{ TARE_ACCOUNT_KERNEL_IMAGES, OWN_MEMORY, "without tare_ext_v1 what it has loaded is its own, and nobody can be asked" },
	{ TARE_ACCOUNT_IMAGE_REGISTRATIONS, OWN_MEMORY, "without tare_ext_v1 its registrations are not seen" },
	{ TARE_ACCOUNT_STREAMS, OWN_MEMORY, "without tare_ext_v1 its streams are not seen" },
	{ TARE_ACCOUNT_AICPU_BINARIES, OWN_MEMORY, "without tare_ext_v1 its binaries are not seen" },
	{ TARE_ACCOUNT_FUNCTION_HANDLES, OWN_MEMORY, "without tare_ext_v1 its handles are not seen" },
	{ TARE_ACCOUNT_DEVICE_REFERENCES, OWN_MEMORY, "without tare_ext_v1 its bindings are not seen" },
	{ TARE_ACCOUNT_AICPU_OBJECTS, OWN_MEMORY, "without tare_ext_v1 its AICPU can't be asked" },
	{ TARE_ACCOUNT_PREINSTALLED_FILES, OWN_MEMORY, "without tare_ext_v1 its store can't be listed" },
	{ TARE_ACCOUNT_PREINSTALL_WRITES, OWN_MEMORY, "without tare_ext_v1 its store can't be listed" },
};

/* What the machine knows of everybody who stands on it. */
static const enum tare_account told_by_machine[] = {
	TARE_ACCOUNT_DEVICE_BLOCKS, TARE_ACCOUNT_DEVICE_BYTES, TARE_ACCOUNT_IMAGE_REGISTRATIONS, TARE_ACCOUNT_STREAMS,
	TARE_ACCOUNT_AICPU_BINARIES, TARE_ACCOUNT_FUNCTION_HANDLES, TARE_ACCOUNT_DEVICE_REFERENCES,
};

static unsigned obstacles_of(const struct tare_target *target)
{
	if (target->tapped)
		return target->machine ? 0 : BY_VENDOR;
	return target->machine ? UNTAPPED : UNTAPPED | OWN_MEMORY;
}

void tare__hide(struct tare_target *target)
{
	unsigned obstacles = obstacles_of(target), count = 0;

	for (size_t i = 0; i < TARE_COUNT(hidden); i++) {
		if (!(hidden[i].obstacles & obstacles) || tare_target_reason(target, hidden[i].account))
			continue;
		target->unreadable[count].account = hidden[i].account;
		target->unreadable[count++].reason = hidden[i].reason;
	}
	for (size_t i = 0; !target->tapped && target->machine && i < TARE_COUNT(told_by_machine); i++)
		target->by_machine |= UINT64_C(1) << told_by_machine[i];
}

const char *tare_target_reason(const struct tare_target *target, enum tare_account account)
{
	for (size_t i = 0; i <= TARE_ACCOUNTS && target->unreadable[i].reason; i++)
		if (target->unreadable[i].account == account)
			return target->unreadable[i].reason;
	return NULL;
}
