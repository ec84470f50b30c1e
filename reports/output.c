/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tare/status.h>

#define PART ".part"

static int cannot(const char *path, int trouble, char *error, size_t room)
{
	snprintf(error, room, "the report %s can't be written: %s", path, strerror(trouble));
	return TARE_E_IO;
}

static char *beside(const char *path)
{
	char *part = malloc(strlen(path) + sizeof(PART));

	if (part) {
		strcpy(part, path);
		strcat(part, PART);
	}
	return part;
}

int tare__output_open(struct tare__output *output, const char *path, char *error, size_t room)
{
	struct stat about;
	int in_place = !stat(path, &about) && !S_ISREG(about.st_mode);

	*output = (struct tare__output){ .path = path, .fd = -1 };
	if (!in_place) {
		output->part = beside(path);
		if (!output->part)
			return TARE_E_MEMORY;
	}
	output->fd = open(in_place ? path : output->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (output->fd >= 0)
		return TARE_OK;
	int trouble = errno;
	free(output->part);
	output->part = NULL;
	return cannot(path, trouble, error, room);
}

void tare__output_add(struct tare__output *output, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size && !output->trouble) {
		ssize_t wrote = write(output->fd, at, size);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0) {
			output->trouble = errno;
			return;
		}
		at += wrote;
		size -= (size_t)wrote;
	}
}

int tare__output_close(struct tare__output *output, bool good, bool lasting, char *error, size_t room)
{
	int trouble = output->trouble;

	/* Devices and pipes have nothing to make lasting, and say EINVAL. */
	if (!trouble && lasting && output->part && fsync(output->fd))
		trouble = errno;
	if (close(output->fd) && !trouble)
		trouble = errno;
	output->fd = -1;
	if (!trouble && good && output->part && rename(output->part, output->path))
		trouble = errno;
	if (output->part && (trouble || !good))
		unlink(output->part);
	free(output->part);
	output->part = NULL;
	if (trouble)
		return cannot(output->path, trouble, error, room);
	if (good)
		return TARE_OK;
	snprintf(error, room, "the report %s can't be written: out of memory", output->path);
	return TARE_E_MEMORY;
}

/* Trouble is kept and told in tare__output_close; told to libxml2, it would print it as well. */
static int write_some(void *cookie, const char *bytes, int size)
{
	if (size > 0)
		tare__output_add(cookie, bytes, (size_t)size);
	return size;
}

/* The descriptor stays open: closing is done, and looked at, in tare__output_close. */
static int close_nothing(void *cookie)
{
	(void)cookie;
	return 0;
}

xmlTextWriterPtr tare__output_xml(struct tare__output *output)
{
	xmlOutputBufferPtr buffer = xmlOutputBufferCreateIO(write_some, close_nothing, output, NULL);
	xmlTextWriterPtr writer = buffer ? xmlNewTextWriter(buffer) : NULL;

	if (buffer && !writer)
		xmlOutputBufferClose(buffer);
	return writer;
}
