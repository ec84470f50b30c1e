/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lifecycle_ids - ids and callables, in every order that a caller may get wrong
 *
 * 64 ids, each free or taken.  What is refused has taken nothing: the reference
 * looked at the id last, after it had uploaded and opened all the rest.
 */
#include <tare/spec.h>

#include <string.h>

enum { REFUSED = -1, E_GRAPH = -5, E_AICPU_EXCEPTION = 507018, IDS = 64 };

static void bad_ids(struct tare_case *c)
{
	static const int32_t ids[] = { -1, IDS, IDS + 1, INT32_MAX, INT32_MIN };

	tare_still_works(c);
	tare_mark(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(ids); i++) {
		int prepared = tare_try_prepare_as(c, ids[i], "dump_tensor");
		int launched = tare_try_launch_id(c, ids[i]);
		int gone = tare_try_unregister_id(c, ids[i]);
		tare_expect(c, prepared == REFUSED && launched == REFUSED && gone == 0,
			"id %d: prepare gave %d, launch %d, unregister %d; wanted -1, -1, 0", (int)ids[i], prepared, launched, gone);
	}
	tare_still_works(c);
}

static void the_last_id(struct tare_case *c)
{
	tare_still_works(c);
	tare_mark(c);
	struct tare_callable *last = tare_prepare_as(c, IDS - 1, "dump_tensor");
	tare_launch(c, last);
	tare_expect_floats(c, last, 2, 6.0f);
	tare_unregister(c, last);
	tare_still_works(c);
}

static void sixty_five(struct tare_case *c)
{
	struct tare_callable *all[IDS];

	tare_still_works(c);
	tare_mark(c);
	for (int32_t id = 0; id < IDS; id++)
		all[id] = tare_prepare_as(c, id, id % 2 ? "dump_tensor" : "vector_example");
	tare_expect_code(c, tare_try_prepare_as(c, IDS, "dump_tensor"), REFUSED, "preparing a 65th callable");
	tare_expect_code(c, tare_try_prepare_as(c, 0, "dump_tensor"), REFUSED, "preparing a 65th under an id that is taken");
	for (int32_t id = 0; id < IDS; id += 9) {
		tare_launch(c, all[id]);
		tare_expect_floats(c, all[id], 2, id % 2 ? 6.0f : 42.0f);
	}
	for (int32_t id = 0; id < IDS; id++)
		tare_unregister(c, all[id]);
	tare_still_works(c);
}

static void taken_ids(struct tare_case *c)
{
	static const char *const others[] = { "vector_example", "dump_tensor", "empty", "no_such_entry" };
	struct tare_callable *vector = tare_prepare_as(c, 7, "vector_example");

	tare_launch(c, vector);
	tare_mark(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(others); i++) {
		int code = tare_try_prepare_as(c, 7, others[i]);
		tare_expect(c, code == REFUSED, "preparing %s under an id that is taken gave %d, wanted -1", others[i], code);
	}
	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
	tare_still_works(c);
}

static void launched_out_of_turn(struct tare_case *c)
{
	tare_still_works(c);
	tare_mark(c);
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_expect_code(c, tare_try_launch_id(c, 3), REFUSED, "launching what is not prepared");
		struct tare_callable *dump = tare_prepare_as(c, 3, i % 2 ? "vector_example" : "dump_tensor");
		tare_launch(c, dump);
		tare_expect_floats(c, dump, 2, i % 2 ? 42.0f : 6.0f);
		tare_unregister(c, dump);
		tare_expect_code(c, tare_try_launch_id(c, 3), REFUSED, "launching what was unregistered");
		tare_expect_code(c, tare_try_unregister_id(c, 3), 0, "unregistering twice");
	}
	tare_still_works(c);
}

