/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build - the functions an orchestration calls to build its graph
 *
 * The reference drops an edge that breaks a rule with a log line, and the
 * graph is wrong or hangs (facts/runtime.md, L10).  Here the first breach is
 * kept, and ends the run with its sentence whatever the orchestration returns.
 */
#include "hbg_priv.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/device_program.h>
#include <tare/status.h>

void tare__hbg_fail(struct tare_graph *graph, int error, const char *format, ...)
{
	char sentence[256];
	va_list list;

	if (graph->error)
		return;
	graph->error = error;
	va_start(list, format);
	vsnprintf(sentence, sizeof sentence, format, list);
	va_end(list);
	tare_log(graph->log, TARE_LOG_ERROR, "graph: %s", sentence);
}

/* The graph behind the handle; NULL with a sentence when no graph is being built. */
static struct tare_graph *graph_of(struct tare_orchestration *runtime, const char *function)
{
	char *at = (char *)runtime;
	struct tare_graph *graph;

	if (!runtime)
		return NULL;
	graph = (struct tare_graph *)(void *)(at - offsetof(struct tare_graph, runtime));
	tare_must(graph->magic == TARE_MAGIC_GRAPH);
	if (graph->callable)
		return graph;
	tare_log(graph->log, TARE_LOG_ERROR, "graph: %s was called outside of a build", function);
	return NULL;
}

static bool task_is_sound(struct tare_graph *graph, const uint64_t *args, int arg_count, int func_id, int core_type)
{
	if (graph->task_count >= TARE_HBG_MAX_TASKS)
		tare__hbg_fail(graph, TARE_E_GRAPH, "more than %u tasks", TARE_HBG_MAX_TASKS);
	else if (arg_count < 0 || arg_count > (int)TARE_HBG_MAX_ARGS)
		tare__hbg_fail(graph, TARE_E_GRAPH, "task %" PRIu32 " has %d arguments, 0 to %u are possible",
			graph->task_count, arg_count, TARE_HBG_MAX_ARGS);
	else if (arg_count > 0 && !args)
		tare__hbg_fail(graph, TARE_E_GRAPH, "task %" PRIu32 " has %d arguments at NULL", graph->task_count, arg_count);
	else if (func_id < 0 || func_id >= TARE_FUNC_IDS || !graph->callable->code_by_func_id[func_id])
		tare__hbg_fail(graph, TARE_E_GRAPH, "task %" PRIu32 " wants the kernel with func id %d, the callable has none",
			graph->task_count, func_id);
	else if (core_type != TARE_CORE_AIC && core_type != TARE_CORE_AIV)
		tare__hbg_fail(graph, TARE_E_GRAPH, "task %" PRIu32 " wants core type %d, there are 0 (AIC) and 1 (AIV)",
			graph->task_count, core_type);
	else
		return true;
	return false;
}

static bool room_for_task(struct tare_graph *graph, int arg_count)
{
	void *tasks = tare__graph_grow(graph->tasks, &graph->task_room, (uint64_t)graph->task_count + 1, sizeof *graph->tasks);
	void *args;

	if (tasks)
		graph->tasks = tasks;
	args = tare__graph_grow(graph->args, &graph->arg_room, (uint64_t)graph->arg_count + (uint64_t)arg_count,
		sizeof *graph->args);
	if (args)
		graph->args = args;
	if (!tasks || !args)
		tare__hbg_fail(graph, TARE_E_MEMORY, "no host memory for task %" PRIu32, graph->task_count);
	return tasks && args;
}

static int add_task(struct tare_orchestration *runtime, uint64_t *args, int arg_count, int func_id, int core_type)
{
	struct tare_graph *graph = graph_of(runtime, "add_task");

	if (!graph || !task_is_sound(graph, args, arg_count, func_id, core_type) || !room_for_task(graph, arg_count))
		return -1;
	graph->tasks[graph->task_count] = (struct tare_hbg_task){
		.code = graph->callable->code_by_func_id[func_id],
		.first_edge = TARE_NO_EDGE,
		.first_arg = graph->arg_count,
		.arg_count = (uint16_t)arg_count,
		.core_type = (uint16_t)core_type,
		.func_id = func_id,
	};
	for (int i = 0; i < arg_count; i++)
		graph->args[graph->arg_count + (uint32_t)i] = args[i];
	graph->arg_count += (uint32_t)arg_count;
	return (int)graph->task_count++;
}

static int set_tensor_info_to_task(struct tare_orchestration *runtime, int task, const void *infos, int count)
{
	struct tare_graph *graph = graph_of(runtime, "set_tensor_info_to_task");

	if (!graph)
		return -1;
	if (task < 0 || (uint32_t)task >= graph->task_count)
		tare__hbg_fail(graph, TARE_E_GRAPH, "tensor infos for task %d, there are %" PRIu32 " tasks", task,
			graph->task_count);
	else if (count < 0 || count > (int)TARE_HBG_MAX_ARGS || (count > 0 && !infos))
		tare__hbg_fail(graph, TARE_E_GRAPH, "task %d gets %d tensor infos at %s, 0 to %u are possible", task, count,
			infos ? "an address" : "NULL", TARE_HBG_MAX_ARGS);
	else
		return 0;
	return -1;
}

