/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph_scene - what goes into a large graph, and what must come out
 *
 * Nothing in here launches: a case plays a scene (graph_play.h), and so does
 * whoever has the bare core at hand.
 */
#ifndef TARE_GRAPH_SCENE_H
#define TARE_GRAPH_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph_golden.h"

#define SCENE_TENSORS 15

struct scene {
	const char *callable;
	unsigned tensors;
	unsigned results;        /* a bit each: floats that the launch writes */
	unsigned kept;           /* of those: it reads them as well */
	size_t bytes[SCENE_TENSORS]; /* of an element; 0: 4 */
	double tolerance;        /* 0: exact */
	size_t side, tiles;                  /* of matrices */
	struct tare__golden_attention shape; /* of attention */
	const uint64_t *tasks;   /* of lines, as many as `tiles` */

	/* counts: elements of each tensor.  Golden: wanted[i] for each result; false: no memory. */
	void (*fill)(const struct scene *, void *const *tensors, const size_t *counts, uint64_t series);
	bool (*golden)(const struct scene *, void *const *tensors, const size_t *counts, double *const *wanted);
};

static inline size_t scene_bytes(const struct scene *scene, unsigned tensor)
{
	return scene->bytes[tensor] ? scene->bytes[tensor] : 4;
}

/* graph_scene_matrix.c: in both graph runtimes where the catalogue has them */
extern const struct scene scene_matmul, scene_bgemm;
extern const struct scene scene_attention_small, scene_attention_three, scene_attention_narrow, scene_attention_manual;
extern const struct scene scene_attention_tile, scene_attention_ring, scene_attention_full, scene_attention_spmd;

/* graph_scene_ring.c: of tensormap_and_ringbuffer alone */
extern const struct scene scene_vector, scene_dummies[3], scene_alternating, scene_alternating_1000, scene_mixed;
extern const struct scene scene_scalar_data, scene_by_offset, scene_lines[11];

#endif
