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

/* Which site an address is; naming one reads debug information. */
struct named {
	uint64_t address;
	uint32_t call;
	size_t site;
};

struct tare__reach {
	struct reached cells[CELLS];
	size_t count;
	struct named *named; /* owned */
	size_t named_count;
	struct tare_symbols *symbols;
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
	free((*reach)->named);
	tare_symbols_close(&(*reach)->symbols);
	free(*reach);
	*reach = NULL;
}

/* "register_image (onboard_images.c:61)" */
static size_t site_at(struct tare__reach *reach, const struct tare_fault_point *point)
{
	const uint64_t address = (uint64_t)(uintptr_t)point->frames[0];
	char text[256], *colon, *file;

	if (!reach->symbols)
		reach->symbols = tare_symbols_open(NULL, 0);
	tare_symbol_name(reach->symbols, address, 1, text, sizeof(text));
	colon = strrchr(text, ':');
	file = strrchr(text, '(');
	if (!colon || !file || file > colon)
		return tare__site_count;
	*colon = '\0';
	return tare__site_find(
		tare_call_info((enum tare_call_id)point->call)->name, file + 1, (unsigned)strtoul(colon + 1, NULL, 10));
}

static size_t site_of(struct tare__reach *reach, const struct tare_fault_point *point)
{
	const uint64_t address = (uint64_t)(uintptr_t)point->frames[0];
	struct named *more;

	for (size_t i = 0; i < reach->named_count; i++)
		if (reach->named[i].address == address && reach->named[i].call == point->call)
			return reach->named[i].site;
	more = realloc(reach->named, (reach->named_count + 1) * sizeof(*more));
	if (!more)
		return tare__site_count;
	reach->named = more;
	more[reach->named_count] = (struct named){ address, point->call, site_at(reach, point) };
	return more[reach->named_count++].site;
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
		size_t site;

		if (point->call == TARE_CALL_NONE || point->call >= TARE_CALLS)
			continue;
		reached->calls[point->call] = true;
		if (!outcome->points_ours)
			continue;
		reached->has_sites = true;
		site = site_of(reach, point);
		if (site < tare__site_count)
			reached->sites[site] = true;
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

size_t tare__reach_tell(const struct tare__reach *reach, FILE *to, struct tare_recorder *recorder)
{
	size_t findings = 0;

	for (size_t i = 0; i < reach->count; i++)
		findings += tell_cell(&reach->cells[i], to, recorder);
	return findings;
}
