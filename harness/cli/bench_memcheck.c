/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an empty case costs under memcheck: the same figure as outside of it,
 * taken by this program once more, under valgrind as `run --valgrind` starts it.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli.h"
#include "command.h"
#include "self.h"
#include "valgrind.h"

#define PATH        4096
#define WORDS       32
#define DEADLINE_MS 120000u

static int read_value(const char *log, double *value)
{
	json_error_t why;
	json_t *page = json_load_file(log, 0, &why);
	json_t *figure = json_array_get(json_object_get(page, "figures"), 0);
	bool found = figure != NULL;

	*value = json_number_value(json_object_get(figure, "value"));
	json_decref(page);
	return found ? 0 : tare__complain("bench: under valgrind nothing was measured: %s", why.text);
}

static void empty_folder(const char *folder)
{
	const char *const argv[] = { "rm", "-rf", folder, NULL };
	const struct tare_command command = { .argv = argv, .deadline_ms = DEADLINE_MS };

	tare_isolate_command(&command);
}

static int measure_in(struct tare__bench *bench, const char *folder)
{
	char self[PATH], log[PATH + 16], option[2 * PATH];
	const char *words[WORDS];
	double value;

	if (tare__self_command(self, sizeof self) || tare__valgrind_words(folder, option, sizeof option, words, WORDS - 6))
		return -1;
	size_t count = 0;
	while (words[count])
		count++;
	const char *const more[] = { self, "bench", "--json", "--quick", "empty", NULL };
	memcpy(&words[count], more, sizeof more);
	snprintf(log, sizeof log, "%s/said.json", folder);
	const struct tare_command command = { .argv = words, .log = log, .deadline_ms = DEADLINE_MS };
	int status = tare_isolate_command(&command);
	if (status)
		return tare__complain("bench: valgrind ended with %d%s", status, status == 127 ? ": there is none here" : "");
	if (read_value(log, &value))
		return -1;
	tare__bench_figure(bench, "ms", 60, false, "an empty case under memcheck")->value = value;
	return 0;
}

int tare__bench_memcheck(struct tare__bench *bench)
{
	const char *temporary = getenv("TMPDIR");
	char folder[PATH];

	if (tare__valgrind_is_here())
		return 0;
	snprintf(folder, sizeof folder, "%s/tare-bench-XXXXXX", temporary ? temporary : "/tmp");
	if (!mkdtemp(folder))
		return tare__complain("bench: no folder can be made in %s", temporary ? temporary : "/tmp");
	int status = measure_in(bench, folder);
	empty_folder(folder);
	return status;
}
