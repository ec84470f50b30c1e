/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cases one after the other, or some at a time: planned, run in processes of
 * their own, judged, recorded.  This side has one thread; it starts a case
 * where a slot is free and judges each as it ends.  The tables are bound before the first process is made, so that
 * the libraries behind them are mapped objects of every child from its start.
 */
#include <tare/engine.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/clock.h>
#include <tare/machine.h>
#include <tare/object.h>
#include <tare/status.h>

#include "case.h"
#include "isolate.h"
#include "attempt.h"
#include "judge.h"

#define GRACE_MS 1000u

/* A case on its way. */
struct slot {
	size_t index;
	struct tare_case_plan plan;
	struct tare_errand errand;
	struct tare_end end;
	bool busy;
	uint64_t microseconds; /* of the processes of a sweep that are over */
};

struct engine {
	struct tare_resolved resolved;
	struct tare_isolate *isolate;
	struct tare_tables tables;
	int bound;              /* how binding the cann table went */
	char bind_error[256];
	struct tare_recorder *recorder;
	const struct tare_run_events *events;
	const struct tare_case_ref *list;
	struct tare_run_summary *summary;
	struct slot slots[TARE_ISOLATE_SLOTS];
	uint32_t slot_count, busy;
	bool stopped;           /* interrupted: nothing more is started, what runs is ended */
	struct tare_trial trial;
	struct tare_memcheck memcheck;
	struct tare_outcome outcome;
	struct tare_record_reading readings[TARE__READINGS];
};

static void keep_error(void *cookie, enum tare_log_level level, const char *line)
{
	struct engine *engine = cookie;

	if (level == TARE_LOG_ERROR)
		snprintf(engine->bind_error, sizeof engine->bind_error, "%s", line);
}

static int needs_cann(const struct tare_case_ref *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].cell.platform == TARE_PLATFORM_ONBOARD)
			return 1;
	return 0;
}

/* The cases find a wrong environment, and say so. */
static bool wants_full_reset(const struct tare_run_options *options)
{
	struct tare_machine_setup setup;
	char error[256];

	return options->driver == TARE_DRIVER_MACHINE &&
		tare_machine_setup_read(&setup, error, sizeof error) == TARE_OK && setup.reset == TARE_RESET_FULL;
}

static int open_engine(struct engine **engine, const struct tare_run_options *options, const struct tare_case_ref *list,
	size_t count)
{
	struct engine *one = calloc(1, sizeof *one);

	if (!one)
		return TARE_E_MEMORY;
	int status = tare__options_resolve(options, &one->resolved);
	if (status == TARE_OK)
		status = tare_isolate_open(&one->isolate, one->resolved.options.jobs);
	if (status != TARE_OK) {
		free(one);
		return status;
	}
	one->resolved.options.full_reset = wants_full_reset(options);
	struct tare_log log = { keep_error, one, TARE_LOG_ERROR };
	tare_host_bind(&one->tables.host);
	if (needs_cann(list, count))
		one->bound = tare_cann_bind(&one->tables.cann, options->driver, &log);
	one->slot_count = one->resolved.options.jobs;
	if (!options->here && one->bound == TARE_OK)
		tare__warm_up(one->isolate, &one->resolved.options, &one->tables, list[0].cell);
	*engine = one;
	return TARE_OK;
}

static void close_engine(struct engine *engine)
{
	tare_isolate_close(&engine->isolate);
	free(engine);
}

static void say_without_running(struct engine *engine, const struct tare_case_ref *ref, enum tare_verdict verdict,
	const char *type, const char *message)
{
	struct tare_outcome *outcome = &engine->outcome;
	char name[TARE_CASE_TEXT];

	*outcome = (struct tare_outcome){ .verdict = verdict, .raw = verdict };
	snprintf(outcome->type, sizeof outcome->type, "%s", type);
	snprintf(outcome->message, sizeof outcome->message, "%s", message);
	snprintf(outcome->body, sizeof outcome->body, "%s  %s\n      %s\n", tare_verdict_name(verdict),
		tare_case_text(ref, name), message);
}

