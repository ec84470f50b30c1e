/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foreign - device objects that know nothing of ports
 *
 * Such code polls plain memory until another entity has written it, so each of
 * its entities needs a thread; and what it writes rings nobody, so while one
 * lives, our own entities are made to look again and again.  This is the one
 * place where something polls, and it is bounded by the kernel budget.
 *
 * What has not come back by then is left as the watch leaves a kernel: a signal
 * takes its thread out of the code.  Device code imports nothing, so it holds
 * no lock; and what it runs in, object and memory, can then be given back.
 */
#include "fabric_priv.h"

#include <errno.h>
#include <sched.h>

#include <tare/clock.h>
#include <tare/status.h>

typedef int (*foreign_entry_fn)(void *args);
typedef void (*foreign_core_fn)(void *args);

enum { LEAVE_MS = 2000 }; /* what a signal may take to reach a thread on a full host */

static _Thread_local struct tare__stranger *self;

static void finish(struct tare__stranger *stranger, int result)
{
	struct tare_fabric *fabric = stranger->fabric;

	pthread_mutex_lock(&fabric->lock);
	stranger->done = true;
	if (stranger->job) {
		if (!stranger->job->result)
			stranger->job->result = result;
		stranger->job->running--;
	}
	pthread_cond_broadcast(&fabric->work);
	pthread_mutex_unlock(&fabric->lock);
}

static int call(const struct tare__stranger *stranger)
{
	void (*entry)(void) = (void (*)(void))stranger->entry;

	if (!stranger->core)
		return ((foreign_entry_fn)entry)(stranger->args);
	((foreign_core_fn)entry)(stranger->args);
	return 0;
}

/* The signal may come before it would be heeded: who is inside looks once more. */
static int enter(struct tare__stranger *stranger)
{
	volatile int result = TARE_E_STALL;

	if (!sigsetjmp(stranger->out, 0)) {
		stranger->inside = 1;
		if (!tare__load(&stranger->abandoned))
			result = call(stranger);
	}
	stranger->inside = 0;
	return result;
}

void tare__foreign_leave(void)
{
	if (!self || !self->inside || !tare__load(&self->abandoned))
		return;
	self->inside = 0;
	siglongjmp(self->out, 1);
}

static void *live(void *cookie)
{
	struct tare__stranger *stranger = cookie;

	self = stranger;
	pthread_mutex_lock(&stranger->fabric->lock);
	stranger->id = pthread_self();
	stranger->running = true;
	pthread_mutex_unlock(&stranger->fabric->lock);
	finish(stranger, enter(stranger));
	return NULL;
}

static void start(struct tare_fabric *fabric, struct tare__stranger *stranger)
{
	int rc;

	stranger->started = true;
	rc = fabric->config.host.thread_start(live, stranger, &stranger->thread);
	if (!rc && !stranger->thread)
		rc = TARE_E_FAILED;
	if (rc) {
		stranger->thread = NULL;
		finish(stranger, rc);
	}
}

void tare__foreign_start(struct tare_fabric *fabric)
{
	struct tare__foreign *foreign = &fabric->foreign;
	uint64_t limit = fabric->budget_ns;

	foreign->deadline_ns = limit ? tare_clock_ns() + limit : 0;
	for (uint32_t i = 0; i < TARE__ENTITIES; i++) {
		struct tare__stranger *stranger = &foreign->strangers[i];

		if (stranger->job && !stranger->started)
			start(fabric, stranger);
	}
}

static void join(struct tare_fabric *fabric, struct tare__stranger *stranger)
{
	if (stranger->thread)
		fabric->config.host.thread_join(stranger->thread);
	*stranger = (struct tare__stranger){ .fabric = fabric };
}

/* The job's last thread ends the job. */
static void reap(struct tare_fabric *fabric, struct tare__stranger *stranger)
{
	struct tare_fabric_job *job = stranger->job;

	join(fabric, stranger);
	for (uint32_t i = 0; i < TARE__ENTITIES; i++)
		if (fabric->foreign.strangers[i].job == job)
			return;
	pthread_mutex_lock(&fabric->lock);
	tare__job_end(fabric, job);
	pthread_mutex_unlock(&fabric->lock);
}

/* Our own entities look again, as if everybody had rung. */
static bool stir(struct tare_fabric *fabric)
{
	bool any = false;

	for (uint32_t i = 0; i < TARE__ENTITIES; i++) {
		struct tare__entity *entity = &fabric->entities[i];

		if (!entity->job)
			continue;
		any = true;
		if (!tare__entity_is_core(entity) && fabric->jobs[1])
			for (uint32_t core = 0; core < fabric->jobs[1]->count * 3; core++)
				if (tare__load(&fabric->cores[core].owner) == entity)
					tare__set64(&entity->heard[core / 64], 1ull << core % 64, false);
		tare__entity_ring(entity);
	}
	return any;
}

