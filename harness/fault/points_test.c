/* SPDX-License-Identifier: Apache-2.0 */
/* points_test - calls by their number, over tapped tables: what is watched, and what is hit afterwards */
#include <tare/fault.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <tare/status.h>

static int made;           /* what the driver below has made and not given back */
static unsigned reached, deepest, broken; /* broken: copies fail by themselves */
static char copied[8];
static struct tare_fault *fault;
static struct tare_tables tables;
static struct tare_fault_point points[16];

static int below_malloc(void **memory, uint64_t size, uint32_t type, uint16_t module)
{
	(void)size;
	(void)type;
	(void)module;
	reached++;
	made++;
	*memory = &made;
	return 0;
}

static int below_free(void *memory)
{
	(void)memory;
	reached++;
	made--;
	return 0;
}

static int below_memcpy(void *to, uint64_t room, const void *from, uint64_t size, uint32_t kind)
{
	(void)room;
	(void)kind;
	reached++;
	if (broken)
		return ACL_ERROR_RT_DRV_INTERNAL_ERROR;
	memcpy(to, from, size);
	return 0;
}

static int below_copy(void *to, const void *from, uint64_t size)
{
	return below_memcpy(to, size, from, size, 0);
}

static int set_up(void **state)
{
	(void)state;
	made = 0;
	reached = 0;
	tables = (struct tare_tables){ .cann = { .rtMalloc = below_malloc, .rtFree = below_free, .rtMemcpy = below_memcpy },
		.host = { .memory_copy = below_copy } };
	memset(points, 0, sizeof points);
	if (tare_fault_open(&fault) != TARE_OK)
		return -1;
	tare_tap_install(&tables, tare_fault_tap(fault));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tare_tap_remove();
	tare_fault_close(&fault);
	return 0;
}

/* Three calls: a block, a copy of eight bytes, the block back. The first that failed. */
static __attribute__((noinline)) int work(void)
{
	void *memory = NULL;
	int code = tables.cann.rtMalloc(&memory, 64, 2, 0), given;

	if (code != 0)
		return code;
	if (!memory)
		return -1;
	code = tables.cann.rtMemcpy(copied, sizeof copied, "abcdefg", 8, RT_MEMCPY_HOST_TO_DEVICE);
	given = tables.cann.rtFree(memory);
	return code ? code : given;
}

/* What work is called by is the same, four frames up, whichever test it is. */
static __attribute__((noinline)) int deep_work(unsigned depth)
{
	int code = depth ? deep_work(depth - 1) : work();

	deepest = depth > deepest ? depth : deepest;
	return code;
}

/* Six calls in two places. */
static void workflow(int codes[2])
{
	memset(copied, 0, sizeof copied);
	made = 0;
	reached = 0;
	for (uint32_t i = 0; i < 2; i++) {
		tare_fault_place(fault, 7 + i);
		codes[i] = deep_work(4);
	}
}

static void watch(void)
{
	int codes[2];

	tare_fault_watch(fault, points, 16);
	workflow(codes);
	tare_fault_watch(fault, NULL, 0);
	assert_int_equal(codes[0], 0);
	assert_int_equal(codes[1], 0);
}

static struct tare_fault_wish wish_at(uint32_t number, enum tare_fault_kind kind)
{
	return (struct tare_fault_wish){ .number = number, .kind = kind, .path = points[number - 1].path };
}

static const struct tare_fault_strike *hit(const struct tare_fault_wish *wish, int codes[2])
{
	tare_fault_clear(fault);
	tare_fault_restart(fault);
	assert_int_equal(tare_fault_arm(fault, wish), TARE_OK);
	workflow(codes);
	return tare_fault_struck(fault, 0);
}

static void each_call_is_a_point(void **state)
{
	static const enum tare_call_id calls[] = { TARE_CALL_rtMalloc, TARE_CALL_rtMemcpy, TARE_CALL_rtFree };

	(void)state;
	assert_int_equal(work(), 0);
	assert_int_equal(tare_fault_calls(fault), 0);
	watch();
	assert_int_equal(tare_fault_calls(fault), 6);
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(points[i].number, i + 1);
		assert_int_equal(points[i].call, calls[i % 3]);
		assert_int_equal(points[i].place, i < 3 ? 7 : 8);
		assert_non_null(points[i].frames[0]);
		assert_non_null(points[i].frames[3]);
		for (uint32_t j = 0; j < i; j++)
			assert_true(points[i].path != points[j].path);
	}
	assert_int_equal(points[0].kinds, TARE_FAULT_ERROR | TARE_FAULT_NULL_HANDLE | TARE_FAULT_AFTER_EFFECT);
	assert_int_equal(points[1].kinds, TARE_FAULT_ERROR | TARE_FAULT_SHORT_COPY | TARE_FAULT_AFTER_EFFECT);
	assert_int_equal(points[2].kinds, TARE_FAULT_ERROR | TARE_FAULT_AFTER_EFFECT);
	tare_fault_machine(fault, true);
	watch();
	assert_true(points[0].kinds & TARE_FAULT_POISON);
}

