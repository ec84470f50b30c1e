/* SPDX-License-Identifier: Apache-2.0 */
#include "device_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <tare/status.h>

const uint8_t world_objects[WORLD_OBJECTS] = "aicpu object, aicore image, dispatcher";
const struct tare_binaries world_binaries = { world_objects, 12, world_objects + 14, 12, world_objects + 28, 10 };
const struct test_child world_children[2] = { { 5, 0 }, { 6, 1 } };

static void keep_line(void *cookie, enum tare_log_level level, const char *line)
{
	struct world *world = cookie;

	(void)level;
	strncpy(world->line, line, sizeof world->line - 1);
}

static void add_one(int64_t *args, const struct tare_kernel_context *context)
{
	(void)context;
	*(int64_t *)(intptr_t)args[0] += 1;
}

static void twice(int64_t *args, const struct tare_kernel_context *context)
{
	(void)context;
	*(int64_t *)(intptr_t)args[0] *= 2;
}

static const tare_kernel_fn kernels[] = { add_one, twice };

/* (x + 1) * 2 */
static int build(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	const struct tare_orchestration_ops *ops = runtime->ops;
	void *host = (void *)(uintptr_t)args->tensors[0].data;
	void *device = ops->device_malloc(runtime, 8);
	uint64_t task_args[] = { (uint64_t)(uintptr_t)device };

	if (!device || ops->copy_to_device(runtime, device, host, 8))
		return -1;
	ops->add_successor(runtime, ops->add_task(runtime, task_args, 1, 5, TARE_CORE_AIV),
		ops->add_task(runtime, task_args, 1, 6, TARE_CORE_AIV));
	ops->record_tensor_pair(runtime, host, device, 8);
	return 0;
}

static int return_minus_nine(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	(void)args;
	return runtime->ops->device_malloc(runtime, 8) ? -9 : 0;
}

static int with_an_unknown_kernel(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	(void)args;
	runtime->ops->add_task(runtime, NULL, 0, 77, TARE_CORE_AIV);
	return 0;
}

/* A function's address as the symbol that the platform would have found. */
static void *symbol_of(tare_orchestration_fn function)
{
	void *symbol;

	memcpy(&symbol, &function, sizeof symbol);
	return symbol;
}

static struct fake_function functions[4];

static int create_over(void **state, const struct tare_graph_ops *graph)
{
	const struct tare__parts parts = { &tare__arch_a2a3, &fake_platform, graph };
	struct world *world = calloc(1, sizeof *world);
	const struct tare_log log = { keep_line, world, TARE_LOG_DEBUG };
	const struct tare_tables tables = { 0 };

	fake_reset();
	functions[0] = (struct fake_function){ "build", symbol_of(build) };
	functions[1] = (struct fake_function){ "return_minus_nine", symbol_of(return_minus_nine) };
	functions[2] = (struct fake_function){ "with_an_unknown_kernel", symbol_of(with_an_unknown_kernel) };
	fake.functions = functions;
	fake.code = kernels;
	test_image_build(&world->image, "build", 7, world_children, 2);
	test_image_build(&world->other, "build", 8, world_children, 2);
	world->args.tensor_count = 1;
	world->args.tensors[0] = (struct tare_tensor){ .data = (uint64_t)(uintptr_t)&world->x, .shape = { 1 }, .dims = 1,
		.type = TARE_INT64 };
	world->run = (struct tare__run){ .id = 0, .args = &world->args, .block_dim = 3, .aicpu_threads = 3 };
	assert_int_equal(tare__runner_create(&world->runner, &parts, &tables, &log), TARE_OK);
	tare__runner_dump(world->runner, &world->fresh);
	*state = world;
	return 0;
}

int world_create(void **state)
{
	return create_over(state, &tare__graph_host_build_graph);
}

static int get_ready(struct world *world)
{
	assert_int_equal(tare__runner_init(world->runner, 0, &world_binaries), TARE_OK);
	return 0;
}

int world_create_ready(void **state)
{
	world_create(state);
	return get_ready(*state);
}

int world_create_ring(void **state)
{
	setenv("PTO2_RING_HEAP", "1024", 1);
	setenv("PTO2_RING_TASK_WINDOW", "4", 1);
	setenv("PTO2_RING_DEP_POOL", "16", 1);
	create_over(state, &tare__graph_tensormap_and_ringbuffer);
	return get_ready(*state);
}

int world_destroy(void **state)
{
	struct world *world = *state;

	tare__runner_destroy(&world->runner);
	assert_null(world->runner);
	assert_int_equal(fake.alive, 0);
	assert_int_equal(fake.objects, 0);
	assert_int_equal(fake.kernels, 0);
	fake_reset();
	free(world);
	return 0;
}

int world_prepare(struct world *world, int32_t id, const struct test_image *image)
{
	return tare__runner_prepare(world->runner, id, image->bytes, SIZE_MAX);
}

int world_run(struct world *world, int32_t id)
{
	world->run.id = id;
	return tare__runner_run(world->runner, &world->run, NULL);
}

#define DUMP_BYTES (offsetof(struct tare_dump, reserved) + sizeof(uint32_t)) /* copies need not keep the padding */

struct tare_dump world_dump(struct world *world)
{
	struct tare_dump dump;

	tare__runner_dump(world->runner, &dump);
	dump.launches = 0;
	dump.host_dlopens = 0;
	return dump;
}

void world_expect_equal(const struct tare_dump *found, const struct tare_dump *wanted)
{
	assert_memory_equal(found, wanted, DUMP_BYTES);
}

void world_expect_dump(struct world *world, const struct tare_dump *wanted)
{
	struct tare_dump found = world_dump(world);

	world_expect_equal(&found, wanted);
}
