/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring - a task's slot, heap and dependencies: taken in order, given back in order
 *
 * The orchestrator alone comes here.  It waits only while a task is not
 * complete; when all are and there is no room, none will ever be.
 */
#include "core.h"

static uint32_t alive_in(const struct tare__trb_ring *ring)
{
	return ring->next - ring->alive;
}

static void give_heap(struct tare__trb_ring *ring, const struct tare__trb_slot *slot, uint64_t capacity)
{
	ring->heap_used -= slot->heap_bytes;
	ring->heap_tail = slot->heap_end;
	if (ring->heap_tail != ring->heap_wrap)
		return;
	ring->heap_used -= capacity - ring->heap_wrap;
	ring->heap_tail = 0;
	ring->heap_wrap = TARE__TRB_NOWHERE;
}

void tare__trb_reclaim(struct tare__trb *trb, uint32_t number)
{
	struct tare__trb_ring *ring = &trb->rings[number];

	while (ring->alive != ring->next) {
		uint32_t place = tare__trb_place(trb, number, ring->alive);
		struct tare__trb_slot *slot = &trb->slots[place];

		if (__atomic_load_n(&slot->references, __ATOMIC_ACQUIRE))
			return;
		tare__trb_map_drop(trb, place);
		if (slot->heap_bytes)
			give_heap(ring, slot, trb->capacity.heap);
		/* An empty heap begins anew: in its middle it would refuse what it has room for (D16). */
		if (!ring->heap_used) {
			ring->heap_top = ring->heap_tail = 0;
			ring->heap_wrap = TARE__TRB_NOWHERE;
		}
		ring->dep_used -= slot->dep_count;
		slot->next_in_scope = ring->unused;
		ring->unused = place;
		ring->alive++;
		trb->status->consumed++;
	}
}

/* Where the next outputs begin. */
static uint64_t heap_place(const struct tare__trb *trb, const struct tare__trb_ring *ring, uint64_t bytes)
{
	uint64_t capacity = trb->capacity.heap;

	if (!ring->heap_used)
		return bytes <= capacity ? 0 : TARE__TRB_NOWHERE;
	if (ring->heap_top <= ring->heap_tail)
		return ring->heap_tail - ring->heap_top >= bytes ? ring->heap_top : TARE__TRB_NOWHERE;
	if (capacity - ring->heap_top >= bytes)
		return ring->heap_top;
	return ring->heap_tail >= bytes ? 0 : TARE__TRB_NOWHERE;
}

/* What is missing, as the code it becomes when it stays so; 0: nothing. */
static enum tare_trb_error missing(const struct tare__trb *trb, uint32_t number, const struct tare__trb_need *need)
{
	const struct tare__trb_ring *ring = &trb->rings[number];

	if (need->slot && alive_in(ring) + 1 >= trb->capacity.task_window)
		return TARE_TRB_FLOW_CONTROL_DEADLOCK;
	if (need->heap && heap_place(trb, ring, need->heap) == TARE__TRB_NOWHERE)
		return TARE_TRB_HEAP_RING_DEADLOCK;
	if (need->deps > trb->capacity.dep_pool - ring->dep_used)
		return TARE_TRB_DEP_POOL_OVERFLOW;
	if (need->map > trb->capacity.map_pool - trb->map.used)
		return TARE_TRB_TENSORMAP_OVERFLOW;
	return TARE_TRB_OK;
}

/* What no launch of this capacity could ever have room for. */
static enum tare_trb_error too_much(const struct tare__trb *trb, const struct tare__trb_need *need)
{
	if (need->heap > trb->capacity.heap)
		return TARE_TRB_HEAP_RING_DEADLOCK;
	if (need->deps > trb->capacity.dep_pool)
		return TARE_TRB_DEP_POOL_OVERFLOW;
	return need->map > trb->capacity.map_pool ? TARE_TRB_TENSORMAP_OVERFLOW : TARE_TRB_OK;
}

