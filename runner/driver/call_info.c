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
