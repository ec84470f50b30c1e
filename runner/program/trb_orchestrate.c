/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_orchestrate - the thread that runs the user's orchestration
 *
 * Where the core has to wait, it waits here: with others to schedule, until it
 * is rung; alone, by turns at its own cores.
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
static bool expects_this(struct tare__trb_crew *crew, const struct tare_trb_object *object)
{
	const struct tare_chip_args *args = &crew->image->args;
	int32_t given = args->tensor_count + args->scalar_count;
	struct tare_trb_config config;

	if (!object->config)
		return true;
	config = ((tare_trb_config_fn)(uintptr_t)object->config)(args);
	if (config.expected_arg_count <= 0 || given >= config.expected_arg_count)
		return true;
	tare__trb_fail(crew->trb, TARE_TRB_INVALID_ARGS, "the orchestration expects %d arguments, the launch has %d",
		config.expected_arg_count, given);
	return false;
}

static void call(struct tare__trb_crew *crew, const struct tare_trb_object *object)
{
	struct tare__trb *trb = crew->trb;

	if (object->bind)
		((tare_trb_bind_fn)(uintptr_t)object->bind)(&trb->seen);
	tare__trb_scope_begin(trb, TARE_TRB_SCOPE_AUTO);
	((tare_trb_entry_fn)(uintptr_t)object->entry)(&crew->image->args);
	if (object->bind)
		((tare_trb_bind_fn)(uintptr_t)object->bind)(NULL);
}

static void open_and_call(struct tare__trb_crew *crew)
{
	struct tare_trb_object object;
	int rc = tare__trb_object_get(crew->port, crew->image, &object);
	uint32_t row;

	if (rc) {
		tare__trb_fail_program(crew->trb, rc, "the orchestration's object was not opened");
		return;
	}
	row = tare__trb_mark(crew->trb);
	if (expects_this(crew, &object))
		call(crew, &object);
	tare__trb_unmark(row);
}

int tare__trb_orchestrate(struct tare__trb_crew *crew)
{
	struct tare__trb *trb = crew->trb;

	trb->world = (struct tare__trb_world){
		.cookie = crew,
		.await = crew->alone ? await_alone : await_others,
		.wake = wake,
		.log = log_line,
	};
	trb->seen.ops = &tare__trb_ops;
	open_and_call(crew);
	tare__trb_close(trb);
	trb->world = (struct tare__trb_world){ .cookie = NULL };
	tare__trb_proclaim(crew);
	return crew->broken ? TARE_E_STALL : 0;
}
