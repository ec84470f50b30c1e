/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An embedded cell as a target.
 *
 * Over the emulated machine everything can be weighed.  Over the vendor's
 * libraries nobody can be asked what an image pins on the card, what the AICPU
 * has opened or what its store holds; and free memory of a card that other
 * processes use too is not a meter of ours.
 */
#include <tare/target.h>

#include <tare/object.h>
#include <tare/status.h>

static const struct { enum tare_account account; const char *reason; } hidden_by_vendor[] = {
	{ TARE_ACCOUNT_KERNEL_IMAGES, "the vendor's driver does not tell which images are pinned on the card" },
	{ TARE_ACCOUNT_AICPU_OBJECTS, "the vendor's driver does not tell which objects the AICPU holds open" },
	{ TARE_ACCOUNT_PREINSTALLED_FILES, "the AICPU's store on the card can't be listed from the host" },
	{ TARE_ACCOUNT_PREINSTALL_WRITES, "writes into the AICPU's store can't be seen from the host" },
	{ TARE_ACCOUNT_DRIVER_BYTES, "free memory of a card moves with every process that uses it" },
};

int tare_target_embedded(struct tare_cell cell, enum tare_driver_choice driver, struct tare_target *target)
{
	const struct tare_abi *abi = tare_embedded(cell);

	if (!abi)
		return TARE_E_NOT_FOUND;
	*target = (struct tare_target){ .name = "embedded", .cell = cell, .abi = abi, .ext = &tare_ext_v1 };
	/* Sim stands on the emulated machine's memory, whatever driver onboard is bound to. */
	if (driver != TARE_DRIVER_CANN || cell.platform != TARE_PLATFORM_ONBOARD)
		return TARE_OK;
	for (size_t i = 0; i < TARE_COUNT(hidden_by_vendor); i++) {
		target->unreadable[i].account = hidden_by_vendor[i].account;
		target->unreadable[i].reason = hidden_by_vendor[i].reason;
	}
	return TARE_OK;
}
