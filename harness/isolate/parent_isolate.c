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
#include <tare/object.h>
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

static void destroy_boards(struct tare_isolate *isolate)
{
	for (unsigned i = 0; i < isolate->slot_count; i++)
		tare_board_destroy(&isolate->slots[i].board);
}

static void forget_others(struct tare_isolate *isolate, const struct tare__slot *but)
{
	for (unsigned i = 0; i < isolate->slot_count; i++)
		if (&isolate->slots[i] != but)
			tare_board_forget(&isolate->slots[i].board);
}

int tare_isolate_open(struct tare_isolate **isolate, unsigned slots)
{
	struct tare_isolate *one = calloc(1, sizeof *one);

	if (!one)
		return TARE_E_MEMORY;
	for (unsigned i = 0; i < slots && i < TARE_ISOLATE_SLOTS; i++) {
		one->slots[i].board = tare_board_create();
		one->slot_count = i + 1;
		if (!one->slots[i].board) {
			destroy_boards(one);
			free(one);
			return TARE_E_MEMORY;
		}
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
	destroy_boards(*isolate);
	free(*isolate);
	*isolate = NULL;
}

struct tare_board *tare_isolate_board(struct tare_isolate *isolate, unsigned slot)
{
	return isolate->slots[slot].board;
}

static void not_started(struct tare_end *end, int error)
{
	end->ending = TARE_NOT_STARTED;
	end->status = error;
}

static void start_child(struct tare_isolate *isolate, struct tare__slot *slot, const int pipes[2])
{
	const struct tare_errand *errand = slot->errand;
	pid_t parent = getpid();

	fflush(NULL); /* or the child could write it a second time */
	pid_t child = fork();
	if (child == 0) {
		forget_others(isolate, slot); /* a case that runs wild reaches no other's */
		tare__child_main(errand, slot->board, parent, pipes[1], slot->end->directory);
	}
	close(pipes[1]);
	if (child < 0) {
		not_started(slot->end, errno);
		return;
	}
	setpgid(child, child); /* both do it: whoever is first, the group exists before it can be signalled */
	slot->child = child;
	slot->end->process = child;
	slot->due = tare_clock_ns() + (uint64_t)errand->deadline_ms * 1000000u;
}

void tare_isolate_start(struct tare_isolate *isolate, unsigned number, const struct tare_errand *errand,
	struct tare_end *end)
{
	struct tare__slot *slot = &isolate->slots[number];
	int pipes[2];

	tare_must(number < isolate->slot_count && !slot->errand);
	*slot = (struct tare__slot){ .board = slot->board, .errand = errand, .end = end, .output = -1, .pipe = -1,
		.start = tare_clock_ns() };
	*end = (struct tare_end){ .ending = TARE_NOT_STARTED };
	tare_board_clear(slot->board);
	int error = tare__directory_make(end->directory);
	if (error) {
		end->directory[0] = '\0'; /* nothing there is ours to remove */
		not_started(end, error);
		return;
	}
	if (pipe2(pipes, O_CLOEXEC) != 0) {
		not_started(end, errno);
		return;
	}
	/* Only our end: the child's prints may wait. */
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	slot->pipe = slot->output = pipes[0];
	start_child(isolate, slot, pipes);
}

unsigned tare_isolate_wait(struct tare_isolate *isolate)
{
	struct tare__slot *slot = tare__slots_wait(isolate);
	const struct tare_errand *errand = slot->errand;
	struct tare_end *end = slot->end;

	slot->errand = NULL;
	if (slot->pipe >= 0)
		close(slot->pipe);
	if (slot->child != 0)
		end->leftovers = tare__leftovers_end(isolate);
	if (end->ending == TARE_ENDED_UNFINISHED && end->status == 0 &&
	    atomic_load(&slot->board->state) == TARE_BOARD_FINISHED)
		end->ending = TARE_ENDED;
	if (!errand->keep && end->directory[0])
		tare__directory_remove(end->directory);
	end->microseconds = (tare_clock_ns() - slot->start) / 1000u;
	return (unsigned)(slot - isolate->slots);
}

void tare_isolate_run(struct tare_isolate *isolate, const struct tare_errand *errand, struct tare_end *end)
{
	tare_isolate_start(isolate, 0, errand, end);
	tare_isolate_wait(isolate);
}

void tare_isolate_here(struct tare_isolate *isolate, const struct tare_errand *errand, struct tare_end *end)
{
	uint64_t start = tare_clock_ns();
	char before[TARE_DIRECTORY];
	const char *old = getenv("TMPDIR");

	*end = (struct tare_end){ .ending = TARE_NOT_STARTED };
	tare_board_clear(isolate->slots[0].board);
	snprintf(before, sizeof before, "%s", old ? old : "");
	int error = tare__directory_make(end->directory);
	if (error) {
		not_started(end, error);
		return;
	}
	setenv("TMPDIR", end->directory, 1);
	atomic_store(&isolate->slots[0].board->state, TARE_BOARD_RUNNING);
	errand->run(errand->cookie, isolate->slots[0].board);
	end->ending = atomic_load(&isolate->slots[0].board->state) == TARE_BOARD_FINISHED ? TARE_ENDED : TARE_ENDED_UNFINISHED;
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
