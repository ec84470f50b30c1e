/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NARROWEST 40

static bool is_wrong(enum tare_verdict verdict)
{
	return verdict != TARE_PASS && verdict != TARE_SKIP;
}

static bool counts_as_wrong(const struct tare_outcome *outcome)
{
	return is_wrong(outcome->verdict) && !outcome->known[0];
}

static struct tare__cell_count *cell_of(struct tare__view *view, struct tare_cell cell)
{
	size_t i = 0;

	while (i < view->cell_count &&
		(view->cells[i].cell.arch != cell.arch || view->cells[i].cell.platform != cell.platform ||
			view->cells[i].cell.graph != cell.graph))
		i++;
	if (i == view->cell_count)
		view->cells[view->cell_count++].cell = cell;
	return &view->cells[i];
}

void tare__view_open(struct tare__view *view, FILE *to, enum tare__colour colour, bool verbose,
	const struct tare_case_ref *list, size_t count)
{
	const char *terminal = getenv("TERM");
	struct winsize size = { 0 };

	view->to = to;
	view->verbose = verbose;
	view->total = count;
	view->live = isatty(fileno(to)) && terminal && strcmp(terminal, "dumb");
	view->colour =
		colour == TARE_COLOUR_ALWAYS || (colour == TARE_COLOUR_AUTO && view->live && !getenv("NO_COLOR"));
	view->columns =
		view->live && !ioctl(fileno(to), TIOCGWINSZ, &size) && size.ws_col >= NARROWEST ? size.ws_col : 80;
	for (size_t i = 0; i < count; i++)
		cell_of(view, list[i].cell)->planned++;
}

static const char *paint(const struct tare__view *view, enum tare_verdict verdict)
{
	if (!view->colour)
		return "";
	return verdict == TARE_PASS ? "\x1b[32m" : verdict == TARE_SKIP ? "\x1b[33m" : "\x1b[31m";
}

static const char *plain(const struct tare__view *view)
{
	return view->colour ? "\x1b[0m" : "";
}

static void wipe(const struct tare__view *view)
{
	if (view->live)
		fputs("\r\x1b[K", view->to);
}

static void draw(const struct tare__view *view, const char *running)
{
	char line[512];
	int used;

	if (!view->live)
		return;
	used = snprintf(line, sizeof(line), "%zu/%zu  %zu wrong  %s", view->done, view->total, view->wrong, running);
	if (used > 0 && (size_t)used >= view->columns)
		line[view->columns - 1] = '\0';
	wipe(view);
	fputs(line, view->to);
	fflush(view->to);
}

void tare__view_started(struct tare__view *view, const struct tare_case_ref *ref)
{
	char id[TARE_CASE_TEXT];

	draw(view, tare_case_text(ref, id));
}

void tare__view_swept(struct tare__view *view, const struct tare_case_ref *ref, const struct tare_sweep_tally *so_far)
{
	const struct tare_sweep_count *now = so_far->pairs.points ? &so_far->pairs : &so_far->single;
	char running[TARE_CASE_TEXT + 64], id[TARE_CASE_TEXT];

	snprintf(running, sizeof(running), "%s  %" PRIu32 " of %" PRIu32 " %s", tare_case_text(ref, id), now->retried,
		now->chosen, so_far->pairs.points ? "pairs" : "points");
	draw(view, running);
}

static void print_indented(FILE *to, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (length)
			fprintf(to, "      %.*s\n", (int)length, text);
		text += length + (text[length] != '\0');
	}
}

static void print_sweep(const struct tare__view *view, const struct tare_outcome *outcome)
{
	char text[TARE_SWEEP_TEXT];

	if (!outcome->sweep.calls)
		return;
	fprintf(view->to, "      %s\n", tare_sweep_words(&outcome->sweep, text));
	if (*tare_sweep_pair_words(&outcome->sweep, text))
		fprintf(view->to, "      %s\n", text);
}

