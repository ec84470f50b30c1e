/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adapter - one revision of the runtime's ABI, behind the 26 functions of abi.h
 *
 * A revision is one file: adapter_<revision>.c, and a line in adapters.c.
 * One that is only known by name has no bind: its runtimes are told apart from
 * broken ones, not judged.
 */
#ifndef TARE_TARGET_ADAPTER_H
#define TARE_TARGET_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>

#include <tare/abi.h>

struct tare__adapter {
	const char *revision;
	const char *const *needs; /* symbols that a runtime of it exports; NULL ends */
	const char *const *marks; /* symbols that only this revision has; NULL ends */
	/* Fills abi from the open object; 0, or TARE_E_NOT_FOUND with the first missing symbol in *missing. */
	int (*bind)(void *object, struct tare_abi *abi, const char **missing);
};

extern const struct tare__adapter tare__adapter_d9cdf01b8;

/* Whether a symbol is exported. */
typedef bool (*tare__exports_fn)(const char *symbol, void *cookie);

/*
 * The adapter for a runtime with these exports; NULL with one sentence that
 * names the revision it looks like, or the symbols it lacks.
 */
const struct tare__adapter *tare__adapter_for(tare__exports_fn exports, void *cookie, char *error, size_t room);

#endif
