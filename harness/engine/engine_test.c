/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole road from a list of cases to outcomes, over a runtime of a few
 * lines instead of the runner's: sim's host table, the machine's memory, the
 * real ledger, faults, isolation and judge.
 */
#include <tare/engine.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <tare/abi.h>
#include <tare/object.h>
#include <tare/status.h>

#include "test_fixtures.h"

/* -- a runtime ---------------------------------------------------------------- */

struct runtime {
	struct tare_tables tables;
	struct tare_log log;
	void *buffer;
	unsigned launches;
	bool prepared[TARE_CALLABLE_IDS];
};

/* Written before the engine runs and inherited by the child. */
static struct {
	bool leaks_each_launch;
	bool fails_launch_3;
	bool keeps_its_buffer;
	bool writes_only_the_middle;
} mischief;

static void *open_runtime(struct tare_cell cell, const struct tare_tables *tables, const struct tare_log *log)
{
	struct runtime *runtime = calloc(1, sizeof *runtime);

	(void)cell;
	if (runtime) {
		runtime->tables = *tables;
		runtime->log = *log;
	}
	return runtime;
}

static void *create_runtime(void)
{
	return NULL;
}

static int init(void *context, int device, const uint8_t *aicpu, size_t aicpu_size, const uint8_t *aicore,
	size_t aicore_size, const uint8_t *dispatcher, size_t dispatcher_size)
{
	struct runtime *runtime = context;

	if (!aicpu_size || !aicore_size || !dispatcher_size || !aicpu || !aicore || !dispatcher)
		return -1;
	if (runtime->buffer)
		return 0;
	if (runtime->tables.host.memory_take(device, 8192, &runtime->buffer) != 0) {
		tare_log(&runtime->log, TARE_LOG_ERROR, "no buffer");
		return -1;
	}
	return 0;
}

static int prepare(void *context, int32_t id, const void *callable)
{
	struct runtime *runtime = context;

	if (id < 0 || id >= TARE_CALLABLE_IDS || !callable)
		return -1;
	runtime->prepared[id] = true;
	return 0;
}

static int run(void *context, void *buffer, int32_t id, const void *args, int block_dim, int threads, int l2, int dump,
	int pmu, int graph, int scope, const char *prefix, struct tare_run_timing *timing)
{
	struct runtime *runtime = context;
	const struct tare_chip_args *given = args;
	void *lost = NULL;

	(void)l2, (void)dump, (void)pmu, (void)graph, (void)scope, (void)prefix, (void)timing;
	if (!buffer || block_dim != 3 || threads != 3 || id < 0 || id >= TARE_CALLABLE_IDS || !runtime->prepared[id])
		return -1;
	runtime->launches++;
	if (mischief.fails_launch_3 && runtime->launches == 3) {
		tare_log(&runtime->log, TARE_LOG_ERROR, "the card is full");
		return 207001;
	}
	if (mischief.leaks_each_launch && runtime->launches > 1 && runtime->tables.host.memory_take(0, 512, &lost) != 0)
		return 207001;
	float *out = (float *)(uintptr_t)given->tensors[2].data;
	uint32_t skipped = mischief.writes_only_the_middle;
	for (uint32_t i = skipped; i + skipped < given->tensors[2].shape[0]; i++)
		out[i] = 42.0f;
	return 0;
}

static int unregister(void *context, int32_t id)
{
	struct runtime *runtime = context;

	runtime->prepared[id] = false;
	return 0;
}

static int finalize(void *context)
{
	struct runtime *runtime = context;

	if (runtime->buffer && !mischief.keeps_its_buffer)
		runtime->tables.host.memory_give(0, runtime->buffer);
	runtime->buffer = NULL;
	return 0;
}

static void destroy(void *context)
{
	finalize(context);
	free(context);
}

static size_t room(void)
{
	return 64;
}

static size_t no_dlopens(void *context)
{
	(void)context;
	return 0;
}

static uint64_t committed(void *context)
{
	struct runtime *runtime = context;
	unsigned lost = mischief.leaks_each_launch && runtime->launches > 1 ? runtime->launches - 1 : 0;

	return (runtime->buffer ? 8192u : 0u) + 512u * (uint64_t)lost;
}

static void dump(void *context, struct tare_dump *filled)
{
	(void)context;
	*filled = (struct tare_dump){ 0 };
}

static const struct tare_abi abi = {
	.create_device_context = create_runtime, .destroy_device_context = destroy, .get_runtime_size = room,
	.simpler_init = init, .prepare_callable = prepare, .run_prepared = run, .unregister_callable = unregister,
	.get_aicpu_dlopen_count = no_dlopens, .get_host_dlopen_count = no_dlopens, .finalize_device = finalize,
};

const struct tare_ext tare_ext_v1 = {
	.revision = 1, .size = sizeof tare_ext_v1, .open = open_runtime, .committed_bytes = committed, .dump = dump,
};

