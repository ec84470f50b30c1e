/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lifecycle_bounds - numbers below, at and above their bounds
 *
 * Widths, counts, sizes and addresses come from the caller, and each has an
 * end.  Beyond it there is one answer, and nothing has been taken.
 */
#include <tare/spec.h>

#include <string.h>

enum { REFUSED = -1, E_GRAPH = -5, E_AICPU_EXCEPTION = 507018, KIB = 1024, MIB = 1024 * KIB };

static void widths(struct tare_case *c, int blocks, int threads)
{
	const struct { int block_dim, aicpu_threads, wanted; } rows[] = {
		{ INT32_MIN, 3, REFUSED }, { -1, 3, REFUSED }, { 0, 3, 0 }, { 1, 3, 0 }, { 2, 3, 0 }, { blocks - 1, 3, 0 },
		{ blocks, 3, 0 }, { blocks + 1, 3, REFUSED }, { INT32_MAX, 3, REFUSED },
		{ 3, INT32_MIN, REFUSED }, { 3, -1, REFUSED }, { 3, 0, REFUSED }, { 3, 1, 0 }, { 3, threads - 1, 0 },
		{ 3, threads, 0 }, { 3, threads + 1, REFUSED }, { 3, INT32_MAX, REFUSED },
		{ 1, threads, 0 }, { blocks, 1, 0 }, { blocks, threads, 0 }, { 0, threads + 1, REFUSED }, { -1, 0, REFUSED },
	};
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_launch_wide(c, vector, blocks, threads); /* the widest there is: nothing grows after it */
	tare_mark(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(rows); i++) {
		memset(tare_tensor(c, vector, 2), 0xff, tare_tensor_count(vector, 2) * sizeof(float));
		int code = tare_try_launch_wide(c, vector, rows[i].block_dim, rows[i].aicpu_threads);
		tare_expect(c, code == rows[i].wanted, "%d blocks with %d AICPU threads gave %d, wanted %d", rows[i].block_dim,
			rows[i].aicpu_threads, code, rows[i].wanted);
		if (code == 0)
			tare_expect_floats(c, vector, 2, 42.0f);
	}
	tare_still_works(c);
}

/* Who orchestrates has nobody to schedule for it, and must do that as well where it would wait. */
static void one_thread_alone(struct tare_case *c)
{
	struct tare_callable *five = tare_prepare(c, "vector_five"), *empty = tare_prepare(c, "empty");
	struct tare_callable *wrap = tare_prepare(c, "wrap_1k"); /* far more tasks than its window holds */

	tare_capacity(c, 16, 256 * KIB, 64);
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_launch_wide(c, five, (int)(i % 3), 1);
		tare_expect_floats(c, five, 2, 47.0f);
		tare_launch_wide(c, empty, (int)(i % 3), 1);
		tare_launch_wide(c, wrap, (int)(i % 3), 1);
		if (i == 2)
			tare_mark(c);
	}
}

static void widths_of_a2a3(struct tare_case *c) { widths(c, 24, 4); }
static void widths_of_a5(struct tare_case *c)   { widths(c, 36, 7); }

static void no_arguments(struct tare_chip_args *args)      { memset(args, 0, sizeof(*args)); }
static void tensors_below(struct tare_chip_args *args)     { args->tensor_count = -1; }
static void tensors_lowest(struct tare_chip_args *args)    { args->tensor_count = INT32_MIN; }
static void tensors_above(struct tare_chip_args *args)     { args->tensor_count = TARE_CHIP_TENSORS + 1; }
static void tensors_highest(struct tare_chip_args *args)   { args->tensor_count = INT32_MAX; }
static void scalars_below(struct tare_chip_args *args)     { args->scalar_count = -1; }
static void scalars_above(struct tare_chip_args *args)     { args->scalar_count = TARE_CHIP_SCALARS + 1; }
static void scalars_highest(struct tare_chip_args *args)   { args->scalar_count = INT32_MAX; }
static void data_at_null(struct tare_chip_args *args)      { args->tensors[1].data = 0; }
static void zero_sized(struct tare_chip_args *args)        { args->tensors[2].shape[0] = 0; }
static void zero_in_the_middle(struct tare_chip_args *args)
{
	args->tensors[0].dims = 3;
	args->tensors[0].shape[1] = 0;
	args->tensors[0].shape[2] = 4;
}
static void no_dimensions(struct tare_chip_args *args)     { args->tensors[0].dims = 0; }
static void six_dimensions(struct tare_chip_args *args)    { args->tensors[0].dims = TARE_TENSOR_DIMS + 1; }
static void all_dimensions(struct tare_chip_args *args)    { args->tensors[0].dims = UINT32_MAX; }
static void no_such_type(struct tare_chip_args *args)      { args->tensors[0].type = TARE_DATA_TYPES; }
static void highest_type(struct tare_chip_args *args)      { args->tensors[0].type = 255; }
static void uncountable(struct tare_chip_args *args)
{
	args->tensors[2].dims = 3;
	args->tensors[2].shape[0] = args->tensors[2].shape[1] = args->tensors[2].shape[2] = UINT32_MAX;
}
static void larger_than_the_card(struct tare_chip_args *args)
{
	for (int i = 0; i < 3; i++) {
		args->tensors[i].dims = 2;
		args->tensors[i].shape[1] = UINT32_MAX;
	}
}

