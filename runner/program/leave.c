/* SPDX-License-Identifier: Apache-2.0 */
/* leave - cores are sent away by the thread they belong to, the launch is closed by the last thread */
#include "scheduler.h"

#include <tare/status.h>

static void send_away(struct tare__crew *crew, uint32_t core)
{
	uint64_t registers = crew->workspace->seats[core].registers;

	crew->ops->store(crew->port, registers + tare__program_arch.data_main_base, TARE_MAIN_EXIT);
}

static bool has_left(struct tare__crew *crew, uint32_t core)
{
	uint64_t registers = crew->workspace->seats[core].registers;

	if (crew->ops->load(crew->port, registers + tare__program_arch.cond) != TARE_COND_EXITED)
		return false;
	crew->ops->store(crew->port, registers + tare__program_arch.data_main_base, TARE_MAIN_IDLE);
	if (tare__program_arch.fast_path_enable != TARE_ABSENT)
		crew->ops->store(crew->port, registers + tare__program_arch.fast_path_enable,
			tare__program_arch.fast_path_close);
	return true;
}

int tare__scheduler_dismiss(struct tare__crew *crew)
{
	for (uint32_t i = 0; i < TARE__WORDS; i++)
		for (uint64_t left = crew->own[i]; left; left &= left - 1)
			send_away(crew, tare__bit_first(left) + i * 64);
	while (crew->own[0] | crew->own[1]) {
		int32_t core = crew->ops->heard(crew->port);

		if (core < 0) {
			if (crew->ops->wait(crew->port))
				return tare__scheduler_fail(crew, TARE_E_STALL);
		} else if (crew->own[core / 64] & 1ull << core % 64 && has_left(crew, (uint32_t)core)) {
			tare__bit_clear(crew->own, (uint32_t)core);
		}
	}
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
