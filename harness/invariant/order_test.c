/* SPDX-License-Identifier: Apache-2.0 */
/* Rows about order, over rings made by hand. */
#include "scene.h"

#include <string.h>

/* -- order ------------------------------------------------------------------- */

static const struct tare_then frees_first = { CALL(rtFree), TARE_ROW_ALL_BEFORE, CALL(rtDeviceReset), 0 };
static const struct tare_then set_first = { CALL(rtSetDevice), TARE_ROW_BEFORE, CALL(rtMalloc), 0 };
static const struct tare_then set_each = { CALL(rtSetDevice), TARE_ROW_EACH_BEFORE, CALL(rtDeviceReset), 0 };

static void all_before_means_none_after(void **state)
{
	struct scene *scene = *state;

	tare__scene_called(scene, TARE_CALL_rtFree, 1, 0);
	tare__scene_called(scene, TARE_CALL_rtDeviceReset, 0, ACL_ERROR_RT_CONTEXT_RELEASE_ERROR);
	tare__scene_called(scene, TARE_CALL_rtFree, 2, 0);
	tare__scene_called(scene, TARE_CALL_rtFree, 2, ACL_ERROR_RT_MEMORY_FREE);
	tare__scene_called(scene, TARE_CALL_rtDeviceReset, 2, 0);
	tare__scene_is_silent(scene, frees_first);
	tare__scene_called(scene, TARE_CALL_rtFree, 3, 0);
	struct tare_finding *finding =
		tare__scene_fires(scene, frees_first, "rtFree all before rtDeviceReset: there was one after it, in launch 3");
	assert_false(finding->leak);
	assert_int_equal(finding->account, TARE_ACCOUNTS);
	assert_int_equal(finding->first_launch, 3);
	assert_int_equal(finding->by.call, TARE_CALL_rtFree);
}

static void a_call_that_failed_came_too_late_all_the_same(void **state)
{
	struct scene *scene = *state;

	tare__scene_called(scene, TARE_CALL_rtFree, 1, 0);
	tare__scene_called(scene, TARE_CALL_rtDeviceReset, 2, 0);
	tare__scene_is_silent(scene, frees_first);
	tare__scene_called(scene, TARE_CALL_rtFree, 2, ACL_ERROR_RT_CONTEXT_NULL);
	tare__scene_fires(scene, frees_first, "rtFree all before rtDeviceReset: there was one after it, in launch 2");
}

static void before_looks_at_the_first_of_each(void **state)
{
	struct scene *scene = *state;

	tare__scene_called(scene, TARE_CALL_rtSetDevice, 0, 0);
	tare__scene_called(scene, TARE_CALL_rtMalloc, 0, 0);
	tare__scene_is_silent(scene, set_first);
	scene->page->call_count = 0;
	memset(scene->page->tally, 0, sizeof scene->page->tally);
	tare__scene_called(scene, TARE_CALL_rtSetDevice, 0, ACL_ERROR_RT_DEV_SETUP_ERROR);
	tare__scene_called(scene, TARE_CALL_rtMalloc, 0, 0);
	tare__scene_called(scene, TARE_CALL_rtSetDevice, 0, 0);
	tare__scene_fires(scene, set_first, "rtSetDevice before rtMalloc: the first of them came with none before it, in launch 0");
}

static void each_before_wants_one_of_its_own(void **state)
{
	struct scene *scene = *state;

	tare__scene_called(scene, TARE_CALL_rtSetDevice, 0, 0);
	tare__scene_called(scene, TARE_CALL_rtSetDevice, 0, 0);
	tare__scene_called(scene, TARE_CALL_rtDeviceReset, 0, 0);
	tare__scene_called(scene, TARE_CALL_rtDeviceReset, 0, 0);
	tare__scene_is_silent(scene, set_each);
	tare__scene_called(scene, TARE_CALL_rtDeviceReset, 4, 0);
	tare__scene_fires(scene, set_each,
		"rtSetDevice before each rtDeviceReset: there was one with none of its own before it, in launch 4");
}

static void an_order_nobody_tried_is_a_finding(void **state)
{
	tare__scene_fires(*state, frees_first, "rtFree all before rtDeviceReset: rtDeviceReset was never called");
}

