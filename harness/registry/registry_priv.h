/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same questions as registry.h, over a list of suites given by the caller,
 * so that they can be asked of suites that exist for a test alone.
 */
#ifndef TARE_REGISTRY_PRIV_H
#define TARE_REGISTRY_PRIV_H

#include <tare/registry.h>

struct tare_suite_list {
	const struct tare_suite *const *suites;
	size_t count;
};

int tare__select(struct tare_suite_list all, const char *const *patterns, size_t pattern_count,
	const char *cell_pattern, struct tare_case_ref **list, size_t *count, char *error, size_t room);

int tare__registry_check(struct tare_suite_list all, char *error, size_t room);

/* A spec names axes by bits; an axis none of whose bits stands there means all of it. */
bool tare__spec_holds_in(const struct tare_spec *spec, struct tare_cell cell);

/* Edits that turn a text the pattern matches into `name`; what '*' and '?' stand for is free. */
unsigned tare__distance(const char *pattern, const char *name);

#endif
