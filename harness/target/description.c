/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A description by hand has typing errors, so every member is known by name
 * and by type, and what is not known is refused: a limit that is misspelt would
 * otherwise be no limit.
 */
#include "description.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <elf.h>
#include <jansson.h>

#include <tare/object.h>
#include <tare/status.h>

struct reading {
	const char *path;   /* of the description */
	int folder;         /* length of its folder in path, with the slash */
	struct tare_target_file *file;
	bool has_cell;
	char *error;
	size_t room;
};

static int __attribute__((format(printf, 2, 3)))
refuse(const struct reading *reading, const char *format, ...)
{
	int used = snprintf(reading->error, reading->room, "%s: ", reading->path);
	va_list list;

	if (used < 0 || (size_t)used >= reading->room)
		return TARE_E_ARGUMENT;
	va_start(list, format);
	vsnprintf(reading->error + used, reading->room - (size_t)used, format, list);
	va_end(list);
	return TARE_E_ARGUMENT;
}

static int text_of(const struct reading *reading, const char *name, json_t *value, char *text, size_t room)
{
	const char *string = json_string_value(value);

	if (!string || !*string)
		return refuse(reading, "\"%s\" must be a text that is not empty", name);
	if ((size_t)snprintf(text, room, "%s", string) >= room)
		return refuse(reading, "\"%s\" is longer than %zu bytes", name, room - 1);
	return TARE_OK;
}

/* Names are relative to the description, so that a folder with both can be moved. */
static int path_of(const struct reading *reading, const char *name, json_t *value, char *path)
{
	char given[TARE_TARGET_PATH];
	int status = text_of(reading, name, value, given, sizeof given);

	if (status != TARE_OK)
		return status;
	int used = *given == '/' ? snprintf(path, TARE_TARGET_PATH, "%s", given)
				 : snprintf(path, TARE_TARGET_PATH, "%.*s%s", reading->folder, reading->path, given);
	return used < TARE_TARGET_PATH ? TARE_OK : refuse(reading, "the path of \"%s\" is too long", name);
}

static int read_name(struct reading *reading, const char *name, json_t *value)
{
	return text_of(reading, name, value, reading->file->name, sizeof reading->file->name);
}

static int read_object(struct reading *reading, const char *name, json_t *value)
{
	return path_of(reading, name, value, reading->file->object);
}

static int read_aicpu(struct reading *reading, const char *name, json_t *value)
{
	return path_of(reading, name, value, reading->file->aicpu);
}

static int read_aicore(struct reading *reading, const char *name, json_t *value)
{
	return path_of(reading, name, value, reading->file->aicore);
}

static int read_dispatcher(struct reading *reading, const char *name, json_t *value)
{
	return path_of(reading, name, value, reading->file->dispatcher);
}

static int read_cell(struct reading *reading, const char *name, json_t *value)
{
	char text[64];
	int status = text_of(reading, name, value, text, sizeof text);

	if (status != TARE_OK)
		return status;
	reading->has_cell = tare_cell_read(text, &reading->file->cell) == TARE_OK;
	return reading->has_cell ? TARE_OK : refuse(reading, "\"%s\": there is no cell '%s'", name, text);
}

static int read_extension(struct reading *reading, const char *name, json_t *value)
{
	if (!json_is_boolean(value))
		return refuse(reading, "\"%s\" must be true or false", name);
	reading->file->extension = json_is_true(value);
	return TARE_OK;
}

static int add_library(struct reading *reading, const char *name, json_t *value)
{
	struct tare_target_file *file = reading->file;

	if (file->library_count == TARE_TARGET_LIBRARIES)
		return refuse(reading, "more than %d libraries are named", TARE_TARGET_LIBRARIES);
	return path_of(reading, name, value, file->libraries[file->library_count++]);
}

static int read_libraries(struct reading *reading, const char *name, json_t *value)
{
	if (!json_is_array(value))
		return refuse(reading, "\"%s\" must be a list of files", name);
	for (size_t i = 0; i < json_array_size(value); i++) {
		int status = add_library(reading, name, json_array_get(value, i));
		if (status != TARE_OK)
			return status;
	}
	return TARE_OK;
}

/* "machine" or a library of somebody else's, which is loaded behind the others. */
static int read_driver(struct reading *reading, const char *name, json_t *value)
{
	const char *word = json_string_value(value);

	if (word && strcmp(word, "machine") == 0)
		return TARE_OK;
	reading->file->driver = TARE_TARGET_ON_OTHER;
	if (word && strcmp(word, "cann") == 0)
		return TARE_OK;
	return add_library(reading, name, value);
}

static int read_limit(struct reading *reading, const char *name, json_t *value, uint32_t *limit)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 1 || number > INT_MAX)
		return refuse(reading, "limit \"%s\" must be a number from 1 on", name);
	*limit = (uint32_t)number;
	return TARE_OK;
}

