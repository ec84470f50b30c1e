/* SPDX-License-Identifier: Apache-2.0 */
/*
 * baseline - failures that are known, each with a reason and an end
 *
 *   # a comment
 *   PATTERN VERDICT EXPIRY REASON...
 *   memory.largest_block@a5/sim/hbg  LEAK  2027-03-31  the block is lost when growth fails (#123)
 *
 * A known failure does not fail the run.  One that passes does, so does one
 * whose day is over: a line that nobody needs any more is not kept unseen.
 */
#ifndef TARE_BASELINE_H
#define TARE_BASELINE_H

#include <stddef.h>
#include <stdint.h>

#include <tare/registry.h>

struct tare_baseline_line {
	const char *pattern;         /* strings owned by the baseline */
	const char *reason;
	enum tare_verdict verdict;
	char expiry[11];             /* the last day on which it holds, "2027-03-31" */
	unsigned number;             /* in the file, from 1 */
	struct tare_case_ref *cases; /* what the pattern matches; owned */
	size_t case_count;
};

struct tare_baseline {
	char *path, *text;
	struct tare_baseline_line *lines;
	size_t count;
};

/*
 * TARE_E_IO, TARE_E_ARGUMENT for a line that is malformed, matches no case at
 * all, or a case that another has, TARE_E_MEMORY; error says "FILE:LINE: why".
 */
int tare_baseline_read(struct tare_baseline **baseline, const char *path, char *error, size_t room);
void tare_baseline_free(struct tare_baseline **baseline);

/* The line that speaks of a case, or NULL. */
const struct tare_baseline_line *tare_baseline_find(const struct tare_baseline *baseline, const struct tare_case_ref *ref);

/* "2026-11-20", so many days from now, in UTC. Returns text. */
const char *tare_baseline_day(int64_t seconds_utc, unsigned days, char text[11]);

#endif