static void bad_arguments(struct tare_case *c)
{
	static const struct { const char *what; void (*change)(struct tare_chip_args *args); int wanted; } rows[] = {
		{ "-1 scalars", scalars_below, E_GRAPH },
		{ "129 scalars", scalars_above, E_GRAPH },
		{ "INT_MAX scalars", scalars_highest, E_GRAPH },
		{ "no arguments where three tensors are wanted", no_arguments, E_GRAPH },
		{ "-1 tensors", tensors_below, E_GRAPH },
		{ "INT_MIN tensors", tensors_lowest, E_GRAPH },
		{ "129 tensors", tensors_above, E_GRAPH },
		{ "INT_MAX tensors", tensors_highest, E_GRAPH },
		{ "a tensor with its data at NULL", data_at_null, E_GRAPH },
		{ "a tensor of no elements", zero_sized, E_GRAPH },
		{ "an extent of 0 behind another", zero_in_the_middle, E_GRAPH },
		{ "a tensor of no dimensions", no_dimensions, E_GRAPH },
		{ "a tensor of six dimensions", six_dimensions, E_GRAPH },
		{ "a tensor of 2^32 - 1 dimensions", all_dimensions, E_GRAPH },
		{ "a type that there is not", no_such_type, E_GRAPH },
		{ "type 255", highest_type, E_GRAPH },
		{ "more bytes than can be counted", uncountable, E_GRAPH },
		{ "more bytes than the card has", larger_than_the_card, 0 },
	};
	/* Too few arguments are found out by who knows how many it takes, the orchestration: on a device behind a mask. */
	const bool masked = tare_runs_in(c, ONBOARD | TENSORMAP_AND_RINGBUFFER);
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	const struct tare_chip_args good = *tare_arguments(vector);

	tare_launch(c, vector);
	tare_mark(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(rows); i++) {
		int wanted = masked && rows[i].change == no_arguments ? E_AICPU_EXCEPTION : rows[i].wanted;
		rows[i].change(tare_arguments(vector));
		int code = tare_try_launch(c, vector);
		*tare_arguments(vector) = good;
		tare_expect(c, wanted ? code == wanted : code != 0, "%s gave %d, wanted %d (0: an error)", rows[i].what, code,
			wanted);
		tare_launch(c, vector);
		tare_expect_floats(c, vector, 2, 42.0f);
	}
	tare_still_works(c);
}

/*
 * More than an orchestration asks for is its own business: the counts are within their bounds.  What nobody asks for is staged
 * all the same where the orchestration is on the device, and kept for the next launch.
 */
static void more_arguments_than_wanted(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	struct tare_chip_args *args = tare_arguments(vector);

	for (int i = args->tensor_count; i < TARE_CHIP_TENSORS; i++)
		args->tensors[i] = args->tensors[0];
	args->tensor_count = TARE_CHIP_TENSORS;
	args->scalar_count = TARE_CHIP_SCALARS;
	for (int i = 0; i < 3; i++) {
		tare_launch(c, vector);
		tare_expect_floats(c, vector, 2, 42.0f);
		if (i == 0)
			tare_mark(c);
	}
	tare_still_works(c);
}

