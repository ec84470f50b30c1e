/* SPDX-License-Identifier: Apache-2.0 */
/* The table as an orchestration sees it, and lines that find their launch although nobody says which. */
#include "test_world.h"

#include <pthread.h>
#include <string.h>

static int open_table(void **state)
{
	open_small(state);
	w.trb->seen.ops = &tare__trb_ops;
	return 0;
}

static void orchestrate(struct tare_trb_runtime *runtime)
{
	const struct tare_trb_ops *ops = runtime->ops;
	const struct tare_trb_kernels kernels = { 0, -1, -1 };
	const uint32_t shape[] = { 4 };
	struct tare_trb_create_info info;
	struct tare_trb_outputs outputs;

	runtime->pending_scope_mode = TARE_TRB_SCOPE_MANUAL;
	ops->scope_begin(runtime);
	assert_int_equal(runtime->pending_scope_mode, TARE_TRB_SCOPE_AUTO);
	assert_int_equal(w.trb->scopes[1].mode, TARE_TRB_SCOPE_MANUAL);
	tare_trb_create(&info, TARE_INT16, 1, shape);
	tare_trb_add_output(&w.arg, &info);
	outputs = ops->alloc_tensors(runtime, &w.arg);
	ops->set_tensor_data(runtime, outputs.tensors[0], 1, (const uint32_t[]){ 2 }, 0x12345);
	assert_int_equal(ops->get_tensor_data(runtime, outputs.tensors[0], 1, (const uint32_t[]){ 2 }), 0x2345);
	tare_trb_arg_begin(&w.arg);
	tare_trb_set_dependencies(&w.arg, &outputs.task, 1);
	outputs = ops->submit_task(runtime, &kernels, &w.arg);
	tare_trb_arg_begin(&w.arg);
	tare_trb_set_dependencies(&w.arg, &outputs.task, 1);
	assert_true(ops->submit_dummy_task(runtime, &w.arg).task != TARE_TRB_NO_TASK);
	ops->scope_end(runtime);
	ops->orchestration_done(runtime);
	assert_false(ops->is_fatal(runtime));
}

static void the_table_leads_to_the_core(void **state)
{
	(void)state;
	orchestrate(&w.trb->seen);
	assert_int_equal(toy_finish(&w.toy), 0);
	assert_int_equal(w.toy.status.completed, 3);
}

static void a_fatal_error_of_its_own_is_said_and_kept(void **state)
{
	struct tare_trb_runtime *runtime = &w.trb->seen;

	(void)state;
	runtime->ops->report_fatal(runtime, 9, "build", "only %u of %s", 3u, "them");
	assert_true(runtime->ops->is_fatal(runtime));
	assert_string_equal(w.toy.log, "orchestration: build: only 3 of them");
	assert_code(TARE_TRB_EXPLICIT_ORCH_FATAL, "only 3 of them");
}

static void the_outermost_scope_is_not_its_own(void **state)
{
	(void)state;
	w.trb->seen.ops->scope_end(&w.trb->seen);
	assert_code(TARE_TRB_INVALID_ARGS, "has not begun");
}

static void *log_elsewhere(void *cookie)
{
	struct toy *toy = cookie;
	uint32_t row = tare__trb_mark(toy->trb);

	tare__trb_ops.log_warn("there", "%s", "mine");
	tare__trb_unmark(row);
	tare__trb_ops.log_error("there", "nobody's");
	return NULL;
}

static __attribute__((noinline)) void log_here(const char *text)
{
	tare__trb_ops.log_info_v("here", 5, "%s", text);
}

static void a_line_finds_its_launch(void **state)
{
	static struct toy other;
	pthread_t thread;
	uint32_t row;

	(void)state;
	log_here("lost");
	assert_string_equal(w.toy.log, "");
	toy_open(&other, &small, 1, 0);
	row = tare__trb_mark(w.trb);
	assert_int_equal(pthread_create(&thread, NULL, log_elsewhere, &other), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_string_equal(w.toy.log, "");
	assert_string_equal(other.log, "orchestration: there: mine");
	log_here("found");
	assert_string_equal(w.toy.log, "orchestration: here: found");
	tare__trb_unmark(row);
	toy_close(&other);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_table, close_world)
	const struct CMUnitTest tests[] = {
		CASE(the_table_leads_to_the_core), CASE(a_fatal_error_of_its_own_is_said_and_kept),
		CASE(the_outermost_scope_is_not_its_own), CASE(a_line_finds_its_launch),
	};
#undef CASE

	return cmocka_run_group_tests(tests, NULL, NULL);
}
