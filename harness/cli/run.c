/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run - the cases that match, judged and recorded
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <tare/engine.h>
#include <tare/text.h>

#include "cli.h"
#include "select.h"
#include "self.h"
#include "surroundings.h"
#include "target.h"
#include "valgrind.h"
#include "view.h"

#define PATH 4096

struct words {
	const char *baseline, *cell, *target, *out, *junit, *html;
	uint32_t launches, level;
	uint64_t seed, jobs;
	unsigned driver, colour;
	bool here, keep, verbose, valgrind;
	char fixtures[PATH];  /* where they were found */
	struct tare_baseline *known; /* of --baseline; owned */
	struct tare_target_file file; /* of --target */
	char cell_of_file[TARE_CELL_TEXT];
	const struct tare_target_file *judged; /* of --target; NULL: the embedded cells */
};

static const char *const drivers[] = { "machine", "cann", NULL };
static const char *const colours[] = { "auto", "always", "never", NULL };

static const struct tare__option options[] = {
	{ "cell", 0, TARE_OPTION_TEXT, offsetof(struct words, cell), "PATTERN", NULL,
		"only in cells that match: 'a5/*/hbg'" },
	{ "target", 0, TARE_OPTION_TEXT, offsetof(struct words, target), "FILE", NULL,
		"judge this runtime: its object, or a JSON file that describes it; then --cell is one cell" },
	{ "launches", 0, TARE_OPTION_COUNT, offsetof(struct words, launches), "N", NULL,
		"instead of what each case says" },
	{ "level", 0, TARE_OPTION_COUNT, offsetof(struct words, level), "N", NULL,
		"judge up to this level: 1 nothing grows, 2 what was explicit is given back, 3 no residue, 4 no call "
		"after the last reset, 5 all of it under injected failures; all" },
	{ "driver", 0, TARE_OPTION_CHOICE, offsetof(struct words, driver), "DRIVER", drivers,
		"machine: the emulated one (default); cann: the vendor's libraries" },
	{ "out", 0, TARE_OPTION_TEXT, offsetof(struct words, out), "DIR", NULL,
		"where journal.jsonl, junit.xml, report.html and readings.csv go: out" },
	{ "junit", 0, TARE_OPTION_TEXT, offsetof(struct words, junit), "FILE", NULL, "instead of DIR/junit.xml" },
	{ "html", 0, TARE_OPTION_TEXT, offsetof(struct words, html), "FILE", NULL, "instead of DIR/report.html" },
	{ "jobs", 'j', TARE_OPTION_NUMBER, offsetof(struct words, jobs), "N", NULL,
		"cases at a time: 1; 0: as many as there are processors" },
	{ "baseline", 0, TARE_OPTION_TEXT, offsetof(struct words, baseline), "FILE", NULL,
		"failures that are known, a line each: PATTERN VERDICT EXPIRY REASON" },
	{ "seed", 0, TARE_OPTION_NUMBER, offsetof(struct words, seed), "N", NULL,
		"of everything that is drawn: 1" },
	{ "here", 0, TARE_OPTION_FLAG, offsetof(struct words, here), NULL, NULL,
		"one case in this process, without a deadline, for gdb and valgrind; reports only where one is asked for" },
	{ "valgrind", 0, TARE_OPTION_FLAG, offsetof(struct words, valgrind), NULL, NULL,
		"the whole run under valgrind: what memcheck finds stands in the case that caused it" },
	{ "keep", 0, TARE_OPTION_FLAG, offsetof(struct words, keep), NULL, NULL, "keep each case's directory" },
	{ "verbose", 'v', TARE_OPTION_FLAG, offsetof(struct words, verbose), NULL, NULL,
		"also what passing cases logged" },
	{ "color", 0, TARE_OPTION_CHOICE, offsetof(struct words, colour), "WHEN", colours,
		"auto (default), always, never" },
	{ 0 },
};

static enum tare_driver_choice driver_of(const struct words *words)
{
	if (words->judged)
		return tare__target_driver(words->judged);
	return words->driver == TARE_DRIVER_CANN ? TARE_DRIVER_CANN : TARE_DRIVER_MACHINE;
}

static uint32_t jobs_of(const struct words *words)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t jobs = words->jobs ? words->jobs : processors > 0 ? (uint64_t)processors : 1;

	return jobs < TARE_JOBS_MOST ? (uint32_t)jobs : TARE_JOBS_MOST;
}

/* Where everything of one run is written. */
struct places {
	char journal[PATH], junit[PATH], html[PATH], csv[PATH];
};

/* What the engine's events reach. */
struct watch {
	struct tare__view view;
	char valgrind[PATH]; /* folder of its files; empty: not under it */
	struct tare_recorder *recorder;
};

