/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runtime that somebody else built.
 *
 * With tare_ext_v1 its contexts open over the harness' tables, and it is
 * weighed like a cell of ours.  Without it nothing of it passes a tap; then
 * the machine itself is asked for what the tables would have told, as far as
 * the runtime stands on the harness' own machine.
 */
#include <tare/target.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tare/image.h>
#include <tare/object.h>
#include <tare/status.h>

#include "adapter.h"
#include "description.h"
#include "hidden.h"

#define EXTENSION "tare_ext_v1"

/* -- the parent: what can be said without running any of it ------------------ */

struct bytes {
	void *at;
	size_t size;
};

static int load(const char *path, struct bytes *bytes)
{
	FILE *file = fopen(path, "rb");
	int status = TARE_E_NOT_FOUND;
	long size;

	if (!file)
		return status;
	status = TARE_E_IO;
	if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0)
		goto done;
	bytes->size = (size_t)size;
	bytes->at = malloc(bytes->size ? bytes->size : 1);
	status = !bytes->at ? TARE_E_MEMORY : fread(bytes->at, 1, bytes->size, file) == bytes->size ? TARE_OK : TARE_E_IO;
done:
	fclose(file);
	return status;
}

static bool exports(const char *symbol, void *cookie)
{
	const struct bytes *object = cookie;

	return tare_image_defines(object->at, object->size, symbol);
}

static int check_object(struct tare_target_file *file, char *error, size_t room)
{
	const struct tare__adapter *adapter;
	struct tare_image image;
	struct bytes object = { 0 };
	char why[512] = "it can't be read";
	int status = load(file->object, &object);

	if (status == TARE_E_NOT_FOUND)
		snprintf(why, sizeof why, "there is no such file");
	if (status == TARE_OK)
		status = tare_image_read(object.at, object.size, &image, why, sizeof why);
	if (status == TARE_OK) {
		adapter = tare__adapter_for(exports, &object, why, sizeof why);
		status = adapter ? TARE_OK : TARE_E_IMAGE;
		file->revision = adapter ? adapter->revision : NULL;
		file->extension = file->extension && exports(EXTENSION, &object);
	}
	free(object.at);
	if (status != TARE_OK)
		snprintf(error, room, "%s: %s", file->object, why);
	return status;
}

static int check_companions(const struct tare_target_file *file, char *error, size_t room)
{
	const struct { const char *what, *path; } companions[] = {
		{ "aicpu", file->aicpu }, { "aicore", file->aicore }, { "dispatcher", file->dispatcher },
	};

	for (size_t i = 0; i < TARE_COUNT(companions); i++) {
		if (!companions[i].path[0] || access(companions[i].path, R_OK) == 0)
			continue;
		snprintf(error, room, "%s: \"%s\" names %s, which can't be read", file->path, companions[i].what,
			companions[i].path);
		return TARE_E_NOT_FOUND;
	}
	for (unsigned i = 0; i < file->library_count; i++) {
		if (access(file->libraries[i], R_OK) == 0)
			continue;
		snprintf(error, room, "%s: the library %s can't be read", file->path, file->libraries[i]);
		return TARE_E_NOT_FOUND;
	}
	return TARE_OK;
}

/* By the description, by the user, by the object's name; where two of them speak they must agree. */
static int find_cell(struct tare_target_file *file, bool described, const char *wanted, char *error, size_t room)
{
	struct tare_cell cell;
	char text[TARE_CELL_TEXT];

	if (wanted && tare_cell_read(wanted, &cell) != TARE_OK) {
		snprintf(error, room, "--cell: a target is one cell, and '%s' is none", wanted);
		return TARE_E_ARGUMENT;
	}
	if (!described && !wanted && tare__description_guess(file->object, &file->cell) != TARE_OK) {
		snprintf(error, room, "%s: its name does not tell its cell; say --cell ARCH/PLATFORM/GRAPH", file->object);
		return TARE_E_ARGUMENT;
	}
	if (described && wanted && (cell.arch != file->cell.arch || cell.platform != file->cell.platform ||
	    cell.graph != file->cell.graph)) {
		snprintf(error, room, "%s: it is described as %s, and --cell says %s", file->path,
			tare_cell_text(file->cell, text), wanted);
		return TARE_E_ARGUMENT;
	}
	if (wanted)
		file->cell = cell;
	return TARE_OK;
}

