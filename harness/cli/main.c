/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tare - the command
 */
#include <errno.h>
#include <string.h>

#include "cli.h"

static int help(int argc, char **argv)
{
	const struct tare__command *command;

	if (argc == 0) {
		tare__help(stdout);
		return TARE_EXIT_PASSED;
	}
	command = tare__command_find(argv[0]);
	if (!command)
		return tare__complain("there is no command '%s'; see tare --help", argv[0]);
	tare__help_command(command, stdout);
	return TARE_EXIT_PASSED;
}

static int dispatch(int argc, char **argv)
{
	const struct tare__command *command;

	if (argc < 2) {
		tare__help(stderr);
		return TARE_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help(argc - 2, argv + 2);
	if (!strcmp(argv[1], "--version")) {
		printf("tare %s\n", TARE_VERSION);
		return TARE_EXIT_PASSED;
	}
	command = tare__command_find(argv[1]);
	if (!command)
		return tare__complain("there is no command '%s'; see tare --help", argv[1]);
	for (int i = 2; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			tare__help_command(command, stdout);
			return TARE_EXIT_PASSED;
		}
	}
	return command->run(command, argc - 2, argv + 2);
}

int main(int argc, char **argv)
{
	int status = dispatch(argc, argv);

	/* What was not printed was not said: a full disk is no success. */
	if (fflush(stdout) || ferror(stdout))
		return tare__complain("standard output can't be written: %s", strerror(errno));
	return status;
}
