/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli - words to people
 *
 * One file per command.  A command parses its words, calls the engine or the
 * reports, and prints; it decides nothing.  Results go to standard output;
 * what is wrong with the words themselves is one sentence on standard error.
 */
#ifndef TARE_CLI_H
#define TARE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TARE_VERSION "0.1.0"

/* What `tare` ends with; never a count. */
enum tare__exit { TARE_EXIT_PASSED = 0, TARE_EXIT_FAILED = 1, TARE_EXIT_USAGE = 2, TARE_EXIT_INTERRUPTED = 130 };

enum tare__option_kind {
	TARE_OPTION_FLAG,   /* bool */
	TARE_OPTION_TEXT,   /* const char * */
	TARE_OPTION_COUNT,  /* uint32_t, from 1 */
	TARE_OPTION_NUMBER, /* uint64_t */
	TARE_OPTION_LIST,   /* struct tare__list: may be repeated */
	TARE_OPTION_CHOICE, /* unsigned: index into choices */
};

#define TARE_OPTION_WORDS 64

struct tare__list {
	const char *at[TARE_OPTION_WORDS];
	unsigned count;
};

struct tare__option {
	const char *name;           /* without dashes; NULL ends */
	char letter;                /* '-v', or 0 */
	enum tare__option_kind kind;
	size_t offset;              /* of the value, in the command's own struct */
	const char *value;          /* how the help calls it: "FILE" */
	const char *const *choices; /* NULL ends; of CHOICE */
	const char *help;
};

struct tare__command {
	const char *name;
	const char *arguments;      /* "[PATTERN...]" */
	const char *summary;        /* one line */
	const char *about;          /* what one must know to use it */
	const struct tare__option *options;
	int (*run)(const struct tare__command *self, int argc, char **argv);
};

extern const struct tare__command tare__command_list, tare__command_explain, tare__command_run, tare__command_sweep, tare__command_defects,
	tare__command_report, tare__command_weigh, tare__command_baseline, tare__command_bench, tare__command_doctor;

/* All of them; NULL ends. Static. */
extern const struct tare__command *const tare__commands[];
const struct tare__command *tare__command_find(const char *name);

/*
 * Fills values by the command's options.  Words that are no options stay in
 * argv, moved to its front; returns how many, or -1 after one sentence on
 * standard error.  argv[0] is the first word after the command.
 */
int tare__options_read(const struct tare__command *command, int argc, char **argv, void *values);

/* "tare: <sentence>" on standard error; returns TARE_EXIT_USAGE. */
int tare__complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Help of one command, or of the whole. */
void tare__help_command(const struct tare__command *command, FILE *to);
void tare__help(FILE *to);

/* Words of text, broken into lines of at most `width` columns; each after the first is indented by `indent`. */
void tare__wrap(FILE *to, const char *text, unsigned indent, unsigned column, unsigned width);

/* Makes a directory and those above it. 0, or -1 after a sentence on standard error. */
int tare__folder_make(const char *path);

/*
 * Interruption without a handler and without a flag: the signals stay blocked,
 * and whoever waits asks whether one is pending.
 */
void tare__interrupt_block(void);
bool tare__interrupted(void);

/* 0 where the text fits, otherwise -1: the path is too long. */
int tare__path_join(char *path, size_t room, const char *directory, const char *name);

#endif
