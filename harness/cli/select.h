/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TARE_CLI_SELECT_H
#define TARE_CLI_SELECT_H

#include <tare/registry.h>

struct tare__selection {
	struct tare_case_ref *list; /* owned by the caller, free() */
	size_t count;
};

/* 0, or -1 after one sentence on standard error. */
int tare__select_cases(struct tare__selection *selection, int pattern_count, char **patterns, const char *cell);

#endif
