/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for cases: for the end, the output and the deadline of each at once.
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

/* Keeps the newest bytes: the output array slides along. */
static void keep(struct tare__slot *slot, const char *bytes, size_t size)
{
	char *tail = slot->end->output;
	const size_t room = sizeof slot->end->output - 1;

	if (size > room) {
		bytes += size - room;
		size = room;
	}
	if (slot->kept + size > room) {
		size_t drop = slot->kept + size - room;
		memmove(tail, tail + drop, slot->kept - drop);
		slot->kept -= drop;
	}
	memcpy(tail + slot->kept, bytes, size);
	slot->kept += size;
	tail[slot->kept] = '\0';
}

/* One helping each time, so that a child that prints without end does not keep us from its deadline. */
static bool drain(struct tare__slot *slot)
{
	char bytes[4096];
	ssize_t got = read(slot->output, bytes, sizeof bytes);

	if (got > 0)
		keep(slot, bytes, (size_t)got);
	return got > 0;
}

static void step(struct tare__slot *slot, enum tare_ending reason)
{
	if (slot->phase == TARE__WAITING) {
		slot->end->ending = reason;
		slot->phase = TARE__ASKED;
		slot->due = tare_clock_ns() + (uint64_t)slot->errand->grace_ms * 1000000u;
		kill(-slot->child, SIGTERM);
		return;
	}
	slot->phase = TARE__FORCED;
	slot->due = UINT64_MAX;
	kill(-slot->child, SIGKILL);
}

static struct timespec time_until(uint64_t due)
{
	const uint64_t most = ASK_EVERY_MS * 1000000u;
	uint64_t now = tare_clock_ns();
	uint64_t left = due <= now ? 0 : due - now;

	if (left > most)
		left = most;
	return (struct timespec){ .tv_nsec = (long)left };
}

static bool is_over(const struct tare__slot *slot)
{
	siginfo_t info = { 0 };

	if (slot->child == 0)
		return true;
	return waitid(P_PID, (id_t)slot->child, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

static struct tare__slot *find_over(struct tare_isolate *isolate)
{
	for (unsigned i = 0; i < isolate->slot_count; i++)
		if (isolate->slots[i].errand && is_over(&isolate->slots[i]))
			return &isolate->slots[i];
	return NULL;
}

/* A case that goes on has its deadline before it again. */
static void follow(struct tare__slot *slot)
{
	uint64_t progress = atomic_load(&slot->board->progress);

	if (!slot->errand->steps || slot->phase != TARE__WAITING || progress == slot->progress)
		return;
	slot->progress = progress;
	slot->due = tare_clock_ns() + (uint64_t)slot->errand->deadline_ms * 1000000u;
}

static void act(struct tare__slot *slot)
{
	const struct tare_errand *errand = slot->errand;

	follow(slot);
	if (tare_clock_ns() >= slot->due)
		step(slot, TARE_ENDED_BY_DEADLINE);
	else if (slot->phase == TARE__WAITING && errand->interrupted && errand->interrupted(errand->interrupted_cookie))
		step(slot, TARE_ENDED_INTERRUPTED);
}

/* Sleeps until anything happens to any of them, and does what is due. */
static void watch_all(struct tare_isolate *isolate, const sigset_t *open)
{
	struct pollfd files[TARE_ISOLATE_SLOTS];
	uint64_t due = UINT64_MAX;

	for (unsigned i = 0; i < isolate->slot_count; i++) {
		const struct tare__slot *slot = &isolate->slots[i];
		files[i] = (struct pollfd){ .fd = slot->errand ? slot->output : -1, .events = POLLIN };
		if (slot->errand && slot->due < due)
			due = slot->due;
	}
	struct timespec left = time_until(due);
	int ready = ppoll(files, isolate->slot_count, &left, open);
	for (unsigned i = 0; i < isolate->slot_count; i++) {
		struct tare__slot *slot = &isolate->slots[i];
		if (!slot->errand)
			continue;
		if (ready > 0 && files[i].revents && !drain(slot))
			slot->output = -1;
		act(slot);
	}
}

static void read_status(struct tare__slot *slot)
{
	siginfo_t info = { 0 };

	while (waitid(P_PID, (id_t)slot->child, &info, WEXITED) != 0 && errno == EINTR)
		;
	if (info.si_code == CLD_EXITED)
		slot->end->status = info.si_status;
	else
		slot->end->signal = info.si_status;
	if (slot->phase == TARE__WAITING)
		slot->end->ending = info.si_code == CLD_EXITED ? TARE_ENDED_UNFINISHED : TARE_ENDED_BY_SIGNAL;
}

struct tare__slot *tare__slots_wait(struct tare_isolate *isolate)
{
	struct tare__slot *slot;
	sigset_t open;

	sigprocmask(SIG_SETMASK, NULL, &open);
	sigdelset(&open, SIGCHLD);
	while (!(slot = find_over(isolate)))
		watch_all(isolate, &open);
	if (slot->child == 0)
		return slot;
	read_status(slot);
	/* What was printed and not yet read; a stray that still holds the pipe must not hold us. */
	for (int i = 0; i < 64 && slot->output >= 0 && drain(slot); i++)
		;
	return slot;
}
