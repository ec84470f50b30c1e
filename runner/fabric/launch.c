/* SPDX-License-Identifier: Apache-2.0 */
#include "launch.h"

#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

static void *take(size_t count, size_t size)
{
	void *memory = aligned_alloc(64, (count * size + 63) / 64 * 64 + 64);

	tare_must(memory);
	memset(memory, 0xA5, (count * size + 63) / 64 * 64 + 64);
	return memory;
}

void launch_open(struct launch *launch, const struct tare_arch *arch, struct program program, uint32_t tasks,
	uint32_t edges)
{
	*launch = (struct launch){ .arch = arch, .program = program, .room = tasks };
	launch->tasks = take(tasks, sizeof *launch->tasks);
	launch->edges = take(edges, sizeof *launch->edges);
	launch->fanin = take(tasks, sizeof *launch->fanin);
	launch->values = take(tasks, sizeof *launch->values);
	launch->args = take((size_t)tasks * 4, sizeof *launch->args);
	launch->image.workspace = (uintptr_t)take(1, tare_hbg_workspace_bytes(tasks));
}

void launch_close(struct launch *launch)
{
	free(launch->tasks);
	free(launch->edges);
	free(launch->fanin);
	free(launch->values);
	free(launch->args);
	free((void *)(uintptr_t)launch->image.workspace);
}

uint32_t launch_task(struct launch *launch, tare_kernel_fn kernel, enum tare_core_kind type)
{
	uint32_t id = launch->image.task_count++;
	uint64_t *args = &launch->args[(size_t)id * 4];

	tare_must(id < launch->room);
	launch->tasks[id] = (struct tare_hbg_task){ .code = (uintptr_t)kernel, .first_edge = TARE_NO_EDGE,
		.first_arg = id * 4, .arg_count = 4, .core_type = (uint16_t)type };
	launch->fanin[id] = 0;
	args[0] = id;
	args[1] = (uintptr_t)launch->values;
	args[2] = 0;
	args[3] = (uintptr_t)launch;
	return id;
}

void launch_edge(struct launch *launch, uint32_t from, uint32_t to)
{
	uint32_t edge = launch->image.edge_count++;

	launch->edges[edge] = (struct tare_hbg_edge){ .to = to, .next = launch->tasks[from].first_edge };
	launch->tasks[from].first_edge = edge;
	launch->tasks[from].fanout++;
	launch->fanin[to]++;
}

void launch_sum(int64_t *args, const struct tare_kernel_context *context)
{
	const struct launch *launch = (const struct launch *)(uintptr_t)args[3];
	uint64_t *values = (uint64_t *)(uintptr_t)args[1];
	uint32_t self = (uint32_t)args[0];
	uint64_t mine = 1;

	(void)context;
	for (uint32_t id = 0; id < self; id++)
		for (uint32_t edge = launch->tasks[id].first_edge; edge != TARE_NO_EDGE; edge = launch->edges[edge].next)
			if (launch->edges[edge].to == self)
				mine += values[id];
	for (volatile uint32_t i = 0; i < launch->work; i++)
		continue;
	values[self] = mine;
}

static void write_image(struct launch *launch, uint32_t block_dim, uint32_t threads)
{
	struct tare_hbg_image *image = &launch->image;

	image->revision = TARE_HBG_REVISION;
	image->worker_count = block_dim * 3;
	image->aicpu_threads = threads;
	image->arg_count = image->task_count * 4;
	image->phase = 0;
	image->error = 0;
	image->completed = 0;
	image->error_worker = UINT32_MAX;
	image->tasks = (uintptr_t)launch->tasks;
	image->args = (uintptr_t)launch->args;
	image->edges = (uintptr_t)launch->edges;
	memset(image->workers, 0, sizeof *image->workers * image->worker_count);
	for (uint32_t i = 0; i < image->task_count; i++) {
		launch->tasks[i].fanin = launch->fanin[i];
		launch->values[i] = 0;
	}
}

static void put(struct launch *launch, uint32_t offset, const void *address)
{
	uint64_t word = (uintptr_t)address;

	memcpy(launch->kernel_args + offset, &word, sizeof word);
}

