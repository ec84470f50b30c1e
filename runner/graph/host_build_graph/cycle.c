/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cycle - whether some tasks of a graph wait for each other
 *
 * The reference launches such a graph, idles for minutes and then reports
 * success (facts/runtime.md, L9, L30).  The host can tell in one pass over the
 * edges, and needs to look only when an edge leads backwards.
 */
#include "hbg_priv.h"

#include <inttypes.h>

#include <tare/status.h>

static int make_room(struct tare_graph *graph)
{
	void *waiting = tare__graph_grow(graph->waiting, &graph->waiting_room, graph->task_count, sizeof *graph->waiting);
	void *ready;

	if (waiting)
		graph->waiting = waiting;
	ready = tare__graph_grow(graph->ready, &graph->ready_room, graph->task_count, sizeof *graph->ready);
	if (ready)
		graph->ready = ready;
	return waiting && ready ? TARE_OK : TARE_E_MEMORY;
}

/* How many tasks get their turn when each goes after all its producers. */
static uint32_t run_dry(struct tare_graph *graph)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < graph->task_count; i++) {
		graph->waiting[i] = graph->tasks[i].fanin;
		if (!graph->waiting[i])
			graph->ready[found++] = i;
	}
	for (uint32_t done = 0; done < found; done++) {
		uint32_t edge = graph->tasks[graph->ready[done]].first_edge;

		for (; edge != TARE_NO_EDGE; edge = graph->edges[edge].next)
			if (--graph->waiting[graph->edges[edge].to] == 0)
				graph->ready[found++] = graph->edges[edge].to;
	}
	return found;
}

int tare__hbg_find_cycle(struct tare_graph *graph)
{
	uint32_t found, first = 0;

	if (!graph->backward)
		return TARE_OK;
	if (make_room(graph)) {
		tare__hbg_fail(graph, TARE_E_MEMORY, "no host memory to look for a cycle");
		return graph->error;
	}
	found = run_dry(graph);
	if (found == graph->task_count)
		return TARE_OK;
	while (!graph->waiting[first])
		first++;
	tare__hbg_fail(graph, TARE_E_STALL, "%" PRIu32 " of %" PRIu32 " tasks wait for each other, the first is task %" PRIu32,
		graph->task_count - found, graph->task_count, first);
	return graph->error;
}
