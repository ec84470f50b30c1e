/* SPDX-License-Identifier: Apache-2.0 */
/*
 * surroundings - what is wrong before a case could say so
 */
#ifndef TARE_CLI_SURROUNDINGS_H
#define TARE_CLI_SURROUNDINGS_H

#include <tare/driver.h>

#include "select.h"

/* The machine's environment, and TMPDIR. 0, or -1 after a sentence that names variable and value. */
int tare__environment_check(void);

/* The driver that onboard cells of the selection need. 0, or -1 after a line for each thing that is missing. */
int tare__driver_check(enum tare_driver_choice driver, const struct tare__selection *selection);

#endif
