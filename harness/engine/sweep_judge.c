/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's side of a sweep: what the end of each process says about the
 * point that it was at, and in the end one verdict for all of it.
 *
 * Completeness is the verdict.  A sweep that found nothing wrong and left a
 * point out has not passed, unless it was told to leave points out; then it
 * says so.
 */
#include "sweep.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <tare/object.h>
#include <tare/record.h>
#include <tare/status.h>

#include "judge.h"
#include "symbol.h"

#define INDENT      "      "
#define DEATHS_MOST 32 /* each costs a process, and one that hangs its deadline too */
#define SAID_MOST   8

static void note_death(struct tare_trial *trial, struct tare_sweep *sweep, uint32_t point)
{
	const struct tare_end *end = trial->end;
	enum tare_verdict verdict = end->ending == TARE_ENDED_BY_DEADLINE ? TARE_TIMEOUT : TARE_CRASH;
	char sentence[sizeof sweep->failures[0].sentence], name[16], type[48];

	if (verdict == TARE_TIMEOUT) {
		snprintf(sentence, sizeof sentence, "not over after %u s, at %s",
			tare__options_deadline_ms(trial->options, trial->ref->spec) / 1000u, sweep->doing);
		snprintf(type, sizeof type, "Timeout.Sweep");
	} else if (end->ending == TARE_ENDED_BY_SIGNAL) {
		snprintf(sentence, sizeof sentence, "ended by %s, at %s", tare_signal_name(end->signal, name), sweep->doing);
		snprintf(type, sizeof type, "Crash.%s", name);
	} else {
		snprintf(sentence, sizeof sentence, "left with status %d, at %s", end->status, sweep->doing);
		snprintf(type, sizeof type, strstr(end->output, "Sanitizer") ? "Crash.Sanitizer" : "Crash.Exit");
	}
	struct tare__sweep_failure *failure = tare__sweep_failed(sweep, point, (uint32_t)verdict, type, sentence);
	if (!failure)
		return;
	struct tare_text stack = tare_text_over(failure->stack, sizeof failure->stack);
	tare__body_crash(&stack, &trial->board->crash);
	if (!stack.used)
		tare_text_add(&stack, "%.1200s", end->output);
}

static void note_memcheck(struct tare_trial *trial, struct tare_sweep *sweep)
{
	struct tare_memcheck memcheck = { 0 };
	char type[48], message[TARE_SENTENCE];

	if (!trial->options->valgrind)
		return;
	tare__memcheck_read(trial, &memcheck);
	trial->memcheck = &memcheck;
	for (int leak = 0; leak < 2; leak++) {
		const struct tare_valgrind_finding *finding = tare__memcheck_find(trial, leak);
		if (!finding)
			continue;
		tare__memcheck_type(finding, type, sizeof type);
		tare__memcheck_message(finding, message, sizeof message);
		struct tare__sweep_failure *failure = tare__sweep_failed(sweep, TARE__NO_POINT,
			(uint32_t)(leak ? TARE_LEAK : TARE_FAIL), type, message);
		if (failure)
			snprintf(failure->stack, sizeof failure->stack, "%.*s", (int)sizeof failure->stack - 1, finding->text);
	}
	trial->memcheck = NULL;
}

bool tare__sweep_ended(struct tare_trial *trial, struct tare_board *board)
{
	struct tare_sweep *sweep = tare__sweep_of(board);
	uint32_t current = atomic_load(&sweep->current);

	if (!atomic_load(&sweep->listed))
		return false;
	if (trial->end->ending == TARE_ENDED)
		note_memcheck(trial, sweep);
	if (trial->end->ending != TARE_ENDED) {
		note_death(trial, sweep, current ? current - 1 : TARE__NO_POINT);
		sweep->wants_fresh = false;
		if (current)
			atomic_fetch_or(&sweep->points[current - 1].done, TARE__OVER | TARE__BAD);
		atomic_store(&sweep->current, 0);
		/* One that dies without a point dies again. */
		if (!current || ++sweep->deaths >= DEATHS_MOST)
			return false;
	}
	if (sweep->replay || atomic_load(&board->failure_count) > 0)
		return false;
	return sweep->wants_fresh || tare__points_next(sweep, false) != TARE__NO_POINT ||
	       tare__points_next(sweep, true) != TARE__NO_POINT;
}

/* -- the verdict ------------------------------------------------------------------------- */