static int read_limits(struct reading *reading, const char *name, json_t *value)
{
	const char *key;
	json_t *limit;

	if (!json_is_object(value))
		return refuse(reading, "\"%s\" must be an object", name);
	for (void *at = json_object_iter(value); at;
	     at = json_object_iter_next(value, at)) {
		int status;

		key = json_object_iter_key(at);
		limit = json_object_iter_value(at);
		if (strcmp(key, "launches") == 0)
			status = read_limit(reading, key, limit, &reading->file->launches);
		else if (strcmp(key, "seconds") == 0)
			status = read_limit(reading, key, limit, &reading->file->seconds);
		else
			status = refuse(reading, "there is no limit \"%s\", only launches and seconds", key);
		if (status != TARE_OK)
			return status;
	}
	return TARE_OK;
}

static const struct {
	const char *name;
	int (*read)(struct reading *reading, const char *name, json_t *value);
} members[] = {
	{ "name", read_name }, { "object", read_object }, { "cell", read_cell }, { "extension", read_extension },
	{ "driver", read_driver }, { "libraries", read_libraries }, { "aicpu", read_aicpu }, { "aicore", read_aicore },
	{ "dispatcher", read_dispatcher }, { "limits", read_limits },
};

static int read_member(struct reading *reading, const char *name, json_t *value)
{
	for (size_t i = 0; i < TARE_COUNT(members); i++)
		if (strcmp(members[i].name, name) == 0)
			return members[i].read(reading, name, value);
	return refuse(reading, "\"%s\" is no member of a target's description", name);
}

static int read_members(struct reading *reading, json_t *root)
{
	if (!json_is_object(root))
		return refuse(reading, "a target is described by a JSON object");
	for (void *at = json_object_iter(root); at; at = json_object_iter_next(root, at)) {
		int status = read_member(reading, json_object_iter_key(at), json_object_iter_value(at));
		if (status != TARE_OK)
			return status;
	}
	return reading->file->object[0] ? TARE_OK : refuse(reading, "it does not name an \"object\"");
}

static int read_json(struct reading *reading)
{
	json_error_t why;
	json_t *root = json_load_file(reading->path, JSON_REJECT_DUPLICATES, &why);

	if (!root)
		return refuse(reading, "neither an object nor JSON: line %d: %s", why.line, why.text);
	int status = read_members(reading, root);
	json_decref(root);
	return status;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int is_object(const char *path, bool *yes)
{
	char head[SELFMAG] = "";
	FILE *file = fopen(path, "rb");

	if (!file)
		return TARE_E_IO;
	size_t got = fread(head, 1, sizeof head, file);
	int failed = ferror(file);
	fclose(file);
	*yes = got == sizeof head && memcmp(head, ELFMAG, SELFMAG) == 0;
	return failed ? TARE_E_IO : TARE_OK;
}

int tare__description_read(const char *path, struct tare_target_file *file, bool *has_cell, char *error, size_t room)
{
	char absolute[PATH_MAX];
	struct reading reading = { .path = path, .file = file, .error = error, .room = room };
	bool object = false;

	*file = (struct tare_target_file){ .extension = true };
	if (!realpath(path, absolute) || strlen(absolute) >= sizeof file->path || is_object(absolute, &object) != TARE_OK) {
		snprintf(error, room, "%s: there is no such file, or it can't be read", path);
		return TARE_E_NOT_FOUND;
	}
	snprintf(file->path, sizeof file->path, "%.*s", (int)sizeof file->path - 1, absolute);
	reading.path = file->path;
	reading.folder = (int)(last_part(file->path) - file->path);
	int status = TARE_OK;
	if (object)
		memcpy(file->object, file->path, sizeof file->object);
	else
		status = read_json(&reading);
	*has_cell = reading.has_cell;
	if (status == TARE_OK && !file->name[0])
		snprintf(file->name, sizeof file->name, "%.*s", (int)sizeof file->name - 1, last_part(file->object));
	return status;
}

int tare__description_guess(const char *object, struct tare_cell *cell)
{
	static const char prefix[] = "libhost_runtime_";
	const char *name = last_part(object);
	char text[TARE_CELL_TEXT];
	size_t length = strcspn(name, ".");

	if (strncmp(name, prefix, sizeof prefix - 1) != 0 || length - (sizeof prefix - 1) >= sizeof text)
		return TARE_E_NOT_FOUND;
	snprintf(text, sizeof text, "%.*s", (int)(length - (sizeof prefix - 1)), name + sizeof prefix - 1);
	/* The long names of graphs have underscores of their own: only the first two are between the parts. */
	for (char *at = text, *end = strchr(text, '_'); end && at < text + sizeof text; at = end + 1, end = strchr(at, '_')) {
		*end = '/';
		if (strchr(text, '/') != end)
			break;
	}
	return tare_cell_read(text, cell) == TARE_OK ? TARE_OK : TARE_E_NOT_FOUND;
}
