/* SPDX-License-Identifier: Apache-2.0 */
#include "registry_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tare/object.h>
#include <tare/status.h>

static void nothing(struct tare_case *c)
{
	(void)c;
}

#define SOUND .says = "s", .when = nothing, .because = "b"

static const struct tare_spec relaunch_specs[] = {
	{ .name = "everywhere", SOUND, .launches = 10, .then = { { STREAMS, AT_PEAK, EXACTLY, 2 } } },
	{ .name = "onboard_only", SOUND, .cells = ONBOARD },
	{ .name = "a5_sim", SOUND, .cells = A5 | SIM | HOST_BUILD_GRAPH },
};
static const struct tare_spec order_specs[] = {
	{ .name = "frees_first", SOUND, .then = { { CALL(rtFree), ALL_BEFORE, CALL(rtDeviceReset), 0 } } },
	{ .name = "other_graph", SOUND, .cells = TENSORMAP_AND_RINGBUFFER },
};
static const struct tare_suite relaunch = { "relaunch", relaunch_specs, TARE_COUNT(relaunch_specs) };
static const struct tare_suite order = { "order", order_specs, TARE_COUNT(order_specs) };
static const struct tare_suite *const both[] = { &relaunch, &order };
static const struct tare_suite_list all = { both, TARE_COUNT(both) };

struct selection {
	int status;
	struct tare_case_ref *list;
	size_t count;
	char error[256];
};

static struct selection choose(const char *first, const char *second, const char *cells)
{
	const char *patterns[] = { first, second };
	struct selection s = { .error = "" };

	s.status = tare__select(all, patterns, (size_t)(first != NULL) + (second != NULL), cells, &s.list, &s.count,
		s.error, sizeof s.error);
	return s;
}

