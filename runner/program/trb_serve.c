/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_serve - what cores answer, and what follows from it
 *
 * A thread sleeps until one of its cores has rung or somebody has work for it.
 */
#include "trb_crew.h"

#include <tare/status.h>

static void finish(struct tare__trb_crew *crew, uint32_t core, uint32_t id)
{
	const struct tare_trb_local *local = &crew->hall->payloads[core][id & 1].local;
	uint32_t place = crew->hall->desks[core].places[id & 1];
	bool orchestrator;

	/* Whatever ends may have made a condition true: who holds some looks. */
	crew->wake |= tare__trb_async_threads(crew->trb);
	if (local->condition_count | local->condition_error) {
		tare__trb_async_hold(crew->trb, &crew->async, place, local, (uintptr_t)crew->hall->slabs[core][id & 1]);
		return;
	}
	crew->wake |= tare__trb_finish(crew->trb, place, 1, &orchestrator);
	if (orchestrator)
		crew->wake |= 1u << crew->orchestrator;
}

static void look_at_conditions(struct tare__trb_crew *crew)
{
	bool orchestrator;

	crew->wake |= tare__trb_async_look(crew->trb, &crew->async, &orchestrator);
	if (orchestrator)
		crew->wake |= 1u << crew->orchestrator;
}

/* What the core says in COND, against what it was given. */
static void observe(struct tare__trb_crew *crew, uint32_t core)
{
	struct tare__seat *seat = &crew->hall->seats[core];
	uint32_t word = crew->ops->load(crew->port, seat->registers + tare__program_arch.cond);
	uint32_t id = word & TARE_TASK_ID_MASK;
	uint32_t cluster, lane;

	tare__trb_lane(crew->blocks, core, &cluster, &lane);
	if (id == seat->pending) {
		uint32_t ended = seat->running; /* its own report was overwritten */

		seat->running = id;
		seat->pending = TARE__NO_TASK;
		tare__trb_bench_began(&crew->bench, cluster, lane);
		if (ended != TARE__NO_TASK)
			finish(crew, core, ended);
	} else if (id != seat->running) {
		return;
	}
	if (word & TARE_TASK_FINISHED) {
		seat->running = TARE__NO_TASK;
		tare__trb_bench_ended(&crew->bench, cluster, lane);
		finish(crew, core, id);
	}
}

void tare__trb_turn(struct tare__trb_crew *crew)
{
	int32_t core;

	crew->wake = 0;
	while ((core = crew->ops->heard(crew->port)) >= 0)
		if (crew->cores[core / 64] & 1ull << core % 64)
			observe(crew, (uint32_t)core);
	if (crew->async.pending)
		look_at_conditions(crew);
	tare__trb_ring(crew, crew->wake);
	tare__trb_dispatch(crew);
}

void tare__trb_stalled(const struct tare__trb_crew *crew)
{
	struct tare__trb *trb = crew->trb;

	/* As long as it is not through, the orchestrator waits too, and knows better for what. */
	if (crew->alone || __atomic_load_n(&trb->closed, __ATOMIC_ACQUIRE))
		tare__trb_fail_stalled(trb, crew->me);
}

int tare__trb_serve(struct tare__trb_crew *crew)
{
	for (;;) {
		tare__trb_turn(crew);
		if (tare__trb_proclaim(crew))
			return 0;
		if (tare__trb_offer(crew))
			continue;
		if (crew->ops->wait(crew->port)) {
			tare__trb_stalled(crew);
			return TARE_E_STALL;
		}
	}
}

int tare__trb_dismiss(struct tare__trb_crew *crew)
{
	const struct tare__hands hands = tare__trb_hands(crew);
	int rc = tare__hands_dismiss(&hands, crew->cores);

	if (rc)
		tare__trb_stalled(crew);
	return rc;
}
