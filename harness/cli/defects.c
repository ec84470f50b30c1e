/* SPDX-License-Identifier: Apache-2.0 */
/*
 * defects - is what once went wrong still found?
 *
 * Each patch under fixtures/defects brings a historic fault back.  It is applied
 * to a copy of the tree, built beside the build that this program came from,
 * and the patched program's own journal is compared with what the patch wishes.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <tare/object.h>
#include <tare/text.h>

#include "cli.h"
#include "defect_jobs.h"
#include "score.h"

#define PATH TARE_DEFECT_PATH

struct words {
	const char *source, *by;
	uint64_t jobs;
	uint32_t some;
	bool list, keep, json, verbose, record;
};

static const struct tare__option options[] = {
	{ "list", 0, TARE_OPTION_FLAG, offsetof(struct words, list), NULL, NULL,
		"only print what there is and what is wished" },
	{ "jobs", 'j', TARE_OPTION_NUMBER, offsetof(struct words, jobs), "N", NULL,
		"defects at a time, each in a copy of its own: 1; 0: as many as there are processors" },
	{ "some", 0, TARE_OPTION_COUNT, offsetof(struct words, some), "N", NULL,
		"only so many, chosen by the text of --by" },
	{ "by", 0, TARE_OPTION_TEXT, offsetof(struct words, by), "TEXT", NULL,
		"what chooses them, a commit for instance: other ones for each, the same for the same" },
	{ "record", 0, TARE_OPTION_FLAG, offsetof(struct words, record), NULL, NULL,
		"all of them, and the score into fixtures/defects/score of the tree" },
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
		printf(" by %s%s in %s\n", strcmp(wish->by, "sweep") ? "" : "a sweep of ", wish->cases,
			wish->cells[0] ? wish->cells : "every cell");
		for (size_t s = 0; s < wish->says_count; s++)
			printf("            saying '%s'\n", wish->says[s]);
	}
}

struct telling {
	bool quiet; /* the results are printed at the end, as JSON */
	bool tell;  /* what was reported, too */
};

static void print_result(void *cookie, const struct tare__defect *defect)
{
	const struct telling *telling = cookie;

	if (telling->quiet)
		return;
	printf("%-7s %-36s %4" PRIu64 ".%u s  %s\n",
		defect->caught ? "caught" : defect->inapplicable ? "ERROR" : "MISSED", defect->name,
		defect->milliseconds / 1000, (unsigned)(defect->milliseconds / 100 % 10),
		defect->caught ? defect->incident : defect->reason);
	for (const char *line = defect->text; telling->tell && *line;) {
		size_t length = strcspn(line, "\n");

		printf("        %.*s\n", (int)length, line);
		line += length + (line[length] != '\0');
	}
	if (telling->tell && defect->again[0])
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

static int print_json(const struct tare__defect *defects, size_t count)
{
	json_t *list = json_array();
	int failed = !list;

	for (size_t i = 0; i < count; i++)
		failed |= json_array_append_new(list, result_json(&defects[i]));
	failed |= json_dumpf(list, stdout, JSON_INDENT(2)) || putchar('\n') == EOF;
	json_decref(list);
	return failed ? tare__complain("the results can't be printed") : 0;
}

/* The commit at the beginning; with -1 a sentence was said. */
static int find_commit(const struct words *words, char commit[TARE_COMMIT_TEXT])
{
	struct tare__shop *shop = calloc(1, sizeof(*shop));
	char reason[TARE_DEFECT_REASON] = "out of memory";
	int status = -1;

	if (shop && !tare__shop_open(shop, words->source, 0))
		status = tare__shop_commit(shop, commit, reason);
	free(shop);
	if (status)
		tare__complain("--record: %s", reason);
	return status;
}

static int record(const struct words *words, const char *before, const struct tare__defect *defects, size_t count)
{
	char commit[TARE_COMMIT_TEXT], path[PATH], day[16], reason[TARE_DEFECT_REASON];
	time_t now = time(NULL);
	struct tm utc;

	if (find_commit(words, commit) || tare__path_join(path, sizeof(path), words->source, "fixtures/defects/score"))
		return -1;
	if (strcmp(commit, before))
		return tare__complain("--record: the tree went from %s to %s meanwhile, so the score is of neither", before, commit);
	if (!gmtime_r(&now, &utc) || !strftime(day, sizeof(day), "%Y-%m-%d", &utc))
		return tare__complain("--record: there is no date");
	if (tare__score_write(path, commit, day, defects, count, reason))
		return tare__complain("--record: %s", reason);
	return 0;
}

static unsigned jobs_of(const struct words *words)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t jobs = words->jobs ? words->jobs : processors > 0 ? (uint64_t)processors : 1;

	return jobs < TARE_DEFECT_JOBS ? (unsigned)jobs : TARE_DEFECT_JOBS;
}

