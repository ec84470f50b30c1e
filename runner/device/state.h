/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state - what a context may do next
 *
 * One table, [state][event] -> state.  A pair that is not in it is refused with
 * both names in the log.
 */
#ifndef TARE_STATE_H
#define TARE_STATE_H

#include <tare/log.h>

enum tare_runner_state {
	TARE_RUNNER_CLOSED,   /* no device */
	TARE_RUNNER_OPEN,     /* a device is bound, init is not through */
	TARE_RUNNER_READY,    /* initialised, nothing in flight */
	TARE_RUNNER_RUNNING,  /* a launch is in flight */
	TARE_RUNNER_DRAINING, /* finalize is under way */
	TARE_RUNNER_FAILED,   /* the device is poisoned: finalize is what is left */
	TARE_RUNNER_STATES
};

enum tare_runner_event {
	TARE_EVENT_ATTACH,     /* init has bound a device */
	TARE_EVENT_INIT,       /* init is through, or asks whether its bytes are the same */
	TARE_EVENT_PREPARE,
	TARE_EVENT_UNREGISTER,
	TARE_EVENT_MEMORY,     /* takes, or copies */
	TARE_EVENT_FREE,
	TARE_EVENT_ARENA,
	TARE_EVENT_LAUNCH,
	TARE_EVENT_LANDED,     /* the launch is over */
	TARE_EVENT_POISONED,   /* the device is dead */
	TARE_EVENT_FINALIZE,
	TARE_EVENT_FINALIZED,
	TARE_RUNNER_EVENTS
};

const char *tare__state_name(enum tare_runner_state state); /* "running". Static. */
const char *tare__event_name(enum tare_runner_event event);

/* *next and 0; else, with a line on the log, TARE_E_BUSY, TARE_E_POISONED or TARE_E_STATE. */
int tare__state_next(enum tare_runner_state state, enum tare_runner_event event, const struct tare_log *log,
	enum tare_runner_state *next);

#endif
