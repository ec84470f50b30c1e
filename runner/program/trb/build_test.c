/* SPDX-License-Identifier: Apache-2.0 */
/* Views as an orchestration makes them, element by element against their addresses. */
#include "test_world.h"

enum { DEEP = 3, HIGH = 4, WIDE = 5 };

static struct tare_trb_tensor whole;

static int set_up(void **state)
{
	const uint32_t shapes[] = { DEEP, HIGH, WIDE };

	(void)state;
	tare_trb_tensor_whole(&whole, 0x1000, TARE_FLOAT16, 2, 3, shapes);
	return 0;
}

static uint64_t element(const struct tare_trb_tensor *tensor, uint32_t x, uint32_t y, uint32_t z)
{
	const uint32_t index[] = { x, y, z };
	uint64_t at = tensor->start_offset;

	for (uint32_t i = 0; i < tensor->dims; i++)
		at += (uint64_t)index[i] * tensor->strides[i];
	return at;
}

/* That its extent reaches from its first element to its last, and the runtime takes it. */
static void expect_bounds(const struct tare_trb_tensor *tensor, uint64_t first, uint64_t last)
{
	struct tare__trb_region region;

	assert_int_equal(tensor->start_offset, first);
	assert_int_equal(tensor->extent, last - first + 1);
	assert_null(tare__trb_region_of(&region, tensor));
	assert_int_equal(region.begin, 2 * first);
	assert_int_equal(region.end, 2 * (last + 1));
	assert_int_equal(tensor->buffer, whole.buffer);
	assert_int_equal(tensor->buffer_size, 2 * DEEP * HIGH * WIDE);
}

static void a_whole_tensor_is_dense(void **state)
{
	(void)state;
	assert_int_equal(element(&whole, 2, 3, 4), DEEP * HIGH * WIDE - 1);
	assert_true(whole.is_contiguous);
	expect_bounds(&whole, 0, DEEP * HIGH * WIDE - 1);
}

static void a_rectangle_keeps_the_strides(void **state)
{
	struct tare_trb_tensor view;

	(void)state;
	tare_trb_tensor_view(&view, &whole, (const uint32_t[]){ 1, 1, 2 }, (const uint32_t[]){ 2, 2, 3 });
	for (uint32_t x = 0; x < 2; x++)
		for (uint32_t y = 0; y < 2; y++)
			for (uint32_t z = 0; z < 3; z++)
				assert_int_equal(element(&view, x, y, z), element(&whole, 1 + x, 1 + y, 2 + z));
	assert_false(view.is_contiguous);
	expect_bounds(&view, element(&whole, 1, 1, 2), element(&whole, 2, 2, 4));
	tare_trb_tensor_view(&view, &whole, (const uint32_t[]){ 1, 2, 0 }, (const uint32_t[]){ 1, 2, WIDE });
	assert_true(view.is_contiguous);
	expect_bounds(&view, element(&whole, 1, 2, 0), element(&whole, 1, 3, 4));
}

static void a_transposed_one_has_its_dimensions_exchanged(void **state)
{
	struct tare_trb_tensor view;

	(void)state;
	tare_trb_tensor_transpose(&view, &whole, 0, 2);
	assert_int_equal(view.shapes[0], WIDE);
	assert_int_equal(view.shapes[2], DEEP);
	for (uint32_t x = 0; x < DEEP; x++)
		for (uint32_t y = 0; y < HIGH; y++)
			for (uint32_t z = 0; z < WIDE; z++)
				assert_int_equal(element(&view, z, y, x), element(&whole, x, y, z));
	assert_false(view.is_contiguous);
	expect_bounds(&view, 0, DEEP * HIGH * WIDE - 1);
}

static void a_slice_takes_every_so_many(void **state)
{
	struct tare_trb_tensor view;

	(void)state;
	tare_trb_tensor_slice(&view, &whole, 2, 1, 2, 3);
	for (uint32_t x = 0; x < DEEP; x++)
		for (uint32_t y = 0; y < HIGH; y++)
			for (uint32_t z = 0; z < 2; z++)
				assert_int_equal(element(&view, x, y, z), element(&whole, x, y, 1 + 3 * z));
	assert_false(view.is_contiguous);
	expect_bounds(&view, element(&whole, 0, 0, 1), element(&whole, 2, 3, 4));
	tare_trb_tensor_slice(&view, &whole, 0, 1, 2, 1);
	assert_true(view.is_contiguous);
	expect_bounds(&view, element(&whole, 1, 0, 0), element(&whole, 2, 3, 4));
}

static void another_shape_needs_the_same_elements_without_holes(void **state)
{
	const uint32_t row = HIGH * WIDE, more = row + 1;
	struct tare_trb_tensor view, plane;

	(void)state;
	tare_trb_tensor_slice(&plane, &whole, 0, 1, 1, 1);
	assert_true(tare_trb_tensor_reshape(&view, &plane, 1, &row));
	for (uint32_t i = 0; i < row; i++)
		assert_int_equal(element(&view, i, 0, 0), element(&whole, 1, i / WIDE, i % WIDE));
	expect_bounds(&view, row, 2 * row - 1);
	assert_false(tare_trb_tensor_reshape(&view, &plane, 1, &more));
	tare_trb_tensor_transpose(&plane, &plane, 1, 2); /* in place */
	assert_int_equal(plane.shapes[1], WIDE);
	assert_int_equal(plane.shapes[2], HIGH);
	assert_false(tare_trb_tensor_reshape(&view, &plane, 1, &row));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_tensor_is_dense), cmocka_unit_test(a_rectangle_keeps_the_strides),
		cmocka_unit_test(a_transposed_one_has_its_dimensions_exchanged), cmocka_unit_test(a_slice_takes_every_so_many),
		cmocka_unit_test(another_shape_needs_the_same_elements_without_holes),
	};

	return cmocka_run_group_tests_name("build", tests, set_up, NULL);
}
