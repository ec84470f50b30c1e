/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soak - the same rings, many times round
 *
 * A place that is taken again too early or never shows only when the ring has
 * come round, and a graph of a few hundred tasks never gets there: with the
 * usual capacities it takes 66,000.
 */
#include <tare/spec.h>

#include <string.h>

#include "graph_play.h"

static void expect_counted(struct tare_case *c, struct tare_callable *wrap, uint32_t round, float rounds)
{
	float *a = tare_tensor(c, wrap, 0), *f = tare_tensor(c, wrap, 1);

	for (size_t i = 0; i < tare_tensor_count(wrap, 0); i++)
		a[i] = (float)(i * 3 + round);
	memset(f, 0, tare_tensor_count(wrap, 1) * sizeof(float));
	tare_launch(c, wrap);
	for (size_t i = 0; i < tare_tensor_count(wrap, 0); i++)
		tare_expect(c, f[i] == (float)(i * 3 + round) + rounds, "element %zu is %g, wanted %g", i, (double)f[i],
			(double)(i * 3 + round) + (double)rounds);
}

enum { ALL_SIZES = 4 };

static void come_round(struct tare_case *c, const char *name, unsigned sizes)
{
	static const struct { uint32_t window; uint64_t heap; uint32_t dependencies; } rings[ALL_SIZES] = {
		{ 4, 4096, 4 }, { 8, 4096, 8 }, { 16, 16384, 16 }, { 0, 0, 0 },
	};
	struct tare_callable *wrap = tare_prepare(c, name);

	for (unsigned i = 0; i < sizes; i++) {
		tare_capacity(c, rings[i].window, rings[i].heap, rings[i].dependencies);
		expect_counted(c, wrap, i, 35000.0f);
	}
}

static void seventy_thousand_tasks(struct tare_case *c) { come_round(c, "wrap_70k", ALL_SIZES); }
static void in_all_the_rings(struct tare_case *c)       { come_round(c, "wrap_70k_deep", ALL_SIZES); }
static void in_the_smallest_rings(struct tare_case *c)  { come_round(c, "wrap_70k_deep", 1); }

static void more_than_half_the_heap(struct tare_case *c)
{
	struct tare_callable *wrap = tare_prepare(c, "wrap_large");

	tare_capacity(c, 16, 16384, 0);
	for (uint32_t i = 0; i < tare_launches(c); i++)
		expect_counted(c, wrap, i, 1000.0f);
}

static void launches_in_small_rings(struct tare_case *c)
{
	tare_capacity(c, 16, 8192, 16);
	play(c, &scene_attention_narrow);
}

static void capacities_in_turn(struct tare_case *c)
{
	static const struct { uint32_t window; uint64_t heap; } rings[] = { { 4, 4096 }, { 1024, 1048576 }, { 16, 16384 } };
	struct tare_callable *wrap = tare_prepare(c, "wrap_1k");

	/* What launches keep has grown to the largest first. */
	tare_capacity(c, 1024, 1048576, 0);
	expect_counted(c, wrap, 0, 500.0f);
	tare_mark(c);
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_capacity(c, rings[i % 3].window, rings[i % 3].heap, 0);
		expect_counted(c, wrap, i, 500.0f);
	}
}

static void callables_in_turn(struct tare_case *c)
{
	struct tare_callable *wrap = tare_prepare(c, "wrap_1k"), *vector = tare_prepare(c, "vector_five");

	tare_capacity(c, 8, 1048576, 0);
	expect_counted(c, wrap, 0, 500.0f);
	tare_launch(c, vector);
	tare_mark(c);
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		expect_counted(c, wrap, i, 500.0f);
		tare_launch(c, vector);
		tare_expect_floats(c, vector, 2, 47.0f);
		if (i % 8 != 7)
			continue;
		tare_unregister(c, wrap);
		wrap = tare_prepare(c, "wrap_1k");
		expect_counted(c, wrap, i, 500.0f); /* its object is open again */
	}
}

static void large_windows(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_five");

	tare_capacity(c, 65536, 0, 0);
	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 47.0f);
}