static void count_out(struct tare_text *text, const char *what, const struct tare_sweep_count *count)
{
	tare_text_add(text, "%s %" PRIu32 ", chosen %" PRIu32 ", fired %" PRIu32 ", rolled back %" PRIu32 ", retried %" PRIu32,
		what, count->points, count->chosen, count->fired, count->rolled_back, count->retried);
	if (count->fresh)
		tare_text_add(text, " (%" PRIu32 " in a fresh process)", count->fresh);
}

/* All that was chosen went all the way, and what was not chosen was left out by a budget. */
static bool is_whole(const struct tare_sweep_count *count, uint32_t budget)
{
	return (count->chosen == count->points || budget > 0) && count->fired == count->chosen &&
	       count->rolled_back == count->chosen && count->retried == count->chosen;
}

static enum tare_verdict of_sweep(const struct tare_sweep *sweep, const struct tare_run_options *options,
	struct tare_outcome *outcome)
{
	const struct tare__sweep_failure *first = sweep->failures;
	const struct tare_sweep_tally *tally = &outcome->sweep;

	/* Points of a run that is another each time stray: that is the cause, and they are its shadow. */
	if (tally->unstable > 0) {
		snprintf(outcome->type, sizeof outcome->type, "Fail.Sweep.Unstable");
		snprintf(outcome->message, sizeof outcome->message, "%" PRIu32 " calls are made in one run and not in the next: %.180s",
			tally->unstable, sweep->strange);
		return TARE_FAIL;
	}
	if (atomic_load(&sweep->failure_count) > 0) {
		snprintf(outcome->type, sizeof outcome->type, "%s", first->type);
		snprintf(outcome->message, sizeof outcome->message, "%.*s", (int)sizeof outcome->message - 1, first->sentence);
		return (enum tare_verdict)first->verdict;
	}
	if (sweep->too_many || !tally->single.points || !is_whole(&tally->single, options->budget) ||
	    !is_whole(&tally->pairs, options->budget)) {
		snprintf(outcome->type, sizeof outcome->type, "Fail.Sweep.Incomplete");
		snprintf(outcome->message, sizeof outcome->message, "not every point was chosen, fired, rolled back and retried");
		return TARE_FAIL;
	}
	return TARE_PASS;
}

/* -- what a person reads -------------------------------------------------------------------- */

static void add_numbers(struct tare_text *text, const struct tare_outcome *outcome, const struct tare_sweep *sweep)
{
	const struct tare_sweep_tally *tally = &outcome->sweep;

	count_out(text, INDENT "points", &tally->single);
	tare_text_add(text, "; %" PRIu32 " calls, %" PRIu32 " paths, %" PRIu32 " processes\n", tally->calls, tally->paths,
		tally->processes);
	if (tally->pairs.points) {
		count_out(text, INDENT "pairs", &tally->pairs);
		tare_text_add(text, "\n");
	}
	if (tally->single.chosen < tally->single.points)
		tare_text_add(text, INDENT "fast: not all points were chosen\n");
	if (sweep->strange[0])
		tare_text_add(text, INDENT "unstable: %s\n", sweep->strange);
}

static void add_frames(struct tare_text *text, struct tare_symbols *symbols, void *const frames[4])
{
	char name[160];

	for (unsigned i = 0; i < 4 && frames[i]; i++)
		tare_text_add(text, "%s%s", i ? " < " : INDENT "    ",
			tare_symbol_name(symbols, (uint64_t)(uintptr_t)frames[i], 1, name, sizeof name));
	tare_text_add(text, "\n");
}

/* The same complaint about the same path: one cause, told once. */
static bool is_alike(const struct tare_sweep *sweep, const struct tare__sweep_failure *one,
	const struct tare__sweep_failure *other)
{
	if (one->point == TARE__NO_POINT || other->point == TARE__NO_POINT || strcmp(one->sentence, other->sentence) != 0)
		return false;
	const struct tare__sweep_point *first = &sweep->points[one->point], *second = &sweep->points[other->point];
	return first->call == second->call && memcmp(first->frames, second->frames, sizeof first->frames) == 0;
}

static bool was_told(const struct tare_sweep *sweep, const struct tare__sweep_failure *failure)
{
	for (const struct tare__sweep_failure *at = sweep->failures; at < failure; at++)
		if (is_alike(sweep, at, failure))
			return true;
	return false;
}

