/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph_ring - the scenes that only tensormap_and_ringbuffer has
 *
 * Who waits for whom is found from the tensors while the graph runs, so each
 * scene is one more way to find it: views, scopes, dummies, names, blocks.
 */
#include <tare/spec.h>

#include <string.h>

#include "graph_play.h"

enum { MIB = 1024 * 1024 };

static void the_vector_scene(struct tare_case *c)      { play(c, &scene_vector); }
static void one_dummy(struct tare_case *c)             { play(c, &scene_dummies[0]); }
static void four_dummies(struct tare_case *c)          { play(c, &scene_dummies[1]); }
static void a_dummy_by_name(struct tare_case *c)       { play(c, &scene_dummies[2]); }
static void two_tasks_alternate(struct tare_case *c)   { play(c, &scene_alternating); }
static void the_mixed_scene(struct tare_case *c)       { play(c, &scene_mixed); }
static void the_scalar_scene(struct tare_case *c)      { play(c, &scene_scalar_data); }
static void the_foreign_scene(struct tare_case *c)     { play(c, &scene_by_offset); }
static void attention_over_three(struct tare_case *c)  { play(c, &scene_attention_three); }
static void attention_by_name(struct tare_case *c)     { play(c, &scene_attention_manual); }
static void attention_in_blocks(struct tare_case *c)   { play(c, &scene_attention_spmd); }

/* All tasks of one scope must have room at once: the smallest window of a thousand has 1,024. */
static void a_thousand_alternate(struct tare_case *c)
{
	tare_capacity(c, 1024, MIB, 4096);
	play(c, &scene_alternating_1000);
}

static void attention_round_small_rings(struct tare_case *c)
{
	tare_capacity(c, 16, 16384, 64);
	play(c, &scene_attention_ring);
}

/* Any capacity that is enough gives the same bytes; the golden says that they are the right ones. */
static void attention_in_any_room(struct tare_case *c)
{
	static const struct { uint32_t window; uint64_t heap; uint32_t dependencies; } rooms[] = {
		{ 8, 8192, 16 }, { 16, 65536, 16 }, { 64, 8192, 1024 }, { 1024, MIB, 64 }, { 0, 0, 0 }, { 8, 0, 0 }, { 65536, 0, 0 },
	};

	for (unsigned i = 0; i < TARE_COUNT_OF(rooms); i++) {
		tare_capacity(c, rooms[i].window, rooms[i].heap, rooms[i].dependencies);
		play(c, &scene_attention_narrow);
	}
}

static void capacities_out_of_bounds(struct tare_case *c)
{
	static const struct { uint32_t window; uint64_t heap; uint32_t dependencies; } bad[] = {
		{ 2, 0, 0 }, { 5, 0, 0 }, { 131072, 0, 0 }, { 0, 512, 0 }, { 0, 1536, 0 }, { 0, 1ull << 40, 0 }, { 0, 0, 3 },
		{ 0, 0, UINT32_MAX },
	};
	struct tare_callable *vector = tare_prepare(c, "vector_five");

	tare_launch(c, vector);
	tare_mark(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(bad); i++) {
		tare_capacity(c, bad[i].window, bad[i].heap, bad[i].dependencies);
		int code = tare_try_launch(c, vector);
		tare_expect(c, code == -1, "a window of %u, a heap of %llu and %u dependencies (0: the usual) gave %d, wanted -1",
			bad[i].window, (unsigned long long)bad[i].heap, bad[i].dependencies, code);
		tare_expect_said(c, "PTO2_RING_");
	}
	tare_capacity(c, 0, 0, 0);
	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 47.0f);
}

/* More than the usual window holds: none of them goes before the scope ends. */
static void a_scope_of_forty_thousand(struct tare_case *c)
{
	enum { TASKS = 40000 };
	struct tare_callable *counted = tare_prepare(c, "counted_in_one_scope");
	float *row = tare_tensor(c, counted, 0);
	const size_t floats = tare_tensor_count(counted, 0);

	tare_capacity(c, 65536, 0, 65536);
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		memset(row, 0, floats * sizeof(float));
		tare_launch(c, counted);
		for (size_t k = 0; k < floats; k++)
			tare_expect(c, row[k] == (float)((TASKS + floats - 1 - k) / floats), "float %zu was added to %g times, wanted %zu",
				k, (double)row[k], (TASKS + floats - 1 - k) / floats);
	}
}

