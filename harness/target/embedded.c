/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An embedded cell as a target.
 *
 * Over the emulated machine everything can be weighed.  Sim stands on the
 * machine's memory whatever driver onboard is bound to.
 */
#include <tare/target.h>

#include <tare/status.h>

#include "hidden.h"

int tare_target_embedded(struct tare_cell cell, enum tare_driver_choice driver, struct tare_target *target)
{
	const struct tare_abi *abi = tare_embedded(cell);

	if (!abi)
		return TARE_E_NOT_FOUND;
	*target = (struct tare_target){
		.name = "embedded", .cell = cell, .abi = abi, .ext = &tare_ext_v1, .tapped = true,
		.machine = driver != TARE_DRIVER_CANN || cell.platform != TARE_PLATFORM_ONBOARD,
	};
	tare__hide(target);
	return TARE_OK;
}
