/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench - the figures of this build on this machine, beside their targets
 */
#include "bench.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include <tare/object.h>

#include "cli.h"
#include "self.h"
#include "surroundings.h"

struct values {
	bool json;
	bool quick;
};

static const struct tare__option options[] = {
	{ "json", 0, TARE_OPTION_FLAG, offsetof(struct values, json), NULL, NULL, "one JSON object on standard output" },
	{ "quick", 0, TARE_OPTION_FLAG, offsetof(struct values, quick), NULL, NULL, "a tenth of the work: rougher figures" },
	{ 0 },
};

struct tare__figure *tare__bench_figure(struct tare__bench *bench, const char *unit, double target, bool at_least,
	const char *format, ...)
{
	struct tare__figure *figure = &bench->figures[bench->count < TARE__FIGURES - 1 ? bench->count++ : bench->count];
	va_list list;

	*figure = (struct tare__figure){ .unit = unit, .target = target, .at_least = at_least };
	va_start(list, format);
	vsnprintf(figure->name, sizeof figure->name, format, list);
	va_end(list);
	return figure;
}

bool tare__figure_met(const struct tare__figure *figure)
{
	return figure->at_least ? figure->value >= figure->target : figure->value <= figure->target;
}

static int compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

double tare__median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare);
	return values[count / 2];
}

static int print_json(const struct tare__bench *bench)
{
	json_t *all = json_array();

	for (size_t i = 0; i < bench->count; i++) {
		const struct tare__figure *figure = &bench->figures[i];
		json_array_append_new(all, json_pack("{s:s, s:f, s:s, s:f, s:s, s:b, s:s}", "name", figure->name, "value",
			figure->value, "unit", figure->unit, "target", figure->target, "is", figure->at_least ? "at least" : "at most",
			"met", tare__figure_met(figure), "detail", figure->detail));
	}
	json_t *page = json_pack("{s:i, s:s, s:o}", "version", 1, "tare", TARE_VERSION, "figures", all);
	int status = json_dumpf(page, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	printf("\n");
	json_decref(page);
	return status;
}

static void print_table(const struct tare__bench *bench)
{
	size_t met = 0;

	for (size_t i = 0; i < bench->count; i++) {
		const struct tare__figure *figure = &bench->figures[i];
		bool good = tare__figure_met(figure);
		met += good;
		printf("%-4s %-52s %9.2f  %s %g %s%s%s\n", good ? "met" : "MISS", figure->name, figure->value,
			figure->at_least ? ">=" : "<=", figure->target, figure->unit, *figure->detail ? "  | " : "", figure->detail);
	}
	printf("%zu of %zu targets met\n", met, bench->count);
}

static const struct {
	const char *name;
	int (*measure)(struct tare__bench *bench);
} parts[] = {
	{ "empty", tare__bench_empty }, { "memcheck", tare__bench_memcheck }, { "launch", tare__bench_launches },
	{ "target", tare__bench_target }, { "tasks", tare__bench_tasks }, { "rings", tare__bench_rings },
	{ "meter", tare__bench_meter },
	{ "flat", tare__bench_flat },
};

/* Wanted are all where none is named. */
static bool is_wanted(const char *name, char *const *wanted, int count)
{
	bool yes = count == 0;

	for (int i = 0; i < count; i++)
		yes |= strcmp(wanted[i], name) == 0;
	return yes;
}

static int check_parts(char *const *wanted, int count)
{
	for (int i = 0; i < count; i++) {
		bool known = false;

		for (size_t k = 0; k < TARE_COUNT(parts); k++)
			known |= strcmp(parts[k].name, wanted[i]) == 0;
		if (!known)
			return tare__complain("bench has no part '%s': "
				"empty, memcheck, launch, target, tasks, rings, meter, flat", wanted[i]);
	}
	return 0;
}

static int run(const struct tare__command *self, int argc, char **argv)
{
	struct values values = { 0 };
	char folder[512];
	bool watched = isatty(STDERR_FILENO) == 1;
	int status = TARE_EXIT_PASSED, count = tare__options_read(self, argc, argv, &values);

	if (count < 0)
		return TARE_EXIT_USAGE;
	if (check_parts(argv, count) || tare__environment_check() || tare__fixtures_folder(folder, sizeof folder))
		return TARE_EXIT_USAGE;
	struct tare__bench bench = { .fixtures = folder, .scale = values.quick ? 10 : 1 };
	/* A part that could not be measured said why; the others still count. */
	for (size_t i = 0; i < TARE_COUNT(parts); i++) {
		if (!is_wanted(parts[i].name, argv, count))
			continue;
		if (watched)
			fprintf(stderr, "\r\x1b[Kbench: %s, part %zu of %zu", parts[i].name, i + 1, TARE_COUNT(parts));
		if (parts[i].measure(&bench))
			status = TARE_EXIT_USAGE;
	}
	if (watched)
		fprintf(stderr, "\r\x1b[K");
	if (values.json)
		return print_json(&bench) ? TARE_EXIT_USAGE : status;
	print_table(&bench);
	return status;
}

const struct tare__command tare__command_bench = {
	.name = "bench", .arguments = "[PART...] [--json] [--quick]",
	.summary = "what a launch, a task and a reading cost here, beside their targets",
	.about = "Parts are empty, memcheck, launch, target, tasks, rings, meter and flat; all where none is named. Every figure is a "
		"ratio, a difference or a rate taken in one process, in alternating blocks; a missed target is said and fails "
		"nothing.",
	.options = options, .run = run,
};
