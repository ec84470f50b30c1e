/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_cell - an open cell without a case around it, and the floor beside it
 */
#ifndef TARE_BENCH_CELL_H
#define TARE_BENCH_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include <tare/ledger.h>
#include <tare/target.h>

#include "callable_image.h"

#define TARE__BENCH_TENSORS 3

struct tare__bench_callable {
	int32_t id;
	struct tare_chip_args args;
	float *tensors[TARE__BENCH_TENSORS]; /* owned */
	uint32_t elements;
};

struct tare__bench_cell {
	struct tare_cell cell;
	struct tare_target target;
	struct tare_target_file file; /* of a foreign one */
	struct tare_abi bound;
	struct tare_tables plain;   /* as bound */
	struct tare_tables tables;  /* what the context was opened over */
	struct tare_ledger *ledger; /* NULL: not metered */
	struct tare_ledger_page *page;
	struct tare_image_store store;
	void *context;
	uint64_t runtime[64];       /* the caller's buffer of run_prepared */
	uint32_t launches;
};

/*
 * Opens and initialises a context of `cell` on device 0 of a machine with
 * `memory` bytes (0: the card's).  Only one metered cell at a time.  0, or -1
 * after one sentence on standard error; then nothing is open.
 */
int tare__bench_open(struct tare__bench_cell *bench, struct tare_cell cell, const char *fixtures, bool metered,
	uint64_t memory);

/* The same, over the runtime that targets/ARCH_PLATFORM_hbg.json of the fixtures describes; not metered. */
int tare__bench_open_foreign(struct tare__bench_cell *bench, struct tare_cell cell, const char *fixtures);

void tare__bench_close(struct tare__bench_cell *bench);

/* Prepares a callable of the catalogue under `id`; its tensors have `elements` floats. 0, or -1 after a sentence. */
int tare__bench_prepare(struct tare__bench_cell *bench, const char *name, int32_t id, uint32_t elements,
	struct tare__bench_callable *callable);
void tare__bench_forget(struct tare__bench_callable *callable);

/* One launch as the engine makes it, weighed where the cell is metered. Returns the runner's code. */
int tare__bench_launch(struct tare__bench_cell *bench, const struct tare__bench_callable *callable, int block_dim,
	int threads);

/*
 * The floor: the same bytes copied and the same kernel functions called
 * directly, in one thread, with nothing around them.
 */
struct tare__bench_floor;

struct tare__bench_floor *tare__bench_floor_open(const char *fixtures, uint32_t elements);
void tare__bench_floor_close(struct tare__bench_floor **floor);
void tare__bench_floor_launch(struct tare__bench_floor *floor, const float *a, const float *b, float *f);
void tare__bench_floor_kernels(struct tare__bench_floor *floor);

#endif