/* True when the case can be run; otherwise the outcome says why it was not. */
static bool plan_case(struct engine *engine, const struct tare_case_ref *ref, struct tare_case_plan *plan)
{
	const struct tare_run_options *options = &engine->resolved.options;
	const char *left_out = tare__left_out(options, ref->spec);

	*plan = (struct tare_case_plan){
		.ref = ref, .options = options, .tables = &engine->tables,
		.launches = tare__options_launches(options, ref->spec),
	};
	if (left_out) {
		say_without_running(engine, ref, TARE_SKIP, "Skip.Build", left_out);
		return false;
	}
	if (tare__is_swept(options, ref->spec) && ref->spec->expect != TARE_PASS) {
		say_without_running(engine, ref, TARE_BROKEN, "Broken.Faults", "a case that shall be caught can't be swept");
		return false;
	}
	if (options->target) {
		tare_target_foreign(options->target, &plan->target);
	} else if (tare_target_embedded(ref->cell, options->driver, &plan->target) != TARE_OK) {
		say_without_running(engine, ref, TARE_BROKEN, "Broken.Target", "this build has no such cell");
		return false;
	}
	if (ref->cell.platform == TARE_PLATFORM_ONBOARD && engine->bound != TARE_OK) {
		say_without_running(engine, ref, TARE_BROKEN, "Broken.Driver", engine->bind_error);
		return false;
	}
	return true;
}

static void judge_case(struct engine *engine, unsigned number)
{
	const struct slot *slot = &engine->slots[number];
	struct tare_trial *trial = &engine->trial;

	engine->outcome = (struct tare_outcome){ .readings = engine->readings };
	trial->ref = slot->plan.ref;
	trial->options = slot->plan.options;
	trial->target = &slot->plan.target;
	trial->board = tare_isolate_board(engine->isolate, number);
	trial->end = &slot->end;
	trial->launches = slot->plan.launches;
	tare__memcheck_read(trial, &engine->memcheck);
	if (tare__is_swept(slot->plan.options, slot->plan.ref->spec))
		tare__sweep_judge(trial, tare_isolate_board(engine->isolate, number), &engine->outcome);
	else
		tare__trial_judge(trial, &engine->outcome);
	engine->outcome.microseconds += slot->microseconds;
	engine->outcome.page = &trial->board->page;
	engine->outcome.reading_count = tare__readings_of(&trial->board->page, engine->readings, TARE__READINGS);
}

static int record_case(struct engine *engine, size_t index)
{
	const struct tare_outcome *outcome = &engine->outcome;
	bool passed = outcome->verdict == TARE_PASS;
	struct tare_record_outcome record = {
		.verdict = tare_verdict_name(outcome->verdict), .attempt = 1, .microseconds = outcome->microseconds,
		.levels = { outcome->levels_judged, outcome->levels_broken },
		.type = passed ? NULL : outcome->type, .message = passed ? NULL : outcome->message,
		.body = passed ? NULL : outcome->body, .log = outcome->log[0] ? outcome->log : NULL,
		.known = outcome->known[0] ? outcome->known : NULL, .sweep = outcome->sweep,
		.readings = outcome->readings, .reading_count = outcome->reading_count,
	};

	return engine->recorder ? tare_recorder_ended(engine->recorder, index, &record) : TARE_OK;
}

static bool is_interrupted(const struct engine *engine)
{
	const struct tare_run_events *events = engine->events;

	return events && events->interrupted && events->interrupted(events->cookie);
}

/* What this build can't run is said in the report and is no verdict over the runtime. */
static void count_case(struct engine *engine, const struct tare_case_ref *ref)
{
	if (tare__left_out(&engine->resolved.options, ref->spec))
		return;
	if (engine->outcome.known[0])
		engine->summary->known++;
	else
		engine->summary->count[engine->outcome.verdict]++;
	engine->summary->not_run--;
}

static int say_case(struct engine *engine, size_t index)
{
	const struct tare_run_events *events = engine->events;

	tare__baseline_apply(&engine->resolved.options, &engine->list[index], &engine->outcome);
	int status = record_case(engine, index);

	if (events && events->ended)
		events->ended(events->cookie, index, &engine->list[index], &engine->outcome);
	if (status == TARE_OK)
		count_case(engine, &engine->list[index]);
	return status;
}

static void say_swept(struct engine *engine, const struct slot *slot, const struct tare_sweep *sweep)
{
	const struct tare_run_events *events = engine->events;
	struct tare_sweep_tally tally = tare__points_tally(sweep);

	if (events && events->swept)
		events->swept(events->cookie, slot->index, slot->plan.ref, &tally);
}

