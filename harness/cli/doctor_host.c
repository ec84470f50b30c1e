/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_host - what the operating system allows here: tried, not looked up, wherever trying costs nothing */
#include "doctor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <tare/machine.h>
#include <tare/object.h>
#include <tare/status.h>

#include "cli.h"
#include "command.h"

enum { MIB = 1 << 20, PROGRAM_MS = 20000 };

bool tare__line_of(const char *path, const char *head, char *line, size_t room)
{
	FILE *from = fopen(path, "r");
	bool found = false;

	while (from && !found && fgets(line, (int)room, from))
		found = !head || !strncmp(line, head, strlen(head));
	if (from)
		fclose(from);
	if (found)
		line[strcspn(line, "\n")] = '\0';
	return found;
}

/* As a device opens: all of the card's memory, writable in one view and executable in another. */
void tare__look_device_memory(const struct tare__check *self, struct tare__finding *finding)
{
	uint64_t unused, total;
	void *block;
	bool runs;
	int status = tare_machine_memory_take(0, 4096, &block);

	(void)self;
	if (status) {
		tare__found(finding, false, status == TARE_E_ARGUMENT ? "not tried: a variable TARE_MACHINE_* is wrong" :
			"this host refuses a memory file, or a writable and an executable view of it");
		return;
	}
	runs = tare_machine_code_view((uint64_t)(uintptr_t)block) != 0;
	tare_machine_memory_info(0, &unused, &total);
	tare_machine_memory_give(0, block);
	tare__found(finding, runs, "%llu GB in two views", (unsigned long long)(total / 1000000000));
}

/* Objects are written there and opened: it must not be mounted noexec. */
static bool can_execute(const char *folder)
{
	char path[4096];
	long page = sysconf(_SC_PAGESIZE);
	void *mapping = MAP_FAILED;
	int file;

	if (tare__path_join(path, sizeof path, folder, "tare-doctor-XXXXXX"))
		return false;
	file = mkstemp(path);
	if (file < 0)
		return false;
	unlink(path);
	if (!ftruncate(file, page))
		mapping = mmap(NULL, (size_t)page, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
	close(file);
	if (mapping == MAP_FAILED)
		return false;
	munmap(mapping, (size_t)page);
	return true;
}

void tare__look_folder(const struct tare__check *self, struct tare__finding *finding)
{
	const char *set = getenv("TMPDIR");
	const char *folder = set && *set ? set : "/tmp";
	struct statvfs about;
	unsigned long long unused;

	if (*folder != '/' || access(folder, W_OK | X_OK) || statvfs(folder, &about)) {
		tare__found(finding, false, "%s%.900s is no absolute path of a folder that can be written to",
			folder == set ? "TMPDIR=" : "", folder);
		return;
	}
	unused = (unsigned long long)about.f_bavail * about.f_frsize / MIB;
	if (unused < self->least)
		tare__found(finding, false, "%.900s has %llu MiB free, wanted %lu", folder, unused, self->least);
	else if (!can_execute(folder))
		tare__found(finding, false, "objects in %.900s can't be opened: %s", folder, strerror(errno));
	else
		tare__found(finding, true, "%.900s, %llu MiB free", folder, unused);
}

void tare__look_proc(const struct tare__check *self, struct tare__finding *finding)
{
	static const char *const files[] = { "/proc/self/maps", "/proc/self/status", "/proc/self/stat", "/proc/self/fd",
		"/proc/self/task", "/proc/self/exe" };

	(void)self;
	for (size_t i = 0; i < TARE_COUNT(files); i++) {
		if (!access(files[i], R_OK))
			continue;
		tare__found(finding, false, "%s can't be read", files[i]);
		return;
	}
	tare__found(finding, true, "readable");
}

void tare__look_timer(const struct tare__check *self, struct tare__finding *finding)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	timer_t timer;

	(void)self;
	if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer)) {
		tare__found(finding, false, "no timer on a thread's processor time: %s", strerror(errno));
		return;
	}
	timer_delete(timer);
	tare__found(finding, true, "on a thread's processor time");
}

/* From /proc: the headers hide some limits from a program that asks for POSIX. */
void tare__look_limit(const struct tare__check *self, struct tare__finding *finding)
{
	char line[256], soft[32] = "";

	if (!tare__line_of("/proc/self/limits", self->word, line, sizeof line) ||
		sscanf(line + strlen(self->word), "%31s", soft) != 1) {
		tare__found(finding, true, "no limit can be read");
		return;
	}
	if (!strcmp(soft, "unlimited") || strtoul(soft, NULL, 10) >= self->least)
		tare__found(finding, true, "%s", soft);
	else
		tare__found(finding, false, "%s, wanted %lu: see ulimit", soft, self->least);
}

void tare__look_pids(const struct tare__check *self, struct tare__finding *finding)
{
	char line[64];

	if (!tare__line_of("/sys/fs/cgroup/pids.max", NULL, line, sizeof line) &&
		!tare__line_of("/sys/fs/cgroup/pids/pids.max", NULL, line, sizeof line))
		tare__found(finding, true, "no limit of this control group");
	else if (!strcmp(line, "max") || strtoul(line, NULL, 10) >= self->least)
		tare__found(finding, true, "%s", line);
	else
		tare__found(finding, false, "%s in this control group, wanted %lu", line, self->least);
}

/* Its first line says which one it is. */
void tare__look_program(const struct tare__check *self, struct tare__finding *finding)
{
	const char *const argv[] = { self->word, "--version", NULL };
	struct tare_command command = { .argv = argv, .deadline_ms = PROGRAM_MS };
	const char *set = getenv("TMPDIR");
	char log[4096], line[256] = "";
	int file, status;

	if (tare__path_join(log, sizeof log, set && *set ? set : "/tmp", "tare-doctor-XXXXXX")) {
		tare__found(finding, false, "not tried: the path of TMPDIR is too long");
		return;
	}
	file = mkstemp(log);
	if (file >= 0) {
		close(file);
		command.log = log;
	}
	status = tare_isolate_command(&command);
	if (status == 127)
		tare__found(finding, false, "not in PATH");
	else if (status)
		tare__found(finding, false, "%s --version fails (%d)", self->word, status);
	else
		tare__found(finding, true, "%s", command.log && tare__line_of(log, NULL, line, sizeof line) ? line : "there");
	if (command.log)
		unlink(log);
}
