/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fault must not do to an operation.
 *
 * A driver call that is declared to fail its operation must come out as an
 * error; one that is tolerated must not.  What was taken on the way must be
 * back, with one exception for each kind of operation that says why:
 *
 *   launch  may keep what a successful launch would have kept (buffers that
 *           grew, an image that was registered): between before and that
 *   giving  unregister, free, finalize, destroy: may have given back a part
 *   arena   all three regions are gone, also those of an earlier set-up
 *
 * A launch of tensormap_and_ringbuffer sets up its arenas itself, so it may also
 * end as an arena does.  And it gives back what earlier launches had staged
 * their tensors in when there is no room for a region, and tries once more:
 * then the call that failed was made again and worked, and the launch must be
 * like one in which nothing had failed.
 *
 * Then the same operation is made again, without the fault, and must end as it
 * ended in the run without faults, with exactly what that run held.
 */
#include "attempt.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

#define ARENA_SLACK 512u /* that a runner may add to each region for its alignment */

void tare__sweep_wrong(struct tare_case *c, enum tare_verdict verdict, const char *type, const char *format, ...)
{
	struct tare_sweeper *sweeper = c->sweeper;
	char sentence[480];
	va_list list;

	va_start(list, format);
	vsnprintf(sentence, sizeof sentence, format, list);
	va_end(list);
	if (sweeper->point != TARE__NO_POINT) {
		/* The first thing that is wrong with a point is the cause; what comes behind it is its shadow. */
		if (atomic_fetch_or(&sweeper->sweep->points[sweeper->point].done, TARE__BAD) & TARE__BAD)
			return;
	}
	tare__sweep_failed(sweeper->sweep, sweeper->point, (uint32_t)verdict, type, sentence);
}

static struct tare__sweep_point *point_of(const struct tare_sweeper *sweeper)
{
	return &sweeper->sweep->points[sweeper->point];
}

static struct tare__place *place_of(struct tare_sweeper *sweeper)
{
	uint32_t place = sweeper->place < TARE__SWEEP_PLACES ? sweeper->place : TARE__SWEEP_PLACES - 1;

	return &sweeper->sweep->places[sweeper->cold][place];
}

/* A function of its own, so that the frames above a driver call are the same in every run. */
__attribute__((noinline)) static int act(struct tare_case *c, const struct tare__attempt *attempt)
{
	tare__case_enter(c, attempt->phase);
	/* Its kind and not its number: two launches by the same line are one path. */
	tare_fault_place(c->fault, (uint32_t)attempt->phase);
	int code = attempt->act(c, attempt->cookie);
	tare__case_leave(c);
	return code;
}

static void note_end(struct tare_case *c, int code)
{
	struct tare_sweeper *sweeper = c->sweeper;
	struct tare__place *place = place_of(sweeper);

	place->code = code;
	tare__look_take(c, &place->after);
	sweeper->sweep->place_count[sweeper->cold] = sweeper->place + 1;
}

/* -- what came out -------------------------------------------------------------------- */

static bool is_tolerated(const struct tare_sweeper *sweeper)
{
	if (sweeper->made_good)
		return true;
	for (unsigned i = 0; i < point_of(sweeper)->count; i++)
		if (sweeper->strikes[i].fired && tare_call_info((enum tare_call_id)sweeper->strikes[i].call)->fails)
			return false;
	return true;
}

static bool is_block(const struct tare_call_record *record, enum tare_rule rule)
{
	return record->account == TARE_ACCOUNT_DEVICE_BLOCKS &&
	       tare_call_info((enum tare_call_id)record->call)->rule == rule;
}

/* A block was refused, some block went back, and then one was had: in this order, by the calls of this operation. */
static bool was_made_good(struct tare_case *c, uint64_t calls_before)
{
	const struct tare_ledger_page *page = &c->board->page;
	const struct tare_fault_strike *strike = &c->sweeper->strikes[0];
	enum { REFUSED, GIVEN, HAD } next = REFUSED;

	if (strike->rule != TARE_RULE_TAKES || page->call_count - calls_before > TARE_RING)
		return false;
	for (uint64_t n = calls_before; n < page->call_count; n++) {
		const struct tare_call_record *record = &page->ring[n % TARE_RING];
		bool worked = record->result == 0 && record->key != 0;

		if (next == REFUSED && record->call == strike->call && !worked)
			next = GIVEN;
		else if (next == GIVEN && is_block(record, TARE_RULE_GIVES) && worked)
			next = HAD;
		else if (next == HAD && record->call == strike->call && worked)
			return true;
	}
	return false;
}

