/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store - the files that the AICPU can open, and objects opened on the device
 *
 * On the card this is /usr/lib64/aicpu_kernels/0; here it is a directory of the
 * machine's own, so that nothing ever lands in the host's.
 */
#include "machine_priv.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tare/text.h>

#define FOLDER "aicpu_kernels_device"

static int make_root(void)
{
	const char *folder = getenv("TMPDIR");
	char *root = tare__machine.root;

	if (tare__machine.setup.root[0]) {
		snprintf(root, sizeof tare__machine.root, "%s", tare__machine.setup.root);
		return 0;
	}
	if (!folder || !folder[0])
		folder = "/tmp";
	if ((size_t)snprintf(root, sizeof tare__machine.root, "%s/tare-machine-XXXXXX", folder) >=
			sizeof tare__machine.root || !mkdtemp(root)) {
		root[0] = 0;
		tare_log(tare__log(), TARE_LOG_ERROR, "machine: no directory can be made in %s: %s", folder, strerror(errno));
		return TARE_E_IO;
	}
	tare__machine.root_owner = getpid();
	return 0;
}

int tare__root_ensure(void)
{
	char path[TARE_MACHINE_PATH + 64];
	int status;

	if (tare__machine.root[0])
		return 0;
	status = make_root();
	if (status)
		return status;
	snprintf(path, sizeof path, "%s/" FOLDER, tare__machine.root);
	if (mkdir(path, 0755) && errno != EEXIST) {
		tare_log(tare__log(), TARE_LOG_ERROR, "machine: %s cannot be made: %s", path, strerror(errno));
		tare__root_forget();
		return TARE_E_IO;
	}
	return 0;
}

static void empty_folder(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;

	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			unlinkat(dirfd(folder), entry->d_name, 0);
	closedir(folder);
}

void tare__root_forget(void)
{
	char path[TARE_MACHINE_PATH + 64];

	/* a forked child inherits the path, not the directory */
	if (tare__machine.root[0] && tare__machine.root_owner == getpid()) {
		snprintf(path, sizeof path, "%s/" FOLDER, tare__machine.root);
		empty_folder(path);
		rmdir(path);
		rmdir(tare__machine.root);
	}
	tare__machine.root[0] = 0;
	tare__machine.root_owner = 0;
}

/* A process that just ends leaves no directory behind. */
__attribute__((destructor)) static void leave(void)
{
	tare__report();
	tare__root_forget();
}

int tare__store_path(const char *name, char *path, size_t room)
{
	int length = snprintf(path, room, "%s/" FOLDER "/%s", tare__machine.root, name);

	return length < 0 || (size_t)length >= room ? TARE_E_ARGUMENT : 0;
}

static int write_all(int file, const void *bytes, uint64_t size)
{
	const char *from = bytes;

	while (size) {
		ssize_t done = write(file, from, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return TARE_E_IO;
		from += done;
		size -= (uint64_t)done;
	}
	return 0;
}

/* A new file with those bytes that can be opened as an object; path is a mkstemp pattern. */
static int write_new(char *path, const void *bytes, uint64_t size)
{
	int file = mkstemp(path);

	if (file < 0)
		return TARE_E_IO;
	if (write_all(file, bytes, size) || fchmod(file, 0755) || close(file)) {
		unlink(path);
		return TARE_E_IO;
	}
	return 0;
}

int tare__store_write(const char *name, const void *bytes, uint64_t size, bool *is_new)
{
	char path[TARE_MACHINE_PATH + 160], fresh[TARE_MACHINE_PATH + 192];

	if (tare__root_ensure() || tare__store_path(name, path, sizeof path))
		return TARE_E_IO;
	*is_new = access(path, F_OK) != 0;
	snprintf(fresh, sizeof fresh, "%s.tmp.XXXXXX", path);
	if (write_new(fresh, bytes, size))
		goto fail;
	if (!rename(fresh, path))
		return 0;
	unlink(fresh);
fail:
	tare_log(tare__log(), TARE_LOG_ERROR, "machine: %s cannot be written: %s", path, strerror(errno));
	return TARE_E_IO;
}

void *tare__object_open(const void *bytes, uint64_t size)
{
	char path[TARE_MACHINE_PATH + 64];
	void *object;

	if (tare__root_ensure())
		return NULL;
	snprintf(path, sizeof path, "%s/image-XXXXXX", tare__machine.root);
	if (write_new(path, bytes, size)) {
		tare_log(tare__log(), TARE_LOG_ERROR, "machine: %s cannot be written: %s", path, strerror(errno));
		return NULL;
	}
	/* a name of its own makes it an instance of its own, a file on disk makes it readable for debuggers */
	object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!object)
		tare_log(tare__log(), TARE_LOG_WARN, "machine: an image cannot be loaded: %s", dlerror());
	unlink(path);
	return object;
}

int tare__object_bind(void *object)
{
	/* it may look at the revision and keep nothing: the ports bring the functions */
	static const struct tare_core_ops ops = { .revision = TARE_CORE_OPS_REVISION, .size = sizeof ops };
	void *symbol = dlsym(object, "tare_device_bind");
	tare_device_bind_fn bind;

	if (!symbol)
		return 1;
	tare_function_from(symbol, &bind, sizeof bind);
	return bind(&ops) ? TARE_E_UNSUPPORTED : 0;
}

tare_device_entry_fn tare__object_entry(void *object, const char *symbol)
{
	void *found = dlsym(object, symbol);
	tare_device_entry_fn entry = NULL;

	if (found)
		tare_function_from(found, &entry, sizeof entry);
	return entry;
}
