/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph - what a graph computes, and which graphs are refused
 *
 * The goldens are computed here, in plain C, from the same inputs; no file is
 * shared with the runner or the kernels.  Inputs vary along the tensor and are
 * small multiples of a quarter, so that every sum and product is exact and an
 * element that was skipped or done twice can't hide in a tolerance.
 */
#include <tare/spec.h>

#include <string.h>

#include "graph_rows.h"

enum { TIMES = 3, MIB = 1024 * 1024 };

enum { A, B, F };
enum { E_GRAPH = -5, E_STALL = -100, E_AICPU_EXCEPTION = 507018, E_INTERNAL = 507000 };

static void fill_inputs(struct tare_case *c, struct tare_callable *callable, unsigned round)
{
	float *a = tare_tensor(c, callable, A);
	float *b = tare_tensor(c, callable, B);

	for (size_t i = 0; i < tare_tensor_count(callable, A); i++) {
		a[i] = (float)((i * 7 + round) % 251) * 0.25f - 31.0f;
		b[i] = (float)((i * 13 + i / 251 + round) % 241) * 0.5f - 60.0f;
	}
	memset(tare_tensor(c, callable, F), 0xff, tare_tensor_count(callable, F) * sizeof(float));
}

static float vector_golden(float a, float b) { return (a + b + 1.0f) * (a + b + 2.0f); }
static float dump_golden(float a, float b)   { return a + b + 1.0f; }
static float mixed_golden(float a, float b)  { return a + b + 1.0f + 2.0f; }

static void expect_golden(struct tare_case *c, struct tare_callable *callable, float (*golden)(float, float))
{
	const float *a = tare_tensor(c, callable, A);
	const float *b = tare_tensor(c, callable, B);
	const float *f = tare_tensor(c, callable, F);
	size_t wrong = 0, first = 0;

	for (size_t i = 0; i < tare_tensor_count(callable, F); i++)
		if (f[i] != golden(a[i], b[i]) && !wrong++)
			first = i;
	tare_expect(c, !wrong, "%zu elements are wrong, the first is number %zu: %g, wanted %g", wrong, first,
		(double)f[first], (double)golden(a[first], b[first]));
}

static void scene(struct tare_case *c, const char *name, float (*golden)(float, float))
{
	struct tare_callable *callable = tare_prepare(c, name);

	for (uint32_t i = 0; i < tare_launches(c); i++) {
		fill_inputs(c, callable, i);
		tare_launch(c, callable);
		expect_golden(c, callable, golden);
	}
}

static void the_vector_scene(struct tare_case *c) { scene(c, "vector_example", vector_golden); }
static void the_dump_scene(struct tare_case *c)   { scene(c, "dump_tensor", dump_golden); }
static void the_mixed_scene(struct tare_case *c)  { scene(c, "mixed", mixed_golden); }

static void every_width(struct tare_case *c)
{
	static const int widths[] = { 1, 2, 3, 8, 24, 0 };
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	struct tare_callable *mixed = tare_prepare(c, "mixed");
	struct tare_callable *from_aiv = tare_prepare(c, "mixed_from_aiv");
	unsigned round = 0;

	for (unsigned i = 0; i < TARE_COUNT_OF(widths); i++)
		for (int threads = 1; threads <= 4; threads++) {
			fill_inputs(c, vector, round++);
			tare_launch_wide(c, vector, widths[i], threads);
			expect_golden(c, vector, vector_golden);
			fill_inputs(c, mixed, round++);
			tare_launch_wide(c, mixed, widths[i], threads);
			expect_golden(c, mixed, mixed_golden);
			fill_inputs(c, from_aiv, round++);
			tare_launch_wide(c, from_aiv, widths[i], threads);
			expect_golden(c, from_aiv, mixed_golden);
		}
}

static void widths_out_of_range(struct tare_case *c)
{
	static const struct { int block_dim, aicpu_threads; } bad[] = {
		{ -1, 3 }, { 37, 3 }, { INT32_MAX, 3 }, { INT32_MIN, 3 }, { 3, 0 }, { 3, -1 }, { 3, 8 }, { 3, INT32_MAX },
	};
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_launch(c, vector);
	tare_mark(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(bad); i++) {
		int code = tare_try_launch_wide(c, vector, bad[i].block_dim, bad[i].aicpu_threads);
		tare_expect(c, code == -1, "block_dim %d with %d AICPU threads gave %d, wanted -1", bad[i].block_dim,
			bad[i].aicpu_threads, code);
	}
	fill_inputs(c, vector, 1);
	tare_launch(c, vector);
	expect_golden(c, vector, vector_golden);
}

