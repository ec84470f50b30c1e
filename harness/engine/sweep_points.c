/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points: which calls can fail, and how.
 *
 * Calls are compared by their path, because a number says nothing about which
 * line made the call.  Runs are compared as bags of paths: one call more near
 * the beginning would otherwise make strangers of all that follow.
 */
#include "sweep.h"

#include <stdio.h>
#include <string.h>

#include <tare/object.h>

struct tare_sweep *tare__sweep_of(struct tare_board *board)
{
	return (struct tare_sweep *)(void *)board->rest;
}

void tare__sweep_wipe(struct tare_sweep *sweep, const struct tare_run_options *options)
{
	struct tare_fault_token token;
	char error[256];

	memset(sweep, 0, offsetof(struct tare_sweep, failures));
	sweep->build = tare__fault_build(options->target);
	if (!options->fault)
		return;
	/* Whoever took the word from a person has refused a bad one; here it leaves nothing to do, and so does not pass. */
	sweep->replay = true;
	atomic_store(&sweep->listed, 1);
	if (tare_fault_token_read(options->fault, options->target, &token, error, sizeof error) != 0) {
		tare__sweep_failed(sweep, TARE__NO_POINT, TARE_BROKEN, "Broken.Fault", error);
		return;
	}
	sweep->points[0] = (struct tare__sweep_point){ .wishes = { token.wishes[0], token.wishes[1] },
		.count = (uint8_t)token.count, .cold = token.cold, .done = TARE__CHOSEN };
	atomic_store(&sweep->point_count, 1);
}

const char *tare__sweep_token(const struct tare_sweep *sweep, uint32_t point, char text[TARE_FAULT_TOKEN])
{
	const struct tare__sweep_point *at = &sweep->points[point];
	struct tare_fault_token token = { .build = sweep->build, .cold = at->cold, .count = at->count,
		.wishes = { at->wishes[0], at->wishes[1] } };

	return tare_fault_token_text(&token, text);
}

struct tare__sweep_failure *tare__sweep_failed(struct tare_sweep *sweep, uint32_t point, uint32_t verdict, const char *type,
	const char *sentence)
{
	uint32_t index = atomic_load(&sweep->failure_count);
	struct tare__sweep_failure *failure = index < TARE__SWEEP_FAILURES ? &sweep->failures[index] : NULL;

	if (failure) {
		*failure = (struct tare__sweep_failure){ .point = point, .verdict = verdict };
		snprintf(failure->type, sizeof failure->type, "%s", type);
		snprintf(failure->sentence, sizeof failure->sentence, "%s", sentence);
	}
	/* Counted last: a child that is killed in between leaves no half-written failure. */
	atomic_store(&sweep->failure_count, index + 1);
	return failure;
}

/* -- runs as bags of paths --------------------------------------------------------- */

static uint32_t bounded(uint32_t count)
{
	return count < TARE__SWEEP_CALLS ? count : TARE__SWEEP_CALLS;
}

/* Marks in `odd` the calls of `one` that have no partner in `other`. Returns how many. */
static uint32_t find_odd(const struct tare_fault_point *one, uint32_t count, const struct tare_fault_point *other,
	uint32_t other_count, bool odd[TARE__SWEEP_CALLS])
{
	bool used[TARE__SWEEP_CALLS] = { false };
	uint32_t found = 0;

	for (uint32_t i = 0; i < count; i++) {
		odd[i] = true;
		for (uint32_t k = 0; k < other_count && odd[i]; k++)
			if (!used[k] && other[k].path == one[i].path)
				used[k] = true, odd[i] = false;
		found += odd[i];
	}
	return found;
}

static void name_strange(struct tare_sweep *sweep, const struct tare_fault_point *calls, uint32_t count, const bool *odd,
	const char *which)
{
	struct tare_text text = tare_text_over(sweep->strange, sizeof sweep->strange);

	text.used = strlen(sweep->strange);
	for (uint32_t i = 0; i < count; i++)
		if (odd[i])
			tare_text_add(&text, "%s%s, call %u, only in the %s run", text.used ? "; " : "",
				tare_call_info((enum tare_call_id)calls[i].call)->name, (unsigned)calls[i].number, which);
}