static void started(void *cookie, size_t index, const struct tare_case_ref *ref)
{
	struct watch *watch = cookie;

	(void)index;
	tare__view_started(&watch->view, ref);
}

static void ended(void *cookie, size_t index, const struct tare_case_ref *ref, const struct tare_outcome *outcome)
{
	struct watch *watch = cookie;

	(void)index;
	tare__view_ended(&watch->view, ref, outcome);
}

/* Asked while the engine waits, which makes it the moment to let the report catch up; its trouble is told at the
 * end. */
static bool interrupted(void *cookie)
{
	struct watch *watch = cookie;

	if (watch->recorder)
		tare_recorder_tick(watch->recorder);
	return tare__interrupted();
}

static const char *out_of(const struct words *words)
{
	return words->out ? words->out : "out";
}

static int find_places(const struct words *words, struct places *places, struct tare_record_paths *paths)
{
	const char *out = out_of(words);

	if (tare__folder_make(out))
		return -1;
	if (tare__path_join(places->journal, PATH, out, "journal.jsonl") ||
		tare__path_join(places->junit, PATH, out, "junit.xml") ||
		tare__path_join(places->html, PATH, out, "report.html") ||
		tare__path_join(places->csv, PATH, out, "readings.csv")) {
		tare__complain("--out: the path is too long");
		return -1;
	}
	*paths = (struct tare_record_paths){
		.journal = places->journal,
		.junit = words->junit ? words->junit : places->junit,
		.html = words->html ? words->html : places->html,
		.csv = places->csv,
	};
	return 0;
}

static struct tare_record_case *plan_of(const struct tare__selection *selection)
{
	struct tare_record_case *plan = calloc(selection->count, sizeof(*plan));

	for (size_t i = 0; plan && i < selection->count; i++) {
		const struct tare_case_ref *ref = &selection->list[i];

		plan[i] = (struct tare_record_case){
			.suite = ref->suite->name,
			.name = ref->spec->name,
			.arch = tare_arch_name(ref->cell.arch),
			.platform = tare_platform_name(ref->cell.platform),
			.graph = tare_graph_name(ref->cell.graph),
			.says = ref->spec->says,
			.because = ref->spec->because,
		};
	}
	return plan;
}

static int open_recorder(const struct words *words, const struct tare__selection *selection, const char *command,
	const struct tare_record_paths *paths, struct tare_recorder **recorder)
{
	struct tare_record_case *plan = plan_of(selection);
	char unweighed[1024];
	struct tare_record_run about = {
		.version = TARE_VERSION,
		.driver = driver_of(words) == TARE_DRIVER_CANN ? "cann" : "machine",
		.target = words->judged ? words->judged->name : NULL,
		.unweighed = words->judged ? tare__target_unweighed(words->judged, unweighed, sizeof(unweighed)) : NULL,
		.command = command,
		.started_utc = (uint64_t)time(NULL),
		.seed = words->seed ? words->seed : 1,
		.shard = 1,
		.shards = 1,
	};
	char error[512] = "out of memory";
	int status = plan
		? tare_recorder_open(recorder, paths, &about, plan, selection->count, error, sizeof(error))
		: -1;

	free(plan);
	if (status)
		tare__complain("%s", error);
	return status ? -1 : 0;
}

static int close_recorder(struct watch *watch, int status)
{
	char error[512];

	if (tare_recorder_close(&watch->recorder, status, error, sizeof(error)) == 0)
		return status;
	return tare__complain("%s", error);
}

static int run_engine(
	const struct words *words, const struct tare__selection *selection, const char *self, struct watch *watch)
{
	char today[11];
	struct tare_run_options how = {
		.baseline = words->known,
		.today = tare_baseline_day(time(NULL), 0, today),
		.launches = words->launches,
		.level = words->level,
		.seed = words->seed,
		.driver = driver_of(words),
		.here = words->here,
		.jobs = jobs_of(words),
		.valgrind = watch->valgrind[0] ? watch->valgrind : NULL,
		.keep = words->keep,
		.verbose = words->verbose,
		.self = self,
		.fixtures = words->fixtures,
		.target = words->judged,
	};
	const struct tare_run_events events = { watch, started, ended, interrupted, NULL };
	struct tare_run_summary summary = { 0 };
	int status;

	if (!words->here)
		tare__interrupt_block();
	if (words->judged)
		tare__target_tell(stdout, words->judged);
	tare__view_open(&watch->view, stdout, (enum tare__colour)words->colour, words->verbose, selection->list,
		selection->count);
	status = tare_engine_run(selection->list, selection->count, &how, watch->recorder, &events, &summary);
	tare__view_close(&watch->view, &summary, !words->here && tare__interrupted());
	if (status)
		return tare__complain("the harness could not do its work (%d)", status);
	return tare_exit_status(&summary, !words->here && tare__interrupted());
}

