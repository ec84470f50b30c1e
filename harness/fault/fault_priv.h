/* SPDX-License-Identifier: Apache-2.0 */
/* fault_priv - what is set, what is under way, and what is numbered */
#ifndef TARE_FAULT_PRIV_H
#define TARE_FAULT_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include <tare/fault.h>

#define TARE__RULES   8
#define TARE__WISHES  2
#define TARE__PENDING 16 /* calls that are inside the driver and will be judged when they come out */

/* One fault that is set: at the n-th call of an entry, or at a number. */
struct tare__aim {
	enum tare_call_id call; /* NONE: whichever has the number */
	uint32_t nth;
	uint32_t seen;          /* calls of that entry since it was set */
	bool from_then_on;
	bool latched;           /* from_then_on, and it has hit: each later call of `call` */
	enum tare_fault_kind kind;
	int code;               /* 0: the documented one at `which` */
	uint32_t which;
	uint64_t path;          /* 0: not compared */
	struct tare_fault_strike strike;
};

struct tare__pending {
	const struct tare_call *call; /* its identity while it is under way; NULL: free */
	struct tare__aim *aim;
	int code;
};

struct tare_fault {
	uint32_t magic;
	struct tare_tap tap;
	pthread_mutex_t lock;
	atomic_bool active; /* read without the lock, so that a tap that nobody uses costs nothing */
	atomic_uint fired;
	atomic_uint calls;  /* the last number that was given */
	bool numbered;      /* from the first watch, restart or wish on */
	bool machine;       /* the device is ours */
	unsigned rule_count, wish_count;
	struct tare__aim rules[TARE__RULES];
	struct tare__aim wishes[TARE__WISHES];
	struct tare__pending pending[TARE__PENDING];
	struct tare_fault_point *points; /* borrowed; NULL: nobody watches */
	uint32_t room;
	const struct tare_call *noted[TARE__PENDING]; /* watched and under way; whose they are: */
	uint32_t noted_as[TARE__PENDING];
	uint32_t place;
};

/* -- points.c; the lock is held -- */
unsigned tare__fault_kinds(const struct tare_fault *fault, const struct tare_call *call); /* that it can have here */
uint64_t tare__fault_path(const struct tare_fault *fault, struct tare_call *call);        /* never 0 */
void tare__fault_note(struct tare_fault *fault, struct tare_call *call, uint32_t number); /* where somebody watches */
void tare__fault_note_end(struct tare_fault *fault, const struct tare_call *call, bool stopped);

#endif
