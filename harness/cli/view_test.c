/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "view.h"

/* Stand in for the engine and the registry. */
const char *tare_verdict_name(enum tare_verdict verdict)
{
	return verdict == TARE_PASS ? "PASS" : verdict == TARE_FAIL ? "FAIL" : "OTHER";
}

const char *tare_case_text(const struct tare_case_ref *ref, char text[TARE_CASE_TEXT])
{
	(void)ref;
	return strcpy(text, "sweep.workflow@a5/onboard/hbg");
}

static const struct tare_case_ref ref = { .cell = { TARE_ARCH_A5, TARE_PLATFORM_ONBOARD, TARE_GRAPH_HBG } };

struct scene {
	struct tare__view view;
	struct tare_outcome outcome;
	char text[4096];
};

static struct scene *open_scene(bool live)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	FILE *to = fmemopen(scene->text, sizeof(scene->text), "w");
	assert_non_null(to);
	tare__view_open(&scene->view, to, TARE_COLOUR_NEVER, false, &ref, 1);
	scene->view.live = live;
	scene->outcome = (struct tare_outcome){ .verdict = TARE_PASS, .microseconds = 3200000, .sweep = {
		.single = { 812, 812, 812, 812, 812, 0 }, .calls = 147, .paths = 61 } };
	return scene;
}

static void closed(struct scene *scene)
{
	fclose(scene->view.to);
	scene->view.to = NULL;
}

static void a_swept_case_says_its_numbers(void **state)
{
	struct scene *scene = open_scene(false);

	(void)state;
	tare__view_ended(&scene->view, &ref, &scene->outcome);
	closed(scene);
	assert_string_equal(scene->text, "PASS  sweep.workflow@a5/onboard/hbg  3.200 s\n"
		"      points 812 = fired 812 = rolled back 812 = retried 812 (0 in a fresh process), 147 calls, 61 call paths\n");
	free(scene);
}

/* On a terminal a case that passes leaves no line, but what was swept is said of each. */
static void also_where_others_leave_no_line(void **state)
{
	struct scene *scene = open_scene(true);

	(void)state;
	scene->outcome.sweep.pairs = (struct tare_sweep_count){ 9, 9, 9, 9, 8, 0 };
	tare__view_ended(&scene->view, &ref, &scene->outcome);
	closed(scene);
	assert_non_null(strstr(scene->text, "      points 812 = fired 812"));
	assert_non_null(strstr(scene->text, "      pairs 9 = fired 9 = rolled back 9, retried 8"));
	assert_non_null(strstr(scene->text, "1 not retried"));
	free(scene);
}

static void a_case_that_was_not_swept_says_none(void **state)
{
	struct scene *scene = open_scene(false);

	(void)state;
	memset(&scene->outcome.sweep, 0, sizeof(scene->outcome.sweep));
	tare__view_ended(&scene->view, &ref, &scene->outcome);
	closed(scene);
	assert_null(strstr(scene->text, "points"));
	free(scene);
}

static void a_sweep_is_seen_to_go_on(void **state)
{
	struct scene *scene = open_scene(true), *log = open_scene(false);

	(void)state;
	scene->outcome.sweep.single.retried = 300;
	tare__view_swept(&scene->view, &ref, &scene->outcome.sweep);
	scene->outcome.sweep.pairs = (struct tare_sweep_count){ 90, 90, 0, 0, 12, 0 };
	scene->view.columns = 200;
	tare__view_swept(&scene->view, &ref, &scene->outcome.sweep);
	tare__view_swept(&log->view, &ref, &scene->outcome.sweep);
	closed(scene);
	closed(log);
	assert_non_null(strstr(scene->text, "sweep.workflow@a5/onboard/hbg  300 of 812 points"));
	assert_non_null(strstr(scene->text, "12 of 90 pairs"));
	assert_string_equal(log->text, "");
	free(scene);
	free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_swept_case_says_its_numbers),
		cmocka_unit_test(also_where_others_leave_no_line),
		cmocka_unit_test(a_case_that_was_not_swept_says_none),
		cmocka_unit_test(a_sweep_is_seen_to_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
