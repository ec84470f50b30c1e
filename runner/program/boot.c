/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot - thread 0 seats the cores and finds the tasks that wait for nothing
 *
 * Every core is heard to the end even when one is refused, so that each of the
 * others can be sent away properly: the next launch finds them as ever.
 */
#include "scheduler.h"

#include <tare/status.h>

int tare__scheduler_fail(struct tare__crew *crew, int status)
{
	int32_t none = 0;

	__atomic_compare_exchange_n(&crew->image->error, &none, status, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	tare__put(&crew->image->phase, (uint32_t)TARE__PHASE_FAILED);
	crew->ops->ring(crew->port, TARE_RING_THREADS);
	return tare__get(&crew->image->error);
}

static void clear(struct tare__crew *crew)
{
	struct tare__workspace *workspace = crew->workspace;
	workspace->began = crew->ops->clock(crew->port);
	workspace->completed = 0;
	workspace->left = 0;
	for (uint32_t type = 0; type < TARE__TYPES; type++)
		workspace->ready[type] = (struct tare__ready){ .head = 0 };
	for (uint32_t i = 0; i < crew->image->aicpu_threads; i++)
		workspace->benches[i] = (struct tare__bench){ .count = { 0 } };
}

/* The core has named itself: opens its registers, or refuses it. */
static bool open(struct tare__crew *crew, uint32_t core)
{
	const struct tare_core_ops *ops = crew->ops;
	struct tare_handshake *hand = &crew->image->workers[core];
	struct tare__seat *seat = &crew->workspace->seats[core];
	bool known = hand->physical_core_id < tare__program_arch.physical_cores;

	if (known) {
		seat->registers = tare__args_registers(crew->args, hand->physical_core_id);
		if (tare__program_arch.fast_path_enable != TARE_ABSENT)
			ops->store(crew->port, seat->registers + tare__program_arch.fast_path_enable,
				tare__program_arch.fast_path_open);
		ops->store(crew->port, seat->registers + tare__program_arch.data_main_base, TARE_MAIN_IDLE);
		seat->state = TARE__SEAT_OPEN;
	} else {
		crew->image->error_worker = core;
		seat->state = TARE__SEAT_REFUSED;
	}
	tare__put(&hand->aicpu_regs_ready, known ? TARE__REGS_READY : TARE__REGS_REFUSED);
	ops->ring(crew->port, core);
	return known;
}

/* Whether this is the last we had to hear from the core. */
static bool hear_out(struct tare__crew *crew, uint32_t core)
{
	struct tare_handshake *hand = &crew->image->workers[core];
	struct tare__seat *seat = &crew->workspace->seats[core];

	if (seat->state == TARE__SEAT_EMPTY && tare__get(&hand->aicore_regs_ready) && !open(crew, core))
		return true;
	if (seat->state != TARE__SEAT_OPEN || tare__get(&hand->aicore_done) != core + 1)
		return false;
	seat->state = TARE__SEAT_TAKEN;
	seat->type = hand->core_type == TARE_CORE_AIC ? TARE_CORE_AIC : TARE_CORE_AIV;
	return true;
}

static int shake_hands(struct tare__crew *crew)
{
	struct tare_hbg_image *image = crew->image;
	uint32_t missing = image->worker_count;
	bool refused = false;

	for (uint32_t i = 0; i < image->worker_count; i++) {
		crew->workspace->seats[i] = (struct tare__seat){ .pending = TARE__NO_TASK, .running = TARE__NO_TASK };
		tare__put(&image->workers[i].aicpu_ready, 1u);
		crew->ops->ring(crew->port, i);
	}
	while (missing) {
		int32_t core = crew->ops->heard(crew->port);

		if (core < 0) {
			if (crew->ops->wait(crew->port))
				return TARE_E_STALL;
			continue;
		}
		if ((uint32_t)core >= image->worker_count || !hear_out(crew, (uint32_t)core))
			continue;
		refused |= crew->workspace->seats[core].state == TARE__SEAT_REFUSED;
		missing--;
	}
	return refused ? TARE_E_FAILED : 0;
}

/* Core i of a type goes to thread i modulo the threads: a thread may get no core of a type, or none at all. */
static void seat_cores(struct tare__crew *crew)
{
	uint32_t threads = crew->image->aicpu_threads;
	uint32_t next[TARE__TYPES] = { 0, 0 };

	for (uint32_t i = 0; i < crew->image->worker_count; i++) {
		uint32_t type = crew->workspace->seats[i].type;
		struct tare__bench *bench = &crew->workspace->benches[next[type]];

		tare__bit_set(bench->cores[type], i);
		bench->count[type]++;
		next[type] = next[type] + 1 == threads ? 0 : next[type] + 1;
	}
}

/* A list holds the tasks of its type and an end. */
static int list_ready(struct tare__crew *crew)
{
	uint32_t count[TARE__TYPES] = { 0, 0 };
	uint32_t tail[TARE__TYPES] = { 0, 0 };

	for (uint32_t id = 0; id < crew->image->task_count; id++) {
		const struct tare_hbg_task *task = &crew->tasks[id];

		if (task->core_type >= TARE__TYPES)
			return TARE_E_FAILED;
		count[task->core_type]++;
		if (!task->fanin)
			crew->ready[task->core_type][tail[task->core_type]++] = id + 1;
	}
	for (uint32_t type = 0; type < TARE__TYPES; type++) {
		crew->workspace->ready[type].tail = tail[type];
		for (uint32_t i = tail[type]; i <= count[type]; i++)
			crew->ready[type][i] = 0;
	}
	return 0;
}

int tare__scheduler_boot(struct tare__crew *crew)
{
	struct tare_hbg_image *image = crew->image;
	int rc;

	clear(crew);
	rc = shake_hands(crew);
	if (!rc)
		rc = list_ready(crew);
	if (rc) {
		for (uint32_t i = 0; i < image->worker_count; i++)
			if (crew->workspace->seats[i].state == TARE__SEAT_TAKEN)
				tare__bit_set(crew->own, i);
		return tare__scheduler_fail(crew, rc);
	}
	seat_cores(crew);
	tare__put(&image->phase, (uint32_t)(image->task_count ? TARE__PHASE_SERVE : TARE__PHASE_DONE));
	if (!crew->alone)
		crew->ops->ring(crew->port, TARE_RING_THREADS);
	return 0;
}
