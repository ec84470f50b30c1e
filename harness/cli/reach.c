/* SPDX-License-Identifier: Apache-2.0 */
#include "reach.h"

#include <stdlib.h>
#include <string.h>

#include <tare/object.h>

#include "symbol.h"

#define CELLS (TARE_ARCH_COUNT * TARE_PLATFORM_COUNT * TARE_GRAPH_COUNT)

struct reached {
	struct tare_cell cell;
	bool calls[TARE_CALLS];
	bool *sites;    /* owned */
	bool has_sites; /* the points' callers could be named */
};

/*
 * An address that makes a call, and the cells in which it did.  Which site it is, is found out at the end: that takes
 * debug information, and a process that is begun meanwhile would have it in its heap, for memcheck to see.
 */
struct caller {
	uint64_t address;
	uint32_t call;
	uint32_t cells; /* a bit each */
};

_Static_assert(CELLS <= 32, "a caller has a bit for each cell");

struct tare__reach {
	struct reached cells[CELLS];
	size_t count;
	struct caller *callers; /* owned */
	size_t caller_count;
};

struct tare__reach *tare__reach_open(void)
{
	return calloc(1, sizeof(struct tare__reach));
}

void tare__reach_close(struct tare__reach **reach)
{
	if (!*reach)
		return;
	for (size_t i = 0; i < (*reach)->count; i++)
		free((*reach)->cells[i].sites);
	free((*reach)->callers);
	free(*reach);
	*reach = NULL;
}

/* "register_image (onboard_images.c:61)" */
static size_t site_of(struct tare_symbols *symbols, const struct caller *caller)
{
	char text[256], *colon, *file;

	tare_symbol_name(symbols, caller->address, 1, text, sizeof(text));
	colon = strrchr(text, ':');
	file = strrchr(text, '(');
	if (!colon || !file || file > colon)
		return tare__site_count;
	*colon = '\0';
	return tare__site_find(
		tare_call_info((enum tare_call_id)caller->call)->name, file + 1, (unsigned)strtoul(colon + 1, NULL, 10));
}

static void find_sites(struct tare__reach *reach)
{
	struct tare_symbols *symbols = tare_symbols_open(NULL, 0);

	for (size_t i = 0; i < reach->caller_count; i++) {
		const struct caller *caller = &reach->callers[i];
		size_t site = site_of(symbols, caller);

		for (size_t k = 0; k < reach->count && site < tare__site_count; k++)
			if (caller->cells >> k & 1)
				reach->cells[k].sites[site] = true;
	}
	tare_symbols_close(&symbols);
}

static void add_caller(struct tare__reach *reach, const struct reached *reached, const struct tare_fault_point *point)
{
	const uint64_t address = (uint64_t)(uintptr_t)point->frames[0];
	const uint32_t cell = UINT32_C(1) << (reached - reach->cells);
	struct caller *more;

	for (size_t i = 0; i < reach->caller_count; i++) {
		if (reach->callers[i].address != address || reach->callers[i].call != point->call)
			continue;
		reach->callers[i].cells |= cell;
		return;
	}
	more = realloc(reach->callers, (reach->caller_count + 1) * sizeof(*more));
	if (!more)
		return;
	reach->callers = more;
	more[reach->caller_count++] = (struct caller){ address, point->call, cell };
}

static struct reached *cell_of(struct tare__reach *reach, struct tare_cell cell)
{
	size_t i = 0;

	while (i < reach->count && (reach->cells[i].cell.arch != cell.arch || reach->cells[i].cell.platform != cell.platform ||
					   reach->cells[i].cell.graph != cell.graph))
		i++;
	if (i == reach->count) {
		reach->cells[i].sites = calloc(tare__site_count, sizeof(bool));
		if (!reach->cells[i].sites)
			return NULL;
		reach->cells[reach->count++].cell = cell;
	}
	return &reach->cells[i];
}

void tare__reach_add(struct tare__reach *reach, struct tare_cell cell, const struct tare_outcome *outcome)
{
	struct reached *reached = cell_of(reach, cell);

	for (size_t i = 0; reached && i < outcome->point_count; i++) {
		const struct tare_fault_point *point = &outcome->points[i];

		if (point->call == TARE_CALL_NONE || point->call >= TARE_CALLS)
			continue;
		reached->calls[point->call] = true;
		if (!outcome->points_ours)
			continue;
		reached->has_sites = true;
		add_caller(reach, reached, point);
	}
}

static size_t tell_gap(FILE *to, struct tare_recorder *recorder, const char *cell, const char *what)
{
	const struct tare_record_gap gap = { cell, what, tare__reach_reason(cell, what) };

	if (recorder)
		tare_recorder_gap(recorder, &gap); /* its trouble is told when it is closed */
	if (gap.reason)
		return 0;
	fprintf(to, "not reached in %s: %s\n", cell, what);
	return 1;
}

static size_t tell_cell(const struct reached *reached, FILE *to, struct tare_recorder *recorder)
{
	char cell[TARE_CELL_TEXT], what[160];
	size_t findings = 0;

	tare_cell_text(reached->cell, cell);
	for (int call = TARE_CALL_NONE + 1; call < TARE_CALLS; call++)
		if (!reached->calls[call])
			findings += tell_gap(to, recorder, cell, tare_call_info((enum tare_call_id)call)->name);
	/* The places of a call that is never made were said with it. */
	for (size_t i = 0; reached->has_sites && i < tare__site_count; i++) {
		if (reached->sites[i] || !reached->calls[tare_call_find(tare__sites[i].call)])
			continue;
		snprintf(what, sizeof(what), "%s at %s:%u", tare__sites[i].call, tare__sites[i].file, tare__sites[i].first);
		findings += tell_gap(to, recorder, cell, what);
	}
	return findings;
}

size_t tare__reach_tell(struct tare__reach *reach, FILE *to, struct tare_recorder *recorder)
{
	size_t findings = 0;

	find_sites(reach);
	for (size_t i = 0; i < reach->count; i++)
		findings += tell_cell(&reach->cells[i], to, recorder);
	return findings;
}
