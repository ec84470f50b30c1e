/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parity - the same work gives the same bytes, wherever it is done
 *
 * Kernels are the same and sums go in the same order, whichever runtime found
 * the order out, whichever architecture and platform it ran on.  So there is one
 * hash for all cells; that the values are right is for the scenes to say.
 */
#include <tare/spec.h>

#include <string.h>

#include "graph_scene.h"

static uint64_t hash_of(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * 0x100000001b3u;
	return hash;
}

/* Of the only result there is, after a launch with that series. */
static void expect_hash(struct tare_case *c, const struct scene *scene, uint64_t wanted)
{
	struct tare_callable *callable = tare_prepare(c, scene->callable);
	void *tensors[SCENE_TENSORS];
	size_t counts[SCENE_TENSORS];
	unsigned result = 0;

	while (~scene->results >> result & 1)
		result++;
	for (unsigned i = 0; i < scene->tensors; i++) {
		tensors[i] = tare_tensor(c, callable, i);
		counts[i] = tare_tensor_count(callable, i);
	}
	memset(tensors[result], 0xff, counts[result] * scene_bytes(scene, result));
	scene->fill(scene, tensors, counts, 7);
	tare_launch(c, callable);
	uint64_t hash = hash_of(tensors[result], counts[result] * scene_bytes(scene, result));
	tare_expect(c, hash == wanted, "%s gave bytes of hash %#llx, in every other cell they have %#llx", scene->callable,
		(unsigned long long)hash, (unsigned long long)wanted);
}

static void five_tasks(struct tare_case *c)  { expect_hash(c, &scene_vector, 0xe481ed0d1d3c3eb8); }
static void halves(struct tare_case *c)      { expect_hash(c, &scene_matmul, 0x3399ad404b679ed6); }
static void tiles(struct tare_case *c)       { expect_hash(c, &scene_bgemm, 0xf8150364f07b3d40); }
static void attention(struct tare_case *c)   { expect_hash(c, &scene_attention_narrow, 0x06e67005bbbcde90); }

#define SAME(label, sentence, function, reason) { \
	.name = label, .says = sentence, .when = function, .scale = { .block_dim = 8 }, \
	.then = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } }, \
	.because = reason, \
}

static const struct tare_spec specs[] = {
	SAME("vector", "five tasks over vectors give the same bytes in every cell", five_tasks,
		"80c4cfb28 (#926): what each architecture had a copy of drifted apart"),
	SAME("matmul", "products of half floats, roots and exponentials give the same bytes in every cell", halves,
		"a difference in the last digit hides in a tolerance"),
	SAME("bgemm", "64 products added up give the same bytes in every cell, whether through memory or between cores", tiles,
		"sums in another order are right within a tolerance, and another order is another dependency"),
	SAME("attention", "attention gives the same bytes in every cell, whoever found the order of its updates", attention,
		"updates in the order of chance are right within a tolerance"),
};

const struct tare_suite tare_suite_parity = { "parity", specs, TARE_COUNT_OF(specs) };
