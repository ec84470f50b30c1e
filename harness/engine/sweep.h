/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sweep - every call of a case fails once, in each of its ways
 *
 * The child runs the case without faults and lists its calls; each call in
 * each of its ways to fail is a point, and for each point the whole case runs
 * once more.  What is known of the points lies on the board, so that a point
 * that kills its process costs that process and nothing else.
 */
#ifndef TARE_SWEEP_H
#define TARE_SWEEP_H

#include <stdatomic.h>

#include <tare/engine.h>
#include <tare/ledger.h>
#include <tare/text.h>

#include "board.h"

#define TARE__SWEEP_CALLS    2048
#define TARE__SWEEP_POINTS   12288
#define TARE__SWEEP_PLACES   160
#define TARE__SWEEP_FAILURES 48

/* -- what is looked at around an operation ------------------------------------ */

/* Behind the accounts: what the machine and the runner's dump say beside them. */
enum tare__looked {
	TARE__LOOK_MACHINE_BLOCKS = TARE_ACCOUNTS,
	TARE__LOOK_MACHINE_STREAMS,
	TARE__LOOK_MACHINE_PROGRAMS,
	TARE__LOOK_MACHINE_BINARIES,
	TARE__LOOK_MACHINE_FUNCTIONS,
	TARE__LOOK_MACHINE_REFERENCES,
	TARE__LOOK_STATE,
	TARE__LOOK_CALLABLES,
	TARE__LOOK_CONTENTS,
	TARE__LOOK_HOST_HANDLES,
	TARE__LOOK_CHILD_HANDLES,
	TARE__LOOK_BLOCKS,
	TARE__LOOK_IMAGE,
	TARE__LOOK_REFERENCES,
	TARE__LOOK_POISONED,
	TARE__LOOKED
};

struct tare__look {
	int64_t value[TARE__LOOKED];
	bool dead;           /* the machine's device is poisoned */
	uint64_t torn_down;  /* blocks that a device took with it, ever */
};

/* One operation of the run without faults: how it ended, and what stood afterwards, as differences to the run's start. */
struct tare__place {
	int32_t code;
	struct tare__look after;
};

/* -- on the board --------------------------------------------------------------- */

enum { TARE__CHOSEN = 1, TARE__BEGUN = 2, TARE__FIRED = 4, TARE__ROLLED = 8, TARE__RETRIED = 16, TARE__FRESH = 32,
	TARE__OVER = 64, TARE__BAD = 128 };

struct tare__sweep_point {
	struct tare_fault_wish wishes[2];
	uint8_t count;         /* of wishes */
	bool cold;             /* only the first run in a process makes the call */
	_Atomic uint32_t done;
	uint32_t call;         /* enum tare_call_id of the last wish */
	void *frames[4];       /* its callers */
};

#define TARE__NO_POINT UINT32_MAX

struct tare__sweep_failure {
	uint32_t point; /* TARE__NO_POINT: of none */
	uint32_t verdict;
	char type[48];
	char sentence[480];
	char stack[1500]; /* of a crash, or "" */
};

struct tare_sweep {
	uint32_t build;
	_Atomic uint32_t listed;  /* the runs without faults are over, and the points stand below */
	_Atomic uint32_t current; /* the point under way + 1, or 0 */
	bool replay;              /* one point, by its token */
	bool wants_fresh;         /* the current point is to be retried in a process of its own */
	char doing[128];          /* the operation under way */
	uint32_t processes, deaths;
	uint32_t paths, unstable;
	char strange[512];        /* the calls that were others, by name */
	uint32_t call_count, cold_count;
	uint32_t place_count[2];  /* warm, cold */
	int64_t cold_process[TARE_ACCOUNTS]; /* the accounts of the process after its first run */
	_Atomic uint32_t failure_count; /* may exceed the array */
	_Atomic uint32_t point_count;
	bool too_many;            /* points were left out for want of room */
	struct tare__sweep_failure failures[TARE__SWEEP_FAILURES];
	struct tare__place places[2][TARE__SWEEP_PLACES];
	struct tare_fault_point calls[TARE__SWEEP_CALLS];
	struct tare_fault_point cold_calls[TARE__SWEEP_CALLS];
	struct tare__sweep_point points[TARE__SWEEP_POINTS];
};

_Static_assert(sizeof(struct tare_sweep) <= TARE_BOARD_REST, "a sweep fits on the board");

struct tare_sweep *tare__sweep_of(struct tare_board *board);

/* Only heads are wiped: the arrays count for as much as their counts say. */
void tare__sweep_wipe(struct tare_sweep *sweep, const struct tare_run_options *options);

/* The point as its token. Returns text. */
const char *tare__sweep_token(const struct tare_sweep *sweep, uint32_t point, char text[TARE_FAULT_TOKEN]);

/* One more thing that is wrong; those beyond the array are only counted. NULL for those. */
struct tare__sweep_failure *tare__sweep_failed(struct tare_sweep *sweep, uint32_t point, uint32_t verdict, const char *type,
	const char *sentence);

/* -- sweep_points.c --------------------------------------------------------------- */

/* From the calls of two runs, and of the first in the process, to points; budget: at most so many are chosen, 0: all. */
void tare__points_list(struct tare_sweep *sweep, const struct tare_fault_point *again, uint32_t again_count, uint32_t budget);

/* The roll-back of a point: the calls between its firing and the end of its operation are pairs. */
void tare__points_add_pairs(struct tare_sweep *sweep, uint32_t point, const struct tare_fault_point *calls, uint32_t count,
	bool each_path_once);

/* The next that is chosen and not over, cold or warm; TARE__NO_POINT where there is none. */
uint32_t tare__points_next(const struct tare_sweep *sweep, bool cold);

struct tare_sweep_tally tare__points_tally(const struct tare_sweep *sweep);

/* -- sweep_token.c ----------------------------------------------------------------- */

/* What the tokens of this executable, and of that target, begin with. */
uint32_t tare__fault_build(const struct tare_target_file *target);

#endif