/* A negative code is the runtime's own and has a name; a positive one is what some call of the driver gave just now. */
static bool is_documented(struct tare_case *c, int code, uint64_t calls_before)
{
	const struct tare_ledger_page *page = &c->board->page;
	uint64_t oldest = page->call_count > TARE_RING ? page->call_count - TARE_RING : 0;

	if (code < 0)
		return strcmp(tare_status_name(code), "unknown") != 0 || code == -1 || code == -5 || code == -100;
	for (uint64_t n = calls_before > oldest ? calls_before : oldest; n < page->call_count; n++)
		if (page->ring[n % TARE_RING].result == code)
			return true;
	return false;
}

static void judge_code(struct tare_case *c, const struct tare__attempt *attempt, int code, uint64_t calls_before)
{
	if (attempt->ways & TARE__SILENT)
		return;
	if (code == 0)
		tare__sweep_wrong(c, TARE_FAIL, "Fail.Sweep.Success", "%s returned 0, and a call that it made had failed",
			attempt->what);
	else if (!is_documented(c, code, calls_before))
		tare__sweep_wrong(c, TARE_FAIL, "Fail.Sweep.Code", "%s returned %d, which is no code of its own nor of a call that "
			"it made", attempt->what, code);
}

/* -- what is left ----------------------------------------------------------------------- */

static void widen(struct tare__look *low, struct tare__look *high, const struct tare__look *other)
{
	for (unsigned i = 0; i < TARE__LOOKED; i++) {
		if (other->value[i] < low->value[i])
			low->value[i] = other->value[i];
		if (other->value[i] > high->value[i])
			high->value[i] = other->value[i];
	}
}

/* At least `fewest` blocks and at most `most` of them are gone, `bytes` in all. */
static void without_blocks(int64_t fewest, int64_t most, int64_t bytes, struct tare__look *low, struct tare__look *high)
{
	static const unsigned counted[] = { TARE_ACCOUNT_DEVICE_BLOCKS, TARE__LOOK_MACHINE_BLOCKS, TARE__LOOK_BLOCKS };
	static const unsigned weighed[] = { TARE_ACCOUNT_DEVICE_BYTES, TARE_ACCOUNT_RUNNER_BYTES, TARE_ACCOUNT_DRIVER_BYTES };

	for (size_t i = 0; i < TARE_COUNT(counted); i++) {
		low->value[counted[i]] -= most;
		high->value[counted[i]] -= fewest;
	}
	for (size_t i = 0; i < TARE_COUNT(weighed); i++) {
		low->value[weighed[i]] -= bytes + most * (int64_t)(2 * ARENA_SLACK);
		high->value[weighed[i]] -= bytes;
	}
}

static int64_t count_arenas(const struct tare_dump *dump, int64_t *bytes)
{
	int64_t count = 0;

	*bytes = 0;
	for (unsigned i = 0; i < 3; i++) {
		count += dump->arena_bytes[i] != 0;
		*bytes += (int64_t)dump->arena_bytes[i];
	}
	return count;
}

static void without_arenas(const struct tare_dump *dump, struct tare__look *low, struct tare__look *high)
{
	int64_t bytes, count = count_arenas(dump, &bytes);

	low->value[TARE_ACCOUNT_ARENA_BYTES] = high->value[TARE_ACCOUNT_ARENA_BYTES] = 0;
	without_blocks(count, count, bytes, low, high);
}

/* What launches had kept in buffers went back to make room. */
static void without_buffers(const struct tare_dump *before, const struct tare_dump *now, struct tare__look *low,
	struct tare__look *high)
{
	int64_t given = (int64_t)before->launch_buffer_bytes - (int64_t)now->launch_buffer_bytes;

