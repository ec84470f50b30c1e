/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt - one operation of the runtime, asked for by a word of a case
 *
 * Each word that calls the ABI does so in an attempt.  In a plain run that
 * costs a branch.  In a sweep, the attempt is what a fault befalls and what is
 * judged: what came out, whether everything is back, and whether the same
 * operation works when it is made again.
 */
#ifndef TARE_ATTEMPT_H
#define TARE_ATTEMPT_H

#include "case.h"
#include "sweep.h"

enum tare__sweep_mode {
	TARE__PLAIN, /* nobody looks */
	TARE__WATCH, /* the run without faults: each operation's end is noted */
	TARE__FAULT, /* one of its calls fails */
};

/* The child's side of a sweep. */
struct tare_sweeper {
	struct tare_sweep *sweep;    /* on the board */
	enum tare__sweep_mode mode;
	uint32_t point;              /* under way, or TARE__NO_POINT */
	bool cold;                   /* this is the first run of the process */
	bool judged;                 /* the fault has struck, and was looked at */
	bool made_good;              /* what could not be taken was taken after all, when something else had gone back */
	bool again;                  /* the device died and was revived: the case begins again */
	uint32_t place;              /* operations so far in this run */
	struct tare__look start;     /* where differences are taken from */
	struct tare_fault_strike strikes[2];
	int64_t process[TARE_ACCOUNTS]; /* of the process, as it should be between two runs */
	struct tare_fault_point *scratch; /* calls of a run that is watched for its pairs */
	struct tare_tables below;    /* the tables under the taps */
};

/* Something is wrong with the point under way. */
void tare__sweep_wrong(struct tare_case *c, enum tare_verdict verdict, const char *type, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* -- sweep_look.c ------------------------------------------------------------------ */

/* All that is held here and now, as differences to the run's start. */
void tare__look_take(struct tare_case *c, struct tare__look *look);

/* How much more than wanted may be held: what the ledger's book has as refused; on the machine what nobody can know. */
struct tare__slack {
	int64_t value[TARE__LOOKED];
	bool machine;
};
void tare__slack_take(struct tare_case *c, struct tare__slack *slack);

/* The first that lies outside of [low, high + slack], as a sentence and an account's name; false: none. */
struct tare__difference {
	char sentence[200];
	char type[48]; /* "Leak.Sweep.DeviceBlocks" or "Fail.Sweep.State" */
};
bool tare__look_differs(const struct tare__look *look, const struct tare__look *low, const struct tare__look *high,
	const struct tare__slack *slack, struct tare__difference *difference);

/* -- sweep_recover.c ----------------------------------------------------------------- */

/* Whether a context or the machine says that the device is dead. */
bool tare__sweep_is_dead(struct tare_case *c);

/* The fault killed the device, or made the runtime give it up for dead, and no call brings it back: the process is over. */
#define TARE__DEADLY (TARE_FAULT_LATE | TARE_FAULT_HANG | TARE_FAULT_POISON)
bool tare__sweep_is_lost(struct tare_case *c);

/* Finalize, init and prepare again; ends the when, which begins again from its start. */
_Noreturn void tare__sweep_revive(struct tare_case *c);

/* A context of its own comes up, computes and goes. */
void tare__sweep_second_context(struct tare_case *c);

/* After the close: what the runtime was refused is given back past the taps, so that the next run starts from nothing. */
void tare__sweep_settle(struct tare_case *c);

/* -- sweep_run.c ---------------------------------------------------------------------- */

/* The child's main for a sweep. cookie is the plan. */
void tare__sweep_run(void *cookie, struct tare_board *board);

#endif
