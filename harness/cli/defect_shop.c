/* SPDX-License-Identifier: Apache-2.0 */
#include "defect_shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tare/clock.h>
#include <tare/object.h>
#include <tare/status.h>
#include <tare/text.h>

#include "cli.h"
#include "command.h"
#include "self.h"

#define PATH        TARE_DEFECT_PATH
#define BUILD_MS    (30u * 60 * 1000)
#define RUN_MS      (10u * 60 * 1000)
#define MOST_WORDS  16

/* What a copy needs to be built and run. */
static const char *const needed[] = { "CMakeLists.txt", "README.md", "LICENSE", "runner", "harness", "suites", "fixtures",
	"reports", "scripts", NULL };

static bool asked(void *cookie)
{
	(void)cookie;
	return tare__interrupted();
}

int tare__shop_open(struct tare__shop *shop, const char *source, unsigned number)
{
	char self[PATH], place[PATH], name[32];

	if (tare__self_folder(self, sizeof(self)))
		return -1;
	shop->source = source;
	snprintf(name, sizeof(name), "defects/%u", number);
	if (tare__path_join(place, PATH, self, name) || tare__path_join(shop->copy, PATH, place, "tree") ||
		tare__path_join(shop->build, PATH, place, "build") || tare__path_join(shop->out, PATH, place, "out") ||
		tare__path_join(shop->log, PATH, place, "log") || tare__path_join(shop->tare, PATH, shop->build, "tare")) {
		tare__complain("the path of this program is too long");
		return -1;
	}
	/* With paths below its place the cache takes one copy for another: the second is built from the first one's objects. */
	snprintf(shop->launcher, sizeof(shop->launcher), "-DCMAKE_C_COMPILER_LAUNCHER=");
	if (TARE_LAUNCHER[0])
		snprintf(shop->launcher, sizeof(shop->launcher),
			"-DCMAKE_C_COMPILER_LAUNCHER=env;CCACHE_BASEDIR=%s;CCACHE_NOHASHDIR=1;%s", place, TARE_LAUNCHER);
	return tare__folder_make(shop->copy) || tare__folder_make(shop->build) ? -1 : 0;
}

int tare__shop_restore(const struct tare__shop *shop, char reason[TARE_DEFECT_REASON])
{
	return tare__tree_mirror(shop->source, shop->copy, needed, reason);
}

/* Runs a tool; 0, or -1 with a sentence that says what went wrong with it and where more stands. */
static int tool(
	const struct tare__shop *shop, const char *const argv[], uint32_t deadline_ms, const char *what, char *reason)
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

/* Once: ninja itself asks cmake again where a list of files has changed. */
static int configure(const struct tare__shop *shop, char *reason)
{
	const char *const argv[] = { "cmake", "-S", shop->copy, "-B", shop->build, "-G", "Ninja", "-DTARE_TESTS=OFF",
		"-DCMAKE_C_COMPILER=" TARE_COMPILER, shop->launcher, NULL };
	char made[PATH];

	if (!tare__path_join(made, sizeof(made), shop->build, "build.ninja") && !access(made, R_OK))
		return 0;
	return tool(shop, argv, BUILD_MS, "the copy can't be configured", reason);
}

static int build(const struct tare__shop *shop, unsigned count, char *reason)
{
	char builders[16];
	const char *argv[] = { "cmake", "--build", shop->build, "--target", "tare", NULL, NULL, NULL };

	if (count) {
		snprintf(builders, sizeof(builders), "%u", count);
		argv[5] = "--parallel";
		argv[6] = builders;
	}
	return tool(shop, argv, BUILD_MS, "the copy can't be built", reason);
}

