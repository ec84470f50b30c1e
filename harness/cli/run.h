/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run - what the commands that run cases share: `tare run` and `tare sweep`
 *
 * A command has its table of options over these words; the rest of its way,
 * from the words to the exit status, is one.
 */
#ifndef TARE_CLI_RUN_H
#define TARE_CLI_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <tare/engine.h>

#include "cli.h"
#include "select.h"
#include "view.h"

#define TARE_RUN_PATH 4096

struct tare__run_words {
	const char *baseline, *cell, *target, *out, *junit, *html, *fault;
	uint32_t launches, level, budget;
	uint64_t seed, jobs;
	unsigned driver, colour;
	bool here, keep, verbose, valgrind, pairs;
	bool sweep;                        /* only cases that are swept, and all of those */
	char fixtures[TARE_RUN_PATH];      /* where they were found */
	char score[TARE_SENTENCE];         /* of the seeded defects; empty: none was recorded */
	struct tare_baseline *known;       /* of --baseline; owned */
	struct tare_target_file file;      /* of --target */
	char cell_of_file[TARE_CELL_TEXT];
	const struct tare_target_file *judged; /* of --target; NULL: the embedded cells */
};

extern const char *const tare__run_drivers[], *const tare__run_colours[];

/* Rows of an option table that both commands have. */
#define TARE_RUN_OPTION(field) offsetof(struct tare__run_words, field)
#define TARE_RUN_OPTIONS_SHARED \
	{ "cell", 0, TARE_OPTION_TEXT, TARE_RUN_OPTION(cell), "PATTERN", NULL, \
		"only in cells that match: 'a5/*/hbg'" }, \
	{ "target", 0, TARE_OPTION_TEXT, TARE_RUN_OPTION(target), "FILE", NULL, \
		"judge this runtime: its object, or a JSON file that describes it; then --cell is one cell" }, \
	{ "fault", 0, TARE_OPTION_TEXT, TARE_RUN_OPTION(fault), "TOKEN", NULL, \
		"one case, swept at one point: the token that a failure gave" }, \
	{ "driver", 0, TARE_OPTION_CHOICE, TARE_RUN_OPTION(driver), "DRIVER", tare__run_drivers, \
		"machine: the emulated one (default); cann: the vendor's libraries" }, \
	{ "out", 0, TARE_OPTION_TEXT, TARE_RUN_OPTION(out), "DIR", NULL, \
		"where journal.jsonl, junit.xml, report.html and readings.csv go: out" }, \
	{ "junit", 0, TARE_OPTION_TEXT, TARE_RUN_OPTION(junit), "FILE", NULL, "instead of DIR/junit.xml" }, \
	{ "html", 0, TARE_OPTION_TEXT, TARE_RUN_OPTION(html), "FILE", NULL, "instead of DIR/report.html" }, \
	{ "jobs", 'j', TARE_OPTION_NUMBER, TARE_RUN_OPTION(jobs), "N", NULL, \
		"cases at a time: 1; 0: as many as there are processors" }, \
	{ "baseline", 0, TARE_OPTION_TEXT, TARE_RUN_OPTION(baseline), "FILE", NULL, \
		"failures that are known, a line each: PATTERN VERDICT EXPIRY REASON" }, \
	{ "seed", 0, TARE_OPTION_NUMBER, TARE_RUN_OPTION(seed), "N", NULL, "of everything that is drawn: 1" }, \
	{ "here", 0, TARE_OPTION_FLAG, TARE_RUN_OPTION(here), NULL, NULL, \
		"one case in this process, without a deadline, for gdb and valgrind; reports only where one is asked for" }, \
	{ "valgrind", 0, TARE_OPTION_FLAG, TARE_RUN_OPTION(valgrind), NULL, NULL, \
		"the whole run under valgrind: what memcheck finds stands in the case that caused it" }, \
	{ "keep", 0, TARE_OPTION_FLAG, TARE_RUN_OPTION(keep), NULL, NULL, "keep each case's directory" }, \
	{ "verbose", 'v', TARE_OPTION_FLAG, TARE_RUN_OPTION(verbose), NULL, NULL, \
		"also what passing cases logged" }, \
	{ "color", 0, TARE_OPTION_CHOICE, TARE_RUN_OPTION(colour), "WHEN", tare__run_colours, \
		"auto (default), always, never" }

/* A command from its words as they were typed to its exit status. */
int tare__run(const struct tare__command *self, int argc, char **argv, bool sweep);

/* Where everything of one run is written. */
struct tare__run_places {
	char journal[TARE_RUN_PATH], junit[TARE_RUN_PATH], html[TARE_RUN_PATH], csv[TARE_RUN_PATH];
	struct tare_record_paths paths;
};

const char *tare__run_out(const struct tare__run_words *words);
enum tare_driver_choice tare__run_driver(const struct tare__run_words *words);
bool tare__run_sweeps(const struct tare__run_words *words);

/* The plan is written; 0, or -1 after a sentence. */
int tare__run_record(const struct tare__run_words *words, const struct tare__selection *selection, const char *command,
	struct tare__run_places *places, struct tare_recorder **recorder);

/* Runs what was selected and shows it; the exit status. recorder may be NULL. */
int tare__run_engine(const struct tare__run_words *words, const struct tare__selection *selection, const char *self,
	struct tare_recorder *recorder);

#endif
