/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the process ended comes first, then what broke in it, then the ledger.
 *
 * A failed call and a broken row often come together.  The ledger's word is
 * the stronger one where it says that there is more than there may be; that
 * there is less is no leak, it is what a call that failed did not do.
 */
#include "judge.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

const char *tare_verdict_name(enum tare_verdict verdict)
{
	static const char *const names[TARE_VERDICTS] = { "PASS", "FAIL", "LEAK", "CRASH", "TIMEOUT", "BROKEN", "SKIP" };

	return verdict < TARE_VERDICTS ? names[verdict] : "?";
}

int tare_exit_status(const struct tare_run_summary *summary, bool interrupted)
{
	size_t judged = summary->known;

	for (int i = 0; i < TARE_VERDICTS; i++)
		judged += summary->count[i];
	if (interrupted)
		return 130;
	if (judged == 0)
		return 2;
	/* Of a foreign runtime some accounts are out of reach; one of which nothing could be said has not passed. */
	if (summary->foreign)
		judged -= summary->count[TARE_SKIP];
	if (judged == 0)
		return 2;
	return judged == summary->count[TARE_PASS] + summary->known ? 0 : 1;
}

void tare__type_text(char *type, size_t size, const char *kind, const char *words)
{
	size_t used = (size_t)snprintf(type, size, "%s.", kind);
	int start = 1;

	for (; *words && used + 1 < size; words++) {
		if (!isalnum((unsigned char)*words)) {
			start = 1;
			continue;
		}
		type[used++] = (char)(start ? toupper((unsigned char)*words) : *words);
		start = 0;
	}
	type[used < size ? used : size - 1] = '\0';
}

static enum tare_verdict say(struct tare_outcome *outcome, enum tare_verdict verdict, const char *type, const char *message)
{
	snprintf(outcome->type, sizeof outcome->type, "%s", type);
	snprintf(outcome->message, sizeof outcome->message, "%.*s", (int)sizeof outcome->message - 1, message);
	return verdict;
}

static enum tare_verdict of_signal(const struct tare_trial *trial, struct tare_outcome *outcome)
{
	char name[16], type[32], text[TARE_SENTENCE];
	int closing = atomic_load(&trial->board->state) == TARE_BOARD_CLOSING;

	tare_signal_name(trial->end->signal, name);
	snprintf(type, sizeof type, "Crash.%s", name);
	snprintf(text, sizeof text, "ended by %s%s%s", name, closing ? " while it was closed" : "",
		trial->end->signal == SIGKILL ? ", from outside" : "");
	return say(outcome, TARE_CRASH, type, text);
}

static enum tare_verdict of_deadline(const struct tare_trial *trial, struct tare_outcome *outcome)
{
	char text[TARE_SENTENCE];
	uint32_t seconds = tare__options_deadline_ms(trial->options, trial->ref->spec) / 1000u;

	snprintf(text, sizeof text, "not over after %u s%s", seconds,
		trial->end->signal == SIGKILL ? ", and deaf to SIGTERM" : "");
	return say(outcome, TARE_TIMEOUT, "Timeout.Deadline", text);
}

static enum tare_verdict of_early_end(const struct tare_trial *trial, struct tare_outcome *outcome)
{
	char text[TARE_SENTENCE];

	/* A sanitizer prints its report and leaves with a status: that was a crash. */
	if (trial->end->status != 0 && strstr(trial->end->output, "Sanitizer"))
		return say(outcome, TARE_CRASH, "Crash.Sanitizer", "ended by a sanitizer");
	snprintf(text, sizeof text, "exit(%d) inside the case", trial->end->status);
	return say(outcome, TARE_BROKEN, "Broken.Exit", text);
}

static enum tare_verdict of_start(const struct tare_trial *trial, struct tare_outcome *outcome)
{
	char text[TARE_SENTENCE];

	snprintf(text, sizeof text, "the host refused a process, a pipe or a directory: %s", strerror(trial->end->status));
	return say(outcome, TARE_BROKEN, "Broken.Start", text);
}

/* More than there may be, as far as the row says how much that is. */
static int is_too_much(const struct tare_trial *trial, const struct tare_finding *finding)
{
	if (!finding->leak)
		return 0;
	return finding->row < 0 || finding->value > trial->ref->spec->then[finding->row].amount;
}

static const struct tare_finding *find_finding(const struct tare_trial *trial, int too_much)
{
	for (size_t i = 0; i < trial->finding_count; i++)
		if (is_too_much(trial, &trial->findings[i]) == too_much)
			return &trial->findings[i];
	return NULL;
}

static const struct tare_board_failure *find_failure(const struct tare_board *board, enum tare_verdict kind)
{
	uint32_t count = atomic_load(&board->failure_count);

	for (uint32_t i = 0; i < count && i < TARE_BOARD_FAILURES; i++)
		if (board->failures[i].kind == (uint32_t)kind)
			return &board->failures[i];
	return NULL;
}

static enum tare_verdict of_finding(const struct tare_finding *finding, struct tare_outcome *outcome)
{
	char type[64];

	if (finding->leak && finding->account == TARE_ACCOUNTS)
		snprintf(type, sizeof type, "Leak.Ledger");
	else if (finding->leak)
		tare__type_text(type, sizeof type, "Leak", tare_account_name(finding->account));
	else
		snprintf(type, sizeof type, "Fail.Row");
	return say(outcome, finding->leak ? TARE_LEAK : TARE_FAIL, type, finding->sentence);
}

static enum tare_verdict of_memcheck(const struct tare_valgrind_finding *finding, struct tare_outcome *outcome)
{
	char type[64], message[TARE_SENTENCE];

	tare__memcheck_type(finding, type, sizeof type);
	tare__memcheck_message(finding, message, sizeof message);
	return say(outcome, finding->leak ? TARE_LEAK : TARE_FAIL, type, message);
}

