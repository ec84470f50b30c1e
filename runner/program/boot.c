/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot - thread 0 seats the cores and finds the tasks that wait for nothing
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
	const struct tare__hands hands = tare__crew_hands(crew);
	int rc;

	clear(crew);
	rc = tare__hands_shake(&hands);
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
