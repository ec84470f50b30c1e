/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <tare/invariant.h>
#include <tare/text.h>

#include "cli.h"

#define WIDTH  100
#define INDENT 11

static void say(FILE *to, const char *word, const char *text)
{
	fprintf(to, "  %-*s", INDENT - 2, word);
	tare__wrap(to, text, INDENT, INDENT, WIDTH);
}

static void say_cells(FILE *to, const struct tare_case_ref *refs, size_t count)
{
	char text[16 * TARE_CELL_TEXT] = "", cell[TARE_CELL_TEXT];

	for (size_t i = 0; i < count && i < 16; i++) {
		if (i)
			strcat(text, ", ");
		strncat(text, tare_cell_text(refs[i].cell, cell), TARE_CELL_TEXT - 3);
	}
	say(to, "in", text);
}

static void say_machine(FILE *to, const struct tare_machine_wish *wish)
{
	char buffer[256];
	struct tare_text text = tare_text_over(buffer, sizeof(buffer));

	if (wish->capacity)
		tare_text_add(&text, ", %" PRIu64 " bytes of device memory", wish->capacity);
	if (wish->largest_block)
		tare_text_add(&text, ", no block above %" PRIu64 " bytes", wish->largest_block);
	if (wish->cost == COST_BY_SPAN)
		tare_text_add(&text, ", an image pins what it spans");
	if (wish->reset == FULL_RESET)
		tare_text_add(&text, ", a reset tears all down");
	if (wish->fabric == SEEDED_FABRIC)
		tare_text_add(&text, ", another core or thread at each step");
	if (wish->fabric == PARKED_FABRIC)
		tare_text_add(&text, ", a thread for each of its cores");
	if (wish->workers)
		tare_text_add(&text, ", %" PRIu32 " threads for its cores", wish->workers);
	if (wish->without_unregister)
		tare_text_add(&text, ", images can't be given back");
	if (wish->without_recover)
		tare_text_add(&text, ", no forced reset");
	if (text.used)
		say(to, "machine", buffer + 2);
}

static void say_how(FILE *to, const struct tare_spec *spec)
{
	static const char *const verdicts[TARE_VERDICTS] = { "PASS", "FAIL", "LEAK", "CRASH", "TIMEOUT", "BROKEN",
		"SKIP" };
	char text[160];

	if (spec->launches) {
		snprintf(text, sizeof(text), "%" PRIu32, spec->launches);
		say(to, "launches", text);
	}
	say_machine(to, &spec->machine);
	if (spec->expect != TARE_PASS) {
		snprintf(text, sizeof(text), "%s%s", verdicts[spec->expect],
			spec->tags & TAG_VALGRIND ? " under valgrind, and to pass elsewhere" : "");
		say(to, "expects", text);
	}
	if (spec->faults == EACH_CALL_ONCE)
		say(to, "faults", "each driver call fails once");
}

void tare__explain_case(FILE *to, const struct tare_case_ref *refs, size_t count)
{
	const struct tare_spec *spec = refs->spec;

	fprintf(to, "%s.%s\n  ", refs->suite->name, spec->name);
	tare__wrap(to, spec->says, 2, 2, WIDTH);
	say_cells(to, refs, count);
	say_how(to, spec);
	for (size_t i = 0; i < TARE_ROWS && spec->then[i].what; i++) {
		char sentence[TARE_SENTENCE];

		say(to, i ? "" : "then", tare_row_sentence(&spec->then[i], sentence));
	}
	say(to, "because", spec->because);
}
