/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a case can do to its parent, done.
 */
#include "isolate.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "symbol.h"

#define SHORT_MS 500
#define LONG_MS  60000

static struct tare_isolate *isolate;
static struct tare_end end;

static void finish(struct tare_board *board)
{
	atomic_store(&board->state, TARE_BOARD_FINISHED);
}

static void run_under(void (*run)(void *, struct tare_board *), void *cookie, uint32_t deadline_ms)
{
	struct tare_errand errand = { .run = run, .cookie = cookie, .deadline_ms = deadline_ms, .grace_ms = SHORT_MS };

	tare_isolate_run(isolate, &errand, &end);
	/* Whatever happened: nobody and nothing is left. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_not_equal(access(end.directory, F_OK), 0);
}

static void empty(void *cookie, struct tare_board *board)
{
	(void)cookie;
	finish(board);
}

static void finishes(void **state)
{
	(void)state;
	run_under(empty, NULL, LONG_MS);
	assert_int_equal(end.ending, TARE_ENDED);
	assert_int_equal(end.leftovers, 0);
	assert_string_equal(end.output, "");
}

__attribute__((noinline)) static void write_to(volatile int *nowhere)
{
	*nowhere = 1;
}

static void crash(void *cookie, struct tare_board *board)
{
	(void)board;
	write_to(cookie);
	write_to(cookie);
}

static void crashes(void **state)
{
	uint64_t frames[16];
	char text[256];
	(void)state;
	run_under(crash, (void *)0x18, LONG_MS);
	assert_int_equal(end.ending, TARE_ENDED_BY_SIGNAL);
	assert_int_equal(end.signal, SIGSEGV);
	const struct tare_board_crash *found = &tare_isolate_board(isolate, 0)->crash;
	assert_int_equal(found->signal, SIGSEGV);
	assert_int_equal(found->address, 0x18);

	struct tare_symbols *symbols = tare_symbols_open(found->maps, found->maps_used);
	assert_non_null(symbols);
	assert_non_null(strstr(tare_symbol_name(symbols, found->frames[0], 0, text, sizeof text), "write_to"));
	assert_non_null(strstr(text, "isolate_test.c:"));
	assert_true(tare_symbols_unwind(symbols, found, frames, sizeof frames / sizeof frames[0]) >= 4);
	tare_symbol_name(symbols, frames[1], 1, text, sizeof text);
	assert_int_equal(strncmp(text, "crash (", 7), 0);
	tare_symbols_close(&symbols);
}

/* libc keeps no frame pointers: only the unwind tables lead from raise to its caller. */
static void give_up(void *cookie, struct tare_board *board)
{
	(void)cookie;
	(void)board;
	abort();
}

static void aborts(void **state)
{
	const struct tare_board_crash *found = &tare_isolate_board(isolate, 0)->crash;
	uint64_t frames[16];
	char text[256];
	int seen = 0;
	(void)state;
	run_under(give_up, NULL, LONG_MS);
	assert_int_equal(end.signal, SIGABRT);
	struct tare_symbols *symbols = tare_symbols_open(found->maps, found->maps_used);
	size_t count = tare_symbols_unwind(symbols, found, frames, sizeof frames / sizeof frames[0]);
	for (size_t i = 0; i < count; i++)
		seen += strncmp(tare_symbol_name(symbols, frames[i], i > 0, text, sizeof text), "give_up (", 9) == 0;
	assert_int_equal(seen, 1);
	tare_symbols_close(&symbols);
}

static int dig(volatile int *depth)
{
	volatile int here[1024];

	here[0] = *depth + 1;
	here[1023] = here[0];
	return here[0] < 0 ? 0 : dig(here) + here[1023];
}

static void overflow(void *cookie, struct tare_board *board)
{
	int depth = 0;

	(void)cookie;
	if (dig(&depth) >= 0)
		finish(board);
}

static void uses_up_its_stack(void **state)
{
	(void)state;
	run_under(overflow, NULL, LONG_MS);
	assert_int_equal(end.ending, TARE_ENDED_BY_SIGNAL);
	assert_int_equal(end.signal, SIGSEGV);
	assert_int_equal(tare_isolate_board(isolate, 0)->crash.count, TARE_BOARD_FRAMES);
}

static void hang(void *cookie, struct tare_board *board)
{
	(void)cookie;
	(void)board;
	for (;;)
		pause();
}

static void hangs(void **state)
{
	(void)state;
	run_under(hang, NULL, SHORT_MS);
	assert_int_equal(end.ending, TARE_ENDED_BY_DEADLINE);
	assert_int_equal(end.signal, SIGTERM);
	/* Where it hung is known. */
	assert_int_equal(tare_isolate_board(isolate, 0)->crash.signal, SIGTERM);
	assert_true(tare_isolate_board(isolate, 0)->crash.count >= 1);
}

static void hang_deaf(void *cookie, struct tare_board *board)
{
	signal(SIGTERM, SIG_IGN);
	hang(cookie, board);
}

static void ignores_sigterm(void **state)
{
	(void)state;
	run_under(hang_deaf, NULL, SHORT_MS);
	assert_int_equal(end.ending, TARE_ENDED_BY_DEADLINE);
	assert_int_equal(end.signal, SIGKILL);
}

static void leave(void *cookie, struct tare_board *board)
{
	(void)board;
	exit(*(int *)cookie);
}

static void leaves_early(void **state)
{
	int status = 0;
	(void)state;
	run_under(leave, &status, LONG_MS);
	assert_int_equal(end.ending, TARE_ENDED_UNFINISHED);
	assert_int_equal(end.status, 0);
	status = 3;
	run_under(leave, &status, LONG_MS);
	assert_int_equal(end.ending, TARE_ENDED_UNFINISHED);
	assert_int_equal(end.status, 3);
}

static void be_killed(void *cookie, struct tare_board *board)
{
	tare_board_log(board, TARE_LOG_INFO, "before the end");
	kill(getpid(), *(int *)cookie);
}

static void is_killed(void **state)
{
	int number = SIGKILL;
	char text[TARE_BOARD_LOG];
	(void)state;
	run_under(be_killed, &number, LONG_MS);
	assert_int_equal(end.ending, TARE_ENDED_BY_SIGNAL);
	assert_int_equal(end.signal, SIGKILL);
	assert_int_equal(tare_isolate_board(isolate, 0)->crash.signal, 0);
	assert_string_equal(tare_board_log_tail(tare_isolate_board(isolate, 0), text, sizeof text), "info: before the end\n");
}

/* One in the group, one that left it, and a child of that one. */
static void leave_some_behind(void *cookie, struct tare_board *board)
{
	(void)cookie;
	tare_isolate_stray();
	if (fork() == 0) {
		setsid();
		tare_isolate_stray();
		for (;;)
			pause();
	}
	finish(board);
}

/* An orphan that left its group and its directory: only who adopted it tells whose it is. */
static void leave_some_behind_and_hang(void *cookie, struct tare_board *board)
{
	pid_t between = fork();

	if (between == 0) {
		if (fork() == 0) {
			setsid();
			for (;;)
				(void)!chdir("/"), pause();
		}
		_exit(0);
	}
	waitpid(between, NULL, 0);
	hang(cookie, board);
}

static void leaves_processes_behind(void **state)
{
	(void)state;
	run_under(leave_some_behind, NULL, LONG_MS);
	assert_int_equal(end.ending, TARE_ENDED);
	/* The child of the second is there or not yet; the second may be ended before it has begun. */
	assert_in_range(end.leftovers, 2, 3);
}

static void print_a_lot(void *cookie, struct tare_board *board)
{
	(void)cookie;
	for (int i = 0; i < 20000; i++)
		printf("line %d\n", i);
	fprintf(stderr, "and the last\n");
	finish(board);
}

static void prints_a_lot(void **state)
{
	(void)state;
	run_under(print_a_lot, NULL, LONG_MS);
	assert_int_equal(end.ending, TARE_ENDED);
	assert_non_null(strstr(end.output, "line 19999\nand the last\n"));
	assert_true(strlen(end.output) < TARE_OUTPUT_TAIL);
}

static void look_around(void *cookie, struct tare_board *board)
{
	char path[TARE_DIRECTORY], byte;
	int open_files = 0;

	(void)cookie;
	for (int i = 3; i < 256; i++)
		open_files += dup2(i, i) >= 0;
	FILE *file = fopen("forgotten", "w");
	if (open_files == 0 && file && getcwd(path, sizeof path) && strcmp(path, getenv("TMPDIR")) == 0 &&
	    getpgrp() == getpid() && read(STDIN_FILENO, &byte, 1) == 0)
		finish(board);
}

static void has_a_place_of_its_own(void **state)
{
	(void)state;
	run_under(look_around, NULL, LONG_MS);
	assert_int_equal(end.ending, TARE_ENDED);
}

/* -- several at once ----------------------------------------------------------- */

static void leave_and_finish(void *cookie, struct tare_board *board)
{
	(void)cookie;
	if (fork() == 0) {
		setsid();
		for (;;)
			pause();
	}
	finish(board);
}

static void each_has_an_end_of_its_own(void **state)
{
	const struct tare_errand errands[] = {
		{ .run = leave_some_behind_and_hang, .deadline_ms = SHORT_MS, .grace_ms = SHORT_MS },
		{ .run = leave_and_finish, .deadline_ms = LONG_MS },
		{ .run = print_a_lot, .deadline_ms = LONG_MS },
	};
	struct tare_end ends[3];
	unsigned seen = 0;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		tare_isolate_start(isolate, i, &errands[i], &ends[i]);
	for (unsigned i = 0; i < 3; i++)
		seen |= 1u << tare_isolate_wait(isolate);
	assert_int_equal(seen, 7);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(ends[0].ending, TARE_ENDED_BY_DEADLINE);
	assert_int_equal(ends[0].leftovers, 1);
	assert_int_equal(ends[1].ending, TARE_ENDED);
	assert_int_equal(ends[1].leftovers, 1);
	assert_int_equal(ends[2].ending, TARE_ENDED);
	assert_int_equal(ends[2].leftovers, 0);
	assert_non_null(strstr(ends[2].output, "and the last\n"));
	assert_string_equal(ends[0].output, "");
	for (unsigned i = 0; i < 3; i++)
		assert_int_not_equal(access(ends[i].directory, F_OK), 0);
}

static void write_to_anothers_board(void *cookie, struct tare_board *board)
{
	tare_board_fail(cookie, 1, 0, "Type.Of", "not mine");
	finish(board);
}

static void no_board_is_in_reach_of_another_case(void **state)
{
	const struct tare_errand errand = {
		.run = write_to_anothers_board, .cookie = tare_isolate_board(isolate, 1), .deadline_ms = LONG_MS,
	};

	(void)state;
	tare_board_clear(tare_isolate_board(isolate, 1));
	tare_isolate_start(isolate, 2, &errand, &end);
	assert_int_equal(tare_isolate_wait(isolate), 2);
	assert_int_equal(end.ending, TARE_ENDED_BY_SIGNAL);
	assert_int_equal(end.signal, SIGSEGV);
	assert_int_equal(tare_isolate_board(isolate, 1)->failure_count, 0);
}

static void a_freed_slot_is_used_again(void **state)
{
	const struct tare_errand errand = { .run = empty, .deadline_ms = LONG_MS };
	struct tare_end ends[2];

	(void)state;
	tare_isolate_start(isolate, 0, &errand, &ends[0]);
	tare_isolate_start(isolate, 1, &errand, &ends[1]);
	for (unsigned i = 0; i < 20; i++) {
		unsigned slot = tare_isolate_wait(isolate);
		assert_int_equal(ends[slot].ending, TARE_ENDED);
		tare_isolate_start(isolate, slot, &errand, &ends[slot]);
	}
	assert_int_not_equal(tare_isolate_wait(isolate), tare_isolate_wait(isolate));
}

static bool at_once(void *cookie)
{
	(void)cookie;
	return true;
}

static void is_interrupted(void **state)
{
	struct tare_errand errand = { .run = hang, .deadline_ms = LONG_MS, .grace_ms = SHORT_MS, .interrupted = at_once };
	(void)state;
	tare_isolate_run(isolate, &errand, &end);
	assert_int_equal(end.ending, TARE_ENDED_INTERRUPTED);
}

static void runs_here(void **state)
{
	struct tare_errand errand = { .run = empty };
	(void)state;
	tare_isolate_here(isolate, &errand, &end);
	assert_int_equal(end.ending, TARE_ENDED);
	assert_int_not_equal(access(end.directory, F_OK), 0);
}

static void cuts_long_text(void **state)
{
	struct tare_board *board = tare_isolate_board(isolate, 0);
	char line[1024], text[256], sentence[2 * TARE_BOARD_SENTENCE];
	(void)state;

	tare_board_clear(board);
	assert_string_equal(tare_board_log_tail(board, text, sizeof text), "");
	for (int i = 0; i < 500; i++) {
		snprintf(line, sizeof line, "number %d", i);
		tare_board_log(board, TARE_LOG_WARN, line);
	}
	tare_board_log_tail(board, text, sizeof text);
	assert_int_equal(strncmp(text, "warn: number ", 13), 0);
	assert_non_null(strstr(text, "warn: number 499\n"));
	assert_true(strlen(text) > sizeof text - 32);

	memset(sentence, 'x', sizeof sentence - 1);
	sentence[sizeof sentence - 1] = '\0';
	for (uint32_t i = 0; i < TARE_BOARD_FAILURES + 2; i++)
		tare_board_fail(board, 7, i, "Type.Of", sentence);
	assert_int_equal(board->failure_count, TARE_BOARD_FAILURES + 2);
	assert_int_equal(strlen(board->failures[TARE_BOARD_FAILURES - 1].sentence), TARE_BOARD_SENTENCE - 1);
	assert_int_equal(board->failures[0].launch, 0);
	tare_board_clear(board);
	assert_int_equal(board->failure_count, 0);
}

static int open_isolate(void **state)
{
	(void)state;
	return tare_isolate_open(&isolate, 3);
}

static int close_isolate(void **state)
{
	(void)state;
	tare_isolate_close(&isolate);
	return isolate != NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finishes),
		cmocka_unit_test(crashes),
		cmocka_unit_test(aborts),
		cmocka_unit_test(uses_up_its_stack),
		cmocka_unit_test(hangs),
		cmocka_unit_test(ignores_sigterm),
		cmocka_unit_test(leaves_early),
		cmocka_unit_test(is_killed),
		cmocka_unit_test(leaves_processes_behind),
		cmocka_unit_test(prints_a_lot),
		cmocka_unit_test(has_a_place_of_its_own),
		cmocka_unit_test(each_has_an_end_of_its_own),
		cmocka_unit_test(no_board_is_in_reach_of_another_case),
		cmocka_unit_test(a_freed_slot_is_used_again),
		cmocka_unit_test(is_interrupted),
		cmocka_unit_test(runs_here),
		cmocka_unit_test(cuts_long_text),
	};

	return cmocka_run_group_tests(tests, open_isolate, close_isolate) ? 1 : 0;
}
