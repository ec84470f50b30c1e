/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state - what one run may leave to the next: nothing
 *
 * Schedulers and cores keep tables, flags and counters while they run.  What
 * one run forgot to clear, or had no time to clear, was the next one's hang,
 * wrong result or error, whatever else had changed between them.
 */
#include <tare/spec.h>

#include <string.h>

enum { BUDGET_MS = 60 }; /* of a kernel, where a case waits for its end */
enum { KIB = 1024, MIB = 1024 * KIB };

static int most_threads(struct tare_case *c)
{
	/* One more than a2a3 has is refused there and changes nothing. */
	struct tare_callable *empty = tare_prepare(c, "empty");
	int most = tare_try_launch_wide(c, empty, 1, 5) ? 4 : 7;

	tare_unregister(c, empty);
	return most;
}

static void launch_and_look(struct tare_case *c, struct tare_callable *callable, int blocks, int threads, float wanted)
{
	memset(tare_tensor(c, callable, 2), 0xff, tare_tensor_count(callable, 2) * sizeof(float));
	tare_launch_wide(c, callable, blocks, threads);
	tare_expect_floats(c, callable, 2, wanted);
}

static void other_cores_each_time(struct tare_case *c)
{
	static const struct { const char *name; int blocks, threads; float wanted; } turns[] = {
		{ "vector_example", 1, 1, 42.0f }, { "mixed", 24, 4, 8.0f }, { "dump_tensor", 2, 3, 6.0f },
		{ "vector_example", 24, 1, 42.0f }, { "mixed", 1, 4, 8.0f }, { "vector_five", 5, 2, 47.0f },
		{ "mixed", 0, 2, 8.0f }, { "dump_tensor", 1, 4, 6.0f },
	};
	struct tare_callable *callables[TARE_COUNT_OF(turns)];

	for (unsigned i = 0; i < TARE_COUNT_OF(turns); i++)
		callables[i] = tare_prepare(c, turns[i].name);
	for (uint32_t i = 0; i < TARE_COUNT_OF(turns) + tare_launches(c); i++) {
		unsigned turn = i % TARE_COUNT_OF(turns);
		if (i == TARE_COUNT_OF(turns)) /* each has had its turn */
			tare_mark(c);
		launch_and_look(c, callables[turn], turns[turn].blocks, turns[turn].threads, turns[turn].wanted);
	}
}

/* One call of a launch fails; what follows is a good launch, on the same context. */
static void failed_then_good(struct tare_case *c, const int *calls, size_t count, bool first_launch)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	if (!first_launch) {
		launch_and_look(c, vector, 3, 3, 42.0f);
		tare_mark(c); /* what launches keep has its size, and must not grow by what fails */
	}
	for (size_t i = 0; i < count; i++)
		for (uint32_t nth = 1; nth <= 4; nth++) { /* two inputs go up, then the graph, then the launch's own words */
			tare_fail_call(c, calls[i], nth);
			int code = tare_try_launch_wide(c, vector, 3, 3);
			tare_fail_nothing(c);
			/* A launch that makes only one such call is not hit by the next. */
			tare_expect(c, code != 0 || nth > 1, "a launch whose call number %zu of this case failed gave 0", i + 1);
			launch_and_look(c, vector, 3, 3, 42.0f);
			launch_and_look(c, vector, 1, 1, 42.0f);
			if (first_launch) {
				tare_reopen(c);
				vector = tare_prepare(c, "vector_example");
			}
		}
}

static void boots_that_fail_onboard(struct tare_case *c)
{
	static const int calls[] = { CALL(rtRegisterAllKernel), CALL(rtsLaunchCpuKernel), CALL(rtKernelLaunchWithHandleV2),
		CALL(rtMemcpy), CALL(rtMalloc) };

	failed_then_good(c, calls, TARE_COUNT_OF(calls), true);
}

static void launches_that_fail_onboard(struct tare_case *c)
{
	static const int calls[] = { CALL(rtsLaunchCpuKernel), CALL(rtKernelLaunchWithHandleV2), CALL(rtMemcpy) };

	failed_then_good(c, calls, TARE_COUNT_OF(calls), false);
}

static void boots_that_fail_in_sim(struct tare_case *c)
{
	static const int calls[] = { CALL(object_open), CALL(file_write), CALL(memory_copy), CALL(memory_take) };

	failed_then_good(c, calls, TARE_COUNT_OF(calls), true);
}

static void launches_that_fail_in_sim(struct tare_case *c)
{
	static const int calls[] = { CALL(memory_copy) };

	failed_then_good(c, calls, TARE_COUNT_OF(calls), false);
}

