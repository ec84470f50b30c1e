/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person reads about a case: what broke, when first, who took it, where
 * it crashed, and the command that shows it again.
 */
#include "judge.h"

#include <inttypes.h>
#include <string.h>

#include <tare/text.h>

#include "symbol.h"

#define INDENT "      "
#define SURVIVORS_SAID 4
#define FINDINGS_SAID  32
#define CRASH_FRAMES   24

static void add_frames(struct tare_text *text, struct tare_symbols *symbols, void *const *frames, size_t count)
{
	char name[160];

	for (size_t i = 0; i < count && frames[i]; i++)
		tare_text_add(text, "%s%s", i ? " < " : INDENT "  ",
			tare_symbol_name(symbols, (uint64_t)(uintptr_t)frames[i], 1, name, sizeof name));
	if (count > 0 && frames[0])
		tare_text_add(text, "\n");
}

static void add_first(struct tare_text *text, struct tare_symbols *symbols, const struct tare_finding *finding)
{
	const struct tare_holding *by = &finding->by;

	if (finding->first_launch == 0 && by->call == TARE_CALL_NONE)
		return;
	tare_text_add(text, INDENT);
	if (finding->first_launch > 0)
		tare_text_add(text, "first broken at launch %" PRIu32, finding->first_launch);
	if (by->call != TARE_CALL_NONE && by->call < TARE_CALLS)
		tare_text_add(text, "%sby %s", finding->first_launch > 0 ? ", " : "",
			tare_call_info((enum tare_call_id)by->call)->name);
	if (by->refused > 0)
		tare_text_add(text, ", and %" PRIu32 " releases of it failed", by->refused);
	tare_text_add(text, "\n");
	if (by->call != TARE_CALL_NONE)
		add_frames(text, symbols, by->frames, 4);
}

static int same_taker(const struct tare_finding *one, const struct tare_finding *other)
{
	return one->first_launch == other->first_launch && one->by.call == other->by.call &&
	       memcmp(one->by.frames, other->by.frames, sizeof one->by.frames) == 0;
}

/* Several rows often break by one cause: the cause is said once, behind the last of them. */
static void add_findings(struct tare_text *text, struct tare_symbols *symbols, const struct tare_trial *trial)
{
	size_t count = trial->finding_count < FINDINGS_SAID ? trial->finding_count : FINDINGS_SAID;

	for (size_t i = 0; i < count; i++) {
		const struct tare_finding *finding = &trial->findings[i];
		tare_text_add(text, INDENT "%s\n", finding->sentence);
		if (i + 1 == count || !same_taker(finding, finding + 1))
			add_first(text, symbols, finding);
	}
	if (trial->finding_count > count)
		tare_text_add(text, INDENT "and %zu more\n", trial->finding_count - count);
}

static void add_failures(struct tare_text *text, const struct tare_board *board)
{
	uint32_t count = atomic_load(&board->failure_count);

	for (uint32_t i = 0; i < count && i < TARE_BOARD_FAILURES; i++)
		tare_text_add(text, INDENT "%s\n" INDENT "  (%" PRIu32 " launches so far)\n", board->failures[i].sentence,
			board->failures[i].launch);
}

void tare__body_crash(struct tare_text *text, const struct tare_board_crash *crash)
{
	char name[256], signal_name[16];
	uint64_t frames[CRASH_FRAMES];

	if (atomic_load(&crash->signal) == 0)
		return;
	struct tare_symbols *symbols = tare_symbols_open(crash->maps, crash->maps_used);
	tare_text_add(text, INDENT "%s at address 0x%" PRIx64 "\n",
		tare_signal_name((int)atomic_load(&crash->signal), signal_name), crash->address);
	size_t count = tare_symbols_unwind(symbols, crash, frames, CRASH_FRAMES);
	for (size_t i = 0; i < count; i++)
		tare_text_add(text, INDENT "  #%-2zu %s\n", i,
			tare_symbol_name(symbols, frames[i], i > 0, name, sizeof name));
	tare_symbols_close(&symbols);
}

static bool same_hands(const struct tare_holding *one, const struct tare_holding *other)
{
	return one->call == other->call && memcmp(one->frames, other->frames, sizeof one->frames) == 0;
}

/* A thousand blocks by one taker are one thing to know, and none where a finding has named the taker. */
static bool is_told(const struct tare_trial *trial, uint32_t index)
{
	const struct tare_holding *list = trial->board->page.survivors;

	for (size_t i = 0; i < trial->finding_count; i++)
		if (same_hands(&trial->findings[i].by, &list[index]))
			return true;
	for (uint32_t i = 0; i < index; i++)
		if (same_hands(&list[i], &list[index]))
			return true;
	return false;
}

static void add_survivors(struct tare_text *text, struct tare_symbols *symbols, const struct tare_trial *trial)
{
	const struct tare_ledger_page *page = &trial->board->page;
	uint32_t said = 0;

	for (uint32_t i = 0; i < page->survivor_count && i < TARE_SURVIVORS && said < SURVIVORS_SAID; i++) {
		const struct tare_holding *held = &page->survivors[i];
		if (is_told(trial, i))
			continue;
		tare_text_add(text, INDENT "still held: %s 0x%" PRIx64 ", %" PRIu64 ", of context %" PRIu32 ", since launch %" PRIu32
			"\n", tare_account_words((enum tare_account)held->account), held->key, held->amount, held->generation,
			held->launch);
		add_frames(text, symbols, held->frames, 4);
		said++;
	}
	if (page->survivor_count > said)
		tare_text_add(text, INDENT "held after close, in all: %" PRIu32 "\n", page->survivor_count);
}

