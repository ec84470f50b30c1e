/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind - one launch: its capacities, arenas, tensors and image
 *
 * A tensor is copied as its direction says: IN up, OUT back, INOUT both.  The
 * reference first copied all of them both ways (facts/runtime.md 6.3).
 */
#include "trb_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <tare/device_program.h>
#include <tare/status.h>
#include <tare/trb_orchestration.h>

void tare__trb_end_run(struct tare_graph *graph)
{
	tare__pool_end_run(&graph->pool);
	graph->pair_count = 0;
	graph->running = -1;
}

static int set_up_arenas(struct tare_graph *graph, uint64_t bases[TARE_REGIONS])
{
	struct tare_trb_sizes want;
	int ignored = 0, error;
	uint32_t gone;
	bool full;

	tare_trb_sizes(&graph->image.capacity, &want);
	const uint64_t sizes[TARE_REGIONS] = {
		[TARE_REGION_HEAP] = want.heap,
		[TARE_REGION_SHARED] = want.shared,
		[TARE_REGION_RUNTIME] = want.runtime,
	};
	error = graph->arenas.set_up(graph->arenas.keeper, sizes, bases, &full);
	if (!error || !full)
		return error;
	/* What an earlier launch staged its tensors in must not fail this one. */
	gone = tare__pool_trim(&graph->pool, &ignored);
	if (gone > 0)
		error = graph->arenas.set_up(graph->arenas.keeper, sizes, bases, &full);
	/* In vain: smaller arenas would be carved from the room of the tensors, which then fit nowhere on a full card. */
	if (error)
		tare__pool_restore(&graph->pool, gone);
	return error;
}

/* Of a tensor that was checked. */
static uint64_t bytes_of(const struct tare_tensor *tensor)
{
	uint64_t bytes = tare_data_type_bytes((enum tare_data_type)tensor->type);

	for (uint32_t i = 0; i < tensor->dims; i++)
		bytes *= tensor->shape[i];
	return bytes;
}

/* What a signature does not say goes both ways. */
static enum tare_direction direction_of(const struct tare_graph_callable *callable, int32_t tensor)
{
	const int32_t said = tensor < callable->signature_count ? callable->signature[tensor] : TARE_SCALAR;

	return said == TARE_IN || said == TARE_OUT ? (enum tare_direction)said : TARE_INOUT;
}

static int stage_tensor(struct tare_graph *graph, struct tare_tensor *tensor, uint32_t index,
	enum tare_direction direction)
{
	void *host = (void *)(uintptr_t)tensor->data;
	const uint64_t size = bytes_of(tensor);
	uint64_t device = 0;
	int error = tare__pool_take(&graph->pool, size, &device);

	if (!error && direction != TARE_OUT)
		error = graph->ops->copy_in(graph->platform, device, host, size);
	if (error) {
		tare_log(graph->log, TARE_LOG_ERROR, "graph: tensor %" PRIu32 " of %" PRIu64 " bytes could not be staged (%s %d)",
			index, size, tare_status_name(error), error);
		return error;
	}
	tensor->data = device;
	if (direction != TARE_IN)
		graph->pairs[graph->pair_count++] = (struct tare__trb_pair){ host, device, size, index };
	return TARE_OK;
}

static int stage(struct tare_graph *graph, const struct tare_graph_callable *callable, const struct tare_chip_args *args)
{
	struct tare_chip_args *staged = &graph->image.args;
	int error = TARE_OK;

	staged->tensor_count = args->tensor_count;
	staged->scalar_count = args->scalar_count;
	memcpy(staged->tensors, args->tensors, (size_t)args->tensor_count * sizeof staged->tensors[0]);
	memcpy(staged->scalars, args->scalars, (size_t)args->scalar_count * sizeof staged->scalars[0]);
	for (int32_t i = 0; i < args->tensor_count && !error; i++)
		if (!staged->tensors[i].child_memory)
			error = stage_tensor(graph, &staged->tensors[i], (uint32_t)i, direction_of(callable, i));
	return error;
}

