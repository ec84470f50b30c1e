/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph - a graph runtime as the device above sees it: hbg | trb
 *
 * A graph runtime turns arguments into an image on the device and results
 * back into the caller's memory.  It sees the platform and neither table.
 */
#ifndef TARE_GRAPH_H
#define TARE_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include <tare/callable.h>
#include <tare/orchestration.h>
#include <tare/log.h>

#include "../platform/platform.h"

struct tare_graph;

enum tare__region { TARE_REGION_HEAP, TARE_REGION_SHARED, TARE_REGION_RUNTIME, TARE_REGIONS };

/* The three arenas of a context.  The floor above owns them and lends them to a bind. */
struct tare_graph_arenas {
	/*
	 * At least `sizes`, as setup_static_arena: what is large enough stays; if one fails, none is there.  full: a region
	 * could not be had, and nothing else went wrong, so that with more room it may work.
	 */
	int (*set_up)(void *keeper, const uint64_t sizes[TARE_REGIONS], uint64_t bases[TARE_REGIONS], bool *full);
	void *keeper;
};

/* What a run needs of a prepared callable.  Borrowed for the run. */
struct tare_graph_callable {
	const uint64_t *code_by_func_id; /* TARE_FUNC_IDS entries; 0: no such kernel */
	const int32_t *signature;        /* enum tare_direction, of tensors first */
	int32_t signature_count;

	tare_orchestration_fn build;     /* NULL where the orchestration runs on the device */

	/* Where it does: */
	int32_t id;
	uint64_t registration;           /* never 0, never twice in a context */
	uint64_t object;                 /* its bytes, by device address */
	uint64_t object_size;
	const char *function_name;       /* empty: the runtime's own */
	const char *config_name;
};

struct tare_graph_ops {
	const char *name;
	bool orchestrates_on_device; /* orchestrations are handed over as bytes, and the host opens none */

	int (*create)(struct tare_graph **graph, const struct tare_arch *arch, const struct tare_platform_ops *ops,
		struct tare_platform *platform, const struct tare_graph_arenas *arenas, const struct tare_log *log);
	void (*destroy)(struct tare_graph **graph); /* after release */

	/*
	 * Builds and uploads; fills launch->runtime_args and what is to be reported.  On error the run's memory is back in
	 * the pool.  own_code: 0, or the negative code of the orchestration's own that ended the bind.
	 */
	int (*bind)(struct tare_graph *graph, const struct tare_graph_callable *callable, const struct tare_chip_args *args,
		struct tare_launch *launch, int *own_code);

	/*
	 * After the launch: run_result as the platform gave it; copies back only after success; ends the run.
	 * own_code: 0, or the negative code of the runtime's own that ended the launch.
	 */
	int (*complete)(struct tare_graph *graph, const struct tare_launch *launch, int run_result, int *own_code);

	/*
	 * The callable with that id goes: what the device has opened for it is closed there.  open: after an error,
	 * whether it may still be; then it stays the id's and can be dismissed again: closing twice is harmless.  NULL
	 * where the device opens none.
	 */
	int (*dismiss)(struct tare_graph *graph, int32_t id, bool *open);

	/* Orchestrations that the device has opened, ever. NULL as above. */
	uint64_t (*device_opens)(const struct tare_graph *graph);

	/* Device bytes kept for launches, and giving them back. */
	uint64_t (*kept_bytes)(const struct tare_graph *graph);
	int (*release)(struct tare_graph *graph);

	/* After the platform's finalize, which gave the bytes back itself: nothing is kept any more. */
	void (*forget)(struct tare_graph *graph);
};

extern const struct tare_graph_ops tare__graph_host_build_graph;
extern const struct tare_graph_ops tare__graph_tensormap_and_ringbuffer;

#endif
