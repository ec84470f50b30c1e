/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hands - the cores of a launch: heard out when it begins, sent away when it ends
 *
 * The dialogue is the reference's (facts/runtime.md 5.4 to 5.6) and the same
 * whichever graph runtime the launch is for.
 */
#ifndef TARE_PROGRAM_HANDS_H
#define TARE_PROGRAM_HANDS_H

#include <stdbool.h>

#include "program.h"
#include "workspace.h"

struct tare__hands {
	struct tare_device_port *port;
	const void *args;
	struct tare_handshake *workers;
	struct tare__seat *seats;
	uint32_t count;         /* of workers */
	uint32_t *error_worker; /* written when one is refused */
};

/* Seats every core. 0; TARE_E_FAILED: one was refused, all others are TAKEN; TARE_E_STALL. */
int tare__hands_shake(const struct tare__hands *hands);

/* Sends the cores of `own`, a bit each, away and waits until all have left. 0 or TARE_E_STALL. */
int tare__hands_dismiss(const struct tare__hands *hands, uint64_t own[TARE__WORDS]);

static inline void tare__bit_set(uint64_t bits[TARE__WORDS], uint32_t at)
{
	bits[at / 64] |= 1ull << at % 64;
}

static inline void tare__bit_clear(uint64_t bits[TARE__WORDS], uint32_t at)
{
	bits[at / 64] &= ~(1ull << at % 64);
}

static inline uint32_t tare__bit_first(uint64_t bits)
{
	return (uint32_t)__builtin_ctzll(bits);
}

#endif