/* In turn each copy of a launch fails: then the launch does, or it makes no more than those before, and its result is right. */
static void copies_that_fail(struct tare_case *c, int call)
{
	enum { COPIES = 8 }; /* more than a launch of two inputs and one output makes */
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	const float *f = tare_tensor(c, vector, 2);
	uint32_t beyond = 0;

	launch_and_look(c, vector, 3, 3, 42.0f);
	tare_mark(c);
	for (uint32_t nth = 1; nth <= COPIES; nth++) {
		memset(tare_tensor(c, vector, 2), 0xff, tare_tensor_count(vector, 2) * sizeof(float));
		tare_fail_call(c, call, nth);
		int code = tare_try_launch_wide(c, vector, 3, 3);
		tare_fail_nothing(c);
		tare_expect(c, code != 0 || f[0] == 42.0f, "a launch whose copy number %u failed gave 0, and %g in place of 42",
			(unsigned)nth, (double)f[0]);
		tare_expect(c, code == 0 || !beyond, "a launch whose copy number %u failed gave 0, and with number %u it gave %d",
			(unsigned)beyond, (unsigned)nth, code);
		if (code == 0 && !beyond)
			beyond = nth;
		launch_and_look(c, vector, 3, 3, 42.0f);
	}
}

static void copies_that_fail_onboard(struct tare_case *c) { copies_that_fail(c, CALL(rtMemcpy)); }
static void copies_that_fail_in_sim(struct tare_case *c)  { copies_that_fail(c, CALL(memory_copy)); }

/* Fills all that the card has left, in ever smaller pieces, and gives it back: nobody may count on what was there. */
static void soil_the_card(struct tare_case *c, int pattern)
{
	static unsigned char dirt[MIB];
	void *blocks[1024];
	unsigned taken = 0;

	memset(dirt, pattern, sizeof(dirt));
	for (size_t size = sizeof(dirt); size >= 512; size /= 2)
		while (taken < TARE_COUNT_OF(blocks) && (blocks[taken] = tare_try_memory(c, size))) {
			tare_expect_code(c, tare_try_copy_in(c, blocks[taken], dirt, size), 0, "filling the card");
			taken++;
		}
	tare_expect(c, taken < TARE_COUNT_OF(blocks), "a card of 32 MiB gave %u blocks", taken);
	for (unsigned i = 0; i < taken; i++)
		tare_memory_back(c, blocks[i]);
}

static void on_a_soiled_card(struct tare_case *c)
{
	static const int patterns[] = { 0xff, 0xa5 };

	for (unsigned i = 0; i < TARE_COUNT_OF(patterns); i++) {
		tare_open(c);
		if (tare_runs_in(c, TENSORMAP_AND_RINGBUFFER))
			tare_capacity(c, 64, 256 * KIB, 256); /* the arenas of a launch are to be on a card of 32 MiB */
		soil_the_card(c, patterns[i]);
		struct tare_callable *vector = tare_prepare(c, "vector_example"), *mixed = tare_prepare(c, "mixed");
		launch_and_look(c, vector, 3, 3, 42.0f);
		soil_the_card(c, patterns[i]); /* and what the next, wider one takes */
		launch_and_look(c, mixed, 24, 4, 8.0f);
		tare_expect_code(c, tare_try_arena(c, 64 * KIB, 64 * KIB, 64 * KIB), 0, "setting an arena up");
		static unsigned char dirt[64 * KIB];
		memset(dirt, patterns[i], sizeof(dirt));
		tare_expect_code(c, tare_try_copy_in(c, tare_arena_base(c, SHARED), dirt, sizeof(dirt)), 0,
			"filling the shared memory");
		launch_and_look(c, vector, 24, 4, 42.0f);
		tare_reopen(c);
	}
}

static void fewer_threads_than_started(struct tare_case *c)
{
	int most = most_threads(c);
	struct tare_callable *vector = tare_prepare(c, "vector_example"), *mixed = tare_prepare(c, "mixed");

	for (uint32_t i = 0; i < tare_launches(c); i++)
		for (int threads = most; threads >= 1; threads--) {
			launch_and_look(c, vector, 1 + (int)i % 3, threads, 42.0f);
			launch_and_look(c, mixed, 1 + (int)i % 2, threads, 8.0f);
		}
}

