/* SPDX-License-Identifier: Apache-2.0 */
/* Every fatal code that the core can raise: what wants it, and what it says. */
#include "test_world.h"

#include <string.h>

static void one_scope_of_a_whole_window_is_code_1(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 15; i++)
		assert_true(submit_nothing() != TARE_TRB_NO_TASK);
	submit_nothing();
	assert_code(TARE_TRB_SCOPE_DEADLOCK, "ring 0: 15 tasks in one scope, a window of 16");
}

static void outputs_that_scopes_keep_are_code_2(void **state)
{
	struct tare_trb_create_info info = info_of(8192);

	(void)state;
	submit_with(TARE_TRB_OUTPUT, &info);
	submit_with(TARE_TRB_OUTPUT, &info);
	submit_with(TARE_TRB_OUTPUT, &info);
	assert_int_equal(w.trb->completed, 2);
	assert_code(TARE_TRB_HEAP_RING_DEADLOCK, "ring 0: 8192 bytes of outputs, 16384 of 16384 in use");
}

static void an_output_larger_than_the_heap_is_code_2_at_once(void **state)
{
	struct tare_trb_create_info info = info_of(16385);

	(void)state;
	submit_nothing();
	submit_with(TARE_TRB_OUTPUT, &info);
	assert_int_equal(w.toy.begun, 0);
	assert_code(TARE_TRB_HEAP_RING_DEADLOCK, "17408 bytes");
}

/* Incident L22: the sum was kept in 32 bits. */
static void two_outputs_of_half_the_world_do_not_come_round(void **state)
{
	struct tare_trb_create_info info = info_of(1610612736);
	const uint32_t huge[] = { 65536, 65536, 65536 };

	(void)state;
	tare_trb_arg_begin(&w.arg);
	tare_trb_add_output(&w.arg, &info);
	tare_trb_add_output(&w.arg, &info);
	assert_true(toy_submit(&w.toy, &w.arg).task == TARE_TRB_NO_TASK);
	assert_int_equal(w.toy.status.orch_error, TARE_TRB_HEAP_RING_DEADLOCK);
	assert_non_null(strstr(w.toy.status.detail, "3221225472 bytes"));
	toy_finish(&w.toy);
	toy_reopen(&w.toy);
	tare__trb_scope_begin(w.trb, TARE_TRB_SCOPE_AUTO);
	tare_trb_create(&info, TARE_INT64, 3, huge);
	submit_with(TARE_TRB_OUTPUT, &info);
	assert_code(TARE_TRB_INVALID_ARGS, "strides are larger");
}

static void deep_scopes_that_fill_the_window_are_code_3(void **state)
{
	(void)state;
	for (uint32_t depth = 0; depth < 8; depth++) {
		tare__trb_scope_begin(w.trb, TARE_TRB_SCOPE_AUTO);
		for (uint32_t i = 0; i < 5; i++)
			submit_nothing();
	}
	assert_code(TARE_TRB_FLOW_CONTROL_DEADLOCK, "ring 3: 15 tasks in a window of 16, all complete");
}

static void more_producers_than_the_pool_are_code_4(void **state)
{
	struct tare_trb_capacity capacity = small;
	uint64_t tasks[12];

	(void)state;
	toy_close(&w.toy);
	capacity.dep_pool = 8;
	open_world(&capacity);
	for (uint32_t i = 0; i < 12; i++)
		tasks[i] = submit_nothing();
	tare_trb_arg_begin(&w.arg);
	tare_trb_set_dependencies(&w.arg, tasks, 12);
	toy_submit(&w.toy, &w.arg);
	assert_code(TARE_TRB_DEP_POOL_OVERFLOW, "a task waits for 12 others, 0 of 8");
}

