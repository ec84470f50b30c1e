/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What weighing costs, what an empty case costs, and that many launches stay flat.
 */
#include "bench.h"

#include <malloc.h>
#include <stdio.h>

#include <tare/clock.h>
#include <tare/engine.h>

#include "bench_cell.h"
#include "cli.h"

enum { PAIRS = 101, BLOCK = 50, CALLS = 2000, LAUNCHES = 200000, CASES = 200 };

static const struct tare_cell onboard = { TARE_ARCH_A5, TARE_PLATFORM_ONBOARD, TARE_GRAPH_HBG };
static const struct tare_cell sim = { TARE_ARCH_A5, TARE_PLATFORM_SIM, TARE_GRAPH_HBG };

/* A take and a give of one small block: the two dearest rules, frames and hash included. */
static double calls_ns(const struct tare_host *host, uint32_t calls)
{
	uint64_t start = tare_clock_ns();

	for (uint32_t i = 0; i < calls / 2; i++) {
		void *memory = NULL;
		if (host->memory_take(0, 512, &memory) || host->memory_give(0, memory))
			return -1;
	}
	return (double)(tare_clock_ns() - start) / calls;
}

static int meter_calls(struct tare__bench *bench)
{
	const uint32_t pairs = PAIRS / bench->scale | 1;
	struct tare__bench_cell cell;
	double differences[PAIRS], plain = 0;

	if (tare__bench_open(&cell, sim, bench->fixtures, true, 0))
		return -1;
	for (uint32_t i = 0; i < pairs; i++) {
		double metered = calls_ns(&cell.tables.host, CALLS);
		plain = calls_ns(&cell.plain.host, CALLS);
		differences[i] = metered - plain;
	}
	tare__bench_close(&cell);
	struct tare__figure *figure = tare__bench_figure(bench, "ns", 60, false, "metering one call that takes or gives");
	figure->value = tare__median(differences, pairs);
	snprintf(figure->detail, sizeof figure->detail, "%.0f ns without the meter", plain);
	return 0;
}

static double launches_us(struct tare__bench_cell *cell, const struct tare__bench_callable *callable)
{
	uint64_t start = tare_clock_ns();

	for (int i = 0; i < BLOCK; i++)
		if (tare__bench_launch(cell, callable, 1, 1))
			return -1;
	return (double)(tare_clock_ns() - start) / 1000.0 / BLOCK;
}

static int meter_launches(struct tare__bench *bench)
{
	const uint32_t pairs = PAIRS / bench->scale | 1;
	struct tare__bench_cell cells[2];
	struct tare__bench_callable callables[2];
	double differences[PAIRS];
	int status = -1;

	if (tare__bench_open(&cells[0], onboard, bench->fixtures, true, 0))
		return -1;
	if (tare__bench_open(&cells[1], onboard, bench->fixtures, false, 0))
		goto first;
	if (tare__bench_prepare(&cells[0], "empty", 0, 1, &callables[0]) ||
	    tare__bench_prepare(&cells[1], "empty", 0, 1, &callables[1]))
		goto both;
	for (uint32_t i = 0; i < pairs; i++) {
		double metered = launches_us(&cells[0], &callables[0]);
		double plain = launches_us(&cells[1], &callables[1]);
		if (metered < 0 || plain < 0) {
			tare__complain("bench: a launch of empty failed");
			goto both;
		}
		differences[i] = (metered - plain) * 1000.0;
	}
	tare__bench_figure(bench, "ns", 1000, false, "metering one onboard launch")->value = tare__median(differences, pairs);
	status = 0;
both:
	tare__bench_close(&cells[1]);
first:
	tare__bench_close(&cells[0]);
	return status;
}

int tare__bench_meter(struct tare__bench *bench)
{
	return meter_calls(bench) || meter_launches(bench) ? -1 : 0;
}

int tare__bench_flat(struct tare__bench *bench)
{
	const uint32_t launches = LAUNCHES / bench->scale;
	struct tare__bench_cell cell;
	struct tare__bench_callable callable;
	int code = -1;

	if (tare__bench_open(&cell, onboard, bench->fixtures, true, 0))
		return -1;
	if (tare__bench_prepare(&cell, "stamp", 0, 1, &callable))
		goto closed;
	for (uint32_t i = 0; i < 2; i++)
		code = tare__bench_launch(&cell, &callable, 1, 1);
	size_t heap = mallinfo2().uordblks;
	int64_t device = tare_ledger_value(cell.ledger, TARE_ACCOUNT_DEVICE_BYTES);
	for (uint32_t i = 2; i < launches && !code; i++)
		code = tare__bench_launch(&cell, &callable, 1, 1);
	if (code) {
		tare__complain("bench: a launch of stamp returned %d", code);
		goto forgotten;
	}
	double grown = (double)mallinfo2().uordblks - (double)heap;
	tare__bench_figure(bench, "bytes", 0, false, "heap grown over %u launches", launches)->value = grown;
	tare__bench_figure(bench, "bytes", 0, false, "device memory grown over %u launches", launches)->value =
		(double)(tare_ledger_value(cell.ledger, TARE_ACCOUNT_DEVICE_BYTES) - device);
forgotten:
	tare__bench_forget(&callable);
closed:
	tare__bench_close(&cell);
	return code ? -1 : 0;
}

static void nothing(struct tare_case *c)
{
	(void)c;
}

int tare__bench_empty(struct tare__bench *bench)
{
	static const struct tare_spec spec = {
		.name = "nothing", .says = "a case that opens nothing costs next to nothing", .when = nothing,
		.because = "isolation that costs more than a launch would not be used",
	};
	static const struct tare_suite suite = { "bench", &spec, 1 };
	const struct tare_run_options options = { .fixtures = bench->fixtures };
	const struct tare_run_events events = { 0 };
	struct tare_case_ref list[CASES];
	struct tare_run_summary summary = { 0 };
	size_t cases = CASES / bench->scale;

	for (size_t i = 0; i < cases; i++)
		list[i] = (struct tare_case_ref){ &suite, &spec, onboard };
	uint64_t start = tare_clock_ns();
	if (tare_engine_run(list, cases, &options, NULL, &events, &summary) || summary.count[TARE_PASS] != cases)
		return tare__complain("bench: an empty case did not pass");
	tare__bench_figure(bench, "ms", 2, false, "an empty case, in a process of its own")->value =
		(double)(tare_clock_ns() - start) / 1e6 / (double)cases;
	return 0;
}
