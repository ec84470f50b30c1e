/* SPDX-License-Identifier: Apache-2.0 */
/* graph_scene_matrix - products of matrices and attention, over inputs that vary */
#include "graph_scene.h"

/* -- matrices ---------------------------------------------------------------- */

static void fill_matmul(const struct scene *scene, void *const *tensors, const size_t *counts, uint64_t series)
{
	size_t count = scene->side * scene->side;

	(void)counts;
	tare__golden_noise_halves(&series, tensors[0], count, 1.125, 4.0); /* its logarithm has a root */
	tare__golden_noise_halves(&series, tensors[1], count, -0.125, 0.125);
	tare__golden_noise_halves(&series, tensors[2], count, -0.125, 0.125);
}

static bool matmul_golden(const struct scene *scene, void *const *tensors, const size_t *counts, double *const *wanted)
{
	(void)counts;
	tare__golden_matmul(tensors[0], tensors[1], tensors[2], wanted[3], scene->side);
	return true;
}

static void fill_bgemm(const struct scene *scene, void *const *tensors, const size_t *counts, uint64_t series)
{
	size_t count = scene->tiles * scene->tiles * scene->side * scene->side;

	(void)counts;
	tare__golden_noise_floats(&series, tensors[0], count, -1.0, 1.0);
	tare__golden_noise_floats(&series, tensors[1], count, -1.0, 1.0);
	tare__golden_noise_floats(&series, tensors[2], count, -8.0, 8.0);
}

static bool bgemm_golden(const struct scene *scene, void *const *tensors, const size_t *counts, double *const *wanted)
{
	(void)counts;
	tare__golden_tiles(tensors[0], tensors[1], tensors[2], wanted[2], scene->tiles, scene->side);
	return true;
}

/* -- attention --------------------------------------------------------------- */

enum { QUERIES, KEYS, VALUES, TABLE, LENGTHS };

/* Each block lies where it likes, and most contexts end within one. */
static void fill_attention(const struct scene *scene, void *const *tensors, const size_t *counts, uint64_t series)
{
	const struct tare__golden_attention *at = &scene->shape;
	size_t blocks = at->requests * at->blocks, pool = blocks * at->block * at->dim;
	int32_t *table = tensors[TABLE];
	int32_t *lengths = tensors[LENGTHS];
	size_t short_of = (size_t)series;

	(void)counts;
	tare__golden_noise_halves(&series, tensors[QUERIES], at->requests * at->heads * at->dim, -2.0, 2.0);
	tare__golden_noise_halves(&series, tensors[KEYS], pool, -2.0, 2.0);
	tare__golden_noise_halves(&series, tensors[VALUES], pool, -4.0, 4.0);
	for (size_t i = 0; i < blocks; i++) {
		size_t other = tare__golden_below(&series, i + 1);

		table[i] = table[other];
		table[other] = (int32_t)i;
	}
	for (size_t i = 0; i < at->requests; i++)
		lengths[i] = (int32_t)(at->blocks * at->block - (i * 29 + short_of) % at->block);
}

static bool attention_golden(const struct scene *scene, void *const *tensors, const size_t *counts, double *const *wanted)
{
	struct tare__golden_attention at = scene->shape;

	(void)counts;
	at.queries = tensors[QUERIES];
	at.keys = tensors[KEYS];
	at.values = tensors[VALUES];
	at.table = tensors[TABLE];
	at.lengths = tensors[LENGTHS];
	return tare__golden_attention(&at, wanted[5]);
}

#define ATTENTION(name, of_requests, of_heads, of_dim, of_block, of_blocks) { \
	.callable = name, .tensors = 6, .results = 1 << 5, .bytes = { 2, 2, 2, 4, 4, 4 }, .tolerance = 1e-3, \
	.shape = { .requests = of_requests, .heads = of_heads, .dim = of_dim, .block = of_block, .blocks = of_blocks }, \
	.fill = fill_attention, .golden = attention_golden, \
}

const struct scene scene_matmul = {
	.callable = "matmul", .tensors = 4, .results = 1 << 3, .bytes = { 2, 2, 2, 4 }, .tolerance = 1e-2, .side = 128,
	.fill = fill_matmul, .golden = matmul_golden,
};
const struct scene scene_bgemm = {
	.callable = "bgemm", .tensors = 3, .results = 1 << 2, .kept = 1 << 2, .tolerance = 1e-3, .side = 64, .tiles = 4,
	.fill = fill_bgemm, .golden = bgemm_golden,
};
const struct scene scene_attention_small = ATTENTION("paged_attention_small", 1, 16, 16, 16, 1);
const struct scene scene_attention_three = ATTENTION("paged_attention_three", 1, 16, 16, 16, 3);
const struct scene scene_attention_narrow = ATTENTION("paged_attention_narrow", 4, 16, 16, 16, 4);
const struct scene scene_attention_manual = ATTENTION("paged_attention_manual", 4, 16, 16, 16, 4);
const struct scene scene_attention_tile = ATTENTION("paged_attention_tile", 2, 16, 128, 128, 8);
const struct scene scene_attention_ring = ATTENTION("paged_attention_ring", 32, 16, 16, 8, 64);
const struct scene scene_attention_full = ATTENTION("paged_attention_full", 256, 16, 16, 8, 64);
const struct scene scene_attention_spmd = ATTENTION("spmd_attention", 8, 16, 16, 16, 4);