static bool any_done(const struct tare_fabric *fabric)
{
	for (uint32_t i = 0; i < TARE__ENTITIES; i++)
		if (fabric->foreign.strangers[i].job && fabric->foreign.strangers[i].done)
			return true;
	return false;
}

/* Joins what has ended; false: no thread is left. */
static bool reap_all(struct tare_fabric *fabric)
{
	bool left = false;

	for (uint32_t i = 0; i < TARE__ENTITIES; i++) {
		struct tare__stranger *stranger = &fabric->foreign.strangers[i];
		bool done;

		if (!stranger->job)
			continue;
		pthread_mutex_lock(&fabric->lock);
		done = stranger->done;
		pthread_mutex_unlock(&fabric->lock);
		if (done)
			reap(fabric, stranger);
		else
			left = true;
	}
	return left;
}

bool tare__foreign_wait(struct tare_fabric *fabric)
{
	uint64_t deadline = fabric->foreign.deadline_ns;
	struct timespec until = { .tv_sec = (time_t)(deadline / 1000000000u),
		.tv_nsec = (long)(deadline % 1000000000u) };
	uint32_t ended = fabric->ended_count;
	int rc = 0;

	if (!reap_all(fabric) || fabric->ended_count != ended)
		return false;
	if (stir(fabric)) {
		sched_yield();
		return !deadline || tare_clock_ns() < deadline;
	}
	pthread_mutex_lock(&fabric->lock);
	if (any_done(fabric))
		rc = 0;
	else if (deadline)
		rc = pthread_cond_timedwait(&fabric->work, &fabric->lock, &until);
	else
		rc = pthread_cond_wait(&fabric->work, &fabric->lock);
	pthread_mutex_unlock(&fabric->lock);
	return rc == 0;
}

uint32_t tare__foreign_sweep(struct tare_fabric *fabric)
{
	uint32_t alive = 0;

	for (uint32_t i = 0; i < TARE__ENTITIES; i++) {
		struct tare__stranger *stranger = &fabric->foreign.strangers[i];
		bool left_alone;
		bool done;

		pthread_mutex_lock(&fabric->lock);
		left_alone = stranger->started && !stranger->job;
		done = stranger->done;
		pthread_mutex_unlock(&fabric->lock);
		if (left_alone && done)
			join(fabric, stranger);
		else if (left_alone)
			alive++;
	}
	return alive;
}

/* Under the lock: takes out of their code those that are left alone, and waits until they are. */
static void call_out(struct tare_fabric *fabric)
{
	const uint64_t deadline = tare_clock_ns() + LEAVE_MS * 1000000ull;
	const struct timespec until = { .tv_sec = (time_t)(deadline / 1000000000u),
		.tv_nsec = (long)(deadline % 1000000000u) };
	bool left;
	int rc = 0;

	for (uint32_t i = 0; i < TARE__ENTITIES; i++) {
		struct tare__stranger *stranger = &fabric->foreign.strangers[i];

		if (stranger->running && !stranger->job && !stranger->done)
			pthread_kill(stranger->id, SIGVTALRM);
	}
	do {
		left = false;
		for (uint32_t i = 0; i < TARE__ENTITIES; i++) {
			const struct tare__stranger *stranger = &fabric->foreign.strangers[i];

			left = left || (stranger->started && !stranger->job && !stranger->done);
		}
		if (left)
			rc = pthread_cond_timedwait(&fabric->work, &fabric->lock, &until);
	} while (left && rc != ETIMEDOUT);
}

void tare__foreign_abandon(struct tare_fabric *fabric)
{
	pthread_mutex_lock(&fabric->lock);
	for (uint32_t i = 0; i < TARE__ENTITIES; i++) {
		struct tare__stranger *stranger = &fabric->foreign.strangers[i];
		struct tare_fabric_job *job = stranger->job;

		stranger->job = NULL;
		if (!job || stranger->done)
			continue;
		if (!stranger->started) {
			job->running--;
			continue;
		}
		tare__poke(&stranger->abandoned, 1u);
		job->abandoned++;
		fabric->abandoned++;
	}
	if (fabric->foreign.used && fabric->tick_ns) /* without a watch nobody hears the signal */
		call_out(fabric);
	pthread_mutex_unlock(&fabric->lock);
	tare__foreign_sweep(fabric);
}
