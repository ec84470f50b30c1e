/* SPDX-License-Identifier: Apache-2.0 */
/*
 * defects - is what once went wrong still found?
 *
 * Each patch under fixtures/defects brings a historic fault back.  It is applied
 * to a copy of the tree, built beside the build that this program came from,
 * and the patched program's own journal is compared with what the patch wishes.
 * The copy is kept: from one defect to the next only what differs is built.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <tare/clock.h>
#include <tare/object.h>
#include <tare/status.h>
#include <tare/text.h>

#include "cli.h"
#include "command.h"
#include "defect.h"
#include "self.h"

#define PATH        TARE_DEFECT_PATH
#define BUILD_MS    (30u * 60 * 1000)
#define RUN_MS      (10u * 60 * 1000)
#define MOST_WORDS  16

struct words {
	const char *source;
	bool list, keep, json, verbose;
};

static const struct tare__option options[] = {
	{ "list", 0, TARE_OPTION_FLAG, offsetof(struct words, list), NULL, NULL,
		"only print what there is and what is wished" },
	{ "json", 0, TARE_OPTION_FLAG, offsetof(struct words, json), NULL, NULL,
		"a JSON array instead of the table" },
	{ "keep", 0, TARE_OPTION_FLAG, offsetof(struct words, keep), NULL, NULL,
		"leave the last defect in the copy, to look at it" },
	{ "source", 0, TARE_OPTION_TEXT, offsetof(struct words, source), "DIR", NULL,
		"the tree: where this program was built from" },
	{ "verbose", 'v', TARE_OPTION_FLAG, offsetof(struct words, verbose), NULL, NULL,
		"also what was reported of each" },
	{ 0 },
};

/* Where it is done, all below the folder of this program. */
struct workshop {
	const char *source;
	char place[PATH], copy[PATH], build[PATH], out[PATH], log[PATH], tare[PATH];
};

/* What a copy needs to be built and run. */
static const char *const needed[] = { "CMakeLists.txt", "runner", "harness", "suites", "fixtures", "reports",
	"scripts", NULL };

static bool asked(void *cookie)
{
	(void)cookie;
	return tare__interrupted();
}

static int open_workshop(struct workshop *shop, const char *source)
{
	char self[PATH];

	if (tare__self_folder(self, sizeof(self)))
		return -1;
	shop->source = source;
	if (tare__path_join(shop->place, PATH, self, "defects") ||
		tare__path_join(shop->copy, PATH, shop->place, "tree") ||
		tare__path_join(shop->build, PATH, shop->place, "build") ||
		tare__path_join(shop->out, PATH, shop->place, "out") ||
		tare__path_join(shop->log, PATH, shop->place, "log") ||
		tare__path_join(shop->tare, PATH, shop->build, "tare")) {
		tare__complain("the path of this program is too long");
		return -1;
	}
	return tare__folder_make(shop->copy) || tare__folder_make(shop->build) ? -1 : 0;
}

/* Runs a tool; 0, or -1 with a sentence that says what went wrong with it and where more stands. */
static int tool(
	const struct workshop *shop, const char *const argv[], uint32_t deadline_ms, const char *what, char *reason)
{
	struct tare_command command = { .argv = argv,
		.directory = shop->copy,
		.log = shop->log,
		.deadline_ms = deadline_ms,
		.interrupted = asked };
	int status = tare_isolate_command(&command);

	if (status == 0)
		return 0;
	if (status == TARE_E_STATE)
		snprintf(reason, TARE_DEFECT_REASON, "interrupted");
	else if (status == 127)
		snprintf(reason, TARE_DEFECT_REASON, "%s: %s is not installed", what, argv[0]);
	else
		snprintf(reason, TARE_DEFECT_REASON, "%s (%s): see %.200s", what,
			status == TARE_E_STALL ? "it took too long" : "it failed", shop->log);
	return -1;
}

static int configure(const struct workshop *shop, char *reason)
{
	const char *const argv[] = { "cmake", "-S", shop->copy, "-B", shop->build, "-G", "Ninja", "-DTARE_TESTS=OFF",
		"-DCMAKE_C_COMPILER=" TARE_COMPILER, NULL };

	return tool(shop, argv, BUILD_MS, "the copy can't be configured", reason);
}

static int build(const struct workshop *shop, char *reason)
{
	const char *const argv[] = { "cmake", "--build", shop->build, NULL };

	return tool(shop, argv, BUILD_MS, "the patched copy can't be built", reason);
}

