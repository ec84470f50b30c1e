/* SPDX-License-Identifier: Apache-2.0 */
#include "workspace.h"

uint64_t tare_hbg_workspace_bytes(uint32_t task_count)
{
	return sizeof(struct tare__workspace) + TARE__TYPES * tare__ready_bytes(task_count);
}
