/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena - three regions that are there together or not at all
 *
 * Heap, shared memory and runtime are separate blocks because one block of
 * their sum may not exist.  So any of the three can fail alone, and what the
 * other two then hold is nobody's: no caller knows of it, and no later layout
 * can have it.
 */
#include <tare/spec.h>

enum { KIB = 1024, MIB = 1024 * KIB };
enum { REGIONS = 3 };
enum { ARENA_ALIGN = 1024 };

struct layout {
	uint64_t heap, shared, runtime;
};

static const struct layout small = { 1 * MIB, 256 * KIB, 64 * KIB };
static const struct layout large = { 4 * MIB, 1 * MIB, 16 * MIB };
static const struct layout none;

static int lay_out(struct tare_case *c, const struct layout *layout)
{
	return tare_try_arena(c, layout->heap, layout->shared, layout->runtime);
}

static void expect_regions(struct tare_case *c, const char *when)
{
	for (int region = HEAP; region < REGIONS; region++) {
		uintptr_t base = (uintptr_t)tare_arena_base(c, (enum tare_region)region);
		tare_expect(c, base && base % ARENA_ALIGN == 0, "%s: region %d begins at %#llx, wanted a multiple of %d",
			when, region + 1, (unsigned long long)base, ARENA_ALIGN);
	}
}

static void expect_no_region(struct tare_case *c, const char *when)
{
	for (int region = HEAP; region < REGIONS; region++)
		tare_expect(c, !tare_arena_base(c, (enum tare_region)region), "%s: region %d is still there", when, region + 1);
}

/*
 * The mark stands after the failure and the case ends without any arena, so
 * what a device account reads at the mark beyond its end was kept by a region.
 */
static void region_fails(struct tare_case *c, uint32_t nth, const struct layout *earlier)
{
	tare_open(c);
	if (earlier)
		tare_expect_code(c, lay_out(c, earlier), 0, "the first layout");
	tare_fail_memory(c, nth);
	int code = lay_out(c, &large);
	tare_expect(c, code != 0, "a layout whose region %u could not be had gave 0", (unsigned)nth);
	tare_fail_nothing(c);
	tare_mark(c);
	expect_no_region(c, "after the failure");
	tare_expect_code(c, lay_out(c, &small), 0, "the next layout");
	expect_regions(c, "the next layout");
	tare_expect_code(c, lay_out(c, &none), 0, "giving all back");
}

static void heap_fails(struct tare_case *c)          { region_fails(c, 1, NULL); }
static void shared_fails(struct tare_case *c)        { region_fails(c, 2, NULL); }
static void runtime_fails(struct tare_case *c)       { region_fails(c, 3, NULL); }
static void heap_growth_fails(struct tare_case *c)   { region_fails(c, 1, &small); }
static void shared_growth_fails(struct tare_case *c) { region_fails(c, 2, &small); }
static void runtime_growth_fails(struct tare_case *c){ region_fails(c, 3, &small); }

/* A launch lays out its regions before it takes anything else. */
static void region_of_a_launch_fails(struct tare_case *c, uint32_t nth)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_fail_memory(c, nth);
	int code = tare_try_launch(c, vector);
	tare_expect(c, code != 0, "a launch whose region %u could not be had gave 0", (unsigned)nth);
	tare_fail_nothing(c);
	tare_mark(c);
	expect_no_region(c, "after the failed launch");
	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
	expect_regions(c, "the next launch");
}

static void heap_of_a_launch_fails(struct tare_case *c)    { region_of_a_launch_fails(c, 1); }
static void shared_of_a_launch_fails(struct tare_case *c)  { region_of_a_launch_fails(c, 2); }
static void runtime_of_a_launch_fails(struct tare_case *c) { region_of_a_launch_fails(c, 3); }

