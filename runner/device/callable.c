/* SPDX-License-Identifier: Apache-2.0 */
/*
 * callable - registering callables under an id, and letting them go
 *
 * The reference uploads and opens before it looks at the id, and a refused
 * prepare leaves both behind (facts/runtime.md A10, L27).  Here the id is
 * looked at first, and whatever fails undoes what came before it.
 */
#include "runner_priv.h"

#include <inttypes.h>
#include <string.h>

#include <tare/status.h>
#include <tare/text.h>

static int check_id(const struct tare_runner *runner, int32_t id)
{
	if (id < 0 || id >= TARE_CALLABLE_IDS) {
		tare_log(&runner->log, TARE_LOG_ERROR, "prepare: id %" PRId32 ", 0 to %d are possible", id,
			TARE_CALLABLE_IDS - 1);
		return TARE_E_ARGUMENT;
	}
	if (runner->callables[id].content) {
		tare_log(&runner->log, TARE_LOG_ERROR, "prepare: id %" PRId32 " is in use", id);
		return TARE_E_STATE;
	}
	return TARE_OK;
}

/* The device opens it in the first launch; what is no object at all need not wait for that. */
static int check_orchestration(const struct tare_runner *runner, int32_t id,
	const struct tare_callable_view *view)
{
	int error = runner->parts.platform->orchestration_check(runner->platform, view->orchestration,
		view->orchestration_size);

	if (error)
		tare_log(&runner->log, TARE_LOG_ERROR, "prepare: id %" PRId32 ": its orchestration can't be opened on the device (%s %d)",
			id, tare_status_name(error), error);
	return error;
}

static int read_image(const struct tare_runner *runner, int32_t id, const void *image, uint64_t size,
	struct tare_callable_view *view)
{
	char sentence[256];
	int error = tare_callable_read(image, size, view, sentence, sizeof sentence);

	if (error) {
		tare_log(&runner->log, TARE_LOG_ERROR, "prepare: id %" PRId32 ": %s", id, sentence);
	} else if (!view->function_name[0] && !runner->parts.graph->orchestrates_on_device) {
		tare_log(&runner->log, TARE_LOG_ERROR, "prepare: id %" PRId32 ": the orchestration's function has no name", id);
		error = TARE_E_IMAGE;
	} else if (runner->parts.graph->orchestrates_on_device) {
		error = check_orchestration(runner, id, view);
	}
	return error;
}

static int open_orchestration(struct tare_runner *runner, const struct tare_callable_view *view,
	struct tare__callable *callable)
{
	void *object = NULL, *symbol = NULL;
	int error = runner->parts.platform->orchestration_open(runner->platform, view->orchestration,
		view->orchestration_size, view->function_name, &object, &symbol);

	if (!error && !symbol) {
		runner->parts.platform->orchestration_close(runner->platform, object);
		error = TARE_E_NOT_FOUND;
	}
	if (error)
		return error;
	callable->object = object;
	tare_function_from(symbol, &callable->build, sizeof callable->build);
	return TARE_OK;
}

/* Nothing fails any more: it is registered. */
static void keep(struct tare_runner *runner, int32_t id, const struct tare_callable_view *view,
	struct tare__callable *callable)
{
	callable->registration = ++runner->registrations;
	memcpy(callable->function_name, view->function_name, sizeof callable->function_name);
	memcpy(callable->config_name, view->config_name, sizeof callable->config_name);
	runner->host_dlopens += callable->object != NULL;
	runner->callables[id] = *callable;
}

static int prepare(struct tare_runner *runner, int32_t id, const void *image, uint64_t size)
{
	struct tare__callable callable = { 0 };
	struct tare_callable_view view;
	int error = check_id(runner, id);

	if (!error)
		error = read_image(runner, id, image, size, &view);
	if (!error)
		error = runner->parts.platform->attach(runner->platform, runner->device);
	if (error)
		return error;
	error = tare__content_acquire(runner, &view, &callable.content);
	if (!error && !runner->parts.graph->orchestrates_on_device)
		error = open_orchestration(runner, &view, &callable);
	if (error)
		goto fail;
	keep(runner, id, &view, &callable);
	return TARE_OK;
fail:
	tare_log(&runner->log, TARE_LOG_ERROR, "prepare: id %" PRId32 " is not registered (%s %d)", id,
		tare_status_name(error), error);
	if (callable.content)
		tare__content_release(runner, callable.content);
	return error;
}

int tare__runner_prepare(struct tare_runner *runner, int32_t id, const void *image, uint64_t size)
{
	int error = tare__enter(runner, TARE_EVENT_PREPARE);

	if (error)
		return error;
	error = prepare(runner, id, image, size);
	tare__leave(runner);
	return error;
}

/* Wherever it is open; `open`: on the device, and it may still be. */
static int close_orchestration(struct tare_runner *runner, int32_t id, bool *open)
{
	void *object = runner->callables[id].object;

	*open = false;
	if (object)
		return runner->parts.platform->orchestration_close(runner->platform, object);
	return runner->parts.graph->dismiss ? runner->parts.graph->dismiss(runner->graph, id, open) : TARE_OK;
}

static int unregister(struct tare_runner *runner, int32_t id)
{
	struct tare__callable *callable = &runner->callables[id];
	struct tare__content *content = callable->content;
	int error = runner->parts.platform->attach(runner->platform, runner->device);
	bool open = false;
	int released;

	if (error)
		return error; /* nothing was tried: it is still registered */
	error = close_orchestration(runner, id, &open);
	if (open)
		return error; /* so it is where the device was not heard to close it */
	*callable = (struct tare__callable){ 0 };
	released = tare__content_release(runner, content);
	return error ? error : released;
}

int tare__runner_unregister(struct tare_runner *runner, int32_t id)
{
	int error = tare__enter(runner, TARE_EVENT_UNREGISTER);

	if (error)
		return error;
	if (id >= 0 && id < TARE_CALLABLE_IDS && runner->callables[id].content)
		error = unregister(runner, id);
	if (error)
		tare_log(&runner->log, TARE_LOG_ERROR, "unregister: id %" PRId32 " (%s %d)", id, tare_status_name(error), error);
	tare__leave(runner);
	return error;
}

int tare__callables_dismiss(struct tare_runner *runner)
{
	const struct tare_graph_ops *graph = runner->parts.graph;
	int first = TARE_OK;

	if (!graph->dismiss || !runner->launches)
		return TARE_OK;
	if (!runner->parts.platform->poisoned(runner->platform))
		first = runner->parts.platform->attach(runner->platform, runner->device);
	if (first)
		return first;
	/* One that died unseen is asked before it is given work: what it has open goes down with it. */
	runner->parts.platform->is_dead(runner->platform);
	for (int32_t id = 0; id < TARE_CALLABLE_IDS; id++) {
		bool ignored;
		int error = graph->dismiss(runner->graph, id, &ignored);

		if (!first)
			first = error;
	}
	return first;
}

int tare__callables_close(struct tare_runner *runner)
{
	int first = TARE_OK;

	for (size_t i = 0; i < TARE_CALLABLE_IDS; i++) {
		struct tare__callable *callable = &runner->callables[i];
		int error = TARE_OK;

		if (callable->object)
			error = runner->parts.platform->orchestration_close(runner->platform, callable->object);
		if (!first)
			first = error;
		*callable = (struct tare__callable){ 0 };
	}
	return first;
}