static void each_of_128_tensors(struct tare_case *c)
{
	static float values[TARE_CHIP_TENSORS][4];
	struct tare_callable *each = tare_prepare(c, "each_tensor");
	struct tare_chip_args *args = tare_arguments(each);

	if (tare_runs_in(c, TENSORMAP_AND_RINGBUFFER))
		tare_capacity(c, 2 * TARE_CHIP_TENSORS, 256 * KIB, 64); /* a task for each, in one scope */
	for (int i = 0; i < TARE_CHIP_TENSORS; i++) {
		args->tensors[i] = args->tensors[0];
		args->tensors[i].data = (uint64_t)(uintptr_t)values[i];
		for (unsigned k = 0; k < TARE_COUNT_OF(values[i]); k++)
			values[i][k] = 1000.0f * (float)(k + 1);
	}
	args->tensor_count = TARE_CHIP_TENSORS;
	tare_launch(c, each);
	tare_mark(c);
	tare_launch(c, each); /* a second time, on what came back */
	for (int i = 0; i < TARE_CHIP_TENSORS; i++)
		for (unsigned k = 0; k < TARE_COUNT_OF(values[i]); k++) {
			float wanted = 1000.0f * (float)(k + 1) + 2.0f * (float)(i + 1);
			tare_expect(c, values[i][k] == wanted, "tensor %d of %d came back with %g, wanted %g", i,
				(int)TARE_CHIP_TENSORS, (double)values[i][k], (double)wanted);
		}
}

static void odd_arguments(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	const struct tare_abi *abi = tare_abi(c);
	_Alignas(8) unsigned char room[sizeof(struct tare_chip_args) + 8];

	tare_launch(c, vector);
	tare_mark(c);
	for (int shift = 1; shift < 8; shift++) {
		memcpy(room + shift, tare_arguments(vector), sizeof(struct tare_chip_args));
		int code = abi->run_prepared(tare_context(c), tare_runtime(c), 0, room + shift, 3, 3, 0, 0, 0, 0, 0, "", NULL);
		tare_expect(c, code == REFUSED, "arguments %d bytes off their alignment gave %d, wanted -1", shift, code);
	}
	tare_still_works(c);
}

static void diagnostics_that_are_not_there(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	const struct tare_abi *abi = tare_abi(c);

	tare_launch(c, vector);
	tare_mark(c);
	for (int i = 0; i < 5; i++) {
		int code = abi->run_prepared(tare_context(c), tare_runtime(c), 0, tare_arguments(vector), 3, 3, i == 0, i == 1,
			i == 2, i == 3, i == 4, "", NULL);
		tare_expect(c, code != 0, "diagnostics number %d with no place to write to gave 0", i);
	}
	tare_still_works(c);
}

/* Rings that leave room on a small card for what the case is about. */
static void works_on_a_small_card(struct tare_case *c)
{
	if (tare_runs_in(c, TENSORMAP_AND_RINGBUFFER))
		tare_capacity(c, 64, 512 * KIB, 64);
	tare_still_works(c);
}

static void sizes_of_memory(struct tare_case *c)
{
	static const size_t sizes[] = { 0, (size_t)1 << 60, SIZE_MAX, SIZE_MAX - 511, SIZE_MAX / 2 + 1, 65 * MIB,
		((size_t)1 << 32) + 512 };

	works_on_a_small_card(c);
	tare_mark(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(sizes); i++)
		tare_expect(c, !tare_try_memory(c, sizes[i]), "a card of 64 MiB gave a block of %zu bytes", sizes[i]);
	tare_memory_back(c, tare_memory(c, 1));
	tare_still_works(c);
}

static void sizes_of_arenas(struct tare_case *c)
{
	static const uint64_t sizes[] = { (uint64_t)1 << 60, UINT64_MAX, UINT64_MAX - 511, UINT64_MAX - 2047, 65 * MIB };

	works_on_a_small_card(c);
	tare_mark(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(sizes); i++)
		for (unsigned region = 0; region < 3; region++) {
			uint64_t wanted[3] = { KIB, KIB, KIB };
			wanted[region] = sizes[i];
			int code = tare_try_arena(c, wanted[0], wanted[1], wanted[2]);
			tare_expect(c, code != 0, "a card of 64 MiB gave region %u %llu bytes", region,
				(unsigned long long)sizes[i]);
			tare_expect(c, !tare_arena_base(c, HEAP) && !tare_arena_base(c, SHARED) && !tare_arena_base(c, RUNTIME),
				"a region stayed when region %u of %llu bytes failed", region, (unsigned long long)sizes[i]);
		}
	tare_expect_code(c, tare_try_arena(c, KIB, KIB, KIB), 0, "an arena that fits");
	tare_expect_code(c, tare_try_arena(c, 0, 0, 0), 0, "giving the arena back");
	tare_still_works(c);
}

