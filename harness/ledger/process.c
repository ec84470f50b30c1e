/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel knows of this process, read without taking from the heap.
 *
 * A reading must not move what it reads: directories are walked with
 * getdents64 into the stack, and the one descriptor in use is not counted.
 */
#include <tare/ledger.h>

#include <fcntl.h>
#include <pthread.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tare/object.h>

#define KEYS_MAX    1024 /* PTHREAD_KEYS_MAX of glibc */
#define OBJECTS     4096 /* places in the set of mapped objects; a power of two */
#define TASK_EXITS  0x4  /* PF_EXITING */

typedef int64_t (*entry_fn)(const char *name);

/* struct linux_dirent64, as the kernel writes it. */
struct entry_head {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
};
#define ENTRY_NAME 19

/* Sums `each` over the entries of a folder whose names are numbers; each NULL: 1. */
static int64_t sum_numbered(const char *folder, entry_fn each)
{
	_Alignas(8) char buffer[4096];
	int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int64_t sum = 0;
	long got;

	if (descriptor < 0)
		return 0;
	while ((got = syscall(SYS_getdents64, descriptor, buffer, sizeof buffer)) > 0)
		for (long at = 0; at < got;) {
			struct entry_head head;
			const char *name = buffer + at + ENTRY_NAME;

			memcpy(&head, buffer + at, sizeof head);
			at += head.length;
			if (name[0] >= '0' && name[0] <= '9')
				sum += each ? each(name) : 1;
		}
	close(descriptor);
	return sum;
}

/* A short file as text, or its beginning; "" where it can't be read. */
static const char *read_text(const char *path, char *text, size_t room)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = descriptor < 0 ? 0 : read(descriptor, text, room - 1);

	text[got > 0 ? got : 0] = '\0';
	if (descriptor >= 0)
		close(descriptor);
	return text;
}

/*
 * A thread that has been joined may stand in the list for a moment longer, but
 * is marked as exiting since before the join could return.
 */
static int64_t is_alive(const char *thread)
{
	char path[64], text[512];
	char state;
	unsigned flags;

	snprintf(path, sizeof path, "/proc/self/task/%s/stat", thread);
	const char *after_name = strrchr(read_text(path, text, sizeof text), ')');
	if (!after_name)
		return 0;
	if (sscanf(after_name, ") %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2)
		return 1;
	return !(flags & TASK_EXITS);
}

static int64_t children_of(const char *thread)
{
	char path[64], text[4096];
	int64_t count = 0;

	snprintf(path, sizeof path, "/proc/self/task/%s/children", thread);
	for (const char *at = read_text(path, text, sizeof text); *at; at++)
		count += *at == ' ';
	return count;
}

/* Live ones and those that wait to be reaped. */
static int64_t count_children(void)
{
	siginfo_t info;

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0)
		return 0;
	int64_t count = sum_numbered("/proc/self/task", children_of);
	/* A kernel without these lists still said that there is one. */
	return count ? count : 1;
}

struct object_set {
	uint64_t object[OBJECTS]; /* 0: empty */
	uint64_t last;            /* the parts of a file follow each other */
	int64_t count;
};

static void add_object(struct object_set *set, uint64_t device, uint64_t inode)
{
	uint64_t object = inode * 0x9e3779b97f4a7c15u ^ (device << 32 | 1);
	size_t at = (size_t)(object >> 20) & (OBJECTS - 1);

	if (object == set->last)
		return;
	set->last = object;
	for (; set->object[at]; at = (at + 1) & (OBJECTS - 1))
		if (set->object[at] == object)
			return;
	/* One place stays empty, or the search above would have no end. */
	if (set->count == OBJECTS - 1)
		return;
	set->object[at] = object;
	set->count++;
}

static const char *after_field(const char *at)
{
	while (*at && *at != ' ')
		at++;
	while (*at == ' ')
		at++;
	return at;
}

/* "start-end rights offset major:minor inode path", some eighty of them at each reading: sscanf is too slow. */
static void add_mapping(struct object_set *set, const char *line)
{
	char *at = NULL;
	const char *device = after_field(after_field(after_field(line)));
	uint64_t major = strtoul(device, &at, 16), minor, inode;

	if (*at != ':')
		return;
	minor = strtoul(at + 1, &at, 16);
	inode = strtoull(after_field(at), NULL, 10);
	if (inode != 0)
		add_object(set, major << 20 | minor, inode);
}

/*
 * Distinct files mapped.  A file is its device and inode: a deleted one is
 * still an object of its own, and so is its successor under the same path.
 */
static int64_t count_objects(void)
{
	struct object_set set = { .count = 0 };
	char buffer[8192];
	size_t used = 0;
	ssize_t got;
	int descriptor = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	if (descriptor < 0)
		return 0;
	while ((got = read(descriptor, buffer + used, sizeof buffer - 1 - used)) > 0) {
		char *line = buffer;

		used += (size_t)got;
		buffer[used] = '\0';
		for (char *end; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			add_mapping(&set, line);
		}
		used -= (size_t)(line - buffer);
		tare_must(used < sizeof buffer - 1);
		memmove(buffer, line, used);
	}
	close(descriptor);
	return set.count;
}

/* Keys are handed out from the lowest free index on, so a runner that leaks them pushes this up. */
static int64_t lowest_free_key(void)
{
	pthread_key_t key;

	if (pthread_key_create(&key, NULL) != 0)
		return KEYS_MAX;
	pthread_key_delete(key);
	return (int64_t)key;
}

static int64_t count_keys(void)
{
	pthread_key_t keys[KEYS_MAX];
	int64_t unused = 0;

	while (unused < KEYS_MAX && pthread_key_create(&keys[unused], NULL) == 0)
		unused++;
	for (int64_t i = 0; i < unused; i++)
		pthread_key_delete(keys[i]);
	return KEYS_MAX - unused;
}

void tare_process_read(int64_t value[TARE_ACCOUNTS], bool full_keys)
{
	value[TARE_ACCOUNT_DESCRIPTORS] = sum_numbered("/proc/self/fd", NULL) - 1;
	value[TARE_ACCOUNT_THREADS] = sum_numbered("/proc/self/task", is_alive);
	value[TARE_ACCOUNT_MAPPED_OBJECTS] = count_objects();
	value[TARE_ACCOUNT_PTHREAD_KEYS] = full_keys ? count_keys() : lowest_free_key();
	value[TARE_ACCOUNT_CHILDREN] = count_children();
}