static void the_callers_bytes_go(struct tare_case *c)
{
	static _Alignas(64) unsigned char copy[1 << 20];
	size_t size;
	const void *image = tare_image(c, "vector_example", &size);

	tare_still_works(c);
	tare_mark(c);
	tare_expect(c, size <= sizeof(copy), "the image has %zu bytes, and there is room for %zu", size, sizeof(copy));
	memcpy(copy, image, size);
	int code = tare_abi(c)->prepare_callable(tare_context(c), 5, copy);
	memset(copy, 0xa5, size);
	tare_expect_code(c, code, 0, "preparing a copy of a callable");
	struct tare_callable *other = tare_prepare_as(c, 6, "vector_example"); /* compared with what was kept of the copy */
	code = tare_abi(c)->run_prepared(tare_context(c), tare_runtime(c), 5, tare_arguments(other), 3, 3, 0, 0, 0, 0, 0, "",
		NULL);
	tare_expect_code(c, code, 0, "launching a callable whose bytes its caller has overwritten");
	tare_expect_floats(c, other, 2, 42.0f);
	tare_expect_code(c, tare_try_unregister_id(c, 5), 0, "unregistering it");
	tare_unregister(c, other);
	tare_still_works(c);
}

static void a_wrong_name_then_a_good_one(struct tare_case *c)
{
	tare_still_works(c);
	tare_mark(c);
	for (int32_t id = 0; id < 4; id++) {
		int code = tare_try_prepare_as(c, id, "no_such_entry");
		tare_expect(c, code == REFUSED, "preparing an orchestration without its entry gave %d, wanted -1", code);
		tare_expect_code(c, tare_try_launch_id(c, id), REFUSED, "launching what could not be prepared");
		struct tare_callable *good = tare_prepare_as(c, id, "dump_tensor");
		tare_launch(c, good);
		tare_expect_floats(c, good, 2, 6.0f);
		tare_unregister(c, good);
	}
	tare_still_works(c);
}

/* Nobody asks for an entry before the device does; the id is taken until it is given back. */
static void a_wrong_name_that_the_device_finds(struct tare_case *c)
{
	tare_launch(c, tare_prepare_as(c, 60, "vector_example"));
	(void)tare_try_launch(c, tare_prepare_as(c, 61, "no_such_entry")); /* from here on nothing grows */
	tare_expect_code(c, tare_try_unregister_id(c, 61), 0, "unregistering what could not be opened");
	tare_mark(c);
	for (int32_t id = 0; id < 4; id++) {
		struct tare_callable *wrong = tare_prepare_as(c, id, "no_such_entry");
		for (int i = 0; i < 2; i++)
			tare_expect(c, tare_try_launch(c, wrong) != 0, "launching an orchestration without its entry gave 0");
		tare_expect_code(c, tare_try_prepare_as(c, id, "dump_tensor"), REFUSED, "preparing under its id");
		tare_unregister(c, wrong);
		struct tare_callable *good = tare_prepare_as(c, id, "dump_tensor");
		tare_launch(c, good);
		tare_expect_floats(c, good, 2, 6.0f);
		tare_unregister(c, good);
	}
	tare_still_works(c);
}

struct refusal {
	const char *name;
	int wanted;
};

/* Callables whose launch is refused, each between two that are good. */
static void refused_one_by_one(struct tare_case *c, const struct refusal *rows, unsigned count)
{
	/* Once over, so that what launches keep has grown to its size. */
	for (unsigned i = 0; i < count; i++) {
		struct tare_callable *bad = tare_prepare_as(c, 20, rows[i].name);
		(void)tare_try_launch(c, bad);
		tare_unregister(c, bad);
	}
	tare_still_works(c);
	tare_mark(c);
	for (unsigned i = 0; i < count; i++) {
		struct tare_callable *bad = tare_prepare_as(c, 20, rows[i].name);
		for (int k = 0; k < 2; k++) {
			int code = tare_try_launch(c, bad);
			tare_expect(c, code == rows[i].wanted, "%s gave %d, wanted %d", rows[i].name, code, rows[i].wanted);
		}
		tare_still_works(c);
		tare_unregister(c, bad);
	}
}

static void bad_callables(struct tare_case *c)
{
	static const struct refusal rows[] = {
		{ "returns_error", -1 }, { "unknown_kernel", E_GRAPH }, { "too_many_args", E_GRAPH }, { "invalid_edge", E_GRAPH },
		{ "too_many_successors", E_GRAPH }, { "cycle", -100 },
	};

	refused_one_by_one(c, rows, TARE_COUNT_OF(rows));
}

