/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child's main for a sweep: runs without faults until the points are
 * known, then one run for each point, all in this process.
 *
 * The first run in a process makes calls that no later one makes (the AICPU
 * object goes into a store that remembers it), so it is the third that is
 * compared with the second.  Points among the calls of the first run alone are
 * cold: each of them is the first run of a process of its own.
 */
#include "attempt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

#include "isolate.h"
#include "judge.h"

static void begin_run(struct tare_case *c, enum tare__sweep_mode mode)
{
	struct tare_sweeper *sweeper = c->sweeper;
	struct tare__look start;

	atomic_fetch_add(&c->board->progress, 1);
	atomic_store(&c->board->state, TARE_BOARD_RUNNING);
	tare__callables_free(c);
	tare__copies_free(c);
	if (c->plan->ref->cell.graph == TARE_GRAPH_TRB)
		tare_capacity(c, 0, 0, 0); /* a run that ended early left its own */
	tare_fault_clear(c->fault);
	c->current = 0;
	c->image = "aicore";
	memset(c->objects, 0, sizeof c->objects);
	sweeper->mode = mode;
	sweeper->place = 0;
	sweeper->judged = sweeper->made_good = sweeper->again = false;
	memset(sweeper->strikes, 0, sizeof sweeper->strikes);
	memset(&sweeper->start, 0, sizeof sweeper->start);
	tare__look_take(c, &start);
	sweeper->start = start;
	tare_fault_restart(c->fault);
}

/* The when and its ordinary close. True: neither ended early. */
static bool run_whole(struct tare_case *c)
{
	bool whole = tare__case_protected(c, c->plan->ref->spec->when);

	return tare__case_close(c) && whole;
}

/*
 * A device that dies takes its blocks along, and nobody is to blame; so does one that is given up because a wait failed,
 * or because after the answer of a dead one to another call it gave the same to a stream: that question is the pair's
 * second fault in finalize, and only tensormap_and_ringbuffer, which closes what is open there, asks it behind a fault.
 */
static bool may_have_died(const struct tare_sweeper *sweeper)
{
	const struct tare_sweep *sweep = sweeper->sweep;

	for (uint32_t i = 0; i < sweep->place_count[sweeper->cold] && i < TARE__SWEEP_PLACES; i++)
		if (sweep->places[sweeper->cold][i].after.dead)
			return true;
	for (unsigned i = 0; i < 2; i++)
		if (sweeper->strikes[i].fired && sweeper->strikes[i].call == TARE_CALL_aclrtSynchronizeStreamWithTimeout)
			return true;
	if (sweeper->strikes[1].fired && sweeper->strikes[1].call == TARE_CALL_rtStreamCreate)
		return true;
	return sweeper->again || (sweeper->point != TARE__NO_POINT && sweep->points[sweeper->point].wishes[0].kind & TARE__DEADLY);
}

/* What is held when all is closed: nothing but what was refused, and after our own settling not even that. */
static void weigh(struct tare_case *c)
{
	static const struct tare__look nothing;
	struct tare__look end;
	struct tare__difference difference;
	struct tare__slack slack;

	tare__look_take(c, &end);
	tare__slack_take(c, &slack);
	if (tare__look_differs(&end, &nothing, &nothing, &slack, &difference))
		tare__sweep_wrong(c, TARE_LEAK, difference.type, "after the close: %s", difference.sentence);
	if (end.torn_down > 0 && !slack.machine && !may_have_died(c->sweeper))
		tare__sweep_wrong(c, TARE_LEAK, "Leak.Sweep.DeviceBlocks", "after the close: the device went down with %" PRIu64
			" blocks", end.torn_down);
	tare__sweep_settle(c);
	slack = (struct tare__slack){ 0 };
	tare__look_take(c, &end);
	if (tare__look_differs(&end, &nothing, &nothing, &slack, &difference))
		tare__sweep_wrong(c, TARE_LEAK, difference.type, "after all that was refused had been given back: %s",
			difference.sentence);
}

/* Only what is more: a process may lose what it had. */
static void weigh_process(struct tare_case *c)
{
	int64_t now[TARE_ACCOUNTS] = { 0 };
	char type[48];

	tare_process_read(now, false);
	for (unsigned i = 0; i < TARE_ACCOUNTS; i++) {
		enum tare_account account = (enum tare_account)i;
		if (tare_account_reader(account) != TARE_READER_PROCESS || now[i] <= c->sweeper->process[i])
			continue;
		tare__type_text(type, sizeof type, "Leak.Sweep", tare_account_name(account));
		tare__sweep_wrong(c, TARE_LEAK, type, "in the process, after the close: %s: %" PRId64 ", wanted %" PRId64,
			tare_account_words(account), now[i], c->sweeper->process[i]);
		c->sweeper->process[i] = now[i];
	}
}

/* -- without faults ------------------------------------------------------------------ */

