/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dump - what a context tells about itself
 *
 * These are answered while a launch is in flight, with what platform and graph
 * held when it took off: the launch may be changing that.
 */
#include "runner_priv.h"

#include <string.h>

void tare__look_below(struct tare_runner *runner, struct tare_dump *dump)
{
	const struct tare_platform_ops *ops = runner->parts.platform;

	dump->committed_bytes = ops->committed_bytes(runner->platform);
	dump->committed_blocks = ops->committed_blocks(runner->platform);
	dump->launch_buffer_bytes = runner->parts.graph->kept_bytes(runner->graph);
	dump->image_generation = ops->image_generation(runner->platform);
	dump->references = ops->references(runner->platform);
	dump->poisoned = ops->poisoned(runner->platform);
	for (size_t i = 0; i < TARE_REGIONS; i++)
		dump->arena_bytes[i] = runner->arenas[i].size;
}

/* Two dumps may be compared as bytes, so the padding is zeroed too. */
static void look(struct tare_runner *runner, struct tare_dump *dump)
{
	memset(dump, 0, sizeof *dump);
	if (runner->state == TARE_RUNNER_RUNNING)
		*dump = runner->before_launch;
	else
		tare__look_below(runner, dump);
	dump->state = runner->state;
}

void tare__runner_dump(struct tare_runner *runner, struct tare_dump *dump)
{
	pthread_mutex_lock(&runner->door);
	look(runner, dump);
	dump->device = runner->device;
	for (size_t i = 0; i < TARE_CALLABLE_IDS; i++) {
		dump->callables += runner->callables[i].content != NULL;
		dump->host_handles += runner->callables[i].object != NULL;
	}
	for (const struct tare__content *content = runner->contents; content; content = content->next) {
		dump->contents++;
		for (int32_t i = 0; i < content->kernel_count; i++)
			dump->child_handles += content->kernels[i].object != NULL;
	}
	dump->launches = runner->launches;
	dump->host_dlopens = runner->host_dlopens;
	tare__leave(runner);
}

uint64_t tare__runner_committed(struct tare_runner *runner)
{
	struct tare_dump dump;

	pthread_mutex_lock(&runner->door);
	look(runner, &dump);
	tare__leave(runner);
	return dump.committed_bytes;
}

uint64_t tare__runner_dlopens(struct tare_runner *runner)
{
	uint64_t count;

	pthread_mutex_lock(&runner->door);
	count = runner->host_dlopens;
	tare__leave(runner);
	return count;
}

uint64_t tare__runner_device_opens(struct tare_runner *runner)
{
	uint64_t count;

	pthread_mutex_lock(&runner->door);
	count = runner->device_opens;
	tare__leave(runner);
	return count;
}