static void views_beyond_the_map_are_code_11(void **state)
{
	struct tare_trb_capacity capacity = small;
	struct tare_trb_tensor view;

	(void)state;
	toy_close(&w.toy);
	capacity.map_pool = 16;
	capacity.task_window = 64;
	open_world(&capacity);
	for (uint32_t i = 0; i < 17; i++) {
		tare_trb_tensor_view(&view, &w.x, &i, (const uint32_t[]){ 1 });
		submit_with(TARE_TRB_OUTPUT_EXISTING, &view);
	}
	assert_code(TARE_TRB_TENSORMAP_OVERFLOW, "1 more views, 16 of 16");
}

struct bad {
	const char *text;
	void (*make)(void);
};

static void bad_builder(void)
{
	tare_trb_set_dependencies(&w.arg, NULL, 4);
	toy_submit(&w.toy, &w.arg);
}

static void bad_order(void)
{
	tare_trb_add_scalar(&w.arg, 1);
	tare_trb_add_input(&w.arg, &w.x);
	tare_trb_add_scalar(&w.arg, 1);
	toy_submit(&w.toy, &w.arg);
}

static void bad_outside(void)
{
	tare__trb_scope_end(w.trb);
	toy_submit(&w.toy, &w.arg);
}

static void bad_blocks(void)
{
	w.arg.spec.block_count = 0;
	toy_submit(&w.toy, &w.arg);
}

static void bad_mask(void)
{
	tare__trb_submit(w.trb, &(struct tare_trb_kernels){ -1, -1, -1 }, &w.arg);
}

static void bad_kernel(void)
{
	tare__trb_submit(w.trb, &(struct tare_trb_kernels){ 1023, -1, -1 }, &w.arg);
}

static void bad_dependency(void)
{
	uint64_t task = submit_nothing() + 1;

	tare_trb_arg_begin(&w.arg);
	tare_trb_set_dependencies(&w.arg, &task, 1);
	toy_submit(&w.toy, &w.arg);
}

static void bad_depth(void)
{
	for (uint32_t i = 0; i < 64; i++)
		tare__trb_scope_begin(w.trb, TARE_TRB_SCOPE_AUTO);
}

static void bad_nesting(void)
{
	tare__trb_scope_begin(w.trb, TARE_TRB_SCOPE_MANUAL);
	tare__trb_scope_begin(w.trb, TARE_TRB_SCOPE_MANUAL);
	tare__trb_scope_begin(w.trb, TARE_TRB_SCOPE_AUTO);
}

static void bad_end(void)
{
	tare__trb_scope_end(w.trb);
	tare__trb_scope_end(w.trb);
}

static void bad_alloc(void)
{
	tare_trb_add_input(&w.arg, &w.x);
	tare__trb_alloc(w.trb, &w.arg);
}

static void bad_type(void)
{
	w.x.type = 11;
	submit_with(TARE_TRB_INPUT, &w.x);
}

static void bad_stride(void)
{
	w.x.strides[0] = 0;
	submit_with(TARE_TRB_INPUT, &w.x);
}

static void bad_reach(void)
{
	w.x.start_offset = UINT64_MAX / 4;
	submit_with(TARE_TRB_INPUT, &w.x);
}

static void bad_tag(void)
{
	submit_with((enum tare_trb_tag)5, &w.x);
}

static void bad_count(void)
{
	w.arg.tensor_count = -1;
	toy_submit(&w.toy, &w.arg);
}

static void bad_index(void)
{
	tare__trb_data_get(w.trb, &w.x, 1, (const uint32_t[]){ 64 });
}

/* In the reference most of these end the process (incident L23). */
static void what_breaks_a_rule_is_code_5(void **state)
{
	static const struct bad bad[] = {
		{ "dependencies without a list", bad_builder }, { "a tensor after a scalar", bad_order },
		{ "outside every scope", bad_outside }, { "a task of 0 blocks", bad_blocks }, { "without a kernel", bad_mask },
		{ "function id 1023", bad_kernel }, { "dependency 0 of 1 is no task: 0x1", bad_dependency },
		{ "64 deep", bad_depth }, { "automatic scope inside a manual", bad_nesting }, { "has not begun", bad_end },
		{ "create infos alone", bad_alloc }, { "tensor 0 of 1: its type is unknown", bad_type },
		{ "a stride is 0", bad_stride }, { "behind the last address", bad_reach }, { "its tag is unknown", bad_tag },
		{ "-1 tensors", bad_count }, { "behind its end", bad_index },
	};

	(void)state;
	for (size_t i = 0; i < TARE_COUNT(bad); i++) {
		toy_close(&w.toy);
		open_world(&small);
		bad[i].make();
		assert_code(TARE_TRB_INVALID_ARGS, bad[i].text);
	}
}

