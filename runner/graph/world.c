/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

static void keep_line(void *cookie, enum tare_log_level level, const char *line)
{
	struct world *world = cookie;

	(void)level;
	strncpy(world->line, line, sizeof world->line - 1);
}

int tare__world_set_up(void **state)
{
	struct world *world = calloc(1, sizeof *world);

	fake_reset();
	world->log = (struct tare_log){ keep_line, world, TARE_LOG_DEBUG };
	world->launch = (struct tare_launch){ .block_dim = 3, .aicpu_threads = 3 };
	world->code[7] = 1;
	world->code[8] = 2;
	assert_int_equal(fake_platform.create(&world->platform, &tare__arch_a5, NULL, &world->log), TARE_OK);
	assert_int_equal(hbg->create(&world->graph, &tare__arch_a5, &fake_platform, world->platform, NULL, &world->log), TARE_OK);
	*state = world;
	return 0;
}

int tare__world_tear_down(void **state)
{
	struct world *world = *state;

	assert_int_equal(hbg->release(world->graph), TARE_OK);
	assert_int_equal(hbg->kept_bytes(world->graph), 0);
	assert_int_equal(fake.alive, 0);
	hbg->destroy(&world->graph);
	fake_platform.destroy(&world->platform);
	fake_reset();
	free(world);
	return 0;
}

int tare__world_bind(struct world *world, tare_orchestration_fn build, const struct tare_chip_args *args)
{
	const struct tare_graph_callable callable = { .build = build, .code_by_func_id = world->code };

	return hbg->bind(world->graph, &callable, args, &world->launch, &world->own_code);
}

int tare__world_complete(struct world *world, int run_result)
{
	return hbg->complete(world->graph, &world->launch, run_result, &world->own_code);
}

int tare__world_run(struct world *world, tare_orchestration_fn build, const struct tare_chip_args *args)
{
	int error = tare__world_bind(world, build, args);

	if (error)
		return error;
	return tare__world_complete(world, fake_platform.launch(world->platform, &world->launch));
}

struct tare_chip_args tare__world_scalars(uint64_t first, uint64_t second)
{
	struct tare_chip_args args = { .scalar_count = 2 };

	args.scalars[0] = first;
	args.scalars[1] = second;
	return args;
}

int tare__world_chain(struct tare_orchestration *runtime, const struct tare_chip_args *args)
{
	for (uint64_t i = 0; i < args->scalars[0]; i++) {
		int task = runtime->ops->add_task(runtime, NULL, 0, 7, TARE_CORE_AIV);

		if (task < 0)
			return 0; /* and still the run must end with an error */
		assert_int_equal(task, i);
		if (i)
			runtime->ops->add_successor(runtime, task - 1, task);
	}
	return 0;
}
