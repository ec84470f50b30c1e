/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A five-kernel launch against its floor.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include <tare/arch.h>
#include <tare/clock.h>

#include "bench_cell.h"
#include "cli.h"

enum { ELEMENTS = 16384, BLOCK = 20, PAIRS = 101, THREADS = 3 };

struct pairing {
	double ratio;
	double launch_us, floor_us, kernels_us;
};

static double since_us(uint64_t start, uint32_t launches)
{
	return (double)(tare_clock_ns() - start) / 1000.0 / launches;
}

static int pair_up(struct tare__bench_cell *cell, struct tare__bench_floor *floor,
	const struct tare__bench_callable *callable, int block_dim, uint32_t pairs, struct pairing *result)
{
	double ratios[PAIRS], launches[PAIRS], floors[PAIRS], kernels[PAIRS];

	for (uint32_t pair = 0; pair < pairs; pair++) {
		uint64_t start = tare_clock_ns();
		for (int i = 0; i < BLOCK; i++) {
			int code = tare__bench_launch(cell, callable, block_dim, THREADS);
			if (code)
				return tare__complain("bench: a launch returned %d", code);
		}
		launches[pair] = since_us(start, BLOCK);
		start = tare_clock_ns();
		for (int i = 0; i < BLOCK; i++)
			tare__bench_floor_launch(floor, callable->tensors[0], callable->tensors[1], callable->tensors[2]);
		floors[pair] = since_us(start, BLOCK);
		start = tare_clock_ns();
		for (int i = 0; i < BLOCK; i++)
			tare__bench_floor_kernels(floor);
		kernels[pair] = since_us(start, BLOCK);
		ratios[pair] = launches[pair] / floors[pair];
	}
	result->ratio = tare__median(ratios, pairs);
	result->launch_us = tare__median(launches, pairs);
	result->floor_us = tare__median(floors, pairs);
	result->kernels_us = tare__median(kernels, pairs);
	return 0;
}

static int measure(struct tare__bench *bench, struct tare_cell which, struct tare__bench_floor *floor, uint64_t memory,
	double targets[2], const char *note)
{
	const uint32_t pairs = PAIRS / bench->scale | 1;
	const int full = (int)tare_arch(which.arch)->max_block_dim;
	const int widths[] = { 3, full };
	struct tare__bench_cell cell;
	struct tare__bench_callable callable;
	char text[TARE_CELL_TEXT];
	int status = -1;

	if (tare__bench_open(&cell, which, bench->fixtures, true, memory))
		return -1;
	if (tare__bench_prepare(&cell, "vector_five", 0, ELEMENTS, &callable))
		goto closed;
	for (int i = 0; i < 2; i++) {
		struct pairing found = { 0 };

		if (pair_up(&cell, floor, &callable, widths[i], pairs, &found))
			goto forgotten;
		struct tare__figure *figure = tare__bench_figure(bench, "x floor", targets[i], false, "launch %s block_dim %d%s",
			tare_cell_text(which, text), widths[i], note);
		figure->value = found.ratio;
		snprintf(figure->detail, sizeof figure->detail, "launch %.1f us, floor %.1f, kernels %.1f, difference %.1f",
			found.launch_us, found.floor_us, found.kernels_us, found.launch_us - found.floor_us);
	}
	status = 0;
forgotten:
	tare__bench_forget(&callable);
closed:
	tare__bench_close(&cell);
	return status;
}

int tare__bench_launches(struct tare__bench *bench)
{
	struct tare__bench_floor *floor = tare__bench_floor_open(bench->fixtures, ELEMENTS);
	double targets[][TARE_PLATFORM_COUNT][2] = {
		[TARE_GRAPH_HBG] = { { 1.5, 1.8 }, { 1.2, 1.5 } },
		[TARE_GRAPH_TRB] = { { 1.9, 2.3 }, { 1.6, 2.0 } },
	};
	size_t count;
	const struct tare_cell *cells = tare_cells(&count);
	int status = floor ? 0 : -1;

	for (size_t i = 0; i < count && floor; i++)
		if (measure(bench, cells[i], floor, 0, targets[cells[i].graph][cells[i].platform], ""))
			status = -1;
	/* A card a fifteenth of the size: what a launch costs must not know how large the card is. */
	for (size_t i = 0; i < count && !status; i++)
		if (cells[i].arch == TARE_ARCH_A5 && cells[i].platform == TARE_PLATFORM_ONBOARD &&
		    cells[i].graph == TARE_GRAPH_HBG)
			status = measure(bench, cells[i], floor, 8ull << 30, targets[cells[i].graph][cells[i].platform],
				", 8 GiB card");
	tare__bench_floor_close(&floor);
	return status;
}
