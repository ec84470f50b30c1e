/* SPDX-License-Identifier: Apache-2.0 */
/*
 * baseline - the file of known failures, brought up to date from a run
 *
 * Lines that still hold stay as they are, with their comments, reasons and
 * days: that a day is over is for a person to decide about.  What passes now
 * goes, what fails and has no line gets one, and a verdict that changed is
 * written over the old one.
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <tare/baseline.h>
#include <tare/engine.h>
#include <tare/record.h>

#define PATH 4096
#define DAYS 30

struct words {
	const char *baseline;
	uint32_t days;
};

static const struct tare__option options[] = {
	{ "baseline", 0, TARE_OPTION_TEXT, offsetof(struct words, baseline), "FILE", NULL, "the file: baseline.txt" },
	{ "days", 0, TARE_OPTION_COUNT, offsetof(struct words, days), "N", NULL, "how long a new line holds: 30" },
	{ 0 },
};

/* What the journal says of the cases of one line. */
struct seen {
	size_t passed, failed;
	const char *verdict; /* of the first that failed with another than the line's; static */
};

struct update {
	struct tare_baseline *baseline; /* NULL: there is no file yet */
	struct seen *seen;              /* one for each line */
	FILE *to;
	char day[11];
	size_t added;
};

static const char *verdict_word(const char *word)
{
	for (int v = 0; v < TARE_VERDICTS; v++)
		if (!strcmp(word, tare_verdict_name((enum tare_verdict)v)))
			return tare_verdict_name((enum tare_verdict)v);
	return "FAIL";
}

static const struct tare_baseline_line *line_of(const struct update *update, const char *name)
{
	const struct tare_baseline_line *line = NULL;
	struct tare_case_ref *list;
	char why[256];
	size_t count;

	if (!update->baseline || tare_select(&name, 1, NULL, &list, &count, why, sizeof(why)))
		return NULL;
	line = tare_baseline_find(update->baseline, &list[0]);
	free(list);
	return line;
}

/* First what stands in the file is weighed, then what is new is added behind it. */
static int look_at(void *cookie, const struct tare_record_case *c, const struct tare_record_outcome *outcome, bool adds)
{
	struct update *update = cookie;
	char name[TARE_CASE_TEXT];
	const struct tare_baseline_line *line;
	bool passed;

	if (!outcome || !strcmp(outcome->verdict, "SKIP"))
		return 0;
	snprintf(name, sizeof(name), "%.60s.%.60s@%.10s/%.10s/%.10s", c->suite, c->name, c->arch, c->platform, c->graph);
	passed = !strcmp(outcome->verdict, "PASS") || (outcome->type && !strcmp(outcome->type, "Fail.Baseline"));
	line = line_of(update, name);
	if (adds && !line && !passed) {
		const char *why = outcome->message && *outcome->message ? outcome->message : "not looked at yet";
		fprintf(update->to, "%s %s %s %.*s\n", name, outcome->verdict, update->day, (int)strcspn(why, "\r\n"), why);
		update->added++;
	} else if (!adds && line) {
		struct seen *seen = &update->seen[line - update->baseline->lines];
		seen->passed += passed;
		seen->failed += !passed;
		if (!passed && strcmp(outcome->verdict, tare_verdict_name(line->verdict)))
			seen->verdict = verdict_word(outcome->verdict);
	}
	return 0;
}

static int weigh(void *cookie, const struct tare_record_case *c, const struct tare_record_outcome *outcome)
{
	return look_at(cookie, c, outcome, false);
}

static int add(void *cookie, const struct tare_record_case *c, const struct tare_record_outcome *outcome)
{
	return look_at(cookie, c, outcome, true);
}

/* The old file line by line; returns how many were dropped. */
static size_t copy_lines(const struct update *update, FILE *from)
{
	char *text = NULL;
	size_t room = 0, dropped = 0, next = 0;
	unsigned number = 0;

	while (getline(&text, &room, from) >= 0) {
		const struct tare_baseline_line *line = next < update->baseline->count ? &update->baseline->lines[next] : NULL;

		text[strcspn(text, "\n")] = '\0';
		if (++number != (line ? line->number : 0)) {
			fprintf(update->to, "%s\n", text);
			continue;
		}
		const struct seen *seen = &update->seen[next++];
		if (seen->passed && !seen->failed)
			dropped++;
		else if (seen->verdict)
			fprintf(update->to, "%s %s %s %s\n", line->pattern, seen->verdict, line->expiry, line->reason);
		else
			fprintf(update->to, "%s\n", text);
	}
	free(text);
	return dropped;
}

static int write_file(struct update *update, const char *path, const char *journal)
{
	char part[PATH + 8], error[512] = "out of memory";
	FILE *from = update->baseline ? fopen(path, "r") : NULL;
	size_t dropped = 0;
	int status;

	snprintf(part, sizeof(part), "%s.part", path);
	update->to = fopen(part, "w");
	if (!update->to) {
		if (from)
			fclose(from);
		return tare__complain("%s: %s", part, strerror(errno));
	}
	if (from) {
		dropped = copy_lines(update, from);
		fclose(from);
	} else {
		fprintf(update->to, "# PATTERN VERDICT EXPIRY REASON...\n");
	}
	status = tare_record_walk(journal, add, update, error, sizeof(error));
	if (fclose(update->to) || status || rename(part, path)) {
		unlink(part);
		return tare__complain("%s: %s", path, status ? error : strerror(errno));
	}
	printf("%s: %zu added, %zu dropped\n", path, update->added, dropped);
	return TARE_EXIT_PASSED;
}

static int update_file(const struct words *words, const char *journal)
{
	const char *path = words->baseline ? words->baseline : "baseline.txt";
	struct update update = { 0 };
	char error[512];
	int status = TARE_EXIT_USAGE;

	tare_baseline_day(time(NULL), words->days ? words->days : DAYS, update.day);
	if (!access(path, F_OK) && tare_baseline_read(&update.baseline, path, error, sizeof(error)))
		return tare__complain("%s", error);
	update.seen = calloc(update.baseline ? update.baseline->count + 1 : 1, sizeof(*update.seen));
	if (!update.seen)
		tare__complain("out of memory");
	else if (tare_record_walk(journal, weigh, &update, error, sizeof(error)))
		tare__complain("%s", error);
	else
		status = write_file(&update, path, journal);
	free(update.seen);
	tare_baseline_free(&update.baseline);
	return status;
}

static int run(const struct tare__command *self, int argc, char **argv)
{
	struct words words = { 0 };
	int count = tare__options_read(self, argc, argv, &words);

	if (count < 0)
		return TARE_EXIT_USAGE;
	if (count != 2 || strcmp(argv[0], "update"))
		return tare__complain("it is: tare baseline update [--baseline FILE] JOURNAL");
	return update_file(&words, argv[1]);
}

const struct tare__command tare__command_baseline = {
	.name = "baseline",
	.arguments = "update [--baseline FILE] JOURNAL",
	.summary = "the file of known failures, from a run's journal",
	.about = "Adds a line for each failure that has none, drops those of cases that pass, and keeps comments, reasons and days.",
	.options = options,
	.run = run,
};
