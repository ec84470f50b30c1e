/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_fixtures - a folder of fixtures that are none, for tests of the engine over a runtime that opens none of them
 */
#ifndef TARE_TEST_FIXTURES_H
#define TARE_TEST_FIXTURES_H

extern char test_fixtures[64]; /* its path, from make to remove */

/* Of a group of tests, before all and after all. */
int test_fixtures_make(void **state);
int test_fixtures_remove(void **state);

#endif
