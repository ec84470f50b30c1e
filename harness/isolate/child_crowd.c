/* SPDX-License-Identifier: Apache-2.0 */
#include "private.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

_Noreturn static void run_one(struct tare_board *board, void (*run)(void *cookie, struct tare_board *board), void *cookie)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	atomic_store(&board->state, TARE_BOARD_RUNNING);
	run(cookie, board);
	_exit(0);
}

/* The case's deadline ends its whole group, so this wait has an end. */
static int status_of(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

unsigned tare_isolate_crowd(struct tare_board **boards, unsigned count,
	void (*run)(void *cookie, struct tare_board *board), void *cookie, int *statuses)
{
	pid_t children[TARE_CROWD];
	unsigned there = 0;

	if (count > TARE_CROWD)
		return 0;
	for (; there < count; there++) {
		children[there] = fork();
		if (children[there] == 0)
			run_one(boards[there], run, cookie);
		if (children[there] < 0)
			break;
	}
	for (unsigned i = 0; i < there; i++)
		statuses[i] = status_of(children[i]);
	return there;
}
