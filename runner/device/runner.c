/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner - making a context, taking turns in it, and destroying it
 *
 * The door is a mutex that each call holds, but never across a launch: a
 * launch steps to "running" and lets the door go, and whoever comes meanwhile
 * is refused by the state table.
 */
#include "runner_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <tare/status.h>

static void free_runner(struct tare_runner *runner)
{
	runner->magic = TARE_MAGIC_NONE;
	if (runner->graph)
		runner->parts.graph->destroy(&runner->graph);
	if (runner->platform)
		runner->parts.platform->destroy(&runner->platform);
	pthread_cond_destroy(&runner->landed);
	pthread_mutex_destroy(&runner->door);
	free(runner->memory.blocks);
	free(runner->init_bytes);
	free(runner);
}

static int make_door(struct tare_runner *runner)
{
	pthread_condattr_t monotonic;
	int error;

	if (pthread_mutex_init(&runner->door, NULL))
		return TARE_E_MEMORY;
	if (pthread_condattr_init(&monotonic)) {
		pthread_mutex_destroy(&runner->door);
		return TARE_E_MEMORY;
	}
	error = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	if (!error)
		error = pthread_cond_init(&runner->landed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (error)
		pthread_mutex_destroy(&runner->door);
	return error ? TARE_E_MEMORY : TARE_OK;
}

int tare__runner_create(struct tare_runner **place, const struct tare__parts *parts, const struct tare_tables *tables,
	const struct tare_log *log)
{
	struct tare_runner *runner = calloc(1, sizeof *runner);
	const struct tare_graph_arenas arenas = { tare__arenas_lend, runner };
	int error;

	if (!runner)
		return TARE_E_MEMORY;
	runner->parts = *parts;
	runner->tables = *tables;
	runner->log = log ? *log : (struct tare_log){ 0 };
	runner->device = -1;
	error = make_door(runner);
	if (error) {
		free(runner);
		return error;
	}
	error = parts->platform->create(&runner->platform, parts->arch, &runner->tables, &runner->log);
	if (!error)
		error = parts->graph->create(&runner->graph, parts->arch, parts->platform, runner->platform, &arenas,
			&runner->log);
	if (error)
		goto fail;
	runner->magic = TARE_MAGIC_RUNNER;
	*place = runner;
	return TARE_OK;
fail:
	free_runner(runner);
	return error;
}

struct tare_runner *tare__runner_of(void *context)
{
	struct tare_runner *runner = context;

	tare_must(!runner || runner->magic == TARE_MAGIC_RUNNER);
	return runner;
}

void tare__step(struct tare_runner *runner, enum tare_runner_event event)
{
	tare_must(tare__state_next(runner->state, event, &runner->log, &runner->state) == TARE_OK);
}

int tare__admit(struct tare_runner *runner, enum tare_runner_event event)
{
	if (runner->state == TARE_RUNNER_READY && runner->parts.platform->poisoned(runner->platform))
		tare__step(runner, TARE_EVENT_POISONED);
	return tare__state_next(runner->state, event, &runner->log, &runner->state);
}

int tare__enter(struct tare_runner *runner, enum tare_runner_event event)
{
	int error;

	pthread_mutex_lock(&runner->door);
	error = tare__admit(runner, event);
	if (error)
		pthread_mutex_unlock(&runner->door);
	return error;
}

void tare__leave(struct tare_runner *runner)
{
	pthread_mutex_unlock(&runner->door);
}

int tare__enter_device(struct tare_runner *runner, enum tare_runner_event event)
{
	int error = tare__enter(runner, event);

	if (error)
		return error;
	error = runner->parts.platform->attach(runner->platform, runner->device);
	if (error)
		tare__leave(runner);
	return error;
}

/* Locked.  False: the launch in flight lasts longer than one may. */
static bool wait_landed(struct tare_runner *runner)
{
	const struct tare_arch *arch = runner->parts.arch;
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 1 + (time_t)((2 * (uint64_t)arch->stream_timeout_ms + arch->op_timeout_us / 1000) / 1000);
	while (runner->state == TARE_RUNNER_RUNNING)
		if (pthread_cond_timedwait(&runner->landed, &runner->door, &until) == ETIMEDOUT)
			return runner->state != TARE_RUNNER_RUNNING;
	return true;
}

void tare__runner_destroy(struct tare_runner **place)
{
	struct tare_runner *runner = *place;
	bool landed;

	if (!runner)
		return;
	tare_must(runner->magic == TARE_MAGIC_RUNNER);
	*place = NULL;
	pthread_mutex_lock(&runner->door);
	landed = wait_landed(runner);
	pthread_mutex_unlock(&runner->door);
	if (!landed) {
		tare_log(&runner->log, TARE_LOG_ERROR, "destroy: a launch does not end; the context stays as it is");
		return;
	}
	tare__runner_finalize(runner);
	free_runner(runner);
}

void tare__runner_refuse(struct tare_runner *runner, const char *sentence)
{
	tare_log(&runner->log, TARE_LOG_ERROR, "%s", sentence);
}
