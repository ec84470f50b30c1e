/* SPDX-License-Identifier: Apache-2.0 */
#include "test_image.h"

#include <string.h>

#include <tare/object.h>

#define OBJECT_BYTES 100
#define CODE_BYTES   40

void test_image_put32(struct test_image *image, size_t offset, uint32_t value)
{
	memcpy(image->bytes + offset, &value, sizeof value);
}

uint32_t test_image_get32(const struct test_image *image, size_t offset)
{
	uint32_t value;

	memcpy(&value, image->bytes + offset, sizeof value);
	return value;
}

void test_image_build(struct test_image *image, const char *function, uint8_t salt, const struct test_child *children,
	int32_t count)
{
	size_t at = (OBJECT_BYTES + TARE_CALLABLE_ALIGN - 1) / TARE_CALLABLE_ALIGN * TARE_CALLABLE_ALIGN;

	memset(image, 0, sizeof *image);
	test_image_put32(image, offsetof(struct tare_chip_callable, binary_size), OBJECT_BYTES);
	memset(image->bytes + TARE_CHIP_STORAGE_OFFSET, salt, OBJECT_BYTES);
	strcpy((char *)image->bytes + offsetof(struct tare_chip_callable, function_name), function);
	test_image_put32(image, offsetof(struct tare_chip_callable, function_name_length), (uint32_t)strlen(function));
	test_image_put32(image, offsetof(struct tare_chip_callable, child_count), (uint32_t)count);
	image->size = TARE_CHIP_STORAGE_OFFSET + OBJECT_BYTES;
	for (int32_t i = 0; i < count; i++) {
		size_t child = TARE_CHIP_STORAGE_OFFSET + at;

		tare_must(child + TARE_CORE_BINARY_OFFSET + CODE_BYTES <= TEST_IMAGE_ROOM);
		test_image_put32(image, offsetof(struct tare_chip_callable, child_func_ids) + 4 * (size_t)i,
			(uint32_t)children[i].func_id);
		test_image_put32(image, offsetof(struct tare_chip_callable, child_offsets) + 4 * (size_t)i, (uint32_t)at);
		test_image_put32(image, child + offsetof(struct tare_core_callable, binary_size), CODE_BYTES);
		memset(image->bytes + child + TARE_CORE_BINARY_OFFSET, children[i].first_byte, CODE_BYTES);
		image->size = child + TARE_CORE_BINARY_OFFSET + CODE_BYTES;
		at += 192;
	}
}