/* What the case and its process did; valgrind's word on what they lost comes behind it. */
static enum tare_verdict of_remains(const struct tare_trial *trial, struct tare_outcome *outcome)
{
	const struct tare_valgrind_finding *lost = tare__memcheck_find(trial, true);
	const struct tare_finding *other = find_finding(trial, 0);

	if (lost)
		return of_memcheck(lost, outcome);
	if (other)
		return of_finding(other, outcome);
	if (trial->end->leftovers > 0)
		return say(outcome, TARE_LEAK, "Leak.Children", "processes were left behind");
	if (trial->memcheck && trial->memcheck->trouble[0])
		return say(outcome, TARE_BROKEN, "Broken.Valgrind", trial->memcheck->trouble);
	return say(outcome, TARE_PASS, "", "");
}

static enum tare_verdict of_finished(const struct tare_trial *trial, struct tare_outcome *outcome)
{
	static const enum tare_verdict stops[] = { TARE_BROKEN, TARE_SKIP };

	for (size_t i = 0; i < TARE_COUNT(stops); i++) {
		const struct tare_board_failure *stop = find_failure(trial->board, stops[i]);
		if (stop)
			return say(outcome, stops[i], stop->type, stop->sentence);
	}
	const struct tare_finding *leak = find_finding(trial, 1);
	if (leak)
		return of_finding(leak, outcome);
	const struct tare_valgrind_finding *error = tare__memcheck_find(trial, false);
	if (error)
		return of_memcheck(error, outcome);
	const struct tare_board_failure *failure = find_failure(trial->board, TARE_FAIL);
	if (failure)
		return say(outcome, TARE_FAIL, failure->type, failure->sentence);
	return of_remains(trial, outcome);
}

static enum tare_verdict raw_of(const struct tare_trial *trial, struct tare_outcome *outcome)
{
	switch (trial->end->ending) {
	case TARE_ENDED:             return of_finished(trial, outcome);
	case TARE_ENDED_UNFINISHED:  return of_early_end(trial, outcome);
	case TARE_ENDED_BY_SIGNAL:   return of_signal(trial, outcome);
	case TARE_ENDED_BY_DEADLINE: return of_deadline(trial, outcome);
	case TARE_ENDED_INTERRUPTED: return say(outcome, TARE_BROKEN, "Broken.Interrupted", "interrupted");
	case TARE_NOT_STARTED:       return of_start(trial, outcome);
	}
	return say(outcome, TARE_BROKEN, "Broken.Ending", "it is not known how it ended");
}

enum tare_verdict tare__verdict_met(enum tare_verdict raw, enum tare_verdict expected)
{
	if (raw == expected)
		return TARE_PASS;
	/* Neither says that the detector is blind. */
	if (raw == TARE_SKIP || raw == TARE_BROKEN)
		return raw;
	return expected == TARE_PASS ? raw : TARE_FAIL;
}

/* What nobody could look at has not passed. */
static enum tare_verdict of_rows(const struct tare_trial *trial, struct tare_outcome *outcome, size_t rows)
{
	char text[TARE_SENTENCE];
	int first;

	if (tare__rows_unread(trial, &first) < rows)
		return TARE_PASS;
	snprintf(text, sizeof text, "none of its rows can be judged here: %s",
		tare__unread_reason(trial, &trial->ref->spec->then[first]));
	return say(outcome, TARE_SKIP, "Skip.Unreadable", text);
}

static void compare_with_expected(const struct tare_trial *trial, struct tare_outcome *outcome)
{
	enum tare_verdict expected = tare__options_expected(trial->options, trial->ref->spec);
	char before[TARE_SENTENCE];

	outcome->verdict = tare__verdict_met(outcome->raw, expected);
	if (expected == TARE_PASS)
		return;
	snprintf(before, sizeof before, "%s", outcome->message);
	if (outcome->verdict == TARE_PASS) {
		snprintf(outcome->message, sizeof outcome->message, "%s, as expected: %.200s", tare_verdict_name(expected), before);
	} else if (outcome->verdict == TARE_FAIL) {
		snprintf(outcome->type, sizeof outcome->type, "Fail.Detector");
		snprintf(outcome->message, sizeof outcome->message, "wanted %s, judged %s%s%.200s", tare_verdict_name(expected),
			tare_verdict_name(outcome->raw), *before ? ": " : "", before);
	}
}

static void weigh(struct tare_trial *trial, size_t rows, struct tare_outcome *outcome)
{
	trial->finding_count = tare_judge(trial->ref->spec->then, rows, &trial->board->page, trial->findings,
		TARE__FINDINGS);
	tare_must(trial->finding_count <= TARE__FINDINGS);
	tare__levels_judge(trial, !find_failure(trial->board, TARE_FAIL), outcome);
}

void tare__trial_judge(struct tare_trial *trial, struct tare_outcome *outcome)
{
	const struct tare_spec *spec = trial->ref->spec;
	size_t rows = 0;

	outcome->microseconds = trial->end->microseconds;
	while (rows < TARE_ROWS && spec->then[rows].when != TARE_ROW_NONE)
		rows++;
	trial->finding_count = 0;
	trial->above[0] = '\0';
	if (trial->end->ending == TARE_ENDED && !find_failure(trial->board, TARE_SKIP) &&
	    !find_failure(trial->board, TARE_BROKEN))
		weigh(trial, rows, outcome);
	outcome->raw = raw_of(trial, outcome);
	if (outcome->raw == TARE_PASS && rows > 0)
		outcome->raw = of_rows(trial, outcome, rows);
	compare_with_expected(trial, outcome);
	tare__body_write(trial, outcome);
	tare__log_write(trial, outcome);
}
