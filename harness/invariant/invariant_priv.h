/* SPDX-License-Identifier: Apache-2.0 */
/* What the judges of rows, of order and of the meters share. */
#ifndef TARE_INVARIANT_PRIV_H
#define TARE_INVARIANT_PRIV_H

#include <stdbool.h>

#include <tare/invariant.h>
#include <tare/text.h>

/* Findings as they are made; those beyond the room are only counted. */
struct tare__judgement {
	const struct tare_ledger_page *page;
	struct tare_finding *findings;
	size_t room;
	size_t count;
};

/* Opens a finding about row (-1: none), without its sentence. Where there is no room it lies in *thrown_away. */
struct tare_finding *tare__find(struct tare__judgement *judgement, int row, enum tare_account account,
	struct tare_finding *thrown_away);

static inline bool tare__taken(const struct tare_ledger_page *page, enum tare_moment moment)
{
	return page->taken_at >> moment & 1;
}

static inline bool tare__readable(const struct tare_ledger_page *page, enum tare_account account)
{
	return page->readable >> account & 1;
}

/* Whether a row over every account at that moment speaks of this one. */
bool tare__belongs_to_every(int when, enum tare_account account);

bool tare__is_order(const struct tare_then *row);
void tare__judge_order(struct tare__judgement *judgement, int index, const struct tare_then *row);
void tare__judge_meters(struct tare__judgement *judgement);

/* The reading that ends "to last" for this account. */
enum tare_moment tare__last_of(const struct tare_ledger_page *page, enum tare_account account);

/* Words. */
bool tare__is_difference(int when);
const char *tare__moment_words(int when);
const char *tare__relation_words(int relation);
const char *tare__call_name(int subject);
void tare__add_subject(struct tare_text *text, const struct tare_then *row, enum tare_account account);
void tare__add_amount(struct tare_text *text, int when, int64_t amount);
void tare__add_wanted(struct tare_text *text, const struct tare_then *row);

#endif
