/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From patterns to an ordered list: suites in their order, in each its specs,
 * in each its cells.  A selection that comes out empty is an error, because a
 * green run of nothing is a lie.
 */
#include "registry_priv.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>
#include <tare/text.h>

/* Patterns in short form, and what there is to choose from. */
struct question {
	struct tare_suite_list all;
	const char *const *patterns;
	size_t pattern_count;
	const char *cell_pattern;
	char *error;
	size_t room;
};

/* A visitor returns false to end the walk. */
typedef bool (*visit_fn)(void *cookie, const struct tare_case_ref *ref);

const char *tare_case_text(const struct tare_case_ref *ref, char text[TARE_CASE_TEXT])
{
	char cell[TARE_CELL_TEXT];

	tare_cell_text(ref->cell, cell);
	snprintf(text, TARE_CASE_TEXT, "%s.%s@%s", ref->suite->name, ref->spec->name, cell);
	return text;
}

bool tare__spec_holds_in(const struct tare_spec *spec, struct tare_cell cell)
{
	static const unsigned axes[] = { A2A3 | A5, ONBOARD | SIM, HOST_BUILD_GRAPH | TENSORMAP_AND_RINGBUFFER };
	const unsigned wanted[] = {
		cell.arch == TARE_ARCH_A2A3 ? A2A3 : A5,
		cell.platform == TARE_PLATFORM_ONBOARD ? ONBOARD : SIM,
		cell.graph == TARE_GRAPH_HBG ? HOST_BUILD_GRAPH : TENSORMAP_AND_RINGBUFFER,
	};

	for (size_t i = 0; i < TARE_COUNT(axes); i++)
		if ((spec->cells & axes[i]) && !(spec->cells & wanted[i]))
			return false;
	return true;
}

static void walk(const struct question *question, visit_fn visit, void *cookie)
{
	size_t cell_count;
	const struct tare_cell *cells = tare_cells(&cell_count);

	for (size_t s = 0; s < question->all.count; s++) {
		const struct tare_suite *suite = question->all.suites[s];

		for (size_t i = 0; i < suite->count; i++)
			for (size_t c = 0; c < cell_count; c++) {
				struct tare_case_ref ref = { suite, &suite->specs[i], cells[c] };

				if (tare__spec_holds_in(ref.spec, ref.cell) && !visit(cookie, &ref))
					return;
			}
	}
}

/* A cell may be written with the long name of its graph; only the short one is ever matched. */
static const char *short_cell(const char *pattern, char text[TARE_CELL_TEXT])
{
	struct tare_cell cell;

	return tare_cell_read(pattern, &cell) == TARE_OK ? tare_cell_text(cell, text) : pattern;
}

static bool cell_matches(const char *pattern, struct tare_cell cell)
{
	char wanted[TARE_CELL_TEXT], text[TARE_CELL_TEXT];

	return !pattern || tare_glob(short_cell(pattern, wanted), tare_cell_text(cell, text));
}

/* What a pattern is held against: with a cell where it has one, else without. */
static const char *name_for(const char *pattern, const struct tare_case_ref *ref, char text[TARE_CASE_TEXT])
{
	char *at = strchr(tare_case_text(ref, text), '@');

	if (at && !strchr(pattern, '@'))
		*at = '\0';
	return text;
}

static bool case_matches(const char *pattern, const struct tare_case_ref *ref)
{
	char text[TARE_CASE_TEXT], wanted[TARE_CELL_TEXT], whole[TARE_CASE_TEXT];
	const char *at = strchr(pattern, '@');

	if (at && short_cell(at + 1, wanted) == wanted) {
		int length = snprintf(whole, sizeof whole, "%.*s@%s", (int)(at - pattern), pattern, wanted);
		if (length >= (int)sizeof whole)
			return false;
		pattern = whole;
	}
	return tare_glob(pattern, name_for(pattern, ref, text));
}

static bool is_wanted(const struct question *question, const struct tare_case_ref *ref)
{
	if (!cell_matches(question->cell_pattern, ref->cell))
		return false;
	for (size_t i = 0; i < question->pattern_count; i++)
		if (case_matches(question->patterns[i], ref))
			return true;
	return question->pattern_count == 0;
}

