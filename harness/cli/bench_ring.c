/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tensormap_and_ringbuffer promises beside its launches and tasks: that a
 * window costs nothing by its size, that two workers share the work, and that
 * launches after the second take nothing.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include <tare/clock.h>

#include "bench_cell.h"
#include "cli.h"

enum { PAIRS = 21, FEW_PAIRS = 7, BLOCK_DIM = 3, THREADS = 3, SLOW_TASKS = 1000, LAUNCHES = 1000 };

static int time_launch(struct tare__bench_cell *cell, const struct tare__bench_callable *callable, double *ns)
{
	uint64_t start = tare_clock_ns();
	int code = tare__bench_launch(cell, callable, BLOCK_DIM, THREADS);

	*ns = (double)(tare_clock_ns() - start);
	return code ? tare__complain("bench: a launch returned %d", code) : 0;
}

/* The same tasks in a window of 1,024 and in one of 65,536. */
static int compare_windows(struct tare__bench_cell *cell, const struct tare__bench_callable *callable, uint32_t pairs,
	double *ratio)
{
	static const char *const windows[] = { "1024", "65536" };
	double ratios[PAIRS], ns[2];

	for (uint32_t pair = 0; pair < pairs + 1; pair++) {
		for (int i = 0; i < 2; i++) {
			setenv("PTO2_RING_TASK_WINDOW", windows[i], 1);
			if (time_launch(cell, callable, &ns[i]))
				return -1;
		}
		if (pair) /* the first one grows what launches keep */
			ratios[pair - 1] = ns[1] / ns[0];
	}
	*ratio = tare__median(ratios, pairs);
	return 0;
}

static int measure_windows(struct tare__bench *bench, struct tare_cell which)
{
	struct tare__bench_cell cell;
	struct tare__bench_callable callable;
	char text[TARE_CELL_TEXT];
	double ratio = 0;

	if (tare__bench_open(&cell, which, bench->fixtures, true, 0))
		return -1;
	int status = tare__bench_prepare(&cell, "chain_10k", 0, 1, &callable);
	if (!status) {
		status = compare_windows(&cell, &callable, PAIRS / bench->scale | 1, &ratio);
		tare__bench_forget(&callable);
	}
	unsetenv("PTO2_RING_TASK_WINDOW");
	tare__bench_close(&cell);
	if (!status)
		tare__bench_figure(bench, "x", 1.1, false, "window %s of 65,536 to 1,024", tare_cell_text(which, text))->value = ratio;
	return status;
}

/* A launch of slow tasks in a process of so many workers. */
static int time_workers(struct tare__bench *bench, struct tare_cell which, const char *workers, double *ns)
{
	struct tare__bench_cell cell;
	struct tare__bench_callable callable;

	setenv("TARE_MACHINE_WORKERS", workers, 1);
	int status = tare__bench_open(&cell, which, bench->fixtures, false, 0);
	unsetenv("TARE_MACHINE_WORKERS");
	if (status)
		return -1;
	status = tare__bench_prepare(&cell, "slow_apart", 0, 1, &callable);
	if (!status) {
		status = time_launch(&cell, &callable, ns) || time_launch(&cell, &callable, ns) ? -1 : 0;
		tare__bench_forget(&callable);
	}
	tare__bench_close(&cell);
	return status;
}

static int measure_workers(struct tare__bench *bench, struct tare_cell which)
{
	const uint32_t pairs = FEW_PAIRS / bench->scale | 1;
	double ratios[FEW_PAIRS], ones[FEW_PAIRS], one, two;
	char text[TARE_CELL_TEXT];

	for (uint32_t i = 0; i < pairs; i++) {
		if (time_workers(bench, which, "1", &one) || time_workers(bench, which, "2", &two))
			return -1;
		ratios[i] = two / one;
		ones[i] = one;
	}
	struct tare__figure *figure = tare__bench_figure(bench, "x", 0.65, false, "two workers %s to one, %d slow tasks",
		tare_cell_text(which, text), SLOW_TASKS);
	figure->value = tare__median(ratios, pairs);
	snprintf(figure->detail, sizeof figure->detail, "one worker %.1f us a task", tare__median(ones, pairs) / SLOW_TASKS / 1e3);
	return 0;
}

static uint64_t taken_so_far(const struct tare__bench_cell *cell)
{
	uint64_t taken = 0;

	for (int call = TARE_CALL_NONE + 1; call < TARE_CALLS; call++) {
		enum tare_rule rule = tare_call_info((enum tare_call_id)call)->rule;

		if (rule == TARE_RULE_TAKES || rule == TARE_RULE_TAKES_UNDER)
			taken += cell->page->tally[call].count;
	}
	return taken;
}

static int measure_taken(struct tare__bench *bench, struct tare_cell which)
{
	const uint32_t launches = LAUNCHES / bench->scale;
	struct tare__bench_cell cell;
	struct tare__bench_callable callable;
	char text[TARE_CELL_TEXT];
	uint64_t before = 0;
	double ns;

	if (tare__bench_open(&cell, which, bench->fixtures, true, 0))
		return -1;
	int status = tare__bench_prepare(&cell, "vector_five", 0, 1024, &callable);
	for (uint32_t i = 0; i < launches && !status; i++) {
		status = time_launch(&cell, &callable, &ns);
		if (i == 1)
			before = taken_so_far(&cell);
	}
	if (!status)
		tare__bench_figure(bench, "calls", 0, false, "taken %s from launch 2 to launch %u", tare_cell_text(which, text),
			launches)->value = (double)(taken_so_far(&cell) - before);
	tare__bench_forget(&callable);
	tare__bench_close(&cell);
	return status;
}

int tare__bench_rings(struct tare__bench *bench)
{
	size_t count;
	const struct tare_cell *cells = tare_cells(&count);
	int status = 0;

	for (size_t i = 0; i < count; i++)
		if (cells[i].graph == TARE_GRAPH_TRB &&
		    (measure_windows(bench, cells[i]) || measure_workers(bench, cells[i]) || measure_taken(bench, cells[i])))
			status = -1;
	return status;
}
