/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph_scenes - the reference's larger scenes, against goldens in plain C
 *
 * Inputs are new for each launch, and each launch is done twice, onto a result
 * that was spoiled in two ways: the bytes must be the same, so whatever a
 * launch leaves out is seen, whatever lay there before.
 */
#include <tare/spec.h>

#include <stdlib.h>
#include <string.h>

#include "graph_golden.h"

#define TENSORS 6

struct scene {
	const char *callable;
	unsigned tensors;        /* the last is the result, floats */
	size_t bytes[TENSORS];   /* of one element */
	bool accumulates;        /* the result is read as well */
	double tolerance;
	size_t side, tiles;                  /* of matrices */
	struct tare__golden_attention shape; /* of attention */
	void (*fill)(const struct scene *, void *const *tensors, uint64_t series);
	bool (*golden)(const struct scene *, void *const *tensors, double *wanted);
};

/* -- matrices ---------------------------------------------------------------- */

static void fill_matmul(const struct scene *scene, void *const *tensors, uint64_t series)
{
	size_t count = scene->side * scene->side;

	tare__golden_noise_halves(&series, tensors[0], count, 1.125, 4.0); /* its logarithm has a root */
	tare__golden_noise_halves(&series, tensors[1], count, -0.125, 0.125);
	tare__golden_noise_halves(&series, tensors[2], count, -0.125, 0.125);
}

static bool matmul_golden(const struct scene *scene, void *const *tensors, double *wanted)
{
	tare__golden_matmul(tensors[0], tensors[1], tensors[2], wanted, scene->side);
	return true;
}

static void fill_bgemm(const struct scene *scene, void *const *tensors, uint64_t series)
{
	size_t count = scene->tiles * scene->tiles * scene->side * scene->side;

	tare__golden_noise_floats(&series, tensors[0], count, -1.0, 1.0);
	tare__golden_noise_floats(&series, tensors[1], count, -1.0, 1.0);
	tare__golden_noise_floats(&series, tensors[2], count, -8.0, 8.0);
}

static bool bgemm_golden(const struct scene *scene, void *const *tensors, double *wanted)
{
	tare__golden_tiles(tensors[0], tensors[1], tensors[2], wanted, scene->tiles, scene->side);
	return true;
}

/* -- attention --------------------------------------------------------------- */

enum { QUERIES, KEYS, VALUES, TABLE, LENGTHS };

/* Each block lies where it likes, and most contexts end within one. */
static void fill_attention(const struct scene *scene, void *const *tensors, uint64_t series)
{
	const struct tare__golden_attention *at = &scene->shape;
	size_t blocks = at->requests * at->blocks, pool = blocks * at->block * at->dim;
	int32_t *table = tensors[TABLE];
	int32_t *lengths = tensors[LENGTHS];

	tare__golden_noise_halves(&series, tensors[QUERIES], at->requests * at->heads * at->dim, -2.0, 2.0);
	tare__golden_noise_halves(&series, tensors[KEYS], pool, -2.0, 2.0);
	tare__golden_noise_halves(&series, tensors[VALUES], pool, -4.0, 4.0);
	for (size_t i = 0; i < blocks; i++) {
		size_t other = tare__golden_below(&series, i + 1);

		table[i] = table[other];
		table[other] = (int32_t)i;
	}
	for (size_t i = 0; i < at->requests; i++)
		lengths[i] = (int32_t)(at->blocks * at->block - i * 29 % at->block);
}

static bool attention_golden(const struct scene *scene, void *const *tensors, double *wanted)
{
	struct tare__golden_attention at = scene->shape;

	at.queries = tensors[QUERIES];
	at.keys = tensors[KEYS];
	at.values = tensors[VALUES];
	at.table = tensors[TABLE];
	at.lengths = tensors[LENGTHS];
	return tare__golden_attention(&at, wanted);
}

#define ATTENTION(name, of_requests, of_heads, of_dim, of_block, of_blocks) { \
	.callable = name, .tensors = 6, .bytes = { 2, 2, 2, 4, 4, 4 }, .tolerance = 1e-3, \
	.shape = { .requests = of_requests, .heads = of_heads, .dim = of_dim, .block = of_block, .blocks = of_blocks }, \
	.fill = fill_attention, .golden = attention_golden, \
}

