/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prepared - what a prepared callable opens, where and how often
 *
 * An orchestration is opened once for each registration, never for a launch:
 * by host_build_graph on the host when it is prepared, by the other runtime on
 * the AICPU, when it is launched first.  Neither ever opens one on the other's
 * side.  Both counters only ever rise, so they tell the story afterwards.
 */
#include <tare/spec.h>

enum { PRIMARY = 0, SECONDARY = 1, FIRST_BAD_ID = 64 };

static void two_ids_of_one_callable(struct tare_case *c)
{
	struct tare_callable *primary = tare_prepare_as(c, PRIMARY, "vector_example");
	struct tare_callable *secondary = tare_prepare_as(c, SECONDARY, "vector_example");

	tare_launch(c, primary);
	tare_launch(c, primary);
	tare_expect_floats(c, primary, 2, 42.0f);
	tare_launch(c, secondary);
	tare_expect_floats(c, secondary, 2, 42.0f);
	tare_unregister(c, primary);
	tare_unregister(c, secondary);
}

static void one_id_many_launches(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare_as(c, PRIMARY, "vector_example");

	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_launch(c, vector);
		tare_expect_floats(c, vector, 2, 42.0f);
	}
}

static void two_ids_alternating(struct tare_case *c)
{
	struct tare_callable *both[] = {
		tare_prepare_as(c, PRIMARY, "dump_tensor"),
		tare_prepare_as(c, SECONDARY, "dump_tensor"),
	};

	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_launch(c, both[i % 2]);
		tare_expect_floats(c, both[i % 2], 2, 6.0f);
	}
}

static void prepared_twice(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare_as(c, PRIMARY, "vector_example");

	tare_launch(c, vector);
	tare_mark(c);
	int code = tare_try_prepare_as(c, PRIMARY, "vector_example");
	tare_expect_code(c, code, -1, "preparing under an id that is taken");
	code = tare_try_prepare_as(c, PRIMARY, "dump_tensor");
	tare_expect_code(c, code, -1, "preparing another callable under an id that is taken");
	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
}

static void unregistered_and_prepared_again(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare_as(c, PRIMARY, "vector_example");

	tare_launch(c, vector);
	tare_unregister(c, vector);
	tare_mark(c);
	vector = tare_prepare_as(c, PRIMARY, "vector_example");
	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
}

static void one_of_two_is_unregistered(struct tare_case *c)
{
	struct tare_callable *primary = tare_prepare_as(c, PRIMARY, "vector_example");
	struct tare_callable *secondary = tare_prepare_as(c, SECONDARY, "vector_example");

	tare_launch(c, primary);
	tare_launch(c, secondary);
	tare_unregister(c, primary);
	tare_launch(c, secondary);
	tare_expect_floats(c, secondary, 2, 42.0f);
}

static void ids_out_of_range(struct tare_case *c)
{
	static const int32_t ids[] = { -1, FIRST_BAD_ID, INT32_MAX, INT32_MIN };

	tare_launch(c, tare_prepare(c, "vector_example"));
	tare_mark(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(ids); i++) {
		int code = tare_try_prepare_as(c, ids[i], "dump_tensor");
		tare_expect(c, code == -1, "preparing under id %d gave %d, wanted -1", (int)ids[i], code);
	}
}

static void entry_not_found(struct tare_case *c)
{
	tare_launch(c, tare_prepare(c, "vector_example"));
	tare_mark(c);
	int code = tare_try_prepare_as(c, SECONDARY, "no_such_entry");
	tare_expect(c, code != 0, "preparing an orchestration without its entry gave 0");
}

static void ids_without_a_callable(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare_as(c, PRIMARY, "vector_example");

	tare_launch(c, vector);
	int code = tare_try_launch_id(c, SECONDARY);
	tare_expect_code(c, code, -1, "launching an id that was never prepared");
	code = tare_try_launch_id(c, FIRST_BAD_ID);
	tare_expect_code(c, code, -1, "launching an id out of range");
	code = tare_try_unregister_id(c, SECONDARY);
	tare_expect_code(c, code, 0, "unregistering an id that was never prepared");
	tare_unregister(c, vector);
	code = tare_try_launch_id(c, PRIMARY);
	tare_expect_code(c, code, -1, "launching an id that was unregistered");
	code = tare_try_unregister_id(c, PRIMARY);
	tare_expect_code(c, code, 0, "unregistering an id twice");
}

