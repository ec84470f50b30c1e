/* SPDX-License-Identifier: Apache-2.0 */
#include "select.h"

#include "cli.h"

int tare__select_cases(struct tare__selection *selection, int pattern_count, char **patterns, const char *cell)
{
	char error[512];

	*selection = (struct tare__selection){ 0 };
	if (tare_registry_check(error, sizeof(error)) ||
		tare_select((const char *const *)patterns, (size_t)pattern_count, cell, &selection->list,
			&selection->count, error, sizeof(error))) {
		tare__complain("%s", error);
		return -1;
	}
	return 0;
}
