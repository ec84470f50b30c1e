/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch - the end of a kernel that never comes back
 *
 * A POSIX timer on the processor time of each worker's thread ticks four times
 * per budget.  A kernel that five ticks find inside has had its budget, and the
 * handler leaves its coroutine for good: kernels take no lock and own nothing,
 * so nothing is left half done but their own output.  An orchestration is left
 * in the same way, and its thread goes on (lend.c).
 *
 * The caller's timer is not disarmed at the end of a run, because arming costs
 * 0.6 us and a small launch 2: it fires at most once more, finds nobody inside
 * and is armed again by the next run.  SIGVTALRM is the signal for processor
 * time, and debuggers pass it on without stopping.  Sent to a thread of foreign
 * code it means the same: leave (foreign.c).
 */
#include "fabric_priv.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

#include <tare/clock.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* The thread's own view of the watch; the handler knows the thread and nothing else. */
struct post {
	struct tare__worker *inside; /* that runs entities on this thread now */
	uint64_t serial;             /* of the timer that is armed for it */
};

static _Thread_local struct post post;

/* Not inlined: an address of thread-local storage must not outlive a switch. */
static __attribute__((noinline)) struct post *here(void)
{
	return &post;
}

static void arm(struct tare__worker *worker)
{
	uint64_t ns = worker->fabric->tick_ns;
	struct itimerspec once = { .it_value = { .tv_sec = (time_t)(ns / 1000000000u),
		.tv_nsec = (long)(ns % 1000000000u) } };

	timer_settime(worker->timer, 0, &once, NULL);
}

static void tick(int number, siginfo_t *info, void *context)
{
	int saved = errno;
	struct post *mine = here();
	struct tare__worker *worker = mine->inside;
	struct tare__entity *entity;

	(void)number;
	(void)context;
	if (info->si_code == SI_TKILL) {
		errno = saved;
		tare__foreign_leave();
		return;
	}
	if (!worker || info->si_value.sival_ptr != worker) {
		mine->serial = 0;
		return;
	}
	arm(worker);
	errno = saved;
	entity = worker->current;
	if (entity && entity->lease.at != TARE_LEASE_NONE)
		tare__lease_tick(entity);
	if (!entity || !entity->inside || ++entity->ticks <= TARE__TICKS_PER_BUDGET)
		return;
	entity->inside = 0;
	worker->leaving = entity;
	worker->why = TARE__ABANDONED;
	tare__coroutine_leave(&entity->coroutine, &worker->own);
}

/* Where this is measured, processor time is not the kernel's own. */
static uint64_t scale(void)
{
	if (RUNNING_ON_VALGRIND)
		return 20;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return 4;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
	return 4;
#endif
#endif
	return 1;
}

/* ThreadSanitizer delivers signals only where it likes, which is never inside a kernel. */
static bool can_watch(void)
{
#if defined(__SANITIZE_THREAD__)
	return false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
	return false;
#endif
#endif
	return true;
}

void tare__watch_install(struct tare_fabric *fabric)
{
	struct sigaction action = { .sa_sigaction = tick, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART };

	fabric->budget_ns = fabric->config.kernel_budget_ns * scale();
	if (!fabric->budget_ns || !can_watch())
		return;
	fabric->tick_ns = fabric->budget_ns / TARE__TICKS_PER_BUDGET + 1;
	sigemptyset(&action.sa_mask);
	sigaction(SIGVTALRM, &action, NULL);
}

static int take_timer(struct tare__worker *worker)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGVTALRM,
		.sigev_value.sival_ptr = worker };

	event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	tare__watch_close(worker);
	if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &worker->timer))
		return -errno;
	worker->timer_serial = tare_clock_ns();
	return 0;
}

void tare__watch_begin(struct tare__worker *worker)
{
	struct post *mine;

	if (!worker->fabric->tick_ns)
		return;
	mine = here();
	mine->inside = worker;
	if (worker->timer_serial && mine->serial == worker->timer_serial)
		return;
	if (take_timer(worker)) {
		tare_log(&worker->fabric->config.log, TARE_LOG_WARN,
			"fabric: no timer for this thread; a kernel that never returns will not be abandoned");
		return;
	}
	mine->serial = worker->timer_serial;
	arm(worker);
}

void tare__watch_end(void)
{
	here()->inside = NULL;
}

void tare__watch_close(struct tare__worker *worker)
{
	if (worker->timer_serial)
		timer_delete(worker->timer);
	worker->timer_serial = 0;
}
