/* SPDX-License-Identifier: Apache-2.0 */
/* leave - cores are sent away by the thread they belong to, the launch is closed by the last thread */
#include "scheduler.h"

#include <tare/status.h>

int tare__scheduler_dismiss(struct tare__crew *crew)
{
	const struct tare__hands hands = tare__crew_hands(crew);

	if (tare__hands_dismiss(&hands, crew->own))
		return tare__scheduler_fail(crew, TARE_E_STALL);
	return tare__get(&crew->image->error);
}

int tare__scheduler_leave(struct tare__crew *crew)
{
	struct tare__workspace *workspace = crew->workspace;
	uint64_t wall = tare__args_word(crew->args, tare__program_arch.kernel_args.device_wall);
	uint64_t elapsed;

	if (__atomic_add_fetch(&workspace->left, 1u, __ATOMIC_ACQ_REL) != crew->image->aicpu_threads)
		return tare__get(&crew->image->error);
	crew->image->completed = workspace->completed;
	elapsed = crew->ops->clock(crew->port) - workspace->began;
	if (wall)
		*(uint64_t *)(uintptr_t)wall = elapsed ? elapsed : 1;
	return tare__get(&crew->image->error);
}
