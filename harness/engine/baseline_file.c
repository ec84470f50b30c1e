/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of a baseline.  Each line is looked up among all cases there are: a
 * line that is misspelt would otherwise excuse nothing, and nobody would know.
 */
#include <tare/baseline.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tare/engine.h>
#include <tare/status.h>

#define BLANKS " \t\r"

static int read_text(const char *path, char **text)
{
	FILE *file = fopen(path, "rb");
	size_t used = 0, room = 0, got = 0;

	if (!file)
		return TARE_E_IO;
	do {
		if (used + 1 >= room) {
			char *more = realloc(*text, room = room ? 2 * room : 4096);
			if (!more) {
				fclose(file);
				return TARE_E_MEMORY;
			}
			*text = more;
		}
		got = fread(*text + used, 1, room - used - 1, file);
		used += got;
		(*text)[used] = '\0';
	} while (got > 0);
	int status = ferror(file) ? TARE_E_IO : strlen(*text) == used ? TARE_OK : TARE_E_ARGUMENT;
	fclose(file);
	return status;
}

/* Cuts the next word off, behind which the rest begins; "" where there is none. */
static char *cut_word(char **rest)
{
	char *word = *rest + strspn(*rest, BLANKS);

	*rest = word + strcspn(word, BLANKS);
	if (**rest)
		*(*rest)++ = '\0';
	return word;
}

static int read_verdict(const char *word, enum tare_verdict *verdict)
{
	for (int v = TARE_FAIL; v <= TARE_BROKEN; v++) {
		if (strcmp(word, tare_verdict_name((enum tare_verdict)v)) == 0) {
			*verdict = (enum tare_verdict)v;
			return 0;
		}
	}
	return -1;
}

/* A day that the calendar has: what comes back from it is what went in. */
static bool is_day(const char *word)
{
	struct tm day = { 0 };
	char again[32] = "", rest;

	if (sscanf(word, "%4d-%2d-%2d%c", &day.tm_year, &day.tm_mon, &day.tm_mday, &rest) != 3)
		return false;
	day.tm_year -= 1900;
	day.tm_mon -= 1;
	day.tm_hour = 12;
	if (mktime(&day) == (time_t)-1)
		return false;
	strftime(again, sizeof again, "%Y-%m-%d", &day);
	return strcmp(again, word) == 0;
}

static int find_cases(const struct tare_baseline *baseline, struct tare_baseline_line *line, char *why, size_t room)
{
	const struct tare_baseline_line *other = NULL;
	char name[TARE_CASE_TEXT];

	if (tare_select(&line->pattern, 1, NULL, &line->cases, &line->case_count, why, room) != TARE_OK)
		return TARE_E_ARGUMENT;
	for (size_t i = 0; i < line->case_count && !other; i++) {
		other = tare_baseline_find(baseline, &line->cases[i]);
		if (other)
			snprintf(why, room, "%s is the business of line %u already", tare_case_text(&line->cases[i], name),
				other->number);
	}
	return other ? TARE_E_ARGUMENT : TARE_OK;
}

static int read_line(const struct tare_baseline *baseline, struct tare_baseline_line *line, char *text, char *why,
	size_t room)
{
	line->pattern = cut_word(&text);
	const char *verdict = cut_word(&text);
	const char *expiry = cut_word(&text);
	line->reason = text + strspn(text, BLANKS);
	size_t length = strlen(line->reason);
	while (length > 0 && strchr(BLANKS, line->reason[length - 1]))
		text[(size_t)(line->reason - text) + --length] = '\0';
	if (read_verdict(verdict, &line->verdict) != 0)
		snprintf(why, room, "'%s' is none of FAIL, LEAK, CRASH, TIMEOUT, BROKEN", verdict);
	else if (!is_day(expiry))
		snprintf(why, room, "'%s' is no day like 2027-03-31", expiry);
	else if (length == 0)
		snprintf(why, room, "there is no reason behind the day");
	else {
		snprintf(line->expiry, sizeof line->expiry, "%.10s", expiry);
		return find_cases(baseline, line, why, room);
	}
	return TARE_E_ARGUMENT;
}

static int read_lines(struct tare_baseline *baseline, char *error, size_t room)
{
	char why[256] = "out of memory";
	unsigned number = 0;

	for (char *at = baseline->text, *next; at && *at; at = next) {
		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		number++;
		at += strspn(at, BLANKS);
		if (*at == '\0' || *at == '#')
			continue;
		struct tare_baseline_line *lines = realloc(baseline->lines, (baseline->count + 1) * sizeof *lines);
		if (!lines)
			return TARE_E_MEMORY;
		baseline->lines = lines;
		lines[baseline->count] = (struct tare_baseline_line){ .number = number };
		int status = read_line(baseline, &lines[baseline->count], at, why, sizeof why);
		baseline->count++;
		if (status != TARE_OK) {
			snprintf(error, room, "%s:%u: %s", baseline->path, number, why);
			return status;
		}
	}
	return TARE_OK;
}

int tare_baseline_read(struct tare_baseline **baseline, const char *path, char *error, size_t room)
{
	struct tare_baseline *one = calloc(1, sizeof *one);
	int status = TARE_E_MEMORY;

	snprintf(error, room, "out of memory");
	if (!one || !(one->path = strdup(path)))
		goto fail;
	status = read_text(path, &one->text);
	if (status == TARE_E_IO)
		snprintf(error, room, "%s: %s", path, strerror(errno));
	if (status == TARE_E_ARGUMENT)
		snprintf(error, room, "%s: it is no text", path);
	if (status == TARE_OK)
		status = read_lines(one, error, room);
	if (status != TARE_OK)
		goto fail;
	*baseline = one;
	return TARE_OK;
fail:
	tare_baseline_free(&one);
	return status;
}

void tare_baseline_free(struct tare_baseline **baseline)
{
	struct tare_baseline *one = *baseline;

	if (!one)
		return;
	for (size_t i = 0; i < one->count; i++)
		free(one->lines[i].cases);
	free(one->lines);
	free(one->text);
	free(one->path);
	free(one);
	*baseline = NULL;
}
