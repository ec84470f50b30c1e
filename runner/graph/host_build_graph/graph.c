/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph - host_build_graph: from arguments to a graph on the device, and back
 */
#include "hbg_priv.h"

#include <inttypes.h>
#include <stdlib.h>

#include <tare/status.h>

static void destroy(struct tare_graph **place)
{
	struct tare_graph *graph = *place;

	if (!graph)
		return;
	graph->magic = TARE_MAGIC_NONE;
	tare__pool_forget(&graph->pool);
	free(graph->tasks);
	free(graph->args);
	free(graph->edges);
	free(graph->pairs);
	free(graph->waiting);
	free(graph->ready);
	free(graph->staging);
	free(graph);
	*place = NULL;
}

static int create(struct tare_graph **place, const struct tare_arch *arch, const struct tare_platform_ops *ops,
	struct tare_platform *platform, const struct tare_graph_arenas *arenas, const struct tare_log *log)
{
	struct tare_graph *graph = calloc(1, sizeof *graph);

	(void)arch;   /* a launch is no wider than the platform said, and that is no wider than the arch */
	(void)arenas; /* a graph is one block, and its orchestration runs on the host */
	if (!graph)
		return TARE_E_MEMORY;
	graph->staging = calloc(1, sizeof *graph->staging);
	if (!graph->staging)
		goto fail;
	graph->runtime.ops = &tare__hbg_orchestration_ops;
	graph->ops = ops;
	graph->platform = platform;
	graph->pool = (struct tare__pool){ .ops = ops, .platform = platform };
	graph->log = log;
	graph->magic = TARE_MAGIC_GRAPH;
	*place = graph;
	return TARE_OK;
fail:
	destroy(&graph);
	return TARE_E_MEMORY;
}

static void end_run(struct tare_graph *graph)
{
	tare__pool_end_run(&graph->pool);
	graph->callable = NULL;
	graph->error = TARE_OK;
	graph->task_count = 0;
	graph->arg_count = 0;
	graph->edge_count = 0;
	graph->pair_count = 0;
	graph->backward = false;
}

static int build(struct tare_graph *graph, const struct tare_graph_callable *callable, const struct tare_chip_args *args,
	int *own_code)
{
	int said;

	graph->callable = callable;
	said = callable->build(&graph->runtime, args);
	graph->callable = NULL;
	if (graph->error)
		return graph->error;
	if (said) {
		*own_code = said < 0 ? said : TARE_E_FAILED;
		tare__hbg_fail(graph, *own_code, "the orchestration returned %d", said);
	}
	return graph->error;
}

static int bind(struct tare_graph *graph, const struct tare_graph_callable *callable, const struct tare_chip_args *args,
	struct tare_launch *launch, int *own_code)
{
	int error;

	tare_must(graph->magic == TARE_MAGIC_GRAPH);
	tare_must(launch->block_dim > 0 && 3 * launch->block_dim <= TARE_MAX_CORES);
	*own_code = 0;
	error = build(graph, callable, args, own_code);
	if (!error)
		error = tare__hbg_find_cycle(graph);
	if (!error)
		error = tare__hbg_upload(graph, launch);
	if (error)
		end_run(graph);
	return error;
}

/* What the device wrote about its failure; only for the log, and nothing is asked of a dead device. */
static void tell_failure(struct tare_graph *graph, int run_result)
{
	struct tare_hbg_image image = { 0 };

	if (graph->ops->poisoned(graph->platform))
		return;
	if (graph->ops->copy_out(graph->platform, &image, graph->image, offsetof(struct tare_hbg_image, workers)))
		return;
	if (image.error_worker != UINT32_MAX)
		tare_log(graph->log, TARE_LOG_ERROR, "graph: worker %" PRIu32 " failed the handshake", image.error_worker);
	tare_log(graph->log, TARE_LOG_ERROR, "graph: the launch ended with %d; the device says %s %" PRId32 ", %" PRIu32
		" of %" PRIu32 " tasks done", run_result, tare_status_name(image.error), image.error, image.completed,
		image.task_count);
}

static int copy_back(struct tare_graph *graph)
{
	for (uint32_t i = 0; i < graph->pair_count; i++) {
		const struct tare__pair *pair = &graph->pairs[i];
		int error = pair->size ? graph->ops->copy_out(graph->platform, pair->host, pair->device, pair->size) : 0;

		if (error) {
			tare_log(graph->log, TARE_LOG_ERROR, "graph: output %" PRIu32 " of %" PRIu64 " bytes could not be copied"
				" back (%s %d)", i, pair->size, tare_status_name(error), error);
			return error;
		}
	}
	return TARE_OK;
}

static int complete(struct tare_graph *graph, const struct tare_launch *launch, int run_result, int *own_code)
{
	int error = run_result;

	(void)launch;
	*own_code = 0;
	if (run_result)
		tell_failure(graph, run_result);
	else
		error = copy_back(graph);
	end_run(graph);
	return error;
}

static uint64_t kept_bytes(const struct tare_graph *graph)
{
	return graph->image_bytes + graph->pool.bytes;
}

static void forget(struct tare_graph *graph)
{
	tare__pool_forget(&graph->pool);
	graph->image = 0;
	graph->image_bytes = 0;
}

static int release(struct tare_graph *graph)
{
	int error = tare__pool_release(&graph->pool, graph->image);

	forget(graph);
	return error;
}

const struct tare_graph_ops tare__graph_host_build_graph = {
	.name = "host_build_graph",
	.create = create,
	.destroy = destroy,
	.bind = bind,
	.complete = complete,
	.kept_bytes = kept_bytes,
	.release = release,
	.forget = forget,
};
