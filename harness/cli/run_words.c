/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of every command that runs cases: words, what they select, the
 * record, the engine.
 */
#include <stdlib.h>
#include <string.h>

#include <tare/text.h>

#include "run.h"
#include "score.h"
#include "self.h"
#include "surroundings.h"
#include "target.h"
#include "valgrind.h"

const char *const tare__run_drivers[] = { "machine", "cann", NULL };
const char *const tare__run_colours[] = { "auto", "always", "never", NULL };

enum tare_driver_choice tare__run_driver(const struct tare__run_words *words)
{
	if (words->judged)
		return tare__target_driver(words->judged);
	return words->driver == TARE_DRIVER_CANN ? TARE_DRIVER_CANN : TARE_DRIVER_MACHINE;
}

/* The fifth level is that of the sweep: whoever asks for it by name asks for the time, too. */
bool tare__run_sweeps(const struct tare__run_words *words)
{
	return words->sweep || words->fault || words->level == TARE_LEVELS_MOST;
}

/* As it was typed, so that a report says how it came about. */
static void keep_command(const struct tare__command *self, int argc, char **argv, char *text, size_t room)
{
	struct tare_text command = tare_text_over(text, room);

	tare_text_add(&command, "tare %s", self->name);
	for (int i = 0; i < argc; i++)
		tare_text_add(&command, strpbrk(argv[i], " *?[") ? " '%s'" : " %s", argv[i]);
}

static int close_recorder(struct tare_recorder **recorder, int status)
{
	char error[512];

	if (tare_recorder_close(recorder, status, error, sizeof(error)) == 0)
		return status;
	return tare__complain("%s", error);
}

static int run_selected(const struct tare__run_words *words, const struct tare__selection *selection, const char *command,
	const char *self)
{
	bool records = !words->here || words->out || words->junit || words->html;
	struct tare__run_places *places = calloc(1, sizeof(*places));
	struct tare_recorder *recorder = NULL;
	int status = TARE_EXIT_USAGE;

	if (!places) {
		tare__complain("out of memory");
		goto done;
	}
	if (words->here && selection->count != 1) {
		tare__complain("--here runs one case, and %zu match", selection->count);
		goto done;
	}
	if (records && tare__run_record(words, selection, command, places, &recorder))
		goto done;
	status = tare__run_engine(words, selection, self, recorder);
	if (records) {
		status = close_recorder(&recorder, status);
		printf("reports: %s, %s, %s\n", places->paths.junit, places->paths.html, places->paths.csv);
	}
done:
	free(places);
	return status;
}

/* Of what matches, the cases that can be swept. 0, or -1 after a sentence. */
static int select_swept(const struct tare__run_words *words, struct tare__selection *selection)
{
	size_t kept = 0, matched = selection->count;

	for (size_t i = 0; i < matched; i++)
		if (selection->list[i].spec->faults != NO_FAULTS)
			selection->list[kept++] = selection->list[i];
	if (words->fault && (matched != 1 || kept != 1)) {
		tare__complain(matched != 1 ? "--fault is of one case in one cell, and %zu match"
					    : "--fault: of the %zu case that matches nothing can be made to fail: it does not "
					      "declare its faults",
			matched);
		return -1;
	}
	selection->count = kept;
	if (kept)
		return 0;
	tare__complain("none of the %zu cases that match declares its faults, so there is nothing to sweep", matched);
	return -1;
}

static int check_words(const struct tare__run_words *words)
{
	if (words->jobs > TARE_JOBS_MOST)
		return tare__complain("--jobs: at most %d at a time", TARE_JOBS_MOST);
	if (words->level > TARE_LEVELS_MOST)
		return tare__complain("--level: the levels are 1 to %d", TARE_LEVELS_MOST);
	if (words->valgrind && words->here)
		return tare__complain("--valgrind runs cases in processes of their own; for one in the foreground: valgrind %s",
			"tare run --here CASE");
	if (words->fault && (words->pairs || words->budget))
		return tare__complain("--fault names the one point there is; --pairs and --budget choose among many");
	if (tare__run_sweeps(words) && words->here && !words->fault)
		return tare__complain("a sweep takes processes of its own; one point of it in this one: --here --fault TOKEN");
	return TARE_EXIT_PASSED;
}

static int check_fault(const struct tare__run_words *words)
{
	struct tare_fault_token token;
	char error[512];

	if (!words->fault || !tare_fault_token_read(words->fault, words->judged, &token, error, sizeof(error)))
		return 0;
	return tare__complain("--fault: %s", error);
}

static int read_baseline(struct tare__run_words *words)
{
	char error[512];

	if (!words->baseline || !tare_baseline_read(&words->known, words->baseline, error, sizeof(error)))
		return 0;
	return tare__complain("%s", error);
}

static int read_target(struct tare__run_words *words)
{
	if (!words->target)
		return 0;
	if (tare__target_read(words->target, words->cell, tare__run_driver(words), &words->file))
		return -1;
	words->judged = &words->file;
	words->cell = tare_cell_text(words->file.cell, words->cell_of_file);
	return 0;
}

static int run_words(const struct tare__command *self, struct tare__run_words *words, int count, char **patterns,
	const char *command, int given_count, char *const *given)
{
	struct tare__selection selection;
	char program[TARE_RUN_PATH], folder[TARE_RUN_PATH];
	int status = TARE_EXIT_USAGE;

	if (tare__self_command(program, sizeof(program)) || tare__fixtures_folder(words->fixtures, sizeof(words->fixtures)) ||
	    tare__environment_check() || read_target(words) || check_fault(words))
		return status;
	tare__score_words(words->fixtures, words->score, sizeof(words->score));
	if (read_baseline(words) || tare__select_cases(&selection, count, patterns, words->cell))
		return status;
	if ((words->sweep || words->fault) && select_swept(words, &selection))
		status = TARE_EXIT_USAGE;
	else if (tare__driver_check(tare__run_driver(words), &selection))
		status = TARE_EXIT_USAGE;
	else if (!words->valgrind || tare__valgrind_is_here())
		status = run_selected(words, &selection, command, program);
	else if (!tare__valgrind_folder(tare__run_out(words), folder, sizeof(folder)))
		status = tare__valgrind_become(folder, program, self->name, given_count, given);
	free(selection.list);
	return status;
}

int tare__run(const struct tare__command *self, int argc, char **argv, bool sweep)
{
	char **given = calloc((size_t)argc + 1, sizeof(*given)); /* the words as they were typed */
	struct tare__run_words words = { .jobs = 1, .sweep = sweep };
	char command[1024];
	int status = TARE_EXIT_USAGE, count;

	if (!given)
		return tare__complain("out of memory");
	memcpy(given, argv, (size_t)argc * sizeof(*given));
	keep_command(self, argc, argv, command, sizeof(command));
	count = tare__options_read(self, argc, argv, &words);
	if (count >= 0 && check_words(&words) == TARE_EXIT_PASSED)
		status = run_words(self, &words, count, argv, command, argc, given);
	tare_baseline_free(&words.known);
	free(given);
	return status;
}