static bool room_for_edge(struct tare_graph *graph)
{
	void *edges = tare__graph_grow(graph->edges, &graph->edge_room, (uint64_t)graph->edge_count + 1, sizeof *graph->edges);

	if (edges)
		graph->edges = edges;
	else
		tare__hbg_fail(graph, TARE_E_MEMORY, "no host memory for edge %" PRIu32, graph->edge_count);
	return edges;
}

static void add_successor(struct tare_orchestration *runtime, int from, int to)
{
	struct tare_graph *graph = graph_of(runtime, "add_successor");
	struct tare_hbg_task *producer;

	if (!graph)
		return;
	if (from < 0 || to < 0 || (uint32_t)from >= graph->task_count || (uint32_t)to >= graph->task_count) {
		tare__hbg_fail(graph, TARE_E_GRAPH, "an edge from task %d to task %d, there are %" PRIu32 " tasks", from, to,
			graph->task_count);
		return;
	}
	producer = &graph->tasks[from];
	if (producer->fanout >= TARE_HBG_MAX_FANOUT) {
		tare__hbg_fail(graph, TARE_E_GRAPH, "task %d has more than %u successors", from, TARE_HBG_MAX_FANOUT);
		return;
	}
	if (!room_for_edge(graph))
		return;
	graph->edges[graph->edge_count] = (struct tare_hbg_edge){ .to = (uint32_t)to, .next = producer->first_edge };
	producer->first_edge = graph->edge_count++;
	producer->fanout++;
	graph->tasks[to].fanin++;
	graph->backward |= to <= from;
}

static void record_tensor_pair(struct tare_orchestration *runtime, void *host, void *device, size_t size)
{
	struct tare_graph *graph = graph_of(runtime, "record_tensor_pair");
	void *pairs;

	if (!graph)
		return;
	if (!host || !device) {
		tare__hbg_fail(graph, TARE_E_GRAPH, "output %" PRIu32 " has %s at NULL", graph->pair_count,
			host ? "its device memory" : "its host memory");
		return;
	}
	pairs = tare__graph_grow(graph->pairs, &graph->pair_room, (uint64_t)graph->pair_count + 1, sizeof *graph->pairs);
	if (!pairs) {
		tare__hbg_fail(graph, TARE_E_MEMORY, "no host memory for output %" PRIu32, graph->pair_count);
		return;
	}
	graph->pairs = pairs;
	graph->pairs[graph->pair_count++] = (struct tare__pair){ host, (uint64_t)(uintptr_t)device, size };
}

static int get_task_count(struct tare_orchestration *runtime)
{
	struct tare_graph *graph = graph_of(runtime, "get_task_count");

	return graph ? (int)graph->task_count : 0;
}

static void print_runtime(struct tare_orchestration *runtime)
{
	struct tare_graph *graph = graph_of(runtime, "print_runtime");

	if (graph)
		tare_log(graph->log, TARE_LOG_INFO, "graph: %" PRIu32 " tasks, %" PRIu32 " edges, %" PRIu32 " arguments, %"
			PRIu32 " outputs", graph->task_count, graph->edge_count, graph->arg_count, graph->pair_count);
}

static void *device_malloc(struct tare_orchestration *runtime, size_t size)
{
	struct tare_graph *graph = graph_of(runtime, "device_malloc");
	uint64_t address = 0;
	int error;

	if (!graph)
		return NULL;
	if (size == 0) {
		tare__hbg_fail(graph, TARE_E_GRAPH, "device memory of 0 bytes was asked for");
		return NULL;
	}
	error = tare__pool_take(&graph->pool, size, &address);
	if (error)
		tare__hbg_fail(graph, error, "no device memory of %zu bytes (%s %d)", size, tare_status_name(error), error);
	return (void *)(uintptr_t)address;
}

static void device_free(struct tare_orchestration *runtime, void *device)
{
	struct tare_graph *graph = graph_of(runtime, "device_free");

	if (graph && device && !tare__pool_give(&graph->pool, (uint64_t)(uintptr_t)device))
		tare_log(graph->log, TARE_LOG_WARN, "graph: device_free of %p, which is not of this run", device);
}

static int copy_to_device(struct tare_orchestration *runtime, void *device, const void *host, size_t size)
{
	struct tare_graph *graph = graph_of(runtime, "copy_to_device");
	int error;

	if (!graph)
		return -1;
	if (!device || !host) {
		tare__hbg_fail(graph, TARE_E_GRAPH, "a copy of %zu bytes %s NULL", size, device ? "from" : "to");
		return -1;
	}
	error = size ? graph->ops->copy_in(graph->platform, (uint64_t)(uintptr_t)device, host, size) : 0;
	if (error)
		tare__hbg_fail(graph, error, "a copy of %zu bytes to the device failed (%s %d)", size,
			tare_status_name(error), error);
	return error;
}

const struct tare_orchestration_ops tare__hbg_orchestration_ops = {
	.add_task = add_task,
	.set_tensor_info_to_task = set_tensor_info_to_task,
	.add_successor = add_successor,
	.record_tensor_pair = record_tensor_pair,
	.get_task_count = get_task_count,
	.print_runtime = print_runtime,
	.device_malloc = device_malloc,
	.device_free = device_free,
	.copy_to_device = copy_to_device,
};