/* A bad graph between two good launches; 0: any error will do. */
static void refused(struct tare_case *c, const char *name, int wanted)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	struct tare_callable *bad = tare_prepare(c, name);

	tare_launch(c, vector);
	(void)tare_try_launch(c, bad); /* what launches keep has grown to fit this one too */
	tare_mark(c);
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		int code = tare_try_launch(c, bad);
		tare_expect(c, wanted ? code == wanted : code != 0, "%s gave %d, wanted %s%d", name, code,
			wanted ? "" : "anything but ", wanted);
		fill_inputs(c, vector, i);
		tare_launch(c, vector);
		expect_golden(c, vector, vector_golden);
	}
}

/* CANN masks what a card finds by itself; the log has the code, as the suite `fatal` reads there. */
static int code_of_a_bad_graph(struct tare_case *c)
{
	return tare_runs_in(c, ONBOARD | TENSORMAP_AND_RINGBUFFER) ? E_AICPU_EXCEPTION : E_GRAPH;
}

static void a_cycle(struct tare_case *c)             { refused(c, "cycle", E_STALL); }
static void too_many_successors(struct tare_case *c) { refused(c, "too_many_successors", E_GRAPH); }
static void an_invalid_edge(struct tare_case *c)     { refused(c, "invalid_edge", E_GRAPH); }
static void too_many_args(struct tare_case *c)       { refused(c, "too_many_args", code_of_a_bad_graph(c)); }
static void an_unknown_kernel(struct tare_case *c)   { refused(c, "unknown_kernel", code_of_a_bad_graph(c)); }
static void an_orchestration_error(struct tare_case *c) { refused(c, "returns_error", 0); }

static void a_failed_run_copies_nothing(struct tare_case *c)
{
	struct tare_callable *bad = tare_prepare(c, "returns_error");
	float *out = tare_tensor(c, bad, 0);

	int code = tare_try_launch(c, bad);
	float before = out[0];
	code = tare_try_launch(c, bad);
	tare_expect(c, code != 0, "an orchestration that returned -1 launched");
	tare_expect(c, out[0] == before, "a run that failed wrote %g to its output", (double)out[0]);
	tare_launch(c, tare_prepare(c, "vector_example"));
}

/* The kernel works on the copy of its input on the device, which is the runtime's; the caller's own is not. */
static void work_in_place(struct tare_case *c)
{
	struct tare_callable *callable = tare_prepare(c, "in_place");
	float *a = tare_tensor(c, callable, 0), *f = tare_tensor(c, callable, 1);

	for (uint32_t round = 0; round < tare_launches(c); round++) {
		for (size_t i = 0; i < tare_tensor_count(callable, 0); i++)
			a[i] = (float)(i * 3 + round);
		memset(f, 0xff, tare_tensor_count(callable, 1) * sizeof(float));
		tare_launch(c, callable);
		for (size_t i = 0; i < tare_tensor_count(callable, 0); i++)
			tare_expect(c, a[i] == (float)(i * 3 + round) && f[i] == a[i] + 1.0f,
				"of element %zu the input is %g, wanted %g, and the output %g, wanted %g", i, (double)a[i],
				(double)(i * 3 + round), (double)f[i], (double)(i * 3 + round + 1));
	}
}

static void fill_the_card(struct tare_case *c, void **blocks, unsigned room)
{
	unsigned taken = 0;

	for (size_t size = MIB; size >= 512; size /= 2)
		while (taken < room && (blocks[taken] = tare_try_memory(c, size)))
			taken++;
	tare_expect(c, taken < room, "a card of 32 MiB gave %u blocks", taken);
}

static void launch_some_more(struct tare_case *c, struct tare_callable *vector)
{
	for (unsigned round = 0; round < TIMES; round++) {
		fill_inputs(c, vector, round);
		tare_launch(c, vector);
		expect_golden(c, vector, vector_golden);
	}
}

/* What a launch keeps goes back before more is taken, and that may fail. */
static void growth_that_fails(struct tare_case *c)
{
	void *blocks[1024] = { NULL };
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	struct tare_callable *large = tare_prepare(c, "chain_10k");

	tare_launch(c, vector);
	fill_the_card(c, blocks, TARE_COUNT_OF(blocks) - 1);
	int code = tare_try_launch(c, large);
	tare_expect(c, code != 0, "a graph of 10,000 tasks went onto a card that is full");
	launch_some_more(c, vector);
	for (unsigned i = 0; blocks[i]; i++)
		tare_memory_back(c, blocks[i]);
	tare_launch(c, large);
}

/* The arenas grow with the rings: all three go back when one can't be had, and on a card without a byte to spare the old
 * ones find their room again, and the tensors theirs. */
