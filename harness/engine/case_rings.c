/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words about the rings of tensormap_and_ringbuffer, whose sizes a runtime reads from the environment at each bind: so
 * they reach a foreign one as well.
 *
 * Under valgrind the usual rings are small: what is taken again too early is then taken again, a few tasks later, in each
 * case and not only in those that say how large their rings are.
 */
#include "case.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *name, *small;
} rings[TARE__RINGS] = {
	{ "PTO2_RING_TASK_WINDOW", "32" },
	{ "PTO2_RING_HEAP", "262144" },
	{ "PTO2_RING_DEP_POOL", "64" },
};

static void set_usual(struct tare_case *c, unsigned i)
{
	if (c->usual_rings[i][0])
		setenv(rings[i].name, c->usual_rings[i], 1);
	else
		unsetenv(rings[i].name);
}

void tare__case_rings(struct tare_case *c)
{
	const char *own;

	if (c->plan->ref->cell.graph != TARE_GRAPH_TRB)
		return;
	for (unsigned i = 0; i < TARE__RINGS; i++) {
		own = getenv(rings[i].name);
		if (!own && c->plan->options->valgrind)
			own = rings[i].small;
		snprintf(c->usual_rings[i], sizeof c->usual_rings[i], "%s", own ? own : "");
		set_usual(c, i);
	}
}

void tare_capacity(struct tare_case *c, uint32_t window, uint64_t heap, uint32_t dependencies)
{
	const uint64_t wanted[TARE__RINGS] = { window, heap, dependencies };
	char text[24];

	if (c->plan->ref->cell.graph != TARE_GRAPH_TRB)
		tare__case_broken(c, "only tensormap_and_ringbuffer has rings");
	c->capacity = (struct tare__capacity){ .window = window, .heap = heap, .dependencies = dependencies };
	for (unsigned i = 0; i < TARE__RINGS; i++) {
		set_usual(c, i);
		snprintf(text, sizeof text, "%llu", (unsigned long long)wanted[i]);
		if (wanted[i])
			setenv(rings[i].name, text, 1);
	}
}

void tare_large_rings(struct tare_case *c)
{
	if (c->plan->ref->cell.graph == TARE_GRAPH_TRB)
		tare_capacity(c, 16384, 0, 16384);
}

void tare_small_rings(struct tare_case *c)
{
	if (c->plan->ref->cell.graph == TARE_GRAPH_TRB)
		tare_capacity(c, 16, 1u << 18, 64);
}
