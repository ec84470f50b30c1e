/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker - a thread that runs entities until none is left to run
 *
 * The count of scheduled entities is the whole of quiescence: only a running
 * entity rings another, so zero stays zero (facts/fabric.md 1.4).  A solo worker
 * needs no count: its queue is empty.
 */
#include "fabric_priv.h"

#include <errno.h>

#include <tare/object.h>
#include <tare/status.h>

static uint64_t draw(struct tare_fabric *fabric)
{
	uint64_t x = fabric->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	fabric->random = x;
	return x;
}

static struct tare__entity *pop(struct tare_fabric *fabric)
{
	uint32_t queued = tare__peek(&fabric->queued);

	if (fabric->plain)
		return tare__solo_next(fabric);
	if (fabric->seeded && queued > 1) {
		uint8_t *first = &fabric->queue[fabric->head % TARE__QUEUE];
		uint8_t *chosen = &fabric->queue[(fabric->head + draw(fabric) % queued) % TARE__QUEUE];
		uint8_t number = *chosen;

		*chosen = *first;
		*first = number;
	}
	return tare__queue_pop(fabric);
}

/* Below this a second worker loses more by the hand-over than it gains (facts/fabric.md, fan1000). */
#define WORTH_WAKING_NS 5000u

/* Whether what lies in the queue, beyond what its next taker takes, is worth another worker. Under the lock. */
static void wake(struct tare_fabric *fabric, uint32_t taken)
{
	if (fabric->running && fabric->sleeping && tare__peek(&fabric->queued) > taken &&
		tare__peek(&fabric->kernel_ns) >= WORTH_WAKING_NS)
		pthread_cond_signal(&fabric->work);
}

void tare__worker_enqueue(struct tare_fabric *fabric, struct tare__entity *entity)
{
	if (fabric->solo) {
		tare__queue_push(fabric, entity);
		return;
	}
	if (fabric->parked && fabric->running) {
		sem_post(&fabric->workers[entity->number].turn);
		return;
	}
	pthread_mutex_lock(&fabric->lock);
	tare__queue_push(fabric, entity);
	wake(fabric, 1); /* the one who pushes takes the next entity itself */
	pthread_mutex_unlock(&fabric->lock);
}

struct tare__entity *tare__worker_dequeue(struct tare_fabric *fabric)
{
	struct tare__entity *entity;

	if (fabric->solo)
		return pop(fabric);
	if (!tare__peek(&fabric->queued))
		return NULL;
	pthread_mutex_lock(&fabric->lock);
	entity = pop(fabric);
	pthread_mutex_unlock(&fabric->lock);
	return entity;
}

void tare__worker_wake_another(struct tare_fabric *fabric)
{
	if (!tare__peek(&fabric->queued) || tare__peek(&fabric->kernel_ns) < WORTH_WAKING_NS)
		return;
	pthread_mutex_lock(&fabric->lock);
	wake(fabric, 0);
	pthread_mutex_unlock(&fabric->lock);
}

/* Two workers may overwrite each other's figure: it is an estimate. */
void tare__worker_took(struct tare_fabric *fabric, uint64_t ns)
{
	uint32_t figure = tare__peek(&fabric->kernel_ns);

	if (ns > UINT32_MAX / 8)
		ns = UINT32_MAX / 8;
	tare__poke(&fabric->kernel_ns, figure - figure / 8 + (uint32_t)ns / 8);
}

static void count_out(struct tare__entity *entity, enum tare__why why)
{
	struct tare_fabric *fabric = entity->fabric;
	struct tare_fabric_job *job = entity->job;

	entity->job = NULL;
	if (why == TARE__ABANDONED) {
		fabric->abandoned++;
		job->abandoned++;
		return;
	}
	if (!job->result)
		job->result = entity->result;
	if (--job->running == 0)
		tare__job_end(fabric, job);
}

static void unschedule(struct tare_fabric *fabric)
{
	if (fabric->solo || tare__add(&fabric->scheduled, UINT32_MAX) != 1)
		return;
	pthread_mutex_lock(&fabric->lock);
	if (fabric->caller_sleeps)
		pthread_cond_broadcast(&fabric->work);
	pthread_mutex_unlock(&fabric->lock);
}

