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

struct tare_isolate {
	struct tare_board *board;
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
uint32_t tare__leftovers_end(const struct tare_isolate *isolate);

/* parent_wait.c: until the process is over, its group is gone and its output is read. */
void tare__child_wait(pid_t child, int output, const struct tare_errand *errand, struct tare_end *end);

/* child_enter.c */
_Noreturn void tare__child_main(const struct tare_errand *errand, struct tare_board *board, pid_t parent, int output,
	const char *directory);

/* child_crash.c */
int tare__crash_catch(struct tare_board *board);

#endif
