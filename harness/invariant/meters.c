/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three meters of device memory that share no variable: the tables, the
 * runner, the driver.  They never agree (images, streams and rounding are the
 * driver's alone), but what they disagree by must not move.
 *
 * With the driver's meter a launch is compared only if the tables hold as much
 * of everything as after the first one: the driver rounds blocks up and prices
 * images and streams as it likes, so a block more is no riddle there.
 */
#include "invariant_priv.h"

#include <inttypes.h>

#include <tare/object.h>

static const enum tare_account meters[] = {
	TARE_ACCOUNT_DEVICE_BYTES, TARE_ACCOUNT_RUNNER_BYTES, TARE_ACCOUNT_DRIVER_BYTES,
};

static const struct pair { unsigned a, b; } pairs[] = { { 0, 1 }, { 0, 2 }, { 1, 2 } };

static int64_t difference(const struct tare_reading *reading, struct pair pair)
{
	return reading->value[meters[pair.a]] - reading->value[meters[pair.b]];
}

static bool tables_hold_the_same(const struct tare_reading *a, const struct tare_reading *b)
{
	static const enum tare_account priced[] = {
		TARE_ACCOUNT_DEVICE_BLOCKS, TARE_ACCOUNT_DEVICE_BYTES, TARE_ACCOUNT_IMAGE_REGISTRATIONS,
		TARE_ACCOUNT_STREAMS, TARE_ACCOUNT_AICPU_BINARIES, TARE_ACCOUNT_FUNCTION_HANDLES,
	};

	for (size_t i = 0; i < TARE_COUNT(priced); i++)
		if (a->value[priced[i]] != b->value[priced[i]])
			return false;
	return true;
}

static bool moved(const struct tare_reading *first, const struct tare_reading *now, struct pair pair)
{
	bool with_driver = meters[pair.b] == TARE_ACCOUNT_DRIVER_BYTES;

	if (difference(now, pair) == difference(first, pair))
		return false;
	return !with_driver || tables_hold_the_same(first, now);
}

/* The first reading at which the pair has moved, or NULL. */
static const struct tare_reading *first_move(const struct tare_ledger_page *page, struct pair pair)
{
	const struct tare_reading *first = &page->at[TARE_AT_FIRST_LAUNCH];
	const struct tare_reading *last = &page->at[TARE_AT_LAST_LAUNCH];

	for (uint32_t i = 0; i < page->reading_count && i < TARE_READINGS; i++)
		if (page->series[i].launch >= first->launch && moved(first, &page->series[i], pair))
			return &page->series[i];
	return moved(first, last, pair) ? last : NULL;
}

/* Of two meters that parted, the one that also parted from the third; else the first that moved at all. */
static enum tare_account odd_one(const struct tare_ledger_page *page, const struct tare_reading *const moves[],
	size_t index)
{
	const struct pair pair = pairs[index];
	const struct tare_reading *first = &page->at[TARE_AT_FIRST_LAUNCH];
	unsigned parted[TARE_COUNT(meters)] = { 0 };

	for (size_t i = 0; i < TARE_COUNT(pairs); i++)
		if (moves[i]) {
			parted[pairs[i].a]++;
			parted[pairs[i].b]++;
		}
	if (parted[pair.a] != parted[pair.b])
		return meters[parted[pair.a] > parted[pair.b] ? pair.a : pair.b];
	return meters[moves[index]->value[meters[pair.a]] != first->value[meters[pair.a]] ? pair.a : pair.b];
}

static void say(struct tare__judgement *judgement, const struct tare_reading *const moves[], size_t index)
{
	const struct tare_ledger_page *page = judgement->page;
	const struct pair pair = pairs[index];
	const struct tare_reading *off = moves[index];
	struct tare_finding thrown_away;
	struct tare_finding *finding = tare__find(judgement, -1, odd_one(page, moves, index), &thrown_away);

	finding->leak = 1;
	finding->value = difference(off, pair) - difference(&page->at[TARE_AT_FIRST_LAUNCH], pair);
	finding->first_launch = off->launch;
	finding->by = page->growth[finding->account];
	struct tare_text text = tare_text_over(finding->sentence, sizeof finding->sentence);
	tare_text_add(&text, "%s less %s, %s: ", tare_account_words(meters[pair.a]), tare_account_words(meters[pair.b]),
		tare__moment_words(TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST));
	tare__add_amount(&text, TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, finding->value);
	tare_text_add(&text, " at launch %" PRIu32 ", wanted exactly 0", off->launch);
}

void tare__judge_meters(struct tare__judgement *judgement)
{
	const struct tare_ledger_page *page = judgement->page;
	const struct tare_reading *moves[TARE_COUNT(pairs)] = { NULL };

	if (!tare__taken(page, TARE_AT_FIRST_LAUNCH) || !tare__taken(page, TARE_AT_LAST_LAUNCH))
		return;
	for (size_t i = 0; i < TARE_COUNT(pairs); i++)
		if (tare__readable(page, meters[pairs[i].a]) && tare__readable(page, meters[pairs[i].b]))
			moves[i] = first_move(page, pairs[i]);
	for (size_t i = 0; i < TARE_COUNT(pairs); i++)
		if (moves[i])
			say(judgement, moves, i);
}
