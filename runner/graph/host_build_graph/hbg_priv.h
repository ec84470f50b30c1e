/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hbg_priv - host_build_graph: the graph object and what its files share
 *
 * The reference's runtime object is 92 MB, constructed and copied for each
 * launch (facts/runtime.md 5.1).  Here three arrays hold the part of a graph
 * that is used; they stay from launch to launch and only grow.
 */
#ifndef TARE_HBG_PRIV_H
#define TARE_HBG_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tare/object.h>

#include "../../program/layout.h"
#include "../graph.h"
#include "../pool.h"

#define TARE_HBG_STAGING 65536u /* an image up to here is uploaded with one copy */

/* Host memory that receives device memory after a successful run. */
struct tare__pair {
	void *host; /* borrowed for the run */
	uint64_t device;
	uint64_t size;
};

/* A small image as it will be on the device; its header stays, the rest follows behind the workers in use. */
union tare__staging {
	struct tare_hbg_image header;
	uint8_t bytes[TARE_HBG_STAGING];
};

struct tare_graph {
	uint32_t magic;
	struct tare_orchestration runtime; /* what the orchestration holds */
	const struct tare_platform_ops *ops;
	struct tare_platform *platform;
	const struct tare_log *log;

	const struct tare_graph_callable *callable; /* NULL: no graph is being built */
	int error;                                  /* the first one of this run */

	struct tare_hbg_task *tasks;
	uint32_t task_count, task_room;
	uint64_t *args;
	uint32_t arg_count, arg_room;
	struct tare_hbg_edge *edges;
	uint32_t edge_count, edge_room;
	bool backward; /* an edge leads to an earlier task or to itself: only then can there be a cycle */
	struct tare__pair *pairs;
	uint32_t pair_count, pair_room;

	uint32_t *waiting; /* for the search of a cycle: fanin left, and the tasks that can go */
	uint32_t *ready;
	uint32_t waiting_room, ready_room;

	struct tare__pool pool;
	uint64_t image; /* the device block of the image, 0: none */
	uint64_t image_bytes;
	union tare__staging *staging;
};

extern const struct tare_orchestration_ops tare__hbg_orchestration_ops;

/* Keeps the first error of the run and says it. */
void tare__hbg_fail(struct tare_graph *graph, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* 0, or TARE_E_STALL with a sentence: some tasks wait for each other. */
int tare__hbg_find_cycle(struct tare_graph *graph);

/* Lays the built graph out in the kept device block and copies what is used of it. */
int tare__hbg_upload(struct tare_graph *graph, struct tare_launch *launch);

#endif
