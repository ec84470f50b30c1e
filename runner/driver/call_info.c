/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_info - what is written down about each entry of the two tables
 *
 * The tables are made from cann.def and host.def. A row with a column too few
 * or too many is not an invocation of the macros below and does not compile.
 */
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

#include "rows.h"

#define NEUTRAL TARE_RULE_NEUTRAL
#define TAKES(account, key, amount) TARE_RULE_TAKES
#define TAKES_UNDER(account, key, amount, parent) TARE_RULE_TAKES_UNDER
#define GIVES(account, key) TARE_RULE_GIVES
#define ENDS(account, key) TARE_RULE_ENDS
#define COPIES(size) TARE_RULE_COPIES

/*
 * What would let a sweep pass by looking at nothing: an entry that no ledger knows, or that has no way to fail.
 * What is empty shows in the text of its column, before the compiler stumbles over it.
 */
#define FIRST_OF(first, ...) first
#define FIRST_CODES(...) FIRST_OF(__VA_ARGS__, ) + 0
#define IS(rule, which) ((rule + 0) == TARE_RULE_##which) /* no rule: 0 */
#define CAN(kinds, kind) (((kinds) & (kind)) != 0)
#define NO_KINDS(text) (sizeof text <= sizeof "KINDS()")
#define ROW(entry, rule_text, rule, first_code, kinds_text, kinds) \
	_Static_assert(sizeof rule_text > 1, entry " has no ledger rule: " \
		"it wants NEUTRAL, COPIES(...), TAKES(...), TAKES_UNDER(...), GIVES(...) or ENDS(...)"); \
	_Static_assert((first_code) != 0, entry " has no documented error: its CODES(...) name none"); \
	_Static_assert(!NO_KINDS(kinds_text), entry " has no way to fail: its KINDS(...) name none"); \
	_Static_assert((kinds) != 0, entry " has no way to fail: its KINDS(...) name none"); \
	_Static_assert(!(kinds) || CAN(kinds, ERROR), entry " must be able to answer with an error: KINDS(ERROR ...)"); \
	_Static_assert(!(kinds) || IS(rule, COPIES) == CAN(kinds, SHORT_COPY), \
		entry " has one of COPIES(...) and KINDS(... SHORT_COPY) without the other"); \
	_Static_assert(!(kinds) || !(IS(rule, GIVES) || IS(rule, ENDS)) || CAN(kinds, AFTER_EFFECT), \
		entry " gives something back and can do so and deny it: KINDS(... AFTER_EFFECT)");
#define TARE_CANN(group, name, parameters, arguments, rule, codes, kinds, failure) \
	ROW("cann.def: " #name, #rule, rule, FIRST_##codes, #kinds, kinds)
#include <tare/cann.def>
#undef TARE_CANN
#define TARE_HOST(group, name, parameters, arguments, rule, codes, kinds, failure) \
	ROW("host.def: " #name, #rule, rule, FIRST_##codes, #kinds, kinds)
#include <tare/host.def>
#undef TARE_HOST

static const struct tare_call_info calls[TARE_CALLS] = {
	{ "none", "NONE", TARE_RULE_NEUTRAL, 0, { 0 }, TOLERATED },
#define TARE_CANN(group, name, parameters, arguments, rule, codes, kinds, failure) \
	{ #name, #group, rule, kinds, codes, failure },
#include <tare/cann.def>
#undef TARE_CANN
#define TARE_HOST(group, name, parameters, arguments, rule, codes, kinds, failure) \
	{ #name, #group, rule, kinds, codes, failure },
#include <tare/host.def>
#undef TARE_HOST
};

static const char *const account_words[TARE_ACCOUNTS] = {
#define TARE_ACCOUNT(name, words, unit, reader, stays) words,
#include <tare/account.def>
#undef TARE_ACCOUNT
};

const struct tare_call_info *tare_call_info(enum tare_call_id call)
{
	return (unsigned)call < TARE_CALLS ? &calls[call] : &calls[TARE_CALL_NONE];
}

enum tare_call_id tare_call_find(const char *name)
{
	for (unsigned call = TARE_CALL_NONE + 1; call < TARE_CALLS; call++)
		if (strcmp(calls[call].name, name) == 0)
			return (enum tare_call_id)call;
	return TARE_CALL_NONE;
}

const char *tare_account_words(enum tare_account account)
{
	return (unsigned)account < TARE_ACCOUNTS ? account_words[account] : "unknown account";
}
