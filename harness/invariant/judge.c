/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge of rows over accounts.
 *
 * A row that could not be judged is a finding, never a pass: a moment that was
 * not taken, readings that were not kept.  An account that can't be read in a
 * cell is left out here and named, with its reason, by whoever took it out.
 */
#include "invariant_priv.h"

#include <inttypes.h>
#include <stdint.h>

#include <tare/object.h>

/* One row over one account: what is allowed, and where it is read. */
struct question {
	const struct tare_ledger_page *page;
	const struct tare_then *row;
	int index;
	enum tare_account account;
	int64_t low, high;      /* the last reading must lie between them, both allowed */
	int64_t least, most;    /* and so must every reading of a launch */
};

struct tare_finding *tare__find(struct tare__judgement *judgement, int row, enum tare_account account,
	struct tare_finding *thrown_away)
{
	size_t index = judgement->count++;
	struct tare_finding *finding = index < judgement->room ? &judgement->findings[index] : thrown_away;

	*finding = (struct tare_finding){ .row = row, .account = account };
	return finding;
}

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Which moment a row reads last, and which it subtracts; TARE_MOMENTS: none. */
static enum tare_moment moment_of(const struct tare_ledger_page *page, int when, enum tare_account account)
{
	switch (when) {
	case TARE_ROW_AFTER_OPEN: return TARE_AT_OPEN;
	case TARE_ROW_AFTER_FIRST_LAUNCH: return TARE_AT_FIRST_LAUNCH;
	case TARE_ROW_AFTER_LAST_LAUNCH: return TARE_AT_LAST_LAUNCH;
	case TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST:
		return account < TARE_ACCOUNTS ? tare__last_of(page, account) : TARE_AT_LAST_LAUNCH;
	case TARE_ROW_FROM_MARK_TO_LAST: return TARE_AT_LAST;
	case TARE_ROW_AT_MARK: return TARE_AT_MARK;
	case TARE_ROW_BEFORE_CLOSE: return TARE_AT_LAST;
	case TARE_ROW_AFTER_CLOSE: return TARE_AT_CLOSE;
	default: return TARE_MOMENTS;
	}
}

static enum tare_moment base_of(int when)
{
	switch (when) {
	case TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST: return TARE_AT_FIRST_LAUNCH;
	case TARE_ROW_FROM_MARK_TO_LAST: return TARE_AT_MARK;
	case TARE_ROW_AFTER_CLOSE: return TARE_AT_START;
	default: return TARE_MOMENTS;
	}
}

static bool was_read(const struct tare_ledger_page *page, int when)
{
	enum tare_moment moment = moment_of(page, when, TARE_ACCOUNTS);
	enum tare_moment base = base_of(when);

	if (when == TARE_ROW_AT_PEAK)
		return page->taken_at != 0;
	if (moment == TARE_MOMENTS || !tare__taken(page, moment))
		return false;
	return base == TARE_MOMENTS || tare__taken(page, base);
}

static int64_t base_value(const struct question *question)
{
	enum tare_moment base = base_of(question->row->when);

	return base == TARE_MOMENTS ? 0 : question->page->at[base].value[question->account];
}

static int64_t value_of(const struct question *question)
{
	if (question->row->when == TARE_ROW_AT_PEAK)
		return question->page->peak[question->account];
	enum tare_moment moment = moment_of(question->page, question->row->when, question->account);
	return question->page->at[moment].value[question->account] - base_value(question);
}

static void set_limits(struct question *question)
{
	const struct tare_then *row = question->row;

	question->low = row->is == TARE_AT_MOST ? INT64_MIN : row->amount;
	question->high = row->is == TARE_AT_LEAST ? INT64_MAX : row->amount;
	if (row->when == TARE_ROW_AFTER_CLOSE && question->high != INT64_MAX)
		question->high += tare_account_stays(question->account);
	/* On the way to what is wanted exactly, an account may be anywhere between nothing and that. */
	question->least = row->is == TARE_EXACTLY ? lesser(0, question->low) : INT64_MIN;
	question->most = row->is == TARE_EXACTLY ? greater(0, question->high) : question->high;
}

