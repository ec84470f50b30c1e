/* SPDX-License-Identifier: Apache-2.0 */
/* heap_test - random takes and gives against a plain list of what is taken */
#include "heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <tare/status.h>

#define MIB (1ull << 20)

struct model {
	struct tare__block blocks[512];
	size_t count;
	uint64_t taken;
};

static uint64_t draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static uint64_t rounded(uint64_t size)
{
	return (size + TARE__GRANULE - 1) / TARE__GRANULE * TARE__GRANULE;
}

static void check_apart(const struct model *model, uint64_t offset, uint64_t size)
{
	for (size_t i = 0; i < model->count; i++)
		assert_true(offset + size <= model->blocks[i].offset ||
			model->blocks[i].offset + model->blocks[i].size <= offset);
}

static void take_one(struct tare__heap *heap, struct model *model, uint64_t size)
{
	uint64_t offset, largest = tare__heap_largest(heap);
	int status = tare__heap_take(heap, size, TARE__BLOCK_USER, &offset);

	/* good fit may refuse nothing that fits */
	assert_int_equal(status, rounded(size) <= largest ? 0 : TARE_E_DEVICE_MEMORY);
	if (status)
		return;
	assert_int_equal(offset % TARE__GRANULE, 0);
	assert_true(offset + rounded(size) <= 8 * MIB);
	check_apart(model, offset, rounded(size));
	model->blocks[model->count++] = (struct tare__block){ .offset = offset, .asked = size, .size = rounded(size) };
	model->taken += rounded(size);
}

static void give_one(struct tare__heap *heap, struct model *model, size_t index)
{
	struct tare__block found;

	assert_int_equal(tare__heap_find(heap, model->blocks[index].offset, &found), 0);
	assert_int_equal(found.asked, model->blocks[index].asked);
	assert_int_equal(tare__heap_give(heap, found.offset), 0);
	assert_int_equal(tare__heap_give(heap, found.offset), TARE_E_NOT_FOUND);
	model->taken -= model->blocks[index].size;
	model->blocks[index] = model->blocks[--model->count];
}

static void agrees_with_a_list(void **state)
{
	struct model model = { .count = 0 };
	struct tare__heap heap;
	uint64_t seed = 7;

	(void)state;
	assert_int_equal(tare__heap_open(&heap, 8 * MIB, 0), 0);
	for (int i = 0; i < 20000; i++) {
		if (model.count && (draw(&seed) % 5 < 2 || model.count == 512))
			give_one(&heap, &model, draw(&seed) % model.count);
		else
			take_one(&heap, &model, draw(&seed) % (draw(&seed) % 8 ? 20000 : 2 * MIB) + 1);
		assert_int_equal(heap.taken[TARE__BLOCK_USER], model.taken);
		assert_int_equal((uint64_t)heap.unused * TARE__GRANULE, 8 * MIB - model.taken);
		assert_int_equal(heap.blocks[TARE__BLOCK_USER], model.count);
	}
	while (model.count)
		give_one(&heap, &model, model.count - 1);
	assert_int_equal(tare__heap_largest(&heap), 8 * MIB);
	tare__heap_close(&heap);
}

static void the_last_byte_counts(void **state)
{
	struct tare__heap heap;
	uint64_t offset;

	(void)state;
	assert_int_equal(tare__heap_open(&heap, 1000 * TARE__GRANULE, 0), 0);
	assert_int_equal(tare__heap_take(&heap, 1000 * TARE__GRANULE + 1, TARE__BLOCK_USER, &offset), TARE_E_DEVICE_MEMORY);
	assert_int_equal(tare__heap_take(&heap, 3 * TARE__GRANULE, TARE__BLOCK_USER, &offset), 0);
	/* 997 granules share their list with smaller and larger ones */
	assert_int_equal(tare__heap_take(&heap, 997 * TARE__GRANULE, TARE__BLOCK_USER, &offset), 0);
	assert_int_equal(tare__heap_largest(&heap), 0);
	assert_int_equal(tare__heap_take(&heap, 1, TARE__BLOCK_USER, &offset), TARE_E_DEVICE_MEMORY);
	tare__heap_close(&heap);
}

static void contiguity_is_not_capacity(void **state)
{
	struct tare__heap heap;
	uint64_t offset;

	(void)state;
	assert_int_equal(tare__heap_open(&heap, 8 * MIB, MIB), 0);
	assert_int_equal(tare__heap_largest(&heap), MIB);
	assert_int_equal(tare__heap_take(&heap, MIB + 1, TARE__BLOCK_USER, &offset), TARE_E_DEVICE_MEMORY);
	for (int i = 0; i < 8; i++)
		assert_int_equal(tare__heap_take(&heap, MIB, TARE__BLOCK_USER, &offset), 0);
	assert_int_equal(tare__heap_take(&heap, 1, TARE__BLOCK_USER, &offset), TARE_E_DEVICE_MEMORY);
	tare__heap_close(&heap);
}

static void a_reserve_takes_the_small_holes_and_goes_back(void **state)
{
	struct tare__heap heap;
	uint64_t low, hole, high;

	(void)state;
	assert_int_equal(tare__heap_open(&heap, 4 * MIB, 0), 0);
	assert_int_equal(tare__heap_take(&heap, 1024, TARE__BLOCK_USER, &low), 0);
	assert_int_equal(tare__heap_take(&heap, 4096, TARE__BLOCK_USER, &hole), 0);
	assert_int_equal(tare__heap_take(&heap, 1024, TARE__BLOCK_USER, &high), 0);
	assert_int_equal(tare__heap_give(&heap, hole), 0);
	assert_int_equal(tare__heap_reserve(&heap, (uint64_t)heap.unused * TARE__GRANULE - 65536), 0);
	assert_int_equal((uint64_t)heap.unused * TARE__GRANULE, 65536);
	assert_int_equal(tare__heap_largest(&heap), 65536);
	assert_int_equal(heap.blocks[TARE__BLOCK_USER], 2);
	assert_int_equal(tare__heap_reserve(&heap, 65537), TARE_E_DEVICE_MEMORY);
	tare__heap_unreserve(&heap);
	assert_int_equal(heap.blocks[TARE__BLOCK_RESERVE], 0);
	assert_int_equal(tare__heap_give(&heap, low), 0);
	assert_int_equal(tare__heap_give(&heap, high), 0);
	assert_int_equal(tare__heap_largest(&heap), 4 * MIB);
	tare__heap_close(&heap);
}

static void refuses_what_is_no_heap(void **state)
{
	struct tare__heap heap;

	(void)state;
	assert_int_equal(tare__heap_open(&heap, TARE__GRANULE - 1, 0), TARE_E_ARGUMENT);
	assert_int_equal(tare__heap_open(&heap, TARE__HEAP_MOST + 1, 0), TARE_E_ARGUMENT);
	assert_int_equal(tare__heap_open(&heap, TARE__HEAP_MOST, 0), 0);
	assert_int_equal(tare__heap_give(&heap, 512), TARE_E_NOT_FOUND);
	assert_int_equal(tare__heap_give(&heap, 1), TARE_E_NOT_FOUND);
	assert_int_equal(tare__heap_give(&heap, UINT64_MAX), TARE_E_NOT_FOUND);
	tare__heap_close(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_a_list),
		cmocka_unit_test(the_last_byte_counts),
		cmocka_unit_test(contiguity_is_not_capacity),
		cmocka_unit_test(a_reserve_takes_the_small_holes_and_goes_back),
		cmocka_unit_test(refuses_what_is_no_heap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
