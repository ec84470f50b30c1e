/* SPDX-License-Identifier: Apache-2.0 */
/* bind - says that this object knows ports; every device object of ours has it */
#include "program.h"

#include <tare/status.h>

TARE__EXPORT int tare_device_bind(const struct tare_core_ops *ops);

int tare_device_bind(const struct tare_core_ops *ops)
{
	return ops->revision == TARE_CORE_OPS_REVISION && ops->size >= sizeof *ops ? 0 : TARE_E_UNSUPPORTED;
}
