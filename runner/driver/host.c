/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host - the host table as it is on this computer
 *
 * Device memory of sim is a heap of the emulated machine: it has a capacity
 * and a question for what is free, which malloc has not.  Only the machine's
 * header is needed here; which build of it answers is the final link's choice.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tare/driver.h>
#include <tare/machine.h>
#include <tare/status.h>

static int write_all(int file, const void *bytes, uint64_t size)
{
	const unsigned char *at = bytes;

	while (size > 0) {
		ssize_t written = write(file, at, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return TARE_E_IO;
		at += written;
		size -= (uint64_t)written;
	}
	return TARE_OK;
}

/* The driver reads a registration file by its suffix, so what begins at the prefix's last dot stays at the end. */
static int compose_path(const char *prefix, char *path, uint64_t room, int *suffix)
{
	const char *folder = getenv("TMPDIR");
	const char *dot = strrchr(prefix, '.');
	int stem = dot ? (int)(dot - prefix) : (int)strlen(prefix);
	int wanted;

	if (!folder || folder[0] == '\0')
		folder = "/tmp";
	*suffix = dot ? (int)strlen(dot) : 0;
	wanted = snprintf(path, room, "%s/%.*sXXXXXX%s", folder, stem, prefix, dot ? dot : "");
	return wanted > 0 && (uint64_t)wanted < room ? TARE_OK : TARE_E_ARGUMENT;
}

static int write_file(const char *prefix, const void *bytes, uint64_t size, char *path, uint64_t room)
{
	int suffix, file, status;

	if ((status = compose_path(prefix, path, room, &suffix)) != TARE_OK)
		return status;
	file = mkostemps(path, suffix, O_CLOEXEC);
	if (file < 0)
		return TARE_E_IO;
	status = write_all(file, bytes, size);
	if (fchmod(file, 0755) != 0)
		status = TARE_E_IO;
	if (close(file) != 0)
		status = TARE_E_IO;
	if (status != TARE_OK)
		unlink(path);
	return status;
}

static int remove_file(const char *path)
{
	return unlink(path) == 0 ? TARE_OK : TARE_E_IO;
}

static int open_object(uint32_t kind, const char *path, void **object)
{
	(void)kind;
	if (!strchr(path, '/'))
		return TARE_E_ARGUMENT;
	*object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	return *object ? TARE_OK : TARE_E_IMAGE;
}

static int find_symbol(void *object, const char *name, void **symbol)
{
	*symbol = dlsym(object, name);
	return *symbol ? TARE_OK : TARE_E_NOT_FOUND;
}

static int close_object(uint32_t kind, void *object)
{
	(void)kind;
	return dlclose(object) == 0 ? TARE_OK : TARE_E_FAILED;
}

static uint64_t page_bytes(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The mapping and its guard page; 0 where that is more than an address space holds. */
static uint64_t guarded_bytes(uint64_t size)
{
	uint64_t page = page_bytes();

	if (size == 0 || size > UINT64_MAX - 2 * page)
		return 0;
	return (size + page - 1) / page * page + page;
}

static int take_mapping(uint64_t size, void **mapping)
{
	uint64_t whole = guarded_bytes(size);
	uint64_t page = page_bytes();
	char *base;

	if (whole == 0)
		return TARE_E_ARGUMENT;
	base = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return TARE_E_MEMORY;
	if (mprotect(base + page, whole - page, PROT_READ | PROT_WRITE) != 0) {
		munmap(base, whole);
		return TARE_E_MEMORY;
	}
	*mapping = base + page;
	return TARE_OK;
}

static int give_mapping(void *mapping, uint64_t size)
{
	return munmap((char *)mapping - page_bytes(), guarded_bytes(size)) == 0 ? TARE_OK : TARE_E_FAILED;
}

static int start_thread(void *(*run)(void *), void *cookie, void **thread)
{
	pthread_t started;

	if (pthread_create(&started, NULL, run, cookie) != 0)
		return TARE_E_MEMORY;
	*thread = (void *)(uintptr_t)started;
	return TARE_OK;
}

static int join_thread(void *thread)
{
	return pthread_join((pthread_t)(uintptr_t)thread, NULL) == 0 ? TARE_OK : TARE_E_FAILED;
}

void tare_host_bind(struct tare_host *host)
{
	*host = (struct tare_host){
		.memory_take = tare_machine_memory_take,
		.memory_give = tare_machine_memory_give,
		.memory_info = tare_machine_memory_info,
		.memory_copy = tare_machine_memory_copy,
		.file_write = write_file,
		.file_remove = remove_file,
		.object_open = open_object,
		.object_symbol = find_symbol,
		.object_close = close_object,
		.mapping_take = take_mapping,
		.mapping_give = give_mapping,
		.thread_start = start_thread,
		.thread_join = join_thread,
	};
}
