/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/ledger.h>
#include <tare/object.h>
#include <tare/text.h>

#include "defect.h"

/* The words of a head, each with where its text goes. */
static const struct field { const char *word; size_t offset, room; } fields[] = {
	{ "By", offsetof(struct tare__wish, by), sizeof(((struct tare__wish *)0)->by) },
	{ "Cases", offsetof(struct tare__wish, cases), sizeof(((struct tare__wish *)0)->cases) },
	{ "Cells", offsetof(struct tare__wish, cells), sizeof(((struct tare__wish *)0)->cells) },
	{ "Verdict", offsetof(struct tare__wish, verdict), sizeof(((struct tare__wish *)0)->verdict) },
	{ "Account", offsetof(struct tare__wish, account), sizeof(((struct tare__wish *)0)->account) },
};

static int refuse(struct tare__defect *defect, const char *what)
{
	snprintf(defect->reason, sizeof(defect->reason), "%.200s: %.100s", defect->path, what);
	return -1;
}

/* The wish that a word belongs to: the newest, or a new one where that has the word already. */
static struct tare__wish *wish_for(struct tare__defect *defect, bool taken)
{
	struct tare__wish *newest = &defect->wishes[defect->wish_count ? defect->wish_count - 1 : 0];

	if (defect->wish_count && !taken)
		return newest;
	if (defect->wish_count == TARE_DEFECT_WISHES)
		return NULL;
	if (defect->wish_count)
		memcpy(newest[1].cells, newest->cells, sizeof(newest->cells));
	return &defect->wishes[defect->wish_count++];
}

static int add_launch(struct tare__defect *defect, const char *text)
{
	bool taken = defect->wish_count && defect->wishes[defect->wish_count - 1].launch;
	struct tare__wish *wish = wish_for(defect, taken);
	uint64_t number;

	if (!wish)
		return refuse(defect, "its head has too many wishes");
	if (tare_number(text, false, &number) || number < 1 || number > UINT32_MAX)
		return refuse(defect, "Launch is not a number from 1");
	wish->launch = (uint32_t)number;
	return 0;
}

static int add_says(struct tare__defect *defect, const char *text)
{
	struct tare__wish *wish = wish_for(defect, false);

	if (wish->says_count == TARE_DEFECT_SAYS || strlen(text) >= sizeof(wish->says[0]))
		return refuse(defect, "Says is too long, or said too often");
	strcpy(wish->says[wish->says_count++], text);
	return 0;
}

static int add_field(struct tare__defect *defect, const struct field *field, const char *text)
{
	struct tare__wish *wish = defect->wish_count ? &defect->wishes[defect->wish_count - 1] : NULL;
	bool inherited = wish && defect->wish_count > 1 && !strcmp(field->word, "Cells") &&
		!strcmp(wish->cells, wish[-1].cells);

	wish = wish_for(defect, wish && ((const char *)wish)[field->offset] && !inherited);
	if (!wish)
		return refuse(defect, "its head has too many wishes");
	if (strlen(text) >= field->room)
		return refuse(defect, "a line of its head is too long");
	strcpy((char *)wish + field->offset, text);
	return 0;
}

