/* SPDX-License-Identifier: Apache-2.0 */
/*
 * async - a kernel returns before what it has begun is done, and its task is complete only then
 *
 * It says what will be true: words of its tensors, and what they are to reach.
 * Codes 101 to 103, and what never comes true, are in fatal.
 */
#include <tare/spec.h>

#include <string.h>

enum { WORDS, DATA, RESULTS, ROUNDS = 20, ALL = 192, EACH = 16, PARTS_OF_A_ROUND = 12 };

static void begin_anew(struct tare_case *c, struct tare_callable *callable)
{
	for (unsigned i = 0; i < 3; i++)
		memset(tare_tensor(c, callable, i), 0, tare_tensor_count(callable, i) * sizeof(float));
}

/* What the reader saw: of each part what was written last before it might read. */
static void expect_results(struct tare_case *c, struct tare_callable *callable, unsigned rounds, int threads)
{
	const float *results = tare_tensor(c, callable, RESULTS);

	for (unsigned round = 0; round < rounds; round++)
		for (unsigned i = 0; i < ALL; i++) {
			float wanted = (float)(round * PARTS_OF_A_ROUND + i / EACH) + 1.0f;

			tare_expect(c, results[round * ALL + i] == wanted,
				"with %d AICPU threads float %u of round %u was read as %g, wanted %g", threads, i, round,
				(double)results[round * ALL + i], (double)wanted);
		}
}

static void rounds(struct tare_case *c)
{
	struct tare_callable *callable = tare_prepare(c, "async_rounds");

	for (uint32_t i = 0; i < tare_launches(c); i++) {
		begin_anew(c, callable);
		tare_launch(c, callable);
		expect_results(c, callable, ROUNDS, 4);
	}
}

/* With one thread and with one for each cluster, so that who holds a condition is and is not who hears of it. */
static void rounds_at_every_width(struct tare_case *c)
{
	struct tare_callable *callable = tare_prepare(c, "async_rounds");

	for (int blocks = 1; blocks <= 24; blocks += blocks < 4 ? 1 : 10)
		for (int threads = 1; threads <= 4; threads++) {
			begin_anew(c, callable);
			tare_launch_wide(c, callable, blocks, threads);
			expect_results(c, callable, ROUNDS, threads);
		}
}

static void by_the_orchestration(struct tare_case *c)
{
	struct tare_callable *callable = tare_prepare(c, "async_by_the_orchestration");

	for (int threads = 1; threads <= 4; threads++) {
		begin_anew(c, callable);
		tare_launch_wide(c, callable, 3, threads);
		expect_results(c, callable, 1, threads);
	}
}

#define STEADY(label, sentence, function, ...) { \
	.name = label, .says = sentence, .cells = TENSORMAP_AND_RINGBUFFER, .when = function, .launches = 5, \
	.then = { \
		{ DEVICE_BYTES,  FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE,               EXACTLY, 0 }, \
	}, \
	.because = "facts 6.10: a task whose kernel had returned was taken for complete while its data was still on the way", \
	__VA_ARGS__ \
}

static const struct tare_spec specs[] = {
	STEADY("rounds", "who reads what others deliver waits for it, round by round", rounds, .scale = { .aicpu_threads = 4 }),
	STEADY("rounds_in_any_order", "the same, whatever runs next at each step", rounds,
		.scale = { .aicpu_threads = 4 }, .machine = { .fabric = SEEDED_FABRIC }),
	STEADY("rounds_on_several_workers", "the same, with four workers at once", rounds,
		.scale = { .aicpu_threads = 4 }, .machine = { .workers = 4 }),
	STEADY("rounds_at_every_width", "the same on one to 24 clusters with one to four AICPU threads", rounds_at_every_width,
		.scale = { .aicpu_threads = 4 }),
	STEADY("by_the_orchestration", "a condition that the orchestration itself makes true is seen", by_the_orchestration,
		.scale = { .aicpu_threads = 4 }),
};

const struct tare_suite tare_suite_async = { "async", specs, TARE_COUNT_OF(specs) };
