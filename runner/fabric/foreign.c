/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foreign - device objects that know nothing of ports
 *
 * Such code polls plain memory until another entity has written it, so each of
 * its entities needs a thread; and what it writes rings nobody, so while one
 * lives, our own entities are made to look again and again.  This is the one
 * place where something polls, and it is bounded by the kernel budget.
 */
#include "fabric_priv.h"

#include <sched.h>

#include <tare/clock.h>
#include <tare/status.h>

typedef int (*foreign_entry_fn)(void *args);

static void *live(void *cookie)
{
	struct tare__stranger *stranger = cookie;
	struct tare_fabric *fabric = stranger->fabric;
	struct tare_fabric_job *job = stranger->job;
	uint32_t index = (uint32_t)(stranger - fabric->foreign.strangers);
	tare_device_entry_fn entry = fabric->entities[index].entry;
	int result = ((foreign_entry_fn)(void (*)(void))entry)(job->args);

	pthread_mutex_lock(&fabric->lock);
	stranger->done = true;
	if (!stranger->job) {
		fabric->foreign.given_up--;
	} else {
		if (!job->result)
			job->result = result;
		job->running--;
	}
	pthread_cond_broadcast(&fabric->work);
	pthread_mutex_unlock(&fabric->lock);
	return NULL;
}

static int start(struct tare_fabric *fabric, struct tare__stranger *stranger)
{
	int rc;

	stranger->started = true;
	rc = fabric->config.host.thread_start(live, stranger, &stranger->thread);
	if (!rc)
		return 0;
	pthread_mutex_lock(&fabric->lock);
	stranger->job->running--;
	if (!stranger->job->result)
		stranger->job->result = rc;
	pthread_mutex_unlock(&fabric->lock);
	stranger->thread = NULL;
	stranger->done = true;
	return rc;
}

int tare__foreign_start(struct tare_fabric *fabric)
{
	struct tare__foreign *foreign = &fabric->foreign;
	uint64_t limit = fabric->tick_ns * 4;
	int rc = 0;

	foreign->deadline_ns = limit ? tare_clock_ns() + limit : 0;
	for (uint32_t i = 0; i < TARE__ENTITIES; i++) {
		struct tare__stranger *stranger = &foreign->strangers[i];

		if (stranger->job && !stranger->started && !rc)
			rc = start(fabric, stranger);
	}
	return rc;
}

static void reap(struct tare_fabric *fabric, struct tare__stranger *stranger)
{
	struct tare_fabric_job *job = stranger->job;

	if (stranger->thread)
		fabric->config.host.thread_join(stranger->thread);
	*stranger = (struct tare__stranger){ .fabric = fabric };
	for (uint32_t i = 0; i < TARE__ENTITIES; i++)
		if (fabric->foreign.strangers[i].job == job)
			return;
	tare__job_end(fabric, job);
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
				if (tare__load(&fabric->cores[core].owner) == entity->port.index)
					tare__set64(&entity->heard[core / 64], 1ull << core % 64, false);
		tare__entity_ring(entity);
	}
	return any;
}

bool tare__foreign_wait(struct tare_fabric *fabric)
{
	struct tare__foreign *foreign = &fabric->foreign;
	struct timespec until = { .tv_sec = (time_t)(foreign->deadline_ns / 1000000000u),
		.tv_nsec = (long)(foreign->deadline_ns % 1000000000u) };
	bool waits = false;
	int rc = 0;

	for (uint32_t i = 0; i < TARE__ENTITIES; i++) {
		struct tare__stranger *stranger = &foreign->strangers[i];
		bool done;

		if (!stranger->job)
			continue;
		pthread_mutex_lock(&fabric->lock);
		done = stranger->done;
		pthread_mutex_unlock(&fabric->lock);
		if (done)
			reap(fabric, stranger);
		else
			waits = true;
	}
	if (!waits)
		return false;
	if (stir(fabric)) {
		sched_yield();
		return !foreign->deadline_ns || tare_clock_ns() < foreign->deadline_ns;
	}
	pthread_mutex_lock(&fabric->lock);
	if (foreign->deadline_ns)
		rc = pthread_cond_timedwait(&fabric->work, &fabric->lock, &until);
	else
		pthread_cond_wait(&fabric->work, &fabric->lock);
	pthread_mutex_unlock(&fabric->lock);
	return rc == 0;
}

void tare__foreign_abandon(struct tare_fabric *fabric)
{
	pthread_mutex_lock(&fabric->lock);
	for (uint32_t i = 0; i < TARE__ENTITIES; i++) {
		struct tare__stranger *stranger = &fabric->foreign.strangers[i];

		if (!stranger->job || !stranger->started || stranger->done)
			continue;
		stranger->job->abandoned++;
		stranger->job = NULL;
		fabric->abandoned++;
		fabric->foreign.given_up++;
	}
	pthread_mutex_unlock(&fabric->lock);
}
