/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "defect.h"

#define BLOCK 65536

static int fail(char reason[TARE_DEFECT_REASON], const char *path)
{
	snprintf(reason, TARE_DEFECT_REASON, "%.200s: %s", path, strerror(errno));
	return -1;
}

static int open_both(const char *from, const char *to, int flags, int both[2])
{
	both[0] = open(from, O_RDONLY | O_CLOEXEC);
	both[1] = both[0] < 0 ? -1 : open(to, flags | O_CLOEXEC, 0666);
	if (both[0] >= 0 && both[1] >= 0)
		return 0;
	if (both[0] >= 0)
		close(both[0]);
	return -1;
}

static bool same(const char *from, const char *to)
{
	char one[BLOCK], other[BLOCK];
	ssize_t got = 0;
	bool equal = true;
	int both[2];

	if (open_both(from, to, O_RDONLY, both))
		return false;
	do {
		got = read(both[0], one, BLOCK);
		equal = got >= 0 && read(both[1], other, BLOCK) == got && !memcmp(one, other, (size_t)got);
	} while (equal && got > 0);
	close(both[0]);
	close(both[1]);
	return equal;
}

static int copy_file(const char *from, const char *to, mode_t mode, char reason[TARE_DEFECT_REASON])
{
	char block[BLOCK];
	ssize_t got;
	int both[2], status = 0;

	if (same(from, to))
		return 0;
	if (open_both(from, to, O_WRONLY | O_CREAT | O_TRUNC, both))
		return fail(reason, to);
	while ((got = read(both[0], block, BLOCK)) > 0 && !status) {
		if (write(both[1], block, (size_t)got) != got)
			status = fail(reason, to);
	}
	if (got < 0 || fchmod(both[1], mode & 0777))
		status = fail(reason, to);
	close(both[0]);
	close(both[1]);
	return status;
}

static int is_hidden(const char *name)
{
	return name[0] == '.';
}

static int remove_tree(const char *path, char reason[TARE_DEFECT_REASON])
{
	struct stat about;
	struct dirent *entry;
	DIR *folder;
	int status = 0;

	if (lstat(path, &about))
		return errno == ENOENT ? 0 : fail(reason, path);
	if (!S_ISDIR(about.st_mode))
		return unlink(path) ? fail(reason, path) : 0;
	folder = opendir(path);
	while (folder && !status && (entry = readdir(folder))) {
		char inner[TARE_DEFECT_PATH];

		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			status = tare__path_join(inner, sizeof(inner), path, entry->d_name) ||
				remove_tree(inner, reason) ? -1 : 0;
	}
	if (folder)
		closedir(folder);
	return status ? status : rmdir(path) ? fail(reason, path) : 0;
}

/* Removes what `from` has not. */
static int prune(const char *from, const char *to, char reason[TARE_DEFECT_REASON])
{
	DIR *folder = opendir(to);
	struct dirent *entry;
	int status = 0;

	while (folder && !status && (entry = readdir(folder))) {
		char there[TARE_DEFECT_PATH], here[TARE_DEFECT_PATH];
		struct stat about;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (tare__path_join(there, sizeof(there), from, entry->d_name) ||
			tare__path_join(here, sizeof(here), to, entry->d_name))
			continue;
		if (is_hidden(entry->d_name) || lstat(there, &about))
			status = remove_tree(here, reason);
	}
	if (folder)
		closedir(folder);
	return status;
}

static int mirror_one(const char *from, const char *to, char reason[TARE_DEFECT_REASON]);

static int mirror_folder(const char *from, const char *to, char reason[TARE_DEFECT_REASON])
{
	struct dirent *entry;
	DIR *folder;
	int status = 0;

	if (mkdir(to, 0777) && errno != EEXIST)
		return fail(reason, to);
	folder = opendir(from);
	if (!folder)
		return fail(reason, from);
	while (!status && (entry = readdir(folder))) {
		char there[TARE_DEFECT_PATH], here[TARE_DEFECT_PATH];

		if (is_hidden(entry->d_name))
			continue;
		if (tare__path_join(there, sizeof(there), from, entry->d_name) ||
			tare__path_join(here, sizeof(here), to, entry->d_name)) {
			errno = ENAMETOOLONG;
			status = fail(reason, from);
			continue;
		}
		status = mirror_one(there, here, reason);
	}
	closedir(folder);
	return status ? status : prune(from, to, reason);
}

/* Links are not followed: they may lead out of the tree, and a patch would write through them. */
static int mirror_one(const char *from, const char *to, char reason[TARE_DEFECT_REASON])
{
	struct stat about;

	if (lstat(from, &about))
		return fail(reason, from);
	if (S_ISDIR(about.st_mode))
		return mirror_folder(from, to, reason);
	return S_ISREG(about.st_mode) ? copy_file(from, to, about.st_mode, reason) : 0;
}

int tare__tree_mirror(const char *from, const char *to, const char *const names[], char reason[TARE_DEFECT_REASON])
{
	for (size_t i = 0; names[i]; i++) {
		char there[TARE_DEFECT_PATH], here[TARE_DEFECT_PATH];

		if (tare__path_join(there, sizeof(there), from, names[i]) ||
			tare__path_join(here, sizeof(here), to, names[i])) {
			errno = ENAMETOOLONG;
			return fail(reason, from);
		}
		if (mirror_one(there, here, reason))
			return -1;
	}
	return 0;
}
