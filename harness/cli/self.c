/* SPDX-License-Identifier: Apache-2.0 */
#include "self.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static int read_self(char *path, size_t room)
{
	ssize_t size = readlink("/proc/self/exe", path, room);

	if (size > 0 && (size_t)size < room) {
		path[size] = '\0';
		return 0;
	}
	tare__complain("this program can't find itself: %s", size < 0 ? strerror(errno) : "its path is too long");
	return -1;
}

int tare__self_folder(char *folder, size_t room)
{
	if (read_self(folder, room))
		return -1;
	*strrchr(folder, '/') = '\0';
	return 0;
}

int tare__self_command(char *command, size_t room)
{
	char here[4096];
	size_t length;

	if (read_self(command, room))
		return -1;
	if (!getcwd(here, sizeof(here)))
		return 0;
	length = strlen(here);
	if (!strncmp(command, here, length) && command[length] == '/' && strchr(command + length + 1, '/'))
		memmove(command, command + length + 1, strlen(command + length + 1) + 1);
	return 0;
}

int tare__fixtures_find(char *folder, size_t room)
{
	static const char *const places[] = { "fixtures", "../share/tare/fixtures" }; /* built, installed */
	char self[4096];

	if (tare__self_folder(self, sizeof(self)))
		return -1;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (!tare__path_join(folder, room, self, places[i]) && !access(folder, R_OK | X_OK))
			return 0;
	return -1;
}

int tare__fixtures_folder(char *folder, size_t room)
{
	char self[4096];

	if (!tare__fixtures_find(folder, room))
		return 0;
	if (!tare__self_folder(self, sizeof(self)))
		tare__complain("the fixtures are not where this program looks for them: %s/fixtures, %s/../share/tare/fixtures",
			self, self);
	return -1;
}
