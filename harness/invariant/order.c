/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge of rows about the order of calls, read from the tallies and the ring.
 *
 * Only calls that succeeded are there for it, but for what may not come any
 * more: a call after the last reset is wrong whatever it returns.  How many there were, and which
 * was the first and the last, is known of all calls; the ring keeps the newest
 * and names the one that broke a row.  Which call was whose is in the ring
 * alone: where older calls are lost, a row about each of them can't be told,
 * which is a finding.
 */
#include "invariant_priv.h"

#include <inttypes.h>

/* What one pass over the ring finds about a row. */
struct walk {
	uint64_t lost;                            /* calls that the ring no longer holds */
	uint64_t subjects;
	uint64_t others;
	const struct tare_call_record *offence;   /* the call that broke the row */
};

static bool breaks(const struct tare_then *row, const struct walk *walk, bool is_subject)
{
	switch (row->when) {
	case TARE_ROW_BEFORE:
		return !is_subject && walk->others == 1 && walk->subjects == 0;
	case TARE_ROW_ALL_BEFORE:
		return is_subject && walk->others > 0;
	case TARE_ROW_EACH_BEFORE:
		return !is_subject && walk->others > walk->subjects;
	default:
		return is_subject && row->is != TARE_AT_LEAST && walk->subjects > (uint64_t)row->amount;
	}
}

static const struct tare_call_tally *tally_of(const struct tare_ledger_page *page, int what)
{
	return &page->tally[what - TARE_SUBJECT_CALL];
}

static uint64_t lost_calls(const struct tare_ledger_page *page)
{
	return page->call_count > TARE_RING ? page->call_count - TARE_RING : 0;
}

/* Of the successful calls of this kind, those that the ring no longer holds. */
static uint64_t lost_of(const struct tare_ledger_page *page, int what)
{
	uint64_t lost = tally_of(page, what)->count;

	for (uint64_t number = lost_calls(page); number < page->call_count; number++) {
		const struct tare_call_record *record = &page->ring[number % TARE_RING];

		lost -= record->result == 0 && record->call == (uint32_t)(what - TARE_SUBJECT_CALL);
	}
	return lost;
}

static struct walk go_through(const struct tare_ledger_page *page, const struct tare_then *row)
{
	struct walk walk = { .lost = lost_calls(page) };
	uint32_t subject = (uint32_t)(row->what - TARE_SUBJECT_CALL);
	uint32_t other = row->when == TARE_ROW_TIMES ? TARE_CALL_NONE : (uint32_t)(row->is - TARE_SUBJECT_CALL);

	if (walk.lost > 0) {
		walk.subjects = lost_of(page, row->what);
		walk.others = other == TARE_CALL_NONE ? 0 : lost_of(page, row->is);
	}
	for (uint64_t number = walk.lost; number < page->call_count; number++) {
		const struct tare_call_record *record = &page->ring[number % TARE_RING];
		bool is_subject = record->call == subject;

		if (!is_subject && record->call != other)
			continue;
		if (record->result != 0 && !(is_subject && row->when == TARE_ROW_ALL_BEFORE))
			continue;
		if (is_subject)
			walk.subjects++;
		else
			walk.others++;
		if (!walk.offence && breaks(row, &walk, is_subject))
			walk.offence = record;
	}
	return walk;
}

/* Opens a finding whose sentence begins with the row; what follows is added to *text. */
static struct tare_finding *open_finding(struct tare__judgement *judgement, int index,
	const struct tare_then *row, const struct tare_call_record *record, struct tare_finding *thrown_away,
	struct tare_text *text)
{
	struct tare_finding *finding = tare__find(judgement, index, TARE_ACCOUNTS, thrown_away);
	char sentence[TARE_SENTENCE];

	if (record) {
		finding->first_launch = record->launch;
		finding->by = (struct tare_holding){
			.account = TARE_ACCOUNTS, .call = record->call, .key = record->key,
			.launch = record->launch, .phase = record->phase,
		};
	}
	*text = tare_text_over(finding->sentence, sizeof finding->sentence);
	tare_text_add(text, "%s: ", tare_row_sentence(row, sentence));
	return finding;
}

static void judge_times(struct tare__judgement *judgement, int index, const struct tare_then *row,
	const struct walk *walk)
{
	struct tare_finding thrown_away;
	struct tare_text text;
	bool enough = row->is == TARE_AT_MOST || walk->subjects >= (uint64_t)row->amount;
	bool too_many = row->is != TARE_AT_LEAST && walk->subjects > (uint64_t)row->amount;

	if (enough && !too_many)
		return;
	struct tare_finding *finding = open_finding(judgement, index, row, walk->offence, &thrown_away, &text);
	finding->value = (int64_t)walk->subjects;
	tare_text_add(&text, "it was called %" PRIu64 " time%s", walk->subjects, walk->subjects == 1 ? "" : "s");
}

static const char *offence_words(int when)
{
	switch (when) {
	case TARE_ROW_BEFORE: return "the first of them came with none before it";
	case TARE_ROW_ALL_BEFORE: return "there was one after it";
	default: return "there was one with none of its own before it";
	}
}

static bool is_broken(const struct tare_ledger_page *page, const struct tare_then *row, const struct walk *walk)
{
	const struct tare_call_tally *subject = tally_of(page, row->what), *other = tally_of(page, row->is);

	if (row->when == TARE_ROW_EACH_BEFORE)
		return walk->offence != NULL;
	if (row->when == TARE_ROW_ALL_BEFORE)
		return other->count > 0 && subject->tried > other->first;
	return other->count > 0 && (subject->count == 0 || other->first < subject->first);
}

void tare__judge_order(struct tare__judgement *judgement, int index, const struct tare_then *row)
{
	struct walk walk = go_through(judgement->page, row);
	struct tare_finding thrown_away;
	struct tare_text text;

	if (row->when == TARE_ROW_TIMES) {
		judge_times(judgement, index, row, &walk);
		return;
	}
	bool told = walk.lost == 0 || row->when != TARE_ROW_EACH_BEFORE;
	bool broken = told && is_broken(judgement->page, row, &walk);
	if (told && !broken && walk.others > 0)
		return;
	open_finding(judgement, index, row, broken ? walk.offence : NULL, &thrown_away, &text);
	if (!told)
		tare_text_add(&text, "it can't be told, the first %" PRIu64 " calls were not kept", walk.lost);
	else if (broken)
		tare_text_add(&text, "%s", offence_words(row->when));
	else
		tare_text_add(&text, "%s was never called", tare__call_name(row->is));
	if (broken && walk.offence)
		tare_text_add(&text, ", in launch %" PRIu32, walk.offence->launch);
}