/* What waits for the one that takes its time is more than the pool has dependencies for. */
static void a_pool_that_is_full(struct tare_case *c)
{
	enum { FAN = 2 };
	struct tare_callable *many = tare_prepare(c, "many");
	float *f = tare_tensor(c, many, 0);

	tare_arguments(many)->scalars[0] = FAN;
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_capacity(c, 64, 0, 32u >> i % 4);
		memset(f, 0, tare_tensor_count(many, 0) * sizeof(float));
		tare_launch(c, many);
		tare_expect_floats(c, many, 0, 1.0f);
	}
}

#define SOAK(label, sentence, function, times, from, reason) { \
	.name = label, .says = sentence, .cells = TENSORMAP_AND_RINGBUFFER, .when = function, .launches = times, \
	.then = { \
		{ DEVICE_BYTES,  from,        EXACTLY, 0 }, \
		{ DEVICE_BLOCKS, from,        EXACTLY, 0 }, \
		{ AICPU_OBJECTS, from,        EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 }, \
	}, \
	.because = reason, \
}

static const struct tare_spec specs[] = {
	{
		.name    = "rings_come_round",
		.says    = "70,000 tasks through rings of 4, 8, 16 and 16,384 places are each done once, in their order",
		.cells   = TENSORMAP_AND_RINGBUFFER,
		.when    = seventy_thousand_tasks,
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "5d9213748 (#264): at 66,000 tasks a pool wrapped without a word, and tasks were never woken",
	},
	{
		.name    = "each_ring_comes_round",
		.says    = "70,000 tasks one to four scopes deep, most of which wait for one in another ring, are each done once",
		.cells   = TENSORMAP_AND_RINGBUFFER,
		.when    = in_all_the_rings,
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "6c3a9e496 (#1135): with producers across scopes, a place was taken again while it was still counted on",
	},
	{
		.name    = "each_ring_with_workers",
		.says    = "the same through rings of 4 places, while three threads run orchestrator, schedulers and cores at once",
		.cells   = TENSORMAP_AND_RINGBUFFER,
		.when    = in_the_smallest_rings,
		.machine = { .workers = 3 },
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "6eabcce67 (#171): two that moved a ring on at once let a place go while a consumer still read it",
	},
	SOAK("full_pool", "300 tasks that wait for one, with room for 32 to 4 dependencies, are all woken", a_pool_that_is_full, 8,
		FROM_FIRST_LAUNCH_TO_LAST, "5d9213748 (#264): the pool came round over tasks that still waited, and they were never woken"),
	{
		.name     = "windows_cost_nothing",
		.says     = "two thousand launches of five tasks in windows of 65,536 are over within three seconds",
		.cells    = TENSORMAP_AND_RINGBUFFER,
		.when     = large_windows,
		.launches = 2000,
		.seconds  = 3,
		.then     = {
			{ DEVICE_BYTES,  FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,               EXACTLY, 0 },
		},
		.because  = "59bb1ec71 (#1199): each launch put every slot of the window in order, whether it used it or not",
	},
	SOAK("half_the_heap", "outputs of more than half the heap, a thousand in a row", more_than_half_the_heap, 3,
		FROM_FIRST_LAUNCH_TO_LAST, "2ed4348eb (#1514): an empty heap refused what would have fitted"),
	SOAK("launches_in_small_rings", "forty launches, each many times round rings of 16 places", launches_in_small_rings, 20,
		FROM_FIRST_LAUNCH_TO_LAST, "e80eaaf69 (#1586): a ring whose head nobody moved on stood still for ever"),
	SOAK("capacities_in_turn", "launches with small, large and small rings again take nothing more", capacities_in_turn, 30,
		FROM_MARK_TO_LAST, "a8d252555 (#1192): what one window had sized was used with another"),
	SOAK("callables_in_turn", "two callables in turn, one of them given back and prepared again every eighth time",
		callables_in_turn, 40, FROM_MARK_TO_LAST, "L3: an object that was only thought to be open"),
};

const struct tare_suite tare_suite_soak = { "soak", specs, TARE_COUNT_OF(specs) };
