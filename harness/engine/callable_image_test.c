/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of a built image, by offsets that are written down here once more.
 */
#include "callable_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <tare/status.h>

static char folder[64];

static void put_file(const char *name, size_t size, int byte)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	for (size_t i = 0; i < size; i++)
		fputc(byte, file);
	fclose(file);
}

static void make(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/tare-image-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	make("orchestrations");
	make("kernels");
	make("kernels/onboard");
	make("kernels/sim");
	put_file("orchestrations/graph.so", 100, 'O');
	put_file("kernels/onboard/first.bin", 10, '1');
	put_file("kernels/onboard/second.bin", 70, '2');
	put_file("kernels/sim/first.so", 33, 's');
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "orchestrations/graph.so", "kernels/onboard/first.bin",
		"kernels/onboard/second.bin", "kernels/sim/first.so", "orchestrations", "kernels/onboard", "kernels/sim",
		"kernels", "" };
	char path[256];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		remove(path);
	}
	return 0;
}

static const struct tare_fixture two = {
	.name = "two", .orchestration = "graph", .entry = "build",
	.children = { { "first", 7, 1 }, { "second", 3, 0 } },
	.tensors = { { TARE_IN, TARE_FLOAT32, 0, 1.0f }, { TARE_OUT, TARE_FLOAT32, 0, 0.0f } },
	.scalars = { 5 }, .scalar_count = 1,
};

static uint32_t word(const struct tare_callable_image *image, size_t offset)
{
	uint32_t value;

	memcpy(&value, image->bytes + offset, sizeof value);
	return value;
}

static void lays_out_onboard(void **state)
{
	struct tare_image_store store = { .folder = folder, .cell = { .platform = TARE_PLATFORM_ONBOARD } };
	const struct tare_callable_image *image, *again;
	char missing[256];
	(void)state;

	assert_int_equal(tare_image_store_build(&store, &two, &image, missing, sizeof missing), TARE_OK);
	assert_int_equal((uintptr_t)image->bytes % 64, 0);
	assert_int_equal(word(image, 0), TARE_IN);
	assert_int_equal(word(image, 4), TARE_OUT);
	assert_int_equal(word(image, 8), TARE_SCALAR);
	assert_int_equal(word(image, 512), 3);
	assert_int_equal(word(image, 516), 100);
	assert_string_equal((const char *)image->bytes + 520, "build");
	assert_int_equal(word(image, 584), 5);
	assert_int_equal(word(image, 588), 7);
	assert_int_equal(word(image, 592), 3);
	/* 100 bytes of orchestration end at 128; the first child is 128 + 10 long and ends at 320. */
	assert_int_equal(word(image, 4684), 128);
	assert_int_equal(word(image, 4688), 320);
	assert_int_equal(word(image, 8780), 2);
	assert_int_equal(image->size, 8852 + 320 + 128 + 70);

	assert_int_equal(image->bytes[8852], 'O');
	assert_int_equal(image->bytes[8852 + 99], 'O');
	assert_int_equal(image->bytes[8852 + 100], 0);
	assert_int_equal(word(image, 8852 + 128 + 68), 10);
	assert_int_equal(image->bytes[8852 + 128 + 128], '1');
	assert_int_equal(word(image, 8852 + 320 + 68), 70);
	assert_int_equal(image->bytes[8852 + 320 + 128 + 69], '2');

	assert_int_equal(tare_image_store_build(&store, &two, &again, missing, sizeof missing), TARE_OK);
	assert_ptr_equal(image, again);
	tare_image_store_close(&store);
}

static void takes_objects_in_sim(void **state)
{
	static const struct tare_fixture one = {
		.name = "one", .orchestration = "graph", .entry = "build", .children = { { "first", 0, 1 } },
	};
	struct tare_image_store store = { .folder = folder, .cell = { .platform = TARE_PLATFORM_SIM } };
	const struct tare_callable_image *image;
	char missing[256];
	(void)state;

	assert_int_equal(tare_image_store_build(&store, &one, &image, missing, sizeof missing), TARE_OK);
	assert_int_equal(word(image, 8852 + 128 + 68), 33);
	assert_int_equal(image->bytes[8852 + 128 + 128], 's');
	tare_image_store_close(&store);
}

static void names_what_is_missing(void **state)
{
	struct tare_image_store store = { .folder = folder, .cell = { .platform = TARE_PLATFORM_SIM } };
	const struct tare_callable_image *image = NULL;
	char missing[256];
	(void)state;

	assert_int_equal(tare_image_store_build(&store, &two, &image, missing, sizeof missing), TARE_E_IO);
	assert_string_equal(missing, "kernels/sim/second.so");
	assert_null(image);
	tare_image_store_close(&store);
}

static void reads_a_file_once(void **state)
{
	struct tare_image_store store = { .folder = folder };
	const struct tare_bytes *first, *second;
	(void)state;

	assert_int_equal(tare_image_store_file(&store, "orchestrations/graph.so", &first), TARE_OK);
	assert_int_equal(tare_image_store_file(&store, "orchestrations/graph.so", &second), TARE_OK);
	assert_ptr_equal(first, second);
	assert_int_equal(first->size, 100);
	tare_image_store_close(&store);
	assert_null(store.files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lays_out_onboard),
		cmocka_unit_test(takes_objects_in_sim),
		cmocka_unit_test(names_what_is_missing),
		cmocka_unit_test(reads_a_file_once),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down) ? 1 : 0;
}
