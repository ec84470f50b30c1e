/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_crew - one AICPU thread of tensormap_and_ringbuffer, with its port and its cores
 *
 * Which block goes to which cluster is trb/crew.h.  What the threads share
 * beside the core lies in the hall, behind the core's pools; no launch relies on
 * what an earlier one left there.
 */
#ifndef TARE_PROGRAM_TRB_CREW_H
#define TARE_PROGRAM_TRB_CREW_H

#include "hands.h"
#include "trb/async.h"
#include "trb/crew.h"

/* What a core's thread keeps of it beside its seat. */
struct tare__trb_desk {
	uint32_t issued;    /* the last dispatch id */
	uint32_t places[2]; /* of the tasks, by parity of the id */
};

struct tare__trb_hall {
	struct tare_trb_payload payloads[TARE_MAX_CORES][2]; /* by parity of the dispatch id */
	struct tare__seat seats[TARE_MAX_CORES];
	struct tare__trb_desk desks[TARE_MAX_CORES];
	struct tare_trb_condition slabs[TARE_MAX_CORES][2][TARE_TRB_CONDITIONS]; /* of each payload */
	struct tare__trb_shelf shelves[TARE_MAX_AICPU_THREADS];
	uint64_t began;          /* device clock */
	uint32_t left;           /* threads */
	uint32_t ended;          /* somebody has told the others that all is over */
	uint32_t broken;         /* the launch was broken off: some thread was told that nothing can run */
};

static_assert(sizeof(struct tare__trb_hall) <= TARE_TRB_CREW_BYTES, "the hall has its room");
static_assert(TARE_MAX_CORES / TARE__TRB_LANES <= 64, "a cluster is a bit of a word");

enum tare__trb_phase { /* of tare_trb_status.phase: thread 0 moves it on */
	TARE__TRB_PHASE_BEGUN,  /* as the host writes it */
	TARE__TRB_PHASE_OPEN,   /* the core is in order: tasks may be submitted */
	TARE__TRB_PHASE_SEATED, /* the cores have reported in: tasks may be dispatched */
	TARE__TRB_PHASE_REFUSED /* a core was refused, or never answered */
};

/* One thread's view of a launch; on its stack. */
struct tare__trb_crew {
	struct tare_device_port *port;
	const struct tare_core_ops *ops;
	struct tare_trb_image *image;
	const void *args;
	struct tare__trb *trb;
	struct tare__trb_hall *hall;
	uint32_t me;
	uint32_t blocks;       /* clusters of the launch */
	uint32_t schedulers;
	uint32_t orchestrator; /* the thread that is */
	bool alone;            /* there is one thread, and it does both */
	uint32_t asked;        /* shapes for which this thread has said that it has cores to spare */
	bool broken;           /* the orchestrator was told that nothing can run */
	bool holds;            /* single blocks, for a MIX task that found no cluster */
	bool gathers;          /* blocks that start together: nothing may be dispatched */
	uint32_t wake;         /* threads to be rung, a bit each */
	uint64_t cores[TARE__WORDS]; /* that it has to send away, a bit each */
	struct tare__trb_bench bench;
	struct tare__trb_async async;
};

static inline struct tare__hands tare__trb_hands(const struct tare__trb_crew *crew)
{
	return (struct tare__hands){ .port = crew->port, .args = crew->args, .workers = crew->image->workers,
		.seats = crew->hall->seats, .count = crew->image->worker_count,
		.error_worker = &crew->image->status.error_worker };
}

/* trb_aicpu.c: a launch of this runtime, from the AICPU entries. */
int tare__trb_exec(struct tare_device_port *port, const void *args, struct tare_trb_image *image);

/* Rings threads, a bit each; this one is awake. */
void tare__trb_ring(const struct tare__trb_crew *crew, uint32_t threads);

/* When all is over: the first who sees it tells the others. */
bool tare__trb_proclaim(const struct tare__trb_crew *crew);

/* trb_boot.c: thread 0. 0 or a tare_status, and then the launch has failed. */
int tare__trb_boot(struct tare__trb_crew *crew);
void tare__trb_take_seats(struct tare__trb_crew *crew);

/* trb_dispatch.c */
void tare__trb_dispatch(struct tare__trb_crew *crew);
bool tare__trb_offer(struct tare__trb_crew *crew); /* asks for work before a wait; true: there is some already */

/* When the launch was broken off because nothing could run: what there is to say. */
void tare__trb_stalled(const struct tare__trb_crew *crew);

/* trb_serve.c: one turn at its cores; until all is over; the cores sent away. 0 or TARE_E_STALL. */
void tare__trb_turn(struct tare__trb_crew *crew);
int tare__trb_serve(struct tare__trb_crew *crew);
int tare__trb_dismiss(struct tare__trb_crew *crew);

/* trb_words.c: the error of a launch that was broken off, on the device's log. The others have left. */
void tare__trb_last_words(const struct tare__trb_crew *crew);

/* trb_orchestrate.c: opens the orchestration's object where it is not, and calls it. */
int tare__trb_orchestrate(struct tare__trb_crew *crew);

/* trb_object.c: the image's row of the object table. 0 or a tare_status. */
int tare__trb_object_get(struct tare_device_port *port, struct tare_trb_image *image, struct tare_trb_object *known);
int tare__trb_object_drop(struct tare_device_port *port, struct tare_trb_object *row);

#endif
