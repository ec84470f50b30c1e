/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The revisions of the ABI that are known, newest first.
 *
 * The one after d9cdf01b8 (facts/runtime.md 1.9) renamed register and run and
 * split a run in phases: its runtimes lack three of the 26 names and are whole
 * nevertheless.  Its adapter will be a file of its own; until then it is named.
 */
#include "adapter.h"

#include <string.h>

#include <tare/object.h>
#include <tare/text.h>

#define NAMES_SAID 8

static const char *const split_marks[] = { "simpler_register_callable", "simpler_run", "simpler_prepare_run",
	"get_runtime_alignment", NULL };

static const struct tare__adapter split_runs = { .revision = "that follows d9cdf01b8 (runs in phases)", .marks = split_marks };

static const struct tare__adapter *const adapters[] = { &split_runs, &tare__adapter_d9cdf01b8 };

static size_t count_of(const char *const *names, tare__exports_fn exports, void *cookie)
{
	size_t count = 0;

	for (size_t i = 0; names[i]; i++)
		count += exports(names[i], cookie);
	return count;
}

static void say_unadapted(const struct tare__adapter *adapter, tare__exports_fn exports, void *cookie, struct tare_text *text)
{
	const char *const *mark = adapter->marks;

	while (!exports(*mark, cookie))
		mark++;
	tare_text_add(text, "it looks like the ABI revision %s, because it exports %s; there is no adapter for that one, only for %s",
		adapter->revision, *mark, tare__adapter_d9cdf01b8.revision);
}

static void say_missing(const struct tare__adapter *adapter, tare__exports_fn exports, void *cookie, struct tare_text *text)
{
	size_t said = 0, missing = 0;

	tare_text_add(text, "of the ABI revision %s it lacks", adapter->revision);
	for (size_t i = 0; adapter->needs[i]; i++) {
		if (exports(adapter->needs[i], cookie))
			continue;
		if (missing++ < NAMES_SAID)
			tare_text_add(text, "%s %s", said++ ? "," : "", adapter->needs[i]);
	}
	if (missing > said)
		tare_text_add(text, " and %zu more", missing - said);
}

const struct tare__adapter *tare__adapter_for(tare__exports_fn exports, void *cookie, char *error, size_t room)
{
	struct tare_text text = tare_text_over(error, room);
	const struct tare__adapter *found = &tare__adapter_d9cdf01b8;
	size_t most = 0;

	/* By what only one of them has: half a runtime of one revision is not taken for another's. */
	for (size_t i = 0; i < TARE_COUNT(adapters); i++) {
		size_t marks = count_of(adapters[i]->marks, exports, cookie);

		if (marks > most) {
			most = marks;
			found = adapters[i];
		}
	}
	if (!found->bind) {
		say_unadapted(found, exports, cookie, &text);
		return NULL;
	}
	if (count_of(found->needs, exports, cookie) == 0) {
		tare_text_add(&text, "it exports none of the 26 functions of a runtime");
		return NULL;
	}
	for (size_t i = 0; found->needs[i]; i++) {
		if (exports(found->needs[i], cookie))
			continue;
		say_missing(found, exports, cookie, &text);
		return NULL;
	}
	return found;
}