const char *tare__shop_hunk(const char *log, char *text, size_t room)
{
	FILE *file = fopen(log, "re");
	char *line = NULL, name[200] = "";
	size_t size = 0;

	text[0] = '\0';
	while (file && !text[0] && getline(&line, &size, file) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "patching file ", 14))
			snprintf(name, sizeof(name), "%.199s", line + 14);
		else if (strstr(line, "FAILED at") && !strncmp(line, "Hunk #", 6))
			snprintf(text, room, "%s, hunk %.60s", name, line + 5);
		else if (strstr(line, "find file to patch"))
			snprintf(text, room, "a file that it changes is gone");
	}
	free(line);
	if (file)
		fclose(file);
	return text;
}

static int apply(const struct tare__shop *shop, struct tare__defect *defect)
{
	const char *const argv[] = { "patch", "-p1", "--unified", "--batch", "--forward", "--fuzz=0", "--no-backup-if-mismatch", "-r", "-",
		"-i", defect->path, NULL };
	char hunk[280];

	if (!tool(shop, argv, BUILD_MS, "the patch does not apply", defect->reason))
		return 0;
	if (*tare__shop_hunk(shop->log, hunk, sizeof(hunk)))
		snprintf(defect->reason, TARE_DEFECT_REASON, "the patch does not apply: %s", hunk);
	defect->inapplicable = !tare__interrupted();
	return -1;
}

/* The words of a run: patterns from the wish, which is cut up in `cases`. */
static void run_words(const struct tare__shop *shop, const struct tare__wish *wish, char cases[sizeof(wish->cases)],
	const char *argv[MOST_WORDS + 10])
{
	size_t count = 0;
	char *rest = NULL;

	memcpy(cases, wish->cases, sizeof(wish->cases));
	argv[count++] = shop->tare;
	argv[count++] = wish->by[0] ? wish->by : "run";
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

static bool meets(const struct tare__shop *shop, struct tare__defect *defect, const struct tare__wish *wish)
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

int tare__shop_prepare(const struct tare__shop *shop, char reason[TARE_DEFECT_REASON])
{
	unlink(shop->log);
	return tare__shop_restore(shop, reason) || configure(shop, reason) || build(shop, 0, reason) ? -1 : 0;
}

void tare__shop_try(const struct tare__shop *shop, struct tare__defect *defect)
{
	uint64_t started = tare_clock_ns();
	bool good;

	unlink(shop->log);
	good = !tare__shop_restore(shop, defect->reason) && !apply(shop, defect) && !configure(shop, defect->reason) &&
		!build(shop, shop->builders, defect->reason);
	for (size_t i = 0; good && i < defect->wish_count; i++)
		good = meets(shop, defect, &defect->wishes[i]);
	defect->caught = good;
	if (good)
		defect->reason[0] = '\0';
	defect->milliseconds = (tare_clock_ns() - started) / 1000000;
}

static int ask_git(const struct tare__shop *shop, const char *const argv[], char *line, size_t room)
{
	const struct tare_command command = { .argv = argv, .directory = shop->source, .log = shop->log,
		.deadline_ms = 60000, .interrupted = asked };
	FILE *file;
	int status;

	unlink(shop->log);
	line[0] = '\0';
	status = tare_isolate_command(&command);
	file = status == 0 ? fopen(shop->log, "re") : NULL;
	if (file && !fgets(line, (int)room, file))
		line[0] = '\0';
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return status == 0 ? 0 : -1;
}

int tare__shop_commit(const struct tare__shop *shop, char commit[TARE_COMMIT_TEXT], char reason[TARE_DEFECT_REASON])
{
	/* The score itself is written by what asks this. */
	const char *const head[] = { "git", "rev-parse", "--short=12", "HEAD", NULL };
	const char *const changed[] = { "git", "status", "--porcelain", "--", ".", ":!fixtures/defects/score", NULL };
	char line[256];

	if (ask_git(shop, head, commit, TARE_COMMIT_TEXT - 1) || !commit[0] || ask_git(shop, changed, line, sizeof(line))) {
		snprintf(reason, TARE_DEFECT_REASON, "%.200s is no tree that git knows, so a score would be of nothing", shop->source);
		return -1;
	}
	if (line[0])
		strcat(commit, "+");
	return 0;
}
