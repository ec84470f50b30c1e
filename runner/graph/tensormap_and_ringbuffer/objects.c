/* SPDX-License-Identifier: Apache-2.0 */
/*
 * objects - the orchestrations that the AICPU keeps open, as the host knows them
 *
 * The reference marks an id as seen and counts it before the launch that is
 * to open its object (facts/runtime.md, L3, L6): when that launch fails, the next
 * one finds nothing.  Here only the device's own word counts.
 */
#include "trb_priv.h"

#include <inttypes.h>

#include <tare/status.h>

#define ROWS_BYTES  (TARE_CALLABLE_IDS * sizeof(struct tare_trb_object))
#define TABLE_BYTES (ROWS_BYTES + sizeof(struct tare_trb_close))

int tare__trb_objects_take(struct tare_graph *graph)
{
	static const uint8_t zeros[TABLE_BYTES];
	uint64_t block;
	int error;

	if (graph->objects)
		return TARE_OK;
	error = graph->ops->aicpu_close_find(graph->platform);
	if (!error)
		error = tare__pool_take_past(&graph->pool, TABLE_BYTES, &block);
	if (error)
		return error;
	error = graph->ops->copy_in(graph->platform, block, zeros, TABLE_BYTES);
	if (!error)
		graph->objects = block;
	else if (graph->ops->give(graph->platform, block))
		tare_log(graph->log, TARE_LOG_ERROR, "graph: the table of objects did not go back");
	return error;
}

uint64_t tare__trb_objects_bytes(const struct tare_graph *graph)
{
	return graph->objects ? TABLE_BYTES : 0;
}

/* After a launch; graph->status is what came back, where something did. */
void tare__trb_objects_learn(struct tare_graph *graph, const struct tare_launch *launch, int run_result)
{
	struct tare__trb_held *held = &graph->held[graph->running];
	bool opened = false;

	if (launch->report_error == TARE_E_STATE)
		return; /* the device never heard of it */
	if (launch->report_error) {
		held->open = true;
	} else if (graph->status.opened == TARE_TRB_OPEN_FAILED) {
		held->open = false;
	} else {
		/* Without a word about opening, a launch that failed may not have come that far, or be there yet. */
		opened = graph->status.opened == TARE_TRB_OPENED || (!run_result && !held->counted);
		held->open = true;
	}
	if (!opened)
		return;
	held->counted = true;
	graph->device_opens++;
}

/* Only the device's own word says that it is closed: a refused launch may have been made, a made one refused. */
static int close_on_device(struct tare_graph *graph, int32_t id, bool *open)
{
	const uint64_t at = graph->objects + ROWS_BYTES;
	struct tare_trb_close close = {
		.revision = TARE_TRB_REVISION,
		.callable_id = (uint32_t)id,
		.objects = graph->objects,
	};
	int error = graph->ops->copy_in(graph->platform, at, &close, sizeof close), unread;

	*open = true;
	if (error)
		return error;
	error = graph->ops->aicpu_close(graph->platform, at);
	unread = graph->ops->copy_out(graph->platform, &close, at, sizeof close);
	if (unread)
		return error ? error : unread;
	*open = !close.closed;
	if (*open && !error)
		error = TARE_E_FAILED;
	return error ? error : close.error;
}

int tare__trb_objects_dismiss(struct tare_graph *graph, int32_t id, bool *open)
{
	struct tare__trb_held *held = &graph->held[id];
	int error = TARE_OK;

	*open = false;
	if (held->open && graph->ops->poisoned(graph->platform))
		tare_log(graph->log, TARE_LOG_WARN, "graph: the orchestration of callable %" PRId32 " is abandoned: the device is"
			" dead", id);
	else if (held->open)
		error = close_on_device(graph, id, open);
	if (error)
		tare_log(graph->log, TARE_LOG_ERROR, "graph: the orchestration of callable %" PRId32 " was not closed on"
			" the device (%s %d)", id, tare_status_name(error), error);
	if (!*open)
		*held = (struct tare__trb_held){ 0 };
	return error;
}

void tare__trb_objects_forget(struct tare_graph *graph)
{
	graph->objects = 0;
	for (size_t i = 0; i < TARE_CALLABLE_IDS; i++)
		graph->held[i] = (struct tare__trb_held){ 0 };
}
