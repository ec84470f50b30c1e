/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_driver - both tables with next to nothing behind them, and a tap that counts and fails calls
 */
#ifndef TARE_PLATFORM_TEST_DRIVER_H
#define TARE_PLATFORM_TEST_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include <tare/driver.h>

#include "platform.h"

#define TEST_CALLS 4096

struct test_driver {
	struct tare_tap tap;
	struct tare_tables tables;             /* tapped */
	unsigned count;                        /* calls since the last test_driver_watch */
	enum tare_call_id calls[TEST_CALLS];
	unsigned fail_at;                      /* the how-manieth call fails; 0: none */
	unsigned fault;                        /* enum tare_fault_kind */
	enum tare_call_id failed;              /* the call that did */
	int failed_code;
	int sync_code;                         /* what a synchronisation answers */
	int reset_code;
	int64_t live[TARE_ACCOUNTS];
	uint64_t registrations;                /* ever */
};

extern struct test_driver test_driver;

int test_driver_open(void **state);  /* set-up and tear-down of a test */
int test_driver_close(void **state);
void test_driver_watch(unsigned fail_at, unsigned fault); /* counts from 0 again */
int64_t test_driver_live(void);                           /* over all accounts but device references */
unsigned test_driver_made(enum tare_call_id call);        /* how often, since watch */
unsigned test_driver_first(enum tare_call_id call);       /* position since watch, or UINT_MAX */
unsigned test_driver_last(enum tare_call_id call);

/* The bytes of the test object, own for each call: a new build id, so that nothing is known of it. */
struct tare_binaries test_binaries(void);
void test_binaries_free(struct tare_binaries *binaries);

/* Changed in its header to be for a processor that nobody here has. */
void test_for_another_processor(const uint8_t *bytes);

/* The AICPU object with the same build id and one other byte in its code. Owned by the caller. */
uint8_t *test_other_code(const struct tare_binaries *binaries);
void test_other_code_free(uint8_t *bytes);

#endif
