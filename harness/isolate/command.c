/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of somebody else's may start others and may hang: it leads a group,
 * and the group ends with it.
 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <tare/clock.h>
#include <tare/status.h>

#define ASK_EVERY_NS 200000000
#define NOT_THERE    127

/* execvp wants its words writable and leaves them alone. */
static char *const *words_of(const char *const *argv)
{
	union { const char *const *constant; char *const *as_asked; } words = { .constant = argv };

	return words.as_asked;
}

static _Noreturn void become(const struct tare_command *command)
{
	int nothing = open("/dev/null", O_RDONLY);
	int log = open(command->log ? command->log : "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0666);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	if (nothing < 0 || log < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
	    dup2(log, STDERR_FILENO) < 0)
		_exit(NOT_THERE);
	close(nothing);
	close(log);
	if (command->directory && chdir(command->directory)) {
		dprintf(STDERR_FILENO, "%s: %s\n", command->directory, strerror(errno));
		_exit(NOT_THERE);
	}
	execvp(command->argv[0], words_of(command->argv));
	dprintf(STDERR_FILENO, "%s: %s\n", command->argv[0], strerror(errno));
	_exit(NOT_THERE);
}

int tare_isolate_become(const char *const *argv)
{
	fflush(NULL);
	execvp(argv[0], words_of(argv));
	return TARE_E_IO;
}

static bool is_over(pid_t child)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

/* 0 when it is over by itself. */
static int wait_for(pid_t child, const struct tare_command *command, const sigset_t *ending)
{
	const struct timespec most = { .tv_nsec = ASK_EVERY_NS };
	uint64_t due = tare_clock_ns() + (uint64_t)command->deadline_ms * 1000000u;

	while (!is_over(child)) {
		sigtimedwait(ending, NULL, &most);
		if (tare_clock_ns() >= due)
			return TARE_E_STALL;
		if (command->interrupted && command->interrupted(command->cookie))
			return TARE_E_STATE;
	}
	return TARE_OK;
}

int tare_isolate_command(const struct tare_command *command)
{
	sigset_t ending, before;
	int status = 0, reason;
	pid_t child;

	sigemptyset(&ending);
	sigaddset(&ending, SIGCHLD);
	sigprocmask(SIG_BLOCK, &ending, &before);
	fflush(NULL);
	child = fork();
	if (child == 0)
		become(command);
	if (child < 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		return TARE_E_IO;
	}
	setpgid(child, child); /* whoever of the two comes first */
	reason = wait_for(child, command, &ending);
	kill(-child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (reason)
		return reason;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
