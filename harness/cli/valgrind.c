/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One start of valgrind for a whole run: it takes half a second, a fork inside it
 * twenty milliseconds.  So the run is started anew under it, in the same
 * process, and the cases are forked there like anywhere else.
 */
#include "valgrind.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

#include <tare/object.h>

#include "cli.h"
#include "command.h"

#define PATH 4096

/*
 * %p, and no silence after a fork: each process has a file of its own.  Debug
 * information is kept, because a case's objects are closed before its leaks are
 * told.  Fair turns, or a thread that polls keeps all others from running.
 */
static const char *const how[] = {
	"valgrind", "--tool=memcheck", "--quiet", "--xml=yes", "--child-silent-after-fork=no", "--leak-check=full",
	"--show-leak-kinds=definite,possible", "--errors-for-leak-kinds=definite,possible", "--keep-debuginfo=yes",
	"--fair-sched=yes", "--num-callers=24",
};

bool tare__valgrind_is_here(void)
{
	return RUNNING_ON_VALGRIND != 0;
}

int tare__valgrind_folder(const char *out, char *folder, size_t room)
{
	if (!tare__path_join(folder, room, out, "valgrind"))
		return 0;
	tare__complain("--out: the path is too long");
	return -1;
}

static int empty_folder(const char *folder)
{
	char path[PATH];
	DIR *directory;

	if (tare__folder_make(folder))
		return -1;
	directory = opendir(folder);
	if (!directory) {
		tare__complain("%s can't be read: %s", folder, strerror(errno));
		return -1;
	}
	for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
		const char *ending = strrchr(entry->d_name, '.');

		if (ending && !strcmp(ending, ".xml") && !tare__path_join(path, sizeof(path), folder, entry->d_name))
			unlink(path);
	}
	closedir(directory);
	return 0;
}

/* Valgrind takes a percent sign for one of its own words. */
static int file_option(const char *folder, char *option, size_t room)
{
	size_t used = (size_t)snprintf(option, room, "--xml-file=");

	for (; *folder && used + 8 < room; folder++) {
		option[used++] = *folder;
		if (*folder == '%')
			option[used++] = '%';
	}
	snprintf(option + used, room - used, "/%%p.xml");
	return *folder ? -1 : 0;
}

int tare__valgrind_words(const char *folder, char *option, size_t room, const char **words, size_t most)
{
	tare_must(most >= TARE_COUNT(how) + 2);
	if (file_option(folder, option, room)) {
		tare__complain("the path %s is too long for valgrind", folder);
		return -1;
	}
	memcpy(words, how, sizeof(how));
	words[TARE_COUNT(how)] = option;
	words[TARE_COUNT(how) + 1] = NULL;
	return 0;
}

int tare__valgrind_become(const char *folder, const char *self, const char *command, int argc, char *const *argv)
{
	const char **words = calloc(TARE_COUNT(how) + (size_t)argc + 4, sizeof(*words));
	char file[2 * PATH];
	size_t count = TARE_COUNT(how) + 1;

	if (!words)
		return tare__complain("out of memory");
	if (empty_folder(folder) || tare__valgrind_words(folder, file, sizeof(file), words, TARE_COUNT(how) + 2)) {
		free(words);
		return TARE_EXIT_USAGE;
	}
	words[count++] = self;
	words[count++] = command;
	for (int i = 0; i < argc; i++)
		words[count++] = argv[i];
	/* With it valgrind may ask the network for debug information. */
	unsetenv("DEBUGINFOD_URLS");
	tare_isolate_become(words);
	free(words);
	return tare__complain("valgrind can't be started: %s; Debian has it in the package valgrind", strerror(errno));
}