static void fans_of_128(struct tare_case *c)
{
	struct tare_callable *fan = tare_prepare(c, "fan_10k");

	tare_large_rings(c);
	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch_wide(c, fan, 1, 1 + (int)i % 3);
}

static void three_pairs_of_inputs(struct tare_case *c)
{
	static const struct { float a, b, f; } pairs[] = { { 2.0f, 3.0f, 47.0f }, { 1.0f, 4.0f, 47.0f }, { 0.5f, 0.5f, 7.0f } };
	struct tare_callable *vector = tare_prepare(c, "vector_five");

	for (unsigned i = 0; i < TARE_COUNT_OF(pairs); i++) {
		float *a = tare_tensor(c, vector, 0), *b = tare_tensor(c, vector, 1);

		for (size_t k = 0; k < tare_tensor_count(vector, 0); k++) {
			a[k] = pairs[i].a;
			b[k] = pairs[i].b;
		}
		tare_launch(c, vector);
		tare_expect_floats(c, vector, 2, pairs[i].f);
	}
}

/* In the middle of its host tensor nothing is spoiled before a launch: what stands there, only a launch writes. */
static void tensors_of_the_card(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_five");
	struct tare_chip_args *args = tare_arguments(vector);
	size_t count = tare_tensor_count(vector, 2), bytes = count * sizeof(float);
	float *f = tare_tensor(c, vector, 2);
	void *there[3];

	tare_launch(c, vector);
	tare_mark(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(there); i++) {
		there[i] = tare_memory(c, bytes);
		tare_expect_code(c, tare_try_copy_in(c, there[i], tare_tensor(c, vector, i), bytes), 0, "copying a tensor to the card");
		args->tensors[i].data = (uint64_t)(uintptr_t)there[i];
		args->tensors[i].child_memory = 1;
	}
	f[count / 2] = -1.0f;
	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch(c, vector);
	tare_expect(c, f[count / 2] == -1.0f, "a tensor that lies on the card was copied back to the host");
	tare_expect_code(c, tare_try_copy_out(c, f, there[2], bytes), 0, "copying the result from the card");
	tare_expect_floats(c, vector, 2, 47.0f);
	for (unsigned i = 0; i < TARE_COUNT_OF(there); i++)
		tare_memory_back(c, there[i]);
}

/* Whichever of its producers is the slow one, the last task has waited for it. */
static void a_task_of_many(struct tare_case *c)
{
	static const uint32_t counts[] = { 16, 17, 64, 65, 300 };
	struct tare_callable *many = tare_prepare(c, "many");
	float *f = tare_tensor(c, many, 0);

	tare_capacity(c, 512, 0, 1024);
	for (uint32_t i = 0; i < 6 * TARE_COUNT_OF(counts); i++) {
		uint32_t count = counts[i / 6], slow = (count - 1) * (i % 3) / 2, named = i / 3 % 2;

		tare_arguments(many)->scalars[0] = named;
		tare_arguments(many)->scalars[1] = count;
		tare_arguments(many)->scalars[2] = slow;
		memset(f, 0, tare_tensor_count(many, 0) * sizeof(float));
		tare_launch(c, many);
		for (uint32_t k = 0; k < tare_tensor_count(many, 0); k++)
			tare_expect(c, f[k] == (k / 4 < count ? (float)(k / 4 + 1) : 0.0f),
				"of %u producers, %s, number %u being slow, number %u gave %g", count, named ? "named" : "found", slow,
				k / 4, (double)f[k]);
	}
}

