/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope - what was submitted in it may go when it ends
 *
 * A scope's tasks are linked through their slots: none of them goes before the
 * scope ends, so there is no list that could be too small (incident D17).
 */
#include "core.h"

void tare__trb_scope_begin(struct tare__trb *trb, uint8_t mode)
{
	struct tare__trb_scope *scope;

	if (tare__trb_failed(trb))
		return;
	if (trb->depth == TARE_TRB_SCOPES) {
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "scopes are %u deep at most", TARE_TRB_SCOPES);
		return;
	}
	if (mode > TARE_TRB_SCOPE_MANUAL) {
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "a scope of mode %u", mode);
		return;
	}
	if (mode == TARE_TRB_SCOPE_AUTO && trb->depth && trb->scopes[trb->depth - 1].mode == TARE_TRB_SCOPE_MANUAL) {
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "an automatic scope inside a manual one");
		return;
	}
	scope = &trb->scopes[trb->depth];
	scope->first = TARE__TRB_NONE;
	scope->count = 0;
	scope->mode = mode;
	scope->ring = (uint8_t)(trb->depth < TARE_TRB_RINGS ? trb->depth : TARE_TRB_RINGS - 1);
	trb->depth++;
}

void tare__trb_scope_end(struct tare__trb *trb)
{
	uint32_t next;

	if (tare__trb_failed(trb))
		return;
	if (!trb->depth) {
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "a scope ends that has not begun");
		return;
	}
	trb->depth--;
	for (uint32_t place = trb->scopes[trb->depth].first; place != TARE__TRB_NONE; place = next) {
		next = trb->slots[place].next_in_scope;
		trb->slots[place].in_scope = false;
		tare__trb_release(trb, place);
	}
}

int32_t tare__trb_close(struct tare__trb *trb)
{
	while (trb->depth && !tare__trb_failed(trb))
		tare__trb_scope_end(trb);
	/* Against complete(): of the last completion and this, whoever comes later sees in over() that all is. */
	__atomic_store_n(&trb->closed, 1u, __ATOMIC_SEQ_CST);
	return trb->status->orch_error;
}
