/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dependency - random programs of tensors: who waits for whom, and what comes of the bytes
 *
 * Views that overlap, work in place, two writers of one range, manual scopes and named tasks, as weave.h draws them.  A
 * launch carries out a hundred of them; rings are small, so that slots, memory and dependencies come round.  On a failure
 * the program is shrunk by launching what is left of it, many times in one launch.  Threads meet otherwise each time:
 * there the same seed has the same programs, and whether one goes wrong again is told.
 */
#include <tare/spec.h>

#include <string.h>

#include "weave.h"

enum { LAUNCHES = 100, WINDOWS = 4, BUFFER_BYTES = WEAVE_BUFFERS * WEAVE_ROOM, GRAIN = 1024 };
enum { WORDS, BYTES, LOG };

struct loom {
	struct tare_case *c;
	struct tare_callable *callable;
	int block_dim, threads;
	uint64_t trace; /* over who was where when, in all launches so far */
	uint8_t first[WEAVE_BATCH * BUFFER_BYTES];
	struct weave_program programs[WEAVE_BATCH];
	char wrong[128];
};

static const uint32_t windows[WINDOWS] = { 64, 4, 8, 16 };

static void set_capacity(struct tare_case *c, uint32_t window)
{
	tare_capacity(c, window, (uint64_t)window * WEAVE_USES * 2 * GRAIN, window * (WEAVE_STEPS + WEAVE_AFTER));
}

/* What went before the launch: the programs in words, and buffers in which no two bytes are alike for long. */
static void put_in(struct loom *loom, uint32_t count)
{
	uint32_t *words = tare_tensor(loom->c, loom->callable, WORDS);
	uint8_t *bytes = tare_tensor(loom->c, loom->callable, BYTES);
	size_t room = tare_tensor_count(loom->callable, WORDS), used = 1;

	words[0] = count;
	for (uint32_t i = 0; i < count; i++) {
		size_t size = weave_write(&loom->programs[i], words + used, room - used);

		tare_expect(loom->c, size > 0, "%u programs are more than %zu words", count, room);
		used += size;
	}
	for (uint32_t i = 0; i < sizeof loom->first; i++)
		loom->first[i] = (uint8_t)(i * 37 + i / 251);
	memcpy(bytes, loom->first, sizeof loom->first);
	memset(tare_tensor(loom->c, loom->callable, LOG), 0, tare_tensor_count(loom->callable, LOG) * sizeof(uint32_t));
}

static void follow_trace(struct loom *loom)
{
	const uint32_t *log = tare_tensor(loom->c, loom->callable, LOG);
	size_t count = tare_tensor_count(loom->callable, LOG);

	for (size_t i = 0; i < count; i++)
		if (log[i])
			loom->trace = weave_stir(loom->trace ^ (uint64_t)log[i] << 24 ^ i);
}

/* The number of the first program that went wrong, or `count`. */
static uint32_t first_wrong(struct loom *loom, uint32_t count)
{
	const uint8_t *bytes = tare_tensor(loom->c, loom->callable, BYTES);
	const uint32_t *log = tare_tensor(loom->c, loom->callable, LOG);

	for (uint32_t i = 0; i < count; i++)
		if (!weave_holds(&loom->programs[i], i, loom->first + i * BUFFER_BYTES, bytes + i * BUFFER_BYTES, log, loom->wrong,
			    sizeof loom->wrong))
			return i;
	return count;
}

static bool goes_wrong(void *cookie, const struct weave_program *program)
{
	enum { AT_ONCE = 16 };
	struct loom *loom = cookie;

	for (uint32_t i = 0; i < AT_ONCE; i++)
		loom->programs[i] = *program;
	put_in(loom, AT_ONCE);
	return tare_try_launch_wide(loom->c, loom->callable, loom->block_dim, loom->threads) == 0 &&
	       first_wrong(loom, AT_ONCE) < AT_ONCE;
}

static void tell(struct loom *loom, uint32_t number)
{
	static struct weave_program smaller;
	char before[sizeof loom->wrong], text[240];

	smaller = loom->programs[number];
	memcpy(before, loom->wrong, sizeof before);
	if (!goes_wrong(loom, &smaller))
		tare_expect(loom->c, false, "program %llu in rings of %u: %s; alone it goes right",
			(unsigned long long)smaller.seed, smaller.window, before);
	uint32_t tasks = weave_shrink(&smaller, goes_wrong, loom);
	tare_expect(loom->c, goes_wrong(loom, &smaller), "program %llu of %u tasks goes wrong now and then: %s",
		(unsigned long long)smaller.seed, tasks, before);
	tare_expect(loom->c, false, "program %llu in rings of %u: %s; %u tasks do: %s", (unsigned long long)smaller.seed,
		smaller.window, loom->wrong, tasks, weave_text(&smaller, text, sizeof text));
}