static const struct scene matmul = {
	.callable = "matmul", .tensors = 4, .bytes = { 2, 2, 2, 4 }, .tolerance = 1e-2, .side = 128,
	.fill = fill_matmul, .golden = matmul_golden,
};
static const struct scene bgemm = {
	.callable = "bgemm", .tensors = 3, .bytes = { 4, 4, 4 }, .accumulates = true, .tolerance = 1e-3, .side = 64, .tiles = 4,
	.fill = fill_bgemm, .golden = bgemm_golden,
};
static const struct scene attention_small = ATTENTION("paged_attention_small", 1, 16, 16, 16, 1);
static const struct scene attention_narrow = ATTENTION("paged_attention_narrow", 4, 16, 16, 16, 4);
static const struct scene attention_tile = ATTENTION("paged_attention_tile", 2, 16, 128, 128, 8);
static const struct scene attention_full = ATTENTION("paged_attention_full", 256, 16, 16, 8, 64);

/* -- a scene, played --------------------------------------------------------- */

struct stage {
	struct tare_callable *callable;
	unsigned result;         /* the number of its tensor */
	size_t count;            /* elements of the result */
	void *tensors[TENSORS];  /* the case's */
	size_t sizes[TENSORS];
	void *before[TENSORS];   /* as they were filled */
	float *first;            /* the first launch's result */
	double *wanted;
};

static void strike(struct stage *stage)
{
	for (unsigned i = 0; i < TENSORS; i++)
		free(stage->before[i]);
	free(stage->first);
	free(stage->wanted);
}

static void set(struct tare_case *c, const struct scene *scene, struct stage *stage)
{
	bool able = true;

	*stage = (struct stage){ .callable = tare_prepare(c, scene->callable), .result = scene->tensors - 1 };
	for (unsigned i = 0; i < scene->tensors; i++) {
		stage->tensors[i] = tare_tensor(c, stage->callable, i);
		stage->sizes[i] = tare_tensor_count(stage->callable, i) * scene->bytes[i];
		stage->before[i] = malloc(stage->sizes[i]);
		able &= stage->before[i] != NULL;
	}
	stage->count = tare_tensor_count(stage->callable, stage->result);
	stage->first = malloc(stage->sizes[stage->result]);
	stage->wanted = calloc(stage->count, sizeof(*stage->wanted));
	tare_expect(c, able && stage->first && stage->wanted, "no host memory for the golden");
}

static void begin(struct tare_case *c, const struct scene *scene, struct stage *stage, uint64_t series)
{
	scene->fill(scene, stage->tensors, series);
	for (unsigned i = 0; i < scene->tensors; i++)
		memcpy(stage->before[i], stage->tensors[i], stage->sizes[i]);
	tare_expect(c, scene->golden(scene, stage->tensors, stage->wanted), "no host memory for the golden");
}

static void spoil(const struct scene *scene, const struct stage *stage, int byte)
{
	if (scene->accumulates)
		memcpy(stage->tensors[stage->result], stage->before[stage->result], stage->sizes[stage->result]);
	else
		memset(stage->tensors[stage->result], byte, stage->sizes[stage->result]);
}

static void expect_inputs_untouched(struct tare_case *c, const struct stage *stage)
{
	for (unsigned i = 0; i < stage->result; i++)
		tare_expect(c, !memcmp(stage->tensors[i], stage->before[i], stage->sizes[i]), "a launch wrote to its input %u", i);
}

static void expect_golden(struct tare_case *c, const struct scene *scene, const struct stage *stage)
{
	const float *result = stage->tensors[stage->result];
	size_t first;
	size_t wrong = tare__golden_differ(result, stage->wanted, stage->count, scene->tolerance, &first);

	tare_expect(c, !wrong, "%zu of %zu elements are wrong, the first is number %zu: %g, wanted %g", wrong, stage->count, first,
		(double)result[first], stage->wanted[first]);
	memcpy(stage->first, result, stage->sizes[stage->result]);
}

static void expect_same(struct tare_case *c, const struct stage *stage, const char *how)
{
	tare_expect(c, !memcmp(stage->first, stage->tensors[stage->result], stage->sizes[stage->result]),
		"the same launch %s gave other bytes", how);
}

