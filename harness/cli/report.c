/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report - the reports of a run that is over, from its journal
 */
#include "cli.h"

#include <tare/record.h>

static const struct tare__option options[] = {
	{ "junit", 0, TARE_OPTION_TEXT, offsetof(struct tare_record_paths, junit), "FILE", NULL, "JUnit XML" },
	{ "html", 0, TARE_OPTION_TEXT, offsetof(struct tare_record_paths, html), "FILE", NULL,
		"one page that needs nothing else" },
	{ "csv", 0, TARE_OPTION_TEXT, offsetof(struct tare_record_paths, csv), "FILE", NULL,
		"every reading: case, account, moment, launch, value" },
	{ 0 },
};

static int run(const struct tare__command *self, int argc, char **argv)
{
	struct tare_record_paths paths = { 0 };
	char error[512] = "out of memory";
	int count = tare__options_read(self, argc, argv, &paths);

	if (count < 0)
		return TARE_EXIT_USAGE;
	if (count != 1)
		return tare__complain(
			"report needs one journal, as in: tare report out/journal.jsonl --junit junit.xml");
	if (!paths.junit && !paths.html && !paths.csv)
		return tare__complain("report needs at least one of --junit, --html, --csv");
	paths.journal = argv[0];
	if (tare_report_from_journal(&paths, error, sizeof(error)))
		return tare__complain("%s", error);
	return TARE_EXIT_PASSED;
}

const struct tare__command tare__command_report = {
	.name = "report", .arguments = "JOURNAL [--junit FILE] [--html FILE] [--csv FILE]",
	.summary = "the reports again, from a run's journal",
	.about = "Reads the journal that a run left, complete or cut off, and makes the reports that are asked for.",
	.options = options, .run = run,
};
