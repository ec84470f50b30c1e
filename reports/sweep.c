/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sweep - the numbers of a fault sweep, and their one sentence
 *
 * A sweep that passes because it stopped early is the usual hole, so the
 * sentence never says less than four numbers, and where they differ it says by
 * how much.
 */
#include <inttypes.h>

#include <tare/text.h>

#include "model.h"

int tare_sweep_is_whole(const struct tare_sweep_count *count)
{
	return count->chosen == count->points && count->fired == count->chosen && count->rolled_back == count->fired &&
		count->retried == count->rolled_back;
}

static struct tare_sweep_count add(struct tare_sweep_count a, struct tare_sweep_count b)
{
	return (struct tare_sweep_count){
		.points = a.points + b.points,
		.chosen = a.chosen + b.chosen,
		.fired = a.fired + b.fired,
		.rolled_back = a.rolled_back + b.rolled_back,
		.retried = a.retried + b.retried,
		.fresh = a.fresh + b.fresh,
	};
}

struct tare_sweep_tally tare_sweep_add(struct tare_sweep_tally a, struct tare_sweep_tally b)
{
	return (struct tare_sweep_tally){
		.single = add(a.single, b.single),
		.pairs = add(a.pairs, b.pairs),
		.calls = a.calls + b.calls,
		.paths = a.paths + b.paths,
		.unstable = a.unstable + b.unstable,
		.processes = a.processes + b.processes,
	};
}

/* A point that was not chosen is known to be missing; each of the others has to come to its end. */
static void add_count(struct tare_text *words, const char *noun, const struct tare_sweep_count *count)
{
	const struct { const char *word; uint32_t number; } steps[] = {
		{ "fired", count->fired }, { "rolled back", count->rolled_back }, { "retried", count->retried },
	};
	uint32_t before = count->chosen;

	if (count->chosen < count->points)
		noun = "chosen";
	tare_text_add(words, "%s %" PRIu32, noun, count->chosen);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		tare_text_add(words, "%s %s %" PRIu32, steps[i].number == before ? " =" : ",", steps[i].word,
			steps[i].number);
		before = steps[i].number;
	}
	tare_text_add(words, " (%" PRIu32 " in a fresh process)", count->fresh);
	before = count->chosen;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].number < before)
			tare_text_add(words, ", NOT WHOLE: %" PRIu32 " not %s", before - steps[i].number, steps[i].word);
		else if (steps[i].number > before)
			tare_text_add(words, ", NOT WHOLE: %" PRIu32 " more %s", steps[i].number - before, steps[i].word);
		before = steps[i].number;
	}
}

const char *tare_sweep_words(const struct tare_sweep_tally *tally, char text[TARE_SWEEP_TEXT])
{
	struct tare_text words = tare_text_over(text, TARE_SWEEP_TEXT);
	const struct tare_sweep_count *single = &tally->single;

	if (single->chosen < single->points)
		tare_text_add(&words, "fast: %" PRIu32 " of %" PRIu32 " points, %s: ", single->chosen, single->points,
			single->chosen >= tally->paths ? "every call path once" : "not every call path");
	add_count(&words, "points", single);
	tare_text_add(&words, ", %" PRIu32 " calls, %" PRIu32 " call paths", tally->calls, tally->paths);
	if (tally->unstable)
		tare_text_add(&words, ", %" PRIu32 " calls others in a second run", tally->unstable);
	return text;
}

const char *tare_sweep_pair_words(const struct tare_sweep_tally *tally, char text[TARE_SWEEP_TEXT])
{
	struct tare_text words = tare_text_over(text, TARE_SWEEP_TEXT);

	if (tally->pairs.points)
		add_count(&words, "pairs", &tally->pairs);
	return text;
}

static uint32_t number_at(const json_t *list, size_t i)
{
	json_int_t number = json_integer_value(json_array_get(list, i));

	return number > 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}

static struct tare_sweep_count read_count(const json_t *list)
{
	return (struct tare_sweep_count){
		number_at(list, 0), number_at(list, 1), number_at(list, 2), number_at(list, 3), number_at(list, 4),
		number_at(list, 5),
	};
}

static uint32_t number_of(const json_t *object, const char *name)
{
	json_int_t number = json_integer_value(json_object_get(object, name));

	return number > 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}

void tare__sweep_read(const json_t *line, struct tare_sweep_tally *tally)
{
	const json_t *sweep = json_object_get(line, "sweep");

	*tally = (struct tare_sweep_tally){
		.single = read_count(json_object_get(sweep, "single")),
		.pairs = read_count(json_object_get(sweep, "pairs")),
		.calls = number_of(sweep, "calls"),
		.paths = number_of(sweep, "paths"),
		.unstable = number_of(sweep, "unstable"),
		.processes = number_of(sweep, "processes"),
	};
}

struct tare_sweep_tally tare__model_sweep(const struct tare_model *model)
{
	struct tare_sweep_tally all = { 0 };

	for (size_t i = 0; i < model->count; i++)
		all = tare_sweep_add(all, model->cases[i].outcome.sweep);
	return all;
}