static int apply(const struct workshop *shop, const struct tare__defect *defect, char *reason)
{
	const char *const argv[] = { "patch", "-p1", "--batch", "--forward", "--no-backup-if-mismatch", "-r", "-",
		"-i", defect->path, NULL };

	return tool(shop, argv, BUILD_MS, "the patch does not apply", reason);
}

/* The words of a run: patterns from the wish, which is cut up in `cases`. */
static void run_words(const struct workshop *shop, const struct tare__wish *wish, char cases[sizeof(wish->cases)],
	const char *argv[MOST_WORDS + 10])
{
	size_t count = 0;
	char *rest = NULL;

	memcpy(cases, wish->cases, sizeof(wish->cases));
	argv[count++] = shop->tare;
	argv[count++] = "run";
	for (char *word = strtok_r(cases, " ,", &rest); word && count < MOST_WORDS;
		word = strtok_r(NULL, " ,", &rest))
		argv[count++] = word;
	argv[count++] = "--out";
	argv[count++] = shop->out;
	argv[count++] = "--color";
	argv[count++] = "never";
	if (wish->cells[0]) {
		argv[count++] = "--cell";
		argv[count++] = wish->cells;
	}
	argv[count] = NULL;
}

static bool meets(const struct workshop *shop, struct tare__defect *defect, const struct tare__wish *wish)
{
	const char *argv[MOST_WORDS + 10];
	char cases[sizeof(wish->cases)], journal[PATH];
	size_t told = strlen(defect->text);
	bool first = wish == defect->wishes;
	struct tare_text again = tare_text_over(defect->again, first ? sizeof(defect->again) : 1);
	struct tare_command command = {
		.argv = argv, .directory = shop->copy, .log = shop->log, .deadline_ms = RUN_MS, .interrupted = asked
	};
	int status;

	run_words(shop, wish, cases, argv);
	for (size_t i = 0; first && argv[i]; i++)
		tare_text_add(&again, strpbrk(argv[i], "*?[") ? "%s'%s'" : "%s%s", i ? " " : "", argv[i]);
	if (tare__path_join(journal, sizeof(journal), shop->out, "journal.jsonl"))
		return false;
	unlink(journal);
	status = tare_isolate_command(&command);
	if (status != TARE_EXIT_FAILED) {
		snprintf(defect->reason, TARE_DEFECT_REASON, status == TARE_E_STATE ? "interrupted" :
			status == TARE_E_STALL ? "the run took too long" : status == 0 ? "every case passed" :
			"the run ended with %d: see %.200s", status, shop->log);
		return false;
	}
	return tare__defect_judge(wish, journal, defect->reason, defect->text + told, sizeof(defect->text) - told);
}

static void try_one(const struct workshop *shop, struct tare__defect *defect)
{
	uint64_t started = tare_clock_ns();
	bool good;

	unlink(shop->log);
	good = !tare__tree_mirror(shop->source, shop->copy, needed, defect->reason) &&
		!apply(shop, defect, defect->reason) && !configure(shop, defect->reason) &&
		!build(shop, defect->reason);
	for (size_t i = 0; good && i < defect->wish_count; i++)
		good = meets(shop, defect, &defect->wishes[i]);
	defect->caught = good;
	if (good)
		defect->reason[0] = '\0';
	defect->milliseconds = (tare_clock_ns() - started) / 1000000;
}

static void print_wishes(const struct tare__defect *defect)
{
	printf("%s\n  incident  %s\n  does      %s\n", defect->name, defect->incident, defect->what);
	for (size_t i = 0; i < defect->wish_count; i++) {
		const struct tare__wish *wish = &defect->wishes[i];

		printf("  wants     %s", wish->verdict);
		if (wish->account[0])
			printf(" of %s", wish->account);
		if (wish->launch)
			printf(" at launch %" PRIu32, wish->launch);
		printf(" by %s in %s\n", wish->cases, wish->cells[0] ? wish->cells : "every cell");
		for (size_t s = 0; s < wish->says_count; s++)
			printf("            saying '%s'\n", wish->says[s]);
	}
}

static void print_result(const struct tare__defect *defect, bool tell)
{
	printf("%-7s %-36s %4" PRIu64 ".%u s  %s\n", defect->caught ? "caught" : "MISSED", defect->name,
		defect->milliseconds / 1000, (unsigned)(defect->milliseconds / 100 % 10),
		defect->caught ? defect->incident : defect->reason);
	for (const char *line = defect->text; tell && *line;) {
		size_t length = strcspn(line, "\n");

		printf("        %.*s\n", (int)length, line);
		line += length + (line[length] != '\0');
	}
	if (tell && defect->again[0])
		printf("        again with the defect: %s\n", defect->again);
	fflush(stdout);
}