void tare__body_again(struct tare_text *text, const struct tare_trial *trial, const char *token)
{
	const struct tare_run_options *options = trial->options;
	char name[TARE_CASE_TEXT];

	if (options->again) {
		tare_text_add(text, INDENT "again: %s %s\n", options->self, options->again);
		return;
	}
	tare_text_add(text, INDENT "again: %s run %s %s", options->self, options->valgrind ? "--valgrind" : "--here",
		tare_case_text(trial->ref, name));
	if (options->target)
		tare_text_add(text, " --target %s", options->target->path);
	if (options->launches)
		tare_text_add(text, " --launches %" PRIu32, options->launches);
	if (options->level)
		tare_text_add(text, " --level %" PRIu32, options->level);
	if (options->seed != 1)
		tare_text_add(text, " --seed %" PRIu64, options->seed);
	if (token)
		tare_text_add(text, " --fault %s", token);
	tare_text_add(text, "\n");
}

void tare__body_title(struct tare_text *text, const struct tare_trial *trial, const struct tare_outcome *outcome)
{
	char cell[TARE_CELL_TEXT];

	tare_text_add(text, "%s  %s.%s  %s  %.2f s\n", tare_verdict_name(outcome->verdict), trial->ref->suite->name,
		trial->ref->spec->name, tare_cell_text(trial->ref->cell, cell), (double)outcome->microseconds / 1e6);
}

/* A child that noted its address space had objects that this process has not. */
static struct tare_symbols *open_symbols(const struct tare_board *board)
{
	const struct tare_board_crash *crash = &board->crash;

	return crash->maps_used ? tare_symbols_open(crash->maps, crash->maps_used) : tare_symbols_open(NULL, 0);
}

void tare__body_write(const struct tare_trial *trial, struct tare_outcome *outcome)
{
	struct tare_text text = tare_text_over(outcome->body, sizeof outcome->body);
	bool finished = trial->end->ending == TARE_ENDED;

	tare__body_title(&text, trial, outcome);
	if (outcome->verdict == TARE_PASS)
		return;
	/* Names cost a reading of the debug information: only here, where something failed. */
	struct tare_symbols *symbols = finished && outcome->verdict != TARE_SKIP ? open_symbols(trial->board) : NULL;
	if (!finished || outcome->raw != outcome->verdict || trial->end->leftovers > 0)
		tare_text_add(&text, INDENT "%s\n", outcome->message);
	add_failures(&text, trial->board);
	add_findings(&text, symbols, trial);
	if (finished && trial->finding_count > 0)
		add_survivors(&text, symbols, trial);
	tare__memcheck_body(&text, trial);
	if (!finished)
		tare__body_crash(&text, &trial->board->crash);
	if (trial->end->leftovers > 0)
		tare_text_add(&text, INDENT "processes left behind, and ended by us: %" PRIu32 "\n", trial->end->leftovers);
	if (trial->options->keep)
		tare_text_add(&text, INDENT "directory: %s\n", trial->end->directory);
	tare__body_again(&text, trial, NULL);
	tare_symbols_close(&symbols);
}

/* A pass says how small a leak it would have seen. */
static void add_resolution(struct tare_text *text, const struct tare_ledger_page *page)
{
	static const enum tare_account said[] = { TARE_ACCOUNT_DEVICE_BYTES, TARE_ACCOUNT_DEVICE_BLOCKS,
		TARE_ACCOUNT_IMAGE_REGISTRATIONS };

	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
		if (!(page->readable >> said[i] & 1))
			continue;
		struct tare_slope slope = tare_slope_of(page, said[i]);
		if (slope.launches < 2)
			return;
		tare_text_add(text, "resolution: %s %+.3g per launch, seen from %.3g on, over %" PRIu32 " launches\n",
			tare_account_words(said[i]), slope.per_launch, slope.floor, slope.launches);
	}
}

/* How much smaller a case is there than what its rows were written for. */
static void add_scale(struct tare_text *text, const struct tare_trial *trial)
{
	const struct tare_spec *spec = trial->ref->spec;

	if (!trial->memcheck)
		return;
	tare_text_add(text, "scale: under valgrind, a card of 8 GiB at most, deadline %" PRIu32 " s",
		tare__options_deadline_ms(trial->options, spec) / 1000u);
	if (trial->ref->cell.graph == TARE_GRAPH_TRB)
		tare_text_add(text, ", rings of 32 tasks, 256 KiB and 64 dependencies where it does not say how large");
	if (spec->launches)
		tare_text_add(text, ", %" PRIu32 " launches (elsewhere %" PRIu32 ")", trial->launches, spec->launches);
	tare_text_add(text, "\n");
}

void tare__log_write(const struct tare_trial *trial, struct tare_outcome *outcome)
{
	struct tare_text text = tare_text_over(outcome->log, sizeof outcome->log);
	char tail[TARE_ENGINE_TEXT / 2];

	if (outcome->verdict == TARE_PASS && *outcome->message)
		tare_text_add(&text, "verdict: %s\n", outcome->message);
	add_scale(&text, trial);
	/* A case that must be caught passes when it was: what caught it is told here. */
	if (outcome->verdict == TARE_PASS)
		tare__memcheck_body(&text, trial);
	if (trial->end->ending == TARE_ENDED && outcome->raw == TARE_PASS)
		add_resolution(&text, &trial->board->page);
	if (trial->end->ending == TARE_ENDED)
		tare__unread_write(trial, &text);
	if (trial->end->ending == TARE_ENDED)
		tare__levels_write(trial, &text);
	tare_text_add(&text, "%s", tare_board_log_tail(trial->board, tail, sizeof tail));
	if (trial->end->output[0])
		tare_text_add(&text, "printed:\n%s", trial->end->output);
}