static void callables_that_fail_on_the_device(struct tare_case *c)
{
	static const struct refusal in_sim[] = {
		{ "returns_error", -9 }, { "unknown_kernel", -5 }, { "too_many_args", -5 }, { "invalid_args", -5 },
		{ "require_sync_start_invalid", -7 }, { "two_huge_outputs", -2 }, { "fatal_of_its_own", -9 },
	};
	struct refusal masked[TARE_COUNT_OF(in_sim)];

	for (unsigned i = 0; i < TARE_COUNT_OF(in_sim); i++)
		masked[i] = (struct refusal){ in_sim[i].name, E_AICPU_EXCEPTION };
	refused_one_by_one(c, tare_runs_in(c, ONBOARD) ? masked : in_sim, TARE_COUNT_OF(in_sim));
}

static void no_children_and_no_tasks(struct tare_case *c)
{
	tare_still_works(c);
	tare_mark(c);
	struct tare_callable *childless = tare_prepare(c, "empty");
	struct tare_callable *again = tare_prepare(c, "empty");
	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch(c, i % 2 ? again : childless);
	tare_unregister(c, childless);
	tare_launch(c, again);
	tare_unregister(c, again);
	tare_still_works(c);
}

#define CASE(label, sentence, times, function, reason) CASE_IN(0, label, sentence, times, function, reason)
#define CASE_IN(graph, label, sentence, times, function, reason) { \
	.name = label, .says = sentence, .cells = (graph), .when = function, .launches = times, \
	.then = { NOTHING_IS_LOST }, .because = reason, \
}

static const struct tare_spec specs[] = {
	CASE("bad_ids", "ids -1, 64, 65 and the ends of int are refused by prepare and launch and are nothing to unregister", 1,
		bad_ids, "L27, 26b7b1507 (#1095): the id was looked at last, and what came before it stayed"),
	CASE("last_id", "id 63 is an id as any other", 1, the_last_id,
		"facts of the reference: ids count from 0 to 63, and an end is where one is off by one"),
	CASE("sixty_five_callables", "64 callables are there at once, the 65th is refused, and all go back", 1, sixty_five,
		"9d255b42f (#166): an index beyond its array was used, not refused"),
	CASE("taken_id", "an id that is taken refuses the same bytes, other bytes and broken ones, and goes on working", 1,
		taken_ids, "3aa94a993 (#1114): the handle of a refused second prepare was lost"),
	CASE("launched_out_of_turn", "before prepare and after unregister an id launches nothing, and can be prepared again", 4,
		launched_out_of_turn, "de32536a7 (#1847): an entry outlived its callable and was launched"),
	CASE("callers_bytes_go", "a prepared callable does not need the bytes that it was prepared from", 1,
		the_callers_bytes_go, "0ca30c433 (#214): a cache held a pointer to bytes that were gone"),
	CASE_IN(HOST_BUILD_GRAPH, "wrong_name_then_good", "an id whose prepare failed for a wrong entry is free for a good callable", 1,
		a_wrong_name_then_a_good_one, "L3: an id was marked as seen before its callable had come up"),
	CASE_IN(HOST_BUILD_GRAPH, "bad_callables", "callables whose graphs are refused, each with its code, and a good one after each", 1,
		bad_callables, "8199c70b6 (#928), L1: what a run had taken stayed when its build gave up"),
	CASE_IN(TENSORMAP_AND_RINGBUFFER, "wrong_name_on_device",
		"a wrong entry is found by the first launch, and again by the second; its id is good for another callable after it", 1,
		a_wrong_name_that_the_device_finds, "L3: an id was marked as seen before its object had been opened"),
	CASE_IN(TENSORMAP_AND_RINGBUFFER, "bad_callables_on_device",
		"orchestrations that give up or miss a kernel, each with its code, and a good one after each", 1,
		callables_that_fail_on_the_device, "L1, L23: what a launch had taken stayed, or the process ended, when a graph was bad"),
	CASE("no_children", "a callable without kernels and without tasks is prepared, launched and given back", 6,
		no_children_and_no_tasks, "L7: a graph without a task was waited for"),
};

const struct tare_suite tare_suite_lifecycle_ids = { "lifecycle_ids", specs, TARE_COUNT_OF(specs) };
