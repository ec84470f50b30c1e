/* SPDX-License-Identifier: Apache-2.0 */
/*
 * complete - what became of a launch: its report, its code, its outputs
 *
 * A fatal code is the runtime's own.  Sim returns it negated; onboard CANN has
 * masked it by a code of its own, which stands, and the log tells the rest.  The
 * reference takes a report that cannot be read for a good one (facts/runtime.md,
 * L19); here it fails the launch.
 */
#include "trb_priv.h"

#include <inttypes.h>

#include <tare/status.h>

static void tell_failure(const struct tare_graph *graph, const struct tare_launch *launch, int run_result)
{
	const struct tare_trb_status *status = &graph->status;

	if (launch->report_error == TARE_E_STATE) {
		tare_log(graph->log, TARE_LOG_ERROR, "graph: the device was not given the launch");
		return;
	}
	if (launch->report_error) {
		tare_log(graph->log, TARE_LOG_ERROR, "graph: what the device says of the launch could not be read (%s %d)",
			tare_status_name(launch->report_error), launch->report_error);
		return;
	}
	if (status->opened == TARE_TRB_OPEN_FAILED)
		tare_log(graph->log, TARE_LOG_ERROR, "graph: the device could not open the orchestration of callable %" PRId32,
			graph->running);
	tare__trb_tell(status, graph->log);
	if (!tare_trb_status_code(status))
		tare_log(graph->log, TARE_LOG_ERROR, "graph: the launch ended with %d, and the device has nothing to say of it",
			run_result);
}

static int copy_back(const struct tare_graph *graph)
{
	for (uint32_t i = 0; i < graph->pair_count; i++) {
		const struct tare__trb_pair *pair = &graph->pairs[i];
		int error = graph->ops->copy_out(graph->platform, pair->host, pair->device, pair->size);

		if (error) {
			tare_log(graph->log, TARE_LOG_ERROR, "graph: tensor %" PRIu32 " of %" PRIu64 " bytes could not be copied back"
				" (%s %d)", pair->tensor, pair->size, tare_status_name(error), error);
			return error;
		}
	}
	return TARE_OK;
}

/* The launch's code.  own_code where it is the runtime's and nobody has masked it. */
static int judge(const struct tare_graph *graph, const struct tare_launch *launch, int run_result, int *own_code)
{
	const struct tare_trb_status *status = &graph->status;

	if (launch->report_error)
		return run_result ? run_result : launch->report_error;
	if (run_result > 0)
		return run_result;
	if (status->orch_error || status->sched_error)
		return *own_code = tare_trb_status_code(status);
	return run_result ? run_result : status->error;
}

int tare__trb_complete_run(struct tare_graph *graph, const struct tare_launch *launch, int run_result, int *own_code)
{
	int error;

	*own_code = 0;
	tare__trb_objects_learn(graph, launch, run_result);
	error = judge(graph, launch, run_result, own_code);
	if (error)
		tell_failure(graph, launch, run_result);
	else
		error = copy_back(graph);
	tare__trb_end_run(graph);
	return error;
}
