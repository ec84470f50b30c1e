/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <tare/status.h>

#include "command.h"

static int shell(const char *script, const char *log, uint32_t deadline_ms)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const struct tare_command command = { .argv = argv, .directory = "/", .log = log, .deadline_ms = deadline_ms };

	return tare_isolate_command(&command);
}

static void it_ends_as_the_program_does(void **state)
{
	(void)state;
	assert_int_equal(shell("exit 0", NULL, 60000), 0);
	assert_int_equal(shell("exit 7", NULL, 60000), 7);
	assert_int_equal(shell("kill -SEGV $$", NULL, 60000), 128 + 11);
	assert_int_equal(shell("test \"$PWD\" = /", NULL, 60000), 0);
}

static void what_it_prints_is_in_the_log(void **state)
{
	char log[] = "/tmp/tare-command-XXXXXX", text[64] = "";
	int fd = mkstemp(log);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(shell("echo out; echo err >&2", log, 60000), 0);
	assert_int_equal(read(fd, text, sizeof(text) - 1), 8);
	assert_string_equal(text, "out\nerr\n");
	close(fd);
	unlink(log);
}

static void what_is_not_there_is_127(void **state)
{
	const char *const argv[] = { "/no/such/program", NULL };
	struct tare_command command = { .argv = argv, .deadline_ms = 60000 };

	(void)state;
	assert_int_equal(tare_isolate_command(&command), 127);
	command.directory = "/no/such/folder";
	assert_int_equal(tare_isolate_command(&command), 127);
}

static void the_deadline_ends_it_and_its_children(void **state)
{
	(void)state;
	assert_int_equal(shell("sleep 600 & sleep 600", NULL, 300), TARE_E_STALL);
}

static bool yes(void *cookie)
{
	(void)cookie;
	return true;
}

static void an_interruption_ends_it(void **state)
{
	const char *const argv[] = { "sleep", "600", NULL };
	const struct tare_command command = { .argv = argv, .deadline_ms = 600000, .interrupted = yes };

	(void)state;
	assert_int_equal(tare_isolate_command(&command), TARE_E_STATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ends_as_the_program_does),
		cmocka_unit_test(what_it_prints_is_in_the_log),
		cmocka_unit_test(what_is_not_there_is_127),
		cmocka_unit_test(the_deadline_ends_it_and_its_children),
		cmocka_unit_test(an_interruption_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
