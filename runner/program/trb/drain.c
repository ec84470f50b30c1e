/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drain - blocks that start together, although several threads serve the cores
 *
 * No thread touches another's cores: shares are dealt out, and each thread
 * starts its own.  Nobody waits in here; a thread that is told to hold back
 * waits as it always does, and its own cores or the one who deals wake it
 * (incidents D8 to D10).
 */
#include "core.h"

bool tare__trb_drain_raise(struct tare__trb *trb, uint32_t place)
{
	struct tare__trb_drain *drain = &trb->drain;
	uint32_t none = TARE__TRB_DRAIN_NONE;

	if (!__atomic_compare_exchange_n(&drain->phase, &none, TARE__TRB_DRAIN_DEAL, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return false;
	drain->place = place;
	drain->blocks = trb->slots[place].blocks;
	__atomic_store_n(&drain->shape, (uint32_t)trb->slots[place].resource, __ATOMIC_RELAXED);
	drain->paused = 0;
	__atomic_store_n(&drain->phase, (uint32_t)TARE__TRB_DRAIN_GATHER, __ATOMIC_RELEASE);
	return true;
}

bool tare__trb_drain_idle(const struct tare__trb *trb)
{
	return __atomic_load_n(&trb->drain.phase, __ATOMIC_ACQUIRE) == TARE__TRB_DRAIN_NONE;
}

uint32_t tare__trb_drain_shape(const struct tare__trb *trb)
{
	/* Who has taken its share may look long after: so it is kept here, and not in a slot that may have gone. */
	if (__atomic_load_n(&trb->drain.phase, __ATOMIC_ACQUIRE) != TARE__TRB_DRAIN_GATHER)
		return TARE__TRB_NONE;
	return __atomic_load_n(&trb->drain.shape, __ATOMIC_RELAXED);
}

static uint32_t sum_idle(const struct tare__trb_drain *drain)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < TARE_MAX_AICPU_THREADS; i++)
		if (drain->crews & 1u << i)
			sum += __atomic_load_n(&drain->idle[i], __ATOMIC_SEQ_CST);
	return sum;
}

static void deal(struct tare__trb *trb)
{
	struct tare__trb_drain *drain = &trb->drain;
	struct tare__trb_slot *slot = &trb->slots[drain->place];
	uint32_t next = 0;

	for (uint32_t i = 0; i < TARE_MAX_AICPU_THREADS; i++) {
		uint32_t idle = drain->crews & 1u << i ? __atomic_load_n(&drain->idle[i], __ATOMIC_SEQ_CST) : 0;

		drain->first[i] = next;
		drain->count[i] = drain->blocks - next < idle ? drain->blocks - next : idle;
		next += drain->count[i];
	}
	__atomic_store_n(&slot->next_block, slot->blocks, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->state, (uint32_t)TARE__TRB_RUNNING, __ATOMIC_RELAXED);
	__atomic_store_n(&drain->taking, drain->crews, __ATOMIC_RELAXED);
	__atomic_store_n(&drain->phase, (uint32_t)TARE__TRB_DRAIN_START, __ATOMIC_RELEASE);
}

static bool gather(struct tare__trb *trb, uint32_t thread, uint32_t idle)
{
	struct tare__trb_drain *drain = &trb->drain;
	uint32_t phase = TARE__TRB_DRAIN_GATHER;

	/* Of two threads that come at once, the later sees both. */
	__atomic_store_n(&drain->idle[thread], idle, __ATOMIC_SEQ_CST);
	if ((__atomic_or_fetch(&drain->paused, 1u << thread, __ATOMIC_SEQ_CST) & drain->crews) != drain->crews)
		return false;
	if (sum_idle(drain) < drain->blocks)
		return false;
	if (!__atomic_compare_exchange_n(&drain->phase, &phase, TARE__TRB_DRAIN_DEAL, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return false;
	deal(trb);
	return true;
}

enum tare__trb_drain_phase tare__trb_drain_step(struct tare__trb *trb, uint32_t thread, uint32_t idle, uint32_t *place,
	uint32_t *first, uint32_t *count, uint32_t *wake)
{
	struct tare__trb_drain *drain = &trb->drain;
	uint32_t phase = __atomic_load_n(&drain->phase, __ATOMIC_ACQUIRE);
	uint32_t mine = 1u << thread;

	*wake = 0;
	if (phase == TARE__TRB_DRAIN_NONE)
		return TARE__TRB_DRAIN_NONE;
	if (phase == TARE__TRB_DRAIN_DEAL)
		return TARE__TRB_DRAIN_GATHER;
	if (phase == TARE__TRB_DRAIN_GATHER) {
		if (!gather(trb, thread, idle))
			return TARE__TRB_DRAIN_GATHER;
		*wake = drain->crews & ~mine;
	}
	if (!(__atomic_load_n(&drain->taking, __ATOMIC_ACQUIRE) & mine))
		return TARE__TRB_DRAIN_NONE;
	*place = drain->place;
	*first = drain->first[thread];
	*count = drain->count[thread];
	if (!(__atomic_and_fetch(&drain->taking, ~mine, __ATOMIC_ACQ_REL) & drain->crews)) {
		__atomic_store_n(&drain->phase, (uint32_t)TARE__TRB_DRAIN_NONE, __ATOMIC_RELEASE);
		*wake |= drain->crews & ~mine; /* another task may be to be gathered for */
	}
	return TARE__TRB_DRAIN_START;
}