/* What went wrong is told by the body, which begins with the verdict; other cases get one line. */
static void print_case(
	const struct tare__view *view, const struct tare_case_ref *ref, const struct tare_outcome *outcome)
{
	const char *word = tare_verdict_name(outcome->verdict);
	char id[TARE_CASE_TEXT];

	if (outcome->known[0]) {
		fprintf(view->to, "%sKNOWN%s  %s  %s: %s (%s)\n", paint(view, TARE_SKIP), plain(view),
			tare_case_text(ref, id), word, outcome->message, outcome->known);
		return;
	}
	fprintf(view->to, "%s%s%s", paint(view, outcome->verdict), word, plain(view));
	if (is_wrong(outcome->verdict) && !strncmp(outcome->body, word, strlen(word))) {
		fputs(outcome->body + strlen(word), view->to);
	} else {
		fprintf(view->to, "  %s  %" PRIu64 ".%03u s%s%s\n", tare_case_text(ref, id),
			outcome->microseconds / 1000000, (unsigned)(outcome->microseconds / 1000 % 1000),
			outcome->message[0] ? "  " : "", outcome->message);
	}
	print_sweep(view, outcome);
	if (outcome->log[0] && (view->verbose || is_wrong(outcome->verdict))) {
		fputs("      log:\n", view->to);
		print_indented(view->to, outcome->log);
	}
}

void tare__view_ended(struct tare__view *view, const struct tare_case_ref *ref, const struct tare_outcome *outcome)
{
	struct tare__cell_count *cell = cell_of(view, ref->cell);

	view->done++;
	view->wrong += counts_as_wrong(outcome);
	if (outcome->known[0])
		cell->known++;
	else
		cell->count[outcome->verdict]++;
	cell->microseconds += outcome->microseconds;
	cell->levels = tare_record_levels_add(cell->levels,
		(struct tare_record_levels){ outcome->levels_judged, outcome->levels_broken });
	if (view->live && outcome->verdict == TARE_PASS && !view->verbose && !outcome->sweep.calls) {
		draw(view, "");
		return;
	}
	wipe(view);
	print_case(view, ref, outcome);
	fflush(view->to);
}

static void print_cell(const struct tare__view *view, const struct tare__cell_count *cell)
{
	char text[TARE_CELL_TEXT], level[TARE_LEVELS_TEXT];
	size_t ended = 0;

	fprintf(view->to, "%-18s", tare_cell_text(cell->cell, text));
	for (int v = 0; v < TARE_VERDICTS; v++) {
		bool stands_out = cell->count[v] && is_wrong((enum tare_verdict)v);

		ended += cell->count[v];
		fprintf(view->to, "%s%8zu%s", stands_out ? paint(view, (enum tare_verdict)v) : "", cell->count[v],
			stands_out ? plain(view) : "");
	}
	fprintf(view->to, "%8zu%9zu%6" PRIu64 ".%03u s  %s\n", cell->known, cell->planned - ended - cell->known,
		cell->microseconds / 1000000, (unsigned)(cell->microseconds / 1000 % 1000),
		tare_record_levels_reached(cell->levels, level));
}

void tare__view_close(struct tare__view *view, const struct tare_run_summary *summary, bool interrupted)
{
	wipe(view);
	fprintf(view->to, "\n%-18s", "cell");
	for (int v = 0; v < TARE_VERDICTS; v++)
		fprintf(view->to, "%8s", tare_verdict_name((enum tare_verdict)v));
	fprintf(view->to, "%8s%9s%12s  %s\n", "known", "not run", "time", "level reached");
	for (size_t i = 0; i < view->cell_count; i++)
		print_cell(view, &view->cells[i]);
	fprintf(view->to, "%zu case%s, %zu passed, %zu wrong, %zu known, %zu skipped, %zu not run, %" PRIu64 ".%03u s%s\n",
		view->total, view->total == 1 ? "" : "s", summary->count[TARE_PASS], view->wrong, summary->known,
		summary->count[TARE_SKIP], view->total - view->done, summary->microseconds / 1000000,
		(unsigned)(summary->microseconds / 1000 % 1000), interrupted ? ", interrupted" : "");
}
