/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one list of suites, made from suites.def.
 *
 * It stands in a file of its own: whoever asks for it needs the suites linked
 * in, and the rest of this floor does not.
 */
#include "registry_priv.h"

#include <tare/object.h>

#define TARE_SUITE(name) extern const struct tare_suite tare_suite_##name;
#include "suites.def"
#undef TARE_SUITE

static const struct tare_suite *const suites[] = {
#define TARE_SUITE(name) &tare_suite_##name,
#include "suites.def"
#undef TARE_SUITE
};

static const struct tare_suite_list all = { suites, TARE_COUNT(suites) };

const struct tare_suite *const *tare_suites(size_t *count)
{
	*count = all.count;
	return all.suites;
}

int tare_select(const char *const *patterns, size_t pattern_count, const char *cell_pattern,
	struct tare_case_ref **list, size_t *count, char *error, size_t room)
{
	return tare__select(all, patterns, pattern_count, cell_pattern, list, count, error, room);
}

int tare_registry_check(char *error, size_t room)
{
	return tare__registry_check(all, error, room);
}