/* So many copies that it fails when the last of them does, and not when the next would. */
static uint32_t copies_of_a_launch(struct tare_case *c, int call, const char *name)
{
	struct tare_callable *callable = tare_prepare(c, name);
	uint32_t count = 0;

	tare_launch(c, callable);
	for (;; count++) {
		tare_fail_call(c, call, count + 1);
		int code = tare_try_launch(c, callable);
		tare_fail_nothing(c);
		if (!code)
			return count;
	}
}

static void copied_by(struct tare_case *c, int call)
{
	static const struct { const char *name; uint32_t in, out, both; } launches[] = {
		{ "vector_five", 2, 1, 0 }, { "scalar_data", 2, 1, 1 }, { "dummy_one", 0, 1, 2 },
	};
	uint32_t least = copies_of_a_launch(c, call, "empty");

	for (unsigned i = 0; i < TARE_COUNT_OF(launches); i++) {
		uint32_t wanted = launches[i].in + launches[i].out + 2 * launches[i].both;
		uint32_t copies = copies_of_a_launch(c, call, launches[i].name);
		tare_expect(c, copies == least + wanted,
			"%s copies %u times, without tensors %u; wanted %u more for %u in, %u out, %u both", launches[i].name, copies,
			least, wanted, launches[i].in, launches[i].out, launches[i].both);
	}
}

static void copied_onboard(struct tare_case *c) { copied_by(c, CALL(rtMemcpy)); }
static void copied_in_sim(struct tare_case *c)  { copied_by(c, CALL(memory_copy)); }

static void no_task_at_all(struct tare_case *c)
{
	struct tare_callable *empty = tare_prepare(c, "empty");

	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch(c, empty);
}

#define LINES(number) \
	static void lines_##number(struct tare_case *c) { play(c, &scene_lines[number]); }
LINES(0) LINES(1) LINES(2) LINES(3) LINES(4) LINES(5) LINES(6) LINES(9)
#undef LINES

/* Twenty tasks and 54 of one scope. */
static void lines_7(struct tare_case *c)
{
	tare_capacity(c, 32, 0, 0);
	play(c, &scene_lines[7]);
}

static void lines_8(struct tare_case *c)
{
	tare_capacity(c, 64, 0, 0);
	play(c, &scene_lines[8]);
}

/* Blocks that begin together need cores for all of them at once: twelve clusters at least. */
static void lines_at_every_width(struct tare_case *c)
{
	const bool wide = tare_runs_in(c, A5);

	tare_capacity(c, 64, 0, 0);
	play_at_every_width(c, &scene_lines[8], 12, wide ? 36 : 24, wide ? 7 : 4);
}

static void pairs_on_few_clusters(struct tare_case *c){ play_at_every_width(c, &scene_lines[10], 1, 4, 4); }
static void blocks_beyond_cores(struct tare_case *c) { play_at_every_width(c, &scene_lines[2], 1, 6, 4); }

static void as_wide_as_the_card_is(struct tare_case *c)
{
	for (unsigned i = 0; i < 3; i++)
		play_at_every_width(c, &scene_lines[i], 0, 0, 4);
}

#define SCENE(label, sentence, function, times, blocks, reason) { \
	.name = label, .says = sentence, .cells = TENSORMAP_AND_RINGBUFFER, .when = function, .launches = times, \
	.scale = { .block_dim = blocks, .aicpu_threads = 4 }, \
	.then = { \
		{ KERNEL_IMAGES, AT_PEAK,                   EXACTLY, 1 }, \
		{ AICPU_OBJECTS, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE,               EXACTLY, 0 }, \
	}, \
	.because = reason, \
}