static void compare_runs(struct tare_sweep *sweep, const struct tare_fault_point *again, uint32_t again_count)
{
	bool odd[TARE__SWEEP_CALLS];

	sweep->unstable = find_odd(sweep->calls, sweep->call_count, again, again_count, odd);
	name_strange(sweep, sweep->calls, sweep->call_count, odd, "first");
	sweep->unstable += find_odd(again, again_count, sweep->calls, sweep->call_count, odd);
	name_strange(sweep, again, again_count, odd, "second");
}

static uint32_t count_paths(const struct tare_fault_point *calls, uint32_t count)
{
	uint32_t paths = 0;

	for (uint32_t i = 0; i < count; i++) {
		bool seen = false;
		for (uint32_t k = 0; k < i && !seen; k++)
			seen = calls[k].path == calls[i].path;
		paths += !seen;
	}
	return paths;
}

/* -- points -------------------------------------------------------------------------- */

static void add(struct tare_sweep *sweep, const struct tare__sweep_point *point)
{
	uint32_t count = atomic_load(&sweep->point_count);

	if (count == TARE__SWEEP_POINTS) {
		sweep->too_many = true;
		return;
	}
	sweep->points[count] = *point;
	atomic_store(&sweep->point_count, count + 1);
}

static void add_way(struct tare_sweep *sweep, const struct tare_fault_point *call, bool cold, enum tare_fault_kind kind,
	uint32_t code, bool from_then_on)
{
	struct tare__sweep_point point = {
		.wishes = { { .number = call->number, .kind = kind, .code = code, .from_then_on = from_then_on,
			.path = call->path } },
		.count = 1, .cold = cold, .call = call->call,
	};

	memcpy(point.frames, call->frames, sizeof point.frames);
	add(sweep, &point);
}

/* All documented codes where something is taken, because runners tell them apart there; elsewhere the first. */
static void add_ways(struct tare_sweep *sweep, const struct tare_fault_point *call, bool cold)
{
	static const enum tare_fault_kind once[] = { TARE_FAULT_NULL_HANDLE, TARE_FAULT_AFTER_EFFECT, TARE_FAULT_SHORT_COPY,
		TARE_FAULT_LATE, TARE_FAULT_HANG, TARE_FAULT_POISON };
	const struct tare_call_info *info = tare_call_info((enum tare_call_id)call->call);
	bool takes = info->rule == TARE_RULE_TAKES || info->rule == TARE_RULE_TAKES_UNDER;

	/* On a dead device: it has failed already, and the run without faults has gone that way. */
	if (call->failed)
		return;
	if (call->kinds & TARE_FAULT_ERROR) {
		for (uint32_t code = 0; code < TARE_COUNT(info->codes) && info->codes[code] && (takes || code == 0); code++)
			add_way(sweep, call, cold, TARE_FAULT_ERROR, code, false);
		add_way(sweep, call, cold, TARE_FAULT_ERROR, 0, true);
	}
	for (size_t i = 0; i < TARE_COUNT(once); i++)
		if (call->kinds & (unsigned)once[i])
			add_way(sweep, call, cold, once[i], 0, false);
}

static bool same_way(const struct tare__sweep_point *one, const struct tare__sweep_point *other)
{
	bool same = one->count == other->count;

	for (unsigned i = 0; i < one->count && same; i++)
		same = one->wishes[i].path == other->wishes[i].path && one->wishes[i].kind == other->wishes[i].kind &&
		       one->wishes[i].code == other->wishes[i].code &&
		       one->wishes[i].from_then_on == other->wishes[i].from_then_on;
	return same;
}

static bool is_first_of_its_way(const struct tare_sweep *sweep, uint32_t point)
{
	for (uint32_t i = 0; i < point; i++)
		if (same_way(&sweep->points[i], &sweep->points[point]))
			return false;
	return true;
}

static void choose(struct tare_sweep *sweep, uint32_t budget)
{
	uint32_t count = atomic_load(&sweep->point_count), left = budget ? budget : count;

	for (uint32_t i = 0; i < count && left > 0 && budget; i++) {
		if (!is_first_of_its_way(sweep, i))
			continue;
		atomic_store(&sweep->points[i].done, TARE__CHOSEN);
		left--;
	}
	for (uint32_t i = 0; i < count && left > 0; i++) {
		if (atomic_load(&sweep->points[i].done) & TARE__CHOSEN)
			continue;
		atomic_store(&sweep->points[i].done, TARE__CHOSEN);
		left--;
	}
}