static void counted_over_two_lives(struct tare_case *c)
{
	tare_prepare(c, "vector_example");
	tare_prepare(c, "dump_tensor");
	tare_expect_code(c, tare_try_close(c), 0, "finalize_device");
	unsigned long long count = (unsigned long long)tare_abi(c)->get_host_dlopen_count(tare_context(c));
	tare_expect(c, count == 2, "after finalize get_host_dlopen_count gave %llu, wanted 2", count);
	tare_open(c);
	tare_launch(c, tare_prepare(c, "vector_example"));
}

/* One callable, three sets of inputs, each launched twice. */
static void three_sets_of_inputs(struct tare_case *c)
{
	static const struct { float a, b, f; } sets[] = { { 2, 3, 47 }, { 1, 4, 47 }, { 0.5f, 0.5f, 7 } };
	struct tare_callable *five = tare_prepare_as(c, PRIMARY, "vector_five");

	for (uint32_t i = 0; i < tare_launches(c); i++) {
		float *a = tare_tensor(c, five, 0), *b = tare_tensor(c, five, 1);
		for (size_t k = 0; k < tare_tensor_count(five, 0); k++) {
			a[k] = sets[i / 2 % 3].a;
			b[k] = sets[i / 2 % 3].b;
		}
		tare_launch(c, five);
		tare_expect_floats(c, five, 2, sets[i / 2 % 3].f);
	}
}

static void counted_over_two_lives_on_device(struct tare_case *c)
{
	tare_launch(c, tare_prepare(c, "vector_example"));
	tare_launch(c, tare_prepare(c, "dump_tensor"));
	tare_expect_code(c, tare_try_close(c), 0, "finalize_device");
	unsigned long long count = (unsigned long long)tare_abi(c)->get_aicpu_dlopen_count(tare_context(c));
	tare_expect(c, count == 2, "after finalize get_aicpu_dlopen_count gave %llu, wanted 2", count);
	tare_open(c);
	tare_launch(c, tare_prepare(c, "vector_example"));
}

/* What is missing is found by who opens it: the device, in the first launch. Nothing stays open, and the next launch tries again. */
static void entry_not_found_on_device(struct tare_case *c)
{
	struct tare_callable *lost = tare_prepare_as(c, SECONDARY, "no_such_entry");

	tare_launch(c, tare_prepare_as(c, PRIMARY, "vector_example"));
	(void)tare_try_launch(c, lost); /* its tensors have been staged once */
	tare_mark(c);
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		int code = tare_try_launch(c, lost);
		tare_expect(c, code != 0, "launching an orchestration without its entry gave 0");
	}
}

static void two_objects_open_and_close(struct tare_case *c)
{
	struct tare_callable *primary = tare_prepare_as(c, PRIMARY, "vector_example");
	struct tare_callable *secondary = tare_prepare_as(c, SECONDARY, "dump_tensor");

	tare_mark(c);
	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch(c, i % 2 ? secondary : primary);
	tare_unregister(c, primary);
	tare_unregister(c, secondary);
}

/* Who opens counts, and on the other side nothing is ever opened. The same sentence of the AICPU has a name of its own. */
#define BY_HOST(label, sentence, function, times, reason, ...) { \
	.name = label, .says = sentence, .cells = HOST_BUILD_GRAPH, .when = function, .launches = times, \
	.then = { \
		{ AICPU_DLOPENS, AT_PEAK,     EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 }, \
		__VA_ARGS__ \
	}, \
	.because = reason, \
}
#define BY_AICPU(label, sentence, function, times, reason, ...) { \
	.name = label "_on_device", .says = sentence, .cells = TENSORMAP_AND_RINGBUFFER, .when = function, .launches = times, \
	.then = { \
		{ HOST_DLOPENS,  AT_PEAK,     EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 }, \
		__VA_ARGS__ \
	}, \
	.because = reason, \
}
#define REFUSAL_TAKES_NOTHING \
	{ HOST_OBJECTS,    FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ AICPU_OBJECTS,   FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ DEVICE_BLOCKS,   FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ TEMPORARY_FILES, FROM_MARK_TO_LAST, EXACTLY, 0 }