static void growth_fails_then_the_old_layout(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_small_rings(c); /* what a launch lays out itself is not to be larger than the growth */
	tare_expect_code(c, lay_out(c, &small), 0, "the first layout");
	tare_launch(c, vector);
	for (uint32_t nth = 1; nth <= REGIONS; nth++) {
		tare_fail_memory(c, nth);
		int code = lay_out(c, &large);
		tare_expect(c, code != 0, "growth whose region %u could not be had gave 0", (unsigned)nth);
		tare_fail_nothing(c);
		tare_expect_code(c, lay_out(c, &small), 0, "the old layout after growth failed");
		expect_regions(c, "the old layout after growth failed");
		tare_launch(c, vector);
		tare_expect_floats(c, vector, 2, 42.0f);
	}
}

static void one_region_alone_grows(struct tare_case *c)
{
	const struct layout grown = { small.heap, small.shared, large.runtime };

	tare_open(c);
	tare_expect_code(c, lay_out(c, &small), 0, "the first layout");
	void *heap = tare_arena_base(c, HEAP);
	void *shared = tare_arena_base(c, SHARED);
	tare_expect_code(c, lay_out(c, &grown), 0, "a layout with a larger runtime");
	tare_expect(c, tare_arena_base(c, HEAP) == heap, "the heap moved when the runtime grew");
	tare_expect(c, tare_arena_base(c, SHARED) == shared, "the shared memory moved when the runtime grew");
	expect_regions(c, "with a larger runtime");
	tare_fail_memory(c, 1);
	int code = tare_try_arena(c, small.heap, small.shared, large.runtime * 2);
	tare_expect(c, code != 0, "growth of the runtime alone could not be had and gave 0");
	tare_fail_nothing(c);
	tare_mark(c);
	expect_no_region(c, "after growth of the runtime alone failed");
}

static void same_or_smaller(struct tare_case *c)
{
	void *base[REGIONS];

	tare_open(c);
	tare_expect_code(c, lay_out(c, &large), 0, "the first layout");
	for (int region = HEAP; region < REGIONS; region++)
		base[region] = tare_arena_base(c, (enum tare_region)region);
	tare_mark(c);
	tare_fail_memory(c, 1);
	tare_expect_code(c, lay_out(c, &large), 0, "the same layout again");
	tare_expect_code(c, lay_out(c, &small), 0, "a smaller layout");
	tare_expect_code(c, lay_out(c, &large), 0, "the first layout after a smaller one");
	tare_fail_nothing(c);
	for (int region = HEAP; region < REGIONS; region++)
		tare_expect(c, tare_arena_base(c, (enum tare_region)region) == base[region], "region %d moved", region + 1);
}

static void zero_gives_back(struct tare_case *c)
{
	tare_open(c);
	tare_mark(c);
	tare_expect_code(c, lay_out(c, &large), 0, "the first layout");
	tare_expect_code(c, tare_try_arena(c, large.heap, 0, large.runtime), 0, "giving the shared memory back");
	tare_expect(c, !tare_arena_base(c, SHARED), "the shared memory is still there");
	tare_expect(c, tare_arena_base(c, HEAP) && tare_arena_base(c, RUNTIME), "the others went with the shared memory");
	tare_expect_code(c, lay_out(c, &none), 0, "giving all back");
	expect_no_region(c, "after all was given back");
	tare_expect_code(c, lay_out(c, &none), 0, "giving nothing back");
}

static void a_card_too_small(struct tare_case *c)
{
	tare_open(c);
	tare_expect_code(c, lay_out(c, &small), 0, "the first layout");
	int code = tare_try_arena(c, 64 * MIB, 4096ull * MIB, 1 * MIB);
	tare_expect(c, code != 0, "shared memory larger than the card gave 0");
	tare_mark(c);
	expect_no_region(c, "after a layout larger than the card");
	tare_expect_code(c, lay_out(c, &small), 0, "a layout that fits");
	tare_expect_code(c, lay_out(c, &none), 0, "giving all back");
}