const struct tare_abi *tare_embedded(struct tare_cell cell)
{
	return cell.platform == TARE_PLATFORM_SIM ? &abi : NULL;
}

/* -- cases -------------------------------------------------------------------- */

static void launches(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
}

static void nothing(struct tare_case *c)
{
	(void)c;
}

static void leaves(struct tare_case *c)
{
	tare_open(c);
	exit(0);
}

static void crashes(struct tare_case *c)
{
	tare_open(c);
	raise(SIGSEGV);
	tare_expect(c, false, "not reached, but not a tail call either");
}

static void takes_a_mapping(struct tare_case *c)
{
	tare_take(c, HOST_MAPPINGS);
}

static void takes_a_descriptor(struct tare_case *c)
{
	tare_take(c, DESCRIPTORS);
}

static void takes_a_child(struct tare_case *c)
{
	tare_take(c, CHILDREN);
}

static void opening_fails_once(struct tare_case *c)
{
	tare_fail_memory(c, 1);
	tare_expect_code(c, tare_try_open(c), -1, "simpler_init without memory");
	tare_fail_nothing(c);
	tare_open(c);
	launches(c);
}

static void reopens(struct tare_case *c)
{
	struct tare_callable *first = tare_prepare(c, "vector_example");

	tare_launch(c, first);
	tare_reopen(c);
	tare_launch(c, tare_prepare(c, "vector_example"));
	tare_try_launch(c, first);
	tare_close(c);
	tare_try_launch(c, first);
}

static void asks_for_nonsense(struct tare_case *c)
{
	tare_prepare(c, "no_such_callable");
}

static const struct tare_then closed = { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 };
static const struct tare_suite suite = { .name = "fake" };
static struct tare_outcome outcome;

static void keep_outcome(void *cookie, size_t index, const struct tare_case_ref *ref, const struct tare_outcome *ended)
{
	(void)cookie, (void)index, (void)ref;
	outcome = *ended;
}

static int run_case(void (*when)(struct tare_case *), uint32_t count, bool here)
{
	struct tare_spec spec = { .name = "case", .says = "says", .when = when, .because = "because", .launches = count,
		.scale = { .elements = 256 } };
	struct tare_case_ref ref = { .suite = &suite, .spec = &spec,
		.cell = { TARE_ARCH_A5, TARE_PLATFORM_SIM, TARE_GRAPH_HBG } };
	struct tare_run_options options = { .fixtures = test_fixtures, .here = here };
	struct tare_run_events events = { .ended = keep_outcome };
	struct tare_run_summary summary;

	spec.then[0] = closed;
	spec.then[1] = (struct tare_then){ DEVICE_BYTES, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 };
	if (count == 0)
		spec.then[1] = (struct tare_then){ 0 };
	memset(&outcome, 0, sizeof outcome);
	assert_int_equal(tare_engine_run(&ref, 1, &options, NULL, &events, &summary), TARE_OK);
	assert_int_equal(summary.count[outcome.verdict], 1);
	assert_int_equal(summary.not_run, 0);
	return tare_exit_status(&summary, false);
}

static void judged(enum tare_verdict verdict, const char *type)
{
	if (outcome.verdict != verdict)
		print_message("%s%s", outcome.body, outcome.log);
	assert_string_equal(tare_verdict_name(outcome.verdict), tare_verdict_name(verdict));
	assert_string_equal(outcome.type, type);
}

static int behave(void **state)
{
	(void)state;
	memset(&mischief, 0, sizeof mischief);
	return 0;
}

static void passes(void **state)
{
	(void)state;
	assert_int_equal(run_case(launches, 50, false), 0);
	judged(TARE_PASS, "");
	assert_non_null(strstr(outcome.log, "resolution: device bytes"));
	assert_true(outcome.reading_count > 0);
	assert_int_equal(run_case(nothing, 0, false), 0);
	assert_int_equal(run_case(launches, 50, true), 0);
}

static void sees_growth(void **state)
{
	(void)state;
	mischief.leaks_each_launch = true;
	assert_int_equal(run_case(launches, 50, false), 1);
	assert_int_equal(outcome.verdict, TARE_LEAK);
	assert_non_null(strstr(outcome.body, "first broken at launch 2, by memory_take"));
	assert_non_null(strstr(outcome.body, "run (engine_test.c:"));
	assert_non_null(strstr(outcome.body, "again: tare run --here fake.case@a5/sim/hbg"));
}

static void sees_what_stays(void **state)
{
	(void)state;
	mischief.keeps_its_buffer = true;
	assert_int_equal(run_case(launches, 2, false), 1);
	assert_int_equal(outcome.verdict, TARE_LEAK);
	assert_non_null(strstr(outcome.body, "device blocks, after close: "));
}

static void says_which_launch_failed(void **state)
{
	(void)state;
	mischief.fails_launch_3 = true;
	assert_int_equal(run_case(launches, 50, false), 1);
	judged(TARE_FAIL, "Fail.Call");
	assert_string_equal(outcome.message,
		"launch 3, of vector_example on 3 blocks, returned 207001 (driver): the card is full");
}

