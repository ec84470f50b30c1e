/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows as sentences, and what a reading series can resolve.
 *
 * The words of a row come from the same data that is judged, so what `tare
 * explain` says can't drift from what is proved.
 */
#include "invariant_priv.h"

#include <inttypes.h>

#include <tare/object.h>

#define DRIVER_GRANULE 512 /* the driver counts device memory in these */

bool tare__is_difference(int when)
{
	return when == TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST || when == TARE_ROW_FROM_MARK_TO_LAST ||
		when == TARE_ROW_AFTER_CLOSE;
}

const char *tare__moment_words(int when)
{
	switch (when) {
	case TARE_ROW_AT_PEAK: return "at peak";
	case TARE_ROW_AFTER_OPEN: return "after open";
	case TARE_ROW_AFTER_FIRST_LAUNCH: return "after the first launch";
	case TARE_ROW_AFTER_LAST_LAUNCH: return "after the last launch";
	case TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST: return "from first launch to last";
	case TARE_ROW_FROM_MARK_TO_LAST: return "from mark to last";
	case TARE_ROW_AT_MARK: return "at mark";
	case TARE_ROW_BEFORE_CLOSE: return "before close";
	case TARE_ROW_AFTER_CLOSE: return "after close";
	case TARE_ROW_BEFORE: return "before";
	case TARE_ROW_ALL_BEFORE: return "all before";
	case TARE_ROW_EACH_BEFORE: return "before each";
	case TARE_ROW_TIMES: return "is called";
	default: return "at no known moment";
	}
}

const char *tare__relation_words(int relation)
{
	switch (relation) {
	case TARE_EXACTLY: return "exactly";
	case TARE_AT_MOST: return "at most";
	case TARE_AT_LEAST: return "at least";
	default: return "in no known relation to";
	}
}

const char *tare__call_name(int subject)
{
	return tare_call_info((enum tare_call_id)(subject - TARE_SUBJECT_CALL))->name;
}

void tare__add_subject(struct tare_text *text, const struct tare_then *row, enum tare_account account)
{
	if (row->what >= TARE_SUBJECT_CALL)
		tare_text_add(text, "%s", tare__call_name(row->what));
	else if (account < TARE_ACCOUNTS)
		tare_text_add(text, "%s", tare_account_words(account));
	else
		tare_text_add(text, "every account");
	if (row->what < TARE_SUBJECT_CALL)
		tare_text_add(text, ", %s", tare__moment_words(row->when));
}

/* Differences carry their sign. */
void tare__add_amount(struct tare_text *text, int when, int64_t amount)
{
	tare_text_add(text, tare__is_difference(when) && amount > 0 ? "+%" PRId64 : "%" PRId64, amount);
}

void tare__add_wanted(struct tare_text *text, const struct tare_then *row)
{
	tare_text_add(text, "%s ", tare__relation_words(row->is));
	tare__add_amount(text, row->when, row->amount);
	if (row->when == TARE_ROW_TIMES)
		tare_text_add(text, row->amount == 1 ? " time" : " times");
}

bool tare__is_order(const struct tare_then *row)
{
	return row->when >= TARE_ROW_BEFORE && row->when <= TARE_ROW_TIMES;
}

const char *tare_row_sentence(const struct tare_then *row, char sentence[TARE_SENTENCE])
{
	struct tare_text text = tare_text_over(sentence, TARE_SENTENCE);
	int account = row->what - TARE_SUBJECT_ACCOUNT;

	tare__add_subject(&text, row, account >= 0 && account < TARE_ACCOUNTS ? (enum tare_account)account : TARE_ACCOUNTS);
	if (!tare__is_order(row)) {
		tare_text_add(&text, ": ");
		tare__add_wanted(&text, row);
	} else if (row->when == TARE_ROW_TIMES) {
		tare_text_add(&text, " %s ", tare__moment_words(row->when));
		tare__add_wanted(&text, row);
	} else {
		tare_text_add(&text, " %s %s", tare__moment_words(row->when), tare__call_name(row->is));
	}
	return sentence;
}

/* What the process says is read at the end of the case, everything else after each launch. */
enum tare_moment tare__last_of(const struct tare_ledger_page *page, enum tare_account account)
{
	if (tare_account_reader(account) == TARE_READER_PROCESS && tare__taken(page, TARE_AT_LAST))
		return TARE_AT_LAST;
	return TARE_AT_LAST_LAUNCH;
}

struct tare_slope tare_slope_of(const struct tare_ledger_page *page, enum tare_account account)
{
	const struct tare_reading *first = &page->at[TARE_AT_FIRST_LAUNCH];
	const struct tare_reading *newest = &page->at[TARE_AT_LAST_LAUNCH];
	struct tare_slope slope = { 0 };

	if (!tare__taken(page, TARE_AT_FIRST_LAUNCH) || !tare__taken(page, TARE_AT_LAST_LAUNCH) ||
	    !tare__readable(page, account) || newest->launch <= first->launch)
		return slope;
	slope.launches = newest->launch - first->launch;
	int64_t grown = page->at[tare__last_of(page, account)].value[account] - first->value[account];
	slope.per_launch = (double)grown / slope.launches;
	slope.floor = (account == TARE_ACCOUNT_DRIVER_BYTES ? DRIVER_GRANULE : 1.0) / slope.launches;
	return slope;
}