static void short_rounds(struct tare_case *c)
{
	enum { WARM_UP = 12 }; /* each callable with each width and each number of threads */
	struct tare_callable *vector = tare_prepare(c, "vector_example"), *mixed = tare_prepare(c, "mixed");

	for (uint32_t i = 0; i < WARM_UP + tare_launches(c); i++) {
		if (i == WARM_UP)
			tare_mark(c);
		launch_and_look(c, i % 2 ? mixed : vector, 1 + (int)(i % 3), 1 + (int)(i / 3 % 4), i % 2 ? 8.0f : 42.0f);
	}
}

static void as_wide_as_it_goes(struct tare_case *c)
{
	int most = most_threads(c);
	struct tare_callable *vector = tare_prepare(c, "vector_example"), *mixed = tare_prepare(c, "mixed");

	for (int i = 0; i < 5; i++) {
		launch_and_look(c, vector, 0, most, 42.0f);
		launch_and_look(c, mixed, 0, most, 8.0f);
	}
}

static void eight_processes(struct tare_case *c) { tare_in_processes(c, 8, as_wide_as_it_goes); }

/* Of so many slow kernels in a row; the time that the launch took of the processor. */
static uint64_t time_of(struct tare_case *c, struct tare_callable *slow, uint64_t tasks, uint64_t turns)
{
	uint64_t began = tare_spent_ms();

	tare_arguments(slow)->scalars[0] = tasks;
	tare_arguments(slow)->scalars[1] = turns;
	*(float *)tare_tensor(c, slow, 0) = 0.0f;
	tare_launch(c, slow);
	tare_expect_floats(c, slow, 0, (float)tasks);
	return tare_spent_ms() - began;
}

/* Each kernel a part of its budget, all of them twice the budget and more: one after the other, while most cores idle. */
static void slow_is_no_hang(struct tare_case *c)
{
	struct tare_callable *slow = tare_prepare(c, "slow");
	uint64_t turns = 1u << 18, one, tasks;

	tare_large_rings(c);
	while ((one = time_of(c, slow, 1, turns)) < BUDGET_MS / 4)
		turns *= 2;
	for (tasks = 2 * BUDGET_MS / one + 1; time_of(c, slow, tasks, turns) < 2 * BUDGET_MS; tasks *= 2)
		;
}

/* The watch allows a quarter more; where a tool slows kernels down a budget is four. */
static void a_hang_is_seen_in_time(struct tare_case *c)
{
	struct tare_callable *spin = tare_prepare(c, "spin");
	uint64_t began = tare_spent_ms();
	int code = tare_try_launch(c, spin);
	uint64_t spent = tare_spent_ms() - began;

	tare_expect(c, code != 0, "a kernel that never ends gave 0");
	tare_expect(c, spent >= BUDGET_MS && spent <= 4 * 2 * BUDGET_MS, "a kernel was given up after %llu ms, its budget is %d",
		(unsigned long long)spent, BUDGET_MS);
	tare_reopen(c);
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	launch_and_look(c, vector, 3, 3, 42.0f);
}

/* Onboard the card is taken for poisoned then, so what follows is another context. */
static void a_core_that_is_none(struct tare_case *c)
{
	tare_use_object(c, AICORE, "aicore_stray");
	int code = tare_try_launch(c, tare_prepare(c, "vector_example"));
	tare_expect(c, code != 0, "a launch gave 0 whose first core said that it is one that there isn't");
	tare_expect(c, code != -100, "the cores beside one that said that it is one that there isn't were not sent away");
	tare_use_object(c, AICORE, NULL);
	tare_reopen(c);
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	launch_and_look(c, vector, 3, 3, 42.0f);
}

#define EACH_COPY(label, sentence, where, function) { \
	.name = label, .says = sentence, .cells = where, .when = function, \
	.then = { \
		{ DEVICE_BLOCKS, FROM_MARK_TO_LAST, EXACTLY, 0 }, \
		{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 }, \
		{ RUNNER_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 }, \
	}, \
	.because = "8199c70b6 (#928), L14, L19: a run that failed was not ended, and a copy that failed was a success", \
}

#define FLAT \
	{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 }

