/* SPDX-License-Identifier: Apache-2.0 */
#include "test_world.h"

#include <string.h>

const struct tare_trb_capacity small = { .heap = 16384, .task_window = 16, .dep_pool = 64, .map_pool = 64 };

struct world w;

void open_world(const struct tare_trb_capacity *capacity)
{
	const uint32_t shape[] = { 64 };

	toy_open(&w.toy, capacity, 5, 0xA5);
	w.trb = w.toy.trb;
	tare_trb_tensor_whole(&w.x, (uintptr_t)w.values, TARE_UINT32, 4, 1, shape);
	tare_trb_tensor_whole(&w.y, 0x4000, TARE_UINT32, 4, 1, shape);
	tare_trb_arg_begin(&w.arg);
	tare__trb_scope_begin(w.trb, TARE_TRB_SCOPE_AUTO);
}

int close_world(void **state)
{
	(void)state;
	toy_close(&w.toy);
	return 0;
}

int open_small(void **state)
{
	(void)state;
	open_world(&small);
	return 0;
}

uint64_t submit_with(enum tare_trb_tag tag, const void *tensor)
{
	tare_trb_arg_begin(&w.arg);
	tare_trb_add(&w.arg, tag, tensor);
	return toy_submit(&w.toy, &w.arg).task;
}

uint64_t submit_nothing(void)
{
	tare_trb_arg_begin(&w.arg);
	return toy_submit(&w.toy, &w.arg).task;
}

struct tare_trb_create_info info_of(uint32_t bytes)
{
	struct tare_trb_create_info info;

	tare_trb_create(&info, TARE_INT8, 1, &bytes);
	return info;
}

void assert_code(enum tare_trb_error code, const char *text)
{
	assert_int_equal(w.toy.status.orch_error, code);
	if (!strstr(w.toy.status.detail, text))
		fail_msg("\"%s\" does not hold \"%s\"", w.toy.status.detail, text);
	assert_true(submit_nothing() == TARE_TRB_NO_TASK);
	assert_int_equal(toy_finish(&w.toy), -(int)code);
}