/* The first reading of a launch that breaks the row, where it speaks of launches. */
static const struct tare_reading *first_off(const struct question *question)
{
	const struct tare_ledger_page *page = question->page;
	int when = question->row->when;
	bool difference = when == TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST;

	if (!difference && when != TARE_ROW_AT_PEAK && when != TARE_ROW_AFTER_LAST_LAUNCH &&
	    when != TARE_ROW_BEFORE_CLOSE)
		return NULL;
	for (uint32_t i = 0; i < page->reading_count && i < TARE_READINGS; i++) {
		const struct tare_reading *reading = &page->series[i];
		int64_t value = reading->value[question->account] - base_value(question);

		if (difference && reading->launch < page->at[TARE_AT_FIRST_LAUNCH].launch)
			continue;
		if (difference ? value < question->least || value > question->most : value > question->high)
			return reading;
	}
	return NULL;
}

static const struct tare_holding *survivor_of(const struct tare_ledger_page *page, enum tare_account account)
{
	for (uint32_t i = 0; i < page->survivor_count && i < TARE_SURVIVORS; i++)
		if (tare_account_stands_on(account, (enum tare_account)page->survivors[i].account))
			return &page->survivors[i];
	return NULL;
}

/* Who took, and at which launch it first showed. */
static void blame(const struct question *question, const struct tare_reading *off, struct tare_finding *finding)
{
	const struct tare_ledger_page *page = question->page;
	const struct tare_holding *grown = &page->growth[question->account];
	const struct tare_holding *survivor = survivor_of(page, question->account);
	bool closed = question->row->when == TARE_ROW_AFTER_CLOSE;

	if (off)
		finding->first_launch = off->launch;
	else if (question->row->when == TARE_ROW_AT_PEAK)
		finding->first_launch = page->peak_launch[question->account];
	if (finding->value < question->low)
		return;
	if (grown->call != TARE_CALL_NONE && !(closed && survivor))
		finding->by = *grown;
	else if (closed && survivor)
		finding->by = *survivor;
	if (finding->first_launch == 0 && finding->by.call != TARE_CALL_NONE)
		finding->first_launch = finding->by.launch;
}

static void judge_account(struct tare__judgement *judgement, struct question *question)
{
	struct tare_finding thrown_away;
	int64_t value = value_of(question);
	bool off_at_last = value < question->low || value > question->high;
	const struct tare_reading *off = first_off(question);
	bool between = !off_at_last && off && question->row->when == TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST;

	if (!off_at_last && !between)
		return;
	struct tare_finding *finding = tare__find(judgement, question->index, question->account, &thrown_away);
	finding->value = between ? off->value[question->account] - base_value(question) : value;
	/* Too few of something, or a counter, is behaviour; too many, or a drift, is a leak. */
	finding->leak = tare_account_reader(question->account) != TARE_READER_COUNTER &&
		(finding->value > question->high || tare__is_difference(question->row->when));
	blame(question, off, finding);

	struct tare_text text = tare_text_over(finding->sentence, sizeof finding->sentence);
	tare__add_subject(&text, question->row, question->account);
	tare_text_add(&text, ": ");
	tare__add_amount(&text, question->row->when, finding->value);
	if (between)
		tare_text_add(&text, " at launch %" PRIu32, off->launch);
	tare_text_add(&text, ", wanted ");
	tare__add_wanted(&text, question->row);
	if (question->row->when == TARE_ROW_AFTER_CLOSE && tare_account_stays(question->account) > 0)
		tare_text_add(&text, " (%" PRId64 " may stay)", tare_account_stays(question->account));
}

/* "Every account" leaves out what the row would say nothing about. */
bool tare__belongs_to_every(int when, enum tare_account account)
{
	enum tare_reader reader = tare_account_reader(account);

	if (reader == TARE_READER_COUNTER)
		return false;
	if (account == TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE && when == TARE_ROW_AFTER_CLOSE)
		return false; /* counts what ever was, so close can't bring it back */
	return reader != TARE_READER_PROCESS || tare__is_difference(when);
}

