/* SPDX-License-Identifier: Apache-2.0 */
/* test_toy - a launch of the core in host memory, whose tasks are run by nobody but a seed */
#ifndef TARE_TRB_TEST_TOY_H
#define TARE_TRB_TEST_TOY_H

#include "core.h"

#define TOY_OUT 64u /* subtasks that may be out at once */

struct toy;

struct toy_hooks { /* any may be NULL */
	void *cookie;
	void (*begin)(void *cookie, uint64_t task); /* with its first block */
	void (*end)(void *cookie, uint64_t task);   /* before its last subtask returns */
};

struct toy {
	struct tare_trb_capacity capacity;
	struct tare__trb *trb;
	struct tare_trb_status status;
	struct toy_hooks hooks;
	uint64_t kernels[TARE_FUNC_IDS];
	void *heap, *shared, *workspace;
	uint64_t random;
	uint64_t begun, steps;
	bool hangs;      /* what runs never returns */
	uint32_t clusters;
	uint32_t out_count;
	struct { uint32_t place, subtasks; uint64_t task; } out[TOY_OUT];
	char log[256];   /* the last line */
};

/* All memory is filled with `poison` first. */
void toy_open(struct toy *toy, const struct tare_trb_capacity *capacity, uint64_t seed, int poison);
void toy_reopen(struct toy *toy); /* the next launch in the same memory, as the last one left it */
void toy_close(struct toy *toy);

uint64_t toy_random(struct toy *toy, uint64_t below);
bool toy_step(struct toy *toy);     /* something begins or returns; false: nothing can */
int toy_finish(struct toy *toy);    /* the orchestration is through: runs until all is over; the launch's code */

/* For cases: tensors of `toy`'s external memory are at any address; nothing is read. */
struct tare_trb_outputs toy_submit(struct toy *toy, const struct tare_trb_arg *arg); /* one AIV */

#endif