static void complain(struct tare__trb *trb, uint32_t number, const struct tare__trb_need *need, enum tare_trb_error code)
{
	const struct tare__trb_ring *ring = &trb->rings[number];

	switch (code) {
	case TARE_TRB_FLOW_CONTROL_DEADLOCK:
		tare__trb_fail(trb, code, "ring %u: %u tasks in a window of %u, all complete", number, alive_in(ring),
			trb->capacity.task_window);
		break;
	case TARE_TRB_HEAP_RING_DEADLOCK:
		tare__trb_fail(trb, code, "ring %u: %llu bytes of outputs, %llu of %llu in use", number,
			(unsigned long long)need->heap, (unsigned long long)ring->heap_used, (unsigned long long)trb->capacity.heap);
		break;
	case TARE_TRB_DEP_POOL_OVERFLOW:
		tare__trb_fail(trb, code, "ring %u: a task waits for %u others, %u of %u dependencies in use", number, need->deps,
			ring->dep_used, trb->capacity.dep_pool);
		break;
	default:
		tare__trb_fail(trb, code, "%u more views, %u of %u in use", need->map, trb->map.used, trb->capacity.map_pool);
	}
}

bool tare__trb_await(struct tare__trb *trb, uint64_t wanted)
{
	bool over = false;

	/* Against finish(): either it sees what we wait for, or we see that it has come. */
	__atomic_store_n(&trb->starved, wanted, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&trb->completed, __ATOMIC_SEQ_CST) < wanted && !tare__trb_failed(trb))
		over = trb->world.await(trb->world.cookie) != 0;
	__atomic_store_n(&trb->starved, 0u, __ATOMIC_RELAXED);
	return !over && !tare__trb_failed(trb);
}

bool tare__trb_room(struct tare__trb *trb, uint32_t number, const struct tare__trb_need *need)
{
	enum tare_trb_error code = too_much(trb, need);

	while (!code) {
		uint64_t seen = __atomic_load_n(&trb->completed, __ATOMIC_ACQUIRE);

		tare__trb_reclaim(trb, number);
		code = missing(trb, number, need);
		if (code == TARE_TRB_TENSORMAP_OVERFLOW) {
			for (uint32_t i = 0; i < TARE_TRB_RINGS; i++)
				tare__trb_reclaim(trb, i);
			code = missing(trb, number, need);
		}
		if (!code)
			return true;
		if (seen == trb->submitted)
			break;
		code = TARE_TRB_OK;
		if (tare__trb_await(trb, seen + 1))
			continue;
		tare__trb_fail_stalled(trb, TARE__TRB_NONE);
		return false;
	}
	complain(trb, number, need, code);
	return false;
}

uint64_t tare__trb_advance(struct tare__trb *trb, uint32_t number, uint64_t heap, uint32_t *place)
{
	struct tare__trb_ring *ring = &trb->rings[number];
	uint64_t at = heap ? heap_place(trb, ring, heap) : ring->heap_top;
	struct tare__trb_slot *slot;

	*place = ring->unused;
	if (*place == TARE__TRB_NONE)
		*place = number * trb->capacity.task_window + ring->fresh++;
	else
		ring->unused = trb->slots[*place].next_in_scope;
	ring->places[ring->next & (trb->capacity.task_window - 1)] = *place;
	slot = &trb->slots[*place];
	slot->id = tare__trb_id(number, ring->next++);
	slot->ring = (uint8_t)number;
	slot->heap_bytes = 0;
	if (heap) {
		if (at < ring->heap_top) { /* what lies behind the top stays unused until the tail comes there */
			ring->heap_wrap = ring->heap_top;
			ring->heap_used += trb->capacity.heap - ring->heap_top;
		}
		slot->heap_bytes = heap;
		slot->heap_end = at + heap;
		ring->heap_used += heap;
		ring->heap_top = slot->heap_end;
	}
	return ring->heap + at;
}
