/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph_scene_ring - the scenes that only tensormap_and_ringbuffer has
 *
 * Inputs are small multiples of a quarter where a result is wanted exactly.
 */
#include "graph_scene.h"

#include <string.h>

/* How far along is what value: quarters, never the same twice in a row. */
static void fill_quarters(float *at, size_t count, uint64_t series, unsigned step)
{
	for (size_t i = 0; i < count; i++)
		at[i] = (float)((i * step + i / 251 + series) % 251) * 0.25f - 31.0f;
}

static void fill_all(const struct scene *scene, void *const *tensors, const size_t *counts, uint64_t series)
{
	for (unsigned i = 0; i < scene->tensors; i++)
		if (~scene->results >> i & 1)
			fill_quarters(tensors[i], counts[i], series + i, 7 + 6 * i);
}

/* -- (a + b + 1)(a + b + 2) + a + b ------------------------------------------- */

static bool vector_golden(const struct scene *scene, void *const *tensors, const size_t *counts, double *const *wanted)
{
	const float *a = tensors[0], *b = tensors[1];

	(void)scene;
	for (size_t i = 0; i < counts[2]; i++) {
		double sum = (double)a[i] + (double)b[i];

		wanted[2][i] = (sum + 1.0) * (sum + 2.0) + sum;
	}
	return true;
}

/* -- 42, through tasks that do nothing ---------------------------------------- */

static void fill_dummies(const struct scene *scene, void *const *tensors, const size_t *counts, uint64_t series)
{
	fill_quarters(tensors[0], counts[0], series, 3);
	fill_quarters(tensors[2], counts[2], series, 5);
	(void)scene;
}

/* W is only written where a task names its writer. */
static bool dummy_golden(const struct scene *scene, void *const *tensors, const size_t *counts, double *const *wanted)
{
	const float *w = tensors[2];

	for (size_t i = 0; i < counts[0]; i++) {
		wanted[0][i] = wanted[1][i] = 42.0;
		wanted[2][i] = scene == &scene_dummies[2] ? 42.0 : (double)w[i];
	}
	return true;
}

/* -- products and sums of tiles ----------------------------------------------- */

static void multiply(const float *a, const float *b, double *c, size_t side)
{
	for (size_t i = 0; i < side; i++)
		for (size_t j = 0; j < side; j++) {
			double sum = 0.0;

			for (size_t k = 0; k < side; k++)
				sum += (double)a[i * side + k] * (double)b[k * side + j];
			c[i * side + j] = sum;
		}
}

static void multiply_tiles(const float *a, const float *b, double *c, size_t side, size_t count)
{
	for (size_t tile = 0; tile * side * side < count; tile++, a += side * side, b += side * side, c += side * side)
		multiply(a, b, c, side);
}

static void add(const float *a, const float *b, double *c, size_t count)
{
	for (size_t i = 0; i < count; i++)
		c[i] = (double)a[i] + (double)b[i];
}

static void fill_noise(const struct scene *scene, void *const *tensors, const size_t *counts, uint64_t series)
{
	for (unsigned i = 0; i < scene->tensors; i++)
		if (~scene->results >> i & 1)
			tare__golden_noise_floats(&series, tensors[i], counts[i], -1.0, 1.0);
}

static bool alternating_golden(const struct scene *scene, void *const *tensors, const size_t *counts, double *const *wanted)
{
	multiply_tiles(tensors[0], tensors[1], wanted[2], scene->side, counts[2]);
	add(tensors[3], tensors[4], wanted[5], counts[5]);
	return true;
}

enum { A, B, D, E, G, H, C, F, I, J, K, L, M, N, O };

