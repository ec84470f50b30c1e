/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_launch - for the tests of this folder: an image of tensormap_and_ringbuffer in host memory, launched
 *
 * An orchestration is a function of the test; what the AICPU opens is its row in
 * a table, so that opens and closes can be counted and refused.
 */
#ifndef TARE_FABRIC_TRB_LAUNCH_H
#define TARE_FABRIC_TRB_LAUNCH_H

#include <stdbool.h>

#include <tare/trb_build.h>

#include "../program/trb/layout.h"
#include "launch.h"

struct trb_object { /* what stands for the object's bytes */
	tare_trb_entry_fn entry;
	tare_trb_config_fn config; /* NULL: it has none */
	tare_trb_bind_fn bind;
};

struct trb_launch {
	const struct tare_arch *arch;
	struct program program;
	struct tare_fabric *fabric;
	struct tare_trb_capacity capacity;
	struct tare_trb_image *image; /* the runtime arena */
	void *heap, *shared;
	struct tare_trb_object objects[TARE_CALLABLE_IDS];
	struct tare_chip_args args;
	uint64_t kernels[TARE_FUNC_IDS];
	uint64_t registration;
	uint32_t opens, closes; /* ever */
	bool refuses;           /* the next open */
	char log[256];          /* the last line */
	uint64_t table[TARE_MAX_CORES];
	unsigned char kernel_args[256];
	uint64_t wall;
	struct tare_fabric_job exec;
	struct tare_fabric_job cores;
};

/* Arenas are filled with 0xA5: nothing may rely on what they hold. */
void trb_open(struct trb_launch *launch, struct program program, const struct tare_trb_capacity *capacity,
	enum tare_fabric_driver driver, uint32_t workers, uint64_t seed, uint64_t budget_ns);
void trb_close(struct trb_launch *launch);

/* Launches it. The status' code, or -100 where the fabric found that nothing could run; then all have been told to leave. */
int trb_run(struct trb_launch *launch, const struct trb_object *object, uint32_t callable, uint32_t block_dim,
	uint32_t threads);

/* Runs the AICPU entry that closes a callable's object. */
int trb_run_close(struct trb_launch *launch, tare_device_entry_fn entry, uint32_t callable);

void trb_arg(struct trb_launch *launch, void *data, uint32_t elements);

#endif
