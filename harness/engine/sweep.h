/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sweep - every call of a case fails once, in each of its ways
 */
#ifndef TARE_SWEEP_H
#define TARE_SWEEP_H

#include <tare/engine.h>

/* sweep_token.c: what the tokens of this executable, and of that target, begin with. */
uint32_t tare__fault_build(const struct tare_target_file *target);

#endif
