/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_words - what a launch says of itself when it was broken off
 *
 * As a rule the host reads the report and says it.  But when nothing can run any
 * more the card goes down with the launch, and nothing can be read from it: so
 * the last thread says it on the device's own log, before it leaves.
 */
#include "trb_crew.h"

#include <tare/log.h>

#define LINE 320u

static void say(const struct tare__trb_crew *crew, const char *format, ...)
{
	char line[LINE];
	va_list list;

	va_start(list, format);
	tare__trb_format(line, LINE, format, list);
	va_end(list);
	crew->ops->log(crew->port, TARE_LOG_ERROR, line);
}

void tare__trb_last_words(const struct tare__trb_crew *crew)
{
	const struct tare_trb_status *status = &crew->image->status;
	int32_t code = status->orch_error ? status->orch_error : status->sched_error;
	const struct tare__trb_error_row *row = tare__trb_error_row(code);

	say(crew, "device: %s=%d, %llu of %llu tasks complete", status->orch_error ? "orch_error_code" : "sched_error_code",
		code, (unsigned long long)status->completed, (unsigned long long)status->submitted);
	if (status->detail[0])
		say(crew, "device: %s", status->detail);
	if (status->stall == TARE_TRB_STALL_UNKNOWN)
		say(crew, "device: sub_class=unknown");
	else if (status->stall)
		say(crew, "device: sub_class=S%u", status->stall);
	if (!row)
		return;
	say(crew, "device: error detail: %s: %s", row->name, row->detail);
	say(crew, "device: error hint: %s", row->hint);
}