	if (given <= 0)
		return;
	low->value[TARE_ACCOUNT_LAUNCH_BUFFER_BYTES] -= given;
	high->value[TARE_ACCOUNT_LAUNCH_BUFFER_BYTES] -= given;
	without_blocks(1, given / (int64_t)ARENA_SLACK, given, low, high);
}

/*
 * A launch that had arenas and could not have larger ones has none; before it came to that, or to a failure behind it,
 * it may have made room.
 */
static void of_launch(struct tare_case *c, const struct tare_dump *before, uint64_t calls_before, struct tare__look *low,
	struct tare__look *high)
{
	struct tare_dump now = { 0 };
	bool gone;
	int64_t bytes;

	if (c->contexts[c->current].state != TARE_CONTEXT_NONE)
		c->ext->dump(c->contexts[c->current].handle, &now);
	gone = count_arenas(before, &bytes) > 0 && count_arenas(&now, &bytes) == 0;
	if (gone)
		without_arenas(before, low, high);
	else
		widen(low, high, &place_of(c->sweeper)->after);
	if (gone || was_made_good(c, calls_before))
		without_buffers(before, &now, low, high);
}

static void judge_state(struct tare_case *c, const struct tare__attempt *attempt, const struct tare__look *before,
	const struct tare_dump *dump, uint64_t calls_before)
{
	const struct tare__look *wanted = &place_of(c->sweeper)->after;
	struct tare__look now, low = *before, high = *before;
	struct tare__difference difference;
	struct tare__slack slack;

	if (is_tolerated(c->sweeper))
		low = high = *wanted;
	else if (attempt->phase == TARE_PHASE_ARENA)
		without_arenas(dump, &low, &high);
	else if (attempt->phase == TARE_PHASE_LAUNCH)
		of_launch(c, dump, calls_before, &low, &high);
	else if (attempt->ways & TARE__GIVES)
		widen(&low, &high, wanted);
	tare__look_take(c, &now);
	tare__slack_take(c, &slack);
	if (tare__look_differs(&now, &low, &high, &slack, &difference))
		tare__sweep_wrong(c, strncmp(difference.type, "Leak", 4) == 0 ? TARE_LEAK : TARE_FAIL, difference.type,
			"after %s had failed: %s", attempt->what, difference.sentence);
}

/* -- again ------------------------------------------------------------------------------- */

/* What was done although an error was told cannot be done again: the machine's account decides, and nobody repeats it. */
static bool was_done_after_all(const struct tare_sweeper *sweeper)
{
	const struct tare_fault_strike *strike = &sweeper->strikes[0];

	return point_of(sweeper)->wishes[0].kind == TARE_FAULT_AFTER_EFFECT &&
	       (strike->rule == TARE_RULE_GIVES || strike->rule == TARE_RULE_ENDS);
}

static bool was_dead(struct tare_sweeper *sweeper)
{
	const struct tare__look *after = &place_of(sweeper)->after;

	return after->dead || after->value[TARE__LOOK_POISONED] > 0;
}

static int retry(struct tare_case *c, const struct tare__attempt *attempt)
{
	const struct tare__place *place = place_of(c->sweeper);
	struct tare__look now;
	struct tare__difference difference;
	struct tare__slack slack;
	int code = place->code;

	if (tare__sweep_is_lost(c))
		tare__sweep_revive(c);
	if (tare__sweep_is_dead(c)) {
		/* Where the run without faults had killed it here too, that is the case's business, and it goes on. */
		if (was_dead(c->sweeper))
			return code;
		tare__sweep_revive(c);
	}
	if (!(attempt->ways & TARE__ONCE) && !(attempt->ways & TARE__GIVES && was_done_after_all(c->sweeper)))
		code = act(c, attempt);
	if (code != place->code) {
		tare__sweep_wrong(c, TARE_FAIL, "Fail.Sweep.Retry", "%s, again and without the fault, returned %d (%s)%s%s", attempt->what,
			code, tare_status_name(code), c->last_error[0] ? ": " : "", c->last_error);
		return code;
	}
	/* A point of a first run that is replayed has no run without faults before it. */
	if (c->sweeper->place >= c->sweeper->sweep->place_count[c->sweeper->cold])
		return code;
	tare__look_take(c, &now);
	tare__slack_take(c, &slack);
	if (tare__look_differs(&now, &place->after, &place->after, &slack, &difference))
		tare__sweep_wrong(c, strncmp(difference.type, "Leak", 4) == 0 ? TARE_LEAK : TARE_FAIL, difference.type,
			"after %s had been made again: %s", attempt->what, difference.sentence);
	return code;
}

