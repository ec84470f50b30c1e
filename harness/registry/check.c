/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every case must say before any of them runs.
 *
 * A relaunch case that reads only after close proves nothing: teardown frees
 * everything, and with it the evidence.  One that launches more than once must
 * look at a peak or from the first launch to the last.
 */
#include "registry_priv.h"

#include <stdio.h>
#include <string.h>

#include <tare/status.h>

struct leaf {
	const struct tare_suite *suite;
	const struct tare_spec *spec;
	char *error;
	size_t room;
};

static int blame(const struct leaf *leaf, const char *what)
{
	snprintf(leaf->error, leaf->room, "%s.%s %s", leaf->suite->name,
		leaf->spec->name ? leaf->spec->name : "(unnamed)", what);
	return TARE_E_ARGUMENT;
}

static bool is_word(const char *name)
{
	return name && name[0] && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static bool is_empty(const char *text)
{
	return !text || !text[0];
}

static bool is_account(int what)
{
	return what == TARE_SUBJECT_EVERY ||
		(what >= TARE_SUBJECT_ACCOUNT && what < TARE_SUBJECT_ACCOUNT + TARE_ACCOUNTS);
}

static bool is_call(int what)
{
	return what > TARE_SUBJECT_CALL && what < TARE_SUBJECT_CALL + TARE_CALLS;
}

static bool is_relation(int is)
{
	return is == TARE_EXACTLY || is == TARE_AT_MOST || is == TARE_AT_LEAST;
}

static bool row_is_sound(const struct tare_then *row)
{
	switch (row->when) {
	case TARE_ROW_BEFORE:
	case TARE_ROW_ALL_BEFORE:
	case TARE_ROW_EACH_BEFORE:
		return is_call(row->what) && is_call(row->is);
	case TARE_ROW_TIMES:
		return is_call(row->what) && is_relation(row->is);
	default:
		return is_account(row->what) && is_relation(row->is) && row->when > TARE_ROW_NONE &&
			row->when < TARE_ROW_BEFORE;
	}
}

static int check_rows(const struct leaf *leaf)
{
	bool looks_in_between = false;
	size_t rows = 0;

	for (; rows < TARE_ROWS && leaf->spec->then[rows].what != TARE_SUBJECT_NONE; rows++) {
		const struct tare_then *row = &leaf->spec->then[rows];

		if (!row_is_sound(row))
			return blame(leaf, "has a row that says nothing: its subject, moment and relation do not fit");
		looks_in_between |= row->when == TARE_ROW_AT_PEAK ||
			row->when == TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST;
	}
	if (strcmp(leaf->suite->name, "relaunch") == 0 && leaf->spec->launches > 1 && !looks_in_between)
		return blame(leaf, "launches again and has no row at peak or from the first launch to the last");
	return TARE_OK;
}

static int check_spec(const struct leaf *leaf)
{
	const struct tare_spec *spec = leaf->spec;
	const unsigned known = A2A3 | A5 | ONBOARD | SIM | HOST_BUILD_GRAPH | TENSORMAP_AND_RINGBUFFER;

	if (!is_word(spec->name))
		return blame(leaf, "has a name that is not a word of [a-z0-9_]");
	if (is_empty(spec->says))
		return blame(leaf, "does not say what it proves");
	if (!spec->when)
		return blame(leaf, "has no when");
	if (is_empty(spec->because))
		return blame(leaf, "has no because");
	if (spec->cells & ~known)
		return blame(leaf, "names a cell that does not exist");
	for (const struct tare_spec *other = leaf->suite->specs; other < spec; other++)
		if (strcmp(other->name, spec->name) == 0)
			return blame(leaf, "stands there twice");
	return check_rows(leaf);
}

int tare__registry_check(struct tare_suite_list all, char *error, size_t room)
{
	for (size_t s = 0; s < all.count; s++) {
		const struct tare_suite *suite = all.suites[s];

		for (size_t earlier = 0; earlier < s; earlier++)
			if (strcmp(all.suites[earlier]->name, suite->name) == 0) {
				snprintf(error, room, "the suite %s stands there twice", suite->name);
				return TARE_E_ARGUMENT;
			}
		if (suite->count == 0) {
			snprintf(error, room, "the suite %s has no case", suite->name);
			return TARE_E_ARGUMENT;
		}
		for (size_t i = 0; i < suite->count; i++) {
			struct leaf leaf = { suite, &suite->specs[i], error, room };
			int status = check_spec(&leaf);

			if (status != TARE_OK)
				return status;
		}
	}
	return TARE_OK;
}
