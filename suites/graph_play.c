/* SPDX-License-Identifier: Apache-2.0 */
#include <tare/spec.h>

#include "graph_play.h"

#include <stdlib.h>
#include <string.h>

struct stage {
	struct tare_callable *callable;
	size_t counts[SCENE_TENSORS];
	size_t sizes[SCENE_TENSORS];
	void *tensors[SCENE_TENSORS];  /* the case's */
	void *before[SCENE_TENSORS];   /* as they were filled */
	void *first[SCENE_TENSORS];    /* the first launch's results */
	double *wanted[SCENE_TENSORS];
};

static bool is_result(const struct scene *scene, unsigned i)
{
	return scene->results >> i & 1;
}

static void strike(struct stage *stage)
{
	for (unsigned i = 0; i < SCENE_TENSORS; i++) {
		free(stage->before[i]);
		free(stage->first[i]);
		free(stage->wanted[i]);
	}
}

static void set(struct tare_case *c, const struct scene *scene, struct stage *stage)
{
	bool able = true;

	*stage = (struct stage){ .callable = tare_prepare(c, scene->callable) };
	for (unsigned i = 0; i < scene->tensors; i++) {
		stage->tensors[i] = tare_tensor(c, stage->callable, i);
		stage->counts[i] = tare_tensor_count(stage->callable, i);
		stage->sizes[i] = stage->counts[i] * scene_bytes(scene, i);
		stage->before[i] = malloc(stage->sizes[i]);
		able &= stage->before[i] != NULL;
		if (!is_result(scene, i))
			continue;
		stage->first[i] = malloc(stage->sizes[i]);
		stage->wanted[i] = calloc(stage->counts[i], sizeof(double));
		able &= stage->first[i] && stage->wanted[i];
	}
	tare_expect(c, able, "no host memory for the golden");
}

static void begin(struct tare_case *c, const struct scene *scene, struct stage *stage, uint64_t series)
{
	scene->fill(scene, stage->tensors, stage->counts, series);
	for (unsigned i = 0; i < scene->tensors; i++)
		memcpy(stage->before[i], stage->tensors[i], stage->sizes[i]);
	tare_expect(c, scene->golden(scene, stage->tensors, stage->counts, stage->wanted), "no host memory for the golden");
}

static void spoil(const struct scene *scene, const struct stage *stage, int byte)
{
	for (unsigned i = 0; i < scene->tensors; i++)
		if (is_result(scene, i) && scene->kept >> i & 1)
			memcpy(stage->tensors[i], stage->before[i], stage->sizes[i]);
		else if (is_result(scene, i))
			memset(stage->tensors[i], byte, stage->sizes[i]);
}

static void expect_inputs_untouched(struct tare_case *c, const struct scene *scene, const struct stage *stage)
{
	for (unsigned i = 0; i < scene->tensors; i++)
		tare_expect(c, is_result(scene, i) || !memcmp(stage->tensors[i], stage->before[i], stage->sizes[i]),
			"a launch wrote to its input %u", i);
}

static void expect_golden(struct tare_case *c, const struct scene *scene, const struct stage *stage)
{
	for (unsigned i = 0; i < scene->tensors; i++) {
		const float *result = stage->tensors[i];
		size_t first, wrong;

		if (!is_result(scene, i))
			continue;
		wrong = tare__golden_differ(result, stage->wanted[i], stage->counts[i], scene->tolerance, &first);
		tare_expect(c, !wrong, "of tensor %u %zu of %zu elements are wrong, the first is number %zu: %g, wanted %g", i, wrong,
			stage->counts[i], first, (double)result[first], stage->wanted[i][first]);
		memcpy(stage->first[i], result, stage->sizes[i]);
	}
}

static void expect_same(struct tare_case *c, const struct scene *scene, const struct stage *stage, int blocks, int threads)
{
	for (unsigned i = 0; i < scene->tensors; i++)
		tare_expect(c, !is_result(scene, i) || !memcmp(stage->first[i], stage->tensors[i], stage->sizes[i]),
			"tensor %u has other bytes after the same launch on %d blocks with %d AICPU threads (0: as before)", i, blocks,
			threads);
}

void play(struct tare_case *c, const struct scene *scene)
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
		expect_same(c, scene, &stage, 0, 0);
		expect_inputs_untouched(c, scene, &stage);
	}
	strike(&stage);
}

void play_at_every_width(struct tare_case *c, const struct scene *scene, int least, int blocks, int threads)
{
	struct stage stage;

	set(c, scene, &stage);
	begin(c, scene, &stage, 1);
	spoil(scene, &stage, 0xff);
	tare_launch_wide(c, stage.callable, blocks, threads);
	expect_golden(c, scene, &stage);
	for (int block_dim = least; block_dim <= blocks; block_dim++)
		for (int thread = 1; thread <= threads; thread++) {
			spoil(scene, &stage, block_dim);
			tare_launch_wide(c, stage.callable, block_dim, thread);
			expect_same(c, scene, &stage, block_dim, thread);
		}
	expect_inputs_untouched(c, scene, &stage);
	strike(&stage);
}