static uint32_t watch_run(struct tare_case *c, struct tare_fault_point *calls, bool cold)
{
	struct tare_sweeper *sweeper = c->sweeper;

	sweeper->cold = cold;
	begin_run(c, TARE__WATCH);
	tare_fault_watch(c->fault, calls, TARE__SWEEP_CALLS);
	bool whole = run_whole(c);
	uint32_t count = tare_fault_calls(c->fault);
	tare_fault_watch(c->fault, NULL, 0);
	weigh(c);
	sweeper->cold = false;
	return whole && atomic_load(&c->board->failure_count) == 0 ? count : 0;
}

static bool warm_up(struct tare_case *c)
{
	begin_run(c, TARE__PLAIN);
	bool whole = run_whole(c);

	weigh(c);
	tare_process_read(c->sweeper->process, false);
	return whole;
}

static bool is_well(const struct tare_case *c)
{
	return atomic_load(&c->board->failure_count) == 0 && atomic_load(&c->sweeper->sweep->failure_count) == 0;
}

static bool list(struct tare_case *c)
{
	struct tare_sweep *sweep = c->sweeper->sweep;
	struct tare_fault_point *again = calloc(TARE__SWEEP_CALLS, sizeof *again);
	uint32_t again_count = 0;

	if (!again)
		return false;
	sweep->cold_count = watch_run(c, sweep->cold_calls, true);
	memset(sweep->cold_process, 0, sizeof sweep->cold_process);
	tare_process_read(sweep->cold_process, false);
	if (is_well(c))
		sweep->call_count = watch_run(c, sweep->calls, false);
	if (is_well(c))
		again_count = watch_run(c, again, false);
	tare_process_read(c->sweeper->process, false);
	if (is_well(c) && sweep->place_count[0] <= TARE__SWEEP_PLACES && sweep->place_count[1] <= TARE__SWEEP_PLACES)
		tare__points_list(sweep, again, again_count, c->plan->options->budget);
	else if (is_well(c))
		tare__sweep_wrong(c, TARE_BROKEN, "Broken.Sweep", "the case makes more than %d operations", TARE__SWEEP_PLACES);
	free(again);
	return atomic_load(&sweep->listed) != 0;
}

/* -- one point -------------------------------------------------------------------------- */

/* Pairs come from the roll-back of a plain error. */
static void watch_for_pairs(struct tare_case *c, const struct tare__sweep_point *point)
{
	struct tare_sweeper *sweeper = c->sweeper;
	const struct tare_fault_wish *wish = &point->wishes[0];

	free(sweeper->scratch);
	sweeper->scratch = NULL;
	if (!c->plan->options->pairs || sweeper->sweep->replay || point->count > 1 || wish->kind != TARE_FAULT_ERROR ||
	    wish->code != 0 || wish->from_then_on)
		return;
	sweeper->scratch = calloc(TARE__SWEEP_CALLS, sizeof *sweeper->scratch);
	if (sweeper->scratch)
		tare_fault_watch(c->fault, sweeper->scratch, TARE__SWEEP_CALLS);
}

static void arm(struct tare_case *c, const struct tare__sweep_point *point)
{
	for (unsigned i = 0; i < point->count; i++) {
		int status = tare_fault_arm(c->fault, &point->wishes[i]);
		if (status != TARE_OK && point->wishes[i].kind & TARE__DEADLY)
			tare__sweep_wrong(c, TARE_BROKEN, "Broken.Sweep", "late, hang and poison befall a card of ours, and this cell "
				"has none: call %" PRIu32 " can't fail in that way", point->wishes[i].number);
		else if (status != TARE_OK)
			tare__sweep_wrong(c, TARE_BROKEN, "Broken.Sweep", "that fault can't be made: %s", tare_status_sentence(status));
	}
}

static void say_why_not_fired(struct tare_case *c, const struct tare__sweep_point *point)
{
	for (unsigned i = 0; i < point->count; i++) {
		const struct tare_fault_strike *strike =
			c->sweeper->judged ? &c->sweeper->strikes[i] : tare_fault_struck(c->fault, i);
		uint32_t number = point->wishes[i].number;
		if (strike->fired)
			continue;
		if (strike->strayed)
			tare__sweep_wrong(c, TARE_BROKEN, "Broken.Sweep",
				"call %" PRIu32 " is %s here: that is not what was listed, or can't fail in that way", number,
				tare_call_info((enum tare_call_id)strike->call)->name);
		else
			tare__sweep_wrong(c, TARE_BROKEN, "Broken.Sweep", "call %" PRIu32 " was not made: there were %" PRIu32, number,
				tare_fault_calls(c->fault));
		return;
	}
}

/* The device had died: the same case once more, from its start and without a fault. */
static void run_again(struct tare_case *c)
{
	snprintf(c->sweeper->sweep->doing, sizeof c->sweeper->sweep->doing, "the case again, after the device was revived");
	begin_run(c, TARE__PLAIN);
	run_whole(c);
	weigh(c);
}

