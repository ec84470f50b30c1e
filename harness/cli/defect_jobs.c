/* SPDX-License-Identifier: Apache-2.0 */
#include "defect_jobs.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"

/* What the workers share, behind one lock; a defect that is taken is its worker's until it was told. */
struct crew {
	const struct tare__defect_jobs *jobs;
	pthread_mutex_t lock;
	size_t next;
	int failed;
};

struct worker {
	struct crew *crew;
	struct tare__shop shop;
	pthread_t thread;
};

static struct tare__defect *take(struct crew *crew)
{
	struct tare__defect *defect = NULL;

	pthread_mutex_lock(&crew->lock);
	if (crew->next < crew->jobs->count && !tare__interrupted())
		defect = &crew->jobs->defects[crew->next++];
	pthread_mutex_unlock(&crew->lock);
	return defect;
}

static void *work(void *cookie)
{
	struct worker *worker = cookie;
	struct crew *crew = worker->crew;
	struct tare__defect *defect;
	char reason[TARE_DEFECT_REASON];

	while ((defect = take(crew))) {
		tare__shop_try(&worker->shop, defect);
		pthread_mutex_lock(&crew->lock);
		if (crew->jobs->tried)
			crew->jobs->tried(crew->jobs->cookie, defect);
		pthread_mutex_unlock(&crew->lock);
	}
	if (!crew->jobs->keep && tare__shop_restore(&worker->shop, reason)) {
		pthread_mutex_lock(&crew->lock);
		crew->failed = tare__complain("%s", reason);
		pthread_mutex_unlock(&crew->lock);
	}
	return NULL;
}

/* Each of several builds gets its part of the processors; one alone has them all. */
static unsigned builders_of(unsigned jobs)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (jobs == 1 || processors < 1)
		return 0;
	return (unsigned)processors > jobs ? ((unsigned)processors + jobs - 1) / jobs : 1;
}

/* One after the other: what the first shop has compiled, the next ones find in the cache. */
static int start_one(struct worker *worker, struct crew *crew, unsigned number, unsigned count)
{
	char reason[TARE_DEFECT_REASON];

	worker->crew = crew;
	worker->shop.builders = builders_of(count);
	if (tare__shop_open(&worker->shop, crew->jobs->source, number))
		return -1;
	if (tare__shop_prepare(&worker->shop, reason) && !tare__interrupted())
		return tare__complain("%s", reason);
	if (pthread_create(&worker->thread, NULL, work, worker))
		return tare__complain("no thread can be had for a job");
	return 0;
}

static int start(struct crew *crew, struct worker *workers, unsigned count)
{
	unsigned started = 0;
	int status = 0;

	while (!status && started < count) {
		status = start_one(&workers[started], crew, started, count);
		started += !status;
	}
	for (unsigned i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	return status || crew->failed ? -1 : 0;
}

int tare__defect_jobs(const struct tare__defect_jobs *jobs)
{
	struct crew crew = { .jobs = jobs, .lock = PTHREAD_MUTEX_INITIALIZER };
	unsigned count = jobs->count < jobs->jobs ? (unsigned)jobs->count : jobs->jobs;
	struct worker *workers = calloc(count, sizeof(*workers));
	int status = -1;

	if (workers)
		status = start(&crew, workers, count);
	else
		tare__complain("out of memory");
	pthread_mutex_destroy(&crew.lock);
	free(workers);
	return status;
}
