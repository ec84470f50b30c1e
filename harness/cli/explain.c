/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain - what a case does and what it wants, spoken from the rows that judge it
 */
#include "explain.h"

#include <stdlib.h>

#include "cli.h"
#include "select.h"

struct words {
	const char *cell;
};

static const struct tare__option options[] = {
	{ "cell", 0, TARE_OPTION_TEXT, offsetof(struct words, cell), "PATTERN", NULL,
		"only in cells that match: 'a5/*/hbg'" },
	{ 0 },
};

static bool is_first(const struct tare__selection *selection, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (selection->list[i].spec == selection->list[index].spec)
			return false;
	}
	return true;
}

/* Cases are listed cell by cell; here each is told once, with its cells. */
static void explain_with_cells(const struct tare__selection *selection, size_t index)
{
	struct tare_case_ref refs[16];
	size_t count = 0;

	for (size_t i = index; i < selection->count && count < 16; i++) {
		if (selection->list[i].spec == selection->list[index].spec)
			refs[count++] = selection->list[i];
	}
	if (index)
		putchar('\n');
	tare__explain_case(stdout, refs, count);
}

static int run(const struct tare__command *self, int argc, char **argv)
{
	struct words words = { 0 };
	struct tare__selection selection;
	int count = tare__options_read(self, argc, argv, &words);

	if (count < 0 || tare__select_cases(&selection, count, argv, words.cell))
		return TARE_EXIT_USAGE;
	for (size_t i = 0; i < selection.count; i++) {
		if (is_first(&selection, i))
			explain_with_cells(&selection, i);
	}
	free(selection.list);
	return TARE_EXIT_PASSED;
}

const struct tare__command tare__command_explain = {
	.name = "explain",
	.arguments = "[PATTERN...] [--cell PATTERN]",
	.summary = "what a case does, wants, and why",
	.about =
		"Prints each case that matches as a sentence: where it runs, what is then read, and the incident behind it.",
	.options = options,
	.run = run,
};
