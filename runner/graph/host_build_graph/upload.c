/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upload - the built graph, laid out in one device block
 *
 *   header with the workers in use | tasks | args | edges | workspace
 *
 * The parts follow each other without holes for what is not used, so a small
 * graph is one copy; the block is as large as the largest launch so far wanted.
 */
#include "hbg_priv.h"

#include <inttypes.h>
#include <string.h>

#include <tare/device_program.h>
#include <tare/status.h>

struct layout {
	uint64_t header; /* bytes */
	uint64_t tasks;  /* offsets */
	uint64_t args;
	uint64_t edges;
	uint64_t workspace;
	uint64_t size;
};

static uint64_t round_up(uint64_t value, uint64_t grain)
{
	return (value + grain - 1) & ~(grain - 1);
}

static struct layout lay_out(const struct tare_graph *graph, uint32_t workers)
{
	struct layout at;

	at.header = offsetof(struct tare_hbg_image, workers) + (uint64_t)workers * sizeof(struct tare_handshake);
	at.tasks = round_up(at.header, 64);
	at.args = round_up(at.tasks + (uint64_t)graph->task_count * sizeof *graph->tasks, 64);
	at.edges = round_up(at.args + (uint64_t)graph->arg_count * sizeof *graph->args, 64);
	at.workspace = round_up(at.edges + (uint64_t)graph->edge_count * sizeof *graph->edges, 64);
	at.size = round_up(at.workspace + tare_hbg_workspace_bytes(graph->task_count), TARE_POOL_GRAIN);
	return at;
}

/* The old block goes back first: a card may have room for one and not for both. */
static int make_room(struct tare_graph *graph, uint64_t size)
{
	int error;

	if (graph->image && graph->image_bytes >= size)
		return TARE_OK;
	if (graph->image) {
		error = graph->ops->give(graph->platform, graph->image);
		if (error)
			return error;
		graph->image = 0;
		graph->image_bytes = 0;
	}
	error = tare__pool_take_past(&graph->pool, size, &graph->image);
	if (error) {
		graph->image = 0;
		return error;
	}
	graph->image_bytes = size;
	return TARE_OK;
}

/* The handshake slots stay as the host wrote them: the device works on its own copy. */
static void fill_workers(struct tare_hbg_image *header, uint32_t block_dim)
{
	uint32_t workers = 3 * block_dim;

	if (header->worker_count == workers)
		return;
	header->worker_count = workers;
	for (uint32_t i = 0; i < workers; i++)
		header->workers[i] = (struct tare_handshake){
			.core_type = i < block_dim ? TARE_CORE_AIC : TARE_CORE_AIV,
		};
}

static void fill_header(struct tare_graph *graph, const struct tare_launch *launch, const struct layout *at)
{
	struct tare_hbg_image *header = &graph->staging->header;

	fill_workers(header, launch->block_dim);
	header->revision = TARE_HBG_REVISION;
	header->aicpu_threads = launch->aicpu_threads;
	header->task_count = graph->task_count;
	header->edge_count = graph->edge_count;
	header->arg_count = graph->arg_count;
	header->error_worker = UINT32_MAX;
	header->tasks = graph->image + at->tasks;
	header->args = graph->image + at->args;
	header->edges = graph->image + at->edges;
	header->workspace = graph->image + at->workspace;
}

static int copy_parts(struct tare_graph *graph, const struct layout *at)
{
	const struct { uint64_t offset; const void *from; uint64_t size; } parts[] = {
		{ 0, &graph->staging->header, at->header },
		{ at->tasks, graph->tasks, (uint64_t)graph->task_count * sizeof *graph->tasks },
		{ at->args, graph->args, (uint64_t)graph->arg_count * sizeof *graph->args },
		{ at->edges, graph->edges, (uint64_t)graph->edge_count * sizeof *graph->edges },
	};
	bool small = at->workspace <= TARE_HBG_STAGING;
	int error = TARE_OK;

	for (size_t i = small ? 1 : 0; i < TARE_COUNT(parts) && !error; i++) {
		if (parts[i].size == 0)
			continue;
		if (small)
			memcpy(graph->staging->bytes + parts[i].offset, parts[i].from, parts[i].size);
		else
			error = graph->ops->copy_in(graph->platform, graph->image + parts[i].offset, parts[i].from, parts[i].size);
	}
	if (small)
		error = graph->ops->copy_in(graph->platform, graph->image, graph->staging, at->workspace);
	return error;
}

int tare__hbg_upload(struct tare_graph *graph, struct tare_launch *launch)
{
	struct layout at = lay_out(graph, 3 * launch->block_dim);
	int error = make_room(graph, at.size);

	if (error) {
		tare__hbg_fail(graph, error, "no device memory of %" PRIu64 " bytes for %" PRIu32 " tasks (%s %d)", at.size,
			graph->task_count, tare_status_name(error), error);
		return error;
	}
	fill_header(graph, launch, &at);
	error = copy_parts(graph, &at);
	if (error) {
		tare__hbg_fail(graph, error, "the image of %" PRIu32 " tasks could not be copied to the device (%s %d)",
			graph->task_count, tare_status_name(error), error);
		return error;
	}
	launch->runtime_args = graph->image;
	return TARE_OK;
}