/* There is room for the old region or the new one, never for both. */
static void growth_beyond_half_the_card(struct tare_case *c)
{
	tare_open(c);
	for (int region = HEAP; region < REGIONS; region++) {
		uint64_t sizes[REGIONS] = { 0 };

		for (uint64_t size = 30; size <= 50; size += 10) {
			sizes[region] = size * MIB;
			tare_expect(c, !tare_try_arena(c, sizes[HEAP], sizes[SHARED], sizes[RUNTIME]),
				"region %d can't grow to %u MiB on a card of 64", region + 1, (unsigned)size);
		}
	}
	tare_expect_code(c, lay_out(c, &none), 0, "giving all back");
	tare_mark(c);
	tare_small_rings(c); /* for the launch's own arenas there is little room */
	tare_still_works(c);
}

static void hostile_sizes(struct tare_case *c)
{
	tare_open(c);
	tare_mark(c);
	int code = tare_try_arena(c, UINT64_MAX, small.shared, small.runtime);
	tare_expect(c, code != 0, "a heap of 2^64 - 1 bytes gave 0");
	expect_no_region(c, "after a heap of 2^64 - 1 bytes");
	code = tare_try_arena(c, small.heap, small.shared, UINT64_MAX - ARENA_ALIGN + 2);
	tare_expect(c, code != 0, "a runtime that overflows when it is aligned gave 0");
	expect_no_region(c, "after a runtime that overflows when it is aligned");
}

static void rebuilt_with_arenas(struct tare_case *c)
{
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		struct tare_callable *vector = tare_prepare(c, "vector_example");
		tare_expect_code(c, lay_out(c, &large), 0, "the layout of a new context");
		expect_regions(c, "the layout of a new context");
		tare_launch(c, vector);
		tare_reopen(c);
		expect_no_region(c, "a new context");
	}
}

/* The same context, finalized and initialised again: what it remembers of its regions is what it allocates by. */
static void finalized_with_arenas(struct tare_case *c)
{
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_open(c);
		expect_no_region(c, "a context that comes up");
		tare_expect_code(c, lay_out(c, &large), 0, "the first layout of a life");
		expect_regions(c, "the first layout of a life");
		for (int region = HEAP; region < REGIONS; region++)
			tare_expect_code(c, tare_try_copy_in(c, tare_arena_base(c, (enum tare_region)region), "x", 1), 0,
				"copying to a region");
		tare_expect_code(c, tare_try_close(c), 0, "finalize_device");
		tare_mark(c);
		expect_no_region(c, "after finalize");
	}
}

#define FAILED_REGION(label, sentence, function) { \
	.name = label, .says = sentence, .when = function, \
	.then = { \
		{ ARENA_BYTES,   AT_MARK,           EXACTLY, 0 }, \
		{ DEVICE_BLOCKS, FROM_MARK_TO_LAST, EXACTLY, 0 }, \
		{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 }, \
		{ RUNNER_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 }, \
	}, \
	.because = "d9cdf01b8 (#922), f97a2dd87 (#932): the siblings of a region that failed stayed on the card", \
}

#define FAILED_LAUNCH(label, sentence, function) { \
	.name = label, .says = sentence, .cells = TENSORMAP_AND_RINGBUFFER, .when = function, \
	.then = { \
		{ ARENA_BYTES,   AT_MARK,     EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 }, \
	}, \
	.because = "d9cdf01b8 (#922), f97a2dd87 (#932): the siblings of a region that failed stayed on the card", \
}