static void run_point(struct tare_case *c, uint32_t number, bool cold)
{
	struct tare_sweeper *sweeper = c->sweeper;
	struct tare__sweep_point *point = &sweeper->sweep->points[number];

	sweeper->point = number;
	sweeper->cold = cold;
	atomic_fetch_or(&point->done, TARE__BEGUN);
	atomic_store(&sweeper->sweep->current, number + 1);
	begin_run(c, TARE__FAULT);
	watch_for_pairs(c, point);
	arm(c, point);
	run_whole(c);
	say_why_not_fired(c, point);
	tare_fault_watch(c->fault, NULL, 0);
	/* What lies on a device that nothing can revive goes with the process: nobody weighs it, and nobody has lost it. */
	if (sweeper->sweep->wants_fresh) {
		tare__sweep_settle(c);
		return;
	}
	weigh(c);
	if (sweeper->again)
		run_again(c);
	weigh_process(c);
	uint32_t done = atomic_load(&point->done);
	if (done & TARE__FIRED && !(done & TARE__BAD))
		atomic_fetch_or(&point->done, TARE__RETRIED);
	atomic_fetch_or(&point->done, TARE__OVER);
	atomic_store(&sweeper->sweep->current, 0);
	sweeper->point = TARE__NO_POINT;
}

/* The process before this one could not revive its device: that the case runs here is the retry. */
static void retry_fresh(struct tare_case *c)
{
	struct tare_sweep *sweep = c->sweeper->sweep;
	struct tare__sweep_point *point = &sweep->points[atomic_load(&sweep->current) - 1];

	c->sweeper->point = atomic_load(&sweep->current) - 1;
	sweep->wants_fresh = false;
	if (warm_up(c) && !(atomic_load(&point->done) & TARE__BAD))
		atomic_fetch_or(&point->done, TARE__RETRIED);
	atomic_fetch_or(&point->done, TARE__FRESH | TARE__OVER);
	atomic_store(&sweep->current, 0);
	c->sweeper->point = TARE__NO_POINT;
}

/* -- all of them ------------------------------------------------------------------------- */

static void sweep_warm(struct tare_case *c)
{
	struct tare_sweep *sweep = c->sweeper->sweep;
	uint32_t next;

	while (!sweep->wants_fresh && (next = tare__points_next(sweep, false)) != TARE__NO_POINT)
		run_point(c, next, false);
}

static void sweep_cold(struct tare_case *c, uint32_t point)
{
	memcpy(c->sweeper->process, c->sweeper->sweep->cold_process, sizeof c->sweeper->process);
	run_point(c, point, true);
}

static void replay(struct tare_case *c)
{
	struct tare_sweep *sweep = c->sweeper->sweep;
	bool cold = sweep->points[0].cold;

	/* What an operation holds when nothing fails has to be seen first, but for a call that only a first run makes. */
	for (unsigned i = 0; i < TARE_ACCOUNTS; i++)
		c->sweeper->process[i] = INT64_MAX; /* unknown what a first run leaves to the process */
	if (!cold) {
		warm_up(c);
		watch_run(c, sweep->calls, false);
		tare_process_read(c->sweeper->process, false);
	}
	if (is_well(c))
		run_point(c, 0, cold);
}

static void sweep_here(struct tare_case *c)
{
	struct tare_sweep *sweep = c->sweeper->sweep;

	sweep->processes++;
	if (sweep->replay) {
		replay(c);
		return;
	}
	if (!atomic_load(&sweep->listed)) {
		if (list(c))
			sweep_warm(c);
		return;
	}
	if (sweep->wants_fresh)
		retry_fresh(c);
	else if (tare__points_next(sweep, false) == TARE__NO_POINT)
		sweep_cold(c, tare__points_next(sweep, true));
	else if (warm_up(c))
		sweep_warm(c);
}

static void open_sweep(struct tare_case *c)
{
	if (!c->ext)
		tare__case_needs_tap(c, "a sweep of faults");
	c->sweeper->below = *c->plan->tables;
	tare__case_open(c);
	tare_fault_machine(c->fault, c->target.machine && c->plan->ref->cell.platform == TARE_PLATFORM_ONBOARD);
}

void tare__sweep_run(void *cookie, struct tare_board *board)
{
	struct tare_case *c = tare__case_create(cookie, board);
	struct tare_sweeper *sweeper = calloc(1, sizeof *sweeper);

	tare_must(sweeper != NULL);
	sweeper->sweep = tare__sweep_of(board);
	sweeper->point = TARE__NO_POINT;
	c->sweeper = sweeper;
	if (tare__case_protected(c, open_sweep))
		sweep_here(c);
	if (c->target.file)
		tare_isolate_note_maps(board);
	tare__case_release(c);
	free(sweeper->scratch);
	free(sweeper);
	atomic_store(&board->state, TARE_BOARD_FINISHED);
}
