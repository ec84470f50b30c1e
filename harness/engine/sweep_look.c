/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that is held, looked at around an operation: the accounts of tables,
 * machine and runner, the machine's own counts, and the runner's dump.
 * Accounts of the process are read between runs, not here.
 */
#include "attempt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

#include "judge.h"

#define REFUSED 256

/* Who says it decides how much more than wanted it may be. */
enum class { IGNORED, LEDGER, MACHINE, RUNNER, RUNNER_STATE };

static const struct {
	const char *words;
	enum class class;
} beside[TARE__LOOKED - TARE_ACCOUNTS] = {
	{ "blocks in the machine", MACHINE },
	{ "streams in the machine", MACHINE },
	{ "programs in the machine", MACHINE },
	{ "binaries in the machine", MACHINE },
	{ "functions in the machine", MACHINE },
	{ "references in the machine", MACHINE },
	{ "state of the context", RUNNER_STATE },
	{ "callables of the context", RUNNER },
	{ "contents of the context", RUNNER },
	{ "orchestrations of the context", RUNNER },
	{ "kernels of the context", RUNNER },
	{ "blocks of the context", RUNNER },
	{ "images of the context", RUNNER },
	{ "references of the context", RUNNER },
	{ "poison of the context", RUNNER_STATE },
};

static const char *words_of(unsigned i)
{
	return i < TARE_ACCOUNTS ? tare_account_words((enum tare_account)i) : beside[i - TARE_ACCOUNTS].words;
}

static enum class class_of(unsigned i)
{
	if (i >= TARE_ACCOUNTS)
		return beside[i - TARE_ACCOUNTS].class;
	/* The first never falls; the store has no delete, and one file stays (account.def). */
	if (i == TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE || i == TARE_ACCOUNT_PREINSTALLED_FILES)
		return IGNORED;
	switch (tare_account_reader((enum tare_account)i)) {
	case TARE_READER_TABLE:   return LEDGER;
	case TARE_READER_MACHINE: return MACHINE;
	case TARE_READER_RUNNER:  return RUNNER;
	default:                  return IGNORED;
	}
}

static void look_at_machine(struct tare_case *c, struct tare__look *look)
{
	struct tare_machine_account account = { 0 };

	if (!c->target.machine)
		return;
	tare_machine_account(0, &account);
	look->dead = account.poisoned;
	look->torn_down = account.torn_down_blocks;
	look->value[TARE__LOOK_MACHINE_BLOCKS] = (int64_t)account.blocks;
	look->value[TARE__LOOK_MACHINE_STREAMS] = (int64_t)account.streams;
	look->value[TARE__LOOK_MACHINE_PROGRAMS] = (int64_t)account.programs;
	look->value[TARE__LOOK_MACHINE_BINARIES] = (int64_t)account.binaries;
	look->value[TARE__LOOK_MACHINE_FUNCTIONS] = (int64_t)account.functions;
	look->value[TARE__LOOK_MACHINE_REFERENCES] = (int64_t)account.references;
}

static void look_at_contexts(struct tare_case *c, struct tare__look *look)
{
	for (unsigned i = 0; i < TARE__CONTEXTS; i++) {
		struct tare_dump dump;
		if (c->contexts[i].state == TARE_CONTEXT_NONE)
			continue;
		c->ext->dump(c->contexts[i].handle, &dump);
		look->value[TARE__LOOK_STATE] += dump.state;
		look->value[TARE__LOOK_CALLABLES] += dump.callables;
		look->value[TARE__LOOK_CONTENTS] += dump.contents;
		look->value[TARE__LOOK_HOST_HANDLES] += dump.host_handles;
		look->value[TARE__LOOK_CHILD_HANDLES] += dump.child_handles;
		look->value[TARE__LOOK_BLOCKS] += (int64_t)dump.committed_blocks;
		look->value[TARE__LOOK_IMAGE] += dump.image_generation != 0;
		look->value[TARE__LOOK_REFERENCES] += dump.references;
		look->value[TARE__LOOK_POISONED] += dump.poisoned;
	}
}

