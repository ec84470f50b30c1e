/* SPDX-License-Identifier: Apache-2.0 */
/* test_trial - for tests of judging: a trial that can be made to end in any way, and what it is judged */
#ifndef TARE_TEST_TRIAL_H
#define TARE_TEST_TRIAL_H

#include "judge.h"

struct court {
	struct tare_spec spec;
	struct tare_run_options options;
	struct tare_board *board;
	struct tare_end end;
	struct tare_trial trial;
	struct tare_outcome outcome;
};

extern struct court w;

/* Of a group of tests, before all and after all. */
int make_board(void **state);
int drop_board(void **state);

/* A finished case of that suite that did nothing: every moment was taken, every account stayed at zero. */
void begin_case(const char *suite, const char *name, struct tare_cell cell);

void judged(enum tare_verdict verdict, const char *type);

#endif