static const struct tare_spec specs[] = {
	SCENE("vector_scene", "(a + b + 1)(a + b + 2) + a + b by five tasks in two scopes, over inputs that vary", the_vector_scene, 3, 3,
		"D12: what an outer scope had put out went while an inner one still read it"),
	SCENE("large_scope", "40,000 tasks in one scope, with a window of 65,536, are each done once", a_scope_of_forty_thousand, 2, 3,
		"D17: the list of a scope's tasks was as long as the usual window, and not as this launch's"),
	{
		.name     = "ready_at_once",
		.says     = "10,000 tasks of which one after the other makes 128 ready at once are over within three seconds",
		.cells    = TENSORMAP_AND_RINGBUFFER,
		.when     = fans_of_128,
		.launches = 3,
		.seconds  = 3,
		.then     = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "D19: a batch that was pushed into a full list was pushed again and again by who should have emptied it",
	},
	SCENE("orchestration_is_kept", "a callable that is launched with three pairs of inputs gives three results",
		three_pairs_of_inputs, 1, 3, "L3: an object that was only thought to be open answered for another"),
	SCENE("many_producers", "a task of 16 to 300 producers waits for each of them, whether it names them or reads what they write",
		a_task_of_many, 1, 3,
		"16311c4d8 (#669): of the producers that a lookup found, those beyond the sixteenth were not waited for"),
	SCENE("empty_graph", "a graph without a task is done at once", no_task_at_all, 3, 3,
		"L7: a graph runtime waited for the first of no tasks until its time was over"),
	SCENE("dummy_task", "what reads behind a task that does nothing sees what was written before it", one_dummy, 3, 1,
		"facts 10.3: dummy tasks order others, and run on no core"),
	SCENE("dummy_chain", "four tasks that do nothing are a chain all the same", four_dummies, 3, 1,
		"D1: a task that was complete without running was not counted, and the launch stood still"),
	SCENE("dummy_by_name", "tasks wait for a task that waits for tasks, by their names alone", a_dummy_by_name, 3, 1,
		"D4: of the producers that a task names some were not waited for"),
	SCENE("alternating", "a product and a sum, one task each on the two kinds of core", two_tasks_alternate, 3, 24,
		"facts 10.3: alternating_matmul_add, as it is by default"),
	SCENE("alternating_1000", "2,000 products and 2,000 sums in 1,000 tasks, in turns", a_thousand_alternate, 1, 24,
		"D3: dependencies wrapped round their pool, and tasks were never woken"),
	SCENE("mixed_example", "tasks on each mixture of a cluster's cores compute their parts", the_mixed_scene, 2, 3,
		"D7: an empty set of cores was dispatched to, and the task ran on a core that is none"),
	SCENE("scalar_data", "what the orchestration reads and writes itself stands in order with what tasks do", the_scalar_scene, 3, 3,
		"facts 6.12: data read before its producer was complete"),
	SCENE("by_offset", "an orchestration and a kernel that know the boundary by its numbers alone find everything in its place",
		the_foreign_scene, 3, 3, "facts 6.6: what was compiled against the reference counts on its offsets"),
	SCENE("attention_three", "attention over three blocks, twelve tasks in nested scopes", attention_over_three, 3, 9,
		"D12: a slot was taken again while a consumer across scopes still counted on it"),
	SCENE("attention_manual", "attention in manual scopes, where tasks name whom they wait for", attention_by_name, 3, 9,
		"facts 6.8: in a manual scope no tensor is looked up, and none keeps what created it"),
	SCENE("attention_in_small_rings", "8,192 tasks through rings of 16 slots and 16 KiB are right to a thousandth",
		attention_round_small_rings, 1, 24, "D12, D13: with a small window a ring's head stood still"),
	SCENE("spmd_attention", "attention over eight requests at a time, a block each", attention_in_blocks, 3, 24,
		"facts 10.3: spmd_paged_attention"),
	{
		.name    = "any_capacity",
		.says    = "rings of any size that is enough give the right result",
		.cells   = TENSORMAP_AND_RINGBUFFER,
		.when    = attention_in_any_room,
		.launches = 1,
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "D17: a list was sized from a constant, and a larger window overran it",
	},
	{
		.name    = "capacity_out_of_bounds",
		.says    = "a capacity out of bounds is refused with a sentence and takes nothing, and the next launch works",
		.cells   = TENSORMAP_AND_RINGBUFFER,
		.when    = capacities_out_of_bounds,
		.then    = { NOTHING_IS_LOST },
		.because = "facts 6.1: a window that is no power of two was masked as if it were",
	},
	{
		.name    = "tensors_of_the_card",
		.says    = "tensors that lie on the card already are read and written where they lie",
		.cells   = TENSORMAP_AND_RINGBUFFER,
		.when    = tensors_of_the_card,
		.launches = 3,
		.then    = { NOTHING_IS_LOST },
		.because = "facts 6.3: what a child owns passes through, and must not be staged, copied back or freed",
	},

#define COPIED(label, where, function) { \
	.name = label, .says = "what goes in is copied once, what comes out once, and only what does both twice", \
	.cells = where | TENSORMAP_AND_RINGBUFFER, .when = function, .then = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } }, \
	.because = "ea4d20450 (#1051): every tensor was copied both ways, and an input came back over the caller's own", \
}
	COPIED("copied_by_direction", ONBOARD, copied_onboard),
	COPIED("copied_by_direction_in_sim", SIM, copied_in_sim),

	SCENE("spmd_basic", "one block on a cluster: each core knows who it is", lines_0, 3, 24,
		"facts 10.3: three cores of a cluster, three lines"),
	SCENE("spmd_multiblock_aiv", "4 to 96 blocks on AIVs, each once", lines_1, 3, 24,
		"D7: more blocks than cores, and one that was out of bounds"),
	SCENE("spmd_multiblock_mix", "2 to 48 blocks on clusters, each once on each core", lines_2, 3, 24,
		"D7: more blocks than clusters"),
	SCENE("spmd_batch_dispatch_oob", "two tasks of 48 blocks at a time on 24 clusters", lines_3, 3, 24,
		"b130c2257 (#569): a batch was dispatched to cores beyond the last"),
	SCENE("spmd_sync_start", "blocks that begin together meet, whatever runs beside them", lines_4, 3, 24,
		"D8: a drain that returned too early dispatched twice or not at all"),
	SCENE("spmd_sync_start_aiv", "blocks on AIVs that begin together meet", lines_5, 3, 24,
		"D8: the same, with two AIVs for each AIC"),
	SCENE("spmd_sync_start_edge", "1, 8, 9 and 23 blocks begin together: one thread's clusters, and one more", lines_6, 3, 24,
		"D9: the elected thread found no task"),
	SCENE("spmd_starvation", "two tasks whose blocks begin together come to their turn among eighteen that need not", lines_7, 3, 24,
		"facts 10.3: what needs many cores at once waited for ever for the last one"),
	SCENE("spmd_sync_start_stress", "54 tasks of all kinds, six rounds", lines_8, 3, 24,
		"D8: with much going on a block was dispatched twice"),
	SCENE("spmd_sync_start_counted", "blocks that begin together, task after task on all cores, are each started once", lines_9, 3, 6,
		"D8: cores that were idle for the task before were dealt out again, and a block found none"),
#define WIDTHS(label, sentence, function) { \
	.name = label, .says = sentence, .cells = TENSORMAP_AND_RINGBUFFER, .when = function, \
	.then = { { KERNEL_IMAGES, AT_PEAK, EXACTLY, 1 }, { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } }, \
	.because = "D11: with many clusters and few threads some were served by nobody; L29: one thread never came to an end", \
}
	WIDTHS("spmd_every_width", "54 tasks on each number of clusters from twelve up, with each number of AICPU threads, give the same"
		" bytes", lines_at_every_width),
	WIDTHS("spmd_full_width", "blocks on all the clusters there are, as many as that may be, are each done once",
		as_wide_as_the_card_is),
	WIDTHS("spmd_more_blocks_than_cores", "48 blocks on one to six clusters with one to four AICPU threads give the same bytes",
		blocks_beyond_cores),
	WIDTHS("spmd_sync_start_narrow", "pairs that begin together on one to four clusters with one to four AICPU threads",
		pairs_on_few_clusters),
};

const struct tare_suite tare_suite_graph_ring = { "graph_ring", specs, TARE_COUNT_OF(specs) };