struct gathering {
	const struct question *question;
	struct tare_case_ref *list; /* NULL: only count */
	size_t count;
};

static bool gather(void *cookie, const struct tare_case_ref *ref)
{
	struct gathering *gathering = cookie;

	if (!is_wanted(gathering->question, ref))
		return true;
	if (gathering->list)
		gathering->list[gathering->count] = *ref;
	gathering->count++;
	return true;
}

struct searching {
	const char *pattern;
	unsigned distance;
	char nearest[TARE_CASE_TEXT];
};

static bool measure(void *cookie, const struct tare_case_ref *ref)
{
	struct searching *searching = cookie;
	char text[TARE_CASE_TEXT];
	unsigned distance = tare__distance(searching->pattern, name_for(searching->pattern, ref, text));

	if (distance < searching->distance) {
		searching->distance = distance;
		memcpy(searching->nearest, text, sizeof text);
	}
	return distance > 0;
}

static int __attribute__((format(printf, 3, 4)))
refuse(const struct question *question, int status, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(question->error, question->room, format, list);
	va_end(list);
	return status;
}

static int refuse_pattern(const struct question *question, const char *pattern)
{
	struct searching searching = { .pattern = pattern, .distance = UINT32_MAX };
	struct question anywhere = *question;
	struct gathering elsewhere = { .question = &anywhere };

	anywhere.patterns = &pattern;
	anywhere.pattern_count = 1;
	anywhere.cell_pattern = NULL;
	walk(&anywhere, gather, &elsewhere);
	if (elsewhere.count > 0)
		return refuse(question, TARE_E_NOT_FOUND, "'%s' selects no case in the cells '%s'", pattern,
			question->cell_pattern);
	walk(question, measure, &searching);
	return refuse(question, TARE_E_NOT_FOUND, "'%s' selects no case; the nearest name is '%s'", pattern,
		searching.nearest);
}

static int check_cells(const struct question *question)
{
	char text[TARE_CELL_TEXT], nearest[TARE_CELL_TEXT] = "";
	unsigned distance = UINT32_MAX;
	size_t count;
	const struct tare_cell *cells = tare_cells(&count);

	for (size_t i = 0; i < count; i++) {
		if (cell_matches(question->cell_pattern, cells[i]))
			return TARE_OK;
		unsigned edits = tare__distance(question->cell_pattern, tare_cell_text(cells[i], text));
		if (edits < distance) {
			distance = edits;
			memcpy(nearest, text, sizeof text);
		}
	}
	return refuse(question, TARE_E_NOT_FOUND, "no cell of this build is called '%s'; the nearest is '%s'",
		question->cell_pattern, nearest);
}

static int check_patterns(const struct question *question)
{
	for (size_t i = 0; i < question->pattern_count; i++) {
		struct question one = *question;
		struct gathering found = { .question = &one };

		one.patterns = &question->patterns[i];
		one.pattern_count = 1;
		walk(&one, gather, &found);
		if (found.count == 0)
			return refuse_pattern(question, question->patterns[i]);
	}
	return TARE_OK;
}

int tare__select(struct tare_suite_list all, const char *const *patterns, size_t pattern_count,
	const char *cell_pattern, struct tare_case_ref **list, size_t *count, char *error, size_t room)
{
	struct question question = { all, patterns, pattern_count, cell_pattern, error, room };
	struct gathering chosen = { .question = &question };
	int status = check_cells(&question);

	if (status == TARE_OK)
		status = check_patterns(&question);
	if (status != TARE_OK)
		return status;
	walk(&question, gather, &chosen);
	if (chosen.count == 0)
		return refuse(&question, TARE_E_NOT_FOUND, "nothing is selected: no case holds in %s",
			cell_pattern ? cell_pattern : "any cell of this build");
	chosen.list = calloc(chosen.count, sizeof *chosen.list);
	if (!chosen.list)
		return refuse(&question, TARE_E_MEMORY, "%s", tare_status_sentence(TARE_E_MEMORY));
	chosen.count = 0;
	walk(&question, gather, &chosen);
	*list = chosen.list;
	*count = chosen.count;
	return TARE_OK;
}
