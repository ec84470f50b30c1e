/* SPDX-License-Identifier: Apache-2.0 */
#include "score.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	} else if (strchr(line, '\t')) {
		sum->lines++;
		sum->missed += strstr(line, "\tMISSED\t") != NULL;
	} else if (!strncmp(line, "caught ", 7)) {
		char *end;

		sum->caught = (unsigned)strtoul(line + 7, &end, 10);
		sum->all = strncmp(end, " of ", 4) ? 0 : (unsigned)strtoul(end + 4, NULL, 10);
	}
}

const char *tare__score_words(const char *fixtures, char *text, size_t room)
{
	struct sum sum = { 0 };
	char path[TARE_DEFECT_PATH], *line = NULL;
	size_t size = 0;
	FILE *file = tare__path_join(path, sizeof(path), fixtures, "score") ? NULL : fopen(path, "re");

	text[0] = '\0';
	while (file && getline(&line, &size, file) >= 0)
		read_line(line, &sum);
	free(line);
	if (file)
		fclose(file);
	if (sum.commit[0] && sum.all && sum.lines == sum.all && sum.all - sum.missed == sum.caught)
		snprintf(text, room, "%u of %u caught, at commit %s", sum.caught, sum.all, sum.commit);
	return text;
}

static void write_defect(FILE *file, const struct tare__defect *defect)
{
	const struct tare__wish *wish = &defect->wishes[0];

	fprintf(file, "%s\t%s\t%s\t%s\t", defect->name, defect->incident, defect->caught ? wish->verdict : "MISSED",
		wish->account[0] ? wish->account : "-");
	if (wish->launch)
		fprintf(file, "%" PRIu32 "\n", wish->launch);
	else
		fputs("-\n", file);
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
