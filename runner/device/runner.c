/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner - making a context, taking turns in it, and giving all of it back
 *
 * The door is a mutex that each call holds, but never across a launch: a
 * launch steps to "running" and lets the door go, and whoever comes meanwhile
 * is refused by the state table.
 */
#include "runner_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
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
		error = parts->graph->create(&runner->graph, parts->arch, parts->platform, runner->platform, &runner->log);
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

/* Locked. */
static int admit(struct tare_runner *runner, enum tare_runner_event event)
{
	if (runner->state == TARE_RUNNER_READY && runner->parts.platform->poisoned(runner->platform))
		tare__step(runner, TARE_EVENT_POISONED);
	return tare__state_next(runner->state, event, &runner->log, &runner->state);
}

int tare__enter(struct tare_runner *runner, enum tare_runner_event event)
{
	int error;

	pthread_mutex_lock(&runner->door);
	error = admit(runner, event);
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

static int check_binaries(const struct tare_runner *runner, int32_t device, const struct tare_binaries *binaries)
{
	const char *wrong = NULL;

	if (device < 0)
		wrong = "the device number is negative";
	else if (!binaries->aicpu || !binaries->aicpu_size)
		wrong = "there is no AICPU object";
	else if (!binaries->aicore || !binaries->aicore_size)
		wrong = "there is no AICore image";
	else if (!binaries->dispatcher && binaries->dispatcher_size)
		wrong = "the dispatcher has a size and no bytes";
	if (!wrong)
		return TARE_OK;
	tare_log(&runner->log, TARE_LOG_ERROR, "init: %s", wrong);
	return TARE_E_ARGUMENT;
}

static int keep_bytes(struct tare_runner *runner, const struct tare_binaries *binaries)
{
	uint8_t *at = malloc(binaries->aicpu_size + binaries->aicore_size + binaries->dispatcher_size);

	if (!at)
		return TARE_E_MEMORY;
	runner->init_bytes = at;
	runner->init_sizes[0] = binaries->aicpu_size;
	runner->init_sizes[1] = binaries->aicore_size;
	runner->init_sizes[2] = binaries->dispatcher_size;
	memcpy(at, binaries->aicpu, binaries->aicpu_size);
	memcpy(at + binaries->aicpu_size, binaries->aicore, binaries->aicore_size);
	if (binaries->dispatcher_size)
		memcpy(at + binaries->aicpu_size + binaries->aicore_size, binaries->dispatcher, binaries->dispatcher_size);
	return TARE_OK;
}

static int compare_bytes(const struct tare_runner *runner, int32_t device, const struct tare_binaries *binaries)
{
	const uint8_t *at = runner->init_bytes;

	if (device != runner->device) {
		tare_log(&runner->log, TARE_LOG_ERROR, "init: device %" PRId32 " is wanted, device %" PRId32 " is bound", device,
			runner->device);
		return TARE_E_STATE;
	}
	if (runner->init_sizes[0] == binaries->aicpu_size && runner->init_sizes[1] == binaries->aicore_size &&
	    runner->init_sizes[2] == binaries->dispatcher_size && !memcmp(at, binaries->aicpu, binaries->aicpu_size) &&
	    !memcmp(at + binaries->aicpu_size, binaries->aicore, binaries->aicore_size) &&
	    (!binaries->dispatcher_size || !memcmp(at + binaries->aicpu_size + binaries->aicore_size, binaries->dispatcher,
		binaries->dispatcher_size)))
		return TARE_OK;
	tare_log(&runner->log, TARE_LOG_ERROR, "init: other objects than the first time; finalize comes before them");
	return TARE_E_STATE;
}

static void keep_first(int *first, int error)
{
	if (!*first)
		*first = error;
}

/*
 * Locked, draining.  The device side goes first and in the platform's order,
 * streams before all: what may still be queued or run there must not outlive
 * the memory and the code that it works on.
 */
static int give_all_back(struct tare_runner *runner)
{
	int first = TARE_OK;

	if (runner->device >= 0)
		keep_first(&first, runner->parts.platform->finalize(runner->platform));
	keep_first(&first, tare__callables_close(runner));
	keep_first(&first, tare__contents_close(runner));
	runner->parts.graph->forget(runner->graph);
	tare__arenas_forget(runner);
	runner->memory.count = 0;
	free(runner->init_bytes);
	runner->init_bytes = NULL;
	memset(runner->init_sizes, 0, sizeof runner->init_sizes);
	runner->max_block_dim = 0;
	runner->device = -1;
	return first;
}

static int bring_up(struct tare_runner *runner, int32_t device, const struct tare_binaries *binaries)
{
	int error;

	/* From here on finalize has something to undo: attach may bind and fail all the same. */
	runner->device = device;
	error = runner->parts.platform->attach(runner->platform, device);
	if (!error)
		error = keep_bytes(runner, binaries);
	if (!error)
		error = runner->parts.platform->init(runner->platform, binaries);
	return error;
}

int tare__runner_init(struct tare_runner *runner, int32_t device, const struct tare_binaries *binaries)
{
	int error = check_binaries(runner, device, binaries);

	if (error)
		return error;
	pthread_mutex_lock(&runner->door);
	if (runner->state != TARE_RUNNER_CLOSED) {
		error = admit(runner, TARE_EVENT_INIT);
		if (!error)
			error = compare_bytes(runner, device, binaries);
	} else {
		tare__step(runner, TARE_EVENT_ATTACH);
		error = bring_up(runner, device, binaries);
		if (error) {
			tare_log(&runner->log, TARE_LOG_ERROR, "init: device %" PRId32 " did not come up (%s %d)", device,
				tare_status_name(error), error);
			tare__step(runner, TARE_EVENT_FINALIZE);
			give_all_back(runner);
			tare__step(runner, TARE_EVENT_FINALIZED);
		} else {
			tare__step(runner, TARE_EVENT_INIT);
		}
	}
	pthread_mutex_unlock(&runner->door);
	return error;
}

int tare__runner_finalize(struct tare_runner *runner)
{
	int error = tare__enter(runner, TARE_EVENT_FINALIZE);

	if (error)
		return error;
	error = give_all_back(runner);
	if (error)
		tare_log(&runner->log, TARE_LOG_ERROR, "finalize: not all went back (%s %d)", tare_status_name(error), error);
	tare__step(runner, TARE_EVENT_FINALIZED);
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

void tare__look_below(struct tare_runner *runner, struct tare_dump *dump)
{
	const struct tare_platform_ops *ops = runner->parts.platform;

	dump->committed_bytes = ops->committed_bytes(runner->platform);
	dump->committed_blocks = ops->committed_blocks(runner->platform);
	dump->launch_buffer_bytes = runner->parts.graph->kept_bytes(runner->graph);
	dump->image_generation = ops->image_generation(runner->platform);
	dump->references = ops->references(runner->platform);
	dump->poisoned = ops->poisoned(runner->platform);
}

/* Two dumps may be compared as bytes, so the padding is zeroed too. */
static void look(struct tare_runner *runner, struct tare_dump *dump)
{
	memset(dump, 0, sizeof *dump);
	if (runner->state == TARE_RUNNER_RUNNING)
		*dump = runner->before_launch;
	else
		tare__look_below(runner, dump);
	dump->state = runner->state;
}

void tare__runner_dump(struct tare_runner *runner, struct tare_dump *dump)
{
	pthread_mutex_lock(&runner->door);
	look(runner, dump);
	dump->device = runner->device;
	for (size_t i = 0; i < TARE_CALLABLE_IDS; i++) {
		dump->callables += runner->callables[i].content != NULL;
		dump->host_handles += runner->callables[i].object != NULL;
	}
	for (const struct tare__content *content = runner->contents; content; content = content->next) {
		dump->contents++;
		for (int32_t i = 0; i < content->kernel_count; i++)
			dump->child_handles += content->kernels[i].object != NULL;
	}
	for (size_t i = 0; i < TARE_REGIONS; i++)
		dump->arena_bytes[i] = runner->arenas[i].size;
	dump->launches = runner->launches;
	dump->host_dlopens = runner->host_dlopens;
	tare__leave(runner);
}

uint64_t tare__runner_committed(struct tare_runner *runner)
{
	struct tare_dump dump;

	pthread_mutex_lock(&runner->door);
	look(runner, &dump);
	tare__leave(runner);
	return dump.committed_bytes;
}

uint64_t tare__runner_dlopens(struct tare_runner *runner)
{
	uint64_t count;

	pthread_mutex_lock(&runner->door);
	count = runner->host_dlopens;
	tare__leave(runner);
	return count;
}

void tare__runner_refuse(struct tare_runner *runner, const char *sentence)
{
	tare_log(&runner->log, TARE_LOG_ERROR, "%s", sentence);
}
