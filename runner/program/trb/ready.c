/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ready - lists of tasks that may run, one per shape
 *
 * Linked through the slots: a list cannot be full (L20), needs no memory and no
 * clearing.  The head counts its changes, so an exchange against a head that
 * went and came back fails.
 */
#include "core.h"

uint32_t tare__trb_put(struct tare__trb *trb, uint32_t place)
{
	struct tare__trb_slot *slot = &trb->slots[place];
	struct tare__trb_ready *list = &trb->ready[slot->shape];
	uint64_t head = __atomic_load_n(&list->head, __ATOMIC_RELAXED);
	uint32_t hungry;

	do {
		__atomic_store_n(&slot->next_ready, (uint32_t)head, __ATOMIC_RELAXED);
	} while (!__atomic_compare_exchange_n(&list->head, &head, ((head >> 32) + 1) << 32 | place, true, __ATOMIC_SEQ_CST,
		__ATOMIC_RELAXED));
	/* Against ask(): either it sees the task, or we see that it is hungry. */
	hungry = __atomic_load_n(&list->hungry, __ATOMIC_SEQ_CST);
	while (hungry) {
		uint32_t one = hungry & (0 - hungry);

		if (__atomic_fetch_and(&list->hungry, ~one, __ATOMIC_SEQ_CST) & one)
			return one;
		hungry &= ~one;
	}
	return 0;
}

uint32_t tare__trb_take(struct tare__trb *trb, uint32_t shape)
{
	uint64_t *list = &trb->ready[shape].head;
	uint64_t head = __atomic_load_n(list, __ATOMIC_ACQUIRE);

	for (;;) {
		uint32_t place = (uint32_t)head;
		uint32_t next;

		if (place == TARE__TRB_NONE)
			return TARE__TRB_NONE;
		next = __atomic_load_n(&trb->slots[place].next_ready, __ATOMIC_RELAXED);
		if (__atomic_compare_exchange_n(list, &head, ((head >> 32) + 1) << 32 | next, true, __ATOMIC_ACQ_REL,
		    __ATOMIC_ACQUIRE))
			return place;
	}
}

bool tare__trb_ask(struct tare__trb *trb, uint32_t shape, uint32_t thread)
{
	struct tare__trb_ready *list = &trb->ready[shape];

	__atomic_fetch_or(&list->hungry, 1u << thread, __ATOMIC_SEQ_CST);
	return (uint32_t)__atomic_load_n(&list->head, __ATOMIC_SEQ_CST) != TARE__TRB_NONE;
}

uint32_t tare__trb_claim(struct tare__trb *trb, uint32_t place, uint32_t most, uint32_t *first, uint32_t *wake)
{
	struct tare__trb_slot *slot = &trb->slots[place];
	uint32_t from = __atomic_load_n(&slot->next_block, __ATOMIC_RELAXED);
	uint32_t count = slot->blocks - from < most ? slot->blocks - from : most;

	*first = from;
	*wake = 0;
	__atomic_store_n(&slot->next_block, from + count, __ATOMIC_RELAXED);
	if (count)
		__atomic_store_n(&slot->state, (uint32_t)TARE__TRB_RUNNING, __ATOMIC_RELAXED);
	if (from + count < slot->blocks)
		*wake = tare__trb_put(trb, place);
	return count;
}