static void wants(const char *first, const char *second, const char *cells, const char *const *texts, size_t count)
{
	struct selection s = choose(first, second, cells);
	char text[TARE_CASE_TEXT];

	assert_int_equal(s.status, TARE_OK);
	assert_int_equal(s.count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(tare_case_text(&s.list[i], text), texts[i]);
	free(s.list);
}

static void refuses(const char *first, const char *second, const char *cells, const char *sentence)
{
	struct selection s = choose(first, second, cells);

	assert_int_equal(s.status, TARE_E_NOT_FOUND);
	assert_null(s.list);
	assert_string_equal(s.error, sentence);
}

static void order_is_suite_spec_cell(void **state)
{
	static const char *const texts[] = {
		"relaunch.everywhere@a2a3/onboard/hbg", "relaunch.everywhere@a2a3/sim/hbg",
		"relaunch.everywhere@a5/onboard/hbg", "relaunch.everywhere@a5/sim/hbg",
		"relaunch.onboard_only@a2a3/onboard/hbg", "relaunch.onboard_only@a5/onboard/hbg",
		"relaunch.a5_sim@a5/sim/hbg",
		"order.frees_first@a2a3/onboard/hbg", "order.frees_first@a2a3/sim/hbg",
		"order.frees_first@a5/onboard/hbg", "order.frees_first@a5/sim/hbg",
	};

	(void)state;
	wants(NULL, NULL, "*/*/hbg", texts, TARE_COUNT(texts));
	wants("order.*", "relaunch.*", "*/*/hbg", texts, TARE_COUNT(texts));
}

static void patterns_and_cells_narrow(void **state)
{
	static const char *const one[] = { "relaunch.everywhere@a5/onboard/hbg" };
	static const char *const two[] = { "relaunch.onboard_only@a2a3/onboard/hbg", "order.frees_first@a2a3/onboard/hbg" };

	(void)state;
	wants("relaunch.everywhere@a5/onboard/h*", NULL, NULL, one, 1);
	wants("relaunch.every*", "*.everywhere", "a5/onboard/hbg", one, 1);
	wants("relaunch.everywhere", NULL, "a5/onboard/host_build_graph", one, 1);
	wants("relaunch.everywhere@a5/onboard/host_build_graph", NULL, NULL, one, 1);
	wants("order.*", "*only*", "a2a3/onboard/hbg", two, 2);
}

static void an_empty_selection_is_an_error(void **state)
{
	(void)state;
	refuses("relanch.everywhere", NULL, NULL,
		"'relanch.everywhere' selects no case; the nearest name is 'relaunch.everywhere'");
	refuses("order.*", "order.freesfirst", NULL,
		"'order.freesfirst' selects no case; the nearest name is 'order.frees_first'");
	refuses("ordr.*", NULL, NULL, "'ordr.*' selects no case; the nearest name is 'order.frees_first'");
	refuses("relaunch.a5_sim@a6/sim/hbg", NULL, NULL,
		"'relaunch.a5_sim@a6/sim/hbg' selects no case; the nearest name is 'relaunch.a5_sim@a5/sim/hbg'");
	refuses("relaunch.onboard_only", NULL, "*/sim/*", "'relaunch.onboard_only' selects no case in the cells '*/sim/*'");
	refuses(NULL, NULL, "a6/onboard/hbg",
		"no cell of this build is called 'a6/onboard/hbg'; the nearest is 'a5/onboard/hbg'");
}

static void a_long_pattern_is_only_wrong(void **state)
{
	char pattern[4 * TARE_CASE_TEXT];

	(void)state;
	memset(pattern, 'x', sizeof pattern);
	pattern[300] = '@';
	strcpy(pattern + 301, "a5/sim/host_build_graph");
	assert_int_equal(choose(pattern, NULL, NULL).status, TARE_E_NOT_FOUND);
	memset(pattern, 'x', sizeof pattern - 1);
	pattern[sizeof pattern - 1] = '\0';
	assert_int_equal(choose(pattern, NULL, NULL).status, TARE_E_NOT_FOUND);
}

static void distance_lets_wildcards_go_free(void **state)
{
	(void)state;
	assert_int_equal(tare__distance("kitten", "sitting"), 3);
	assert_int_equal(tare__distance("", "abc"), 3);
	assert_int_equal(tare__distance("*", "abc"), 0);
	assert_int_equal(tare__distance("relanch.*", "relaunch.everywhere"), 1);
	assert_int_equal(tare__distance("a?c", "abc"), 0);
}

static void checks(const struct tare_spec *specs, size_t count, const char *suite_name, const char *sentence)
{
	const struct tare_suite suite = { suite_name, specs, count };
	const struct tare_suite *const list[] = { &suite };
	char error[256] = "";
	int status = tare__registry_check((struct tare_suite_list){ list, 1 }, error, sizeof error);

	assert_string_equal(error, sentence);
	assert_int_equal(status, sentence[0] ? TARE_E_ARGUMENT : TARE_OK);
}

static void every_case_must_be_a_sentence(void **state)
{
	static const struct tare_spec twice[] = { { .name = "a", SOUND }, { .name = "a", SOUND } };
	static const struct tare_spec mute[] = { { .name = "a", .when = nothing, .because = "b" } };
	static const struct tare_spec idle[] = { { .name = "a", .says = "s", .because = "b" } };
	static const struct tare_spec groundless[] = { { .name = "a", .says = "s", .when = nothing, .because = "" } };
	static const struct tare_spec odd[] = { { .name = "A b", SOUND } };
	static const struct tare_spec crossed[] = { { .name = "a", SOUND, .then = { { STREAMS, BEFORE, EXACTLY, 2 } } } };
	static const struct tare_spec blind[] = {
		{ .name = "a", SOUND, .launches = 2, .then = { { STREAMS, AFTER_CLOSE, EXACTLY, 0 } } } };
	char error[256] = "";

	(void)state;
	assert_int_equal(tare__registry_check(all, error, sizeof error), TARE_OK);
	checks(twice, 2, "x", "x.a stands there twice");
	checks(mute, 1, "x", "x.a does not say what it proves");
	checks(idle, 1, "x", "x.a has no when");
	checks(groundless, 1, "x", "x.a has no because");
	checks(odd, 1, "x", "x.A b has a name that is not a word of [a-z0-9_]");
	checks(crossed, 1, "x", "x.a has a row that says nothing: its subject, moment and relation do not fit");
	checks(blind, 1, "x", "");
	checks(blind, 1, "relaunch",
		"relaunch.a launches again and has no row at peak or from the first launch to the last");
	checks(NULL, 0, "x", "the suite x has no case");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_suite_spec_cell),
		cmocka_unit_test(patterns_and_cells_narrow),
		cmocka_unit_test(an_empty_selection_is_an_error),
		cmocka_unit_test(a_long_pattern_is_only_wrong),
		cmocka_unit_test(distance_lets_wildcards_go_free),
		cmocka_unit_test(every_case_must_be_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