static json_t *result_json(const struct tare__defect *defect)
{
	return json_pack("{ss ss sb ss sI ss ss}", "name", defect->name, "incident", defect->incident, "caught",
		defect->caught, "reason", defect->reason, "milliseconds", (json_int_t)defect->milliseconds, "text",
		defect->text, "again", defect->again);
}

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct tare__defect *)left)->name, ((const struct tare__defect *)right)->name);
}

static bool is_wanted(const char *name, int count, char **names)
{
	for (int i = 0; i < count; i++) {
		if (tare_glob(names[i], name))
			return true;
	}
	return count == 0;
}

/* Reads every patch in the folder whose name is wanted; -1 after a sentence. */
static int read_folder(const char *folder, int count, char **names, struct tare__defect **defects)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	int found = 0;

	if (!directory)
		return tare__complain("%s: %s", folder, strerror(errno)), -1;
	while (found >= 0 && (entry = readdir(directory))) {
		char path[PATH], name[64];
		size_t length = strlen(entry->d_name);
		struct tare__defect *more;

		if (length < 7 || length - 6 >= sizeof(name) || strcmp(entry->d_name + length - 6, ".patch"))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(length - 6), entry->d_name);
		if (!is_wanted(name, count, names) || tare__path_join(path, sizeof(path), folder, entry->d_name))
			continue;
		more = realloc(*defects, ((size_t)found + 1) * sizeof(*more));
		if (!more || (*defects = more, tare__defect_read(&more[found], path))) {
			tare__complain("%s", more ? more[found].reason : "out of memory");
			found = -2;
		}
		found++;
	}
	closedir(directory);
	if (found > 0)
		qsort(*defects, (size_t)found, sizeof(**defects), by_name);
	if (found == 0)
		tare__complain("no defect in %s is called that", folder);
	return found > 0 ? found : -1;
}

static int try_all(
	const struct workshop *shop, const struct words *words, struct tare__defect *defects, int count, bool tell)
{
	json_t *list = json_array();
	char reason[TARE_DEFECT_REASON];
	int caught = 0, tried = 0, failed = !list;

	tare__interrupt_block();
	for (; tried < count && !tare__interrupted(); tried++) {
		try_one(shop, &defects[tried]);
		caught += defects[tried].caught;
		if (words->json)
			failed |= json_array_append_new(list, result_json(&defects[tried]));
		else
			print_result(&defects[tried], tell);
	}
	if (words->json)
		failed |= json_dumpf(list, stdout, JSON_INDENT(2)) || putchar('\n') == EOF;
	else
		printf("%d of %d caught\n", caught, count);
	json_decref(list);
	if (!words->keep && tare__tree_mirror(shop->source, shop->copy, needed, reason))
		return tare__complain("%s", reason);
	if (failed)
		return tare__complain("the results can't be printed");
	return tare__interrupted() ? TARE_EXIT_INTERRUPTED : caught == count ? TARE_EXIT_PASSED : TARE_EXIT_FAILED;
}

static int run(const struct tare__command *self, int argc, char **argv)
{
	struct words words = { .source = TARE_SOURCE };
	struct workshop *shop = calloc(1, sizeof(*shop));
	struct tare__defect *defects = NULL;
	char folder[PATH];
	int status = TARE_EXIT_USAGE, found, count = tare__options_read(self, argc, argv, &words);

	if (!shop || count < 0 || tare__path_join(folder, sizeof(folder), words.source, "fixtures/defects"))
		goto done;
	found = read_folder(folder, count, argv, &defects);
	if (found < 0)
		goto done;
	if (words.list) {
		for (int i = 0; i < found; i++)
			print_wishes(&defects[i]);
		status = TARE_EXIT_PASSED;
	} else if (!open_workshop(shop, words.source)) {
		status = try_all(shop, &words, defects, found, words.verbose || count > 0);
	}
done:
	free(defects);
	free(shop);
	return status;
}

const struct tare__command tare__command_defects = {
	.name = "defects",
	.arguments = "[NAME...] [options]",
	.summary = "historic faults brought back: is each one found?",
	.about =
		"Applies each seeded defect to a copy of the tree, builds it beside, runs the cases that must find it, and "
		"compares what they report with what the patch's head wishes.",
	.options = options,
	.run = run,
};
