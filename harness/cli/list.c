/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list - the cases there are, one a line
 */
#include "cli.h"

#include <stdlib.h>

#include <jansson.h>
#include <tare/registry.h>

#include "select.h"

struct words {
	const char *cell;
	bool json;
};

static const struct tare__option options[] = {
	{ "cell", 0, TARE_OPTION_TEXT, offsetof(struct words, cell), "PATTERN", NULL,
		"only in cells that match: 'a5/*/hbg'" },
	{ "json", 0, TARE_OPTION_FLAG, offsetof(struct words, json), NULL, NULL,
		"a JSON array, with each case's sentence" },
	{ 0 },
};

static json_t *one(const struct tare_case_ref *ref)
{
	char id[TARE_CASE_TEXT];

	return json_pack("{ss ss ss ss ss ss ss* ss* sI}", "id", tare_case_text(ref, id), "suite", ref->suite->name,
		"case", ref->spec->name, "arch", tare_arch_name(ref->cell.arch), "platform",
		tare_platform_name(ref->cell.platform), "graph", tare_graph_name(ref->cell.graph), "says",
		ref->spec->says, "because", ref->spec->because, "launches", (json_int_t)ref->spec->launches);
}

static int print_json(const struct tare__selection *selection)
{
	json_t *list = json_array();
	int failed = !list;

	for (size_t i = 0; i < selection->count && !failed; i++)
		failed = json_array_append_new(list, one(&selection->list[i]));
	if (!failed)
		failed = json_dumpf(list, stdout, JSON_INDENT(2));
	json_decref(list);
	if (failed)
		return tare__complain("the list can't be printed");
	putchar('\n');
	return TARE_EXIT_PASSED;
}

static int run(const struct tare__command *self, int argc, char **argv)
{
	struct words words = { 0 };
	struct tare__selection selection;
	int status = TARE_EXIT_PASSED, count = tare__options_read(self, argc, argv, &words);

	if (count < 0 || tare__select_cases(&selection, count, argv, words.cell))
		return TARE_EXIT_USAGE;
	if (words.json) {
		status = print_json(&selection);
	} else {
		for (size_t i = 0; i < selection.count; i++) {
			char id[TARE_CASE_TEXT];

			puts(tare_case_text(&selection.list[i], id));
		}
	}
	free(selection.list);
	return status;
}

const struct tare__command tare__command_list = {
	.name = "list", .arguments = "[PATTERN...] [--cell PATTERN] [--json]", .summary = "the cases there are",
	.about = "Prints the cases that match, one a line, in the order in which they run.",
	.options = options, .run = run,
};
