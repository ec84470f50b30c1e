/* SPDX-License-Identifier: Apache-2.0 */
/* launch - for the tests of this folder: a graph in host memory, launched as the machine launches one */
#ifndef TARE_FABRIC_LAUNCH_H
#define TARE_FABRIC_LAUNCH_H

#include <tare/arch.h>

#include "../program/layout.h"
#include "fabric.h"

struct program {
	tare_device_entry_fn init;
	tare_device_entry_fn exec;
	tare_device_entry_fn aic;
	tare_device_entry_fn aiv;
};

struct launch {
	const struct tare_arch *arch;
	struct program program;
	struct tare_hbg_image image;
	struct tare_hbg_task *tasks;
	struct tare_hbg_edge *edges;
	uint32_t *fanin; /* as built; a launch counts down its own copy */
	uint64_t *args;
	uint64_t *values;
	uint32_t room;
	uint32_t work; /* turns of an empty loop in each kernel, so that a second worker pays */
	uint64_t table[TARE_MAX_CORES];
	unsigned char kernel_args[256];
	uint64_t wall;
	struct tare_fabric_job init;
	struct tare_fabric_job exec;
	struct tare_fabric_job cores;
};

/* Room for `tasks` tasks and `edges` edges, no tasks yet. */
void launch_open(struct launch *launch, const struct tare_arch *arch, struct program program, uint32_t tasks,
	uint32_t edges);
void launch_close(struct launch *launch);

/* The next task; its kernel gets { task, launch->values, 0, launch }. */
uint32_t launch_task(struct launch *launch, tare_kernel_fn kernel, enum tare_core_kind type);
void launch_edge(struct launch *launch, uint32_t from, uint32_t to);

/* values[task] = 1 + the values of the tasks it waits for, read without a lock: wrong where one had not finished. */
void launch_sum(int64_t *args, const struct tare_kernel_context *context);

/* Writes the image anew and submits all three jobs, init run to its end. */
void launch_submit(struct launch *launch, struct tare_fabric *fabric, uint32_t block_dim, uint32_t threads);

/* Runs until both jobs have ended. 0, the first result, or TARE_E_STALL when nothing can run. */
int launch_run(struct launch *launch, struct tare_fabric *fabric);

/* Index of the first task whose value is not what the graph says; task_count: none. */
uint32_t launch_first_wrong(const struct launch *launch);

/* Graphs over launch_sum. */
void launch_chain(struct launch *launch, uint32_t tasks);
void launch_fan(struct launch *launch, uint32_t tasks);    /* one, then all others */
void launch_diamond(struct launch *launch, uint32_t layers, uint32_t width);
void launch_random(struct launch *launch, uint32_t tasks, uint64_t seed);

struct tare_fabric *launch_fabric(const struct tare_arch *arch, enum tare_fabric_driver driver, uint32_t workers,
	uint64_t seed, uint64_t budget_ns);

#endif
