/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench - figures, each with the target the project set itself
 *
 * Every figure is a ratio, a difference or a rate taken in one process: A and
 * B in alternating blocks, and the median of the pairs.  Nothing here fails.
 */
#ifndef TARE_BENCH_H
#define TARE_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARE__FIGURES 128

struct tare__figure {
	char name[80];
	char detail[120]; /* what it is made of, or empty */
	const char *unit; /* static */
	double value;
	double target;
	bool at_least;    /* else at most */
};

struct tare__bench {
	const char *fixtures;
	uint32_t scale;   /* work is divided by this: 1, or 10 with --quick */
	struct tare__figure figures[TARE__FIGURES];
	size_t count;
};

/* The next figure to fill, named by a format. */
struct tare__figure *tare__bench_figure(struct tare__bench *bench, const char *unit, double target, bool at_least,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

bool tare__figure_met(const struct tare__figure *figure);

/* Median of `count` values, which are sorted in place. */
double tare__median(double *values, size_t count);

/* 0, or -1 after a sentence on standard error. */
int tare__bench_launches(struct tare__bench *bench); /* ratio to the floor, each cell, two widths */
int tare__bench_tasks(struct tare__bench *bench);    /* tiny tasks per second */
int tare__bench_rings(struct tare__bench *bench);    /* windows, workers, what launches take */
int tare__bench_meter(struct tare__bench *bench);    /* what weighing costs */
int tare__bench_flat(struct tare__bench *bench);     /* heap and device bytes over many launches */
int tare__bench_empty(struct tare__bench *bench);    /* a case that opens nothing */
int tare__bench_target(struct tare__bench *bench);   /* what the door of --target adds */
int tare__bench_memcheck(struct tare__bench *bench); /* a case that opens nothing, under memcheck */

#endif