static void more_points_than_room_are_counted(void **state)
{
	(void)state;
	tare_fault_watch(fault, points, 2);
	assert_int_equal(work(), 0);
	assert_int_equal(tare_fault_calls(fault), 3);
	assert_int_equal(points[1].number, 2);
	assert_int_equal(points[2].number, 0);
	tare_fault_restart(fault);
	assert_int_equal(tare_fault_calls(fault), 0);
}

static void a_call_that_fails_by_itself_is_told(void **state)
{
	int codes[2];

	(void)state;
	broken = 1;
	tare_fault_watch(fault, points, 16);
	workflow(codes);
	broken = 0;
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(points[i].failed, i % 3 == 1);
	/* One that was made to fail has not. */
	tare_fault_watch(fault, points, 16);
	assert_int_equal(tare_fault_arm(fault, &(struct tare_fault_wish){ .number = 2, .kind = TARE_FAULT_ERROR }), TARE_OK);
	workflow(codes);
	for (unsigned i = 0; i < 6; i++)
		assert_false(points[i].failed);
}

static void each_number_is_hit_and_no_other(void **state)
{
	int codes[2];

	(void)state;
	watch();
	for (uint32_t number = 1; number <= 6; number++) {
		const struct tare_call_info *info = tare_call_info((enum tare_call_id)points[number - 1].call);
		struct tare_fault_wish wish = wish_at(number, TARE_FAULT_ERROR);

		for (wish.code = 0; info->codes[wish.code]; wish.code++) {
			const struct tare_fault_strike *strike = hit(&wish, codes);

			assert_int_equal(strike->fired, 1);
			assert_int_equal(strike->strayed, 0);
			assert_int_equal(strike->code, info->codes[wish.code]);
			assert_int_equal(strike->call, points[number - 1].call);
			assert_memory_equal(strike->frames, points[number - 1].frames, sizeof strike->frames);
			assert_int_equal(strike->rule, info->rule);
			assert_int_equal(strike->place, number <= 3 ? 7 : 8);
			assert_true(strike->path == wish.path);
			assert_int_equal(codes[number > 3], info->codes[wish.code]);
			assert_int_equal(codes[number <= 3], 0);
		}
		assert_int_equal(hit(&wish, codes)->strayed, 1); /* there is no such code */
		assert_int_equal(tare_fault_fired(fault), 0);
	}
}

static void another_call_strays_and_is_let_go(void **state)
{
	struct tare_fault_wish wish;
	int codes[2];

	(void)state;
	watch();
	wish = wish_at(3, TARE_FAULT_ERROR);
	wish.path++;
	assert_int_equal(hit(&wish, codes)->fired, 0);
	assert_int_equal(tare_fault_struck(fault, 0)->strayed, 1);
	assert_int_equal(codes[0] | codes[1], 0);
	wish = wish_at(3, TARE_FAULT_NULL_HANDLE); /* a free can't */
	assert_int_equal(hit(&wish, codes)->strayed, 1);
	assert_int_equal(reached, 6);
	wish = (struct tare_fault_wish){ .number = 3, .kind = TARE_FAULT_ERROR };
	assert_int_equal(hit(&wish, codes)->fired, 1);
}

static void from_then_on_means_the_same_entry(void **state)
{
	struct tare_fault_wish wish;
	int codes[2];

	(void)state;
	watch();
	wish = wish_at(3, TARE_FAULT_ERROR);
	wish.from_then_on = true;
	assert_int_equal(hit(&wish, codes)->fired, 2);
	assert_int_equal(reached, 4);
	assert_int_equal(made, 2);
	assert_true(tare_fault_struck(fault, 0)->key == (uintptr_t)&made);
	tare_fault_clear(fault);
	workflow(codes);
	assert_int_equal(codes[0] | codes[1], 0);
}

static void two_are_armed_and_count_over_all_calls(void **state)
{
	struct tare_fault_wish first, second, third;
	int codes[2];

	(void)state;
	watch();
	first = wish_at(2, TARE_FAULT_SHORT_COPY);
	second = wish_at(3, TARE_FAULT_AFTER_EFFECT);
	third = wish_at(4, TARE_FAULT_ERROR);
	tare_fault_restart(fault);
	assert_int_equal(tare_fault_arm(fault, &first), TARE_OK);
	assert_int_equal(tare_fault_arm(fault, &first), TARE_E_ARGUMENT);
	assert_int_equal(tare_fault_arm(fault, &second), TARE_OK);
	assert_int_equal(tare_fault_arm(fault, &third), TARE_E_ARGUMENT);
	workflow(codes);
	assert_int_equal(codes[0], ACL_ERROR_RT_DRV_INTERNAL_ERROR);
	assert_int_equal(codes[1], 0);
	assert_int_equal(made, 0); /* given back, and denied */
	assert_int_equal(tare_fault_struck(fault, 0)->fired, 1);
	assert_int_equal(tare_fault_struck(fault, 1)->fired, 1);
	assert_int_equal(tare_fault_struck(fault, 1)->rule, TARE_RULE_GIVES);
}

