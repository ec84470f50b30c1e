/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve - hands tasks to cores and draws the consequence of what they answer
 *
 * A thread sleeps until one of its cores has rung, or until another thread has
 * more than its own cores can take.  It never keeps a task of a type for which
 * it has no core.
 */
#include "scheduler.h"

#include <tare/status.h>

static int share(struct tare__crew *crew, uint32_t type, uint32_t id)
{
	struct tare__ready *ready = &crew->workspace->ready[type];
	uint32_t at;

	at = crew->alone ? ready->tail++ : __atomic_fetch_add(&ready->tail, 1u, __ATOMIC_ACQ_REL);
	if (at >= crew->image->task_count)
		return TARE_E_FAILED;
	if (crew->alone) {
		crew->ready[type][at] = id + 1;
		return 0;
	}
	/* Against ask(): either it sees the entry, or we see that it is hungry. */
	__atomic_store_n(&crew->ready[type][at], id + 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&ready->hungry, __ATOMIC_SEQ_CST) & ~(1u << crew->me))
		crew->ops->ring(crew->port, TARE_RING_THREADS);
	return 0;
}

static int make_ready(struct tare__crew *crew, uint32_t id)
{
	uint32_t type = crew->tasks[id].core_type;
	struct tare__local *local = &crew->local[type];

	if (local->count >= local->room)
		return share(crew, type, id);
	local->tasks[(local->head + local->count++) % TARE__LOCAL] = id;
	return 0;
}

