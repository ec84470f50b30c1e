/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isolate - one process per case, one shared board
 *
 * A case may crash, hang, exit or leave processes behind; none of it may reach
 * the next case.  Each gets a process that leads a group of its own, with its
 * own directory, and an end: its own, or the deadline's.  Only this folder
 * forks, kills and waits.
 *
 * The caller has one thread.  While an isolation is open the process adopts
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
	uint64_t microseconds;
	char directory[TARE_DIRECTORY]; /* where it ran; gone unless it was to be kept */
	char output[TARE_OUTPUT_TAIL];  /* tail of what it printed */
};

struct tare_isolate;

int tare_isolate_open(struct tare_isolate **isolate);
void tare_isolate_close(struct tare_isolate **isolate);
struct tare_board *tare_isolate_board(struct tare_isolate *isolate); /* borrowed */

/* Clears the board, runs the errand in a process of its own, and returns when nothing of it is left. */
void tare_isolate_run(struct tare_isolate *isolate, const struct tare_errand *errand, struct tare_end *end);

/* The same in this process: its own directory as TMPDIR, but no deadline and no protection; for gdb and valgrind. */
void tare_isolate_here(struct tare_isolate *isolate, const struct tare_errand *errand, struct tare_end *end);

/* For sanity: starts a process that only waits for its end, and forgets it. Its id, or -1. */
int tare_isolate_stray(void);

/* "SIGSEGV"; for others "SIG33". Returns text. */
const char *tare_signal_name(int number, char text[16]);

#endif
