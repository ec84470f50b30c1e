/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph_golden - what the large scenes compute, in plain C and double
 *
 * Shares no file and no line with the runner or with what runs on the device:
 * halves are decoded here once more, exp, log and sqrt are libc's, sums go in
 * another order.
 */
#ifndef TARE_GRAPH_GOLDEN_H
#define TARE_GRAPH_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Series that look random and are the same everywhere, evenly between low and high; *series is the seed and moves on. */
void tare__golden_noise_floats(uint64_t *series, float *at, size_t count, double low, double high);
void tare__golden_noise_halves(uint64_t *series, uint16_t *at, size_t count, double low, double high);
size_t tare__golden_below(uint64_t *series, size_t limit);

/* The half nearest to a value, 0 where that is below the normal halves; and back. */
uint16_t tare__golden_half(double value);
double tare__golden_value(uint16_t half);

/* f = exp(b w1 + b w2), b = sqrt(log a), n x n. */
void tare__golden_matmul(const uint16_t *a, const uint16_t *w1, const uint16_t *w2, double *f, size_t n);

/* c = c0 + a b: matrices of tiles x tiles, each of side x side and in one piece. */
void tare__golden_tiles(const float *a, const float *b, const float *c0, double *c, size_t tiles, size_t side);

struct tare__golden_attention {
	size_t requests, heads, dim, block, blocks;
	const uint16_t *queries; /* requests x heads x dim */
	const uint16_t *keys;    /* requests * blocks of block x dim, in any order */
	const uint16_t *values;
	const int32_t *table;    /* requests x blocks: which block comes next */
	const int32_t *lengths;  /* tokens per request */
};

/*
 * requests x heads x dim: each query's values, weighted by the softmax of its scores; nothing is in blocks here.
 * False: no memory.
 */
bool tare__golden_attention(const struct tare__golden_attention *at, double *result);

/* How many differ by more than tolerance (1 + |wanted|), or are no number; *first is the first of them. */
size_t tare__golden_differ(const float *read, const double *wanted, size_t count, double tolerance, size_t *first);

#endif
