/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor - what this machine has, and what each missing thing costs
 */
#include "doctor.h"

#include <stdarg.h>
#include <string.h>

#include <jansson.h>
#include <tare/object.h>

#include "cli.h"

struct words {
	bool json;
};

static const struct tare__option options[] = {
	{ "json", 0, TARE_OPTION_FLAG, offsetof(struct words, json), NULL, NULL, "an object instead of the table" },
	{ 0 },
};

#define NO_DEFECTS "no tare defects: patched copies can't be built"
#define NO_CARD    "no --driver cann; the emulated machine does not need it"

static const struct tare__check checks[] = {
	{ "libtare_cann.so", true, "no onboard cell", tare__look_machine, NULL, 0 },
	{ "fixtures", true, "no kernels and no orchestrations to launch", tare__look_fixtures, NULL, 0 },
	{ "TARE_MACHINE_*", true, "no device opens", tare__look_variables, NULL, 0 },
	{ "device memory", true, "no kernel can run in place: every cell fails", tare__look_device_memory, NULL, 0 },
	{ "temporary folder", true, "no case has a place of its own", tare__look_folder, NULL, 64 },
	{ "/proc", true, "the accounts of the process can't be read", tare__look_proc, NULL, 0 },
	{ "timers", true, "a kernel that never returns is not abandoned: its case is a TIMEOUT", tare__look_timer, NULL, 0 },
	{ "open files", true, "cases fail for want of descriptors", tare__look_limit, "Max open files", 128 },
	{ "processes", true, "no threads for cores that are parked or foreign", tare__look_limit, "Max processes", 128 },
	{ "pids", true, "no threads for cores that are parked or foreign", tare__look_pids, NULL, 128 },

	{ "valgrind", false, "no --valgrind leg: heap faults and leaks of the host are not seen", tare__look_program,
		"valgrind", 0 },
	{ "gcc", false, "no fixtures of your own; " NO_DEFECTS, tare__look_program, "gcc", 0 },
	{ "objcopy", false, "no fixtures of your own; " NO_DEFECTS, tare__look_program, "objcopy", 0 },
	{ "patch", false, NO_DEFECTS, tare__look_program, "patch", 0 },
	{ "cmake", false, NO_DEFECTS, tare__look_program, "cmake", 0 },
	{ "ninja", false, NO_DEFECTS, tare__look_program, "ninja", 0 },
	{ "source tree", false, "tare defects needs --source DIR", tare__look_source, NULL, 0 },
	{ "CANN", false, NO_CARD, tare__look_cann, NULL, 0 },
	{ "cards", false, NO_CARD, tare__look_cards, NULL, 0 },
};

void tare__found(struct tare__finding *finding, bool good, const char *format, ...)
{
	va_list list;

	finding->good = good;
	va_start(list, format);
	vsnprintf(finding->what, sizeof finding->what, format, list);
	va_end(list);
}

static void print_part(const struct tare__finding *findings, bool needed)
{
	puts(needed ? "what tare run needs" : "\nwhat else can be of use");
	for (size_t i = 0; i < TARE_COUNT(checks); i++) {
		if (checks[i].needed != needed)
			continue;
		printf("  %-8s %-17s ", findings[i].good ? "ok" : "missing", checks[i].name);
		tare__wrap(stdout, findings[i].what, 29, 29, 110);
		if (findings[i].good)
			continue;
		printf("%*s", 29, "");
		tare__wrap(stdout, checks[i].costs, 29, 29, 110);
	}
}

static json_t *one(const struct tare__check *check, const struct tare__finding *finding)
{
	return json_pack("{ss sb sb ss ss*}", "name", check->name, "needed", (int)check->needed, "ok", (int)finding->good,
		"found", finding->what, "costs", finding->good ? NULL : check->costs);
}

static int print_json(const struct tare__finding *findings, bool ready)
{
	json_t *list = json_array(), *whole;
	int failed = !list;

	for (size_t i = 0; i < TARE_COUNT(checks) && !failed; i++)
		failed = json_array_append_new(list, one(&checks[i], &findings[i]));
	whole = json_pack("{ss sb so}", "version", TARE_VERSION, "ready", (int)ready, "checks", list);
	if (!whole || failed || json_dumpf(whole, stdout, JSON_INDENT(2)))
		failed = -1;
	json_decref(whole);
	if (failed)
		return tare__complain("the findings can't be printed");
	putchar('\n');
	return TARE_EXIT_PASSED;
}

static int run(const struct tare__command *self, int argc, char **argv)
{
	static struct tare__finding findings[TARE_COUNT(checks)];
	struct words words = { 0 };
	bool ready = true;
	int count = tare__options_read(self, argc, argv, &words);

	if (count < 0)
		return TARE_EXIT_USAGE;
	if (count > 0)
		return tare__complain("doctor takes no '%s'; see tare help doctor", argv[0]);
	for (size_t i = 0; i < TARE_COUNT(checks); i++) {
		checks[i].look(&checks[i], &findings[i]);
		ready = ready && (findings[i].good || !checks[i].needed);
	}
	if (words.json) {
		if (print_json(findings, ready))
			return TARE_EXIT_USAGE;
	} else {
		print_part(findings, true);
		print_part(findings, false);
		puts(ready ? "\ntare run can work here" : "\ntare run can't work here");
	}
	return ready ? TARE_EXIT_PASSED : TARE_EXIT_FAILED;
}

const struct tare__command tare__command_doctor = {
	.name = "doctor", .arguments = "[--json]", .summary = "what this machine has, and what each missing thing costs",
	.about = "Looks at what tare uses: its own library and fixtures, memory, limits and timers of this host, tools, the vendor's "
		"libraries and cards. Exit status 0: all that tare run needs is there; 1: something of it is missing.",
	.options = options, .run = run,
};
