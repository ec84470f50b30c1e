/* SPDX-License-Identifier: Apache-2.0 */
/*
 * async - subtasks whose kernel has returned, and whose conditions are not true yet
 *
 * A kernel that leaves work to somebody else registers what will be true when
 * that is done: words in tensors of its own task, and what each is to reach
 * (facts/runtime.md 6.10).  Its core is free at once; the subtask counts as
 * returned when all of them are.
 *
 * What is registered belongs to the thread that heard the core.  Nobody polls in
 * a loop: a thread looks at its conditions in each of its turns, and who hears
 * any kernel end gives all threads that hold some a turn, because only a kernel,
 * or the orchestrator, can have made one true.
 */
#ifndef TARE_TRB_ASYNC_H
#define TARE_TRB_ASYNC_H

#include "core.h"

struct tare__trb_shelf { /* of one thread; says nothing beyond the counts */
	struct tare__trb_pending {
		uint64_t address;
		uint32_t wanted;
		uint32_t hold;
	} pending[TARE_TRB_PENDING];
	struct tare__trb_hold {
		uint32_t place;
		uint32_t left; /* conditions; 0: the row is free */
	} holds[TARE_TRB_HOLDS];
};

struct tare__trb_async {
	struct tare__trb_shelf *shelf;
	uint32_t thread;
	uint32_t pending; /* conditions */
	uint32_t holds;   /* rows of the shelf that were ever used */
};

/*
 * Keeps what a kernel of the task at `place` left behind; where that can't be, the launch has failed (101 to 103).
 * Either way the subtask has not returned yet.  slab: where the conditions must lie.
 */
void tare__trb_async_hold(struct tare__trb *trb, struct tare__trb_async *async, uint32_t place,
	const struct tare_trb_local *local, uint64_t slab);

/* The subtasks whose conditions are all true return now: the threads to wake; *orchestrator: it as well. */
uint32_t tare__trb_async_look(struct tare__trb *trb, struct tare__trb_async *async, bool *orchestrator);

/* Threads that hold conditions, a bit each. */
static inline uint32_t tare__trb_async_threads(const struct tare__trb *trb)
{
	return __atomic_load_n(&trb->async_threads, __ATOMIC_SEQ_CST);
}

#endif
