/* SPDX-License-Identifier: Apache-2.0 */
/* The core where all goes well: scopes, outputs, dummies, data, rings that come round, and what a launch leaves behind. */
#include "test_world.h"

#include <stdio.h>

static void an_empty_graph_is_over_at_once(void **state)
{
	(void)state;
	assert_false(tare__trb_over(w.trb));
	tare__trb_close(w.trb);
	assert_true(tare__trb_over(w.trb));
	assert_int_equal(toy_finish(&w.toy), 0);
}

static void outputs_are_whole_tensors_with_their_first_value(void **state)
{
	const uint32_t shape[] = { 3, 5 };
	struct tare_trb_create_info info = info_of(7);
	struct tare_trb_outputs outputs;
	const uint16_t *values;

	(void)state;
	tare_trb_add_output(&w.arg, &info);
	tare_trb_create(&info, TARE_FLOAT16, 2, shape);
	info.has_initial_value = 1;
	info.initial_value = 0xFFFF3C00;
	tare_trb_add_output(&w.arg, &info);
	outputs = tare__trb_alloc(w.trb, &w.arg);
	assert_int_equal(outputs.count, 2);
	assert_true(outputs.tensors[1]->buffer % TARE__TRB_GRAIN == 0);
	assert_int_equal(outputs.tensors[1]->buffer_size, 30);
	assert_int_equal(outputs.tensors[1]->strides[0], 5);
	assert_true(outputs.tensors[1]->owner == outputs.task);
	values = (const uint16_t *)(uintptr_t)outputs.tensors[1]->buffer;
	for (uint32_t i = 0; i < 15; i++)
		assert_int_equal(values[i], 0x3C00);
	assert_int_equal(toy_finish(&w.toy), 0);
	assert_int_equal(w.toy.status.completed, 1);
}

static void no_order(void *cookie, uint64_t task)
{
	uint64_t *last = cookie;

	assert_true(task > *last || *last == UINT64_MAX);
	*last = task;
}

static void a_chain_through_dummies_keeps_its_order(void **state)
{
	uint64_t last = UINT64_MAX;

	(void)state;
	w.toy.hooks = (struct toy_hooks){ .cookie = &last, .begin = no_order };
	for (uint32_t i = 0; i < 7; i++) {
		submit_with(TARE_TRB_INOUT, &w.x);
		tare_trb_arg_begin(&w.arg);
		tare_trb_add_inout(&w.arg, &w.x);
		assert_true(tare__trb_submit_dummy(w.trb, &w.arg).task != TARE_TRB_NO_TASK);
	}
	assert_int_equal(toy_finish(&w.toy), 0);
	assert_int_equal(w.toy.status.completed, 14);
	assert_int_equal(w.toy.begun, 7);
}

/* Incident D4: a lookup that stops at a number. */
static void a_reader_waits_for_every_writer(void **state)
{
	struct tare_trb_capacity capacity = { .heap = 1024, .task_window = 256, .dep_pool = 128, .map_pool = 128 };
	struct tare_trb_tensor view;
	const struct tare__trb_slot *slot;
	uint64_t reader;

	(void)state;
	toy_close(&w.toy);
	open_world(&capacity);
	for (uint32_t i = 0; i < 100; i++) {
		uint32_t at = i % 64;

		tare_trb_tensor_view(&view, &w.x, &at, (const uint32_t[]){ 1 });
		submit_with(TARE_TRB_OUTPUT_EXISTING, &view);
	}
	reader = submit_with(TARE_TRB_INPUT, &w.x);
	slot = &w.trb->slots[tare__trb_place(w.trb, 0, (uint32_t)reader)];
	assert_int_equal(slot->dep_count, 100);
	assert_int_equal(slot->waits, 100);
	assert_int_equal(toy_finish(&w.toy), 0);
}

/* Incident D3: 66,000 tasks, whose dependencies wrapped unseen; and D12, D13: the tail stayed behind. */
static void rings_come_round_many_times(void **state)
{
	static const uint32_t windows[] = { 4, 8, 16 };
	struct tare_trb_create_info info = info_of(3000);

	(void)state;
	for (size_t k = 0; k < TARE_COUNT(windows); k++) {
		struct tare_trb_capacity capacity = { .heap = 16384, .task_window = windows[k], .dep_pool = 5, .map_pool = 16 };
		struct tare_trb_outputs outputs;

		toy_close(&w.toy);
		open_world(&capacity);
		for (uint32_t i = 0; i < 25000; i++) {
			tare__trb_scope_begin(w.trb, TARE_TRB_SCOPE_AUTO);
			tare_trb_arg_begin(&w.arg);
			tare_trb_add_output(&w.arg, &info);
			outputs = toy_submit(&w.toy, &w.arg);
			assert_true(outputs.task != TARE_TRB_NO_TASK);
			tare_trb_arg_begin(&w.arg);
			tare_trb_add_input(&w.arg, outputs.tensors[0]);
			tare_trb_add_inout(&w.arg, &w.x);
			assert_true(toy_submit(&w.toy, &w.arg).task != TARE_TRB_NO_TASK);
			tare__trb_scope_end(w.trb);
		}
		assert_int_equal(toy_finish(&w.toy), 0);
		assert_int_equal(w.toy.status.completed, 50000);
		tare__trb_reclaim(w.trb, 1);
		assert_int_equal(w.trb->rings[1].alive, 50000);
		assert_int_equal(w.trb->map.used, 0);
	}
}

