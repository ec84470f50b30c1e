/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for a case: for its end, its output and its deadline at once.
 *
 * The end comes as SIGCHLD, which the isolation keeps blocked except inside
 * ppoll: no end is missed between looking and waiting.  A pidfd would do the
 * same, but valgrind 3.19 does not know it.
 */
#include "private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <tare/clock.h>

#define ASK_EVERY_MS 200 /* whether somebody interrupted us */

enum phase { WAITING, ASKED, FORCED };

struct watch {
	pid_t child;
	int output; /* -1: closed by everybody */
	const struct tare_errand *errand;
	struct tare_end *end;
	size_t kept; /* bytes in end->output */
	enum phase phase;
	uint64_t due; /* of the next step against the child */
};

/* Keeps the newest bytes: the output array slides along. */
static void keep(struct watch *watch, const char *bytes, size_t size)
{
	char *tail = watch->end->output;
	const size_t room = sizeof watch->end->output - 1;

	if (size > room) {
		bytes += size - room;
		size = room;
	}
	if (watch->kept + size > room) {
		size_t drop = watch->kept + size - room;
		memmove(tail, tail + drop, watch->kept - drop);
		watch->kept -= drop;
	}
	memcpy(tail + watch->kept, bytes, size);
	watch->kept += size;
	tail[watch->kept] = '\0';
}

/* One helping each time, so that a child that prints without end does not keep us from its deadline. */
static bool drain(struct watch *watch)
{
	char bytes[4096];
	ssize_t got = read(watch->output, bytes, sizeof bytes);

	if (got > 0)
		keep(watch, bytes, (size_t)got);
	return got > 0;
}

static void step(struct watch *watch, enum tare_ending reason)
{
	if (watch->phase == WAITING) {
		watch->end->ending = reason;
		watch->phase = ASKED;
		watch->due = tare_clock_ns() + (uint64_t)watch->errand->grace_ms * 1000000u;
		kill(-watch->child, SIGTERM);
		return;
	}
	watch->phase = FORCED;
	watch->due = UINT64_MAX;
	kill(-watch->child, SIGKILL);
}

static struct timespec time_left(const struct watch *watch)
{
	const uint64_t most = ASK_EVERY_MS * 1000000u;
	uint64_t now = tare_clock_ns();
	uint64_t left = watch->due <= now ? 0 : watch->due - now;

	if (left > most)
		left = most;
	return (struct timespec){ .tv_nsec = (long)left };
}

static bool is_over(const struct watch *watch)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)watch->child, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

static void watch_until_over(struct watch *watch)
{
	const struct tare_errand *errand = watch->errand;
	sigset_t open;

	sigprocmask(SIG_SETMASK, NULL, &open);
	sigdelset(&open, SIGCHLD);
	while (!is_over(watch)) {
		struct pollfd file = { .fd = watch->output, .events = POLLIN };
		struct timespec left = time_left(watch);
		int ready = ppoll(&file, 1, &left, &open);
		if (ready > 0 && !drain(watch))
			watch->output = -1;
		if (tare_clock_ns() >= watch->due)
			step(watch, TARE_ENDED_BY_DEADLINE);
		else if (watch->phase == WAITING && errand->interrupted && errand->interrupted(errand->interrupted_cookie))
			step(watch, TARE_ENDED_INTERRUPTED);
	}
}

static void read_status(struct watch *watch)
{
	siginfo_t info = { 0 };

	while (waitid(P_PID, (id_t)watch->child, &info, WEXITED) != 0 && errno == EINTR)
		;
	if (info.si_code == CLD_EXITED)
		watch->end->status = info.si_status;
	else
		watch->end->signal = info.si_status;
	if (watch->phase == WAITING)
		watch->end->ending = info.si_code == CLD_EXITED ? TARE_ENDED_UNFINISHED : TARE_ENDED_BY_SIGNAL;
}

void tare__child_wait(pid_t child, int output, const struct tare_errand *errand, struct tare_end *end)
{
	struct watch watch = {
		.child = child, .output = output, .errand = errand, .end = end,
		.due = tare_clock_ns() + (uint64_t)errand->deadline_ms * 1000000u,
	};

	watch_until_over(&watch);
	read_status(&watch);
	/* What was printed and not yet read; a stray that still holds the pipe must not hold us. */
	for (int i = 0; i < 64 && watch.output >= 0 && drain(&watch); i++)
		;
}
