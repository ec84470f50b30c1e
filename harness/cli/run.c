/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run - the cases that match, judged and recorded
 */
#include "run.h"

static const struct tare__option options[] = {
	{ "launches", 0, TARE_OPTION_COUNT, TARE_RUN_OPTION(launches), "N", NULL,
		"instead of what each case says" },
	{ "level", 0, TARE_OPTION_COUNT, TARE_RUN_OPTION(level), "N", NULL,
		"judge up to this level: 1 nothing grows, 2 what was explicit is given back, 3 no residue, 4 no call "
		"after the last reset, 5 all of it under injected failures, which sweeps and is only done where it is asked for" },
	TARE_RUN_OPTIONS_SHARED,
	{ 0 },
};

static int run(const struct tare__command *self, int argc, char **argv)
{
	return tare__run(self, argc, argv, false);
}

const struct tare__command tare__command_run = {
	.name = "run",
	.arguments = "[PATTERN...] [options]",
	.summary = "runs cases, judges them, writes the reports",
	.about = "Runs every case that matches (none given: all), each in a process of its own, and weighs it.",
	.options = options,
	.run = run,
};
