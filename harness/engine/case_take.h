/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case_take - doors through which one of an account is taken
 */
#ifndef TARE_CASE_TAKE_H
#define TARE_CASE_TAKE_H

#include "case.h"

/* One more file in the AICPU store, for this device. Onboard. 0 or a code. */
int tare__take_preinstalled(struct tare_case *c);

#endif