static void ids_come_round(void **state)
{
	uint64_t old = TARE_TRB_NO_TASK, task;

	(void)state;
	w.trb->rings[1].next = w.trb->rings[1].alive = UINT32_MAX - 40;
	for (uint32_t i = 0; i < 100; i++) {
		tare__trb_scope_begin(w.trb, TARE_TRB_SCOPE_AUTO);
		tare_trb_arg_begin(&w.arg);
		if (i)
			tare_trb_set_dependencies(&w.arg, &old, 1);
		tare_trb_add_inout(&w.arg, &w.x);
		task = toy_submit(&w.toy, &w.arg).task;
		assert_true(task == ((uint64_t)1 << 32 | (uint32_t)(UINT32_MAX - 40 + i)));
		old = task;
		tare__trb_scope_end(w.trb);
	}
	assert_int_equal(toy_finish(&w.toy), 0);
	assert_int_equal(w.toy.status.completed, 100);
}

static void a_write_by_hand_waits_for_readers_of_what_is_created(void **state)
{
	const uint32_t shape[] = { 16 };
	struct tare_trb_create_info info;
	struct tare_trb_outputs outputs;

	(void)state;
	tare_trb_create(&info, TARE_INT32, 1, shape);
	tare_trb_add_output(&w.arg, &info);
	outputs = toy_submit(&w.toy, &w.arg);
	submit_with(TARE_TRB_INPUT, outputs.tensors[0]);
	tare__trb_data_set(w.trb, outputs.tensors[0], 1, (const uint32_t[]){ 3 }, 77);
	assert_int_equal(w.trb->completed, 2);
	assert_int_equal(tare__trb_data_get(w.trb, outputs.tensors[0], 1, (const uint32_t[]){ 3 }), 77);
	assert_int_equal(toy_finish(&w.toy), 0);
}

static void a_write_by_hand_waits_for_readers_of_what_was_written(void **state)
{
	(void)state;
	submit_with(TARE_TRB_INOUT, &w.x);
	tare__trb_data_get(w.trb, &w.x, 1, (const uint32_t[]){ 0 });
	assert_int_equal(w.trb->completed, 1);
	submit_with(TARE_TRB_INPUT, &w.x);
	tare__trb_data_set(w.trb, &w.x, 1, (const uint32_t[]){ 0 }, 5);
	assert_int_equal(w.trb->completed, 2);
	assert_int_equal(w.values[0], 5);
	assert_int_equal(toy_finish(&w.toy), 0);
}

/* Lookups by place and by buffer, over classes of sizes. */
static void writers_are_found_wherever_they_begin(void **state)
{
	struct tare_trb_capacity capacity = { .heap = 1024, .task_window = 1024, .dep_pool = 2048, .map_pool = 1024 };
	const uint32_t shape[] = { 1u << 20 };
	struct tare_trb_tensor whole, view;

	(void)state;
	toy_close(&w.toy);
	open_world(&capacity);
	tare_trb_tensor_whole(&whole, 0x10000000, TARE_INT8, 1, 1, shape);
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t from = (1u << 20) / 16 * i, bytes = 1u << (4 + i);

		bytes = bytes < (1u << 20) - from ? bytes : (1u << 20) - from;
		tare_trb_tensor_view(&view, &whole, &from, &bytes);
		submit_with(TARE_TRB_OUTPUT_EXISTING, &view);
	}
	for (uint32_t i = 0; i < 400; i++) {
		uint32_t from = (uint32_t)toy_random(&w.toy, 1u << 20), bytes = 1u << toy_random(&w.toy, 16), wanted = 0;
		uint64_t reader;

		bytes = bytes < (1u << 20) - from ? bytes : (1u << 20) - from;
		for (uint32_t k = 0; k < 16; k++) {
			uint32_t begin = (1u << 20) / 16 * k, end = begin + (1u << (4 + k));

			end = end < 1u << 20 ? end : 1u << 20;
			wanted += begin < from + bytes && from < end;
		}
		tare_trb_tensor_view(&view, &whole, &from, &bytes);
		reader = submit_with(TARE_TRB_INPUT, &view);
		assert_int_equal(w.trb->slots[tare__trb_place(w.trb, 0, (uint32_t)reader)].dep_count, wanted);
	}
	assert_int_equal(toy_finish(&w.toy), 0);
}

