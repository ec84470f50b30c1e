/* SPDX-License-Identifier: Apache-2.0 */
/* hidden - which accounts a target keeps to itself, and why. */
#ifndef TARE_TARGET_HIDDEN_H
#define TARE_TARGET_HIDDEN_H

#include <tare/target.h>

/* Fills unreadable and by_machine from cell, tapped and machine. */
void tare__hide(struct tare_target *target);

#endif