void tare__look_take(struct tare_case *c, struct tare__look *look)
{
	const struct tare__look *start = &c->sweeper->start;

	*look = (struct tare__look){ 0 };
	for (unsigned i = 0; i < TARE_ACCOUNTS; i++)
		if (class_of(i) == LEDGER)
			look->value[i] = tare_ledger_value(c->ledger, (enum tare_account)i);
	tare__case_sources.machine(c, look->value);
	tare__case_sources.runner(c, look->value);
	look_at_machine(c, look);
	look_at_contexts(c, look);
	for (unsigned i = 0; i < TARE__LOOKED; i++)
		look->value[i] -= start->value[i];
	look->torn_down -= start->torn_down;
}

/* An orphan of a take, or a release that was refused: the machine holds more than anybody else knows of. */
static bool is_strange_to_the_runner(const struct tare_sweeper *sweeper)
{
	for (unsigned i = 0; i < 2; i++)
		if (sweeper->strikes[i].fired && sweeper->strikes[i].rule != TARE_RULE_NEUTRAL &&
		    sweeper->sweep->points[sweeper->point].wishes[i].kind == TARE_FAULT_AFTER_EFFECT)
			return true;
	return false;
}

void tare__slack_take(struct tare_case *c, struct tare__slack *slack)
{
	struct tare_holding refused[REFUSED];
	uint32_t count = tare_ledger_refused(c->ledger, refused, REFUSED);
	int64_t bytes = 0;

	*slack = (struct tare__slack){ .machine = count > 0 || is_strange_to_the_runner(c->sweeper) };
	tare_must(count <= REFUSED);
	for (uint32_t i = 0; i < count; i++) {
		enum tare_account account = (enum tare_account)refused[i].account;
		slack->value[account] += tare_account_in_bytes(account) ? (int64_t)refused[i].amount : 1;
		if (account == TARE_ACCOUNT_DEVICE_BLOCKS)
			bytes += (int64_t)refused[i].amount;
	}
	slack->value[TARE_ACCOUNT_DEVICE_BYTES] += bytes;
	for (unsigned i = 0; i < TARE__LOOKED; i++)
		if (class_of(i) == RUNNER)
			slack->value[i] = i < TARE_ACCOUNTS ? bytes : count;
}

static bool is_outside(const struct tare__look *look, const struct tare__look *low, const struct tare__look *high,
	const struct tare__slack *slack, unsigned i)
{
	enum class class = class_of(i);

	if (class == IGNORED)
		return false;
	if (class == RUNNER_STATE && look->value[TARE__LOOK_POISONED] > 0)
		return false;
	if (look->value[i] < low->value[i])
		return true;
	if (class == MACHINE && slack->machine)
		return false;
	return look->value[i] > high->value[i] + slack->value[i];
}

static void describe(unsigned i, int64_t value, int64_t low, int64_t high, struct tare__difference *difference)
{
	bool more = value > high;

	if (class_of(i) == RUNNER_STATE || !more)
		snprintf(difference->type, sizeof difference->type, "Fail.Sweep.State");
	else
		tare__type_text(difference->type, sizeof difference->type, "Leak.Sweep",
			i < TARE_ACCOUNTS ? tare_account_name((enum tare_account)i) : words_of(i));
	if (low == high)
		snprintf(difference->sentence, sizeof difference->sentence, "%s: %" PRId64 ", wanted %" PRId64, words_of(i), value,
			low);
	else
		snprintf(difference->sentence, sizeof difference->sentence, "%s: %" PRId64 ", wanted %" PRId64 " to %" PRId64,
			words_of(i), value, low, high);
}

bool tare__look_differs(const struct tare__look *look, const struct tare__look *low, const struct tare__look *high,
	const struct tare__slack *slack, struct tare__difference *difference)
{
	for (unsigned i = 0; i < TARE__LOOKED; i++) {
		if (!is_outside(look, low, high, slack, i))
			continue;
		describe(i, look->value[i], low->value[i], high->value[i] + slack->value[i], difference);
		return true;
	}
	return false;
}