bool tare_row_readable(const struct tare_then *row, const struct tare_ledger_page *page)
{
	if (tare__is_order(row))
		return !page->untapped;
	if (row->what != TARE_SUBJECT_EVERY)
		return row->what < TARE_SUBJECT_ACCOUNT || row->what - TARE_SUBJECT_ACCOUNT >= (int)TARE_ACCOUNTS ||
			tare__readable(page, (enum tare_account)(row->what - TARE_SUBJECT_ACCOUNT));
	for (unsigned account = 0; account < TARE_ACCOUNTS; account++)
		if (tare__readable(page, (enum tare_account)account) &&
		    tare__belongs_to_every(row->when, (enum tare_account)account))
			return true;
	return false;
}

static void say_unread(struct tare__judgement *judgement, int index, const struct tare_then *row,
	enum tare_account account, const char *why)
{
	struct tare_finding thrown_away;
	struct tare_finding *finding = tare__find(judgement, index, account, &thrown_away);
	struct tare_text text = tare_text_over(finding->sentence, sizeof finding->sentence);

	tare__add_subject(&text, row, account);
	tare_text_add(&text, ": %s", why);
}

static void judge_row(struct tare__judgement *judgement, int index, const struct tare_then *row)
{
	const struct tare_ledger_page *page = judgement->page;
	bool every = row->what == TARE_SUBJECT_EVERY;
	enum tare_account only = every ? TARE_ACCOUNTS : (enum tare_account)(row->what - TARE_SUBJECT_ACCOUNT);
	size_t found = judgement->count;

	if (!every && (row->what < TARE_SUBJECT_ACCOUNT || only >= TARE_ACCOUNTS)) {
		say_unread(judgement, index, row, TARE_ACCOUNTS, "there is no such account");
		return;
	}
	if (!was_read(page, row->when)) {
		say_unread(judgement, index, row, only, "never read");
		return;
	}
	for (unsigned account = 0; account < TARE_ACCOUNTS; account++) {
		struct question question = { .page = page, .row = row, .index = index };

		question.account = (enum tare_account)account;
		if (!tare__readable(page, question.account))
			continue;
		if (every ? !tare__belongs_to_every(row->when, question.account) : question.account != only)
			continue;
		set_limits(&question);
		judge_account(judgement, &question);
	}
	if (judgement->count == found && page->readings_thinned > 0 && row->when == TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST)
		say_unread(judgement, index, row, only,
			"readings in between were not kept, so it can't be said");
}

static void judge_strangers(struct tare__judgement *judgement)
{
	struct tare_finding thrown_away;

	if (judgement->page->gives_of_strangers == 0)
		return;
	struct tare_finding *finding = tare__find(judgement, -1, TARE_ACCOUNTS, &thrown_away);
	finding->leak = 1;
	finding->value = (int64_t)judgement->page->gives_of_strangers;
	struct tare_text text = tare_text_over(finding->sentence, sizeof finding->sentence);
	tare_text_add(&text, "releases of what nobody held: %" PRId64 ", wanted exactly 0", finding->value);
}

size_t tare_judge(const struct tare_then *rows, size_t row_count, const struct tare_ledger_page *page,
	struct tare_finding *findings, size_t room)
{
	struct tare__judgement judgement = { .page = page, .findings = findings, .room = room };

	for (size_t i = 0; i < row_count && rows[i].what != TARE_SUBJECT_NONE; i++) {
		if (!tare_row_readable(&rows[i], page))
			continue;
		if (tare__is_order(&rows[i]))
			tare__judge_order(&judgement, (int)i, &rows[i]);
		else
			judge_row(&judgement, (int)i, &rows[i]);
	}
	tare__judge_meters(&judgement);
	judge_strangers(&judgement);
	return judgement.count;
}