static void add_alike(struct tare_text *text, const struct tare_sweep *sweep, const struct tare__sweep_failure *failure)
{
	uint32_t count = atomic_load(&sweep->failure_count);
	char token[TARE_FAULT_TOKEN];

	for (uint32_t i = 0; i < count && i < TARE__SWEEP_FAILURES; i++)
		if (&sweep->failures[i] > failure && is_alike(sweep, failure, &sweep->failures[i]))
			tare_text_add(text, ", %s", strchr(tare__sweep_token(sweep, sweep->failures[i].point, token), '.') + 1);
}

static void add_failure(struct tare_text *text, struct tare_symbols *symbols, const struct tare_trial *trial,
	const struct tare_sweep *sweep, const struct tare__sweep_failure *failure)
{
	char token[TARE_FAULT_TOKEN];

	if (failure->point == TARE__NO_POINT) {
		tare_text_add(text, INDENT "%s\n%s", failure->sentence, failure->stack);
		return;
	}
	const struct tare__sweep_point *point = &sweep->points[failure->point];
	tare__sweep_token(sweep, failure->point, token);
	tare_text_add(text, INDENT "%s", failure->type);
	if (point->call != TARE_CALL_NONE)
		tare_text_add(text, ", when %s failed", tare_call_info((enum tare_call_id)point->call)->name);
	tare_text_add(text, " (%s", strchr(token, '.') + 1);
	add_alike(text, sweep, failure);
	tare_text_add(text, "):\n");
	if (point->frames[0])
		add_frames(text, symbols, point->frames);
	tare_text_add(text, INDENT "  %s\n%s", failure->sentence, failure->stack);
	tare__body_again(text, trial, token);
}

static void write_body(const struct tare_trial *trial, const struct tare_sweep *sweep, struct tare_outcome *outcome)
{
	struct tare_text text = tare_text_over(outcome->body, sizeof outcome->body);
	uint32_t count = atomic_load(&sweep->failure_count);

	tare__body_title(&text, trial, outcome);
	add_numbers(&text, outcome, sweep);
	if (outcome->verdict == TARE_PASS)
		return;
	const struct tare_board_crash *crash = &trial->board->crash;
	struct tare_symbols *symbols = count ? tare_symbols_open(crash->maps_used ? crash->maps : NULL, crash->maps_used) : NULL;
	uint32_t kept = count < TARE__SWEEP_FAILURES ? count : TARE__SWEEP_FAILURES;
	uint32_t said = 0, more = count - kept;
	for (uint32_t i = 0; i < kept; i++) {
		if (was_told(sweep, &sweep->failures[i]))
			continue;
		if (said++ < SAID_MOST)
			add_failure(&text, symbols, trial, sweep, &sweep->failures[i]);
		else
			more++;
	}
	if (more)
		tare_text_add(&text, INDENT "and %" PRIu32 " more points\n", more);
	tare_symbols_close(&symbols);
}

void tare__sweep_judge(struct tare_trial *trial, struct tare_board *board, struct tare_outcome *outcome)
{
	const struct tare_sweep *sweep = tare__sweep_of(board);
	const struct tare_run_options *options = trial->options;

	/* Without points it was an ordinary case that did not pass, and is told as one. */
	if (!atomic_load(&sweep->listed) && atomic_load(&sweep->failure_count) == 0) {
		tare__trial_judge(trial, outcome);
		return;
	}
	outcome->microseconds = trial->end->microseconds;
	outcome->sweep = tare__points_tally(sweep);
	outcome->points = sweep->calls;
	outcome->point_count = outcome->sweep.calls < TARE__SWEEP_CALLS ? outcome->sweep.calls : TARE__SWEEP_CALLS;
	outcome->points_ours = !options->target;
	outcome->verdict = outcome->raw = of_sweep(sweep, options, outcome);
	if (!sweep->replay && outcome->verdict != TARE_BROKEN) {
		outcome->levels_broken = outcome->verdict == TARE_PASS ? 0 : TARE_LEVEL(5);
		outcome->levels_judged = outcome->levels_broken | (options->budget == 0 ? TARE_LEVEL(5) : 0);
	}
	write_body(trial, sweep, outcome);
	struct tare_text text = tare_text_over(outcome->log, sizeof outcome->log);
	add_numbers(&text, outcome, sweep);
	char tail[TARE_ENGINE_TEXT / 2];
	tare_text_add(&text, "%s", tare_board_log_tail(board, tail, sizeof tail));
	if (trial->end->output[0])
		tare_text_add(&text, "printed:\n%s", trial->end->output);
}
