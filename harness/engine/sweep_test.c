/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sweep over a runtime of a few lines that does, one at a time, what a sweep
 * is there to see.  Its init takes two blocks; whatever it does wrong, it does
 * wrong there.
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

struct runtime {
	struct tare_tables tables;
	void *blocks[2];
	bool prepared[TARE_CALLABLE_IDS];
};

/* Written before the engine runs and inherited by its processes. */
static enum { BEHAVES, FORGETS, PRETENDS, CRASHES, HANGS, WAVERS, LEAKS_ON_RETRY, STAYS_BROKEN } mischief;
static unsigned inits;
static bool failed_before;

static void *open_runtime(struct tare_cell cell, const struct tare_tables *tables, const struct tare_log *log)
{
	struct runtime *runtime = calloc(1, sizeof *runtime);

	(void)cell, (void)log;
	if (runtime)
		runtime->tables = *tables;
	return runtime;
}

static void *create_runtime(void)
{
	return NULL;
}

static void give(struct runtime *runtime, unsigned i)
{
	if (runtime->blocks[i])
		runtime->tables.host.memory_give(0, runtime->blocks[i]);
	runtime->blocks[i] = NULL;
}

static int take(struct runtime *runtime, unsigned i)
{
	int code = runtime->tables.host.memory_take(0, 4096, &runtime->blocks[i]);

	if (code != 0)
		runtime->blocks[i] = NULL; /* whatever an error left there */
	return code == 0 && runtime->blocks[i] ? 0 : -1;
}

static int after_a_failure(struct runtime *runtime)
{
	failed_before = true;
	switch (mischief) {
	case FORGETS:
		runtime->blocks[0] = NULL;
		return -1;
	case PRETENDS:
		return 0;
	case CRASHES:
		raise(SIGSEGV);
		return -1;
	case HANGS:
		for (;;)
			pause();
	default:
		give(runtime, 0);
		return -1;
	}
}

static int init(void *context, int device, const uint8_t *aicpu, size_t aicpu_size, const uint8_t *aicore,
	size_t aicore_size, const uint8_t *dispatcher, size_t dispatcher_size)
{
	struct runtime *runtime = context;
	const struct tare_host *host = &runtime->tables.host;
	void *lost = NULL;
	uint64_t unused, total;

	(void)aicpu, (void)aicpu_size, (void)aicore, (void)aicore_size, (void)dispatcher, (void)dispatcher_size;
	if (mischief == WAVERS && inits++ % 2)
		host->memory_info(device, &unused, &total);
	if (mischief == STAYS_BROKEN && failed_before)
		return -1;
	if (mischief == LEAKS_ON_RETRY && failed_before && host->memory_take(device, 512, &lost) != 0)
		return -1;
	return take(runtime, 0) != 0 || take(runtime, 1) != 0 ? after_a_failure(runtime) : 0;
}

static int prepare(void *context, int32_t id, const void *callable)
{
	struct runtime *runtime = context;

	(void)callable;
	runtime->prepared[id] = true;
	return 0;
}

