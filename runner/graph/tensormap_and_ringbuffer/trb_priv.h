/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_priv - tensormap_and_ringbuffer on the host: the graph object and what its files share
 *
 * The host finds no dependencies here.  It stages tensors, says where all lies, and reads what became of it.
 */
#ifndef TARE_TRB_PRIV_H
#define TARE_TRB_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tare/log.h>
#include <tare/object.h>

#include "../../program/trb/layout.h"
#include "../graph.h"
#include "../pool.h"

/* Host memory that receives device memory after a successful run. */
struct tare__trb_pair {
	void *host; /* borrowed for the run */
	uint64_t device;
	uint64_t size;
	uint32_t tensor;
};

/* What the host knows of an orchestration object on the device. */
struct tare__trb_held {
	bool open;    /* or may be: a launch whose report could not be read may have opened it */
	bool counted; /* among those the device has opened */
};

struct tare_graph {
	uint32_t magic;
	const struct tare_platform_ops *ops;
	struct tare_platform *platform;
	struct tare_graph_arenas arenas;
	const struct tare_log *log;

	int32_t running; /* the callable's id, while a run is under way */
	struct tare__trb_pair pairs[TARE_CHIP_TENSORS];
	uint32_t pair_count;
	struct tare__pool pool; /* what tensors are staged in */

	uint64_t objects; /* device block: the rows, then a struct tare_trb_close; 0: none */
	struct tare__trb_held held[TARE_CALLABLE_IDS];
	uint64_t device_opens; /* ever */

	struct tare_trb_image image;   /* as it will be on the device */
	struct tare_trb_status status; /* as it came back */
};

/*
 * The capacity of a launch: the standard one, changed by the reference's variables PTO2_RING_TASK_WINDOW, PTO2_RING_HEAP
 * and PTO2_RING_DEP_POOL where `get` (getenv) finds them.  0, or TARE_E_ARGUMENT with a sentence that names the variable.
 */
int tare__trb_read_capacity(char *(*get)(const char *name), struct tare_trb_capacity *capacity, const struct tare_log *log);

/* Says what the device wrote about its failure: number, name, what was wrong, what helps. Nothing where there is none. */
void tare__trb_tell(const struct tare_trb_status *status, const struct tare_log *log);

/* bind */
int tare__trb_bind_run(struct tare_graph *graph, const struct tare_graph_callable *callable,
	const struct tare_chip_args *args, struct tare_launch *launch, int *own_code);
void tare__trb_end_run(struct tare_graph *graph);

/* complete */
int tare__trb_complete_run(struct tare_graph *graph, const struct tare_launch *launch, int run_result, int *own_code);

/* objects: what the AICPU keeps open, one row for each callable id */
int tare__trb_objects_take(struct tare_graph *graph);
uint64_t tare__trb_objects_bytes(const struct tare_graph *graph);
void tare__trb_objects_learn(struct tare_graph *graph, const struct tare_launch *launch, int run_result);
int tare__trb_objects_dismiss(struct tare_graph *graph, int32_t id, bool *open);
void tare__trb_objects_forget(struct tare_graph *graph);

#endif
