/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sweep - every call of a case fails, in turn and in each way it can
 *
 * The cases are those that declare it.  The numbers are the engine's; that they
 * are equal is its verdict, here they are only said.
 */
#include "run.h"

static const struct tare__option options[] = {
	{ "pairs", 0, TARE_OPTION_FLAG, TARE_RUN_OPTION(pairs), NULL, NULL,
		"and a second call fails inside the roll-back of the first" },
	{ "budget", 0, TARE_OPTION_COUNT, TARE_RUN_OPTION(budget), "N", NULL,
		"at most so many points of a case, each call path before any twice; all" },
	TARE_RUN_OPTIONS_SHARED,
	{ 0 },
};

static int sweep(const struct tare__command *self, int argc, char **argv)
{
	return tare__run(self, argc, argv, true);
}

const struct tare__command tare__command_sweep = {
	.name = "sweep",
	.arguments = "[PATTERN...] [options]",
	.summary = "each driver call of a case fails in turn: is all given back?",
	.about = "Counts the calls that each matching case makes (of those that declare their faults), and then makes each of "
		 "them fail in each way it can. After each fault: the error comes out, nothing is kept, the same works "
		 "again. Prints how many points there are, fired, rolled back and were retried; less than all is no pass.",
	.options = options,
	.run = sweep,
};
