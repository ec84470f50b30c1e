/* SPDX-License-Identifier: Apache-2.0 */
/*
 * level - how far a runtime conforms, from what its cases judged and broke
 *
 * A level that nothing was said about is not reached: a run of three cases must
 * not promise what the whole list would have looked at.
 */
#include <tare/record.h>

#include <stdio.h>

#include <tare/text.h>

#define LEVELS 5
#define SWEPT (UINT32_C(1) << LEVELS)

static int has(uint32_t set, unsigned level)
{
	return set >> level & 1;
}

struct tare_record_levels tare_record_levels_add(struct tare_record_levels a, struct tare_record_levels b)
{
	return (struct tare_record_levels){ a.judged | b.judged, a.broken | b.broken };
}

unsigned tare_record_level_reached(struct tare_record_levels levels)
{
	unsigned level = 0;

	while (level < LEVELS && has(levels.judged, level + 1) && !has(levels.broken, level + 1))
		level++;
	return level;
}

const char *tare_record_levels_judged(struct tare_record_levels levels, char text[TARE_LEVELS_TEXT])
{
	struct tare_text list = tare_text_over(text, TARE_LEVELS_TEXT);
	const char *between = "";

	for (unsigned level = 1; level <= LEVELS; level++) {
		if (!has(levels.judged, level))
			continue;
		tare_text_add(&list, "%sL%u", between, level);
		between = " ";
	}
	if (!*between)
		tare_text_add(&list, "none");
	return text;
}

const char *tare_record_levels_reached(struct tare_record_levels levels, char text[TARE_LEVELS_TEXT])
{
	struct tare_text words = tare_text_over(text, TARE_LEVELS_TEXT);
	unsigned reached = tare_record_level_reached(levels), next = reached + 1;

	if (levels.judged == 0) {
		tare_text_add(&words, "none judged");
		return text;
	}
	/* What a sweep judges, and a sweep nothing else. */
	if (levels.judged == SWEPT) {
		tare_text_add(&words, "L%u alone%s", LEVELS, has(levels.broken, LEVELS) ? ", broken" : "");
		return text;
	}
	if (reached == 0)
		tare_text_add(&words, "none");
	else
		tare_text_add(&words, "L%u", reached);
	if (next <= LEVELS)
		tare_text_add(&words, ", L%u %s%s", next, has(levels.broken, next) ? "broken" : "not judged",
			next == LEVELS && !has(levels.judged, next) ? ": no sweep" : "");
	return text;
}
