/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph - tensormap_and_ringbuffer: what the device floor sees of it
 */
#include "trb_priv.h"

#include <stdlib.h>

#include <tare/status.h>

static int create(struct tare_graph **place, const struct tare_arch *arch, const struct tare_platform_ops *ops,
	struct tare_platform *platform, const struct tare_graph_arenas *arenas, const struct tare_log *log)
{
	struct tare_graph *graph = calloc(1, sizeof *graph);

	(void)arch; /* a launch is no wider than the platform said, and that is no wider than the arch */
	if (!graph)
		return TARE_E_MEMORY;
	graph->ops = ops;
	graph->platform = platform;
	graph->arenas = *arenas;
	graph->log = log;
	graph->pool = (struct tare__pool){ .ops = ops, .platform = platform };
	graph->running = -1;
	graph->magic = TARE_MAGIC_GRAPH;
	*place = graph;
	return TARE_OK;
}

static void destroy(struct tare_graph **place)
{
	struct tare_graph *graph = *place;

	if (!graph)
		return;
	graph->magic = TARE_MAGIC_NONE;
	tare__pool_forget(&graph->pool);
	free(graph);
	*place = NULL;
}

static uint64_t device_opens(const struct tare_graph *graph)
{
	return graph->device_opens;
}

static uint64_t kept_bytes(const struct tare_graph *graph)
{
	return graph->pool.bytes + tare__trb_objects_bytes(graph);
}

static void forget(struct tare_graph *graph)
{
	tare__pool_forget(&graph->pool);
	tare__trb_objects_forget(graph);
}

static int release(struct tare_graph *graph)
{
	int error = tare__pool_release(&graph->pool, graph->objects);

	forget(graph);
	return error;
}

const struct tare_graph_ops tare__graph_tensormap_and_ringbuffer = {
	.name = "tensormap_and_ringbuffer",
	.orchestrates_on_device = true,
	.create = create,
	.destroy = destroy,
	.bind = tare__trb_bind_run,
	.complete = tare__trb_complete_run,
	.dismiss = tare__trb_objects_dismiss,
	.device_opens = device_opens,
	.kept_bytes = kept_bytes,
	.release = release,
	.forget = forget,
};
