/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that a case started and did not end.
 *
 * A process may leave its group, but not its ancestors: when its parent dies it
 * becomes ours (PR_SET_CHILD_SUBREAPER).  So after a case whoever is a child
 * of this process, and was not one before, is a leftover.
 *
 * Where several cases run at once, each adopts its own orphans until it ends,
 * so that they come to us with its end.  Between its end and the moment it is
 * looked at they stand beside another's: they are told by their group, or by
 * the directory of their case.
 */
#include "private.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 64 /* each may uncover the children of those that it ended */

static pid_t parent_of(const char *process)
{
	char path[64], line[512];

	snprintf(path, sizeof path, "/proc/%.20s/stat", process);
	FILE *file = fopen(path, "re");
	if (!file)
		return -1;
	size_t size = fread(line, 1, sizeof line - 1, file);
	fclose(file);
	line[size] = '\0';
	/* The name may hold anything, also a parenthesis: the fields begin behind the last one. */
	const char *fields = strrchr(line, ')');
	if (!fields || strlen(fields) < 5)
		return -1;
	return (pid_t)strtol(fields + 4, NULL, 10);
}

static bool has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

size_t tare__children_list(pid_t *list, size_t room)
{
	size_t count = 0;

	if (!has_children())
		return 0;
	DIR *directory = opendir("/proc");
	if (!directory)
		return 0;
	for (struct dirent *entry = readdir(directory); entry && count < room; entry = readdir(directory))
		if (isdigit((unsigned char)entry->d_name[0]) && parent_of(entry->d_name) == getpid())
			list[count++] = (pid_t)strtol(entry->d_name, NULL, 10);
	closedir(directory);
	return count;
}

static bool is_own(const struct tare_isolate *isolate, pid_t process)
{
	for (size_t i = 0; i < isolate->own_count; i++)
		if (isolate->own[i] == process)
			return true;
	return false;
}

static bool stands_in(pid_t process, const char *directory)
{
	char path[64], place[TARE_DIRECTORY];
	size_t length = strlen(directory);

	snprintf(path, sizeof path, "/proc/%ld/cwd", (long)process);
	ssize_t size = readlink(path, place, sizeof place);
	return length > 0 && size >= (ssize_t)length && memcmp(place, directory, length) == 0;
}

/* Of an errand that has not been looked at yet: its process, or one it started. */
static bool is_of_another(const struct tare_isolate *isolate, pid_t process)
{
	for (unsigned i = 0; i < isolate->slot_count; i++) {
		const struct tare__slot *slot = &isolate->slots[i];
		if (!slot->errand || slot->child == 0)
			continue;
		if (process == slot->child || getpgid(process) == slot->child || stands_in(process, slot->end->directory))
			return true;
	}
	return false;
}

uint32_t tare__leftovers_end(const struct tare_isolate *isolate)
{
	uint32_t ended = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		pid_t list[2 * TARE__OWN_CHILDREN];
		size_t count = tare__children_list(list, sizeof list / sizeof list[0]);
		uint32_t before = ended;
		for (size_t i = 0; i < count; i++) {
			if (is_own(isolate, list[i]) || is_of_another(isolate, list[i]))
				continue;
			kill(list[i], SIGKILL);
			if (waitpid(list[i], NULL, 0) == list[i])
				ended++;
		}
		if (ended == before)
			break;
	}
	return ended;
}
