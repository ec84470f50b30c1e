/* SPDX-License-Identifier: Apache-2.0 */
/* graph_scenes - the reference's larger scenes, against goldens in plain C */
#include <tare/spec.h>

#include "graph_play.h"

enum { EITHER_GRAPH = HOST_BUILD_GRAPH | TENSORMAP_AND_RINGBUFFER };

static void the_matmul_scene(struct tare_case *c)          { play(c, &scene_matmul); }
static void the_bgemm_scene(struct tare_case *c)           { play(c, &scene_bgemm); }
static void the_small_attention_scene(struct tare_case *c) { play(c, &scene_attention_small); }
static void the_tile_attention_scene(struct tare_case *c)  { play(c, &scene_attention_tile); }
static void the_full_attention_scene(struct tare_case *c)  { play(c, &scene_attention_full); }

static void every_width_of_a2a3(struct tare_case *c) { play_at_every_width(c, &scene_attention_narrow, 1, 24, 4); }
static void every_width_of_a5(struct tare_case *c)   { play_at_every_width(c, &scene_attention_narrow, 1, 36, 7); }
static void one_block(struct tare_case *c)           { play_at_every_width(c, &scene_bgemm, 1, 1, 4); }

#define SCENE(label, sentence, where, function, times, blocks, reason) { \
	.name = label, .says = sentence, .cells = where, .when = function, .launches = times, \
	.scale = { .block_dim = blocks }, \
	.then = { \
		{ KERNEL_IMAGES, AT_PEAK,                   EXACTLY, 1 }, \
		{ EVERY_ACCOUNT, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE,               EXACTLY, 0 }, \
	}, \
	.because = reason, \
}

#define WIDTHS(label, sentence, where, function) { \
	.name = label, .says = sentence, .cells = where, .when = function, \
	.then = { \
		{ KERNEL_IMAGES, AT_PEAK,     EXACTLY, 1 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 }, \
	}, \
	.because = "L8: more AICPU threads than AICs, and tasks that a thread did not own were never begun", \
}

static const struct tare_spec specs[] = {
	SCENE("matmul", "exp(B W1 + B W2) with B = sqrt(ln A) in half floats is right to 1 percent", EITHER_GRAPH,
		the_matmul_scene, 3, 3, "L1: of seven device blocks a launch, six stayed"),
	SCENE("bgemm", "64 products of tiles added up through one buffer per tile are right to a thousandth", EITHER_GRAPH,
		the_bgemm_scene, 2, 24,
		"L10: without one of its edges a product overwrites the buffer that the sum before still reads"),
	SCENE("attention_small", "attention over one block, four tasks, is right to a thousandth", EITHER_GRAPH,
		the_small_attention_scene, 3, 3, "L1: 86 device blocks a launch stayed"),
	SCENE("attention_tile", "attention over blocks of 128 tokens in any order, some not full", EITHER_GRAPH,
		the_tile_attention_scene, 2, 24, "L10: updates that are no chain join in the order of chance"),
	SCENE("attention_full", "256 requests of 64 blocks, 65,536 tasks in 256 chains, are right to a thousandth",
		EITHER_GRAPH, the_full_attention_scene, 1, 24,
		"e03faff54 (#788): what a fixed size could not hold was lost without a word"),
	WIDTHS("every_width_a2a3", "each block_dim with each number of AICPU threads gives the same bytes", A2A3, every_width_of_a2a3),
	WIDTHS("every_width_a5", "each block_dim with each number of AICPU threads gives the same bytes", A5, every_width_of_a5),
	WIDTHS("threads_over_blocks", "one block and up to four AICPU threads give the same bytes", 0, one_block),
};

const struct tare_suite tare_suite_graph_scenes = { "graph_scenes", specs, TARE_COUNT_OF(specs) };