static bool all_fired(const struct tare_sweeper *sweeper)
{
	for (unsigned i = 0; i < point_of(sweeper)->count; i++)
		if (!sweeper->strikes[i].fired)
			return false;
	return true;
}

static void add_pairs(struct tare_case *c, uint32_t calls)
{
	struct tare_sweeper *sweeper = c->sweeper;

	if (!sweeper->scratch || is_tolerated(sweeper))
		return;
	tare__points_add_pairs(sweeper->sweep, sweeper->point, sweeper->scratch, calls, c->plan->options->budget > 0);
}

static int judge(struct tare_case *c, const struct tare__attempt *attempt, const struct tare__look *before,
	const struct tare_dump *dump, int code, uint64_t calls_before)
{
	struct tare_sweeper *sweeper = c->sweeper;
	struct tare__sweep_point *point = point_of(sweeper);
	uint32_t calls = tare_fault_calls(c->fault);

	for (unsigned i = 0; i < point->count; i++)
		sweeper->strikes[i] = *tare_fault_struck(c->fault, i);
	tare_fault_clear(c->fault);
	sweeper->judged = true;
	if (sweeper->sweep->replay) {
		const struct tare_fault_strike *last = &sweeper->strikes[point->count - 1];
		point->call = last->call;
		memcpy(point->frames, last->frames, sizeof point->frames);
	}
	if (all_fired(sweeper))
		atomic_fetch_or(&point->done, TARE__FIRED);
	add_pairs(c, calls);
	sweeper->made_good = code == place_of(sweeper)->code && was_made_good(c, calls_before);
	if (!is_tolerated(sweeper))
		judge_code(c, attempt, code, calls_before);
	else if (code != place_of(sweeper)->code)
		tare__sweep_wrong(c, TARE_FAIL, "Fail.Sweep.Tolerated", "%s returned %d (%s), and the call that failed is one that it "
			"goes on without", attempt->what, code, tare_status_name(code));
	/* What lies on a device that is lost goes with the process. */
	if (!tare__sweep_is_lost(c))
		judge_state(c, attempt, before, dump, calls_before);
	if (!(atomic_load(&point->done) & TARE__BAD))
		atomic_fetch_or(&point->done, TARE__ROLLED);
	if (!is_tolerated(sweeper))
		code = retry(c, attempt);
	/* On a device that is dead without a fault too there is no other context. */
	if (!was_dead(sweeper))
		tare__sweep_second_context(c);
	return code;
}

/* Everything that is looked at before; the dump is the current context's. */
static void look_before(struct tare_case *c, const struct tare__attempt *attempt, struct tare__look *before,
	struct tare_dump *dump)
{
	snprintf(c->sweeper->sweep->doing, sizeof c->sweeper->sweep->doing, "%s", attempt->what);
	tare__look_take(c, before);
	memset(dump, 0, sizeof *dump);
	if (c->contexts[c->current].state != TARE_CONTEXT_NONE)
		c->ext->dump(c->contexts[c->current].handle, dump);
}

/* Watched and failed runs make the call at one place, because the path of a driver call may reach up to here. */
int tare__attempt(struct tare_case *c, const struct tare__attempt *attempt)
{
	struct tare_sweeper *sweeper = c->sweeper;
	struct tare__look before;
	struct tare_dump dump;

	if (!sweeper || sweeper->mode == TARE__PLAIN)
		return act(c, attempt);
	if (sweeper->mode == TARE__FAULT && !sweeper->judged)
		look_before(c, attempt, &before, &dump);
	uint64_t calls_before = c->board->page.call_count;
	int code = act(c, attempt);
	if (sweeper->mode == TARE__WATCH)
		note_end(c, code);
	else if (!sweeper->judged && tare_fault_struck(c->fault, 0)->fired)
		code = judge(c, attempt, &before, &dump, code, calls_before);
	sweeper->place++;
	return code;
}