static const struct tare_spec specs[] = {
	FAILED_LAUNCH("heap_of_a_launch_fails", "a launch whose heap can't be had leaves no region, and the next one works",
		heap_of_a_launch_fails),
	FAILED_LAUNCH("shared_of_a_launch_fails",
		"a launch whose shared memory can't be had leaves no region, and the next one works", shared_of_a_launch_fails),
	FAILED_LAUNCH("runtime_of_a_launch_fails",
		"a launch whose runtime can't be had leaves no region, and the next one works", runtime_of_a_launch_fails),
	FAILED_REGION("heap_fails", "a first layout whose heap can't be had leaves no region", heap_fails),
	FAILED_REGION("shared_fails", "a first layout whose shared memory can't be had leaves no region", shared_fails),
	FAILED_REGION("runtime_fails", "a first layout whose runtime can't be had leaves no region", runtime_fails),
	FAILED_REGION("heap_growth_fails", "growth whose heap can't be had leaves no region, earlier ones neither",
		heap_growth_fails),
	FAILED_REGION("shared_growth_fails", "growth whose shared memory can't be had leaves no region, earlier ones neither",
		shared_growth_fails),
	FAILED_REGION("runtime_growth_fails", "growth whose runtime can't be had leaves no region, earlier ones neither",
		runtime_growth_fails),
	{
		.name    = "old_layout_after_failed_growth",
		.says    = "after growth failed at any region the old layout is to be had again, and launches go on",
		.when    = growth_fails_then_the_old_layout,
		.then    = {
			{ DEVICE_BYTES,  FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ ARENA_BYTES,   FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,               EXACTLY, 0 },
		},
		.because = "L25: growth frees before it allocates, so a failure destroyed buffers that worked",
	},
	{
		.name    = "one_region_alone_grows",
		.says    = "one region grows without its siblings moving, and when it fails all three go",
		.when    = one_region_alone_grows,
		.then    = {
			{ ARENA_BYTES,   AT_MARK,     EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "d9cdf01b8 (#922): sibling regions of an earlier success stayed committed",
	},
	{
		.name    = "same_or_smaller_keeps",
		.says    = "a layout that is the same or smaller takes nothing and moves nothing",
		.when    = same_or_smaller,
		.then    = {
			{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ DEVICE_BLOCKS, FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because = "d65bc6f2b (#812): arenas taken and freed by each run cost 150 ms and fragmented the card",
	},
	{
		.name    = "zero_gives_back",
		.says    = "a size of zero gives that region back and no other",
		.when    = zero_gives_back,
		.then    = {
			{ ARENA_BYTES,   AT_MARK,           EXACTLY, 0 },
			{ ARENA_BYTES,   FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because = "facts of the reference: zero releases, and the cached size must go with the region",
	},
	{
		.name    = "card_too_small",
		.says    = "a layout larger than the card leaves no region, and one that fits is had at once",
		.when    = a_card_too_small,
		.machine = { .capacity = 512 * MIB },
		.then    = {
			{ ARENA_BYTES,   AT_MARK,           EXACTLY, 0 },
			{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because = "d9cdf01b8 (#922): the card itself, and not only an injected error, refuses a region",
	},
	{
		.name    = "growth_beyond_half_the_card",
		.says    = "a region grows beyond half of the card, since the old one goes before the new one is taken",
		.when    = growth_beyond_half_the_card,
		.machine = { .capacity = 64 * MIB },
		.then    = {
			{ ARENA_BYTES,   AT_MARK,     EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "L25: which of the two comes first is a decision, and a card with room for one only must see it",
	},
	{
		.name    = "hostile_sizes",
		.says    = "sizes that overflow when they are aligned are refused and leave no region",
		.when    = hostile_sizes,
		.then    = {
			{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ ARENA_BYTES,   FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because = "facts of the reference: a region asks for its size and 1,023 bytes more, and sums wrap",
	},
	{
		.name     = "new_context_has_no_arena",
		.says     = "ten contexts one after the other each lay out their own arenas and leave nothing",
		.when     = rebuilt_with_arenas,
		.launches = 10,
		.then     = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "80c4cfb28 (#926): a stale size made the next context skip its allocation",
	},
	{
		.name     = "new_life_has_no_arena",
		.says     = "a context that was finalized has no region, and its next life really takes the first layout",
		.when     = finalized_with_arenas,
		.launches = 3,
		.then     = {
			{ ARENA_BYTES,   AT_MARK,     EXACTLY, 0 },
			{ DEVICE_BYTES,  AT_MARK,     EXACTLY, 0 },
			{ RUNNER_BYTES,  AT_MARK,     EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "80c4cfb28 (#926): sizes that finalize had kept made the next init skip its allocation",
	},
};

const struct tare_suite tare_suite_arena = { "arena", specs, TARE_COUNT_OF(specs) };
