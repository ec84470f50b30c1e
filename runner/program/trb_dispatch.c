/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_dispatch - ready tasks onto the clusters of one thread
 *
 * Idle cores come first, everywhere: a block is put behind another one only when
 * no other thread waits with a core to spare.  MIX goes to idle cores alone: its
 * lanes may wait for each other, and one that began early would count as hung.
 * While a MIX task is ready and finds no cluster, single blocks hold back, or it
 * would wait for ever.
 */
#include "trb_crew.h"

static const uint32_t shapes[] = { TARE__TRB_AIC, TARE__TRB_AIV, TARE__TRB_MIX, TARE__TRB_SYNC };

static void start(struct tare__trb_crew *crew, uint32_t place, uint32_t lane, uint32_t cluster, uint32_t block)
{
	uint32_t core = tare__trb_worker(crew->blocks, cluster, lane);
	struct tare__trb_desk *desk = &crew->hall->desks[core];
	struct tare__seat *seat = &crew->hall->seats[core];
	uint32_t id = tare__trb_next_dispatch(desk->issued);
	struct tare_trb_payload *payload = &crew->hall->payloads[core][id & 1];

	tare__trb_payload_write(crew->trb, place, block, lane, payload);
	payload->local.conditions = (uintptr_t)crew->hall->slabs[core][id & 1];
	desk->issued = id;
	desk->places[id & 1] = place;
	seat->pending = id;
	crew->ops->store(crew->port, seat->registers + tare__program_arch.data_main_base, id);
}

/* A block that is claimed onto a seat that is free. */
static void start_block(struct tare__trb_crew *crew, uint32_t place, uint32_t block, bool half)
{
	const struct tare__trb_slot *slot = &crew->trb->slots[place];
	struct tare__trb_seat seat;

	if (!tare__trb_bench_take(&crew->bench, slot->resource, slot->mask, half, &seat))
		return;
	for (uint32_t lane = 0; lane < TARE__TRB_LANES; lane++)
		if (seat.mask & 1u << lane)
			start(crew, place, lane, seat.cluster, block);
}

static bool is_listed(const struct tare__trb *trb, uint32_t shape)
{
	return (uint32_t)__atomic_load_n(&trb->ready[shape].head, __ATOMIC_RELAXED) != TARE__TRB_NONE;
}

/* Blocks of AIC or AIV onto free cores, or behind those that run; whether another thread was told of what is left. */
static bool hand_out(struct tare__trb_crew *crew, uint32_t shape, bool half)
{
	uint32_t woken = 0, room;

	while (is_listed(crew->trb, shape) && (room = tare__trb_bench_room(&crew->bench, shape, half))) {
		uint32_t place = tare__trb_take(crew->trb, shape);
		uint32_t first, count, wake;

		if (place == TARE__TRB_NONE)
			break;
		count = tare__trb_claim(crew->trb, place, room, &first, &wake);
		tare__trb_ring(crew, wake);
		woken |= wake;
		for (uint32_t i = 0; i < count; i++)
			start_block(crew, place, first + i, half);
	}
	return woken != 0;
}

static void dispatch_single(struct tare__trb_crew *crew, uint32_t shape)
{
	const uint32_t *hungry = &crew->trb->ready[shape].hungry;

	if (hand_out(crew, shape, false) || __atomic_load_n(hungry, __ATOMIC_RELAXED) & ~(1u << crew->me))
		return;
	hand_out(crew, shape, true);
}

/* true: one is left that found no cluster. */
static bool dispatch_mix(struct tare__trb_crew *crew)
{
	while (is_listed(crew->trb, TARE__TRB_MIX)) {
		uint32_t place = tare__trb_take(crew->trb, TARE__TRB_MIX);
		uint32_t room, first, count, wake;

		if (place == TARE__TRB_NONE)
			return false;
		room = tare__trb_bench_fitting(&crew->bench, crew->trb->slots[place].mask);
		if (!room) {
			tare__trb_ring(crew, tare__trb_put(crew->trb, place));
			return true;
		}
		count = tare__trb_claim(crew->trb, place, room, &first, &wake);
		tare__trb_ring(crew, wake);
		for (uint32_t i = 0; i < count; i++)
			start_block(crew, place, first + i, false);
	}
	return false;
}

/* The task's own seats: what was said to be idle has stayed so. */
static void start_together(struct tare__trb_crew *crew, uint32_t place, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		start_block(crew, place, first + i, false);
}

/* true: cores are being gathered, and nothing may be dispatched. */
static bool gather(struct tare__trb_crew *crew)
{
	struct tare__trb *trb = crew->trb;

	if (tare__trb_drain_idle(trb) && is_listed(trb, TARE__TRB_SYNC)) {
		uint32_t place = tare__trb_take(trb, TARE__TRB_SYNC);

		if (place != TARE__TRB_NONE)
			tare__trb_ring(crew, tare__trb_drain_raise(trb, place) ? trb->drain.crews : tare__trb_put(trb, place));
	}
	while (!tare__trb_drain_idle(trb)) {
		uint32_t shape = tare__trb_drain_shape(trb);
		uint32_t idle = shape == TARE__TRB_NONE ? 0 : tare__trb_bench_idle(&crew->bench, shape);
		uint32_t place, first, count, wake;
		enum tare__trb_drain_phase phase = tare__trb_drain_step(trb, crew->me, idle, &place, &first, &count, &wake);

		if (phase == TARE__TRB_DRAIN_START)
			start_together(crew, place, first, count);
		tare__trb_ring(crew, wake);
		if (phase != TARE__TRB_DRAIN_START)
			return phase == TARE__TRB_DRAIN_GATHER;
	}
	return false;
}

/* What is put from here on wakes others. */
static void withdraw(struct tare__trb_crew *crew)
{
	for (uint32_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		if (crew->asked & 1u << shapes[i])
			__atomic_fetch_and(&crew->trb->ready[shapes[i]].hungry, ~(1u << crew->me), __ATOMIC_SEQ_CST);
	crew->asked = 0;
}

void tare__trb_dispatch(struct tare__trb_crew *crew)
{
	crew->holds = false;
	crew->gathers = false;
	withdraw(crew);
	if (tare__trb_failed(crew->trb) || !crew->bench.own)
		return;
	crew->gathers = gather(crew);
	if (crew->gathers)
		return;
	crew->holds = dispatch_mix(crew);
	if (crew->holds)
		return;
	dispatch_single(crew, TARE__TRB_AIC);
	dispatch_single(crew, TARE__TRB_AIV);
}

static bool ask(struct tare__trb_crew *crew, uint32_t shape)
{
	crew->asked |= 1u << shape;
	return tare__trb_ask(crew->trb, shape, crew->me);
}

bool tare__trb_offer(struct tare__trb_crew *crew)
{
	if (crew->alone || crew->gathers || !crew->bench.own)
		return false;
	if (tare__trb_bench_idle(&crew->bench, TARE__TRB_MIX) && ask(crew, TARE__TRB_MIX))
		return true;
	if (!crew->holds && tare__trb_bench_idle(&crew->bench, TARE__TRB_AIC) && ask(crew, TARE__TRB_AIC))
		return true;
	if (!crew->holds && tare__trb_bench_idle(&crew->bench, TARE__TRB_AIV) && ask(crew, TARE__TRB_AIV))
		return true;
	return tare__trb_drain_idle(crew->trb) && ask(crew, TARE__TRB_SYNC);
}
