/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_orchestrate - the thread that runs the user's orchestration
 *
 * Where the core has to wait, it waits here: with others to schedule, until it
 * is rung; alone, by turns at its own cores.  The function is bounded in its
 * processor time; one that has used it up is left where it is.
 */
#include "trb_crew.h"

#include <tare/status.h>

static int await_others(void *cookie)
{
	struct tare__trb_crew *crew = cookie;

	crew->broken = crew->ops->wait(crew->port) != 0;
	return crew->broken;
}

static int await_alone(void *cookie)
{
	struct tare__trb_crew *crew = cookie;
	uint64_t before = crew->trb->completed;

	for (;;) {
		tare__trb_turn(crew);
		if (crew->trb->completed != before || tare__trb_failed(crew->trb))
			return 0;
		if (crew->ops->wait(crew->port)) {
			crew->broken = true;
			return 1;
		}
	}
}

static void wake(void *cookie, uint32_t threads)
{
	tare__trb_ring(cookie, threads);
}

static void log_line(void *cookie, int level, const char *line)
{
	const struct tare__trb_crew *crew = cookie;

	crew->ops->log(crew->port, level, line);
}

/* false: the launch has failed, and it is said why. */
static bool expects_this(struct tare__trb_crew *crew, const struct tare_trb_object *object, struct tare_lease *lease)
{
	const struct tare_chip_args *args = &crew->image->args;
	int32_t given = args->tensor_count + args->scalar_count;
	struct tare_trb_config config;

	if (!object->config)
		return true;
	lease->at = TARE_LEASE_THEIRS;
	config = ((tare_trb_config_fn)(uintptr_t)object->config)(args);
	lease->at = TARE_LEASE_OURS;
	if (config.expected_arg_count <= 0 || given >= config.expected_arg_count)
		return true;
	tare__trb_fail(crew->trb, TARE_TRB_INVALID_ARGS, "the orchestration expects %d arguments, the launch has %d",
		config.expected_arg_count, given);
	return false;
}

static void recall(void *cookie)
{
	const struct tare__trb_crew *crew = cookie;

	crew->ops->recall(crew->port);
}

struct errand {
	struct tare__trb_crew *crew;
	struct tare_trb_object object;
};

/* What is bound and called here is the user's, and may never return. */
static void run_errand(void *cookie, struct tare_lease *lease)
{
	const struct errand *errand = cookie;
	struct tare__trb *trb = errand->crew->trb;
	tare_trb_bind_fn bind = (tare_trb_bind_fn)(uintptr_t)errand->object.bind;

	lease->at = TARE_LEASE_OURS;
	if (!expects_this(errand->crew, &errand->object, lease))
		return;
	trb->lease = lease;
	lease->at = TARE_LEASE_THEIRS;
	if (bind)
		bind(&trb->seen);
	((tare_trb_entry_fn)(uintptr_t)errand->object.entry)(&errand->crew->image->args);
	if (bind)
		bind(NULL);
	lease->at = TARE_LEASE_OURS;
}

static void open_and_call(struct tare__trb_crew *crew)
{
	struct errand errand = { .crew = crew };
	int rc = tare__trb_object_get(crew->port, crew->image, &errand.object);
	uint32_t row;

	if (rc) {
		tare__trb_fail_program(crew->trb, rc, "the orchestration's object was not opened");
		return;
	}
	tare__trb_scope_begin(crew->trb, TARE_TRB_SCOPE_AUTO);
	row = tare__trb_mark(crew->trb);
	if (crew->ops->lend(crew->port, run_errand, &errand))
		tare__trb_fail_endless(crew->trb, crew->me);
	tare__trb_unmark(row);
	crew->trb->lease = &crew->trb->own;
}

int tare__trb_orchestrate(struct tare__trb_crew *crew)
{
	struct tare__trb *trb = crew->trb;

	trb->world = (struct tare__trb_world){
		.cookie = crew,
		.await = crew->alone ? await_alone : await_others,
		.wake = wake,
		.log = log_line,
		.recall = recall,
	};
	trb->seen.ops = &tare__trb_ops;
	open_and_call(crew);
	tare__trb_close(trb);
	trb->world = (struct tare__trb_world){ .cookie = NULL };
	tare__trb_proclaim(crew);
	return crew->broken ? TARE_E_STALL : 0;
}