static void blocks_that_cannot_start_together_are_code_7(void **state)
{
	(void)state;
	w.arg.spec.require_sync_start = true;
	w.arg.spec.block_count = 8;
	assert_true(toy_submit(&w.toy, &w.arg).task != TARE_TRB_NO_TASK);
	w.arg.spec.block_count = 1000;
	toy_submit(&w.toy, &w.arg);
	assert_code(TARE_TRB_REQUIRE_SYNC_START_INVALID, "1000 blocks are to start together, 8 can");
}

static void data_of_a_kernel_that_hangs_is_code_8(void **state)
{
	(void)state;
	submit_with(TARE_TRB_INOUT, &w.x);
	w.toy.hangs = true;
	tare__trb_data_get(w.trb, &w.x, 1, (const uint32_t[]){ 0 });
	assert_int_equal(w.toy.status.orch_error, TARE_TRB_TENSOR_WAIT_TIMEOUT);
}

static void a_kernel_that_hangs_is_code_100(void **state)
{
	(void)state;
	submit_with(TARE_TRB_INOUT, &w.x);
	submit_with(TARE_TRB_INOUT, &w.x);
	w.toy.hangs = true;
	assert_int_equal(toy_finish(&w.toy), -TARE_TRB_SCHEDULER_TIMEOUT);
	assert_int_equal(w.toy.status.stall, TARE_TRB_STALL_RUNNING);
	assert_int_equal(w.toy.status.sched_threads, 1);
}

static void the_first_error_stands(void **state)
{
	(void)state;
	tare__trb_fail(w.trb, TARE_TRB_EXPLICIT_ORCH_FATAL, "%s %d", "mine", -7);
	tare__trb_fail(w.trb, TARE_TRB_INVALID_ARGS, "later");
	tare__trb_fail_stalled(w.trb, 0);
	assert_int_equal(w.toy.status.sched_error, 0);
	assert_code(TARE_TRB_EXPLICIT_ORCH_FATAL, "mine -7");
}

static void every_code_has_its_words(void **state)
{
	static const int32_t codes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 100, 101, 102, 103, 104 };

	(void)state;
	for (size_t i = 0; i < TARE_COUNT(codes); i++) {
		assert_non_null(tare__trb_error_row(codes[i]));
		assert_true(tare__trb_error_row(codes[i])->hint[0]);
	}
	assert_string_equal(tare__trb_error_row(9)->name, "EXPLICIT_ORCH_FATAL");
	assert_null(tare__trb_error_row(0));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_small, close_world)
	const struct CMUnitTest tests[] = {
		CASE(one_scope_of_a_whole_window_is_code_1), CASE(outputs_that_scopes_keep_are_code_2),
		CASE(an_output_larger_than_the_heap_is_code_2_at_once),
		CASE(two_outputs_of_half_the_world_do_not_come_round),
		CASE(deep_scopes_that_fill_the_window_are_code_3), CASE(more_producers_than_the_pool_are_code_4),
		CASE(views_beyond_the_map_are_code_11), CASE(what_breaks_a_rule_is_code_5),
		CASE(blocks_that_cannot_start_together_are_code_7), CASE(data_of_a_kernel_that_hangs_is_code_8),
		CASE(a_kernel_that_hangs_is_code_100), CASE(the_first_error_stands),
		CASE(every_code_has_its_words),
	};
#undef CASE

	return cmocka_run_group_tests(tests, NULL, NULL);
}