static void play_launch(struct loom *loom, uint64_t first, uint32_t window)
{
	set_capacity(loom->c, window);
	for (uint32_t i = 0; i < WEAVE_BATCH; i++)
		weave_draw(&loom->programs[i], first + i, window);
	put_in(loom, WEAVE_BATCH);
	tare_launch_wide(loom->c, loom->callable, loom->block_dim, loom->threads);
	follow_trace(loom);
	uint32_t wrong = first_wrong(loom, WEAVE_BATCH);
	if (wrong < WEAVE_BATCH)
		tell(loom, wrong);
}

/* Widths 0: as usual. */
static void play_all(struct tare_case *c, const int (*widths)[2], uint32_t width_count)
{
	static struct loom loom;

	loom.c = c;
	loom.callable = tare_prepare(c, "weave");
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		loom.block_dim = widths[i % width_count][0];
		loom.threads = widths[i % width_count][1];
		play_launch(&loom, tare_seed(c) * 1000000 + i * WEAVE_BATCH, windows[i % WINDOWS]);
		if (i + 1 == WINDOWS)
			tare_mark(c);
	}
	tare_say(c, "programs %u, trace hash %016llx", tare_launches(c) * WEAVE_BATCH, (unsigned long long)loom.trace);
}

static void as_usual(struct tare_case *c)
{
	static const int usual[][2] = { { 3, 3 } };

	play_all(c, usual, 1);
}

/* As many of them as the windows have no divisor in common with: each meets each. */
static void at_every_width(struct tare_case *c)
{
	static const int widths[][2] = { { 1, 1 }, { 2, 2 }, { 24, 4 }, { 5, 3 }, { 3, 1 }, { 8, 4 }, { 1, 3 } };
	static const int wide[][2] = { { 1, 1 }, { 2, 2 }, { 36, 7 }, { 5, 6 }, { 36, 2 }, { 3, 1 }, { 1, 3 } };

	play_all(c, tare_runs_in(c, A5) ? wide : widths, TARE_COUNT_OF(widths));
}

#define ROWS { \
	{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ DEVICE_BLOCKS, FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 }, \
}

static const struct tare_spec specs[] = {
	{
		.name     = "programs",
		.says     = "10,000 random programs of tensors (1,000 under valgrind) keep their order and have their bytes",
		.cells    = TENSORMAP_AND_RINGBUFFER,
		.when     = as_usual,
		.launches = LAUNCHES,
		.then     = ROWS,
		.because  = "L21: views were compared by element and not by byte, and a reader ran before its writer",
	},
	{
		.name     = "widths",
		.says     = "2,800 random programs (1,000 under valgrind) on one block up to all, with one AICPU thread up to all",
		.cells    = TENSORMAP_AND_RINGBUFFER,
		.when     = at_every_width,
		.launches = 28,
		.then     = ROWS,
		.because  = "L11, L29: cores that no thread owned, and a thread alone that waited for itself",
	},
	{
		.name     = "interleavings",
		.says     = "10,000 random programs (1,000 under valgrind), another core or thread at each step, as the seed has it",
		.cells    = TENSORMAP_AND_RINGBUFFER,
		.when     = as_usual,
		.launches = LAUNCHES,
		.machine  = { .fabric = SEEDED_FABRIC },
		.then     = ROWS,
		.because  = "D2, D12, D13: a consumer that came while its producer went was left out, once in a million launches",
	},
	{
		.name     = "parked",
		.says     = "2,000 random programs (1,000 under valgrind) with a thread of its own for each core and each AICPU thread",
		.cells    = TENSORMAP_AND_RINGBUFFER,
		.when     = as_usual,
		.launches = 20,
		.machine  = { .fabric = PARKED_FABRIC },
		.then     = ROWS,
		.because  = "D2, D12, D13: who schedules, orchestrates and computes does so at the same time, as on a card",
	},
	{
		.name     = "workers",
		.says     = "2,800 random programs (1,000 under valgrind), at each width, on cores that four threads share",
		.cells    = TENSORMAP_AND_RINGBUFFER,
		.when     = at_every_width,
		.launches = 28,
		.machine  = { .workers = 4 },
		.then     = ROWS,
		.because  = "D2, D12, D13: a core that goes on upon another thread saw less than it had seen before",
	},
};

const struct tare_suite tare_suite_dependency = { "dependency", specs, TARE_COUNT_OF(specs) };
