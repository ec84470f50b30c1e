/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions that a kernel leaves behind: what is kept, when its task is complete, and codes 101 to 103. */
#include "test_world.h"

#include <string.h>

#include "async.h"

static struct tare__trb_shelf shelf;
static struct tare__trb_async async;
static struct tare_trb_condition slab[TARE_TRB_CONDITIONS];
static struct tare_trb_local local;

static int open_async(void **state)
{
	memset(&shelf, 0xA5, sizeof shelf);
	memset(slab, 0xA5, sizeof slab);
	async = (struct tare__trb_async){ .shelf = &shelf, .thread = 2 };
	return open_small(state);
}

/* A task on w.x is taken, and its kernel is about to begin. */
static uint32_t begin_one(void)
{
	uint32_t first, wake, place;

	assert_true(submit_with(TARE_TRB_INPUT, &w.x) != TARE_TRB_NO_TASK);
	place = tare__trb_take(w.trb, TARE__TRB_AIV);
	assert_int_not_equal(place, TARE__TRB_NONE);
	assert_int_equal(tare__trb_claim(w.trb, place, 1, &first, &wake), 1);
	local = (struct tare_trb_local){ .block_count = 1, .conditions = (uintptr_t)slab };
	return place;
}

static void hold(uint32_t place)
{
	tare__trb_async_hold(w.trb, &async, place, &local, (uintptr_t)slab);
}

static void look(void)
{
	bool orchestrator;

	tare__trb_async_look(w.trb, &async, &orchestrator);
}

static void a_task_is_complete_when_all_its_conditions_are_true(void **state)
{
	uint32_t place = begin_one();

	(void)state;
	tare_trb_complete_when(&local, &w.values[3], 2);
	tare_trb_complete_when(&local, &w.values[5], 1);
	hold(place);
	assert_int_equal(tare__trb_async_threads(w.trb), 1u << 2);
	look();
	w.values[3] = 1;
	w.values[5] = 7;
	look();
	assert_int_equal(w.trb->completed, 0);
	w.values[3] = 2;
	look();
	assert_int_equal(w.trb->completed, 1);
	assert_int_equal(tare__trb_async_threads(w.trb), 0);
	assert_int_equal(w.trb->async_holds | w.trb->async_pending, 0);
	assert_int_equal(toy_finish(&w.toy), 0);
}

/* A row goes to the next one while others still wait, and no word of one is another's. */
static void rows_are_used_again(void **state)
{
	uint32_t places[3];

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		places[i] = begin_one();
		tare_trb_complete_when(&local, &w.values[i], 1);
		tare_trb_complete_when(&local, &w.values[8 + i], 1);
		hold(places[i]);
	}
	w.values[1] = w.values[9] = 1;
	look();
	assert_int_equal(w.trb->completed, 1);
	for (uint32_t round = 0; round < 9; round++) { /* the first waits still: the ring moves no further */
		uint32_t place = begin_one();

		w.values[20] = 0;
		tare_trb_complete_when(&local, &w.values[20], 1);
		hold(place);
		look();
		assert_int_equal(w.trb->completed, 1 + round);
		w.values[20] = 1;
		look();
		assert_int_equal(w.trb->completed, 2 + round);
		assert_int_equal(async.holds, 3);
		tare__trb_scope_end(w.trb); /* or the window is full of what the scope keeps */
		tare__trb_scope_begin(w.trb, TARE_TRB_SCOPE_AUTO);
		tare__trb_reclaim(w.trb, 0);
	}
	w.values[0] = w.values[8] = w.values[2] = w.values[10] = 1;
	look();
	assert_int_equal(async.pending | async.holds, 0);
	assert_int_equal(toy_finish(&w.toy), 0);
}

static void what_nothing_makes_true_is_code_100(void **state)
{
	uint32_t place = begin_one();

	(void)state;
	tare_trb_complete_when(&local, &w.values[3], 2);
	hold(place);
	assert_int_equal(toy_finish(&w.toy), -TARE_TRB_SCHEDULER_TIMEOUT);
	assert_int_equal(w.toy.status.stall, TARE_TRB_STALL_WAITING);
	assert_non_null(strstr(w.toy.status.detail, "1 kernels have returned, and wait for 1 conditions"));
}