static int add_line(struct tare__defect *defect, char *line)
{
	char *colon = strchr(line, ':');
	char *text = colon ? colon + 1 + strspn(colon + 1, " \t") : NULL;

	if (!colon)
		return 0;
	*colon = '\0';
	if (!strcmp(line, "Incident")) {
		snprintf(defect->incident, sizeof(defect->incident), "%s", text);
		return 0;
	}
	if (!strcmp(line, "What")) {
		snprintf(defect->what, sizeof(defect->what), "%s", text);
		return 0;
	}
	if (!strcmp(line, "Launch"))
		return add_launch(defect, text);
	if (!strcmp(line, "Says"))
		return add_says(defect, text);
	for (size_t i = 0; i < TARE_COUNT(fields); i++) {
		if (!strcmp(line, fields[i].word))
			return add_field(defect, &fields[i], text);
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

static int check_wishes(struct tare__defect *defect)
{
	if (!defect->incident[0])
		return refuse(defect, "its head names no Incident");
	if (!defect->wish_count)
		return refuse(defect, "its head names no Cases");
	for (size_t i = 0; i < defect->wish_count; i++) {
		const struct tare__wish *wish = &defect->wishes[i];

		if (!wish->cases[0])
			return refuse(defect, "a wish of its head has no Cases");
		if (wish->by[0] && strcmp(wish->by, "run") && strcmp(wish->by, "sweep"))
			return refuse(defect, "By is none of run, sweep");
		if (!is_verdict(wish->verdict))
			return refuse(defect, "Verdict is none of FAIL, LEAK, CRASH, TIMEOUT, BROKEN");
		if (wish->account[0] && tare_account_find(wish->account) == TARE_ACCOUNTS)
			return refuse(defect, "there is no such Account");
	}
	return 0;
}

/* "a/runner/x.c", after "--- " or "+++ "; the first part is dropped by patch -p1. */
static bool stays_inside(const char *name)
{
	static const char *const folders[] = { "runner/", "harness/", "suites/", "fixtures/" };
	const char *part = strchr(name, '/');
	bool inside = false;

	if (!strncmp(name, "/dev/null", 9))
		return true;
	if (name[0] == '/' || name[0] == '"' || !part || !strncmp(name, "../", 3))
		return false;
	for (size_t i = 0; i < TARE_COUNT(folders); i++)
		inside |= !strncmp(part + 1, folders[i], strlen(folders[i]));
	for (; part; part = strchr(part, '/')) {
		part++;
		if (!strncmp(part, "..", 2) && (!part[2] || strchr("/\t\n ", part[2])))
			return false;
	}
	return inside;
}

/* What git says before the lines of a file, and patch would follow: names of its own, links, bytes. */
static bool is_plain(const char *line)
{
	static const char *const others[] = { "rename ", "copy ", "new file mode 12", "new mode 12", "new file mode 16",
		"GIT binary patch", "Index: " };

	for (size_t i = 0; i < TARE_COUNT(others); i++)
		if (!strncmp(line, others[i], strlen(others[i])))
			return false;
	return true;
}

static int check_line(struct tare__defect *defect, const char *line)
{
	if ((!strncmp(line, "--- ", 4) || !strncmp(line, "+++ ", 4)) && !stays_inside(line + 4))
		return refuse(defect, "it changes a file outside of runner, harness, suites and fixtures");
	if (!is_plain(line))
		return refuse(defect, "it does more than change lines of regular files");
	return 0;
}

static void set_name(struct tare__defect *defect)
{
	const char *slash = strrchr(defect->path, '/');
	size_t length;

	snprintf(defect->name, sizeof(defect->name), "%.*s", (int)sizeof(defect->name) - 1,
		slash ? slash + 1 : defect->path);
	length = strlen(defect->name);
	if (length > 6 && !strcmp(defect->name + length - 6, ".patch"))
		defect->name[length - 6] = '\0';
}

/* One byte of what POSIX says cksum counts. */
static uint32_t mark_byte(uint32_t mark, unsigned byte)
{
	mark ^= (uint32_t)byte << 24;
	for (int bit = 0; bit < 8; bit++)
		mark = mark & UINT32_C(0x80000000) ? mark << 1 ^ UINT32_C(0x04c11db7) : mark << 1;
	return mark;
}

static uint32_t mark_of(FILE *file)
{
	uint32_t mark = 0;
	size_t length = 0;
	int byte;

	rewind(file);
	for (; (byte = getc(file)) != EOF; length++)
		mark = mark_byte(mark, (unsigned)byte);
	for (; length; length >>= 8)
		mark = mark_byte(mark, length & 0xff);
	return ~mark;
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
		else
			status = check_line(defect, line);
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
	defect->mark = mark_of(file);
	fclose(file);
	return status ? status : check_wishes(defect);
}
