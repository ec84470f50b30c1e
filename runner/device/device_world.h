/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_world - a context over the fake platform, for the unit tests of this floor
 */
#ifndef TARE_DEVICE_WORLD_H
#define TARE_DEVICE_WORLD_H

#include "fake_platform.h"
#include "runner.h"
#include "state.h"
#include "test_image.h"

struct world {
	struct tare_runner *runner;
	char line[1024]; /* the newest on the log */
	struct tare_dump fresh;
	struct test_image image; /* adds one to a cell of device memory */
	struct test_image other;
	int64_t x;
	struct tare_chip_args args; /* x as a tensor */
	struct tare__run run;
};

#define WORLD_OBJECTS 40

extern const uint8_t world_objects[WORLD_OBJECTS]; /* all three, one after the other */
extern const struct tare_binaries world_binaries;
extern const struct test_child world_children[2];

/* Setup and teardown of cmocka: a context without a device, or initialised on device 0. */
int world_create(void **state);
int world_create_ready(void **state);
int world_create_ring(void **state); /* the same over tensormap_and_ringbuffer, with small rings */
int world_destroy(void **state);

int world_prepare(struct world *world, int32_t id, const struct test_image *image);
int world_run(struct world *world, int32_t id);

/* The runner's fields without the counters that only grow. */
struct tare_dump world_dump(struct world *world);
void world_expect_dump(struct world *world, const struct tare_dump *wanted);
void world_expect_equal(const struct tare_dump *found, const struct tare_dump *wanted);

#endif
