/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words about what happens at the same time: a launch in flight, and threads.
 *
 * A launch is in flight for certain only while something inside it waits for
 * us.  The fixture orchestration "gate" does: its scalars are a function of
 * this file and the flight, and it runs on the host, within the launch.
 */
#include "case.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define MOST_THREADS 16

struct tare_flight {
	struct tare_case *c;
	struct tare_callable *gate;
	void *context;
	void *runtime; /* its own: the context's belongs to whoever is refused meanwhile */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t turned;
	uint32_t patience_ms;
	bool arrived;
	bool may_go;
	bool gone;
	int code;
};

static struct timespec in_ms(uint32_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return until;
}

/* Called by the orchestration. */
static int wait_in_gate(void *cookie)
{
	struct tare_flight *flight = cookie;
	struct timespec until = in_ms(flight->patience_ms);

	pthread_mutex_lock(&flight->lock);
	flight->arrived = true;
	pthread_cond_broadcast(&flight->turned);
	while (!flight->may_go)
		if (pthread_cond_timedwait(&flight->turned, &flight->lock, &until) == ETIMEDOUT)
			break;
	flight->gone = true;
	pthread_mutex_unlock(&flight->lock);
	return 0;
}

static void *fly(void *cookie)
{
	struct tare_flight *flight = cookie;
	struct tare_run_timing timing;

	int code = flight->c->abi->run_prepared(flight->context, flight->runtime, flight->gate->id, &flight->gate->args,
		tare__case_block_dim(flight->c), tare__case_threads(flight->c), 0, 0, 0, 0, 0, "", &timing);
	pthread_mutex_lock(&flight->lock);
	flight->code = code;
	flight->arrived = true; /* refused before it came to the gate: nobody shall wait for that */
	flight->gone = true;
	pthread_cond_broadcast(&flight->turned);
	pthread_mutex_unlock(&flight->lock);
	return NULL;
}

static void free_flight(struct tare_case *c)
{
	struct tare_flight *flight = c->flight;

	c->flight = NULL;
	/* The next launch of it waits for nobody. */
	flight->gate->args.scalars[0] = flight->gate->args.scalars[1] = 0;
	pthread_cond_destroy(&flight->turned);
	pthread_mutex_destroy(&flight->lock);
	free(flight->runtime);
	free(flight);
}

static struct tare_flight *make_flight(struct tare_case *c, struct tare_callable *gate, uint32_t patience_ms)
{
	struct tare_flight *flight = calloc(1, sizeof *flight);

	if (!flight)
		tare__case_broken(c, "no memory for a flight");
	*flight = (struct tare_flight){
		.c = c, .gate = gate, .context = c->contexts[gate->context].handle, .patience_ms = patience_ms,
		.runtime = aligned_alloc(64, (c->abi->get_runtime_size() + 63) / 64 * 64),
	};
	pthread_mutex_init(&flight->lock, NULL);
	pthread_cond_init(&flight->turned, NULL);
	union { int (*function)(void *); uint64_t word; } wait = { .function = wait_in_gate };
	if (gate->args.scalar_count < 2)
		tare__case_broken(c, "%s has no scalars to wait by; \"gate\" has", gate->fixture->name);
	gate->args.scalars[0] = wait.word;
	gate->args.scalars[1] = (uint64_t)(uintptr_t)flight;
	return flight;
}

void tare_flight_begins(struct tare_case *c, struct tare_callable *gate, uint32_t patience_ms)
{
	if (c->flight)
		tare__case_broken(c, "a launch is in flight already, and a case has one at a time");
	struct tare_flight *flight = make_flight(c, gate, patience_ms);
	c->flight = flight;
	tare_ledger_launch(c->ledger, ++c->launches);
	if (!flight->runtime || pthread_create(&flight->thread, NULL, fly, flight)) {
		free_flight(c);
		tare__case_broken(c, "no thread for a launch in flight");
	}
	pthread_mutex_lock(&flight->lock);
	while (!flight->arrived)
		pthread_cond_wait(&flight->turned, &flight->lock);
	bool waits = !flight->gone;
	pthread_mutex_unlock(&flight->lock);
	if (!waits && patience_ms > 1000)
		tare__case_fail(c, "Fail.Call", "the launch ended before it was in flight: %s", c->last_error);
}

bool tare_flight_waits(struct tare_case *c)
{
	struct tare_flight *flight = c->flight;

	if (!flight)
		return false;
	pthread_mutex_lock(&flight->lock);
	bool waits = !flight->gone;
	pthread_mutex_unlock(&flight->lock);
	return waits;
}

static int land(struct tare_case *c)
{
	struct tare_flight *flight = c->flight;

	pthread_mutex_lock(&flight->lock);
	flight->may_go = true;
	pthread_cond_broadcast(&flight->turned);
	pthread_mutex_unlock(&flight->lock);
	pthread_join(flight->thread, NULL);
	int code = flight->code;
	free_flight(c);
	return code;
}

int tare_flight_ends(struct tare_case *c)
{
	if (!c->flight)
		tare__case_broken(c, "no launch is in flight");
	int code = land(c);
	if (c->launches == 1)
		tare_ledger_read(c->ledger, TARE_AT_FIRST_LAUNCH);
	tare_ledger_read(c->ledger, TARE_AT_LAST_LAUNCH);
	return code;
}

void tare__flight_close(struct tare_case *c)
{
	if (c->flight)
		(void)land(c);
}

/* -- threads ----------------------------------------------------------------- */

struct crew {
	pthread_mutex_t start; /* held until all are there */
	void (*work)(void *cookie, unsigned number);
	void *cookie;
};

struct hand {
	struct crew *crew;
	unsigned number;
	pthread_t thread;
};

static void *lend_a_hand(void *cookie)
{
	const struct hand *hand = cookie;

	pthread_mutex_lock(&hand->crew->start);
	pthread_mutex_unlock(&hand->crew->start);
	hand->crew->work(hand->crew->cookie, hand->number);
	return NULL;
}

void tare_in_threads(struct tare_case *c, unsigned count, void (*work)(void *cookie, unsigned number), void *cookie)
{
	struct crew crew = { PTHREAD_MUTEX_INITIALIZER, work, cookie };
	struct hand hands[MOST_THREADS];
	unsigned there = 0;

	if (count > MOST_THREADS)
		tare__case_broken(c, "%u threads are wanted, a case has %d", count, MOST_THREADS);
	pthread_mutex_lock(&crew.start);
	for (; there < count; there++) {
		hands[there] = (struct hand){ .crew = &crew, .number = there };
		if (pthread_create(&hands[there].thread, NULL, lend_a_hand, &hands[there]))
			break;
	}
	pthread_mutex_unlock(&crew.start);
	for (unsigned i = 0; i < there; i++)
		pthread_join(hands[i].thread, NULL);
	pthread_mutex_destroy(&crew.start);
	if (there < count)
		tare__case_broken(c, "the host gave %u of %u threads", there, count);
}
