/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An object file as a kernel: for sim a shared object, for onboard the bytes of
 * its .text, by the same script as the fixtures, which refuses what could not run.
 */
#include "weigh.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#define DEADLINE_MS 60000u
#define LOG_SAID    1024

static bool is_object_file(const char *path)
{
	Elf64_Ehdr head;
	FILE *file = fopen(path, "rb");
	bool yes = file && fread(&head, sizeof head, 1, file) == 1 && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 &&
		head.e_type == ET_REL;

	if (file)
		fclose(file);
	return yes;
}

/* The linker's own sentence, in one line. */
static int complain(const char *what, const char *log)
{
	char said[LOG_SAID] = "";
	FILE *file = fopen(log, "rb");
	size_t length = file ? fread(said, 1, sizeof said - 1, file) : 0;

	if (file)
		fclose(file);
	while (length > 0 && said[length - 1] == '\n')
		said[--length] = '\0';
	for (char *at = said; (at = strchr(at, '\n')) != NULL;)
		*at = ' ';
	tare__complain("--kernel: %s can't be linked: %s", what, said);
	return -1;
}

static int call(const char *const *argv, const char *what, const char *log)
{
	const struct tare_command command = { .argv = argv, .log = log, .deadline_ms = DEADLINE_MS };

	unlink(log);
	return tare_isolate_command(&command) == 0 ? 0 : complain(what, log);
}

static int link_sim(const char *object, const char *linked, const char *log)
{
	const char *const argv[] = { TARE_FIXTURE_CC, "-nostdlib", "-shared", "-Wl,-z,defs", "-Wl,--build-id=sha1", "-o", linked,
		object, NULL };

	return call(argv, object, log);
}

static int link_onboard(const char *object, const char *linked, const char *fixtures, const char *log)
{
	char whole[TARE_WEIGH_PATH + 8], script[TARE_WEIGH_PATH + 32];
	const char *const link[] = { TARE_FIXTURE_CC, "-nostdlib", "-pie",
		"-Wl,--no-dynamic-linker,-z,text,--no-warn-rwx-segments,--build-id=none,--orphan-handling=error", script, "-o",
		whole, object, NULL };
	const char *const copy[] = { TARE_FIXTURE_OBJCOPY, "-O", "binary", "-j", ".text", whole, linked, NULL };

	snprintf(whole, sizeof whole, "%s.elf", linked);
	snprintf(script, sizeof script, "-Wl,-T,%s/kernels/text.ld", fixtures);
	return call(link, object, log) || call(copy, object, log) ? -1 : 0;
}

int tare__weigh_link(struct tare__weighed *weighed, enum tare_platform_id platform, const char *folder, const char *fixtures)
{
	bool sim = platform == TARE_PLATFORM_SIM;
	char linked[TARE_WEIGH_PATH], log[TARE_WEIGH_PATH], base[TARE_WEIGH_PATH];

	for (unsigned i = 0; i < weighed->child_count; i++) {
		char *path = weighed->kernels[i];
		if (!is_object_file(path))
			continue;
		if (tare__weigh_file("out", folder, base))
			return -1;
		if (snprintf(linked, sizeof linked, "%s/kernel_%d.%s", base,
			weighed->fixture.children[i].func_id, sim ? "so" : "bin") >= (int)sizeof linked ||
		    tare__path_join(log, sizeof log, base, "link.log")) {
			tare__complain("--out: the path is too long");
			return -1;
		}
		if (sim ? link_sim(path, linked, log) : link_onboard(path, linked, fixtures, log))
			return -1;
		strcpy(path, linked);
	}
	return 0;
}
