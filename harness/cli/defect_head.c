/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/ledger.h>
#include <tare/object.h>
#include <tare/text.h>

#include "defect.h"

#define FIELD(word, member) { word, offsetof(struct tare__wish, member), sizeof(((struct tare__wish *)0)->member) }

/* The words of a head, each with where its text goes. */
static const struct field { const char *word; size_t offset, room; } fields[] = {
	FIELD("Incident", incident), FIELD("Verdict", verdict), FIELD("Account", account), FIELD("Cases", cases),
	FIELD("Cells", cells), FIELD("Says", says),
};

static int refuse(struct tare__defect *defect, const char *what)
{
	snprintf(defect->reason, sizeof(defect->reason), "%.200s: %.100s", defect->path, what);
	return -1;
}

static int set_launch(struct tare__defect *defect, const char *text)
{
	uint64_t number;

	if (!strcmp(text, "-"))
		return 0;
	if (defect->wish.launch || tare_number(text, false, &number) || number < 1 || number > UINT32_MAX)
		return refuse(defect, "Launch is not one number from 1, and not '-'");
	defect->wish.launch = (uint32_t)number;
	return 0;
}

static int set_field(struct tare__defect *defect, const struct field *field, const char *text)
{
	char *into = (char *)&defect->wish + field->offset;

	if (*into)
		return refuse(defect, "a word of its head is there twice");
	if (strlen(text) >= field->room)
		return refuse(defect, "a line of its head is too long");
	if (strcmp(text, "-"))
		strcpy(into, text);
	return 0;
}

static int add_line(struct tare__defect *defect, char *line)
{
	char *colon = strchr(line, ':');
	char *text = colon ? colon + 1 + strspn(colon + 1, " \t") : NULL;

	if (!colon)
		return 0;
	*colon = '\0';
	if (!strcmp(line, "Launch"))
		return set_launch(defect, text);
	for (size_t i = 0; i < TARE_COUNT(fields); i++) {
		if (!strcmp(line, fields[i].word))
			return set_field(defect, &fields[i], text);
	}
	return 0;
}

static bool is_verdict(const char *word)
{
	static const char *const words[] = { "FAIL", "LEAK", "CRASH", "TIMEOUT", "BROKEN" };

	for (size_t i = 0; i < TARE_COUNT(words); i++) {
		if (!strcmp(words[i], word))
			return true;
	}
	return false;
}

static int check_wish(struct tare__defect *defect)
{
	const struct tare__wish *wish = &defect->wish;

	if (!wish->incident[0])
		return refuse(defect, "its head names no Incident");
	if (!wish->cases[0])
		return refuse(defect, "its head names no Cases");
	if (!is_verdict(wish->verdict))
		return refuse(defect, "Verdict is none of FAIL, LEAK, CRASH, TIMEOUT, BROKEN");
	if (wish->account[0] && tare_account_find(wish->account) == TARE_ACCOUNTS)
		return refuse(defect, "there is no such Account");
	return 0;
}

/* "a/runner/x.c", after "--- " or "+++ "; the first part is dropped by patch -p1. */
static bool stays_inside(const char *name)
{
	const char *part = strchr(name, '/');

	if (!strncmp(name, "/dev/null", 9))
		return true;
	if (name[0] == '/' || name[0] == '"' || !part || part[1] == '/')
		return false;
	for (; part; part = strchr(part, '/')) {
		part++;
		if (!strncmp(part, "..", 2) && (!part[2] || strchr("/\t\n ", part[2])))
			return false;
	}
	return strncmp(name, "../", 3) != 0;
}

static void set_name(struct tare__defect *defect)
{
	const char *slash = strrchr(defect->path, '/');
	size_t length;

	snprintf(defect->name, sizeof(defect->name), "%.*s", (int)sizeof(defect->name) - 1, slash ? slash + 1 : defect->path);
	length = strlen(defect->name);
	if (length > 6 && !strcmp(defect->name + length - 6, ".patch"))
		defect->name[length - 6] = '\0';
}

static int read_lines(struct tare__defect *defect, FILE *file)
{
	char *line = NULL;
	size_t room = 0, changes = 0;
	bool head = true;
	int status = 0;

	while (!status && getline(&line, &room, file) >= 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!strncmp(line, "--- ", 4) || !strncmp(line, "diff ", 5))
			head = false;
		if (head)
			status = add_line(defect, line);
		else if ((!strncmp(line, "--- ", 4) || !strncmp(line, "+++ ", 4)) && !stays_inside(line + 4))
			status = refuse(defect, "it changes a file outside of the tree");
		changes += !head && !strncmp(line, "@@ ", 3);
	}
	free(line);
	if (!status && !changes)
		status = refuse(defect, "it changes nothing");
	return status;
}

int tare__defect_read(struct tare__defect *defect, const char *path)
{
	FILE *file;
	int status;

	*defect = (struct tare__defect){ 0 };
	snprintf(defect->path, sizeof(defect->path), "%s", path);
	set_name(defect);
	file = fopen(path, "re");
	if (!file)
		return refuse(defect, strerror(errno));
	status = read_lines(defect, file);
	fclose(file);
	return status ? status : check_wish(defect);
}
