/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score - how many seeded defects were caught, as it was recorded
 *
 *   commit abcdef123456
 *   date 2026-11-21
 *   caught 82 of 82
 *   registration_on_every_launch	#870	LEAK	registrations_of_one_image	2	1234567890
 *
 * A line for each defect: its name, incident, verdict, account and launch, or
 * "-", between tabs, and what cksum says of its patch; one that was missed has MISSED for a verdict.
 * The file lies beside the defects, and beside the fixtures of a build, where "patches" has what cksum
 * says of those of the tree: what was added or changed since is not in the score.
 */
#ifndef TARE_CLI_SCORE_H
#define TARE_CLI_SCORE_H

#include <stddef.h>

#include "defect.h"

/*
 * "82 of 82 caught, at commit abcdef123456; of the 84 patches here 2 are newer", from the two files beside
 * the fixtures.  Empty where there is no score, or where its lines are not what its sum says: then nothing is
 * claimed.  Returns text.
 */
const char *tare__score_words(const char *fixtures, char *text, size_t room);

/* 0, or -1 with a sentence in reason. */
int tare__score_write(const char *path, const char *commit, const char *date, const struct tare__defect *defects,
	size_t count, char reason[TARE_DEFECT_REASON]);

#endif