static void an_orphan_has_its_key(void **state)
{
	struct tare_fault_wish wish;
	int codes[2];

	(void)state;
	watch();
	wish = wish_at(1, TARE_FAULT_AFTER_EFFECT);
	assert_int_equal(hit(&wish, codes)->fired, 1);
	assert_int_equal(codes[0], ACL_ERROR_RT_MEMORY_ALLOCATION);
	assert_int_equal(made, 1);
	assert_int_equal(tare_fault_struck(fault, 0)->account, TARE_ACCOUNT_DEVICE_BLOCKS);
	assert_true(tare_fault_struck(fault, 0)->key == (uintptr_t)&made);
}

static void half_is_copied(void **state)
{
	const struct tare_fault_rule cann = { .call = TARE_CALL_rtMemcpy, .nth = 1, .kind = TARE_FAULT_SHORT_COPY };
	const struct tare_fault_rule host = { .call = TARE_CALL_memory_copy, .nth = 1, .kind = TARE_FAULT_SHORT_COPY };
	char to[8] = "-------";

	(void)state;
	assert_int_equal(tare_fault_set(fault, &cann), TARE_OK);
	assert_int_equal(tables.cann.rtMemcpy(to, 8, "abcdefg", 7, 0), ACL_ERROR_RT_DRV_INTERNAL_ERROR);
	assert_string_equal(to, "abc----");
	assert_int_equal(tables.cann.rtMemcpy(to, 8, "abcdefg", 7, 0), 0);
	assert_string_equal(to, "abcdefg");
	assert_int_equal(tare_fault_set(fault, &host), TARE_OK);
	assert_int_equal(tables.host.memory_copy(to, "ABCDEFG", 4), TARE_E_FAILED);
	assert_string_equal(to, "ABcdefg");
	tare_fault_clear(fault);
	assert_int_equal(tare_fault_set(fault, &host), TARE_OK);
	assert_int_equal(tables.host.memory_copy(to, "x", 1), TARE_E_FAILED); /* half of one is none */
	assert_string_equal(to, "ABcdefg");
	assert_int_equal(tare_fault_fired(fault), 1);
}

static void what_fits_no_call_is_refused(void **state)
{
	const struct tare_fault_wish zeroth = { .kind = TARE_FAULT_ERROR };
	const struct tare_fault_wish no_kind = { .number = 1 };
	const struct tare_fault_wish two_kinds = { .number = 1, .kind = (enum tare_fault_kind)3 };
	const struct tare_fault_wish unknown = { .number = 1, .kind = (enum tare_fault_kind)128 };
	const struct tare_fault_wish machine = { .number = 1, .kind = TARE_FAULT_HANG };

	(void)state;
	assert_int_equal(tare_fault_arm(fault, &zeroth), TARE_E_ARGUMENT);
	assert_int_equal(tare_fault_arm(fault, &no_kind), TARE_E_ARGUMENT);
	assert_int_equal(tare_fault_arm(fault, &two_kinds), TARE_E_ARGUMENT);
	assert_int_equal(tare_fault_arm(fault, &unknown), TARE_E_ARGUMENT);
	assert_int_equal(tare_fault_arm(fault, &machine), TARE_E_ARGUMENT);
	tare_fault_machine(fault, true);
	assert_int_equal(tare_fault_arm(fault, &machine), TARE_OK);
}

/* What a fresh process of this program says, which is loaded elsewhere. */
static void ask_another(char *text, size_t room)
{
	char command[300];
	ssize_t length = readlink("/proc/self/exe", command, sizeof command - 8);
	FILE *from;

	assert_true(length > 0);
	memcpy(command + length, " paths", 7);
	from = popen(command, "r");
	assert_non_null(from);
	assert_non_null(fgets(text, (int)room, from));
	assert_int_equal(pclose(from), 0);
}

static int say_paths(void)
{
	int codes[2];

	if (set_up(NULL) != 0)
		return 1;
	tare_fault_watch(fault, points, 16);
	workflow(codes);
	for (int i = 0; i < 6; i++)
		printf("%016llx ", (unsigned long long)points[i].path);
	putchar('\n');
	return tear_down(NULL);
}

static void a_path_is_the_same_in_every_process(void **state)
{
	char here[200] = "", one[200], other[200];

	(void)state;
	ask_another(one, sizeof one);
	ask_another(other, sizeof other);
	assert_string_equal(one, other);
	watch();
	for (int i = 0; i < 6; i++)
		snprintf(here + strlen(here), sizeof here - strlen(here), "%016llx ", (unsigned long long)points[i].path);
	one[strlen(here)] = '\0';
	assert_string_equal(one, here);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_call_is_a_point, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_points_than_room_are_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_call_that_fails_by_itself_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_number_is_hit_and_no_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_call_strays_and_is_let_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(from_then_on_means_the_same_entry, set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_are_armed_and_count_over_all_calls, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_orphan_has_its_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(half_is_copied, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_fits_no_call_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_path_is_the_same_in_every_process, set_up, tear_down),
	};

	if (argc == 2 && strcmp(argv[1], "paths") == 0)
		return say_paths();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