static void assert_async(enum tare_trb_error code, const char *text)
{
	assert_int_equal(w.toy.status.sched_error, code);
	assert_int_equal(w.toy.status.sched_threads, 1u << 2);
	if (!strstr(w.toy.status.detail, text))
		fail_msg("\"%s\" does not hold \"%s\"", w.toy.status.detail, text);
	assert_int_equal(async.pending, 0);
	assert_int_equal(toy_finish(&w.toy), -(int)code);
}

static void what_cannot_be_looked_at_is_code_101(void **state)
{
	const struct { struct tare_trb_condition condition; const char *text; } bad[] = {
		{ { (uintptr_t)w.values, 1, 7 }, "condition 1 of 2 of task 0x0: its kind is unknown (kind 7" },
		{ { (uintptr_t)w.values + 2, 1, 0 }, "is no word's" },
		{ { 0, 1, 0 }, "lies in no tensor" },
		{ { (uintptr_t)w.values - 4, 1, 0 }, "lies in no tensor" },
		{ { (uintptr_t)w.values + sizeof w.values, 1, 0 }, "lies in no tensor" },
	};

	for (size_t i = 0; i < TARE_COUNT(bad); i++) {
		uint32_t place;

		toy_close(&w.toy);
		open_async(state);
		place = begin_one();
		tare_trb_complete_when(&local, w.values, 1);
		tare_trb_complete_when(&local, w.values, 1);
		slab[1] = bad[i].condition;
		hold(place);
		assert_async(TARE_TRB_ASYNC_COMPLETION_INVALID, bad[i].text);
	}
}

static void more_than_a_kernel_may_register_is_code_102(void **state)
{
	uint32_t place = begin_one();

	(void)state;
	for (uint32_t i = 0; i <= TARE_TRB_CONDITIONS; i++)
		tare_trb_complete_when(&local, w.values, 1);
	assert_int_equal(local.condition_count, TARE_TRB_CONDITIONS);
	hold(place);
	assert_async(TARE_TRB_ASYNC_WAIT_OVERFLOW, "has registered more than 64 conditions");
}

static void more_than_all_may_wait_for_is_code_102(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t place = begin_one();

		for (uint32_t k = 0; k < 50; k++)
			tare_trb_complete_when(&local, w.values, 1);
		hold(place);
	}
	assert_int_equal(w.toy.status.sched_error, TARE_TRB_ASYNC_WAIT_OVERFLOW);
	assert_non_null(strstr(w.toy.status.detail, "3 subtasks wait for 150 conditions, 64 and 128 may"));
}

static void what_is_malformed_is_code_103(void **state)
{
	const struct tare_trb_local bad[] = {
		{ .conditions = (uintptr_t)slab, .condition_count = TARE_TRB_CONDITIONS + 1 },
		{ .conditions = (uintptr_t)slab, .condition_count = 1, .condition_error = 5 },
		{ .conditions = (uintptr_t)w.values, .condition_count = 1 },
	};

	for (size_t i = 0; i < TARE_COUNT(bad); i++) {
		uint32_t place;

		toy_close(&w.toy);
		open_async(state);
		place = begin_one();
		local = bad[i];
		hold(place);
		assert_async(TARE_TRB_ASYNC_REGISTRATION_FAILED, "task 0x0: ");
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_async, close_world)
	const struct CMUnitTest tests[] = {
		CASE(a_task_is_complete_when_all_its_conditions_are_true), CASE(rows_are_used_again),
		CASE(what_nothing_makes_true_is_code_100), CASE(what_cannot_be_looked_at_is_code_101),
		CASE(more_than_a_kernel_may_register_is_code_102), CASE(more_than_all_may_wait_for_is_code_102),
		CASE(what_is_malformed_is_code_103),
	};
#undef CASE

	return cmocka_run_group_tests(tests, NULL, NULL);
}
