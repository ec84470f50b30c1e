/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a baseline says of a case that has ended.
 */
#include <tare/baseline.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <tare/engine.h>

#include "judge.h"

const struct tare_baseline_line *tare_baseline_find(const struct tare_baseline *baseline, const struct tare_case_ref *ref)
{
	for (size_t i = 0; i < baseline->count; i++) {
		const struct tare_baseline_line *line = &baseline->lines[i];
		for (size_t k = 0; k < line->case_count; k++)
			if (line->cases[k].spec == ref->spec && line->cases[k].cell.arch == ref->cell.arch &&
			    line->cases[k].cell.platform == ref->cell.platform && line->cases[k].cell.graph == ref->cell.graph)
				return line;
	}
	return NULL;
}

const char *tare_baseline_day(int64_t seconds_utc, unsigned days, char text[11])
{
	time_t when = (time_t)(seconds_utc + (int64_t)days * 86400);
	struct tm day;

	if (!gmtime_r(&when, &day) || strftime(text, 11, "%Y-%m-%d", &day) == 0)
		snprintf(text, 11, "1970-01-01");
	return text;
}

static void add_to_body(struct tare_outcome *outcome, const char *sentence)
{
	size_t used = strlen(outcome->body);

	snprintf(outcome->body + used, sizeof outcome->body - used, "      %s\n", sentence);
}

void tare__baseline_apply(const struct tare_run_options *options, const struct tare_case_ref *ref,
	struct tare_outcome *outcome)
{
	const struct tare_baseline *baseline = options->baseline;
	const struct tare_baseline_line *line = baseline ? tare_baseline_find(baseline, ref) : NULL;
	char sentence[TARE_SENTENCE];

	if (!line || outcome->verdict == TARE_SKIP)
		return;
	bool over = strcmp(options->today, line->expiry) > 0;
	snprintf(sentence, sizeof sentence, "%.80s:%u knows it as %s until %s%s: %.100s", baseline->path, line->number,
		tare_verdict_name(line->verdict), line->expiry, over ? ", which is over" : "", line->reason);
	if (outcome->verdict == TARE_PASS) {
		outcome->verdict = TARE_FAIL;
		snprintf(outcome->type, sizeof outcome->type, "Fail.Baseline");
		snprintf(outcome->message, sizeof outcome->message, "it passes, and %.240s", sentence);
		char name[TARE_CASE_TEXT];
		snprintf(outcome->body, sizeof outcome->body, "FAIL  %s\n", tare_case_text(ref, name));
		add_to_body(outcome, outcome->message);
		return;
	}
	add_to_body(outcome, sentence);
	if (outcome->verdict == line->verdict && !over)
		snprintf(outcome->known, sizeof outcome->known, "%.*s", (int)sizeof outcome->known - 1, line->reason);
}
