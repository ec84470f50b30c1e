/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a mistyped pattern is from a name: Levenshtein's distance, with the
 * wildcards of the pattern for free, so that "relanch.*" is one edit away from
 * every case of relaunch.
 */
#include "registry_priv.h"

#include <string.h>

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned tare__distance(const char *pattern, const char *name)
{
	unsigned row[TARE_CASE_TEXT + 1];
	size_t length = strnlen(name, TARE_CASE_TEXT);

	for (size_t j = 0; j <= length; j++)
		row[j] = (unsigned)j;
	for (const char *at = pattern; *at; at++) {
		unsigned diagonal = row[0];

		row[0] += *at != '*';
		for (size_t j = 1; j <= length; j++) {
			unsigned above = row[j];
			unsigned same = *at == '?' || *at == name[j - 1];

			if (*at == '*')
				row[j] = least(above, row[j - 1]);
			else
				row[j] = least(diagonal + !same, 1 + least(above, row[j - 1]));
			diagonal = above;
		}
	}
	return row[length];
}
