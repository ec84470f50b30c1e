/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world - a graph over a platform that is not there; for the tests
 */
#ifndef TARE_GRAPH_WORLD_H
#define TARE_GRAPH_WORLD_H

#include "graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <tare/status.h>

#include "fake_platform.h"
#include "program/layout.h"

struct world {
	struct tare_platform *platform;
	struct tare_graph *graph;
	struct tare_log log;
	char line[1024]; /* the newest on the log */
	uint64_t code[TARE_FUNC_IDS];
	struct tare_launch launch;
	int own_code;
};

static const struct tare_graph_ops *const hbg = &tare__graph_host_build_graph;

int tare__world_set_up(void **state);
int tare__world_tear_down(void **state); /* nothing is alive then */
int tare__world_bind(struct world *world, tare_orchestration_fn build, const struct tare_chip_args *args);
int tare__world_complete(struct world *world, int run_result);
int tare__world_run(struct world *world, tare_orchestration_fn build, const struct tare_chip_args *args);

/* An orchestration gets nothing but scalars to tell it what to do. */
struct tare_chip_args tare__world_scalars(uint64_t first, uint64_t second);

/* scalars[0] tasks in a row, each followed by the next. */
int tare__world_chain(struct tare_orchestration *runtime, const struct tare_chip_args *args);

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, tare__world_set_up, tare__world_tear_down)

#endif