static void play(struct tare_case *c, const struct scene *scene)
{
	struct stage stage;

	set(c, scene, &stage);
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		begin(c, scene, &stage, i + 1);
		spoil(scene, &stage, 0xff);
		tare_launch(c, stage.callable);
		expect_golden(c, scene, &stage);
		spoil(scene, &stage, 0x00);
		tare_launch(c, stage.callable);
		expect_same(c, &stage, "onto another spoiled result");
		expect_inputs_untouched(c, &stage);
	}
	strike(&stage);
}

static void the_matmul_scene(struct tare_case *c)          { play(c, &matmul); }
static void the_bgemm_scene(struct tare_case *c)           { play(c, &bgemm); }
static void the_small_attention_scene(struct tare_case *c) { play(c, &attention_small); }
static void the_tile_attention_scene(struct tare_case *c)  { play(c, &attention_tile); }
static void the_full_attention_scene(struct tare_case *c)  { play(c, &attention_full); }

static void at_every_width(struct tare_case *c, const struct scene *scene, int blocks, int threads)
{
	struct stage stage;

	set(c, scene, &stage);
	begin(c, scene, &stage, 1);
	spoil(scene, &stage, 0xff);
	tare_launch(c, stage.callable);
	expect_golden(c, scene, &stage);
	for (int block_dim = 1; block_dim <= blocks; block_dim++)
		for (int thread = 1; thread <= threads; thread++) {
			spoil(scene, &stage, block_dim);
			tare_launch_wide(c, stage.callable, block_dim, thread);
			tare_expect(c, !memcmp(stage.first, stage.tensors[stage.result], stage.sizes[stage.result]),
				"%d blocks with %d AICPU threads gave other bytes", block_dim, thread);
		}
	expect_inputs_untouched(c, &stage);
	strike(&stage);
}

static void every_width_of_a2a3(struct tare_case *c) { at_every_width(c, &attention_narrow, 24, 4); }
static void every_width_of_a5(struct tare_case *c)   { at_every_width(c, &attention_narrow, 36, 7); }
static void one_block(struct tare_case *c)           { at_every_width(c, &bgemm, 1, 4); }

#define SCENE(label, sentence, function, times, blocks, reason) { \
	.name = label, .says = sentence, .cells = HOST_BUILD_GRAPH, .when = function, .launches = times, \
	.scale = { .block_dim = blocks }, \
	.then = { \
		{ KERNEL_IMAGES, AT_PEAK,                   EXACTLY, 1 }, \
		{ EVERY_ACCOUNT, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE,               EXACTLY, 0 }, \
	}, \
	.because = reason, \
}

#define WIDTHS(label, sentence, where, function) { \
	.name = label, .says = sentence, .cells = (where) | HOST_BUILD_GRAPH, .when = function, \
	.then = { \
		{ KERNEL_IMAGES, AT_PEAK,     EXACTLY, 1 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 }, \
	}, \
	.because = "L8: more AICPU threads than AICs, and tasks that a thread did not own were never begun", \
}

static const struct tare_spec specs[] = {
	SCENE("matmul", "exp(B W1 + B W2) with B = sqrt(ln A) in half floats is right to 1 percent", the_matmul_scene, 3, 3,
		"L1: of seven device blocks a launch, six stayed"),
	SCENE("bgemm", "64 products of tiles added up through one buffer per tile are right to a thousandth", the_bgemm_scene, 2, 24,
		"L10: without one of its edges a product overwrites the buffer that the sum before still reads"),
	SCENE("attention_small", "attention over one block, four tasks, is right to a thousandth", the_small_attention_scene, 3, 3,
		"L1: 86 device blocks a launch stayed"),
	SCENE("attention_tile", "attention over blocks of 128 tokens in any order, some not full", the_tile_attention_scene, 2, 24,
		"L10: updates that are no chain join in the order of chance"),
	SCENE("attention_full", "256 requests of 64 blocks, 65,536 tasks in 256 chains, are right to a thousandth",
		the_full_attention_scene, 1, 24, "e03faff54 (#788): what a fixed size could not hold was lost without a word"),
	WIDTHS("every_width_a2a3", "each block_dim with each number of AICPU threads gives the same bytes", A2A3, every_width_of_a2a3),
	WIDTHS("every_width_a5", "each block_dim with each number of AICPU threads gives the same bytes", A5, every_width_of_a5),
	WIDTHS("threads_over_blocks", "one block and up to four AICPU threads give the same bytes", 0, one_block),
};

const struct tare_suite tare_suite_graph_scenes = { "graph_scenes", specs, TARE_COUNT_OF(specs) };
