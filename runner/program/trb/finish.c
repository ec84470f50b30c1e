/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finish - a task is complete: who waited for it may go, and what it held is let go
 *
 * The order is the whole of it.  A dependency is its consumer's, and the
 * consumer may run, end and go as soon as its count is taken down: so the next
 * one is read before.  The task counts as completed last, so that an
 * orchestrator that sees all completed sees all released.
 */
#include "core.h"

void tare__trb_release(struct tare__trb *trb, uint32_t place)
{
	struct tare__trb_slot *slot = &trb->slots[place];

	/* The orchestrator may take the slot as soon as the count is 0. */
	__atomic_fetch_sub(&slot->references, 1u, __ATOMIC_ACQ_REL);
}

static uint32_t let_go(struct tare__trb *trb, uint32_t at)
{
	uint32_t wake = 0;

	while (at != TARE__TRB_NONE) {
		const struct tare__trb_dep *dep = &trb->deps[at];
		uint32_t consumer = dep->consumer;
		struct tare__trb_slot *slot = &trb->slots[consumer];

		at = dep->next;
		if (__atomic_sub_fetch(&slot->waits, 1u, __ATOMIC_ACQ_REL))
			continue;
		__atomic_store_n(&slot->state, (uint32_t)TARE__TRB_READY, __ATOMIC_RELAXED);
		wake |= tare__trb_put(trb, consumer);
	}
	return wake;
}

static void release_producers(struct tare__trb *trb, const struct tare__trb_slot *slot)
{
	const struct tare__trb_dep *deps = trb->rings[slot->ring].deps;
	uint32_t at = slot->dep_first;

	for (uint32_t left = slot->dep_count; left; left--) {
		tare__trb_release(trb, deps[at].producer);
		at = at + 1 == trb->capacity.dep_pool ? 0 : at + 1;
	}
}

uint32_t tare__trb_complete(struct tare__trb *trb, uint32_t place)
{
	struct tare__trb_slot *slot = &trb->slots[place];
	uint32_t wake;

	__atomic_store_n(&slot->state, (uint32_t)TARE__TRB_COMPLETED, __ATOMIC_RELAXED);
	wake = let_go(trb, __atomic_exchange_n(&slot->consumers, TARE__TRB_CLOSED, __ATOMIC_ACQ_REL));
	release_producers(trb, slot);
	tare__trb_release(trb, place);
	__atomic_fetch_add(&trb->completed, 1u, __ATOMIC_SEQ_CST);
	return wake;
}

uint32_t tare__trb_finish(struct tare__trb *trb, uint32_t place, uint32_t subtasks, bool *orchestrator)
{
	uint64_t wanted;
	uint32_t wake;

	*orchestrator = false;
	if (__atomic_sub_fetch(&trb->slots[place].subtasks_left, subtasks, __ATOMIC_ACQ_REL))
		return 0;
	wake = tare__trb_complete(trb, place);
	while ((place = tare__trb_take(trb, TARE__TRB_DUMMY)) != TARE__TRB_NONE)
		wake |= tare__trb_complete(trb, place);
	wanted = __atomic_load_n(&trb->starved, __ATOMIC_SEQ_CST);
	if (wanted && __atomic_load_n(&trb->completed, __ATOMIC_RELAXED) >= wanted)
		*orchestrator = __atomic_exchange_n(&trb->starved, 0u, __ATOMIC_ACQ_REL) != 0;
	return wake;
}

bool tare__trb_over(const struct tare__trb *trb)
{
	if (tare__trb_failed(trb))
		return true;
	return __atomic_load_n(&trb->closed, __ATOMIC_SEQ_CST) &&
		__atomic_load_n(&trb->completed, __ATOMIC_SEQ_CST) == trb->submitted;
}

/* All that has begun has returned, and waits for its conditions. */
static bool is_all_held(const struct tare__trb_slot *slot)
{
	uint32_t held = __atomic_load_n(&slot->held, __ATOMIC_RELAXED);

	return held && held == __atomic_load_n(&slot->subtasks_left, __ATOMIC_RELAXED);
}

enum tare_trb_stall tare__trb_stall_of(const struct tare__trb *trb)
{
	enum tare_trb_stall stall = trb->closed ? TARE_TRB_STALL_UNKNOWN : TARE_TRB_STALL_ORCHESTRATION;

	for (uint32_t i = 0; i < TARE_TRB_RINGS; i++) {
		const struct tare__trb_ring *ring = &trb->rings[i];

		for (uint32_t id = ring->alive; id != ring->next; id++) {
			const struct tare__trb_slot *slot = &trb->slots[tare__trb_place(trb, i, id)];
			uint32_t state = __atomic_load_n(&slot->state, __ATOMIC_RELAXED);

			if (state == TARE__TRB_RUNNING && is_all_held(slot))
				state = TARE__TRB_PENDING;
			if (state == TARE__TRB_RUNNING)
				return TARE_TRB_STALL_RUNNING;
			if (state == TARE__TRB_READY)
				stall = TARE_TRB_STALL_READY;
			else if (state == TARE__TRB_PENDING && stall != TARE_TRB_STALL_READY)
				stall = TARE_TRB_STALL_WAITING;
		}
	}
	return stall;
}