/* A process of a sweep is over; the points that it left go on in another. */
static bool goes_on(struct engine *engine, unsigned number)
{
	struct slot *slot = &engine->slots[number];
	struct tare_board *board = tare_isolate_board(engine->isolate, number);

	if (!tare__is_swept(slot->plan.options, slot->plan.ref->spec) || slot->end.ending == TARE_ENDED_INTERRUPTED ||
	    slot->end.ending == TARE_NOT_STARTED)
		return false;
	struct tare_trial trial = { .ref = slot->plan.ref, .options = slot->plan.options, .target = &slot->plan.target,
		.board = board, .end = &slot->end };
	bool more = tare__sweep_ended(&trial, board) && !engine->stopped && !slot->plan.options->here;
	say_swept(engine, slot, tare__sweep_of(board));
	if (!more)
		return false;
	slot->microseconds += slot->end.microseconds;
	tare_isolate_start(engine->isolate, number, &slot->errand, &slot->end);
	return true;
}

static int finish_case(struct engine *engine, unsigned number)
{
	struct slot *slot = &engine->slots[number];

	if (goes_on(engine, number))
		return TARE_OK;
	slot->busy = false;
	engine->busy--;
	/* A case that we ended ourselves has no verdict: in the record it was started and has not ended. */
	if (slot->end.ending == TARE_ENDED_INTERRUPTED) {
		engine->stopped = true;
		return TARE_OK;
	}
	judge_case(engine, number);
	return say_case(engine, slot->index);
}

static unsigned free_slot(const struct engine *engine)
{
	unsigned number = 0;

	while (engine->slots[number].busy)
		number++;
	return number;
}

static void set_out(struct engine *engine, struct slot *slot)
{
	const struct tare_run_options *options = slot->plan.options;

	bool swept = tare__is_swept(options, slot->plan.ref->spec);

	slot->busy = true;
	slot->microseconds = 0;
	engine->busy++;
	slot->errand = (struct tare_errand){
		.run = swept ? tare__sweep_run : tare__case_run, .cookie = &slot->plan, .grace_ms = GRACE_MS,
		.keep = options->keep, .steps = swept,
		.deadline_ms = tare__options_deadline_ms(options, slot->plan.ref->spec),
		.interrupted = engine->events ? engine->events->interrupted : NULL,
		.interrupted_cookie = engine->events ? engine->events->cookie : NULL,
	};
}

static int begin_case(struct engine *engine, size_t index)
{
	const struct tare_case_ref *ref = &engine->list[index];
	const struct tare_run_events *events = engine->events;
	unsigned number = free_slot(engine);
	struct slot *slot = &engine->slots[number];
	int status = engine->recorder ? tare_recorder_started(engine->recorder, index, 1) : TARE_OK;

	if (status != TARE_OK)
		return status;
	if (events && events->started)
		events->started(events->cookie, index, ref);
	if (!plan_case(engine, ref, &slot->plan))
		return say_case(engine, index);
	slot->index = index;
	if (tare__is_swept(slot->plan.options, slot->plan.ref->spec))
		tare__sweep_wipe(tare__sweep_of(tare_isolate_board(engine->isolate, number)), slot->plan.options);
	set_out(engine, slot);
	if (!slot->plan.options->here) {
		tare_isolate_start(engine->isolate, number, &slot->errand, &slot->end);
		return TARE_OK;
	}
	tare_isolate_here(engine->isolate, &slot->errand, &slot->end);
	return finish_case(engine, number);
}

/* What was started is waited for also after an error: nothing of ours is left running. */
static int run_all(struct engine *engine, size_t count)
{
	int status = TARE_OK;
	size_t next = 0;

	for (;;) {
		bool room = next < count && engine->busy < engine->slot_count;
		engine->stopped = engine->stopped || status != TARE_OK || (room && is_interrupted(engine));
		if (room && !engine->stopped) {
			status = begin_case(engine, next++);
			continue;
		}
		if (engine->busy == 0)
			return status;
		int finished = finish_case(engine, tare_isolate_wait(engine->isolate));
		if (status == TARE_OK)
			status = finished;
	}
}

int tare_engine_run(const struct tare_case_ref *list, size_t count, const struct tare_run_options *options,
	struct tare_recorder *recorder, const struct tare_run_events *events, struct tare_run_summary *summary)
{
	uint64_t start = tare_clock_ns();
	struct engine *engine = NULL;

	*summary = (struct tare_run_summary){ .not_run = count, .foreign = options->target != NULL };
	if (count == 0 || (options->here && count != 1))
		return TARE_E_ARGUMENT;
	int status = open_engine(&engine, options, list, count);
	if (status != TARE_OK)
		return status;
	engine->recorder = recorder;
	engine->events = events;
	engine->list = list;
	engine->summary = summary;
	status = run_all(engine, count);
	close_engine(engine);
	summary->microseconds = (tare_clock_ns() - start) / 1000u;
	return status;
}