static const struct tare_spec specs[] = {
	BY_HOST("prepare_run_twice", "one callable under two ids is launched from either, and both go back",
		two_ids_of_one_callable, 0, "prepared_callable of the reference: two ids are two registrations of one content",
		{ HOST_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 2 },
		{ HOST_OBJECTS, BEFORE_CLOSE,      AT_MOST, 1 }), /* the AICPU object, in sim */
	BY_HOST("same_id_repeated", "five launches of one id open its orchestration once", one_id_many_launches, 5,
		"prepared_callable of the reference: the object is opened by its registration, not by a launch",
		{ HOST_DLOPENS, AFTER_FIRST_LAUNCH,        EXACTLY, 1 },
		{ HOST_DLOPENS, AFTER_LAST_LAUNCH,         EXACTLY, 1 },
		{ HOST_OBJECTS, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }),
	BY_HOST("two_ids_alternating", "two ids in turn open two orchestrations and stay apart", two_ids_alternating, 10,
		"prepared_callable of the reference; b598e030a (#455): state of one callable reached the next",
		{ HOST_DLOPENS, AFTER_LAST_LAUNCH,         EXACTLY, 2 },
		{ HOST_OBJECTS, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }),
	BY_HOST("double_prepare_is_refused", "an id that is taken refuses a second callable and loses nothing", prepared_twice, 0,
		"26b7b1507 (#1095): prepare opened the orchestration before it looked at the id, and lost the handle",
		{ HOST_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 1 }, REFUSAL_TAKES_NOTHING),
	BY_HOST("unregister_then_prepare", "an id that was given back can be prepared again, and that opens its orchestration again",
		unregistered_and_prepared_again, 0,
		"prepared_callable of the reference: what was opened ever is counted, not what is open",
		{ HOST_DLOPENS, AT_MARK,           EXACTLY, 1 },
		{ HOST_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 2 }),
	BY_HOST("siblings_survive_unregister", "of two ids with one content the second still launches when the first is gone",
		one_of_two_is_unregistered, 0, "0ca30c433 (#214): a shared kernel was freed under the callable that still used it",
		{ HOST_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 2 }),
	BY_HOST("bad_ids_take_nothing", "an id out of range is refused before anything is taken", ids_out_of_range, 0,
		"L27: a bad id left its chip buffer in the pool and its handle open",
		{ HOST_DLOPENS, AT_PEAK, EXACTLY, 1 }, REFUSAL_TAKES_NOTHING),
	BY_HOST("missing_entry_takes_nothing", "an orchestration without the entry it names is refused and leaves nothing",
		entry_not_found, 0, "3aa94a993 (#1114): what a failed prepare had mapped stayed mapped", REFUSAL_TAKES_NOTHING),
	BY_HOST("unknown_ids_are_harmless", "an id without a callable can't be launched, and giving it back is no error",
		ids_without_a_callable, 0, "de32536a7 (#1847): entries outlived their callable and pointed into recycled memory",
		{ HOST_DLOPENS, AT_PEAK, EXACTLY, 1 }),
	BY_HOST("counters_only_rise", "what was opened before finalize is counted after it", counted_over_two_lives, 0,
		"L18: finalize set one of two counters back and left the other",
		{ HOST_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 3 }),
	BY_HOST("three_inputs", "one id launched with three sets of inputs is right each time, and opened once",
		three_sets_of_inputs, 6, "orch_so_cache of the reference: what a hit finds again must not be the inputs",
		{ HOST_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 1 }),

	BY_AICPU("prepare_run_twice", "one callable under two ids is launched from either, and both objects are closed",
		two_ids_of_one_callable, 0, "prepared_callable of the reference: two ids are two registrations of one content",
		{ AICPU_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 2 },
		{ AICPU_OBJECTS, BEFORE_CLOSE,      AT_MOST, 1 }, /* the AICPU's own, which in sim is the host's */
		{ HOST_OBJECTS,  BEFORE_CLOSE,      AT_MOST, 1 }),
	BY_AICPU("same_id_repeated", "five launches of one id open its orchestration once", one_id_many_launches, 5,
		"prepared_callable of the reference: the AICPU opens with the first launch, and finds again with the others",
		{ AICPU_DLOPENS, AFTER_FIRST_LAUNCH,        EXACTLY, 1 },
		{ AICPU_DLOPENS, AFTER_LAST_LAUNCH,         EXACTLY, 1 },
		{ AICPU_OBJECTS, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
		{ HOST_OBJECTS,  FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }),
	BY_AICPU("two_ids_alternating", "two ids in turn open two orchestrations and stay apart", two_ids_alternating, 10,
		"prepared_callable of the reference; b598e030a (#455): state of one callable reached the next",
		{ AICPU_DLOPENS, AFTER_FIRST_LAUNCH,        EXACTLY, 1 },
		{ AICPU_DLOPENS, AFTER_LAST_LAUNCH,         EXACTLY, 2 },
		{ DEVICE_BLOCKS, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }),
	BY_AICPU("double_prepare_is_refused", "an id that is taken refuses a second callable, and the first is not opened again",
		prepared_twice, 0, "26b7b1507 (#1095): prepare took before it looked at the id, and lost what it had taken",
		{ AICPU_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 1 }, REFUSAL_TAKES_NOTHING),
	BY_AICPU("unregister_then_prepare", "an id that was given back and prepared again is opened again by its first launch",
		unregistered_and_prepared_again, 0, "prepared_callable of the reference: 1 after unregister, 2 at the end",
		{ AICPU_DLOPENS, AT_MARK,           EXACTLY, 1 },
		{ AICPU_OBJECTS, AT_MARK,           AT_MOST, 1 }, /* its own */
		{ AICPU_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 2 }),
	BY_AICPU("siblings_survive_unregister", "of two ids with one content the second still launches when the first is gone",
		one_of_two_is_unregistered, 0, "0ca30c433 (#214): a shared kernel was freed under the callable that still used it",
		{ AICPU_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 2 }),
	BY_AICPU("bad_ids_take_nothing", "an id out of range is refused before anything is taken", ids_out_of_range, 0,
		"L27: a bad id left its chip buffer in the pool and its handle open",
		{ AICPU_DLOPENS, AT_PEAK, EXACTLY, 1 }, REFUSAL_TAKES_NOTHING),
	BY_AICPU("missing_entry", "an orchestration without the entry it names fails each launch, and is neither open nor counted",
		entry_not_found_on_device, 3, "L3, L6: an id was seen and counted before its object had been opened",
		{ AICPU_DLOPENS, AT_PEAK, EXACTLY, 1 }, REFUSAL_TAKES_NOTHING),
	BY_AICPU("unknown_ids_are_harmless", "an id without a callable can't be launched, and giving it back is no error",
		ids_without_a_callable, 0, "de32536a7 (#1847): entries outlived their callable and pointed into recycled memory",
		{ AICPU_DLOPENS, AT_PEAK, EXACTLY, 1 }),
	BY_AICPU("counters_only_rise", "what was opened before finalize is counted after it", counted_over_two_lives_on_device, 0,
		"L18: finalize set one of two counters back and left the other",
		{ AICPU_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 3 }),
	BY_AICPU("three_inputs", "one id launched with three sets of inputs is right each time, and opened once",
		three_sets_of_inputs, 6, "orch_so_cache of the reference: what a hit finds again must not be the inputs",
		{ AICPU_DLOPENS, AFTER_FIRST_LAUNCH, EXACTLY, 1 },
		{ AICPU_DLOPENS, AFTER_LAST_LAUNCH,  EXACTLY, 1 }),
	{
		.name     = "objects_of_the_aicpu",
		.says     = "the AICPU opens an object in its first launch and closes it when it is unregistered",
		.cells    = ONBOARD | TENSORMAP_AND_RINGBUFFER,
		.when     = two_objects_open_and_close,
		.launches = 10,
		.then     = {
			{ AICPU_OBJECTS, AT_MARK,            EXACTLY, 0 },
			{ AICPU_OBJECTS, AFTER_FIRST_LAUNCH, EXACTLY, 2 }, /* with its own */
			{ AICPU_OBJECTS, AFTER_LAST_LAUNCH,  EXACTLY, 3 },
			{ AICPU_OBJECTS, AT_PEAK,            EXACTLY, 3 },
			{ AICPU_OBJECTS, BEFORE_CLOSE,       EXACTLY, 1 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,        EXACTLY, 0 },
		},
		.because  = "d95514b4d (#1671): unregister left the orchestration open on the device",
	},
	{
		.name     = "objects_of_the_host",
		.says     = "sim's AICPU opens an object on the host in its first launch and closes it when it is unregistered",
		.cells    = SIM | TENSORMAP_AND_RINGBUFFER,
		.when     = two_objects_open_and_close,
		.launches = 10,
		.then     = {
			{ HOST_OBJECTS,  AT_MARK,            EXACTLY, 6 }, /* the AICPU's own, and five kernels */
			{ HOST_OBJECTS,  AFTER_FIRST_LAUNCH, EXACTLY, 7 },
			{ HOST_OBJECTS,  AFTER_LAST_LAUNCH,  EXACTLY, 8 },
			{ HOST_OBJECTS,  BEFORE_CLOSE,       EXACTLY, 1 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,        EXACTLY, 0 },
		},
		.because  = "d95514b4d (#1671): unregister left the orchestration open on the device",
	},
};

const struct tare_suite tare_suite_prepared = { "prepared", specs, TARE_COUNT_OF(specs) };