int tare_target_read(const char *path, const char *cell, struct tare_target_file *file, char *error, size_t room)
{
	bool described = false;
	int status = tare__description_read(path, file, &described, error, room);

	if (status == TARE_OK)
		status = find_cell(file, described, cell, error, room);
	if (status == TARE_OK)
		status = check_companions(file, error, room);
	if (status == TARE_OK)
		status = check_object(file, error, room);
	return status;
}

void tare_target_foreign(const struct tare_target_file *file, struct tare_target *target)
{
	bool onboard = file->cell.platform == TARE_PLATFORM_ONBOARD;

	*target = (struct tare_target){
		.name = file->name, .cell = file->cell, .file = file, .tapped = file->extension,
		.machine = file->extension ? !onboard || file->driver == TARE_TARGET_ON_MACHINE
					   : onboard && file->driver == TARE_TARGET_ON_MACHINE,
	};
	tare__hide(target);
}

/* -- the child --------------------------------------------------------------- */

static int load_libraries(const struct tare_target_file *file, char *error, size_t room)
{
	for (unsigned i = 0; i < file->library_count; i++) {
		if (dlopen(file->libraries[i], RTLD_NOW | RTLD_GLOBAL))
			continue;
		snprintf(error, room, "a library that it needs can't be loaded: %s", dlerror());
		return TARE_E_NOT_FOUND;
	}
	return TARE_OK;
}

/*
 * Two copies of the machine are two cards: what the runtime takes from its own
 * would never show on ours.  One that brings no driver along finds ours.
 */
static int check_driver(const struct tare_target *target, void *object, char *error, size_t room)
{
	void *theirs = dlsym(object, "rtMalloc");

	if (target->cell.platform != TARE_PLATFORM_ONBOARD || target->file->driver != TARE_TARGET_ON_MACHINE || !theirs ||
	    theirs == dlsym(RTLD_DEFAULT, "rtMalloc"))
		return TARE_OK;
	Dl_info info = { 0 };
	dladdr(theirs, &info);
	snprintf(error, room, "it brings another driver along, %s: name it in the description as \"driver\"",
		info.dli_fname ? info.dli_fname : "of a place unknown");
	return TARE_E_STATE;
}

static int find_extension(struct tare_target *target, void *object, char *error, size_t room)
{
	const struct tare_ext *ext = target->tapped ? dlsym(object, EXTENSION) : NULL;

	if (!target->tapped)
		return TARE_OK;
	if (!ext || ext->revision != tare_ext_v1.revision || ext->size < sizeof *ext) {
		snprintf(error, room, "its " EXTENSION " is revision %u of %u bytes, wanted revision %u of %zu",
			ext ? ext->revision : 0, ext ? ext->size : 0, tare_ext_v1.revision, sizeof *ext);
		return TARE_E_UNSUPPORTED;
	}
	target->ext = ext;
	return TARE_OK;
}

int tare_target_open(struct tare_target *target, struct tare_abi *abi, char *error, size_t room)
{
	/* The harness links the machine, whose names would win over those of any driver that comes later. */
	int own_first = target->file->driver == TARE_TARGET_ON_OTHER ? RTLD_DEEPBIND : 0;
	const struct tare__adapter *adapter = &tare__adapter_d9cdf01b8;
	const char *missing = NULL;
	int status = load_libraries(target->file, error, room);

	if (status != TARE_OK)
		return status;
	void *object = dlopen(target->file->object, RTLD_NOW | RTLD_LOCAL | own_first);
	if (!object) {
		snprintf(error, room, "it can't be loaded: %s", dlerror());
		return TARE_E_IMAGE;
	}
	status = adapter->bind(object, abi, &missing);
	if (status != TARE_OK) {
		snprintf(error, room, "the loaded object does not export %s", missing);
		return status;
	}
	status = check_driver(target, object, error, room);
	if (status == TARE_OK)
		status = find_extension(target, object, error, room);
	if (status == TARE_OK)
		target->abi = abi;
	return status;
}
