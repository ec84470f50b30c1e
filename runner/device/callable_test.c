/* SPDX-License-Identifier: Apache-2.0 */
#include <tare/callable.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>
#include <tare/text.h>

#include "test_image.h"

/* The guard page: sanitizers see a byte too far anywhere, mprotect does so without them. */
#include <sys/mman.h>
#include <unistd.h>

#define CHIP(field) offsetof(struct tare_chip_callable, field)
#define CORE(field) offsetof(struct tare_core_callable, field)

static const struct test_child two[] = { { 3, 0x11 }, { 1000, 0x22 } };

#define FIRST_CHILD  (TARE_CHIP_STORAGE_OFFSET + 128)
#define SECOND_CHILD (FIRST_CHILD + 192)

static void the_layouts_are_the_published_ones(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct tare_core_callable), 80);
	assert_int_equal(CORE(signature_count), 64);
	assert_int_equal(CORE(binary_size), 68);
	assert_int_equal(CORE(resolved_address), 72);
	assert_int_equal(CHIP(signature_count), 512);
	assert_int_equal(CHIP(binary_size), 516);
	assert_int_equal(CHIP(function_name), 520);
	assert_int_equal(CHIP(function_name_length), 584);
	assert_int_equal(CHIP(child_func_ids), 588);
	assert_int_equal(CHIP(child_offsets), 4684);
	assert_int_equal(CHIP(child_count), 8780);
	assert_int_equal(CHIP(config_name), 8784);
	assert_int_equal(CHIP(config_name_length), 8848);
	assert_int_equal(sizeof(struct tare_chip_callable), TARE_CHIP_STORAGE_OFFSET);
	assert_int_equal(_Alignof(struct tare_chip_callable), 4);
	assert_int_equal(sizeof(struct tare_tensor), 40);
	assert_int_equal(offsetof(struct tare_tensor, dims), 28);
	assert_int_equal(offsetof(struct tare_tensor, type), 32);
	assert_int_equal(offsetof(struct tare_tensor, child_memory), 33);
	assert_int_equal(sizeof(struct tare_chip_args), 6152);
	assert_int_equal(offsetof(struct tare_chip_args, scalars), 5120);
	assert_int_equal(offsetof(struct tare_chip_args, tensor_count), 6144);
	assert_int_equal(sizeof(struct tare_run_timing), 16);
}

static void types_have_their_sizes(void **state)
{
	static const uint32_t bytes[TARE_DATA_TYPES] = { 4, 2, 4, 2, 1, 1, 2, 8, 8, 2, 4 };

	(void)state;
	for (int type = 0; type < TARE_DATA_TYPES; type++)
		assert_int_equal(tare_data_type_bytes((enum tare_data_type)type), bytes[type]);
	assert_int_equal(tare_data_type_bytes(TARE_DATA_TYPES), 0);
}

static void check_view(const uint8_t *bytes, uint64_t size, uint64_t whole)
{
	struct tare_callable_view view;
	struct tare_callable_child child;
	char error[256] = "";

	assert_int_equal(tare_callable_read(bytes, size, &view, error, sizeof error), TARE_OK);
	assert_int_equal(view.size, whole);
	assert_int_equal(view.content, tare_digest(0, bytes, whole));
	assert_ptr_equal(view.orchestration, bytes + TARE_CHIP_STORAGE_OFFSET);
	assert_int_equal(view.orchestration_size, 100);
	assert_string_equal(view.function_name, "build");
	assert_string_equal(view.config_name, "");
	assert_int_equal(view.child_count, 2);
	tare_callable_child(&view, 1, &child);
	assert_int_equal(child.func_id, 1000);
	assert_int_equal(child.offset, SECOND_CHILD);
	assert_int_equal(child.binary_size, 40);
	assert_int_equal(child.binary[39], 0x22);
}

static void an_image_is_read_with_and_without_its_size(void **state)
{
	struct test_image image;

	(void)state;
	test_image_build(&image, "build", 7, two, 2);
	check_view(image.bytes, image.size, image.size);
	check_view(image.bytes, SIZE_MAX, image.size);
	check_view(image.bytes, sizeof image.bytes, image.size); /* more is readable than the header reaches */
}

static void an_image_may_lie_at_any_address(void **state)
{
	struct test_image image;
	uint8_t *elsewhere = malloc(TEST_IMAGE_ROOM + 8);

	(void)state;
	test_image_build(&image, "build", 7, two, 2);
	for (size_t shift = 1; shift < 8; shift++) {
		memcpy(elsewhere + shift, image.bytes, image.size);
		check_view(elsewhere + shift, SIZE_MAX, image.size);
	}
	free(elsewhere);
}

static void an_image_cut_at_any_byte_is_refused(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (TEST_IMAGE_ROOM + page - 1) / page * page;
	uint8_t *pages = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct tare_callable_view view;
	struct test_image image;
	char error[256];

	(void)state;
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + room, page, PROT_NONE), 0);
	test_image_build(&image, "build", 7, two, 2);
	for (size_t size = 0; size < image.size; size++) {
		uint8_t *at = pages + room - size;

		memcpy(at, image.bytes, size);
		error[0] = '\0';
		assert_int_equal(tare_callable_read(at, size, &view, error, sizeof error), TARE_E_IMAGE);
		assert_true(error[0] != '\0');
	}
	memcpy(pages + room - image.size, image.bytes, image.size);
	check_view(pages + room - image.size, image.size, image.size);
	check_view(pages + room - image.size, SIZE_MAX, image.size);
	munmap(pages, room + page);
}

