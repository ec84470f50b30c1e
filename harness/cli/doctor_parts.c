/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_parts - tare's own files, and what there is of the vendor's */
#include "doctor.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <tare/driver.h>
#include <tare/machine.h>
#include <tare/object.h>
#include <tare/text.h>

#include "cli.h"
#include "self.h"

enum { PATH = 4096 };

/* Lines of a binding that failed: what is missing, one after the other. */
static void gather(void *cookie, enum tare_log_level level, const char *line)
{
	struct tare_text *text = cookie;

	(void)level;
	tare_text_add(text, "%s%s", text->used ? "; " : "", line);
}

/* The file that an address of this process was mapped from. */
static bool mapped_from(uintptr_t address, char *path, size_t room)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[PATH + 128];
	bool found = false;

	while (maps && !found && fgets(line, sizeof line, maps)) {
		uintptr_t from, to;
		const char *name = strchr(line, '/');

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) != 2 || address < from || address >= to || !name)
			continue;
		found = snprintf(path, room, "%.*s", (int)strcspn(name, "\n"), name) < (int)room;
	}
	if (maps)
		fclose(maps);
	return found;
}

/* What the runner can do without, and does without here. */
static void add_absent(const struct tare_cann *cann, struct tare_text *text)
{
	static const struct {
		const char *name;
		size_t offset;
	} calls[] = {
#define TARE_CANN(group, name, parameters, arguments, rule, codes, kinds, failure) { #name, offsetof(struct tare_cann, name) },
#include <tare/cann.def>
#undef TARE_CANN
	};
	static const char nothing[sizeof cann->rtSetDevice];

	for (size_t i = 0; i < TARE_COUNT(calls); i++)
		if (!memcmp((const char *)cann + calls[i].offset, nothing, sizeof nothing))
			tare_text_add(text, "%s%s", text->used ? ", " : ", without ", calls[i].name);
}

static void bind_driver(enum tare_driver_choice driver, struct tare__finding *finding)
{
	char missing[TARE__FINDING_TEXT] = "", path[PATH] = "";
	struct tare_text text = tare_text_over(missing, sizeof missing);
	const struct tare_log log = { gather, &text, TARE_LOG_ERROR };
	struct tare_cann cann;
	uintptr_t address;

	if (tare_cann_bind(&cann, driver, &log)) {
		tare__found(finding, false, "%.*s", TARE__FINDING_TEXT - 1, missing);
		return;
	}
	memcpy(&address, &cann.rtSetDevice, sizeof address);
	mapped_from(address, path, sizeof path);
	add_absent(&cann, &text);
	if (driver == TARE_DRIVER_CANN && strstr(path, "/libtare_cann.so"))
		tare__found(finding, true, "the emulated machine under the vendor's names: %.500s%.400s", path, missing);
	else
		tare__found(finding, true, "%.500s%.500s", path, missing);
}

void tare__look_machine(const struct tare__check *self, struct tare__finding *finding)
{
	(void)self;
	bind_driver(TARE_DRIVER_MACHINE, finding);
}

void tare__look_cann(const struct tare__check *self, struct tare__finding *finding)
{
	(void)self;
	bind_driver(TARE_DRIVER_CANN, finding);
}

void tare__look_cards(const struct tare__check *self, struct tare__finding *finding)
{
	glob_t cards = { 0 };
	size_t usable = 0;

	(void)self;
	if (!glob("/dev/davinci[0-9]*", 0, NULL, &cards))
		for (size_t i = 0; i < cards.gl_pathc; i++)
			usable += !access(cards.gl_pathv[i], R_OK | W_OK);
	if (!cards.gl_pathc)
		tare__found(finding, false, "there is no /dev/davinci*");
	else
		tare__found(finding, usable == cards.gl_pathc && !access("/dev/davinci_manager", R_OK | W_OK),
			"%zu in /dev, of which this user may open %zu%s", cards.gl_pathc, usable,
			access("/dev/davinci_manager", R_OK | W_OK) ? "; /dev/davinci_manager can't be opened" : "");
	globfree(&cards);
}

void tare__look_variables(const struct tare__check *self, struct tare__finding *finding)
{
	struct tare_machine_setup setup;
	char error[512] = "";

	(void)self;
	if (tare_machine_setup_read(&setup, error, sizeof error))
		tare__found(finding, false, "%s", error);
	else
		tare__found(finding, true, "a card like %s", tare_arch_name(setup.arch));
}

/* One of each kind: a folder that is half there is not there. */
static const char *const wanted[] = {
	"objects/a2a3/aicpu.so", "objects/a2a3/aicore.so", "objects/a5/aicpu.so", "objects/a5/aicore.so",
	"kernels/onboard/add.bin", "kernels/sim/add.so", "orchestrations/vector_example.so",
};

void tare__look_fixtures(const struct tare__check *self, struct tare__finding *finding)
{
	char folder[PATH], path[PATH];

	(void)self;
	if (tare__fixtures_find(folder, sizeof folder)) {
		tare__found(finding, false, "neither fixtures beside this program nor ../share/tare/fixtures can be read");
		return;
	}
	for (size_t i = 0; i < TARE_COUNT(wanted); i++) {
		if (!tare__path_join(path, sizeof path, folder, wanted[i]) && !access(path, R_OK))
			continue;
		tare__found(finding, false, "%.900s has no %s", folder, wanted[i]);
		return;
	}
	tare__found(finding, true, "%.1000s", folder);
}

void tare__look_source(const struct tare__check *self, struct tare__finding *finding)
{
	bool there = !access(TARE_SOURCE "/fixtures/defects", R_OK | X_OK);

	(void)self;
	tare__found(finding, there, there ? "%s" : "%s, from which this was built, is not here", TARE_SOURCE);
}
