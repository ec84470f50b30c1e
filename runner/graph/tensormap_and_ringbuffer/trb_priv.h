/* SPDX-License-Identifier: Apache-2.0 */
/* trb_priv - tensormap_and_ringbuffer on the host: what its files share */
#ifndef TARE_TRB_PRIV_H
#define TARE_TRB_PRIV_H

#include <tare/log.h>

#include "../../program/trb/layout.h"

/*
 * The capacity of a launch: the standard one, changed by the reference's variables PTO2_RING_TASK_WINDOW, PTO2_RING_HEAP
 * and PTO2_RING_DEP_POOL where `get` (getenv) finds them.  0, or TARE_E_ARGUMENT with a sentence that names the variable.
 */
int tare__trb_read_capacity(char *(*get)(const char *name), struct tare_trb_capacity *capacity, const struct tare_log *log);

/* Says what the device wrote about its failure: number, name, what was wrong, what helps. Nothing where there is none. */
void tare__trb_tell(const struct tare_trb_status *status, const struct tare_log *log);

#endif
