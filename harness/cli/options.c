/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options - the words of a command, read by its table
 *
 * getopt's own messages name the program and not what would be right, and
 * numbers are left to the caller; here a bad word is named once, the same way
 * everywhere.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <tare/status.h>
#include <tare/text.h>

static const struct tare__option *find(const struct tare__command *command, const char *word, size_t length)
{
	for (const struct tare__option *o = command->options; o && o->name; o++) {
		if (length == 1 && word[0] == '-' && word[1] == o->letter && o->letter)
			return o;
		if (length > 2 && strlen(o->name) == length - 2 && !strncmp(o->name, word + 2, length - 2))
			return o;
	}
	return NULL;
}

static int set_choice(const struct tare__option *option, const char *value, void *into)
{
	char all[160];
	struct tare_text list = tare_text_over(all, sizeof(all));

	for (unsigned i = 0; option->choices[i]; i++) {
		if (!strcmp(option->choices[i], value)) {
			memcpy(into, &i, sizeof(i));
			return 0;
		}
		tare_text_add(&list, "%s%s", i ? ", " : "", option->choices[i]);
	}
	tare__complain("--%s: '%s' is none of %s", option->name, value, all);
	return -1;
}

static int set_number(const struct tare__option *option, const char *value, void *into)
{
	uint64_t number;

	if (tare_number(value, false, &number)) {
		tare__complain("--%s: '%s' is not a number", option->name, value);
		return -1;
	}
	memcpy(into, &number, sizeof(number));
	return 0;
}

static int set_count(const struct tare__option *option, const char *value, void *into)
{
	uint64_t number;
	uint32_t count;

	if (tare_number(value, false, &number) || number < 1 || number > UINT32_MAX) {
		tare__complain("--%s: '%s' is not a count from 1 to %" PRIu32, option->name, value, UINT32_MAX);
		return -1;
	}
	count = (uint32_t)number;
	memcpy(into, &count, sizeof(count));
	return 0;
}

static int add_word(const struct tare__option *option, const char *value, struct tare__list *list)
{
	if (list->count == TARE_OPTION_WORDS) {
		tare__complain("--%s: more than %d of them", option->name, TARE_OPTION_WORDS);
		return -1;
	}
	list->at[list->count++] = value;
	return 0;
}

static int set(const struct tare__option *option, const char *value, void *values)
{
	void *into = (char *)values + option->offset;
	bool yes = true;

	switch (option->kind) {
	case TARE_OPTION_FLAG:
		memcpy(into, &yes, sizeof(yes));
		return 0;
	case TARE_OPTION_TEXT:
		if (!*value) {
			tare__complain("--%s: %s is empty", option->name, option->value);
			return -1;
		}
		memcpy(into, &value, sizeof(value));
		return 0;
	case TARE_OPTION_LIST:
		return add_word(option, value, into);
	case TARE_OPTION_COUNT:
		return set_count(option, value, into);
	case TARE_OPTION_NUMBER:
		return set_number(option, value, into);
	case TARE_OPTION_CHOICE:
		return set_choice(option, value, into);
	}
	return -1;
}

/* Reads the option at argv[*at] and moves *at to its last word. */
static int read_one(const struct tare__command *command, int argc, char **argv, int *at, void *values)
{
	const char *word = argv[*at];
	const char *value = word[1] == '-' ? strchr(word, '=') : word[2] ? word + 1 : NULL; /* -j4 */
	size_t length = word[1] == '-' ? (value ? (size_t)(value - word) : strlen(word)) : 1;
	const struct tare__option *option = find(command, word, length);

	if (!option || (option->kind == TARE_OPTION_FLAG && word[1] != '-' && value)) {
		tare__complain("%s has no option '%s'; see tare help %s", command->name, word, command->name);
		return -1;
	}
	if (option->kind == TARE_OPTION_FLAG && value) {
		tare__complain("--%s takes no value", option->name);
		return -1;
	}
	if (option->kind == TARE_OPTION_FLAG || value)
		return set(option, value ? value + 1 : NULL, values);
	if (*at + 1 >= argc || !strncmp(argv[*at + 1], "--", 2)) {
		tare__complain("--%s needs a value: %s", option->name, option->value);
		return -1;
	}
	return set(option, argv[++*at], values);
}

int tare__options_read(const struct tare__command *command, int argc, char **argv, void *values)
{
	int kept = 0;
	bool over = false;

	for (int i = 0; i < argc; i++) {
		if (!over && !strcmp(argv[i], "--")) {
			over = true;
		} else if (over || argv[i][0] != '-' || !argv[i][1]) {
			argv[kept++] = argv[i];
		} else if (read_one(command, argc, argv, &i, values)) {
			return -1;
		}
	}
	return kept;
}