static uint32_t take_shared(struct tare__crew *crew, uint32_t type)
{
	struct tare__ready *ready = &crew->workspace->ready[type];
	uint32_t *list = crew->ready[type];
	uint32_t head = tare__get(&ready->head);

	if (crew->alone) {
		if (!list[head])
			return TARE__NO_TASK;
		ready->head = head + 1;
		return list[head] - 1;
	}
	for (;;) {
		uint32_t entry = __atomic_load_n(&list[head], __ATOMIC_SEQ_CST);

		if (!entry)
			return TARE__NO_TASK;
		if (__atomic_compare_exchange_n(&ready->head, &head, head + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return entry - 1;
	}
}

static uint32_t take(struct tare__crew *crew, uint32_t type)
{
	struct tare__local *local = &crew->local[type];

	if (!local->count)
		return take_shared(crew, type);
	local->count--;
	return local->tasks[local->head++ % TARE__LOCAL];
}

/* A core that can take a task: an idle one before one that is still running. */
static int32_t vacant(const struct tare__crew *crew, uint32_t type)
{
	for (uint32_t i = 0; i < TARE__WORDS; i++)
		if (crew->idle[type][i])
			return (int32_t)(tare__bit_first(crew->idle[type][i]) + i * 64);
	for (uint32_t i = 0; i < TARE__WORDS; i++)
		if (crew->half[type][i])
			return (int32_t)(tare__bit_first(crew->half[type][i]) + i * 64);
	return -1;
}

static void dispatch(struct tare__crew *crew, uint32_t type)
{
	int32_t core;

	while ((core = vacant(crew, type)) >= 0) {
		struct tare__seat *seat = &crew->workspace->seats[core];
		uint32_t id = take(crew, type);

		if (id == TARE__NO_TASK)
			return;
		tare__bit_clear(crew->idle[type], (uint32_t)core);
		tare__bit_clear(crew->half[type], (uint32_t)core);
		seat->pending = id;
		crew->ops->store(crew->port, seat->registers + tare__program_arch.data_main_base, id);
	}
}

static int resolve(struct tare__crew *crew, uint32_t id)
{
	const struct tare_hbg_task *task = &crew->tasks[id];
	uint32_t edge = task->first_edge;

	crew->done++;
	for (uint32_t left = task->fanout; left; left--) {
		uint32_t *fanin;
		uint32_t before;
		uint32_t to;

		if (edge >= crew->image->edge_count || crew->edges[edge].to >= crew->image->task_count)
			return TARE_E_FAILED;
		to = crew->edges[edge].to;
		edge = crew->edges[edge].next;
		fanin = &crew->tasks[to].fanin;
		before = crew->alone ? (*fanin)-- : __atomic_fetch_sub(fanin, 1u, __ATOMIC_ACQ_REL);
		if (!before || (before == 1 && make_ready(crew, to)))
			return TARE_E_FAILED;
	}
	return 0;
}

/* What the core says in COND, against what it was given. */
static int observe(struct tare__crew *crew, uint32_t core)
{
	struct tare__seat *seat = &crew->workspace->seats[core];
	uint32_t word = crew->ops->load(crew->port, seat->registers + tare__program_arch.cond);
	uint32_t id = word & TARE_TASK_ID_MASK;
	uint32_t ended = TARE__NO_TASK; /* older than the one reported: its own report was overwritten */
	int rc = 0;

	if (id == seat->pending) {
		ended = seat->running;
		seat->running = id;
		seat->pending = TARE__NO_TASK;
		if (ended != TARE__NO_TASK)
			rc = resolve(crew, ended);
	} else if (id != seat->running) {
		return 0;
	}
	if (word & TARE_TASK_FINISHED) {
		seat->running = TARE__NO_TASK;
		if (!rc)
			rc = resolve(crew, id);
	}
	if (seat->pending == TARE__NO_TASK)
		tare__bit_set(seat->running == TARE__NO_TASK ? crew->idle[seat->type] : crew->half[seat->type], core);
	if (seat->running == TARE__NO_TASK)
		tare__bit_clear(crew->half[seat->type], core);
	return rc;
}

/* Tells the other threads that it has cores to spare; true: something has come in between. */
static bool ask(struct tare__crew *crew)
{
	for (uint32_t type = 0; type < TARE__TYPES; type++) {
		struct tare__ready *ready = &crew->workspace->ready[type];
		uint32_t head;

		if (vacant(crew, type) < 0)
			continue;
		if (!(crew->hungry & 1u << type))
			__atomic_fetch_or(&ready->hungry, 1u << crew->me, __ATOMIC_SEQ_CST);
		crew->hungry |= 1u << type;
		head = tare__get(&ready->head);
		if (__atomic_load_n(&crew->ready[type][head], __ATOMIC_SEQ_CST))
			return true;
	}
	return false;
}

static void publish(struct tare__crew *crew)
{
	struct tare__workspace *workspace = crew->workspace;
	uint32_t total = crew->done;

	if (!total)
		return;
	crew->done = 0;
	total += crew->alone ? workspace->completed : __atomic_fetch_add(&workspace->completed, total, __ATOMIC_ACQ_REL);
	if (crew->alone)
		workspace->completed = total;
	if (total < crew->image->task_count)
		return;
	tare__put(&crew->image->phase, (uint32_t)TARE__PHASE_DONE);
	if (!crew->alone)
		crew->ops->ring(crew->port, TARE_RING_THREADS);
}

static void take_seats(struct tare__crew *crew)
{
	const struct tare__bench *bench = &crew->workspace->benches[crew->me];

	for (uint32_t type = 0; type < TARE__TYPES; type++) {
		crew->local[type].room = bench->count[type];
		for (uint32_t i = 0; i < TARE__WORDS; i++) {
			crew->idle[type][i] = bench->cores[type][i];
			crew->own[i] |= bench->cores[type][i];
		}
	}
	/* thread 0 hears all at first */
	for (uint32_t i = 0; crew->me && i < TARE__WORDS; i++)
		for (uint64_t left = crew->own[i]; left; left &= left - 1)
			crew->ops->hear(crew->port, tare__bit_first(left) + i * 64);
}

int tare__scheduler_serve(struct tare__crew *crew)
{
	int rc = 0;

	take_seats(crew);
	if (!crew->own[0] && !crew->own[1])
		return 0;
	while (tare__get(&crew->image->phase) == TARE__PHASE_SERVE) {
		int32_t core;

		while (!rc && (core = crew->ops->heard(crew->port)) >= 0)
			if (crew->own[core / 64] & 1ull << core % 64)
				rc = observe(crew, (uint32_t)core);
		if (rc)
			return tare__scheduler_fail(crew, rc);
		for (uint32_t type = 0; type < TARE__TYPES; type++)
			dispatch(crew, type);
		publish(crew);
		if (tare__get(&crew->image->phase) != TARE__PHASE_SERVE || (!crew->alone && ask(crew)))
			continue;
		if (crew->ops->wait(crew->port))
			return tare__scheduler_fail(crew, TARE_E_STALL);
	}
	return tare__get(&crew->image->error);
}
