/* SPDX-License-Identifier: Apache-2.0 */
#include "score.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/text.h>

#include "cli.h"

struct sum {
	char commit[64];
	unsigned caught, all;
	unsigned lines, missed; /* as they are counted */
};

static void read_line(const char *line, struct sum *sum)
{
	if (!strncmp(line, "commit ", 7)) {
		snprintf(sum->commit, sizeof(sum->commit), "%.*s", (int)strcspn(line + 7, "\n"), line + 7);
	} else if (line[strcspn(line, "\t\n")] == '\t') {
		const char *missed = strstr(line, "\tMISSED\t");

		sum->lines++;
		sum->missed += missed && missed < line + strcspn(line, "\n");
	} else if (!strncmp(line, "caught ", 7)) {
		char *end;

		sum->caught = (unsigned)strtoul(line + 7, &end, 10);
		sum->all = strncmp(end, " of ", 4) ? 0 : (unsigned)strtoul(end + 4, NULL, 10);
	}
}

/* Whether the score has a line of this patch as it is here. */
static bool has_patch(const char *score, const char *name, const char *mark)
{
	char begin[80], end[24];
	const char *line, *sum;

	snprintf(begin, sizeof(begin), "\n%.64s\t", name);
	snprintf(end, sizeof(end), "\t%.16s\n", mark);
	line = strstr(score, begin);
	sum = line ? strstr(line, end) : NULL;
	return sum && sum + strlen(end) - 1 == line + 1 + strcspn(line + 1, "\n");
}

/* The patches that the tree had when it was built, "MARK SIZE NAME.patch" each; with them *newer, those that the score is not of. */
static unsigned count_patches(const char *fixtures, const char *score, unsigned *newer)
{
	char path[TARE_DEFECT_PATH], *line = NULL, mark[16], name[80];
	FILE *file = tare__path_join(path, sizeof(path), fixtures, "patches") ? NULL : fopen(path, "re");
	unsigned count = 0;
	size_t size = 0;

	while (file && getline(&line, &size, file) >= 0) {
		if (sscanf(line, "%15[0-9] %*u %79s", mark, name) != 2)
			continue;
		name[strcspn(name, ".")] = '\0';
		*newer += !has_patch(score, name, mark);
		count++;
	}
	free(line);
	if (file)
		fclose(file);
	return count;
}

const char *tare__score_words(const char *fixtures, char *text, size_t room)
{
	struct sum sum = { 0 };
	char path[TARE_DEFECT_PATH], *score = NULL;
	unsigned patches, newer = 0;
	size_t size = 0;
	FILE *file = tare__path_join(path, sizeof(path), fixtures, "score") ? NULL : fopen(path, "re");

	text[0] = '\0';
	if (file && getdelim(&score, &size, '\0', file) > 0) {
		for (const char *line = score; *line; line += strcspn(line, "\n"), line += *line == '\n')
			read_line(line, &sum);
	}
	if (file)
		fclose(file);
	if (sum.commit[0] && sum.all && sum.lines == sum.all && sum.all - sum.missed == sum.caught) {
		struct tare_text said = tare_text_over(text, room);

		tare_text_add(&said, "%u of %u caught, at commit %s", sum.caught, sum.all, sum.commit);
		patches = count_patches(fixtures, score, &newer);
		if (newer)
			tare_text_add(&said, "; of the %u patches here %u %s newer", patches, newer, newer == 1 ? "is" : "are");
	}
	free(score);
	return text;
}

static void write_defect(FILE *file, const struct tare__defect *defect)
{
	const struct tare__wish *wish = &defect->wishes[0];

	fprintf(file, "%s\t%s\t%s\t%s\t", defect->name, defect->incident, defect->caught ? wish->verdict : "MISSED",
		wish->account[0] ? wish->account : "-");
	if (wish->launch)
		fprintf(file, "%" PRIu32 "\t", wish->launch);
	else
		fputs("-\t", file);
	fprintf(file, "%" PRIu32 "\n", defect->mark);
}

int tare__score_write(const char *path, const char *commit, const char *date, const struct tare__defect *defects,
	size_t count, char reason[TARE_DEFECT_REASON])
{
	FILE *file = fopen(path, "we");
	size_t caught = 0;
	int failed = !file;

	for (size_t i = 0; i < count; i++)
		caught += defects[i].caught;
	if (file) {
		fprintf(file, "commit %s\ndate %s\ncaught %zu of %zu\n", commit, date, caught, count);
		for (size_t i = 0; i < count; i++)
			write_defect(file, &defects[i]);
		failed = ferror(file);
		failed |= fclose(file) != 0;
	}
	if (failed)
		snprintf(reason, TARE_DEFECT_REASON, "%.200s: %s", path, strerror(errno));
	return failed ? -1 : 0;
}
