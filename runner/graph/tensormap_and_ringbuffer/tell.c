/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tell - a failed launch in words
 *
 * Onboard the driver's code says only that an AICPU kernel failed, so these
 * lines are how anybody learns what it was; the words orch_error_code=,
 * sched_error_code= and sub_class= are the reference's, and are looked for.
 */
#include <string.h>

#include <tare/status.h>

#include "../../program/trb/core.h"
#include "trb_priv.h"

static void tell_stall(const struct tare_trb_status *status, const struct tare_log *log)
{
	if (status->stall == TARE_TRB_STALL_UNKNOWN || status->stall == TARE_TRB_STALL_NONE)
		tare_log(log, TARE_LOG_ERROR, "graph: sub_class=unknown");
	else
		tare_log(log, TARE_LOG_ERROR, "graph: sub_class=S%u", status->stall);
}

void tare__trb_tell(const struct tare_trb_status *status, const struct tare_log *log)
{
	int32_t code = status->orch_error ? status->orch_error : status->sched_error;
	const struct tare__trb_error_row *row = tare__trb_error_row(code);

	if (!code && !status->error)
		return;
	if (status->error_worker != UINT32_MAX)
		tare_log(log, TARE_LOG_ERROR, "graph: worker %u failed the handshake", status->error_worker);
	tare_log(log, TARE_LOG_ERROR, "graph: %s=%d, %llu of %llu tasks complete", status->orch_error ? "orch_error_code" :
		status->sched_error ? "sched_error_code" : "device status", code ? code : status->error,
		(unsigned long long)status->completed, (unsigned long long)status->submitted);
	/* The device wrote it: it may end where the room does. */
	if (status->detail[0])
		tare_log(log, TARE_LOG_ERROR, "graph: %.*s", (int)strnlen(status->detail, sizeof status->detail), status->detail);
	if (code == TARE_TRB_SCHEDULER_TIMEOUT)
		tell_stall(status, log);
	if (!row)
		return;
	tare_log(log, TARE_LOG_ERROR, "graph: error detail: %s: %s", row->name, row->detail);
	tare_log(log, TARE_LOG_ERROR, "graph: error hint: %s", row->hint);
}
