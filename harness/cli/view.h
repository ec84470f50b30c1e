/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view - a run as one watches it
 *
 * On a terminal one line that is redrawn; in a log one line per case.  What
 * went wrong is printed in full when it happens, either way.
 */
#ifndef TARE_CLI_VIEW_H
#define TARE_CLI_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <tare/engine.h>

struct tare__cell_count {
	struct tare_cell cell;
	size_t planned;
	size_t count[TARE_VERDICTS], known;
	struct tare_record_levels levels;
	uint64_t microseconds;
};

struct tare__view { /* zeroed, then tare__view_open */
	FILE *to;
	bool live, colour, verbose;
	size_t total, done, wrong;
	unsigned columns;       /* of the terminal */
	struct tare__cell_count cells[TARE_ARCH_COUNT * TARE_PLATFORM_COUNT * TARE_GRAPH_COUNT];
	size_t cell_count;
};

enum tare__colour { TARE_COLOUR_AUTO, TARE_COLOUR_ALWAYS, TARE_COLOUR_NEVER };

void tare__view_open(struct tare__view *view, FILE *to, enum tare__colour colour, bool verbose,
	const struct tare_case_ref *list, size_t count);
void tare__view_started(struct tare__view *view, const struct tare_case_ref *ref);
void tare__view_ended(struct tare__view *view, const struct tare_case_ref *ref, const struct tare_outcome *outcome);

/* A sweep goes on: on a terminal, how far. */
void tare__view_swept(struct tare__view *view, const struct tare_case_ref *ref, const struct tare_sweep_tally *so_far);

/* The table of cells. */
void tare__view_close(struct tare__view *view, const struct tare_run_summary *summary, bool interrupted);

#endif
