/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks that do nothing, graph building included: what is left is the cost of
 * having tasks.
 */
#include "bench.h"

#include <stdio.h>

#include <tare/clock.h>

#include "bench_cell.h"
#include "cli.h"

enum { REPEATS = 41, FEW = 10000, MANY = 100000, BLOCK_DIM = 3, THREADS = 3 };

static const char *const shapes[] = { "chain", "fan", "diamond" };

static int median_ns(struct tare__bench_cell *cell, const char *name, int32_t id, uint32_t repeats, double *ns)
{
	struct tare__bench_callable callable;
	double times[REPEATS];
	int code = 0;

	if (tare__bench_prepare(cell, name, id, 1, &callable))
		return -1;
	for (uint32_t i = 0; i < repeats + 1 && !code; i++) {
		uint64_t start = tare_clock_ns();
		code = tare__bench_launch(cell, &callable, BLOCK_DIM, THREADS);
		if (i) /* the first one grows the launch buffers */
			times[i - 1] = (double)(tare_clock_ns() - start);
	}
	tare__bench_forget(&callable);
	if (code)
		return tare__complain("bench: a launch of %s returned %d", name, code);
	*ns = tare__median(times, repeats);
	return 0;
}

static int measure(struct tare__bench *bench, struct tare_cell which, double target)
{
	const uint32_t repeats = REPEATS / bench->scale | 1;
	struct tare__bench_cell cell;
	char text[TARE_CELL_TEXT], name[32];

	if (tare__bench_open(&cell, which, bench->fixtures, true, 0))
		return -1;
	for (unsigned i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		double few, many;

		snprintf(name, sizeof name, "%s_10k", shapes[i]);
		if (median_ns(&cell, name, (int32_t)(2 * i), repeats, &few))
			goto fail;
		snprintf(name, sizeof name, "%s_100k", shapes[i]);
		if (median_ns(&cell, name, (int32_t)(2 * i + 1), repeats / 4 | 1, &many))
			goto fail;
		tare_cell_text(which, text);
		tare__bench_figure(bench, "million tasks/s", target, true, "tasks %s %s of 10,000", text, shapes[i])->value =
			FEW / few * 1000.0;
		tare__bench_figure(bench, "x per task", 1.3, false, "tasks %s %s of 100,000 to 10,000", text, shapes[i])->value =
			(many / MANY) / (few / FEW);
	}
	tare__bench_close(&cell);
	return 0;
fail:
	tare__bench_close(&cell);
	return -1;
}

int tare__bench_tasks(struct tare__bench *bench)
{
	size_t count;
	const struct tare_cell *cells = tare_cells(&count);
	int status = 0;

	for (size_t i = 0; i < count; i++)
		if (measure(bench, cells[i], cells[i].graph == TARE_GRAPH_TRB ? 1.5 :
			    cells[i].platform == TARE_PLATFORM_SIM ? 4.0 : 3.0))
			status = -1;
	return status;
}
