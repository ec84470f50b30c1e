/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the door of --target adds to a launch: each of our cells embedded, and
 * the same cell as the object that is exported, on one machine, launch by launch.
 */
#include "bench.h"

#include <stdio.h>

#include <tare/clock.h>

#include "bench_cell.h"
#include "cli.h"

enum { ELEMENTS = 16384, PAIRS = 201, BLOCK = 20, BLOCK_DIM = 3, THREADS = 3 };

struct side {
	struct tare__bench_cell cell;
	struct tare__bench_callable callable;
	double us[PAIRS];
};

static int launch_block(struct side *side, uint32_t pair)
{
	uint64_t start = tare_clock_ns();

	for (int i = 0; i < BLOCK; i++) {
		int code = tare__bench_launch(&side->cell, &side->callable, BLOCK_DIM, THREADS);
		if (code)
			return tare__complain("bench: a launch returned %d", code);
	}
	side->us[pair] = (double)(tare_clock_ns() - start) / 1000.0 / BLOCK;
	return 0;
}

/* Who is first alternates: what the one leaves in the caches is not always the other's. */
static int pair_up(struct side *embedded, struct side *foreign, uint32_t pairs, struct tare__figure *figure)
{
	double added[PAIRS];

	for (uint32_t pair = 0; pair < pairs; pair++) {
		struct side *first = pair % 2 ? foreign : embedded, *second = pair % 2 ? embedded : foreign;

		if (launch_block(first, pair) || launch_block(second, pair))
			return -1;
		added[pair] = (foreign->us[pair] / embedded->us[pair] - 1) * 100;
	}
	figure->value = tare__median(added, pairs);
	snprintf(figure->detail, sizeof figure->detail, "embedded %.1f us, by --target %.1f us",
		tare__median(embedded->us, pairs), tare__median(foreign->us, pairs));
	return 0;
}

static int measure(struct tare__bench *bench, struct tare_cell which)
{
	static struct side embedded, foreign;
	char text[TARE_CELL_TEXT];
	int status = -1;

	if (tare__bench_open(&embedded.cell, which, bench->fixtures, false, 0))
		return -1;
	if (tare__bench_open_foreign(&foreign.cell, which, bench->fixtures))
		goto embedded_open;
	if (tare__bench_prepare(&embedded.cell, "vector_five", 0, ELEMENTS, &embedded.callable))
		goto both_open;
	if (tare__bench_prepare(&foreign.cell, "vector_five", 0, ELEMENTS, &foreign.callable))
		goto embedded_prepared;
	struct tare__figure *figure = tare__bench_figure(bench, "%", 2, false, "a launch by --target %s",
		tare_cell_text(which, text));
	status = pair_up(&embedded, &foreign, PAIRS / bench->scale | 1, figure);
	tare__bench_forget(&foreign.callable);
embedded_prepared:
	tare__bench_forget(&embedded.callable);
both_open:
	tare__bench_close(&foreign.cell);
embedded_open:
	tare__bench_close(&embedded.cell);
	return status;
}

int tare__bench_target(struct tare__bench *bench)
{
	size_t count;
	const struct tare_cell *cells = tare_cells(&count);
	int status = 0;

	for (size_t i = 0; i < count; i++)
		if (cells[i].graph == TARE_GRAPH_HBG)
			status |= measure(bench, cells[i]);
	return status;
}