static void rings_that_do_not_fit(struct tare_case *c)
{
	void *blocks[1024] = { NULL };
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_small_rings(c);
	tare_launch(c, vector);
	fill_the_card(c, blocks, TARE_COUNT_OF(blocks) - 1);
	tare_capacity(c, 16, 4 * MIB, 64);
	int code = tare_try_launch(c, vector);
	tare_expect(c, code != 0, "rings of 4 MiB went onto a card that is full");
	tare_small_rings(c);
	launch_some_more(c, vector);
	for (unsigned i = 0; blocks[i]; i++)
		tare_memory_back(c, blocks[i]);
	tare_capacity(c, 16, 4 * MIB, 64);
	launch_some_more(c, vector);
}

static void no_task_at_all(struct tare_case *c)
{
	struct tare_callable *empty = tare_prepare(c, "empty");

	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch(c, empty);
}

static void ten_thousand_tasks(struct tare_case *c)
{
	static const char *const shapes[] = { "chain_10k", "fan_10k", "diamond_10k" };
	struct tare_callable *large[TARE_COUNT_OF(shapes)];
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_large_rings(c);
	tare_launch(c, vector);
	for (unsigned i = 0; i < TARE_COUNT_OF(shapes); i++)
		large[i] = tare_prepare(c, shapes[i]);
	for (unsigned i = 0; i < TARE_COUNT_OF(shapes); i++)
		tare_launch(c, large[i]);
	tare_mark(c);
	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch(c, large[i % TARE_COUNT_OF(shapes)]);
	fill_inputs(c, vector, 0);
	tare_launch(c, vector);
	expect_golden(c, vector, vector_golden);
}

/* What a card says to a hung kernel differs: a2a3 calls it an exception, a5 an internal error. */
static void hang_and_be_refused(struct tare_case *c, int wanted, int or_wanted)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	struct tare_callable *spin = tare_prepare(c, "spin");

	int code = tare_try_launch(c, spin);
	tare_expect(c, code == wanted || code == or_wanted, "a kernel that never ends gave %d, wanted %d or %d", code, wanted,
		or_wanted);
	tare_expect_code(c, tare_try_launch(c, vector), -1, "a launch on a device that an earlier one had poisoned");
	tare_expect(c, !tare_try_memory(c, 4096), "a device that a launch had poisoned gave memory");
}

static void a_kernel_that_never_ends(struct tare_case *c)
{
	hang_and_be_refused(c, E_STALL, E_STALL);
	tare_reopen(c);
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	fill_inputs(c, vector, 1);
	tare_launch(c, vector);
	expect_golden(c, vector, vector_golden);
}

static void a_kernel_that_hangs_the_card(struct tare_case *c)
{
	hang_and_be_refused(c, E_AICPU_EXCEPTION, E_INTERNAL);
	tare_reopen(c);
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	fill_inputs(c, vector, 1);
	tare_launch(c, vector);
	expect_golden(c, vector, vector_golden);
}

static void a_card_that_stays_dead(struct tare_case *c)
{
	hang_and_be_refused(c, E_AICPU_EXCEPTION, E_INTERNAL);
	tare_expect_code(c, tare_try_close(c), 0, "finalizing on a dead card");
	for (int i = 0; i < 2; i++) {
		int code = tare_try_open(c);
		tare_expect(c, code > 0, "init on a card that nothing can reset gave %d, wanted the driver's code", code);
		tare_expect_code(c, tare_try_close(c), 0, "finalizing what never came up");
	}
}