/* Draws the consequence of the last entity's giving way, now that nobody stands on its stack. */
void tare__worker_settle(struct tare__worker *worker)
{
	struct tare_fabric *fabric = worker->fabric;
	struct tare__entity *entity = worker->leaving;

	worker->leaving = NULL;
	switch (worker->why) {
	case TARE__WAITS:
		if (fabric->solo)
			tare__poke(&entity->state, 0u);
		else if (!tare__turn(&entity->state, TARE__SCHEDULED, 0u))
			tare__worker_enqueue(fabric, entity);
		else
			unschedule(fabric);
		return;
	case TARE__YIELDS:
		tare__worker_enqueue(fabric, entity);
		return;
	case TARE__ABANDONED:
		entity->lease.at = TARE_LEASE_NONE;
		tare__coroutine_reset(&entity->coroutine);
		break;
	case TARE__LEFT:
		break;
	}
	if (fabric->solo) {
		count_out(entity, worker->why);
		return;
	}
	pthread_mutex_lock(&fabric->lock);
	count_out(entity, worker->why);
	pthread_mutex_unlock(&fabric->lock);
	unschedule(fabric);
}

static void run(struct tare__worker *worker, struct tare__entity *entity)
{
	worker->current = entity;
	entity->worker = worker;
	tare__coroutine_switch(&worker->own, &entity->coroutine);
	worker->current = NULL;
	if (worker->leaving)
		tare__worker_settle(worker);
}

void tare__worker_run_solo(struct tare__worker *worker)
{
	struct tare__entity *entity;

	while ((entity = pop(worker->fabric)))
		run(worker, entity);
}

static void sleep_until_called(struct tare__worker *worker)
{
	struct tare_fabric *fabric = worker->fabric;
	bool caller = worker == fabric->workers;

	fabric->sleeping++;
	fabric->caller_sleeps |= caller;
	pthread_cond_wait(&fabric->work, &fabric->lock);
	fabric->caller_sleeps &= !caller;
	fabric->sleeping--;
}

/* The caller's worker returns when nothing is scheduled, the others when the fabric closes. */
void tare__worker_run_shared(struct tare__worker *worker)
{
	struct tare_fabric *fabric = worker->fabric;
	bool caller = worker == fabric->workers;
	struct tare__entity *entity;

	pthread_mutex_lock(&fabric->lock);
	for (;;) {
		if (caller ? tare__load(&fabric->scheduled) == 0 : fabric->closing)
			break;
		entity = fabric->running ? pop(fabric) : NULL;
		if (!entity) {
			sleep_until_called(worker);
			continue;
		}
		pthread_mutex_unlock(&fabric->lock);
		run(worker, entity);
		pthread_mutex_lock(&fabric->lock);
	}
	pthread_mutex_unlock(&fabric->lock);
}

/* The caller only hands out the first turns and waits: each entity has a thread of its own. */
void tare__worker_run_parked(struct tare_fabric *fabric)
{
	struct tare__entity *entity;

	pthread_mutex_lock(&fabric->lock);
	while ((entity = pop(fabric)))
		sem_post(&fabric->workers[entity->number].turn);
	fabric->caller_sleeps = true;
	while (tare__load(&fabric->scheduled))
		pthread_cond_wait(&fabric->work, &fabric->lock);
	fabric->caller_sleeps = false;
	pthread_mutex_unlock(&fabric->lock);
}

static void park(struct tare__worker *worker)
{
	struct tare_fabric *fabric = worker->fabric;

	for (;;) {
		while (sem_wait(&worker->turn))
			tare_must(errno == EINTR);
		if (fabric->closing)
			return;
		run(worker, &fabric->entities[worker - fabric->workers]);
	}
}

static void *work(void *cookie)
{
	struct tare__worker *worker = cookie;

	tare__coroutine_adopt(&worker->own);
	tare__watch_begin(worker);
	if (worker->fabric->parked)
		park(worker);
	else
		tare__worker_run_shared(worker);
	tare__watch_end();
	return NULL;
}

int tare__worker_start(struct tare__worker *worker)
{
	int rc = worker->fabric->config.host.thread_start(work, worker, &worker->thread);

	if (rc)
		worker->thread = NULL;
	return rc || worker->thread ? rc : TARE_E_FAILED; /* started, and nobody knows which: as if it were not */
}
