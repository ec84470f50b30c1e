/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew - the cores of one AICPU thread, as clusters: which part of a task goes where, and what a core is handed
 *
 * Cluster c of a launch on B blocks is AIC c with the AIVs 2c and 2c + 1:
 * workers c, B + 2c and B + 2c + 1 of the handshake.  It belongs to thread
 * c modulo the scheduling threads.  A core takes one task and, in its
 * register, one more; so each lane of a cluster is free, half (one runs, none
 * waits) or full.  What it is given waits until the core says that it has begun
 * it: the register holds one word, and a second one would take its place.  36
 * clusters fit a word: there is no number of clusters per thread that is too
 * large (incidents L11, D11).
 */
#ifndef TARE_TRB_CREW_H
#define TARE_TRB_CREW_H

#include "core.h"

#define TARE__TRB_LANES 3u /* AIC, AIV0, AIV1: the bits of a mask, the order of slot.kernels */

struct tare__trb_bench { /* a bit for each cluster */
	uint64_t own;
	uint64_t running[TARE__TRB_LANES];
	uint64_t waiting[TARE__TRB_LANES];
};

/* Where a block goes. */
struct tare__trb_seat {
	uint32_t cluster;
	uint32_t mask; /* lanes */
};

/* Clusters of thread `thread` of `threads`, all free. */
void tare__trb_bench_open(struct tare__trb_bench *bench, uint32_t clusters, uint32_t thread, uint32_t threads);

/* How many blocks of that shape could start at once; MIX: in whole clusters. */
uint32_t tare__trb_bench_idle(const struct tare__trb_bench *bench, uint32_t shape);

/* The same for single cores; with `half`, all that are not full. */
uint32_t tare__trb_bench_room(const struct tare__trb_bench *bench, uint32_t shape, bool half);

/* In how many clusters all lanes of the mask are free. */
uint32_t tare__trb_bench_fitting(const struct tare__trb_bench *bench, uint32_t mask);

/*
 * A seat for a block, in free lanes alone or, with `half`, behind what runs; false: there is none.  mask: of the task.
 * The lanes are taken: the block waits in them until each has begun it.
 */
bool tare__trb_bench_take(struct tare__trb_bench *bench, uint32_t shape, uint32_t mask, bool half,
	struct tare__trb_seat *seat);

/* The core of that lane has begun what waited, or ended what ran. */
void tare__trb_bench_began(struct tare__trb_bench *bench, uint32_t cluster, uint32_t lane);
void tare__trb_bench_ended(struct tare__trb_bench *bench, uint32_t cluster, uint32_t lane);

/* Everything that runs or waits has ended. */
bool tare__trb_bench_is_free(const struct tare__trb_bench *bench);

/* Worker of a lane, and back, in a launch of that many clusters. */
uint32_t tare__trb_worker(uint32_t clusters, uint32_t cluster, uint32_t lane);
void tare__trb_lane(uint32_t clusters, uint32_t worker, uint32_t *cluster, uint32_t *lane);

/* The next dispatch id of a core after `last`: never one of the register's own values, and of the other parity. */
uint32_t tare__trb_next_dispatch(uint32_t last);

/* What a core of that lane is to run of a task's block. */
void tare__trb_payload_write(const struct tare__trb *trb, uint32_t place, uint32_t block, uint32_t lane,
	struct tare_trb_payload *payload);

#endif