struct damage {
	size_t offset;
	uint32_t value;
	const char *sentence;
};

static const struct damage damages[] = {
	{ CHIP(signature_count), 129, "the signature of the callable has 129 entries, 0 to 128 are possible" },
	{ CHIP(signature_count), (uint32_t)-1, "the signature of the callable has -1 entries, 0 to 128 are possible" },
	{ CHIP(binary_size), 0, "the orchestration object is empty" },
	{ CHIP(binary_size), 129, "child 0 overlaps the orchestration object" },
	{ CHIP(binary_size), UINT32_MAX, "the orchestration object ends at byte 4294976147, beyond the image's 9340" },
	{ CHIP(function_name_length), 64, "the function name is 64 bytes long, at most 63 are possible" },
	{ CHIP(function_name_length), 4, "the function name does not end where its length of 4 says" },
	{ CHIP(function_name_length), 6, "the function name does not end where its length of 6 says" },
	{ CHIP(function_name), 0x0a6c6962, "byte 3 of the function name is 0xa, not printable" },
	{ CHIP(config_name_length), 1, "the config name does not end where its length of 1 says" },
	{ CHIP(child_count), 1025, "there are 1025 children, 0 to 1024 are possible" },
	{ CHIP(child_count), (uint32_t)-1, "there are -1 children, 0 to 1024 are possible" },
	{ CHIP(child_count), 3, "the signature of child 2 has 117901063 entries, 0 to 16 are possible" },
	{ CHIP(child_func_ids), 1024, "child 0 has func id 1024, 0 to 1023 are possible" },
	{ CHIP(child_func_ids), (uint32_t)-1, "child 0 has func id -1, 0 to 1023 are possible" },
	{ CHIP(child_func_ids), 1000, "child 1 has func id 1000 of another child" },
	{ CHIP(child_offsets), 129, "child 0 lies at offset 129, not a multiple of 64" },
	{ CHIP(child_offsets), 64, "child 0 has no code" },
	{ CHIP(child_offsets) + 4, 128, "child 1 overlaps child 0" },
	{ CHIP(child_offsets) + 4, 0xFFFFFFC0, "the header of child 1 ends at byte 4294976212, beyond the image's 9340" },
	{ FIRST_CHILD + CORE(binary_size), 0, "child 0 has no code" },
	{ FIRST_CHILD + CORE(binary_size), 65, "child 1 overlaps child 0" },
	{ SECOND_CHILD + CORE(binary_size), 41, "the code of child 1 ends at byte 9341, beyond the image's 9340" },
	{ SECOND_CHILD + CORE(binary_size), UINT32_MAX, "the code of child 1 ends at byte 4294976595, beyond the image's 9340" },
	{ SECOND_CHILD + CORE(signature_count), 17, "the signature of child 1 has 17 entries, 0 to 16 are possible" },
	{ SECOND_CHILD + CORE(signature_count), 1, NULL }, /* a scalar: fine */
};

static void every_damage_has_its_sentence(void **state)
{
	struct tare_callable_view view;
	struct test_image image;
	char error[256];

	(void)state;
	for (size_t i = 0; i < TARE_COUNT(damages); i++) {
		test_image_build(&image, "build", 7, two, 2);
		test_image_put32(&image, damages[i].offset, damages[i].value);
		int status = tare_callable_read(image.bytes, image.size, &view, error, sizeof error);

		if (!damages[i].sentence) {
			assert_int_equal(status, TARE_OK);
			continue;
		}
		assert_int_equal(status, TARE_E_IMAGE);
		assert_string_equal(error, damages[i].sentence);
	}
}

static void a_direction_out_of_range_is_refused(void **state)
{
	struct tare_callable_view view;
	struct test_image image;
	char error[256];

	(void)state;
	test_image_build(&image, "build", 7, two, 2);
	test_image_put32(&image, CHIP(signature_count), 2);
	test_image_put32(&image, 4, 4);
	assert_int_equal(tare_callable_read(image.bytes, image.size, &view, error, sizeof error), TARE_E_IMAGE);
	assert_string_equal(error, "entry 1 of the signature of the callable is 4, not a direction");
}

static void a_claim_beyond_reason_is_not_followed(void **state)
{
	struct tare_callable_view view;
	struct test_image image;
	char error[256];

	(void)state;
	test_image_build(&image, "build", 7, two, 0);
	test_image_put32(&image, CHIP(binary_size), 300u << 20);
	assert_int_equal(tare_callable_read(image.bytes, SIZE_MAX, &view, error, sizeof error), TARE_E_IMAGE);
	assert_int_equal(tare_callable_read(NULL, SIZE_MAX, &view, error, sizeof error), TARE_E_IMAGE);
	assert_int_equal(tare_callable_read(image.bytes, 10, &view, NULL, 0), TARE_E_IMAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_layouts_are_the_published_ones),
		cmocka_unit_test(types_have_their_sizes),
		cmocka_unit_test(an_image_is_read_with_and_without_its_size),
		cmocka_unit_test(an_image_may_lie_at_any_address),
		cmocka_unit_test(an_image_cut_at_any_byte_is_refused),
		cmocka_unit_test(every_damage_has_its_sentence),
		cmocka_unit_test(a_direction_out_of_range_is_refused),
		cmocka_unit_test(a_claim_beyond_reason_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
