/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that were not judged, because what they speak of can't be read in this
 * target.  A report that leaves them out without a word would be a lie.
 */
#include "judge.h"

#include <tare/object.h>

static bool is_order(const struct tare_then *row)
{
	return row->when >= TARE_ROW_BEFORE;
}

size_t tare__rows_unread(const struct tare_trial *trial, int *first)
{
	const struct tare_then *rows = trial->ref->spec->then;
	size_t count = 0;

	*first = -1;
	for (int i = 0; i < TARE_ROWS && rows[i].when != TARE_ROW_NONE; i++) {
		if (tare_row_readable(&rows[i], &trial->board->page))
			continue;
		if (count++ == 0)
			*first = i;
	}
	return count;
}

const char *tare__unread_reason(const struct tare_trial *trial, const struct tare_then *row)
{
	const char *reason = NULL;

	if (is_order(row))
		return "without tare_ext_v1 the order of its calls is not seen";
	if (trial->target && row->what != TARE_SUBJECT_EVERY)
		reason = tare_target_reason(trial->target, (enum tare_account)(row->what - TARE_SUBJECT_ACCOUNT));
	return reason ? reason : "nothing that it speaks of can be read here";
}

static void add_rows(const struct tare_trial *trial, struct tare_text *text)
{
	const struct tare_then *rows = trial->ref->spec->then;
	char sentence[TARE_SENTENCE];

	for (int i = 0; i < TARE_ROWS && rows[i].when != TARE_ROW_NONE; i++)
		if (!tare_row_readable(&rows[i], &trial->board->page))
			tare_text_add(text, "not judged: %s: %s\n", tare_row_sentence(&rows[i], sentence),
				tare__unread_reason(trial, &rows[i]));
}

void tare__unread_write(const struct tare_trial *trial, struct tare_text *text)
{
	const struct tare_target *target = trial->target;

	if (!target || !target->unreadable[0].reason)
		return;
	add_rows(trial, text);
	tare_text_add(text, "not weighed:");
	for (size_t i = 0; i < TARE_ACCOUNTS && target->unreadable[i].reason; i++)
		tare_text_add(text, "%s %s", i ? "," : "", tare_account_words(target->unreadable[i].account));
	tare_text_add(text, "\n");
}
