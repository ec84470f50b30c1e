/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

#include <stdint.h>

#include <tare/object.h>
#include <tare/status.h>

static const char *const state_names[TARE_RUNNER_STATES] = {
	[TARE_RUNNER_CLOSED] = "closed",
	[TARE_RUNNER_OPEN] = "open",
	[TARE_RUNNER_READY] = "ready",
	[TARE_RUNNER_RUNNING] = "running",
	[TARE_RUNNER_DRAINING] = "draining",
	[TARE_RUNNER_FAILED] = "failed",
};

static const char *const event_names[TARE_RUNNER_EVENTS] = {
	[TARE_EVENT_ATTACH] = "attach",
	[TARE_EVENT_INIT] = "init",
	[TARE_EVENT_PREPARE] = "prepare",
	[TARE_EVENT_UNREGISTER] = "unregister",
	[TARE_EVENT_MEMORY] = "memory",
	[TARE_EVENT_FREE] = "free",
	[TARE_EVENT_ARENA] = "arena",
	[TARE_EVENT_LAUNCH] = "launch",
	[TARE_EVENT_LANDED] = "landed",
	[TARE_EVENT_POISONED] = "poisoned",
	[TARE_EVENT_FINALIZE] = "finalize",
	[TARE_EVENT_FINALIZED] = "finalized",
};

/* State + 1, so that 0 is "not in the table". */
#define TO(state) (uint8_t)(TARE_RUNNER_##state + 1)

static const uint8_t next_state[TARE_RUNNER_STATES][TARE_RUNNER_EVENTS] = {
	[TARE_RUNNER_CLOSED] = {
		[TARE_EVENT_ATTACH] = TO(OPEN),
		[TARE_EVENT_UNREGISTER] = TO(CLOSED),
		[TARE_EVENT_FREE] = TO(CLOSED),
		[TARE_EVENT_FINALIZE] = TO(DRAINING),
	},
	[TARE_RUNNER_OPEN] = {
		[TARE_EVENT_INIT] = TO(READY),
		[TARE_EVENT_FINALIZE] = TO(DRAINING),
	},
	[TARE_RUNNER_READY] = {
		[TARE_EVENT_INIT] = TO(READY),
		[TARE_EVENT_PREPARE] = TO(READY),
		[TARE_EVENT_UNREGISTER] = TO(READY),
		[TARE_EVENT_MEMORY] = TO(READY),
		[TARE_EVENT_FREE] = TO(READY),
		[TARE_EVENT_ARENA] = TO(READY),
		[TARE_EVENT_LAUNCH] = TO(RUNNING),
		[TARE_EVENT_POISONED] = TO(FAILED),
		[TARE_EVENT_FINALIZE] = TO(DRAINING),
	},
	[TARE_RUNNER_RUNNING] = {
		[TARE_EVENT_LANDED] = TO(READY),
		[TARE_EVENT_POISONED] = TO(FAILED),
	},
	[TARE_RUNNER_DRAINING] = {
		[TARE_EVENT_FINALIZED] = TO(CLOSED),
	},
	[TARE_RUNNER_FAILED] = {
		[TARE_EVENT_FINALIZE] = TO(DRAINING),
	},
};

const char *tare__state_name(enum tare_runner_state state)
{
	return state_names[state];
}

const char *tare__event_name(enum tare_runner_event event)
{
	return event_names[event];
}

int tare__state_next(enum tare_runner_state state, enum tare_runner_event event, const struct tare_log *log,
	enum tare_runner_state *next)
{
	uint8_t to = next_state[state][event];
	int error = TARE_E_STATE;

	if (to) {
		*next = (enum tare_runner_state)(to - 1);
		return TARE_OK;
	}
	if (state == TARE_RUNNER_RUNNING)
		error = TARE_E_BUSY;
	else if (state == TARE_RUNNER_FAILED)
		error = TARE_E_POISONED;
	tare_log(log, TARE_LOG_ERROR, "runner: %s refused while %s: %s", event_names[event], state_names[state],
		tare_status_sentence(error));
	return error;
}
