/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What orchestrations and kernels see, held against the reference's numbers (facts/runtime.md 4.9, 6.4, 6.6): those
 * that were compiled against it count on each of them.  By value: a constant of ours on both sides would prove nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <tare/object.h>
#include <tare/trb_orchestration.h>

#include "layout.h"

struct place {
	const char *name;
	size_t is, wanted;
};

#define AT(type, field, offset) { #type "." #field, offsetof(struct type, field), offset }
#define SIZE(type, bytes, align) \
	{ "bytes of " #type, sizeof(struct type), bytes }, { "alignment of " #type, _Alignof(struct type), align }

static void expect_places(const struct place *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (places[i].is != places[i].wanted)
			fail_msg("%s is %zu, wanted %zu", places[i].name, places[i].is, places[i].wanted);
}

static void a_tensor_lies_where_it_does(void **state)
{
	static const struct place places[] = {
		SIZE(tare_trb_tensor, 128, 64),
		AT(tare_trb_tensor, buffer, 0), AT(tare_trb_tensor, buffer_size, 8), AT(tare_trb_tensor, owner, 16),
		AT(tare_trb_tensor, start_offset, 24), AT(tare_trb_tensor, version, 32), AT(tare_trb_tensor, dims, 36),
		AT(tare_trb_tensor, type, 40), AT(tare_trb_tensor, manual_dep, 41), AT(tare_trb_tensor, is_contiguous, 42),
		AT(tare_trb_tensor, shapes, 44), AT(tare_trb_tensor, extent, 64), AT(tare_trb_tensor, strides, 72),
		SIZE(tare_trb_create_info, 64, 64),
		AT(tare_trb_create_info, initial_value, 0), AT(tare_trb_create_info, has_initial_value, 8),
		AT(tare_trb_create_info, owner, 16), AT(tare_trb_create_info, start_offset, 24),
		AT(tare_trb_create_info, version, 32), AT(tare_trb_create_info, dims, 36), AT(tare_trb_create_info, type, 40),
		AT(tare_trb_create_info, manual_dep, 41), AT(tare_trb_create_info, is_contiguous, 42),
		AT(tare_trb_create_info, shapes, 44),
		{ "dimensions", TARE_TRB_DIMS, 5 },
	};

	(void)state;
	expect_places(places, TARE_COUNT(places));
}

static void an_argument_lies_where_it_does(void **state)
{
	static const struct place places[] = {
		SIZE(tare_trb_arg, 512, 8),
		AT(tare_trb_arg, tags, 0), AT(tare_trb_arg, tensors, 64), AT(tare_trb_arg, scalars, 192),
		AT(tare_trb_arg, tensor_count, 448), AT(tare_trb_arg, scalar_count, 452), AT(tare_trb_arg, has_error, 456),
		AT(tare_trb_arg, error, 464), AT(tare_trb_arg, spec.block_count, 472), AT(tare_trb_arg, spec.require_sync_start, 474),
		AT(tare_trb_arg, dump_mask, 480), AT(tare_trb_arg, dump_selective, 488), AT(tare_trb_arg, dependencies, 496),
		AT(tare_trb_arg, dependency_count, 504),
		{ "bytes of a block count", sizeof ((struct tare_trb_arg *)NULL)->spec.block_count, 2 },
		{ "INPUT", TARE_TRB_INPUT, 0 }, { "OUTPUT", TARE_TRB_OUTPUT, 1 }, { "INOUT", TARE_TRB_INOUT, 2 },
		{ "OUTPUT_EXISTING", TARE_TRB_OUTPUT_EXISTING, 3 }, { "NO_DEP", TARE_TRB_NO_DEP, 4 },
		SIZE(tare_trb_outputs, 144, 8),
		AT(tare_trb_outputs, task, 0), AT(tare_trb_outputs, count, 8), AT(tare_trb_outputs, tensors, 16),
		SIZE(tare_trb_kernels, 12, 4),
		AT(tare_trb_kernels, aic, 0), AT(tare_trb_kernels, aiv0, 4), AT(tare_trb_kernels, aiv1, 8),
		SIZE(tare_trb_config, 4, 4),
	};

	(void)state;
	expect_places(places, TARE_COUNT(places));
	assert_true(TARE_TRB_NO_TASK == 0xffffffffffffffff);
}

static void the_table_has_its_order(void **state)
{
	static const struct place places[] = {
		SIZE(tare_trb_ops, 120, 8),
		AT(tare_trb_ops, submit_task, 0), AT(tare_trb_ops, scope_begin, 8), AT(tare_trb_ops, scope_end, 16),
		AT(tare_trb_ops, orchestration_done, 24), AT(tare_trb_ops, is_fatal, 32), AT(tare_trb_ops, report_fatal, 40),
		AT(tare_trb_ops, log_error, 48), AT(tare_trb_ops, log_warn, 56), AT(tare_trb_ops, log_debug, 64),
		AT(tare_trb_ops, log_info_v, 72), AT(tare_trb_ops, get_tensor_data, 80), AT(tare_trb_ops, set_tensor_data, 88),
		AT(tare_trb_ops, alloc_tensors, 96), AT(tare_trb_ops, submit_dummy_task, 104), AT(tare_trb_ops, scope_set_site, 112),
		AT(tare_trb_runtime, ops, 0), AT(tare_trb_runtime, pending_scope_mode, 8),
		{ "AUTO", TARE_TRB_SCOPE_AUTO, 0 }, { "MANUAL", TARE_TRB_SCOPE_MANUAL, 1 },
	};

	(void)state;
	expect_places(places, TARE_COUNT(places));
}

static void a_kernel_finds_its_arguments(void **state)
{
	static const struct place places[] = {
		{ "tensors of a task", TARE_TRB_TENSORS, 16 }, { "scalars of a task", TARE_TRB_SCALARS, 32 },
		{ "arguments", TARE_TRB_ARGS, 50 }, { "the local context", TARE_TRB_ARG_LOCAL, 48 },
		{ "the global context", TARE_TRB_ARG_GLOBAL, 49 },
		{ "bytes of a local context", sizeof(struct tare_trb_local), 48 },
		AT(tare_trb_local, block_index, 0), AT(tare_trb_local, block_count, 4), AT(tare_trb_global, sub_block, 0),
		SIZE(tare_trb_payload, 512, 8),
		AT(tare_trb_payload, code, 0), AT(tare_trb_payload, args, 8),
	};

	(void)state;
	expect_places(places, TARE_COUNT(places));
}

static void every_code_has_its_number(void **state)
{
	static const struct place codes[] = {
		{ "SCOPE_DEADLOCK", TARE_TRB_SCOPE_DEADLOCK, 1 }, { "HEAP_RING_DEADLOCK", TARE_TRB_HEAP_RING_DEADLOCK, 2 },
		{ "FLOW_CONTROL_DEADLOCK", TARE_TRB_FLOW_CONTROL_DEADLOCK, 3 }, { "DEP_POOL_OVERFLOW", TARE_TRB_DEP_POOL_OVERFLOW, 4 },
		{ "INVALID_ARGS", TARE_TRB_INVALID_ARGS, 5 }, { "DEPENDENCY_OVERFLOW", TARE_TRB_DEPENDENCY_OVERFLOW, 6 },
		{ "REQUIRE_SYNC_START_INVALID", TARE_TRB_REQUIRE_SYNC_START_INVALID, 7 },
		{ "TENSOR_WAIT_TIMEOUT", TARE_TRB_TENSOR_WAIT_TIMEOUT, 8 }, { "EXPLICIT_ORCH_FATAL", TARE_TRB_EXPLICIT_ORCH_FATAL, 9 },
		{ "SCOPE_TASKS_OVERFLOW", TARE_TRB_SCOPE_TASKS_OVERFLOW, 10 }, { "TENSORMAP_OVERFLOW", TARE_TRB_TENSORMAP_OVERFLOW, 11 },
		{ "SCHEDULER_TIMEOUT", TARE_TRB_SCHEDULER_TIMEOUT, 100 },
		{ "ASYNC_COMPLETION_INVALID", TARE_TRB_ASYNC_COMPLETION_INVALID, 101 },
		{ "ASYNC_WAIT_OVERFLOW", TARE_TRB_ASYNC_WAIT_OVERFLOW, 102 },
		{ "ASYNC_REGISTRATION_FAILED", TARE_TRB_ASYNC_REGISTRATION_FAILED, 103 },
		{ "READY_QUEUE_OVERFLOW", TARE_TRB_READY_QUEUE_OVERFLOW, 104 },
	};

	(void)state;
	expect_places(codes, TARE_COUNT(codes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tensor_lies_where_it_does), cmocka_unit_test(an_argument_lies_where_it_does),
		cmocka_unit_test(the_table_has_its_order), cmocka_unit_test(a_kernel_finds_its_arguments),
		cmocka_unit_test(every_code_has_its_number),
	};

	return cmocka_run_group_tests_name("boundary", tests, NULL, NULL);
}