static int run(void *context, void *buffer, int32_t id, const void *args, int block_dim, int threads, int l2, int dump,
	int pmu, int graph, int scope, const char *prefix, struct tare_run_timing *timing)
{
	const struct runtime *runtime = context;
	const struct tare_chip_args *given = args;
	float *out = (float *)(uintptr_t)given->tensors[2].data;

	(void)buffer, (void)block_dim, (void)threads, (void)l2, (void)dump, (void)pmu, (void)graph, (void)scope, (void)prefix;
	(void)timing;
	for (uint32_t i = 0; i < given->tensors[2].shape[0]; i++)
		out[i] = 42.0f;
	return runtime->prepared[id] ? 0 : -1;
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
	int first = 0;

	for (unsigned i = 0; i < 2; i++) {
		int code = runtime->blocks[i] ? runtime->tables.host.memory_give(0, runtime->blocks[i]) : 0;
		runtime->blocks[i] = NULL;
		if (!first)
			first = code;
	}
	return first;
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
	const struct runtime *runtime = context;

	return (runtime->blocks[0] ? 4096u : 0u) + (runtime->blocks[1] ? 4096u : 0u);
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

static void a_launch(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
}

static const struct tare_suite suite = { .name = "fake" };
static struct tare_outcome outcome;

static void keep_outcome(void *cookie, size_t index, const struct tare_case_ref *ref, const struct tare_outcome *ended)
{
	(void)cookie, (void)index, (void)ref;
	outcome = *ended;
}

static void swept(uint32_t budget, const char *fault)
{
	struct tare_spec spec = { .name = "case", .says = "says", .when = a_launch, .because = "because", .seconds = 1,
		.faults = EACH_CALL_ONCE, .scale = { .elements = 256 } };
	struct tare_case_ref ref = { .suite = &suite, .spec = &spec,
		.cell = { TARE_ARCH_A5, TARE_PLATFORM_SIM, TARE_GRAPH_HBG } };
	struct tare_run_options options = { .fixtures = test_fixtures, .sweep = !fault, .budget = budget, .fault = fault };
	struct tare_run_events events = { .ended = keep_outcome };
	struct tare_run_summary summary;

	memset(&outcome, 0, sizeof outcome);
	assert_int_equal(tare_engine_run(&ref, 1, &options, NULL, &events, &summary), TARE_OK);
}

static void judged(enum tare_verdict verdict, const char *type)
{
	if (outcome.verdict != verdict || strcmp(outcome.type, type) != 0)
		print_message("%s%s", outcome.body, outcome.log);
	assert_string_equal(tare_verdict_name(outcome.verdict), tare_verdict_name(verdict));
	assert_string_equal(outcome.type, type);
}

static void sees(int what, enum tare_verdict verdict, const char *type)
{
	mischief = (unsigned)what;
	inits = 0;
	failed_before = false;
	swept(0, NULL);
	judged(verdict, type);
}

static void a_sound_runtime_is_swept_whole(void **state)
{
	const struct tare_sweep_count *count = &outcome.sweep.single;

	(void)state;
	sees(BEHAVES, TARE_PASS, "");
	/* Two takes with error, error2, error+, null and after; two gives with error, error+ and after. */
	assert_int_equal(count->points, 16);
	assert_true(count->chosen == 16 && count->fired == 16 && count->rolled_back == 16 && count->retried == 16);
	assert_int_equal(outcome.sweep.calls, 4);
	assert_int_equal(outcome.levels_judged, TARE_LEVEL(5));
	swept(3, NULL);
	judged(TARE_PASS, "");
	assert_int_equal(count->chosen, 3);
	assert_int_equal(outcome.levels_judged, 0);
}

static void what_is_wrong_has_its_verdict(void **state)
{
	(void)state;
	sees(FORGETS, TARE_LEAK, "Leak.Sweep.DeviceBlocks");
	assert_int_equal(outcome.levels_broken, TARE_LEVEL(5));
	sees(PRETENDS, TARE_FAIL, "Fail.Sweep.Success");
	sees(WAVERS, TARE_FAIL, "Fail.Sweep.Unstable");
	sees(LEAKS_ON_RETRY, TARE_LEAK, "Leak.Sweep.DeviceBlocks");
	sees(STAYS_BROKEN, TARE_FAIL, "Fail.Sweep.Retry");
}

static void a_crash_costs_its_point(void **state)
{
	(void)state;
	sees(CRASHES, TARE_CRASH, "Crash.SIGSEGV");
	assert_int_equal(outcome.sweep.single.chosen, 16);
	assert_true(outcome.sweep.processes > 6);
	assert_int_equal(outcome.sweep.single.retried, 6); /* the gives went on */
	assert_non_null(strstr(outcome.body, "raise"));
}

static void a_hang_costs_its_point(void **state)
{
	(void)state;
	sees(HANGS, TARE_TIMEOUT, "Timeout.Sweep");
	assert_int_equal(outcome.sweep.single.retried, 6);
}

/* The token of a failure brings it about again. */
static void a_token_replays_its_point(void **state)
{
	char token[TARE_FAULT_TOKEN] = "";

	(void)state;
	sees(FORGETS, TARE_LEAK, "Leak.Sweep.DeviceBlocks");
	const char *at = strstr(outcome.body, "--fault ");
	assert_non_null(at);
	snprintf(token, sizeof token, "%.*s", (int)strcspn(at + 8, "\n"), at + 8);
	failed_before = false;
	swept(0, token);
	judged(TARE_LEAK, "Leak.Sweep.DeviceBlocks");
	assert_int_equal(outcome.sweep.single.points, 1);
	const char *path = strstr(outcome.body, "):\n");
	assert_non_null(path);
	assert_memory_equal(path, "):\n          ", 13);
	assert_non_null(strstr(path, " < "));
	mischief = BEHAVES;
	swept(0, token);
	judged(TARE_PASS, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_runtime_is_swept_whole),
		cmocka_unit_test(what_is_wrong_has_its_verdict),
		cmocka_unit_test(a_crash_costs_its_point),
		cmocka_unit_test(a_hang_costs_its_point),
		cmocka_unit_test(a_token_replays_its_point),
	};

	return cmocka_run_group_tests(tests, test_fixtures_make, test_fixtures_remove) ? 1 : 0;
}
