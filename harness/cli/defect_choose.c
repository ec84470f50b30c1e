/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include <tare/text.h>

#include "defect.h"

static uint64_t lot(const struct tare__defect *defect, const char *by)
{
	char text[sizeof(defect->name) + 80];

	snprintf(text, sizeof(text), "%.72s %s", by, defect->name);
	return tare_hash_text(text);
}

void tare__defect_choose(struct tare__defect *defects, size_t count, size_t some, const char *by)
{
	struct tare__defect *spare = malloc(sizeof(*spare));

	for (size_t i = 0; spare && i < some && i < count; i++) {
		size_t lowest = i;

		for (size_t k = i + 1; k < count; k++)
			if (lot(&defects[k], by) < lot(&defects[lowest], by))
				lowest = k;
		*spare = defects[i];
		defects[i] = defects[lowest];
		defects[lowest] = *spare;
	}
	free(spare);
}