static void nothing_depends_on_what_memory_held(void **state)
{
	static const int poisons[] = { 0, 0xFF, 0x5A };
	uint64_t steps[TARE_COUNT(poisons)];

	(void)state;
	for (size_t k = 0; k < TARE_COUNT(poisons); k++) {
		toy_close(&w.toy);
		toy_open(&w.toy, &small, 9, poisons[k]);
		w.trb = w.toy.trb;
		for (uint32_t launch = 0; launch < 3; launch++) {
			toy_reopen(&w.toy);
			tare__trb_scope_begin(w.trb, TARE_TRB_SCOPE_AUTO);
			for (uint32_t i = 0; i < 12; i++)
				submit_with(i % 3 ? TARE_TRB_INOUT : TARE_TRB_INPUT, i % 2 ? &w.x : &w.y);
			assert_int_equal(toy_finish(&w.toy), 0);
		}
		steps[k] = w.toy.steps;
		assert_int_equal(steps[k], steps[0]);
	}
}

static void capacities_have_bounds(void **state)
{
	static const struct tare_trb_capacity standard = TARE_TRB_CAPACITY_DEFAULT;
	static const struct tare_trb_capacity bad[] = {
		{ .heap = 512, .task_window = 16, .dep_pool = 4, .map_pool = 16 },
		{ .heap = 1536, .task_window = 16, .dep_pool = 4, .map_pool = 16 },
		{ .heap = 1024, .task_window = 2, .dep_pool = 4, .map_pool = 16 },
		{ .heap = 1024, .task_window = 48, .dep_pool = 4, .map_pool = 16 },
		{ .heap = 1024, .task_window = 131072, .dep_pool = 4, .map_pool = 16 },
		{ .heap = 1024, .task_window = 4, .dep_pool = 3, .map_pool = 16 },
		{ .heap = 1024, .task_window = 4, .dep_pool = 4, .map_pool = 15 },
	};
	struct tare_trb_sizes sizes;

	(void)state;
	assert_null(tare_trb_capacity_refuse(&standard));
	for (size_t i = 0; i < TARE_COUNT(bad); i++)
		assert_non_null(tare_trb_capacity_refuse(&bad[i]));
	tare_trb_sizes(&standard, &sizes);
	assert_int_equal(sizes.heap, 1073741824);
	assert_true(sizes.shared < 195560256);
	assert_true(sizes.runtime < 16204352);
	assert_int_equal(sizeof(struct tare__trb_slot) % 8, 0);
	assert_int_equal(sizeof(struct tare__trb_slot), 128);
	assert_int_equal(sizeof(struct tare_trb_payload) % 64, 0);
}

static void format_into(char *to, uint32_t room, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void format_into(char *to, uint32_t room, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	tare__trb_format(to, room, format, list);
	va_end(list);
}

static void lines_are_formatted_as_everywhere(void **state)
{
	char ours[64], theirs[64];

	(void)state;
#define SAME(...) (format_into(ours, sizeof ours, __VA_ARGS__), snprintf(theirs, sizeof theirs, __VA_ARGS__), \
	assert_string_equal(ours, theirs))
	SAME("%d %i %u %x", -5, INT32_MIN, 4000000000u, 0xbeefu);
	SAME("%ld %lld %lu %zu", -5l, INT64_MIN + 0ll, 7ul, (size_t)9);
	SAME("[%5d] [%-5d] [%05d] [%3s] [%-3s] [%.2s]", 42, 42, -42, "a", "b", "long");
	SAME("%c %% %s", 'x', "plain");
#undef SAME
	format_into(ours, 4, "%s", "abcdef");
	assert_string_equal(ours, "abc");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_small, close_world)
	const struct CMUnitTest tests[] = {
		CASE(an_empty_graph_is_over_at_once), CASE(outputs_are_whole_tensors_with_their_first_value),
		CASE(a_chain_through_dummies_keeps_its_order), CASE(a_reader_waits_for_every_writer),
		CASE(rings_come_round_many_times), CASE(ids_come_round), CASE(a_write_by_hand_waits_for_readers_of_what_is_created),
		CASE(a_write_by_hand_waits_for_readers_of_what_was_written), CASE(writers_are_found_wherever_they_begin),
		CASE(nothing_depends_on_what_memory_held), CASE(capacities_have_bounds),
		CASE(lines_are_formatted_as_everywhere),
	};
#undef CASE

	return cmocka_run_group_tests(tests, NULL, NULL);
}
