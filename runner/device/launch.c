/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launch - one run of a prepared callable: check, bind, launch, copy back
 */
#include "runner_priv.h"

#include <inttypes.h>

#include <tare/clock.h>
#include <tare/status.h>

static int check_request(const struct tare_runner *runner, const struct tare__run *run)
{
	int error = TARE_E_ARGUMENT;

	if (run->diagnostics) {
		tare_log(&runner->log, TARE_LOG_ERROR, "launch: diagnostics were asked for, and this runtime has none yet");
		error = TARE_E_UNSUPPORTED;
	} else if (!run->args) {
		tare_log(&runner->log, TARE_LOG_ERROR, "launch: there are no arguments");
	} else if (run->id < 0 || run->id >= TARE_CALLABLE_IDS || !runner->callables[run->id].content) {
		tare_log(&runner->log, TARE_LOG_ERROR, "launch: no callable is registered under id %" PRId32, run->id);
		error = TARE_E_NOT_FOUND;
	} else {
		error = tare__arguments_check(runner, run->args);
	}
	return error;
}

static int check_width(struct tare_runner *runner, const struct tare__run *run, struct tare_launch *launch)
{
	const struct tare_arch *arch = runner->parts.arch;
	int error;

	if (run->aicpu_threads < 1 || (uint32_t)run->aicpu_threads > arch->max_aicpu_threads) {
		tare_log(&runner->log, TARE_LOG_ERROR, "launch: %d AICPU threads, 1 to %" PRIu32 " are possible on %s",
			run->aicpu_threads, arch->max_aicpu_threads, arch->name);
		return TARE_E_ARGUMENT;
	}
	if (!runner->max_block_dim) {
		error = runner->parts.platform->max_block_dim(runner->platform, &runner->max_block_dim);
		if (error)
			return error;
		if (runner->max_block_dim > arch->max_block_dim)
			runner->max_block_dim = arch->max_block_dim;
	}
	if (run->block_dim < 0 || (uint32_t)run->block_dim > runner->max_block_dim) {
		tare_log(&runner->log, TARE_LOG_ERROR, "launch: block_dim %d, 1 to %" PRIu32 " are possible, 0 takes all",
			run->block_dim, runner->max_block_dim);
		return TARE_E_ARGUMENT;
	}
	launch->block_dim = run->block_dim ? (uint32_t)run->block_dim : runner->max_block_dim;
	launch->aicpu_threads = (uint32_t)run->aicpu_threads;
	return TARE_OK;
}

/* Locked.  From here on the launch is in flight, or nothing was taken. */
static int take_off(struct tare_runner *runner, const struct tare__run *run, struct tare_launch *launch)
{
	int error = check_request(runner, run);

	if (!error)
		error = runner->parts.platform->attach(runner->platform, runner->device);
	if (!error)
		error = check_width(runner, run, launch);
	if (error) {
		tare__step(runner, TARE_EVENT_LANDED);
		return error;
	}
	tare__look_below(runner, &runner->before_launch);
	return TARE_OK;
}

/* The runner is not looked at after it: a destroy may have waited for this. */
static void land(struct tare_runner *runner)
{
	bool poisoned = runner->parts.platform->poisoned(runner->platform);

	pthread_mutex_lock(&runner->door);
	if (runner->parts.graph->device_opens)
		runner->device_opens = runner->parts.graph->device_opens(runner->graph);
	tare__step(runner, poisoned ? TARE_EVENT_POISONED : TARE_EVENT_LANDED);
	pthread_cond_broadcast(&runner->landed);
	pthread_mutex_unlock(&runner->door);
}

/* Not locked: the state keeps everybody else out, and the callable cannot go meanwhile. */
static int fly(struct tare_runner *runner, const struct tare__run *run, struct tare_launch *launch, int *own_code)
{
	const struct tare__callable *prepared = &runner->callables[run->id];
	const struct tare__content *content = prepared->content;
	const struct tare_chip_callable *header = (const void *)content->bytes;
	const struct tare_graph_callable callable = {
		.code_by_func_id = content->code_by_func_id,
		.signature = header->signature,
		.signature_count = header->signature_count,
		.build = prepared->build,
		.id = run->id,
		.registration = prepared->registration,
		.object = content->orchestration,
		.object_size = content->orchestration_size,
		.function_name = prepared->function_name,
		.config_name = prepared->config_name,
	};
	int error = runner->parts.graph->bind(runner->graph, &callable, run->args, launch, own_code);

	if (error)
		return error;
	error = runner->parts.platform->launch(runner->platform, launch);
	return runner->parts.graph->complete(runner->graph, launch, error, own_code);
}

int tare__runner_run(struct tare_runner *runner, const struct tare__run *run, struct tare_run_timing *timing)
{
	uint64_t begin = tare_clock_ns();
	struct tare_launch launch = { 0 };
	int own_code = 0;
	int error = tare__enter(runner, TARE_EVENT_LAUNCH);

	if (error)
		return tare_status_abi(error);
	error = take_off(runner, run, &launch);
	if (!error)
		runner->launches++;
	tare__leave(runner);
	if (error)
		return tare_status_abi(error);
	error = fly(runner, run, &launch, &own_code);
	if (error)
		tare_log(&runner->log, TARE_LOG_ERROR, "launch: callable %" PRId32 " failed (%s %d)", run->id,
			own_code ? "its own code" : tare_status_name(error), error);
	land(runner);
	if (error)
		return own_code ? own_code : tare_status_abi(error);
	if (timing) {
		timing->host_wall_ns = tare_clock_ns() - begin;
		timing->device_wall_ns = launch.device_wall_ns;
	}
	return 0;
}
