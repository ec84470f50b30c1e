/* SPDX-License-Identifier: Apache-2.0 */
/*
 * life - init and finalize: from no device to a device and back to none
 */
#include "runner_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <tare/status.h>

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

	if (runner->device >= 0) {
		keep_first(&first, tare__callables_dismiss(runner));
		keep_first(&first, runner->parts.platform->finalize(runner->platform));
	}
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
		error = tare__admit(runner, TARE_EVENT_INIT);
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
