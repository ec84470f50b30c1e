/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach - what the sweeps of a cell never came to
 *
 * A call that no swept case makes never failed, and a number of points says
 * nothing of it.  So the runner's own text is asked which places make calls, and
 * each that was not among the points is a finding, unless it is written down
 * why that cell can't come there.
 */
#ifndef TARE_CLI_REACH_H
#define TARE_CLI_REACH_H

#include <stddef.h>
#include <stdio.h>

#include <tare/engine.h>

/* A call and where the runner makes it; generated from the runner's text. Static. */
struct tare__site {
	const char *call, *file;
	unsigned first, last; /* lines */
};
extern const struct tare__site tare__sites[];
extern const size_t tare__site_count;

/* Index of the site of that call at that line, or tare__site_count. */
size_t tare__site_find(const char *call, const char *file, unsigned line);

/* Why a cell ("a5/onboard/hbg") never comes to a call ("rtMalloc") or its place ("rtMalloc at onboard.c:24"); NULL: unknown. */
const char *tare__reach_reason(const char *cell, const char *what);

struct tare__reach;

struct tare__reach *tare__reach_open(void); /* NULL: no memory */
void tare__reach_close(struct tare__reach **reach);

/* The points of one swept case. */
void tare__reach_add(struct tare__reach *reach, struct tare_cell cell, const struct tare_outcome *outcome);

/* The findings of each cell, a line each; all gaps to the recorder, which may be NULL. How many findings. */
size_t tare__reach_tell(struct tare__reach *reach, FILE *to, struct tare_recorder *recorder);

#endif
