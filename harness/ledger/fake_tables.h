/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_tables - a driver that hands out numbers; for the tests
 */
#ifndef TARE_LEDGER_FAKE_TABLES_H
#define TARE_LEDGER_FAKE_TABLES_H

#include <stdint.h>

#include <tare/driver.h>

extern int tare__fake_answer;            /* what every call returns */
extern uintptr_t tare__fake_next_handle; /* what the next take hands out */

/* Fills the entries that the ledger's tests call; answers 0 and counts handles from 0x1000 again. */
void tare__fake_tables(struct tare_tables *tables);

#endif