static bool mixed_golden(const struct scene *scene, void *const *tensors, const size_t *counts, double *const *wanted)
{
	static const unsigned products[] = { J, N }, sums[] = { F, K, L, O }, singles[] = { I, M };
	const float *g = tensors[G], *h = tensors[H];

	multiply_tiles(tensors[A], tensors[B], wanted[C], scene->side, counts[C]);
	for (unsigned i = 0; i < 2; i++)
		memcpy(wanted[products[i]], wanted[C], counts[C] * sizeof(double));
	for (unsigned i = 0; i < 4; i++)
		add(tensors[D], tensors[E], wanted[sums[i]], counts[F]);
	for (unsigned i = 0; i < 2; i++)
		for (size_t k = 0; k < counts[I]; k++)
			wanted[singles[i]][k] = (double)g[k] * (double)h[k];
	return true;
}

/* -- what the orchestration itself read and wrote ----------------------------- */

static bool scalar_golden(const struct scene *scene, void *const *tensors, const size_t *counts, double *const *wanted)
{
	const float *a = tensors[0], *b = tensors[1];
	size_t last = counts[0] - 1;
	double first = (double)a[0] + (double)b[0];
	const double seen[] = { 77.0, first, (double)a[last] + (double)b[last], 5.0, 6.0, 5.5 };

	(void)scene;
	for (size_t i = 0; i < counts[2]; i++)
		wanted[2][i] = (double)a[i] + (double)b[i] + first + 1.5;
	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		wanted[3][i] = seen[i];
	for (size_t i = sizeof(seen) / sizeof(seen[0]); i < counts[3]; i++)
		wanted[3][i] = (double)((const float *)tensors[3])[i];
	return true;
}

static void fill_scalar_data(const struct scene *scene, void *const *tensors, const size_t *counts, uint64_t series)
{
	fill_all(scene, tensors, counts, series);
	fill_quarters(tensors[3], counts[3], series, 11);
}

/* -- the same boundary, from the other side ------------------------------------ */

static bool by_offset_golden(const struct scene *scene, void *const *tensors, const size_t *counts, double *const *wanted)
{
	const float *a = tensors[0];
	const double seen[] = { 7.0, 3.0, (double)a[0] * 0.5 + 7.0, 1.0 };

	(void)scene;
	for (size_t i = 0; i < counts[1]; i++)
		wanted[1][i] = ((double)a[i] * 0.5 + 7.0) * 0.5 + 3.0;
	for (size_t i = 0; i < counts[2]; i++)
		wanted[2][i] = seen[i];
	return true;
}

/* -- lines: who was where, and how often -------------------------------------- */

enum { WIDTH = 16 };

static void fill_lines(const struct scene *scene, void *const *tensors, const size_t *counts, uint64_t series)
{
	float *lines = tensors[0];

	(void)scene;
	for (size_t i = 0; i < counts[0]; i++)
		lines[i] = (float)(series % 5);
}

static void one_line(double *line, size_t block, size_t blocks, size_t lane, size_t lanes, size_t first, double before)
{
	line[0] = (double)block;
	line[1] = (double)blocks;
	line[2] = lanes == 1 || lane ? 1.0 : 0.0;
	line[3] = lane == 2 ? 1.0 : 0.0;
	line[4] = (double)first;
	for (size_t i = 5; i < WIDTH - 1; i++)
		line[i] = (double)block;
	line[WIDTH - 1] = before + 1.0;
}

/* A task: blocks, bit 16 for whole clusters, first line from bit 32 on. */
static bool lines_golden(const struct scene *scene, void *const *tensors, const size_t *counts, double *const *wanted)
{
	const float *before = tensors[0];

	(void)counts;
	for (size_t task = 0; task < scene->tiles; task++) {
		size_t blocks = scene->tasks[task] & 0xffff, lanes = scene->tasks[task] >> 16 & 1 ? 3 : 1;
		size_t first = (size_t)(scene->tasks[task] >> 32), line = first;

		for (size_t block = 0; block < blocks; block++)
			for (size_t lane = 0; lane < lanes; lane++, line++)
				one_line(wanted[0] + line * WIDTH, block, blocks, lane, lanes, first,
					(double)before[line * WIDTH + WIDTH - 1]);
	}
	return true;
}

const struct scene scene_vector = {
	.callable = "vector_five", .tensors = 3, .results = 1 << 2, .fill = fill_all, .golden = vector_golden,
};

