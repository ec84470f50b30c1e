/* SPDX-License-Identifier: Apache-2.0 */
/* Capacities from the environment, and failures in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tare/object.h>
#include <tare/status.h>
#include <tare/trb_orchestration.h>

#include "trb_priv.h"

static char lines[2048];
static const char *variables[3]; /* heap, window, deps */

static void keep(void *cookie, enum tare_log_level level, const char *line)
{
	(void)cookie;
	(void)level;
	strncat(lines, line, sizeof lines - strlen(lines) - 2);
	strcat(lines, "\n");
}

static const struct tare_log log_kept = { .write = keep, .level = TARE_LOG_DEBUG };

static char *get(const char *name)
{
	static char texts[3][64];
	int which = strcmp(name, "PTO2_RING_HEAP") == 0 ? 0 : strcmp(name, "PTO2_RING_TASK_WINDOW") == 0 ? 1 : 2;

	if (!variables[which])
		return NULL;
	strncpy(texts[which], variables[which], sizeof texts[0] - 1);
	return texts[which];
}

static int read_with(const char *heap, const char *window, const char *deps, struct tare_trb_capacity *capacity)
{
	variables[0] = heap;
	variables[1] = window;
	variables[2] = deps;
	lines[0] = 0;
	return tare__trb_read_capacity(get, capacity, &log_kept);
}

static void capacities_come_from_the_environment(void **state)
{
	struct tare_trb_capacity capacity;

	(void)state;
	assert_int_equal(read_with(NULL, NULL, "", &capacity), TARE_OK);
	assert_int_equal(capacity.task_window, 16384);
	assert_int_equal(capacity.heap, 268435456);
	assert_int_equal(read_with("1024", "4", "0x10", &capacity), TARE_OK);
	assert_int_equal(capacity.task_window, 4);
	assert_int_equal(capacity.heap, 1024);
	assert_int_equal(capacity.dep_pool, 16);
	assert_string_equal(lines, "");
}

static void what_is_no_capacity_is_refused_with_its_name(void **state)
{
	static const struct { const char *heap, *window, *deps, *says; } bad[] = {
		{ "many", NULL, NULL, "PTO2_RING_HEAP=many is no number" },
		{ "-1024", NULL, NULL, "PTO2_RING_HEAP=-1024 is no number" },
		{ "99999999999999999999", NULL, NULL, "is no number" },
		{ NULL, "4294967300", NULL, "PTO2_RING_TASK_WINDOW=4294967300 is too large, 65536" },
		{ NULL, "12", NULL, "a power of two from 4 to 65536" },
		{ "1000", NULL, NULL, "a power of two from 1024" },
		{ NULL, NULL, "3", "4 to 16777216" },
		{ NULL, NULL, "16 ", "PTO2_RING_DEP_POOL=16  is no number" },
	};
	struct tare_trb_capacity capacity;

	(void)state;
	for (size_t i = 0; i < TARE_COUNT(bad); i++) {
		assert_int_equal(read_with(bad[i].heap, bad[i].window, bad[i].deps, &capacity), TARE_E_ARGUMENT);
		assert_non_null(strstr(lines, bad[i].says));
	}
}

static void a_failure_is_told_whole(void **state)
{
	struct tare_trb_status status = { .orch_error = TARE_TRB_HEAP_RING_DEADLOCK, .sched_error = 100, .submitted = 7,
		.completed = 5, .error_worker = UINT32_MAX, .detail = "ring 0: 32768 bytes" };

	(void)state;
	lines[0] = 0;
	assert_int_equal(tare_trb_status_code(&status), -2);
	tare__trb_tell(&status, &log_kept);
	assert_non_null(strstr(lines, "orch_error_code=2, 5 of 7 tasks complete\n"));
	assert_non_null(strstr(lines, "ring 0: 32768 bytes\n"));
	assert_non_null(strstr(lines, "error detail: HEAP_RING_DEADLOCK: "));
	assert_non_null(strstr(lines, "error hint: "));
	assert_null(strstr(lines, "sub_class"));
}

static void a_stall_is_told_with_its_class(void **state)
{
	struct tare_trb_status status = { .sched_error = 100, .stall = TARE_TRB_STALL_RUNNING, .error_worker = UINT32_MAX };

	(void)state;
	lines[0] = 0;
	memset(status.detail, 'x', sizeof status.detail);
	tare__trb_tell(&status, &log_kept);
	assert_int_equal(tare_trb_status_code(&status), -100);
	assert_non_null(strstr(lines, "sched_error_code=100"));
	assert_non_null(strstr(lines, "sub_class=S1\n"));
	lines[0] = 0;
	tare__trb_tell(&(struct tare_trb_status){ .error_worker = UINT32_MAX }, &log_kept);
	assert_string_equal(lines, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capacities_come_from_the_environment),
		cmocka_unit_test(what_is_no_capacity_is_refused_with_its_name),
		cmocka_unit_test(a_failure_is_told_whole),
		cmocka_unit_test(a_stall_is_told_with_its_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