/* The card's last block, and what lies behind it. */
static char *last_of_the_card(struct tare_case *c, void **blocks, unsigned room, unsigned *taken)
{
	char *last = NULL;

	for (*taken = 0; *taken < room && (blocks[*taken] = tare_try_memory(c, MIB)); ++*taken)
		if ((char *)blocks[*taken] > last)
			last = blocks[*taken];
	tare_expect(c, last && *taken < room, "a card of 64 MiB gave %u blocks of 1 MiB", *taken);
	return last;
}

static void sizes_of_copies(struct tare_case *c)
{
	static unsigned char here[2 * MIB + 1];
	static const size_t sizes[] = { 2 * MIB, 65 * MIB, (size_t)1 << 60, SIZE_MAX };
	void *blocks[80];
	unsigned taken;

	works_on_a_small_card(c);
	tare_mark(c);
	char *last = last_of_the_card(c, blocks, TARE_COUNT_OF(blocks), &taken);
	memset(here, 0x5a, sizeof(here));
	tare_expect_code(c, tare_try_copy_in(c, last, here, MIB), 0, "a copy that fills the last block");
	tare_expect_code(c, tare_try_copy_in(c, last + MIB - 1, here, 1), 0, "a copy of its last byte");
	tare_expect_code(c, tare_try_copy_in(c, last, here, 0), 0, "a copy of nothing to the device");
	tare_expect_code(c, tare_try_copy_out(c, here, last, 0), 0, "a copy of nothing from the device");
	for (unsigned i = 0; i < TARE_COUNT_OF(sizes); i++) {
		int in = tare_try_copy_in(c, last, here, sizes[i]), out = tare_try_copy_out(c, here, last, sizes[i]);
		tare_expect(c, in && out, "copies of %zu bytes at the last MiB of the card gave %d in and %d out", sizes[i], in,
			out);
	}
	for (size_t i = 0; i < sizeof(here); i++)
		tare_expect(c, here[i] == 0x5a, "a refused copy from the device changed byte %zu on the host", i);
	int code = tare_try_copy_in(c, here + 128, here, 64);
	tare_expect(c, code != 0, "a copy to the device, onto the host, gave 0");
	code = tare_try_copy_out(c, here, here + 128, 64);
	tare_expect(c, code != 0, "a copy from the device, off the host, gave 0");
	for (unsigned i = 0; i < taken; i++)
		tare_memory_back(c, blocks[i]);
	tare_still_works(c);
}

static void freed_by_mistake(struct tare_case *c)
{
	const struct tare_abi *abi = tare_abi(c);
	static char here[64];

	tare_still_works(c);
	char *kept = tare_memory(c, KIB), *gone = tare_memory(c, KIB);
	tare_expect_code(c, tare_try_arena(c, KIB, KIB, KIB), 0, "setting an arena up");
	tare_memory_back(c, gone);
	tare_use_context(c, 1);
	char *foreign = tare_memory(c, KIB);
	tare_use_context(c, 0);
	tare_mark(c);
	void *const mistakes[] = { NULL, gone, kept + 1, kept + 512, here, foreign, tare_arena_base(c, HEAP),
		(void *)(uintptr_t)UINTPTR_MAX, (void *)(uintptr_t)1 };
	for (unsigned i = 0; i < TARE_COUNT_OF(mistakes); i++)
		abi->device_free_ctx(tare_context(c), mistakes[i]);
	tare_expect_code(c, tare_try_copy_in(c, kept, here, sizeof(here)), 0, "copying to a block that was not freed");
	tare_still_works(c);
}