static void put_name(char name[TARE_CALLABLE_NAME], const char *given, const char *usual)
{
	strncpy(name, given && given[0] ? given : usual, TARE_CALLABLE_NAME - 1);
	name[TARE_CALLABLE_NAME - 1] = '\0';
}

static void fill_callable(struct tare_trb_image *image, const struct tare_graph_callable *callable)
{
	image->callable_id = (uint32_t)callable->id;
	image->registration = callable->registration;
	image->code = callable->object;
	image->code_size = callable->object_size;
	put_name(image->function_name, callable->function_name, TARE_TRB_DEFAULT_ENTRY);
	put_name(image->config_name, callable->config_name, TARE_TRB_DEFAULT_CONFIG);
	memcpy(image->kernels, callable->code_by_func_id, sizeof image->kernels);
}

static void fill_launch(struct tare_graph *graph, const struct tare_launch *launch, const uint64_t bases[TARE_REGIONS])
{
	struct tare_trb_image *image = &graph->image;
	const uint32_t workers = 3 * launch->block_dim;

	if (image->worker_count != workers)
		for (uint32_t i = 0; i < workers; i++)
			image->workers[i] = (struct tare_handshake){
				.core_type = i < launch->block_dim ? TARE_CORE_AIC : TARE_CORE_AIV,
			};
	image->revision = TARE_TRB_REVISION;
	image->worker_count = workers;
	image->aicpu_threads = launch->aicpu_threads;
	image->heap = bases[TARE_REGION_HEAP];
	image->shared = bases[TARE_REGION_SHARED];
	image->workspace = bases[TARE_REGION_RUNTIME] + tare_trb_workspace_offset();
	image->objects = graph->objects;
	image->status = (struct tare_trb_status){ .sched_thread = UINT32_MAX, .error_worker = UINT32_MAX };
}

static int upload(struct tare_graph *graph, const struct tare_graph_callable *callable, struct tare_launch *launch,
	const uint64_t bases[TARE_REGIONS])
{
	const uint64_t at = bases[TARE_REGION_RUNTIME];
	int error;

	fill_callable(&graph->image, callable);
	fill_launch(graph, launch, bases);
	error = graph->ops->copy_in(graph->platform, at, &graph->image, sizeof graph->image);
	if (error) {
		tare_log(graph->log, TARE_LOG_ERROR, "graph: the image could not be copied to the device (%s %d)",
			tare_status_name(error), error);
		return error;
	}
	launch->runtime_args = at;
	launch->report = at + offsetof(struct tare_trb_image, status);
	launch->report_to = &graph->status;
	launch->report_bytes = sizeof graph->status;
	launch->report_error = TARE_E_STATE;
	return TARE_OK;
}

int tare__trb_bind_run(struct tare_graph *graph, const struct tare_graph_callable *callable,
	const struct tare_chip_args *args, struct tare_launch *launch, int *own_code)
{
	uint64_t bases[TARE_REGIONS] = { 0 };
	int error;

	tare_must(graph->magic == TARE_MAGIC_GRAPH);
	tare_must(launch->block_dim > 0 && 3 * launch->block_dim <= TARE_MAX_CORES);
	tare_must(callable->registration != 0 && callable->id >= 0 && callable->id < TARE_CALLABLE_IDS);
	*own_code = 0;
	graph->running = callable->id;
	error = tare__trb_read_capacity(getenv, &graph->image.capacity, graph->log);
	if (!error)
		error = set_up_arenas(graph, bases);
	if (!error)
		error = tare__trb_objects_take(graph);
	if (!error)
		error = stage(graph, callable, args);
	if (!error)
		error = upload(graph, callable, launch, bases);
	if (error)
		tare__trb_end_run(graph);
	return error;
}