static const struct tare_spec specs[] = {
	{
		.name     = "other_cores_each_time",
		.says     = "callables with other kernels, cores and threads each time give what each gives alone",
		.when     = other_cores_each_time,
		.launches = 80,
		.then     = {
			{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ KERNEL_IMAGES, AT_PEAK,           EXACTLY, 1 },
			FLAT,
		},
		.because  = "b598e030a (#455): fields that the end of a run had missed made the next one hang or err",
	},
	{
		.name    = "failed_boot_then_good",
		.says    = "when any step of the first launch fails, the next launch on the same context works",
		.cells   = ONBOARD,
		.when    = boots_that_fail_onboard,
		.then    = { FLAT },
		.because = "6e6fb06f3 (#1518), L5: a boot that failed skipped its teardown, and all later runs failed too",
	},
	{
		.name    = "failed_launch_then_good",
		.says    = "when any step of a later launch fails, the next launch on the same context works",
		.cells   = ONBOARD,
		.when    = launches_that_fail_onboard,
		.then    = { NOTHING_IS_LOST },
		.because = "af7141e83 (#353): what a run had taken stayed behind when it returned early",
	},
	{
		.name    = "failed_boot_then_good_sim",
		.says    = "when any step of the first launch fails in sim, the next launch on the same context works",
		.cells   = SIM,
		.when    = boots_that_fail_in_sim,
		.then    = { FLAT },
		.because = "L15, 6e6fb06f3 (#1518): an object that could not be opened stayed half open",
	},
	{
		.name    = "failed_launch_then_good_sim",
		.says    = "when any step of a later launch fails in sim, the next launch on the same context works",
		.cells   = SIM,
		.when    = launches_that_fail_in_sim,
		.then    = { NOTHING_IS_LOST },
		.because = "af7141e83 (#353): what a run had taken stayed behind when it returned early",
	},
	EACH_COPY("failed_copy_is_told", "when any copy of a launch fails the launch says so, takes nothing, and the next one works",
		ONBOARD, copies_that_fail_onboard),
	EACH_COPY("failed_copy_is_told_sim",
		"when any copy of a launch fails in sim the launch says so, takes nothing, and the next one works", SIM,
		copies_that_fail_in_sim),
	{
		.name    = "soiled_memory",
		.says    = "whatever the card's memory and the shared arena held before, a launch gives the same",
		.when    = on_a_soiled_card,
		.machine = { .capacity = 32 * MIB },
		.then    = { FLAT },
		.because = "9d11fe9fa (#981): the boot added up what lay in memory that nobody had cleared",
	},
	{
		.name     = "fewer_threads_than_started",
		.says     = "of the AICPU threads that are started those beyond the count leave, on threads of the host",
		.when     = fewer_threads_than_started,
		.launches = 3,
		.machine  = { .fabric = PARKED_FABRIC },
		.then     = { FLAT },
		.because  = "9fee0d844 (#1680), 619fa0371 (#1138): a thread beyond the count indexed what only the others have",
	},
	{
		.name     = "short_rounds",
		.says     = "a thousand short rounds give the same, with threads and cores held up at every step by chance",
		.when     = short_rounds,
		.launches = 1000,
		.machine  = { .fabric = SEEDED_FABRIC },
		.scale    = { .elements = 16 },
		.then     = {
			{ DEVICE_BLOCKS, FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 },
			FLAT,
		},
		.because  = "9133ac595 (#253): a register cleared late erased the word of the next round, and the core hung",
	},
	{
		.name    = "core_that_is_none",
		.says    = "a core that says it is one that there isn't is refused, and all the others are sent away",
		.when    = a_core_that_is_none,
		.then    = { FLAT },
		.because = "9d255b42f (#166): the number that a core gave itself was an index, and those that had begun ran on",
	},
	{
		.name    = "slow_is_no_hang",
		.says    = "kernels that take longer than a kernel may, all together but none alone, come to their end",
		.when    = slow_is_no_hang,
		.machine = { .kernel_budget_ms = BUDGET_MS },
		.then    = { FLAT },
		.because = "C14: 0309e7873 (#930), 7b4989ac8 (#1063): threads that had nothing to do called a slow run a hang",
	},
	{
		.name    = "hang_is_seen_in_time",
		.says    = "a kernel that never ends is given up after its budget and before twice that, and the next context works",
		.when    = a_hang_is_seen_in_time,
		.machine = { .kernel_budget_ms = BUDGET_MS },
		.then    = { FLAT },
		.because = "C14: cd60051cf (#935): a limit counted in turns of a loop was minutes on one card and none on another",
		.tags    = TAG_HANG,
	},
	{
		.name    = "eight_processes",
		.says    = "eight processes at once, each on all the blocks there are, give what one gives",
		.when    = eight_processes,
		.scale   = { .elements = 1024 },
		.then    = { FLAT },
		.because = "86d4859ef (#893): cores that spun took the processors from those they were waiting for",
	},
};

const struct tare_suite tare_suite_state = { "state", specs, TARE_COUNT_OF(specs) };
