/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isolate - one process per case, one shared board
 *
 * A case may crash, hang, exit or leave processes behind; none of it may reach
 * the next case.  Each gets a process that leads a group of its own, with its
 * own directory, and an end: its own, or the deadline's.  Only this folder
 * forks, kills and waits.
 *
 * Several errands may run at once, each on a board of its own that no other
 * of them can reach.  The caller has one thread.  While an isolation is open the process adopts
 * the orphans of its cases, so that none of them can be left behind unseen.
 */
#ifndef TARE_ISOLATE_H
#define TARE_ISOLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"

#define TARE_OUTPUT_TAIL 4096
#define TARE_DIRECTORY   256

struct tare_errand {
	void (*run)(void *cookie, struct tare_board *board); /* in the child; sets the board's state to finished itself */
	void *cookie;
	uint32_t deadline_ms;
	uint32_t grace_ms;       /* between SIGTERM and SIGKILL */
	bool steps;              /* the deadline is one step's: it begins anew whenever the board's progress moves */
	bool keep;               /* the directory stays */
	bool (*interrupted)(void *cookie); /* asked while waiting; may be NULL */
	void *interrupted_cookie;
};

enum tare_ending {
	TARE_ENDED,             /* by itself, and it had finished */
	TARE_ENDED_UNFINISHED,  /* it left with a status before it had finished */
	TARE_ENDED_BY_SIGNAL,
	TARE_ENDED_BY_DEADLINE,
	TARE_ENDED_INTERRUPTED,
	TARE_NOT_STARTED,       /* the host refused a process, a pipe or a directory */
};

struct tare_end {
	enum tare_ending ending;
	int status;                     /* of exit; NOT_STARTED: errno */
	int signal;                     /* that ended it */
	uint32_t leftovers;             /* processes that were still there after it and had to be ended */
	long process;                   /* its id; 0: there was none */
	uint64_t microseconds;
	char directory[TARE_DIRECTORY]; /* where it ran; gone unless it was to be kept */
	char output[TARE_OUTPUT_TAIL];  /* tail of what it printed */
};

struct tare_isolate;

/* Room for so many errands at once, from 1 to TARE_ISOLATE_SLOTS. */
#define TARE_ISOLATE_SLOTS 64
int tare_isolate_open(struct tare_isolate **isolate, unsigned slots);
void tare_isolate_close(struct tare_isolate **isolate);
struct tare_board *tare_isolate_board(struct tare_isolate *isolate, unsigned slot); /* borrowed */

/*
 * Clears the slot's board and starts the errand in a process of its own.  The
 * slot is free; errand and end are borrowed until tare_isolate_wait names it.
 */
void tare_isolate_start(struct tare_isolate *isolate, unsigned slot, const struct tare_errand *errand,
	struct tare_end *end);

/* Waits until one of those that were started is over and nothing of it is left; returns its slot, which is free again. */
unsigned tare_isolate_wait(struct tare_isolate *isolate);

/* Both in one, on slot 0. */
void tare_isolate_run(struct tare_isolate *isolate, const struct tare_errand *errand, struct tare_end *end);

/* The same in this process: its own directory as TMPDIR, but no deadline and no protection; for gdb and valgrind. */
void tare_isolate_here(struct tare_isolate *isolate, const struct tare_errand *errand, struct tare_end *end);

/* For sanity: starts a process that only waits for its end, and forgets it. Its id, or -1. */
int tare_isolate_stray(void);

/*
 * In a case: runs one process for each board, all at once, and returns when all
 * are over; how many there were.  statuses: of exit, or 128 + signal.  They
 * belong to the case's group and end with it.
 */
#define TARE_CROWD 16
unsigned tare_isolate_crowd(struct tare_board **boards, unsigned count,
	void (*run)(void *cookie, struct tare_board *board), void *cookie, int *statuses);

/* In the child: leaves its address space on the board, for objects that the parent has not loaded. */
void tare_isolate_note_maps(struct tare_board *board);

/* "SIGSEGV"; for others "SIG33". Returns text. */
const char *tare_signal_name(int number, char text[16]);

#endif
