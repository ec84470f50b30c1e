/* SPDX-License-Identifier: Apache-2.0 */
/* What the large scenes compute. The plainest way each time: it is read, not timed. */
#include "graph_golden.h"

#include <math.h>
#include <stdlib.h>

#define PALETTE 1024

static uint64_t step(uint64_t *series)
{
	*series = *series * 6364136223846793005u + 1442695040888963407u;
	return *series >> 40; /* the low bits of such a series repeat soon */
}

static double noise(uint64_t *series, double low, double high)
{
	return low + (high - low) * (double)step(series) / 16777216.0;
}

uint16_t tare__golden_half(double value)
{
	int exponent;
	double fraction = frexp(fabs(value), &exponent); /* in [0.5, 1) */

	if (fraction < 0.5 || exponent < -13)
		return 0;
	/* A carry out of the eleven digits moves the exponent by one, as it should. */
	long digits = lrint(ldexp(fraction, 11)) - 1024;

	return (uint16_t)((value < 0.0 ? 32768 : 0) + (exponent + 14) * 1024 + digits);
}

double tare__golden_value(uint16_t half)
{
	int exponent = half / 1024 % 32;
	int digits = half % 1024;
	double size = exponent ? ldexp(1024 + digits, exponent - 25) : ldexp(digits, -24);

	return half >= 32768 ? -size : size;
}

void tare__golden_noise_floats(uint64_t *series, float *at, size_t count, double low, double high)
{
	for (size_t i = 0; i < count; i++)
		at[i] = (float)noise(series, low, high);
}

/* Out of a thousand halves: encoding each of eight million would take longer than the launch. */
void tare__golden_noise_halves(uint64_t *series, uint16_t *at, size_t count, double low, double high)
{
	uint16_t palette[PALETTE];

	for (size_t i = 0; i < PALETTE; i++)
		palette[i] = tare__golden_half(noise(series, low, high));
	for (size_t i = 0; i < count; i++)
		at[i] = palette[tare__golden_below(series, PALETTE)];
}

size_t tare__golden_below(uint64_t *series, size_t limit)
{
	return (size_t)(step(series) % limit);
}

/* b w1 + b w2 = b (w1 + w2): one sum, kept where the result will be. */
void tare__golden_matmul(const uint16_t *a, const uint16_t *w1, const uint16_t *w2, double *f, size_t n)
{
	for (size_t row = 0; row < n; row++) {
		for (size_t column = 0; column < n; column++)
			f[row * n + column] = 0.0;
		for (size_t k = 0; k < n; k++) {
			double b = sqrt(log(tare__golden_value(a[row * n + k])));

			for (size_t column = 0; column < n; column++)
				f[row * n + column] += b * (tare__golden_value(w1[k * n + column]) +
					tare__golden_value(w2[k * n + column]));
		}
		for (size_t column = 0; column < n; column++)
			f[row * n + column] = exp(f[row * n + column]);
	}
}

static size_t place(size_t row, size_t column, size_t tiles, size_t side)
{
	size_t tile = row / side * tiles + column / side;

	return tile * side * side + row % side * side + column % side;
}

void tare__golden_tiles(const float *a, const float *b, const float *c0, double *c, size_t tiles, size_t side)
{
	size_t n = tiles * side;

	for (size_t row = 0; row < n; row++)
		for (size_t column = 0; column < n; column++) {
			size_t at = place(row, column, tiles, side);

			c[at] = (double)c0[at];
			for (size_t k = 0; k < n; k++)
				c[at] += (double)a[place(row, k, tiles, side)] * (double)b[place(k, column, tiles, side)];
		}
}

/* A request's tokens in their order, decoded. */
static void gather(const struct tare__golden_attention *at, const uint16_t *pool, size_t request, double *tokens)
{
	for (size_t t = 0; t < (size_t)at->lengths[request]; t++) {
		size_t block = (size_t)at->table[request * at->blocks + t / at->block];
		const uint16_t *token = pool + (block * at->block + t % at->block) * at->dim;

		for (size_t d = 0; d < at->dim; d++)
			tokens[t * at->dim + d] = tare__golden_value(token[d]);
	}
}

static void attend(size_t length, size_t dim, const double *query, const double *keys, const double *values, double *result)
{
	double sum = 0.0;

	for (size_t d = 0; d < dim; d++)
		result[d] = 0.0;
	for (size_t t = 0; t < length; t++) {
		double score = 0.0;

		for (size_t d = 0; d < dim; d++)
			score += query[d] * keys[t * dim + d];
		double weight = exp(score / sqrt((double)dim)); /* scores are small: a double needs no maximum */
		sum += weight;
		for (size_t d = 0; d < dim; d++)
			result[d] += weight * values[t * dim + d];
	}
	for (size_t d = 0; d < dim; d++)
		result[d] /= sum;
}

bool tare__golden_attention(const struct tare__golden_attention *at, double *result)
{
	size_t room = at->blocks * at->block * at->dim;
	double *keys = calloc(room, sizeof(*keys));
	double *values = calloc(room, sizeof(*values));
	double *query = calloc(at->dim, sizeof(*query));
	bool able = keys && values && query;

	for (size_t row = 0; able && row < at->requests * at->heads; row++) {
		size_t request = row / at->heads;

		if (row % at->heads == 0) {
			gather(at, at->keys, request, keys);
			gather(at, at->values, request, values);
		}
		for (size_t d = 0; d < at->dim; d++)
			query[d] = tare__golden_value(at->queries[row * at->dim + d]);
		attend((size_t)at->lengths[request], at->dim, query, keys, values, result + row * at->dim);
	}
	free(keys);
	free(values);
	free(query);
	return able;
}

size_t tare__golden_differ(const float *read, const double *wanted, size_t count, double tolerance, size_t *first)
{
	size_t wrong = 0;

	*first = 0;
	for (size_t i = 0; i < count; i++) {
		double away = fabs((double)read[i] - wanted[i]);

		if (!(away <= tolerance * (1.0 + fabs(wanted[i]))) && !wrong++)
			*first = i;
	}
	return wrong;
}