/* As it was typed, so that a report says how it came about. */
static const char *command_text(int argc, char **argv, char *text, size_t room)
{
	struct tare_text command = tare_text_over(text, room);

	tare_text_add(&command, "tare run");
	for (int i = 0; i < argc; i++)
		tare_text_add(&command, strpbrk(argv[i], " *?[") ? " '%s'" : " %s", argv[i]);
	return text;
}

static int run_selected(
	const struct words *words, const struct tare__selection *selection, const char *command, const char *self)
{
	bool records = !words->here || words->out || words->junit || words->html;
	struct places *places = calloc(1, sizeof(*places));
	struct watch *watch = calloc(1, sizeof(*watch));
	struct tare_record_paths paths;
	int status = TARE_EXIT_USAGE;

	if (!places || !watch) {
		tare__complain("out of memory");
		goto done;
	}
	if (words->here && selection->count != 1) {
		tare__complain("--here runs one case, and %zu match", selection->count);
		goto done;
	}
	if (words->valgrind && tare__valgrind_folder(out_of(words), watch->valgrind, PATH))
		goto done;
	if (records &&
		(find_places(words, places, &paths) ||
			open_recorder(words, selection, command, &paths, &watch->recorder)))
		goto done;
	status = run_engine(words, selection, self, watch);
	if (records) {
		status = close_recorder(watch, status);
		printf("reports: %s, %s, %s\n", paths.junit, paths.html, paths.csv);
	}
done:
	free(watch);
	free(places);
	return status;
}

static int check_words(const struct words *words)
{
	if (words->jobs > TARE_JOBS_MOST)
		return tare__complain("--jobs: at most %d at a time", TARE_JOBS_MOST);
	if (words->level > TARE_LEVELS_MOST)
		return tare__complain("--level: the levels are 1 to %d", TARE_LEVELS_MOST);
	if (words->valgrind && words->here)
		return tare__complain("--valgrind runs cases in processes of their own; for one in the foreground: valgrind %s",
			"tare run --here CASE");
	return TARE_EXIT_PASSED;
}

static int read_baseline(struct words *words)
{
	char error[512];

	if (!words->baseline || !tare_baseline_read(&words->known, words->baseline, error, sizeof(error)))
		return 0;
	return tare__complain("%s", error);
}

static int run_words(struct words *words, int count, char **patterns, const char *command, int given_count,
	char *const *given)
{
	struct tare__selection selection;
	char program[PATH], folder[PATH];
	int status = TARE_EXIT_USAGE;

	if (tare__self_command(program, sizeof(program)) || tare__fixtures_folder(words->fixtures, sizeof(words->fixtures)) ||
	    tare__environment_check() ||
	    (words->target && tare__target_read(words->target, words->cell, driver_of(words), &words->file)))
		return status;
	if (words->target) {
		words->judged = &words->file;
		words->cell = tare_cell_text(words->file.cell, words->cell_of_file);
	}
	if (read_baseline(words) || tare__select_cases(&selection, count, patterns, words->cell))
		return status;
	if (tare__driver_check(driver_of(words), &selection))
		status = TARE_EXIT_USAGE;
	else if (!words->valgrind || tare__valgrind_is_here())
		status = run_selected(words, &selection, command, program);
	else if (!tare__valgrind_folder(out_of(words), folder, sizeof(folder)))
		status = tare__valgrind_become(folder, program, given_count, given);
	free(selection.list);
	return status;
}

static int run(const struct tare__command *self, int argc, char **argv)
{
	char **given = calloc((size_t)argc + 1, sizeof(*given)); /* the words as they were typed */
	struct words words = { .jobs = 1 };
	char command[1024];
	int status = TARE_EXIT_USAGE, count;

	if (!given)
		return tare__complain("out of memory");
	memcpy(given, argv, (size_t)argc * sizeof(*given));
	command_text(argc, argv, command, sizeof(command));
	count = tare__options_read(self, argc, argv, &words);
	if (count >= 0 && check_words(&words) == TARE_EXIT_PASSED)
		status = run_words(&words, count, argv, command, argc, given);
	tare_baseline_free(&words.known);
	free(given);
	return status;
}

const struct tare__command tare__command_run = {
	.name = "run",
	.arguments = "[PATTERN...] [options]",
	.summary = "runs cases, judges them, writes the reports",
	.about = "Runs every case that matches (none given: all), each in a process of its own, and weighs it.",
	.options = options,
	.run = run,
};
