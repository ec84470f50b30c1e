/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_image - small callable images for the unit tests
 */
#ifndef TARE_TEST_IMAGE_H
#define TARE_TEST_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include <tare/callable.h>

#define TEST_IMAGE_ROOM 16384

struct test_child {
	int32_t func_id;
	uint8_t first_byte; /* of its code, which is 40 bytes */
};

struct test_image {
	_Alignas(64) uint8_t bytes[TEST_IMAGE_ROOM];
	size_t size;
};

/* An orchestration object of 100 bytes that says `salt`, and children behind it. */
void test_image_build(struct test_image *image, const char *function, uint8_t salt, const struct test_child *children,
	int32_t count);

void test_image_put32(struct test_image *image, size_t offset, uint32_t value);
uint32_t test_image_get32(const struct test_image *image, size_t offset);

#endif
