/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status - one number for how a call ended
 *
 * Every function of the runner that can fail returns an int: 0, one of the
 * negative numbers below, or, where a driver refused, the driver's own positive
 * code, unchanged.  On error nothing was taken and outputs are untouched,
 * unless the function's own comment says otherwise.
 */
#ifndef TARE_STATUS_H
#define TARE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

enum tare_status {
#define TARE_STATUS(name, number, abi, sentence) TARE_##name = (number),
#include <tare/status.def>
#undef TARE_STATUS
};

/* "E_GRAPH"; for a driver's code or an unknown number "driver" or "unknown". Static. */
const char *tare_status_name(int status);

/* One sentence without a full stop. Static. */
const char *tare_status_sentence(int status);

/* What the published C ABI returns for it: 0, -1, -5, -100, or a driver's code unchanged. */
int tare_status_abi(int status);

#ifdef __cplusplus
}
#endif

#endif
