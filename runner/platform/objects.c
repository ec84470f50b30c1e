/* SPDX-License-Identifier: Apache-2.0 */
/*
 * objects - code that is opened on the host: from bytes, through a file that is gone at once
 *
 * Each object gets a file of its own, because the loader takes one path for one
 * object and two callables would share their statics.  The loader crashes on
 * malformed files (facts/fabric.md section 6), so bytes are checked before.
 */
#include <string.h>

#include <tare/status.h>

#include "common.h"

#define PATH_ROOM 512

typedef int read_fn(const void *bytes, uint64_t size, struct tare_image *image, char *error, size_t room);

static int check(const struct tare_platform *platform, const char *what, read_fn *read, const uint8_t *bytes, size_t size,
	struct tare_image *image)
{
	char error[160];
	int status = read(bytes, size, image, error, sizeof error);

	if (status != TARE_OK)
		tare_log(&platform->log, TARE_LOG_ERROR, "the %s: %s", what, error);
	return status;
}

int tare__image_check(const struct tare_platform *platform, const char *what, const uint8_t *bytes, size_t size,
	struct tare_image *image)
{
	return check(platform, what, tare_image_read, bytes, size, image);
}

int tare__image_check_here(const struct tare_platform *platform, const char *what, const uint8_t *bytes, size_t size,
	struct tare_image *image)
{
	return check(platform, what, tare_image_read_here, bytes, size, image);
}

static const char *describe(enum tare_object_kind kind)
{
	switch (kind) {
	case TARE_OBJECT_AICPU: return "AICPU object";
	case TARE_OBJECT_AICORE: return "AICore image";
	case TARE_OBJECT_KERNEL: return "kernel object";
	case TARE_OBJECT_ORCHESTRATION: return "orchestration object";
	}
	return "object";
}

int tare__platform_object_open(struct tare_platform *platform, enum tare_object_kind kind, const char *prefix,
	const uint8_t *bytes, size_t size, void **object)
{
	const struct tare_host *host = &platform->tables.host;
	struct tare_image image;
	char path[PATH_ROOM];
	void *opened = NULL;
	int status, removed;

	if ((status = tare__image_check_here(platform, describe(kind), bytes, size, &image)) != TARE_OK)
		return status;
	if ((status = host->file_write(prefix, bytes, size, path, sizeof path)) != TARE_OK)
		return tare__platform_failed(platform, "writing a temporary file", status);
	status = host->object_open((uint32_t)kind, path, &opened);
	if (status != TARE_OK) {
		opened = NULL;
		tare_log(&platform->log, TARE_LOG_ERROR, "the %s cannot be opened", describe(kind));
	} else if (!opened) {
		status = tare__platform_no_handle(platform, "object_open");
	}
	if ((removed = host->file_remove(path)) != TARE_OK) {
		tare_log(&platform->log, TARE_LOG_ERROR, "%s stays behind: it could not be removed", path);
		if (status == TARE_OK)
			status = removed;
	}
	if (status == TARE_OK)
		*object = opened;
	else if (opened)
		tare__platform_object_close(platform, kind, opened);
	return status;
}

int tare__platform_object_close(struct tare_platform *platform, enum tare_object_kind kind, void *object)
{
	int status = platform->tables.host.object_close((uint32_t)kind, object);

	return status == TARE_OK ? TARE_OK : tare__platform_failed(platform, "object_close", status);
}

int tare__object_symbol(struct tare_platform *platform, void *object, const char *name, void **symbol)
{
	void *found = NULL;
	int status = platform->tables.host.object_symbol(object, name, &found);

	if (status == TARE_OK && !found)
		status = TARE_E_NOT_FOUND;
	if (status == TARE_OK)
		*symbol = found;
	else
		tare_log(&platform->log, TARE_LOG_ERROR, "no symbol %s", name);
	return status;
}

int tare__orchestration_open(struct tare_platform *platform, const uint8_t *bytes, uint32_t size, const char *function,
	void **object, void **symbol)
{
	void *opened = NULL;
	int status;

	if (!bytes || size == 0 || !function || function[0] == '\0')
		return TARE_E_ARGUMENT;
	status = tare__platform_object_open(platform, TARE_OBJECT_ORCHESTRATION, "orchestration_", bytes, size, &opened);
	if (status != TARE_OK)
		return status;
	status = tare__object_symbol(platform, opened, function, symbol);
	if (status == TARE_OK)
		*object = opened;
	else
		tare__platform_object_close(platform, TARE_OBJECT_ORCHESTRATION, opened);
	return status;
}

int tare__orchestration_close(struct tare_platform *platform, void *object)
{
	return tare__platform_object_close(platform, TARE_OBJECT_ORCHESTRATION, object);
}

int tare__orchestration_check_here(struct tare_platform *platform, const uint8_t *bytes, uint32_t size)
{
	struct tare_image image;

	return tare__image_check_here(platform, describe(TARE_OBJECT_ORCHESTRATION), bytes, size, &image);
}
