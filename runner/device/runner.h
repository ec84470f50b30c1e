/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner - one context: arch x platform x graph, and what it owns
 *
 * Any thread may call at any time.  Calls take turns, but for a launch: while
 * one is in flight every other call is refused with TARE_E_BUSY and changes
 * nothing; only what reads (counters, dump, bytes) is answered.
 *
 * Calls return 0, a negative tare_status, or the driver's own positive code.
 */
#ifndef TARE_RUNNER_H
#define TARE_RUNNER_H

#include <stddef.h>
#include <stdint.h>

#include <tare/abi.h>
#include <tare/arch.h>
#include <tare/callable.h>
#include <tare/cell.h>
#include <tare/driver.h>
#include <tare/log.h>

#include "../graph/graph.h"
#include "../platform/platform.h"

struct tare_runner;

/* What a runner is composed of.  Static. */
struct tare__parts {
	const struct tare_arch *arch;
	const struct tare_platform_ops *platform;
	const struct tare_graph_ops *graph;
};

/* tables and log are copied. */
int tare__runner_create(struct tare_runner **runner, const struct tare__parts *parts, const struct tare_tables *tables,
	const struct tare_log *log);

/*
 * Waits for a launch in flight, at most as long as one may last; finalizes.
 * A launch that lasts longer keeps the context: it is said and not freed.
 */
void tare__runner_destroy(struct tare_runner **runner);

/* The runner behind a handle of the ABI: NULL stays NULL, anything that is no runner dies here. */
struct tare_runner *tare__runner_of(void *context);

/* Again with the same device and bytes is 0; with others refused until finalize. */
int tare__runner_init(struct tare_runner *runner, int32_t device, const struct tare_binaries *binaries);

/* Gives everything back.  Bounded; twice is harmless. */
int tare__runner_finalize(struct tare_runner *runner);

/* image: at most `size` bytes are looked at, SIZE_MAX when only its header tells.  Copied. */
int tare__runner_prepare(struct tare_runner *runner, int32_t id, const void *image, uint64_t size);
int tare__runner_unregister(struct tare_runner *runner, int32_t id); /* an unknown id is 0 */

struct tare__run {
	int32_t id;
	const void *args; /* struct tare_chip_args, borrowed */
	int block_dim;    /* 0: as wide as the device is */
	int aicpu_threads;
	int diagnostics;  /* not 0: some flag was set */
};

/* Returns what the ABI returns: a negative code of the orchestration's own is passed on as it is. */
int tare__runner_run(struct tare_runner *runner, const struct tare__run *run, struct tare_run_timing *timing);

int tare__runner_memory_take(struct tare_runner *runner, uint64_t size, uint64_t *address);
int tare__runner_memory_give(struct tare_runner *runner, uint64_t address); /* a stranger is ignored */
int tare__runner_copy_in(struct tare_runner *runner, uint64_t to, const void *from, uint64_t size);
int tare__runner_copy_out(struct tare_runner *runner, void *to, uint64_t from, uint64_t size);

/* Same or smaller keeps, 0 gives back, growth gives back first; if one fails, none stays. */
int tare__runner_arena(struct tare_runner *runner, const uint64_t sizes[TARE_REGIONS]);
uint64_t tare__runner_arena_base(struct tare_runner *runner, enum tare__region region); /* 0: none */

uint64_t tare__runner_dlopens(struct tare_runner *runner);      /* orchestrations opened on the host, ever */
uint64_t tare__runner_device_opens(struct tare_runner *runner); /* on the device, ever */
uint64_t tare__runner_committed(struct tare_runner *runner);
void tare__runner_dump(struct tare_runner *runner, struct tare_dump *dump);
void tare__runner_refuse(struct tare_runner *runner, const char *sentence); /* one line on its log */

#endif