static int try_all(const struct words *words, struct tare__defect *defects, size_t count, bool tell)
{
	struct telling telling = { words->json, tell };
	const struct tare__defect_jobs jobs = {
		.source = words->source, .defects = defects, .count = count, .jobs = jobs_of(words), .keep = words->keep,
		.tried = print_result, .cookie = &telling,
	};
	size_t caught = 0, inapplicable = 0;
	char commit[TARE_COMMIT_TEXT] = "";

	tare__interrupt_block();
	if ((words->record && find_commit(words, commit)) || tare__defect_jobs(&jobs))
		return TARE_EXIT_USAGE;
	for (size_t i = 0; i < count; i++) {
		caught += defects[i].caught;
		inapplicable += defects[i].inapplicable;
	}
	if (words->json && print_json(defects, count))
		return TARE_EXIT_USAGE;
	if (!words->json)
		printf("%zu of %zu caught\n", caught, count);
	if (tare__interrupted())
		return TARE_EXIT_INTERRUPTED;
	if (words->record && record(words, commit, defects, count))
		return TARE_EXIT_USAGE;
	return inapplicable ? TARE_EXIT_USAGE : caught == count ? TARE_EXIT_PASSED : TARE_EXIT_FAILED;
}

static int check_words(const struct words *words, int names)
{
	if (words->jobs > TARE_DEFECT_JOBS)
		return tare__complain("--jobs: at most %d at a time", TARE_DEFECT_JOBS);
	if (!words->some != !words->by)
		return tare__complain("--some N and --by TEXT come together: so many, chosen by that");
	if (words->record && (names || words->some))
		return tare__complain("--record is of all defects");
	return 0;
}

static int run(const struct tare__command *self, int argc, char **argv)
{
	struct words words = { .source = TARE_SOURCE, .jobs = 1 };
	struct tare__defect *defects = NULL;
	char folder[PATH];
	int status = TARE_EXIT_USAGE, found, count = tare__options_read(self, argc, argv, &words);

	if (count < 0 || check_words(&words, count) || tare__path_join(folder, sizeof(folder), words.source, "fixtures/defects"))
		return status;
	found = read_folder(folder, count, argv, &defects);
	if (found > 0 && words.some && words.some < (uint32_t)found) {
		tare__defect_choose(defects, (size_t)found, words.some, words.by);
		found = (int)words.some;
	}
	if (found > 0 && words.list) {
		for (int i = 0; i < found; i++)
			print_wishes(&defects[i]);
		status = TARE_EXIT_PASSED;
	} else if (found > 0) {
		status = try_all(&words, defects, (size_t)found, words.verbose || count > 0);
	}
	free(defects);
	return status;
}

const struct tare__command tare__command_defects = {
	.name = "defects",
	.arguments = "[NAME...] [options]",
	.summary = "historic faults brought back: is each one found?",
	.about =
		"Applies each seeded defect to a copy of the tree, builds it beside, runs the cases that must find it, and "
		"compares what they report with what the patch's head wishes. A patch that does not apply is an error (2).",
	.options = options,
	.run = run,
};
