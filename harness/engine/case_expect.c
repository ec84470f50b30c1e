/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expectations.  The first that does not hold ends the when.
 */
#include "case.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <tare/status.h>

void tare_expect(struct tare_case *c, bool holds, const char *sentence, ...)
{
	char text[TARE_BOARD_SENTENCE];
	va_list list;

	if (holds)
		return;
	va_start(list, sentence);
	vsnprintf(text, sizeof text, sentence, list);
	va_end(list);
	tare__case_fail(c, "Fail.Expectation", "%s", text);
}

void tare_expect_code(struct tare_case *c, int code, int wanted, const char *what)
{
	if (code != wanted)
		tare__case_fail(c, "Fail.Code", "%s returned %d (%s), wanted %d (%s)%s%s", what, code,
			tare_status_name(code), wanted, tare_status_name(wanted), c->last_error[0] ? ": " : "",
			c->last_error);
}

void tare_expect_floats(struct tare_case *c, struct tare_callable *callable, unsigned tensor, float wanted)
{
	const float *values = tare_tensor(c, callable, tensor);

	if (callable->fixture->tensors[tensor].type != TARE_FLOAT32)
		tare__case_broken(c, "tensor %u of %s has no floats", tensor, callable->fixture->name);
	/* Exactly: the kernels add and multiply small whole numbers.  Written so that a NaN differs too. */
	for (size_t i = 0; i < callable->elements[tensor]; i++)
		if (!(values[i] >= wanted && values[i] <= wanted))
			tare__case_fail(c, "Fail.Result", "tensor %u of %s, element %zu: %g, wanted %g", tensor,
				callable->fixture->name, i, (double)values[i], (double)wanted);
}

void tare_say(struct tare_case *c, const char *format, ...)
{
	char text[TARE_BOARD_SENTENCE];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	tare_log(&c->log, TARE_LOG_INFO, "%s", text);
}

void tare_expect_said(struct tare_case *c, const char *words)
{
	char text[TARE_BOARD_LOG + 1];
	/* With the end of the line before, or the tail would leave out the first one as cut. */
	uint64_t size = atomic_load(&c->board->log_used) - c->said_from + 1;

	if (!c->ext)
		return;
	if (size > sizeof text - 1)
		size = sizeof text - 1;
	if (!strstr(tare_board_log_tail(c->board, text, (size_t)size + 1), words))
		tare__case_fail(c, "Fail.Log", "nothing in the log says \"%s\"; the last error was \"%s\"", words, c->last_error);
}

static int moved_by(const struct tare_call_record *record)
{
	switch (tare_call_info((enum tare_call_id)record->call)->rule) {
	case TARE_RULE_TAKES:
	case TARE_RULE_TAKES_UNDER:
		return record->result == 0;
	case TARE_RULE_GIVES:
	case TARE_RULE_ENDS:
		return -(record->result == 0);
	default:
		return 0;
	}
}

size_t tare_moves(struct tare_case *c, struct tare_move *moves, size_t room)
{
	const struct tare_ledger_page *page = &c->board->page;
	uint64_t last = page->call_count;
	size_t count = 0;

	tare__case_needs_tap(c, "telling what is taken and given back");
	if (last - c->moves_from > TARE_RING)
		tare__case_broken(c, "more calls than the ring of %u holds", TARE_RING);
	for (; c->moves_from < last; c->moves_from++) {
		const struct tare_call_record *record = &page->ring[c->moves_from % TARE_RING];
		int by = moved_by(record);

		if (by && count < room)
			moves[count] = (struct tare_move){ TARE_SUBJECT_ACCOUNT + (int)record->account, by,
				tare_account_words((enum tare_account)record->account) };
		count += by != 0;
	}
	return count;
}
