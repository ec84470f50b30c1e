/* SPDX-License-Identifier: Apache-2.0 */
/* Each row has its level, each finding the level of its account, and what can't be read judges nothing. */
#include "scene.h"

#include <string.h>

static const struct tare_then every_gone = { TARE_SUBJECT_EVERY, TARE_ROW_AFTER_CLOSE, TARE_EXACTLY, 0 };
static const struct tare_then frees_first = { CALL(rtFree), TARE_ROW_ALL_BEFORE, CALL(rtDeviceReset), 0 };

static uint32_t after_close(const struct scene *scene, unsigned account)
{
	const struct tare_then row = { TARE_SUBJECT_ACCOUNT + (int)account, TARE_ROW_AFTER_CLOSE, TARE_EXACTLY, 0 };

	return tare_row_levels(&row, scene->page);
}

static uint32_t at(const struct scene *scene, int what, enum tare_row_moment when, int is)
{
	const struct tare_then row = { what, (int)when, is, 0 };

	return tare_row_levels(&row, scene->page);
}

static void moments_before_close_are_the_first_level(void **state)
{
	const struct scene *scene = *state;

	for (int when = TARE_ROW_AT_PEAK; when < TARE_ROW_AFTER_CLOSE; when++) {
		assert_int_equal(at(scene, ACCOUNT(KERNEL_IMAGES), (enum tare_row_moment)when, TARE_EXACTLY), TARE_LEVEL(1));
		assert_int_equal(at(scene, TARE_SUBJECT_EVERY, (enum tare_row_moment)when, TARE_EXACTLY), TARE_LEVEL(1));
	}
}

static void what_is_left_is_explicit_or_residue(void **state)
{
	struct scene *scene = *state;

	scene->page->readable = (UINT64_C(1) << TARE_ACCOUNTS) - 1;
	assert_int_equal(after_close(scene, TARE_ACCOUNT_DEVICE_BYTES), TARE_LEVEL(2));
	assert_int_equal(after_close(scene, TARE_ACCOUNT_TEMPORARY_FILES), TARE_LEVEL(2));
	assert_int_equal(after_close(scene, TARE_ACCOUNT_ARENA_BYTES), TARE_LEVEL(2));
	assert_int_equal(after_close(scene, TARE_ACCOUNT_KERNEL_IMAGES), TARE_LEVEL(3));
	assert_int_equal(after_close(scene, TARE_ACCOUNT_DEVICE_REFERENCES), TARE_LEVEL(3));
	assert_int_equal(after_close(scene, TARE_ACCOUNT_DRIVER_BYTES), TARE_LEVEL(3));
	for (unsigned account = 0; account < TARE_ACCOUNTS; account++) {
		enum tare_reader reader = tare_account_reader((enum tare_account)account);
		uint32_t levels = after_close(scene, account);

		if (reader == TARE_READER_PROCESS || reader == TARE_READER_MACHINE)
			assert_int_equal(levels, TARE_LEVEL(3));
		else if (reader == TARE_READER_COUNTER)
			assert_int_equal(levels, 0);
		else
			assert_true(levels == TARE_LEVEL(2) || levels == TARE_LEVEL(3));
	}
}

static void only_what_comes_after_a_reset_is_the_fourth(void **state)
{
	const struct scene *scene = *state;

	assert_int_equal(tare_row_levels(&frees_first, scene->page), TARE_LEVEL(4));
	assert_int_equal(at(scene, CALL(rtFree), TARE_ROW_ALL_BEFORE, CALL(rtSetDevice)), 0);
	assert_int_equal(at(scene, CALL(rtSetDevice), TARE_ROW_EACH_BEFORE, CALL(rtDeviceReset)), 0);
	assert_int_equal(at(scene, CALL(rtDeviceReset), TARE_ROW_TIMES, TARE_AT_LEAST), 0);
}

static void every_account_is_two_levels_and_each_finding_one(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(tare_row_levels(&every_gone, scene->page), TARE_LEVEL(2) | TARE_LEVEL(3));
	scene->page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_STREAMS]++;
	scene->page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_KERNEL_IMAGES]++;
	tare__scene_judge(scene, every_gone);
	assert_int_equal(scene->count, 2);
	assert_int_equal(scene->found[0].account, TARE_ACCOUNT_KERNEL_IMAGES);
	assert_int_equal(tare_finding_levels(&scene->found[0], &every_gone, scene->page), TARE_LEVEL(3));
	assert_int_equal(tare_finding_levels(&scene->found[1], &every_gone, scene->page), TARE_LEVEL(2));
}

static void what_was_never_read_breaks_all_its_levels(void **state)
{
	struct scene *scene = *state;

	scene->page->taken_at &= ~(1u << TARE_AT_CLOSE);
	struct tare_finding *finding = tare__scene_fires(scene, every_gone, "every account, after close: never read");
	assert_int_equal(tare_finding_levels(finding, &every_gone, scene->page), TARE_LEVEL(2) | TARE_LEVEL(3));
}

static void what_cannot_be_read_judges_nothing(void **state)
{
	struct scene *scene = *state;

	scene->page->readable = UINT64_C(1) << TARE_ACCOUNT_STREAMS;
	assert_int_equal(tare_row_levels(&every_gone, scene->page), TARE_LEVEL(2));
	assert_int_equal(after_close(scene, TARE_ACCOUNT_KERNEL_IMAGES), 0);
	scene->page->untapped = 1;
	assert_int_equal(tare_row_levels(&frees_first, scene->page), 0);
}

static void invariants_of_every_case_are_the_first_level(void **state)
{
	struct scene *scene = *state;

	scene->page->gives_of_strangers = 2;
	tare__scene_judge(scene, every_gone);
	assert_int_equal(scene->count, 1);
	assert_int_equal(tare_finding_levels(&scene->found[0], &every_gone, scene->page), TARE_LEVEL(1));
}

static void above_is_what_has_no_level_up_to_there(void **state)
{
	(void)state;
	assert_false(tare_levels_above(0, 1));
	assert_true(tare_levels_above(TARE_LEVEL(2), 1));
	assert_false(tare_levels_above(TARE_LEVEL(2), 2));
	assert_false(tare_levels_above(TARE_LEVEL(2) | TARE_LEVEL(3), 2));
	assert_true(tare_levels_above(TARE_LEVEL(2) | TARE_LEVEL(3), 1));
	assert_false(tare_levels_above(TARE_LEVEL(5), TARE_LEVELS_MOST));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCENE(moments_before_close_are_the_first_level),
		WITH_SCENE(what_is_left_is_explicit_or_residue),
		WITH_SCENE(only_what_comes_after_a_reset_is_the_fourth),
		WITH_SCENE(every_account_is_two_levels_and_each_finding_one),
		WITH_SCENE(what_was_never_read_breaks_all_its_levels),
		WITH_SCENE(what_cannot_be_read_judges_nothing),
		WITH_SCENE(invariants_of_every_case_are_the_first_level),
		cmocka_unit_test(above_is_what_has_no_level_up_to_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
