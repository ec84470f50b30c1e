/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way from fork to the case: nothing of the parent but its memory comes along.
 */
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

#define FAILED_TO_ENTER 124

static void close_the_rest(void)
{
	if (close_range(3, ~0u, 0) == 0)
		return;
	/* Kernels before 5.9, and tools that do not know the call. */
	struct rlimit limit;
	int highest = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 4096 ? (int)limit.rlim_cur : 4096;
	for (int i = 3; i < highest; i++)
		close(i);
}

static int set_streams(int output)
{
	int nothing = open("/dev/null", O_RDONLY);

	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0)
		return -1;
	if (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
		return -1;
	close_the_rest();
	setvbuf(stdout, NULL, _IOLBF, 0); /* into a pipe it would be lost with the process */
	return 0;
}

static int set_signals(void)
{
	sigset_t none;

	for (int number = 1; number < SIGRTMIN; number++)
		if (number != SIGKILL && number != SIGSTOP)
			signal(number, SIG_DFL);
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

static int no_core(void)
{
	/* 1 and not 0: a core_pattern that is a pipe ignores 0 and respects 1. */
	struct rlimit limit = { 1, 1 };

	return setrlimit(RLIMIT_CORE, &limit);
}

static int live_alone(pid_t parent, const char *directory)
{
	if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return -1;
	if (getppid() != parent)
		return -1;
	/* Its orphans stay with it as long as it lives, and are never taken for another case's.  User-mode
	 * emulation does not know the word (EINVAL): orphans are lost to us there, which is no reason to run nothing. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 && errno != EINVAL)
		return -1;
	umask(022);
	return chdir(directory) != 0 || setenv("TMPDIR", directory, 1) != 0 ? -1 : 0;
}

_Noreturn void tare__child_main(const struct tare_errand *errand, struct tare_board *board, pid_t parent, int output,
	const char *directory)
{
	if (set_signals() != 0 || live_alone(parent, directory) != 0 || set_streams(output) != 0 || no_core() != 0 ||
	    tare__crash_catch(board) != 0)
		_exit(FAILED_TO_ENTER);
	atomic_store(&board->state, TARE_BOARD_RUNNING);
	errand->run(errand->cookie, board);
	fflush(NULL);
	/* What it holds are names, and it is the parent's: to memcheck they would be pointers that keep a lost block alive. */
	(void)VALGRIND_MAKE_MEM_NOACCESS(board, sizeof *board);
	/* Not exit: handlers and buffers belong to the parent. */
	_exit(0);
}
