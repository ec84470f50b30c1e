/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry - suites x cells, as an ordered list of cases
 *
 * Suites are listed by hand in suites.def and nowhere else: a case registered
 * by a linker section is lost in an archive without a word.
 */
#ifndef TARE_REGISTRY_H
#define TARE_REGISTRY_H

#include <stddef.h>

#include <tare/cell.h>
#include <tare/spec.h>

struct tare_case_ref {
	const struct tare_suite *suite; /* static */
	const struct tare_spec *spec;   /* static */
	struct tare_cell cell;
};

#define TARE_CASE_TEXT 160

/* "relaunch.kernel_registered_once@a5/onboard/hbg". Returns text. */
const char *tare_case_text(const struct tare_case_ref *ref, char text[TARE_CASE_TEXT]);

/* All suites. Static. */
const struct tare_suite *const *tare_suites(size_t *count);

/*
 * The cases whose text matches one of the patterns (globs over
 * "suite.case@arch/platform/graph"; without '@' over "suite.case" in every
 * cell; none: all) in cells that match cell_pattern (NULL: all).  A pattern
 * that selects nothing is an error with a sentence that names it and the
 * nearest known name.  *list is owned by the caller, free().
 */
int tare_select(const char *const *patterns, size_t pattern_count, const char *cell_pattern,
	struct tare_case_ref **list, size_t *count, char *error, size_t room);

/* Duplicate names, specs without says, when or because, relaunch cases without a growth or peak row: 0 or a sentence. */
int tare_registry_check(char *error, size_t room);

#endif
