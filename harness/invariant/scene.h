/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene - a page made by hand, and what the judge says to it; for the tests
 */
#ifndef TARE_INVARIANT_SCENE_H
#define TARE_INVARIANT_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <tare/invariant.h>

#define ACCOUNT(name) (TARE_SUBJECT_ACCOUNT + TARE_ACCOUNT_##name)
#define CALL(name) (TARE_SUBJECT_CALL + TARE_CALL_##name)
#define ROOM 8

/* A sound case of 100 launches: one image, two streams, 4,096 device bytes; the driver counts 10,000 more. */
struct scene {
	struct tare_ledger_page *page;
	struct tare_finding found[ROOM];
	size_t count;
};

int tare__scene_set_up(void **state);
int tare__scene_tear_down(void **state);
struct tare_finding *tare__scene_judge(struct scene *scene, struct tare_then row);
void tare__scene_is_silent(struct scene *scene, struct tare_then row);
struct tare_finding *tare__scene_fires(struct scene *scene, struct tare_then row, const char *sentence);
void tare__scene_from_launch(struct scene *scene, uint32_t launch, enum tare_account account, int64_t value);
void tare__scene_called(struct scene *scene, enum tare_call_id call, uint32_t launch, int result);

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, tare__scene_set_up, tare__scene_tear_down)

#endif
