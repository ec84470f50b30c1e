/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sweep - stories in which every call fails once
 *
 * Roll-back code is the code that never runs.  Each story below is an ordinary
 * case under `tare run`; under `tare sweep` it is told once for each call that
 * the runtime makes in it and each way in which that call can fail, and must
 * come to the same end.  So they say little and reach much.
 */
#include <tare/spec.h>

enum { KIB = 1024, FEW = 256 };

static void the_workflow(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	struct tare_callable *dump = tare_prepare(c, "dump_tensor");

	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
	tare_launch(c, dump);
	tare_expect_floats(c, dump, 2, 6.0f);
	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
	tare_unregister(c, vector);
}

static void arenas_come_and_go(struct tare_case *c)
{
	tare_open(c);
	tare_expect_code(c, tare_try_arena(c, 64 * KIB, 16 * KIB, 4 * KIB), 0, "a small layout");
	tare_expect_code(c, tare_try_arena(c, 256 * KIB, 64 * KIB, 4 * KIB), 0, "a larger heap and shared memory");
	tare_expect(c, tare_arena_base(c, HEAP) && tare_arena_base(c, SHARED) && tare_arena_base(c, RUNTIME),
		"a region of the larger layout is not there");
	tare_expect_code(c, tare_try_arena(c, 256 * KIB, 0, 4 * KIB), 0, "the shared memory given back");
	tare_expect(c, !tare_arena_base(c, SHARED), "the shared memory was given back and is there");
}

static void memory_there_and_back(struct tare_case *c)
{
	uint32_t sent[KIB], received[KIB] = { 0 };

	for (uint32_t i = 0; i < KIB; i++)
		sent[i] = i * i;
	void *memory = tare_memory(c, sizeof sent);
	tare_expect_code(c, tare_try_copy_in(c, memory, sent, sizeof sent), 0, "copying to the device");
	tare_expect_code(c, tare_try_copy_out(c, received, memory, sizeof received), 0, "copying from the device");
	for (uint32_t i = 0; i < KIB; i++)
		tare_expect(c, received[i] == sent[i], "word %u came back as %u", (unsigned)i, (unsigned)received[i]);
	tare_memory_back(c, memory);
}

static void two_generations(struct tare_case *c)
{
	for (unsigned generation = 0; generation < 2; generation++) {
		struct tare_callable *vector = tare_prepare(c, "vector_example");
		tare_launch(c, vector);
		tare_expect_floats(c, vector, 2, 42.0f);
		tare_expect_code(c, tare_try_close(c), 0, "finalize_device");
		if (generation == 0)
			tare_expect_code(c, tare_try_open(c), 0, "simpler_init of a context that was finalized");
	}
}

static void one_launch(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
}

static void a_life_after_death(struct tare_case *c)
{
	tare_expect_code(c, tare_try_close(c), 0, "finalize_device on a dead device");
	tare_expect_code(c, tare_try_open(c), 0, "simpler_init after that");
	one_launch(c);
}

static void a_card_that_dies_unseen(struct tare_case *c)
{
	uint32_t sent[FEW] = { 0 };
	void *memory = tare_memory(c, sizeof sent);

	tare_kill_card(c);
	tare_expect(c, tare_try_copy_in(c, memory, sent, sizeof sent) != 0, "a copy to a card that is dead gave 0");
	a_life_after_death(c);
}

static void a_kernel_that_hangs(struct tare_case *c)
{
	struct tare_callable *spin = tare_prepare(c, "spin");

	tare_expect(c, tare_try_launch(c, spin) != 0, "a kernel that never ends gave 0");
	a_life_after_death(c);
}

/* 20 tasks in a window of four: each launch goes round its rings, over what the one before has left there. */
static void small_rings(struct tare_case *c)
{
	struct tare_callable *wrap = tare_prepare(c, "wrap_20");
	float *from = tare_tensor(c, wrap, 0), *to = tare_tensor(c, wrap, 1);

	tare_capacity(c, 4, 4 * KIB, 4);
	for (unsigned i = 0; i < 2; i++) {
		from[0] = (float)i;
		tare_launch(c, wrap);
		tare_expect(c, to[0] == (float)(i + 10), "ten rounds from %u come to %g", i, (double)to[0]);
	}
}

/* The arenas are taken by launches alone, and the second wants each of them larger. */
static void launches_that_grow(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_capacity(c, 16, 16 * KIB, 16);
	tare_launch(c, vector);
	tare_capacity(c, 64, 64 * KIB, 256);
	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
}

/* Each id has an orchestration of its own open on the device; one of them goes and comes again meanwhile. */
static void ids_in_turn(struct tare_case *c)
{
	struct tare_callable *first = tare_prepare_as(c, 3, "vector_example");
	struct tare_callable *second = tare_prepare_as(c, 9, "vector_example");

	tare_small_rings(c);
	tare_launch(c, first);
	tare_launch(c, second);
	tare_launch(c, first);
	tare_unregister(c, first);
	tare_launch(c, second);
	first = tare_prepare_as(c, 3, "dump_tensor");
	tare_launch(c, first);
	tare_expect_floats(c, first, 2, 6.0f);
	tare_expect_floats(c, second, 2, 42.0f);
	tare_unregister(c, second);
}

static void a_launch_after_a_fatal_one(struct tare_case *c)
{
	struct tare_callable *fatal = tare_prepare(c, "explicit_fatal");

	tare_small_rings(c);
	tare_expect(c, tare_try_launch(c, fatal) != 0, "an orchestration that gave up gave 0");
	one_launch(c);
	tare_expect(c, tare_try_launch(c, fatal) != 0, "an orchestration that gave up once more gave 0");
}