static void freed_after_finalize(struct tare_case *c)
{
	char *block = tare_memory(c, KIB);
	void *context = tare_context(c);

	tare_launch(c, tare_prepare(c, "vector_example"));
	tare_expect_code(c, tare_try_close(c), 0, "finalize_device");
	tare_abi(c)->device_free_ctx(context, block);
	tare_abi(c)->device_free_ctx(context, block);
	tare_mark(c);
	tare_open(c);
	char *again = tare_memory(c, KIB); /* most likely at the same place, and not freed by what was freed before */
	tare_expect_code(c, tare_try_copy_in(c, again, "x", 1), 0, "copying to a block of the next life");
	tare_still_works(c);
}

#define CASE(label, sentence, where, function, reason) { \
	.name = label, .says = sentence, .cells = (where), .when = function, \
	.then = { NOTHING_IS_LOST }, .because = reason, \
}
#define ON_A_SMALL_CARD(label, sentence, function, reason) { \
	.name = label, .says = sentence, .when = function, .machine = { .capacity = 64 * MIB }, \
	.then = { NOTHING_IS_LOST }, .because = reason, \
}

static const struct tare_spec specs[] = {
	CASE("widths_a2a3", "24 blocks and 4 AICPU threads are the most on a2a3: all up to there works, all beyond is -1", A2A3,
		widths_of_a2a3, "619fa0371 (#1138): a thread index beyond the configured count was used"),
	CASE("widths_a5", "36 blocks and 7 AICPU threads are the most on a5: all up to there works, all beyond is -1", A5,
		widths_of_a5, "9fee0d844 (#1680): more threads than configured indexed what only these have"),
	{
		.name     = "one_aicpu_thread",
		.says     = "one AICPU thread orchestrates and schedules, without a task and with more than the rings hold",
		.cells    = TENSORMAP_AND_RINGBUFFER,
		.when     = one_thread_alone,
		.launches = 9,
		.then     = { { AICPU_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 3 }, NOTHING_IS_LOST },
		.because  = "L29: a thread without a scheduler beside it waited for one for ever",
	},
	CASE("bad_arguments", "counts, shapes, types and data out of their bounds are refused, with a good launch after each", 0,
		bad_arguments, "e03faff54 (#788): a cap on arguments was exceeded without a word"),
	CASE("more_arguments", "128 tensors and 128 scalars are not too many, whatever the orchestration looks at", 0,
		more_arguments_than_wanted, "e03faff54 (#788): 128 tensor arguments must make the way"),
	CASE("each_of_128_tensors", "128 tensors go up, are worked on and come back, each with its own", 0, each_of_128_tensors,
		"e03faff54 (#788): a fixed cap on tensor pairs limited or overflowed them without a word"),
	CASE("odd_arguments", "arguments off their alignment are refused", 0, odd_arguments,
		"c4dd247a5 (#1151): packed words were read where they did not lie aligned"),
	CASE("diagnostics", "diagnostics without a place to write to are refused before anything is taken", 0,
		diagnostics_that_are_not_there, "L13: the failure of one collector left those before it behind"),
	ON_A_SMALL_CARD("sizes_of_memory", "blocks of 0 bytes, 2^60, the highest number and one more than the card are refused",
		sizes_of_memory, "L22: a size that wrapped became a small one, and was granted"),
	ON_A_SMALL_CARD("sizes_of_arenas", "a region of 2^60 bytes or the highest number takes its siblings back with it",
		sizes_of_arenas, "d9cdf01b8 (#922): the siblings of a region that could not be had stayed"),
	ON_A_SMALL_CARD("sizes_of_copies", "a copy of nothing is 0, the last byte of the card is the last, what is beyond is refused",
		sizes_of_copies, "9d255b42f (#166): a number that nobody compared with its end went into an address"),
	CASE("freed_by_mistake", "freeing NULL, twice, inside a block, the host's, another context's or an arena frees nothing", 0,
		freed_by_mistake, "fbc5618e9 (#917): a pointer that was not owned was freed"),
	{
		.name    = "freed_after_finalize",
		.says    = "a block that finalize took may be freed again, and the next life does not notice",
		.when    = freed_after_finalize,
		.then    = {
			{ DEVICE_BLOCKS,     AT_MARK,     EXACTLY, 0 },
			{ DEVICE_REFERENCES, AT_MARK,     EXACTLY, 0 },
			{ EVERY_ACCOUNT,     AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "fbc5618e9 (#917): freed after the reset, which is a call into a context that is gone",
	},
};

const struct tare_suite tare_suite_lifecycle_bounds = { "lifecycle_bounds", specs, TARE_COUNT_OF(specs) };