static void spoils_what_is_not_written(void **state)
{
	(void)state;
	mischief.writes_only_the_middle = true;
	run_case(launches, 2, false);
	judged(TARE_FAIL, "Fail.Result");
	assert_string_equal(outcome.message, "tensor 2 of vector_example, element 0: 0, wanted 42");
}

static void survives_its_cases(void **state)
{
	(void)state;
	assert_int_equal(run_case(leaves, 0, false), 1);
	judged(TARE_BROKEN, "Broken.Exit");
	assert_int_equal(run_case(crashes, 0, false), 1);
	judged(TARE_CRASH, "Crash.SIGSEGV");
	assert_non_null(strstr(outcome.body, "crashes (engine_test.c:"));
	run_case(asks_for_nonsense, 0, false);
	judged(TARE_BROKEN, "Broken.Case");
}

static void sees_what_is_taken(void **state)
{
	(void)state;
	run_case(takes_a_mapping, 0, false);
	judged(TARE_LEAK, "Leak.HostMappings");
	run_case(takes_a_descriptor, 0, false);
	judged(TARE_LEAK, "Leak.Descriptors");
	run_case(takes_a_child, 0, false);
	judged(TARE_LEAK, "Leak.Children");
	assert_non_null(strstr(outcome.body, "processes left behind, and ended by us: 1\n"));
}

static void makes_calls_fail(void **state)
{
	(void)state;
	assert_int_equal(run_case(opening_fails_once, 3, false), 0);
	judged(TARE_PASS, "");
}

static void knows_closed_contexts(void **state)
{
	(void)state;
	run_case(reopens, 0, false);
	judged(TARE_BROKEN, "Broken.Case");
	assert_string_equal(outcome.message, "vector_example was prepared in a context that is closed");
}

static void waits(struct tare_case *c)
{
	(void)c;
	for (;;)
		pause();
}

/* Asked first before the case, then while it runs. */
static bool second_time(void *cookie)
{
	return ++*(int *)cookie > 1;
}

static void is_interrupted(void **state)
{
	const struct tare_spec spec = { .name = "case", .when = waits };
	const struct tare_case_ref list[2] = {
		{ &suite, &spec, { TARE_ARCH_A5, TARE_PLATFORM_SIM, TARE_GRAPH_HBG } },
		{ &suite, &spec, { TARE_ARCH_A5, TARE_PLATFORM_SIM, TARE_GRAPH_HBG } },
	};
	int asked = 0;
	struct tare_run_options options = { .fixtures = test_fixtures };
	const struct tare_run_events events = { .cookie = &asked, .interrupted = second_time };
	struct tare_run_summary summary;
	(void)state;

	assert_int_equal(tare_engine_run(list, 2, &options, NULL, &events, &summary), TARE_OK);
	assert_int_equal(summary.not_run, 2);
	assert_int_equal(tare_exit_status(&summary, true), 130);
	assert_int_equal(asked, 2);
	options.jobs = 2;
	asked = -1;
	assert_int_equal(tare_engine_run(list, 2, &options, NULL, &events, &summary), TARE_OK);
	assert_int_equal(summary.not_run, 2);
}

static void refuses_nonsense(void **state)
{
	const struct tare_spec spec = { .name = "case", .when = nothing };
	const struct tare_case_ref list[2] = { { .suite = &suite, .spec = &spec }, { .suite = &suite, .spec = &spec } };
	struct tare_run_options options = { .fixtures = "/nowhere/at/all" };
	struct tare_run_summary summary;
	(void)state;

	assert_int_equal(tare_engine_run(list, 1, &options, NULL, NULL, &summary), TARE_E_NOT_FOUND);
	options.fixtures = test_fixtures;
	assert_int_equal(tare_engine_run(list, 0, &options, NULL, NULL, &summary), TARE_E_ARGUMENT);
	options.here = true;
	assert_int_equal(tare_engine_run(list, 2, &options, NULL, NULL, &summary), TARE_E_ARGUMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(passes, behave),
		cmocka_unit_test_setup(sees_growth, behave),
		cmocka_unit_test_setup(sees_what_stays, behave),
		cmocka_unit_test_setup(says_which_launch_failed, behave),
		cmocka_unit_test_setup(spoils_what_is_not_written, behave),
		cmocka_unit_test_setup(survives_its_cases, behave),
		cmocka_unit_test_setup(sees_what_is_taken, behave),
		cmocka_unit_test_setup(makes_calls_fail, behave),
		cmocka_unit_test_setup(knows_closed_contexts, behave),
		cmocka_unit_test_setup(is_interrupted, behave),
		cmocka_unit_test_setup(refuses_nonsense, behave),
	};

	return cmocka_run_group_tests(tests, test_fixtures_make, test_fixtures_remove) ? 1 : 0;
}