static const struct tare_spec specs[] = {
	HELD("vector_scene", "(a + b + 1)(a + b + 2) over inputs that vary", the_vector_scene,
		"a result that is the same everywhere hides tasks that were skipped or done twice"),
	HELD("dump_scene", "a + b + 1, its second step in place, over inputs that vary", the_dump_scene,
		"L10: an edge that was dropped left two tasks in the order of chance"),
	HELD("mixed_scene", "eight chains that change the kind of core at each step", the_mixed_scene,
		"L8: tasks for cores that a thread did not own were never begun"),
	{
		.name    = "every_width",
		.says    = "block_dim 1 to 24 and automatic, with one to four AICPU threads, give the same result",
		.when    = every_width,
		.then    = {
			{ KERNEL_IMAGES, AT_PEAK,     EXACTLY, 1 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "L8: more AICPU threads than AICs, and the graph stalled",
	},
	{
		.name    = "widths_out_of_range",
		.says    = "a block_dim or thread count out of range is refused, and the next launch works",
		.when    = widths_out_of_range,
		.then    = {
			{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because = "L29: one thread count was accepted that could never finish",
	},
	REFUSED_IN(HOST_BUILD_GRAPH, "cycle_is_refused",
		"a cycle ends the run with -100, and the next launch works", a_cycle,
		"L9, L30: a cycle turned for minutes, and then the host was told 0"),
	REFUSED_IN(HOST_BUILD_GRAPH, "overflow_is_refused",
		"129 successors end the run with -5, and the next launch works", too_many_successors,
		"L10: the edge beyond the 128th was dropped, and the graph ran without it"),
	REFUSED_IN(HOST_BUILD_GRAPH, "invalid_edge_is_refused",
		"an edge to nowhere ends the run with -5, and the next launch works", an_invalid_edge,
		"L10: an edge to an unknown task was a line in a log"),
	REFUSED("too_many_args_are_refused",
		"17 arguments end the run with -5 even if nobody looks; a card that finds them says 507018",
		too_many_args,
		"e03faff54 (#788): a fixed cap cut arguments off without a word"),
	REFUSED("unknown_kernel_is_refused",
		"a function id without a kernel ends the run with -5; a card that finds it says 507018",
		an_unknown_kernel,
		"de32536a7 (#1847): a scheduler jumped to what an id had meant before"),
	REFUSED("orchestration_error_is_kept", "an orchestration that gives up ends the run and leaves nothing",
		an_orchestration_error, "L1: it dropped its pairs, and their memory stayed on the card"),
	{
		.name    = "failed_run_copies_nothing",
		.says    = "a run that failed writes to no output",
		.when    = a_failed_run_copies_nothing,
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "facts of the reference: recorded pairs were copied back after a failed run too",
	},
	HELD("inputs_stay", "a launch that works in place on the device leaves the caller's input as it was", work_in_place,
		"ea4d20450 (#1051): all tensors were copied both ways, and inputs were overwritten with what the device had"),
	{
		.name    = "failed_growth_then_small",
		.says    = "when a card has no room for a larger graph, the smaller one that ran before runs on",
		.cells   = HOST_BUILD_GRAPH,
		.when    = growth_that_fails,
		.machine = { .capacity = 32 * MIB },
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "L25: growth that failed had freed what the launches after it went on using",
	},
	{
		.name    = "failed_growth_then_small_on_device",
		.says    = "when a card has no room for larger rings, what ran in smaller ones before runs on in them",
		.cells   = TENSORMAP_AND_RINGBUFFER,
		.when    = rings_that_do_not_fit,
		.machine = { .capacity = 32 * MIB },
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "L25: growth that failed had freed what the launches after it went on using",
	},
	HELD("empty_graph", "a graph without a task is done at once", no_task_at_all,
		"L7: a graph runtime waited for the first of no tasks until its time was over"),
	{
		.name    = "hung_kernel_ends",
		.says    = "a kernel that never ends is ended, later launches are refused, and the next context works",
		.cells   = SIM,
		.when    = a_kernel_that_never_ends,
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "61cad74dc (#718): a hung kernel blocked the host for ever",
		.tags    = TAG_HANG,
	},
	{
		.name    = "hung_kernel_resets_the_card",
		.says    = "a kernel that hangs the card ends in an error, launches after it are refused, and a reset card launches",
		.cells   = ONBOARD,
		.when    = a_kernel_that_hangs_the_card,
		.then    = {
			{ CALL(aclrtResetDeviceForce), IS_CALLED,   EXACTLY, 1 },
			{ EVERY_ACCOUNT,               AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "4cfed16b2 (#1005), 1c5e80655 (#1664): launches went on after a hang, and teardown blocked",
		.tags    = TAG_HANG,
	},
	{
		.name    = "hung_kernel_without_a_reset",
		.says    = "where the driver has no forced reset, init after a hung kernel fails, again and again, and takes nothing",
		.cells   = ONBOARD,
		.when    = a_card_that_stays_dead,
		.machine = { .without_recover = true },
		.then    = {
			{ RUNNER_BYTES,      AFTER_CLOSE, EXACTLY, 0 },
			{ DEVICE_REFERENCES, AFTER_CLOSE, EXACTLY, 0 },
			{ HOST_OBJECTS,      AFTER_CLOSE, EXACTLY, 0 },
			{ TEMPORARY_FILES,   AFTER_CLOSE, EXACTLY, 0 },
			{ THREADS,           AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "4cfed16b2 (#1005): without a forced reset a dead card needs a fresh process, and must say so",
		.tags    = TAG_HANG,
	},
	{
		.name     = "ten_thousand_tasks",
		.says     = "10,000 tasks as a chain, fans and diamonds come to their end, again and again",
		.when     = ten_thousand_tasks,
		.launches = 6,
		.then     = {
			{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because  = "e03faff54 (#788): what a fixed size could not hold was lost without a word",
	},
};

const struct tare_suite tare_suite_graph = { "graph", specs, TARE_COUNT_OF(specs) };
