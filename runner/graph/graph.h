/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph - a graph runtime as the device above sees it: hbg (| trb)
 *
 * A graph runtime turns arguments into an image on the device and results
 * back into the caller's memory.  It sees the platform and neither table.
 */
#ifndef TARE_GRAPH_H
#define TARE_GRAPH_H

#include <stdint.h>

#include <tare/callable.h>
#include <tare/orchestration.h>
#include <tare/log.h>

#include "../platform/platform.h"

struct tare_graph;

/* What a run needs of a prepared callable.  Borrowed for the run. */
struct tare_graph_callable {
	tare_orchestration_fn build;
	const uint64_t *code_by_func_id; /* TARE_FUNC_IDS entries; 0: no such kernel */
};

struct tare_graph_ops {
	const char *name;

	int (*create)(struct tare_graph **graph, const struct tare_arch *arch, const struct tare_platform_ops *ops,
		struct tare_platform *platform, const struct tare_log *log);
	void (*destroy)(struct tare_graph **graph); /* after release */

	/*
	 * Builds and uploads; fills launch->runtime_args.  On error the run's memory is back in the pool.
	 * own_code: 0, or the negative code of the orchestration's own that ended the bind.
	 */
	int (*bind)(struct tare_graph *graph, const struct tare_graph_callable *callable, const struct tare_chip_args *args,
		struct tare_launch *launch, int *own_code);

	/* After the launch: run_result as the platform gave it; copies back only after success; ends the run. */
	int (*complete)(struct tare_graph *graph, int run_result);

	/* Device bytes kept for launches, and giving them back. */
	uint64_t (*kept_bytes)(const struct tare_graph *graph);
	int (*release)(struct tare_graph *graph);

	/* After the platform's finalize, which gave the bytes back itself: nothing is kept any more. */
	void (*forget)(struct tare_graph *graph);
};

extern const struct tare_graph_ops tare__graph_host_build_graph;

#endif