void tare__points_list(struct tare_sweep *sweep, const struct tare_fault_point *again, uint32_t again_count, uint32_t budget)
{
	bool odd[TARE__SWEEP_CALLS];
	uint32_t cold = bounded(sweep->cold_count);

	sweep->too_many |= sweep->call_count > TARE__SWEEP_CALLS || sweep->cold_count > TARE__SWEEP_CALLS;
	sweep->call_count = bounded(sweep->call_count);
	compare_runs(sweep, again, bounded(again_count));
	sweep->paths = count_paths(sweep->calls, sweep->call_count);
	for (uint32_t i = 0; i < sweep->call_count; i++)
		add_ways(sweep, &sweep->calls[i], false);
	find_odd(sweep->cold_calls, cold, sweep->calls, sweep->call_count, odd);
	sweep->cold_count = 0;
	for (uint32_t i = 0; i < cold; i++) {
		if (!odd[i])
			continue;
		add_ways(sweep, &sweep->cold_calls[i], true);
		/* Behind the warm ones too: they are reached, and a report that lists what is not must know of them. */
		if (sweep->call_count + sweep->cold_count < TARE__SWEEP_CALLS)
			sweep->calls[sweep->call_count + sweep->cold_count] = sweep->cold_calls[i];
		sweep->cold_calls[sweep->cold_count++] = sweep->cold_calls[i];
	}
	sweep->paths += count_paths(sweep->cold_calls, sweep->cold_count);
	choose(sweep, budget);
	atomic_store(&sweep->listed, 1);
}

void tare__points_add_pairs(struct tare_sweep *sweep, uint32_t point, const struct tare_fault_point *calls, uint32_t count,
	bool each_path_once)
{
	const struct tare__sweep_point *first = &sweep->points[point];

	for (uint32_t i = first->wishes[0].number; i < bounded(count); i++) {
		if (!(calls[i].kinds & TARE_FAULT_ERROR))
			continue;
		struct tare__sweep_point pair = {
			.wishes = { first->wishes[0], { .number = calls[i].number, .kind = TARE_FAULT_ERROR, .path = calls[i].path } },
			.count = 2, .cold = first->cold, .call = calls[i].call,
		};
		memcpy(pair.frames, calls[i].frames, sizeof pair.frames);
		uint32_t index = atomic_load(&sweep->point_count);
		add(sweep, &pair);
		if (!sweep->too_many && (!each_path_once || is_first_of_its_way(sweep, index)))
			atomic_store(&sweep->points[index].done, TARE__CHOSEN);
	}
}

uint32_t tare__points_next(const struct tare_sweep *sweep, bool cold)
{
	uint32_t count = atomic_load(&sweep->point_count);

	for (uint32_t i = 0; i < count; i++)
		if (sweep->points[i].cold == cold &&
		    (atomic_load(&sweep->points[i].done) & (TARE__CHOSEN | TARE__OVER)) == TARE__CHOSEN)
			return i;
	return TARE__NO_POINT;
}

static void count_point(struct tare_sweep_count *count, uint32_t done)
{
	count->points++;
	count->chosen += (done & TARE__CHOSEN) != 0;
	count->fired += (done & TARE__FIRED) != 0;
	count->rolled_back += (done & TARE__ROLLED) != 0;
	count->retried += (done & TARE__RETRIED) != 0;
	count->fresh += (done & TARE__RETRIED) && (done & TARE__FRESH);
}

struct tare_sweep_tally tare__points_tally(const struct tare_sweep *sweep)
{
	struct tare_sweep_tally tally = { .calls = sweep->call_count + sweep->cold_count, .paths = sweep->paths,
		.unstable = sweep->unstable, .processes = sweep->processes };
	uint32_t count = atomic_load(&sweep->point_count);

	for (uint32_t i = 0; i < count; i++)
		count_point(sweep->points[i].count > 1 ? &tally.pairs : &tally.single, atomic_load(&sweep->points[i].done));
	return tally;
}