#define DUMMY(name) { .callable = name, .tensors = 3, .results = 7, .kept = 5, .fill = fill_dummies, .golden = dummy_golden }
const struct scene scene_dummies[3] = { DUMMY("dummy_one"), DUMMY("dummy_four"), DUMMY("dummy_by_name") };

const struct scene scene_alternating = {
	.callable = "alternating", .tensors = 6, .results = 1 << 2 | 1 << 5, .tolerance = 1e-3, .side = 128,
	.fill = fill_noise, .golden = alternating_golden,
};
const struct scene scene_alternating_1000 = {
	.callable = "alternating_1000", .tensors = 6, .results = 1 << 2 | 1 << 5, .tolerance = 1e-3, .side = 16,
	.fill = fill_noise, .golden = alternating_golden,
};
const struct scene scene_mixed = {
	.callable = "mixed_example", .tensors = 15, .results = 0x7fc0, .tolerance = 1e-3, .side = 128,
	.fill = fill_noise, .golden = mixed_golden,
};
const struct scene scene_scalar_data = {
	.callable = "scalar_data", .tensors = 4, .results = 1 << 2 | 1 << 3, .kept = 1 << 3, .tolerance = 0,
	.fill = fill_scalar_data, .golden = scalar_golden,
};

const struct scene scene_by_offset = {
	.callable = "by_offset", .tensors = 3, .results = 1 << 1 | 1 << 2, .fill = fill_all, .golden = by_offset_golden,
};

#define AIV(blocks, first) ((uint64_t)(first) << 32 | (blocks))
#define MIX(blocks, first) ((uint64_t)(first) << 32 | 1 << 16 | (blocks))
#define STRESS(at) MIX(4, at), MIX(4, (at) + 12), MIX(12, (at) + 48), AIV(8, (at) + 120), MIX(4, (at) + 24), \
	MIX(12, (at) + 84), MIX(4, (at) + 36), AIV(8, (at) + 128), AIV(4, (at) + 136)
#define SIX(at) MIX(4, at), MIX(4, (at) + 12), MIX(4, (at) + 24), MIX(4, (at) + 36), MIX(4, (at) + 48), MIX(4, (at) + 60)
#define LINES(name, count, ...) { \
	.callable = name, .tensors = 1, .results = 1, .kept = 1, .tiles = count, .tasks = (const uint64_t[]){ __VA_ARGS__ }, \
	.fill = fill_lines, .golden = lines_golden, \
}

const struct scene scene_lines[11] = {
	LINES("spmd_basic", 1, MIX(1, 0)),
	LINES("spmd_multiblock_aiv", 5, AIV(4, 0), AIV(16, 4), AIV(24, 20), AIV(48, 44), AIV(96, 92)),
	LINES("spmd_multiblock_mix", 5, MIX(2, 0), MIX(8, 6), MIX(12, 30), MIX(24, 66), MIX(48, 138)),
	LINES("spmd_batch_dispatch_oob", 2, MIX(48, 0), MIX(48, 144)),
	LINES("spmd_sync_start", 4, MIX(2, 0), MIX(8, 6), MIX(2, 30), MIX(12, 36)),
	LINES("spmd_sync_start_aiv", 4, AIV(4, 0), AIV(16, 4), AIV(4, 20), AIV(24, 24)),
	LINES("spmd_sync_start_edge", 5, MIX(1, 0), MIX(8, 3), MIX(9, 27), MIX(23, 54), MIX(1, 123)),
	LINES("spmd_starvation", 20, SIX(0), MIX(6, 216), SIX(72), MIX(6, 234), SIX(144)),
	LINES("spmd_sync_start_stress", 54, STRESS(0), STRESS(140), STRESS(280), STRESS(420), STRESS(560), STRESS(700)),
	LINES("spmd_sync_start_counted", 6, MIX(6, 0), MIX(4, 18), MIX(6, 30), AIV(12, 48), AIV(4, 60), MIX(5, 64)),
	LINES("spmd_sync_start_narrow", 4, AIV(2, 0), AIV(4, 2), AIV(2, 6), MIX(2, 8)),
};
