/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words - what every command says the same way, and what it asks of the host
 */
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#define HELP_WIDTH  100
#define HELP_COLUMN 24

int tare__complain(const char *format, ...)
{
	va_list list;

	fflush(stdout);
	fputs("tare: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	return TARE_EXIT_USAGE;
}

void tare__wrap(FILE *to, const char *text, unsigned indent, unsigned column, unsigned width)
{
	bool first = true;

	while (*(text += strspn(text, " \n"))) {
		size_t length = strcspn(text, " \n");

		if (!first && column + 1 + length > width) {
			fprintf(to, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', to);
			column++;
		}
		fwrite(text, 1, length, to);
		column += (unsigned)length;
		text += length;
		first = false;
	}
	fputc('\n', to);
}

static void help_option(const struct tare__option *option, FILE *to)
{
	char head[80];
	int used = snprintf(head, sizeof(head), "  %c%c%s--%s%s%s", option->letter ? '-' : ' ',
		option->letter ? option->letter : ' ', option->letter ? ", " : "  ", option->name,
		option->kind == TARE_OPTION_FLAG ? "" : " ", option->kind == TARE_OPTION_FLAG ? "" : option->value);

	fputs(head, to);
	if (used >= HELP_COLUMN)
		fprintf(to, "\n%*s", HELP_COLUMN, "");
	else
		fprintf(to, "%*s", HELP_COLUMN - used, "");
	tare__wrap(to, option->help, HELP_COLUMN, HELP_COLUMN, HELP_WIDTH);
}

void tare__help_command(const struct tare__command *command, FILE *to)
{
	fprintf(to, "tare %s %s\n  ", command->name, command->arguments);
	tare__wrap(to, command->about, 2, 2, HELP_WIDTH);
	for (const struct tare__option *o = command->options; o && o->name; o++)
		help_option(o, to);
}

void tare__help(FILE *to)
{
	fputs("tare proves that an accelerator runtime can launch, and launch again, without growing.\n\n", to);
	for (size_t i = 0; tare__commands[i]; i++)
		fprintf(to, "  tare %-8s %s\n", tare__commands[i]->name, tare__commands[i]->summary);
	fputs("  tare help COMMAND, tare --version\n\n", to);
	fputs("A PATTERN is a glob over suite.case@arch/platform/graph; without '@' it means every cell.\n", to);
	fputs("Exit status: 0 passed, 1 something failed, 2 wrong words or a broken harness, 130 interrupted.\n", to);
}

int tare__path_join(char *path, size_t room, const char *directory, const char *name)
{
	int size = snprintf(path, room, "%s/%s", directory, name);

	return size < 0 || (size_t)size >= room ? -1 : 0;
}

static int make_one(const char *path)
{
	struct stat about;

	if (!mkdir(path, 0777))
		return 0;
	if (errno == EEXIST && !stat(path, &about)) {
		if (S_ISDIR(about.st_mode))
			return 0;
		errno = ENOTDIR;
	}
	return -1;
}

int tare__folder_make(const char *path)
{
	char part[4096];
	size_t size = strlen(path);

	if (size == 0 || size >= sizeof(part)) {
		tare__complain("'%.60s' is no path of a directory", path);
		return -1;
	}
	memcpy(part, path, size + 1);
	for (size_t i = 1; i <= size; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (make_one(part)) {
			tare__complain("the directory %s can't be made: %s", part, strerror(errno));
			return -1;
		}
		part[i] = path[i];
	}
	return 0;
}

static void interrupting(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void tare__interrupt_block(void)
{
	sigset_t set;

	interrupting(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

bool tare__interrupted(void)
{
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
		sigismember(&pending, SIGHUP) == 1;
}