/* What the AICPU has open goes down with the card, and nobody may send it to close that. */
static void a_card_that_dies_with_what_it_opened(struct tare_case *c)
{
	uint32_t sent[FEW] = { 0 };

	tare_small_rings(c);
	one_launch(c);
	void *memory = tare_memory(c, sizeof sent);
	tare_kill_card(c);
	tare_expect(c, tare_try_copy_in(c, memory, sent, sizeof sent) != 0, "a copy to a card that is dead gave 0");
	a_life_after_death(c);
}

static const struct tare_spec specs[] = {
	{
		.name    = "workflow",
		.says    = "two callables are prepared and launched three times, and whatever fails on the way is undone and works again",
		.when    = the_workflow,
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.faults  = EACH_CALL_ONCE,
		.because = "facts of the reference, 12.2: each of these calls had a path out on which something stayed behind",
	},
	{
		.name    = "arena",
		.says    = "three regions are laid out, grown and given back in part, and a layout that fails leaves none of them",
		.when    = arenas_come_and_go,
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.faults  = EACH_CALL_ONCE,
		.because = "d9cdf01b8 (#922), f97a2dd87 (#932): the siblings of a region that failed stayed on the card",
	},
	{
		.name    = "memory",
		.says    = "device memory is taken, written, read and given back",
		.when    = memory_there_and_back,
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.faults  = EACH_CALL_ONCE,
		.because = "facts of the reference, 12.2: a copy that fails leaves its block with the caller",
	},
	{
		.name    = "reopen",
		.says    = "one context lives twice, and its second life owes nothing to what went wrong in its first",
		.when    = two_generations,
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.faults  = EACH_CALL_ONCE,
		.because = "80c4cfb28 (#926), L28: what finalize left behind was found by the next init",
	},
	{
		.name    = "threads",
		.says    = "three threads carry the cores, and a thread that does not start or end is no reason to lose the others",
		.cells   = SIM,
		.when    = one_launch,
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.machine = { .workers = 3 },
		.scale   = { .elements = FEW },
		.faults  = EACH_CALL_ONCE,
		.because = "the fabric makes its threads when it opens and joins them when it closes: each of them can fail to be either",
	},
	{
		.name    = "dead_card",
		.says    = "a card that dies unseen is found out and reset by force, and the next life owes it nothing",
		.cells   = ONBOARD,
		.when    = a_card_that_dies_unseen,
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.scale   = { .elements = FEW },
		.faults  = EACH_CALL_ONCE,
		.because = "4cfed16b2 (#1005), 1c5e80655 (#1664): an ordinary reset kept the poison, and each free was an error more",
	},
	{
		.name    = "hung_kernel",
		.says    = "a kernel that never ends kills the device, and the next life owes it nothing",
		.cells   = SIM, /* onboard a hang is one of the faults of each launch */
		.when    = a_kernel_that_hangs,
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.machine = { .kernel_budget_ms = 5 },
		.scale   = { .elements = FEW },
		.faults  = EACH_CALL_ONCE,
		.because = "61cad74dc (#718), 4cfed16b2 (#1005): a kernel that hung held the host, and later runs went on beside it",
		.tags    = TAG_HANG,
	},
	{
		.name    = "no_forced_reset",
		.says    = "where the driver can't reset by force a device that dies costs the process, and nothing beyond it",
		.cells   = ONBOARD,
		.when    = one_launch,
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.machine = { .without_recover = true },
		.scale   = { .elements = FEW },
		.faults  = EACH_CALL_ONCE,
		.because = "facts of the driver, 3.2: an ordinary reset heals nothing, the end of the process does",
	},
	{
		.name    = "small_rings",
		.says    = "a launch goes round a window of four, and whatever fails it is as good as before",
		.cells   = TENSORMAP_AND_RINGBUFFER,
		.when    = small_rings,
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.scale   = { .elements = FEW },
		.faults  = EACH_CALL_ONCE,
		.because = "D12, D13: what a launch that failed left in a ring was found by the next",
	},
	{
		.name    = "growth",
		.says    = "a launch that wants larger arenas has them all or none, and the next one works",
		.cells   = TENSORMAP_AND_RINGBUFFER,
		.when    = launches_that_grow,
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.scale   = { .elements = FEW },
		.faults  = EACH_CALL_ONCE,
		.because = "d9cdf01b8 (#922), f97a2dd87 (#932): the siblings of a region that failed stayed; here a launch takes them",
	},
	{
		.name    = "ids",
		.says    = "orchestrations of two ids are open on the device in turn, and one of them goes and comes again",
		.cells   = TENSORMAP_AND_RINGBUFFER,
		.when    = ids_in_turn,
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.scale   = { .elements = FEW },
		.faults  = EACH_CALL_ONCE,
		.because = "L3, L6: an id was marked and counted before its object was open, and the next launch found nothing",
	},
	{
		.name    = "fatal",
		.says    = "an orchestration gives up, and what comes behind it works",
		.cells   = TENSORMAP_AND_RINGBUFFER,
		.when    = a_launch_after_a_fatal_one,
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.scale   = { .elements = FEW },
		.faults  = EACH_CALL_ONCE,
		.because = "L19, facts of the reference, 6.11: a report that could not be read was taken for a good one",
	},
	{
		.name    = "dead_orchestrator",
		.says    = "a card dies with orchestrations open on it, and the next life owes it nothing",
		.cells   = TENSORMAP_AND_RINGBUFFER | ONBOARD,
		.when    = a_card_that_dies_with_what_it_opened,
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.scale   = { .elements = FEW },
		.faults  = EACH_CALL_ONCE,
		.because = "4cfed16b2 (#1005), 1c5e80655 (#1664): an ordinary reset kept the poison, and each release was an error more",
	},
};

const struct tare_suite tare_suite_sweep = { "sweep", specs, TARE_COUNT_OF(specs) };