static void calls_are_counted(void **state)
{
	struct scene *scene = *state;
	const struct tare_then twice = { CALL(rtStreamCreate), TARE_ROW_TIMES, TARE_EXACTLY, 2 };

	tare__scene_called(scene, TARE_CALL_rtStreamCreate, 0, 0);
	tare__scene_called(scene, TARE_CALL_rtStreamCreate, 0, ACL_ERROR_RT_NO_STREAM_RESOURCE);
	tare__scene_fires(scene, twice, "rtStreamCreate is called exactly 2 times: it was called 1 time");
	tare__scene_called(scene, TARE_CALL_rtStreamCreate, 0, 0);
	tare__scene_is_silent(scene, twice);
	tare__scene_is_silent(scene, (struct tare_then){ CALL(rtStreamCreate), TARE_ROW_TIMES, TARE_AT_LEAST, 1 });
	tare__scene_is_silent(scene, (struct tare_then){ CALL(rtFree), TARE_ROW_TIMES, TARE_EXACTLY, 0 });
	tare__scene_called(scene, TARE_CALL_rtStreamCreate, 6, 0);
	struct tare_finding *finding = tare__scene_fires(scene, twice, "rtStreamCreate is called exactly 2 times: it was called 3 times");
	assert_int_equal(finding->first_launch, 6);
	assert_int_equal(finding->value, 3);
	tare__scene_fires(scene, (struct tare_then){ CALL(rtStreamCreate), TARE_ROW_TIMES, TARE_AT_LEAST, 4 },
		"rtStreamCreate is called at least 4 times: it was called 3 times");
}

static void what_the_ring_lost_is_still_counted(void **state)
{
	struct scene *scene = *state;

	tare__scene_called(scene, TARE_CALL_rtSetDevice, 0, 0);
	tare__scene_called(scene, TARE_CALL_rtMalloc, 0, 0);
	for (unsigned i = 0; i < TARE_RING - 1; i++)
		tare__scene_called(scene, TARE_CALL_rtMemcpy, 1, 0);
	tare__scene_called(scene, TARE_CALL_rtDeviceReset, 1, 0);
	tare__scene_is_silent(scene, set_first);
	tare__scene_is_silent(scene, frees_first);
	tare__scene_is_silent(scene, (struct tare_then){ CALL(rtFree), TARE_ROW_TIMES, TARE_EXACTLY, 0 });
	tare__scene_is_silent(scene, (struct tare_then){ CALL(rtMalloc), TARE_ROW_TIMES, TARE_EXACTLY, 1 });
	tare__scene_is_silent(scene, (struct tare_then){ CALL(rtMemcpy), TARE_ROW_TIMES, TARE_AT_LEAST, TARE_RING - 1 });
	tare__scene_fires(scene, (struct tare_then){ CALL(rtMalloc), TARE_ROW_TIMES, TARE_EXACTLY, 0 },
		"rtMalloc is called exactly 0 times: it was called 1 time");
	tare__scene_fires(scene, (struct tare_then){ CALL(rtMalloc), TARE_ROW_BEFORE, CALL(rtSetDevice), 0 },
		"rtMalloc before rtSetDevice: the first of them came with none before it");
	tare__scene_fires(scene, (struct tare_then){ CALL(rtMemcpy), TARE_ROW_ALL_BEFORE, CALL(rtSetDevice), 0 },
		"rtMemcpy all before rtSetDevice: there was one after it, in launch 1");
	struct tare_finding *finding = tare__scene_judge(scene,
		(struct tare_then){ CALL(rtMemcpy), TARE_ROW_TIMES, TARE_AT_MOST, TARE_RING - 2 });
	assert_int_equal(finding->value, TARE_RING - 1);
	assert_int_equal(finding->first_launch, 1);
	tare__scene_called(scene, TARE_CALL_rtFree, 2, 0);
	tare__scene_fires(scene, frees_first, "rtFree all before rtDeviceReset: there was one after it, in launch 2");
}

static void which_is_whose_can_t_be_told_of_what_the_ring_lost(void **state)
{
	struct scene *scene = *state;

	tare__scene_called(scene, TARE_CALL_rtSetDevice, 0, 0);
	for (unsigned i = 0; i < TARE_RING; i++)
		tare__scene_called(scene, TARE_CALL_rtMemcpy, 1, 0);
	tare__scene_called(scene, TARE_CALL_rtDeviceReset, 1, 0);
	tare__scene_fires(scene, set_each, "rtSetDevice before each rtDeviceReset: it can't be told, the first 2 calls were not kept");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCENE(all_before_means_none_after),
		WITH_SCENE(a_call_that_failed_came_too_late_all_the_same),
		WITH_SCENE(before_looks_at_the_first_of_each),
		WITH_SCENE(each_before_wants_one_of_its_own),
		WITH_SCENE(an_order_nobody_tried_is_a_finding),
		WITH_SCENE(calls_are_counted),
		WITH_SCENE(what_the_ring_lost_is_still_counted),
		WITH_SCENE(which_is_whose_can_t_be_told_of_what_the_ring_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
