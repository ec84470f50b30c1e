/* SPDX-License-Identifier: Apache-2.0 */
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <tare/clock.h>
#include <tare/status.h>

#include "private.h"

static void ignore(int number)
{
	(void)number;
}

static void hear_of_children(struct tare_isolate *isolate)
{
	/* With the default disposition the signal would not end a ppoll. */
	struct sigaction action = { .sa_handler = ignore, .sa_flags = SA_NOCLDSTOP };
	sigset_t children;

	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, &isolate->mask_before);
	sigaction(SIGCHLD, &action, &isolate->action_before);
}

int tare_isolate_open(struct tare_isolate **isolate)
{
	struct tare_isolate *one = calloc(1, sizeof *one);

	if (!one)
		return TARE_E_MEMORY;
	one->board = tare_board_create();
	if (!one->board) {
		free(one);
		return TARE_E_MEMORY;
	}
	prctl(PR_GET_CHILD_SUBREAPER, &one->adopted_before);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	one->own_count = tare__children_list(one->own, TARE__OWN_CHILDREN);
	hear_of_children(one);
	*isolate = one;
	return TARE_OK;
}

void tare_isolate_close(struct tare_isolate **isolate)
{
	if (!*isolate)
		return;
	sigaction(SIGCHLD, &(*isolate)->action_before, NULL);
	sigprocmask(SIG_SETMASK, &(*isolate)->mask_before, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, (*isolate)->adopted_before);
	tare_board_destroy(&(*isolate)->board);
	free(*isolate);
	*isolate = NULL;
}

struct tare_board *tare_isolate_board(struct tare_isolate *isolate)
{
	return isolate->board;
}

static void not_started(struct tare_end *end, int error)
{
	end->ending = TARE_NOT_STARTED;
	end->status = error;
}

static void run_child(struct tare_isolate *isolate, const struct tare_errand *errand, const int pipes[2],
	struct tare_end *end)
{
	pid_t parent = getpid();

	fflush(NULL); /* or the child could write it a second time */
	pid_t child = fork();
	if (child == 0)
		tare__child_main(errand, isolate->board, parent, pipes[1], end->directory);
	close(pipes[1]);
	if (child < 0) {
		not_started(end, errno);
		return;
	}
	setpgid(child, child); /* both do it: whoever is first, the group exists before it can be signalled */
	tare__child_wait(child, pipes[0], errand, end);
	end->leftovers = tare__leftovers_end(isolate);
	if (end->ending == TARE_ENDED_UNFINISHED && end->status == 0 &&
	    atomic_load(&isolate->board->state) == TARE_BOARD_FINISHED)
		end->ending = TARE_ENDED;
}

void tare_isolate_run(struct tare_isolate *isolate, const struct tare_errand *errand, struct tare_end *end)
{
	uint64_t start = tare_clock_ns();
	int pipes[2];

	*end = (struct tare_end){ .ending = TARE_NOT_STARTED };
	tare_board_clear(isolate->board);
	int error = tare__directory_make(end->directory);
	if (error) {
		not_started(end, error);
		return;
	}
	if (pipe2(pipes, O_CLOEXEC) == 0) {
		/* Only our end: the child's prints may wait. */
		fcntl(pipes[0], F_SETFL, O_NONBLOCK);
		run_child(isolate, errand, pipes, end);
		close(pipes[0]);
	} else {
		not_started(end, errno);
	}
	if (!errand->keep)
		tare__directory_remove(end->directory);
	end->microseconds = (tare_clock_ns() - start) / 1000u;
}

void tare_isolate_here(struct tare_isolate *isolate, const struct tare_errand *errand, struct tare_end *end)
{
	uint64_t start = tare_clock_ns();
	char before[TARE_DIRECTORY];
	const char *old = getenv("TMPDIR");

	*end = (struct tare_end){ .ending = TARE_NOT_STARTED };
	tare_board_clear(isolate->board);
	snprintf(before, sizeof before, "%s", old ? old : "");
	int error = tare__directory_make(end->directory);
	if (error) {
		not_started(end, error);
		return;
	}
	setenv("TMPDIR", end->directory, 1);
	atomic_store(&isolate->board->state, TARE_BOARD_RUNNING);
	errand->run(errand->cookie, isolate->board);
	end->ending = atomic_load(&isolate->board->state) == TARE_BOARD_FINISHED ? TARE_ENDED : TARE_ENDED_UNFINISHED;
	if (*before)
		setenv("TMPDIR", before, 1);
	else
		unsetenv("TMPDIR");
	end->leftovers = tare__leftovers_end(isolate);
	if (!errand->keep)
		tare__directory_remove(end->directory);
	end->microseconds = (tare_clock_ns() - start) / 1000u;
}

const char *tare_signal_name(int number, char text[16])
{
	const char *name = sigabbrev_np(number);

	if (name)
		snprintf(text, 16, "SIG%s", name);
	else
		snprintf(text, 16, "SIG%d", number);
	return text;
}
