/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge of rows about the order of calls, read from the ring.
 *
 * Only calls that succeeded are there for it.  The ring keeps the newest
 * calls: where older ones are lost a row is broken by what is left, or held by
 * it (so many calls at least), or it can't be told, which is a finding.
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

static struct walk go_through(const struct tare_ledger_page *page, const struct tare_then *row)
{
	struct walk walk = { .lost = page->call_count > TARE_RING ? page->call_count - TARE_RING : 0 };
	uint32_t subject = (uint32_t)(row->what - TARE_SUBJECT_CALL);
	uint32_t other = row->when == TARE_ROW_TIMES ? TARE_CALL_NONE : (uint32_t)(row->is - TARE_SUBJECT_CALL);

	for (uint64_t number = walk.lost; number < page->call_count; number++) {
		const struct tare_call_record *record = &page->ring[number % TARE_RING];
		bool is_subject = record->call == subject;

		if (record->result != 0 || (!is_subject && record->call != other))
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

static void say_lost(struct tare_text *text, const struct walk *walk)
{
	tare_text_add(text, "it can't be told, the first %" PRIu64 " calls were not kept", walk->lost);
}

static void judge_times(struct tare__judgement *judgement, int index, const struct tare_then *row,
	const struct walk *walk)
{
	struct tare_finding thrown_away;
	struct tare_text text;
	bool enough = row->is == TARE_AT_MOST || walk->subjects >= (uint64_t)row->amount;
	bool certain = walk->lost == 0 || row->is == TARE_AT_LEAST;

	if (!walk->offence && enough && certain)
		return;
	struct tare_finding *finding = open_finding(judgement, index, row, walk->offence, &thrown_away, &text);
	finding->value = (int64_t)walk->subjects;
	if (walk->lost > 0 && !walk->offence)
		say_lost(&text, walk);
	else
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

void tare__judge_order(struct tare__judgement *judgement, int index, const struct tare_then *row)
{
	struct walk walk = go_through(judgement->page, row);
	struct tare_finding thrown_away;
	struct tare_text text;

	if (row->when == TARE_ROW_TIMES) {
		judge_times(judgement, index, row, &walk);
		return;
	}
	/* Of a row that wants something earlier, the lost calls may have been just that. */
	bool broken = walk.offence && (walk.lost == 0 || row->when == TARE_ROW_ALL_BEFORE);
	if (!broken && walk.lost == 0 && walk.others > 0)
		return;
	open_finding(judgement, index, row, broken ? walk.offence : NULL, &thrown_away, &text);
	if (broken)
		tare_text_add(&text, "%s, in launch %" PRIu32, offence_words(row->when), walk.offence->launch);
	else if (walk.lost > 0)
		say_lost(&text, &walk);
	else
		tare_text_add(&text, "%s was never called", tare__call_name(row->is));
}
