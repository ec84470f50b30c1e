/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory for each case: what it forgets there is removed by somebody else.
 */
#include "private.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int tare__directory_make(char path[TARE_DIRECTORY])
{
	const char *base = getenv("TMPDIR");
	int size = snprintf(path, TARE_DIRECTORY, "%s/tare-XXXXXX", base && *base ? base : "/tmp");

	if (size >= TARE_DIRECTORY)
		return ENAMETOOLONG;
	return mkdtemp(path) ? 0 : errno;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	remove(path);
	return 0;
}

void tare__directory_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
