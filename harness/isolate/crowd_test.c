/* SPDX-License-Identifier: Apache-2.0 */
/* Several processes inside a case: each on its own board, all at once, each end told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include "isolate.h"

#define CROWD 4

struct errand {
	int pipes[2];
	struct tare_board *boards[CROWD];
};

static unsigned number_of(const struct errand *errand, const struct tare_board *board)
{
	unsigned i = 0;

	while (errand->boards[i] != board)
		i++;
	return i;
}

/* Nobody goes on before the last has come: one after the other they would wait until the alarm. */
static void meet(const struct errand *errand, unsigned number)
{
	char tokens[CROWD] = "";

	alarm(30);
	if (number == CROWD - 1)
		(void)!write(errand->pipes[1], tokens, CROWD - 1);
	else
		(void)!read(errand->pipes[0], tokens, 1);
}

static void end_each_in_another_way(void *cookie, struct tare_board *board)
{
	const struct errand *errand = cookie;
	unsigned number = number_of(errand, board);

	meet(errand, number);
	if (number == 1)
		_exit(7);
	if (number == 2)
		raise(SIGKILL);
	tare_board_fail(board, number, 0, "Fail.Number", "said by one");
	atomic_store(&board->state, TARE_BOARD_FINISHED);
}

static void each_end_is_told_apart(void **state)
{
	struct errand errand = { .pipes = { -1, -1 } };
	int statuses[CROWD];

	(void)state;
	assert_int_equal(pipe(errand.pipes), 0);
	for (int i = 0; i < CROWD; i++)
		assert_non_null(errand.boards[i] = tare_board_create());
	assert_int_equal(tare_isolate_crowd(errand.boards, CROWD, end_each_in_another_way, &errand, statuses), CROWD);
	assert_int_equal(statuses[0], 0);
	assert_int_equal(statuses[1], 7);
	assert_int_equal(statuses[2], 128 + SIGKILL);
	assert_int_equal(statuses[3], 0);
	for (unsigned i = 0; i < CROWD; i++) {
		uint32_t finished = i == 1 || i == 2 ? TARE_BOARD_RUNNING : TARE_BOARD_FINISHED;

		assert_int_equal(atomic_load(&errand.boards[i]->state), finished);
		assert_int_equal(atomic_load(&errand.boards[i]->failure_count), finished == TARE_BOARD_FINISHED);
		tare_board_destroy(&errand.boards[i]);
	}
	close(errand.pipes[0]);
	close(errand.pipes[1]);
}

static void a_crowd_that_is_too_large_is_none(void **state)
{
	struct tare_board *boards[TARE_CROWD + 1] = { NULL };
	int statuses[TARE_CROWD + 1];

	(void)state;
	assert_int_equal(tare_isolate_crowd(boards, TARE_CROWD + 1, end_each_in_another_way, NULL, statuses), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_end_is_told_apart),
		cmocka_unit_test(a_crowd_that_is_too_large_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
