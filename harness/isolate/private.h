/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of isolate share among themselves.
 */
#ifndef TARE_ISOLATE_PRIVATE_H
#define TARE_ISOLATE_PRIVATE_H

#include <signal.h>
#include <sys/types.h>

#include "isolate.h"

#define TARE__OWN_CHILDREN 64

enum tare__phase { TARE__WAITING, TARE__ASKED, TARE__FORCED };

/* One errand on its way; child 0: its process could not be started. */
struct tare__slot {
	struct tare_board *board;
	const struct tare_errand *errand; /* NULL: the slot is free */
	struct tare_end *end;
	pid_t child;
	int output;  /* -1: closed by everybody */
	int pipe;    /* ours to close; -1: none */
	size_t kept; /* bytes in end->output */
	enum tare__phase phase;
	uint64_t due;   /* of the next step against the child */
	uint64_t progress; /* of the board, when it was last looked at */
	uint64_t start;
};

struct tare_isolate {
	struct tare__slot slots[TARE_ISOLATE_SLOTS];
	unsigned slot_count;
	int adopted_before; /* whether this process was a reaper of orphans already */
	pid_t own[TARE__OWN_CHILDREN]; /* children that were here first and are nobody's business */
	size_t own_count;
	struct sigaction action_before; /* of SIGCHLD */
	sigset_t mask_before;
};

/* parent_directory.c: 0 or errno. */
int tare__directory_make(char path[TARE_DIRECTORY]);
void tare__directory_remove(const char *path);

/* parent_leftovers.c: this process' children; at most `room`, returns how many were stored. */
size_t tare__children_list(pid_t *list, size_t room);

/* Ends what is left of errands that are over; what belongs to one that still runs is its own. */
uint32_t tare__leftovers_end(const struct tare_isolate *isolate);

/* parent_wait.c: until one of the errands' processes is over and its output is read. Returns its slot. */
struct tare__slot *tare__slots_wait(struct tare_isolate *isolate);

/* child_enter.c */
_Noreturn void tare__child_main(const struct tare_errand *errand, struct tare_board *board, pid_t parent, int output,
	const char *directory);

/* child_crash.c */
int tare__crash_catch(struct tare_board *board);

#endif
