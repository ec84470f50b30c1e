/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TARE_CLOCK_H
#define TARE_CLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Monotonic time in nanoseconds, from an arbitrary start. */
uint64_t tare_clock_ns(void);

#ifdef __cplusplus
}
#endif

#endif
