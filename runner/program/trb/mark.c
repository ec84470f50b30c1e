/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mark - whose orchestration is calling, when the call does not say
 *
 * The log functions of the table are told neither runtime nor port, and one
 * AICPU object serves several contexts.  But each orchestrator runs on a stack
 * of its own: it leaves a mark while it runs, and whoever calls from below the
 * mark, and from no further than a stack reaches, is it.  The one static of
 * the device programs; empty between launches.
 */
#include "core.h"

#define ROWS 16u
#define REACH 65536u /* bytes of a stack of the fabric */

static struct {
	uint64_t top; /* 0: free; 1: being written */
	struct tare__trb *trb;
} rows[ROWS];

uint32_t tare__trb_mark(struct tare__trb *trb)
{
	for (uint32_t i = 0; i < ROWS; i++) {
		uint64_t none = 0;

		if (!__atomic_compare_exchange_n(&rows[i].top, &none, 1u, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		__atomic_store_n(&rows[i].trb, trb, __ATOMIC_RELAXED);
		__atomic_store_n(&rows[i].top, (uint64_t)(uintptr_t)__builtin_frame_address(0), __ATOMIC_RELEASE);
		return i;
	}
	return TARE__TRB_NONE;
}

void tare__trb_unmark(uint32_t row)
{
	if (row < ROWS)
		__atomic_store_n(&rows[row].top, 0u, __ATOMIC_RELEASE);
}

struct tare__trb *tare__trb_marked(void)
{
	uint64_t here = (uint64_t)(uintptr_t)__builtin_frame_address(0);
	struct tare__trb *nearest = NULL;
	uint64_t reach = REACH;

	for (uint32_t i = 0; i < ROWS; i++) {
		uint64_t top = __atomic_load_n(&rows[i].top, __ATOMIC_ACQUIRE);

		if (top <= 1 || top - here >= reach)
			continue;
		nearest = __atomic_load_n(&rows[i].trb, __ATOMIC_RELAXED);
		reach = top - here;
	}
	return nearest;
}
