/* SPDX-License-Identifier: Apache-2.0 */
#include "test_trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct court w;

static struct tare_suite suite;
static struct tare_case_ref ref;

int make_board(void **state)
{
	(void)state;
	w.board = tare_board_create();
	return w.board ? 0 : -1;
}

int drop_board(void **state)
{
	(void)state;
	tare_board_destroy(&w.board);
	return 0;
}

void begin_case(const char *suite_name, const char *name, struct tare_cell cell)
{
	suite = (struct tare_suite){ .name = suite_name };
	ref = (struct tare_case_ref){ .suite = &suite, .spec = &w.spec, .cell = cell };
	tare_board_clear(w.board);
	memset(&w.board->page, 0, sizeof w.board->page);
	w.board->page.readable = (UINT64_C(1) << TARE_ACCOUNTS) - 1;
	w.board->page.taken_at = (1u << TARE_MOMENTS) - 1;
	atomic_store(&w.board->state, TARE_BOARD_FINISHED);
	w.spec = (struct tare_spec){ .name = name };
	w.options = (struct tare_run_options){ .self = "tare", .seed = 1, .slow = 1 };
	w.end = (struct tare_end){ .ending = TARE_ENDED };
	w.trial = (struct tare_trial){ .ref = &ref, .options = &w.options, .board = w.board, .end = &w.end };
	w.outcome = (struct tare_outcome){ .verdict = TARE_BROKEN };
}

void judged(enum tare_verdict verdict, const char *type)
{
	tare__trial_judge(&w.trial, &w.outcome);
	assert_string_equal(tare_verdict_name(w.outcome.verdict), tare_verdict_name(verdict));
	assert_string_equal(w.outcome.type, type);
}