void launch_submit(struct launch *launch, struct tare_fabric *fabric, uint32_t block_dim, uint32_t threads)
{
	const struct tare_kernel_args_layout *layout = &launch->arch->kernel_args;

	write_image(launch, block_dim, threads);
	for (uint32_t i = 0; i < launch->arch->max_cores; i++)
		launch->table[i] = tare_fabric_registers(fabric) + (uint64_t)i * launch->arch->register_block;
	put(launch, layout->runtime_args, &launch->image);
	put(launch, layout->regs, launch->table);
	put(launch, layout->device_wall, &launch->wall);
	launch->wall = UINT64_MAX;
	launch->init = (struct tare_fabric_job){ .entry = launch->program.init, .args = launch->kernel_args, .count = 1 };
	launch->exec = (struct tare_fabric_job){ .entry = launch->program.exec, .args = launch->kernel_args,
		.count = launch->arch->max_aicpu_threads };
	launch->cores = (struct tare_fabric_job){ .on_cores = true, .entry = launch->program.aic,
		.entry_aiv = launch->program.aiv, .args = launch->kernel_args, .count = block_dim };
	tare_must(tare_fabric_submit(fabric, &launch->init) == 0);
	tare_must(tare_fabric_run(fabric) == &launch->init && launch->init.result == 0);
	tare_must(tare_fabric_submit(fabric, &launch->exec) == 0);
	tare_must(tare_fabric_submit(fabric, &launch->cores) == 0);
}

int launch_run(struct launch *launch, struct tare_fabric *fabric)
{
	for (int ended = 0; ended < 2; ended++)
		if (!tare_fabric_run(fabric))
			return TARE_E_STALL;
	return launch->exec.result ? launch->exec.result : launch->cores.result;
}

uint32_t launch_first_wrong(const struct launch *launch)
{
	uint32_t count = launch->image.task_count;
	uint64_t *wanted = take(count, sizeof *wanted);
	uint32_t wrong = count;

	for (uint32_t i = 0; i < count; i++)
		wanted[i] = 1;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t edge = launch->tasks[i].first_edge; edge != TARE_NO_EDGE; edge = launch->edges[edge].next)
			wanted[launch->edges[edge].to] += wanted[i];
	for (uint32_t i = count; i-- > 0;)
		if (launch->values[i] != wanted[i])
			wrong = i;
	free(wanted);
	return wrong;
}

static enum tare_core_kind type_of(uint32_t id)
{
	return id % 3 == 1 ? TARE_CORE_AIC : TARE_CORE_AIV;
}

void launch_chain(struct launch *launch, uint32_t tasks)
{
	for (uint32_t i = 0; i < tasks; i++) {
		launch_task(launch, launch_sum, type_of(i));
		if (i)
			launch_edge(launch, i - 1, i);
	}
}

void launch_fan(struct launch *launch, uint32_t tasks)
{
	for (uint32_t i = 0; i < tasks; i++) {
		launch_task(launch, launch_sum, type_of(i));
		if (i)
			launch_edge(launch, 0, i);
	}
}

void launch_diamond(struct launch *launch, uint32_t layers, uint32_t width)
{
	uint32_t top = launch_task(launch, launch_sum, TARE_CORE_AIV);

	for (uint32_t layer = 0; layer < layers; layer++) {
		uint32_t first = launch->image.task_count;
		uint32_t bottom = first + width;

		for (uint32_t i = 0; i < width; i++)
			launch_edge(launch, top, launch_task(launch, launch_sum, type_of(i)));
		launch_task(launch, launch_sum, TARE_CORE_AIC);
		for (uint32_t i = 0; i < width; i++)
			launch_edge(launch, first + i, bottom);
		top = bottom;
	}
}

void launch_random(struct launch *launch, uint32_t tasks, uint64_t seed)
{
	uint64_t x = seed * 2 + 1;

	for (uint32_t i = 0; i < tasks; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		launch_task(launch, launch_sum, x & 1 ? TARE_CORE_AIC : TARE_CORE_AIV);
		for (uint32_t k = 0; i && k < (x >> 8) % 4; k++) /* the same one twice is two edges */
			launch_edge(launch, (uint32_t)((x >> (16 + 8 * k)) % i), i);
	}
}

struct tare_fabric *launch_fabric(const struct tare_arch *arch, enum tare_fabric_driver driver, uint32_t workers,
	uint64_t seed, uint64_t budget_ns)
{
	struct tare_fabric_config config = { .cores = arch->max_cores, .threads = arch->launched_aicpu_threads,
		.register_block = arch->register_block, .driver = driver, .workers = workers, .seed = seed,
		.kernel_budget_ns = budget_ns };
	struct tare_fabric *fabric = NULL;

	tare_must(tare_fabric_open(&fabric, &config) == 0);
	return fabric;
}
