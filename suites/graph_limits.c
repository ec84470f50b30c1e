/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph_limits - as much as a graph may have, and one more
 *
 * That a launch returns 0 says little: a chain counts its tasks, and a fan's
 * leaves read what the root wrote, so a task or an edge that was dropped
 * changes the result.
 */
#include <tare/spec.h>

#include <string.h>

#include "graph_rows.h"

enum { TIMES = 2 };

enum { E_GRAPH = -5, E_STALL = -100 };

/* Exact: whole numbers below 2^24. */
static void expect_count(struct tare_case *c, struct tare_callable *callable, unsigned round, unsigned tasks)
{
	float *a = tare_tensor(c, callable, 0);
	float *f = tare_tensor(c, callable, 1);

	for (size_t i = 0; i < tare_tensor_count(callable, 0); i++)
		a[i] = (float)(i * 1000 + round);
	memset(f, 0xff, tare_tensor_count(callable, 1) * sizeof(float));
	tare_launch(c, callable);
	for (size_t i = 0; i < tare_tensor_count(callable, 1); i++)
		tare_expect(c, f[i] == (float)(i * 1000 + round + tasks), "%u tasks counted to %g from %g", tasks, (double)f[i],
			(double)a[i]);
}

static void counted(struct tare_case *c, const char *name, unsigned tasks)
{
	struct tare_callable *callable = tare_prepare(c, name);

	for (uint32_t i = 0; i < tare_launches(c); i++)
		expect_count(c, callable, i, tasks);
}

static void as_many_tasks_as_there_are(struct tare_case *c) { counted(c, "count_most", 131072); }
static void each_edge_twice(struct tare_case *c)            { counted(c, "count_double", 1000); }
static void each_edge_128_times(struct tare_case *c)        { counted(c, "count_edges_128", 1000); }

static void a_fan_of_128(struct tare_case *c)
{
	struct tare_callable *fan = tare_prepare(c, "fan_128");
	float *a = tare_tensor(c, fan, 0);
	float *b = tare_tensor(c, fan, 1);
	float *f = tare_tensor(c, fan, 2);

	for (uint32_t round = 0; round < tare_launches(c); round++) {
		size_t wrong = 0, first = 0;

		for (size_t i = 0; i < tare_tensor_count(fan, 0); i++) {
			a[i] = (float)((i * 11 + round * 5) % 509) * 0.5f;
			b[i] = (float)((i * 3 + round) % 1021) * 0.25f;
		}
		memset(f, 0xff, tare_tensor_count(fan, 2) * sizeof(float));
		tare_launch(c, fan);
		for (size_t i = 0; i < tare_tensor_count(fan, 2); i++)
			if (f[i] != a[i] + b[i] + 1.0f && !wrong++)
				first = i;
		tare_expect(c, !wrong, "%zu elements are wrong, the first is number %zu: %g, wanted %g", wrong, first,
			(double)f[first], (double)(a[first] + b[first] + 1.0f));
	}
}

/* Too much between two launches that count right. */
static void refused(struct tare_case *c, const char *name, int wanted)
{
	struct tare_callable *good = tare_prepare(c, "count_1000");
	struct tare_callable *bad = tare_prepare(c, name);

	tare_launch(c, good);
	(void)tare_try_launch(c, bad); /* what launches keep has grown to fit this one too */
	tare_mark(c);
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		int code = tare_try_launch(c, bad);
		tare_expect(c, code == wanted, "%s gave %d, wanted %d", name, code, wanted);
		expect_count(c, good, i, 1000);
	}
}

static void one_task_more(struct tare_case *c)       { refused(c, "count_one_more", E_GRAPH); }
static void a_fan_of_129(struct tare_case *c)        { refused(c, "fan_129", E_GRAPH); }
static void each_edge_129_times(struct tare_case *c) { refused(c, "count_edges_129", E_GRAPH); }
static void a_task_after_itself(struct tare_case *c) { refused(c, "cycle_1", E_STALL); }
static void a_ring_of_two(struct tare_case *c)       { refused(c, "cycle", E_STALL); }
static void a_ring_of_a_thousand(struct tare_case *c) { refused(c, "cycle_1000", E_STALL); }

static const struct tare_spec specs[] = {
	HELD_IN(HOST_BUILD_GRAPH, "fan_of_128", "a task with 128 successors runs before each of them", a_fan_of_128,
		"L10: an edge that was dropped let its task run on what lay there before"),
	REFUSED_IN(HOST_BUILD_GRAPH, "fan_of_129",
		"a task with 129 successors ends the run with -5, and the next launch counts right", a_fan_of_129,
		"L10: the edge beyond the 128th was dropped, and the graph ran without it"),
	HELD_IN(HOST_BUILD_GRAPH, "most_tasks",
		"a chain of 131,072 tasks counts to 131,072", as_many_tasks_as_there_are,
		"facts of the reference: its table of tasks has that many rows"),
	REFUSED_IN(HOST_BUILD_GRAPH, "one_task_more",
		"131,073 tasks end the run with -5, and the next launch counts right", one_task_more,
		"L10: what an orchestration was refused it could overlook, and a part of the graph ran"),
	HELD_IN(HOST_BUILD_GRAPH, "edge_twice",
		"an edge that is added twice is waited for twice, and the chain counts right", each_edge_twice,
		"facts of the reference: the same edge counts on both sides each time it is added"),
	HELD_IN(HOST_BUILD_GRAPH, "edge_128_times", "the same edge 128 times is as good as once", each_edge_128_times,
		"facts of the reference: the same edge counts on both sides each time it is added"),
	REFUSED_IN(HOST_BUILD_GRAPH, "edge_129_times",
		"the same edge 129 times ends the run with -5", each_edge_129_times,
		"L10: the edge beyond the 128th was dropped on one side and waited for on the other"),
	REFUSED_IN(HOST_BUILD_GRAPH, "cycle_of_one",
		"a task that waits for itself ends the run with -100", a_task_after_itself,
		"L9, L30: a cycle turned for minutes, and then the host was told 0"),
	REFUSED_IN(HOST_BUILD_GRAPH, "cycle_of_two",
		"two tasks that wait for each other end the run with -100", a_ring_of_two,
		"L9, L30: a cycle turned for minutes, and then the host was told 0"),
	{
		.name     = "cycle_of_thousand",
		.says     = "a thousand tasks in a ring end the run with -100, within three seconds",
		.cells    = HOST_BUILD_GRAPH,
		.when     = a_ring_of_a_thousand,
		.launches = TIMES,
		.seconds  = 3,
		.then     = {
			{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ DEVICE_BLOCKS, FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because  = "L9, L30: a cycle turned for minutes, and then the host was told 0",
	},
};

const struct tare_suite tare_suite_graph_limits = { "graph_limits", specs, TARE_COUNT_OF(specs) };
