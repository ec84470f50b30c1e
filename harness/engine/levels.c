/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Levels of conformance: what a case judged and broke of them, and what lies
 * above the level that was asked for.
 */
#include "judge.h"

/* A case that shall be caught tests the detector: it is judged whole, and says nothing about the runtime. */
static bool tests_the_detector(const struct tare_trial *trial)
{
	return trial->ref->spec->expect != TARE_PASS;
}

static unsigned most_of(const struct tare_trial *trial)
{
	return trial->options->level && !tests_the_detector(trial) ? trial->options->level : TARE_LEVELS_MOST;
}

/* Where a reset tears all down, nothing can be left: that says nothing about one that counts. */
static uint32_t evidence_of(const struct tare_trial *trial)
{
	uint32_t levels = (TARE_LEVEL(most_of(trial) + 1) - 1) & ~TARE_LEVEL(0);

	return trial->ref->spec->machine.reset == FULL_RESET || trial->options->full_reset ? levels & ~TARE_LEVEL(3) : levels;
}

/* They are gone for the verdict, and still told in the log. */
static void drop_above(struct tare_trial *trial)
{
	const struct tare_ledger_page *page = &trial->board->page;
	struct tare_text above = tare_text_over(trial->above, sizeof trial->above);
	size_t kept = 0;

	for (size_t i = 0; i < trial->finding_count; i++) {
		const struct tare_finding *finding = &trial->findings[i];

		if (!tare_levels_above(tare_finding_levels(finding, trial->ref->spec->then, page), most_of(trial)))
			trial->findings[kept++] = *finding;
		else
			tare_text_add(&above, "above level %u: %s\n", most_of(trial), finding->sentence);
	}
	trial->finding_count = kept;
}

void tare__levels_judge(struct tare_trial *trial, bool whole, struct tare_outcome *outcome)
{
	const struct tare_then *rows = trial->ref->spec->then;
	const struct tare_ledger_page *page = &trial->board->page;
	uint32_t judged = 0, broken = 0, evidence = evidence_of(trial);

	for (size_t i = 0; i < TARE_ROWS && rows[i].when != TARE_ROW_NONE; i++)
		judged |= tare_row_levels(&rows[i], page);
	/* Sim never resets a device, so no call of it can come after the last reset. */
	if (trial->ref->cell.platform == TARE_PLATFORM_SIM && judged & TARE_LEVEL(3))
		judged |= TARE_LEVEL(4);
	for (size_t i = 0; i < trial->finding_count; i++)
		broken |= tare_finding_levels(&trial->findings[i], rows, page);
	drop_above(trial);
	if (tests_the_detector(trial))
		return;
	/* Of a case that stopped half-way, what holds has not been put to the test. */
	outcome->levels_broken = broken & evidence;
	outcome->levels_judged = ((whole ? judged : 0) | broken) & evidence;
}

void tare__levels_write(const struct tare_trial *trial, struct tare_text *text)
{
	const struct tare_then *rows = trial->ref->spec->then;
	unsigned most = most_of(trial);
	char sentence[TARE_SENTENCE];

	if (most == TARE_LEVELS_MOST)
		return;
	for (int i = 0; i < TARE_ROWS && rows[i].when != TARE_ROW_NONE; i++)
		if (tare_row_levels(&rows[i], &trial->board->page) >= TARE_LEVEL(most + 1))
			tare_text_add(text, "not judged above level %u: %s\n", most, tare_row_sentence(&rows[i], sentence));
	tare_text_add(text, "%s", trial->above);
}
