/* SPDX-License-Identifier: Apache-2.0 */
/* weave_draw - a program from a seed */
#include "weave.h"

#include <string.h>

enum { DEPTH = 2, TRIES = 8 };

struct hand {
	struct weave_program *program;
	uint64_t random;
	int open[DEPTH];              /* BEGIN of each scope that is open */
	uint32_t depth;
	uint32_t tasks[DEPTH + 1];    /* in each of them, first in the program's own */
	uint32_t width, line, form;   /* how most views are cut, so that grids meet */
};

uint64_t weave_stir(uint64_t value)
{
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
	value = (value ^ value >> 27) * 0x94d049bb133111eb;
	return value ^ value >> 31;
}

static uint32_t below(struct hand *hand, uint32_t limit)
{
	hand->random += 0x9e3779b97f4a7c15;
	return (uint32_t)(weave_stir(hand->random) >> 33) % limit;
}

static bool one_in(struct hand *hand, uint32_t limit)
{
	return below(hand, limit) == 0;
}

/* All of so many bytes, as a row, lines or planes. */
static void look_at_all(struct hand *hand, struct weave_view *view, uint32_t bytes)
{
	bool usual = !one_in(hand, 3);
	uint32_t line = usual ? hand->line : 2u << below(hand, 2), form = usual ? hand->form : below(hand, 3), stride = 1;

	view->width = usual ? hand->width : 1u << below(hand, 4);
	uint32_t elements = bytes / view->width;
	view->dims = elements < 8 ? 1 : form + 1;
	view->offset = 0;
	for (uint32_t i = view->dims; i-- > 0;) {
		view->shape[i] = !i ? elements / stride : i + 1 == view->dims ? line : 2;
		view->stride[i] = stride;
		stride *= view->shape[i];
	}
}

/* A part of it, now and then with gaps or across. */
static void cut(struct hand *hand, struct weave_view *view)
{
	uint32_t a = below(hand, view->dims), b = below(hand, view->dims);

	for (uint32_t i = 0; i < view->dims; i++) {
		uint32_t from = below(hand, view->shape[i]);

		view->offset += from * view->stride[i];
		view->shape[i] = 1 + below(hand, view->shape[i] - from);
	}
	if (one_in(hand, 8)) {
		view->shape[a] = (view->shape[a] + 1) / 2;
		view->stride[a] *= 2;
	}
	if (one_in(hand, 6)) {
		uint32_t shape = view->shape[a], stride = view->stride[a];

		view->shape[a] = view->shape[b];
		view->stride[a] = view->stride[b];
		view->shape[b] = shape;
		view->stride[b] = stride;
	}
}

static bool is_open(const struct hand *hand, int scope)
{
	for (uint32_t i = 0; i < hand->depth; i++)
		if (hand->open[i] == scope)
			return true;
	return scope < 0;
}

/* An output of an earlier step, as it was made; it is there while its scope is open. */
static bool take_output(struct hand *hand, struct weave_view *view)
{
	const struct weave_program *program = hand->program;
	uint32_t first = program->count ? below(hand, program->count) : 0;

	for (uint32_t i = 0; i < program->count; i++) {
		uint32_t at = (first + i) % program->count, outputs = 0;
		const struct weave_step *step = &program->steps[at];

		for (uint32_t k = 0; step->kind <= WEAVE_ALLOC && is_open(hand, step->scope) && k < step->use_count; k++) {
			if (step->uses[k].tag != WEAVE_OUTPUT)
				continue;
			*view = step->uses[k].view;
			view->from = (int)at;
			view->buffer = outputs++;
			if (one_in(hand, 2))
				return true;
		}
		if (outputs)
			return true;
	}
	return false;
}

static void draw_use(struct hand *hand, struct weave_use *use, enum weave_kind kind, uint32_t outputs)
{
	struct weave_view *view = &use->view;

	use->tag = kind == WEAVE_ALLOC ? WEAVE_OUTPUT : (enum weave_tag)below(hand, 5);
	if (use->tag == WEAVE_UNSEEN && !one_in(hand, 3))
		use->tag = WEAVE_INPUT;
	*view = (struct weave_view){ .from = -1 };
	if (use->tag == WEAVE_OUTPUT) {
		view->from = (int)hand->program->count;
		view->buffer = outputs;
		look_at_all(hand, view, WEAVE_FRESH);
		return;
	}
	if (!one_in(hand, 3) || !take_output(hand, view)) {
		view->from = -1;
		view->buffer = below(hand, WEAVE_BUFFERS);
		look_at_all(hand, view, view->buffer ? 64 : WEAVE_ROOM);
	} else if (one_in(hand, 2)) {
		look_at_all(hand, view, WEAVE_FRESH);
	}
	if (!one_in(hand, 3))
		cut(hand, view);
	view->untracked = one_in(hand, 20);
}

/* What the order does not give by itself, named; false: it would be too much. */
static bool name_what_is_free(struct weave_program *program, uint32_t at)
{
	struct weave_step *step = &program->steps[at];

	step->before = weave_waits_for(program, at);
	for (uint32_t early = at; early-- > 0;) {
		if (!weave_lacks(program, early, at))
			continue;
		if (step->after_count == WEAVE_AFTER)
			return false;
		step->after[step->after_count++] = early;
		step->before = weave_waits_for(program, at);
	}
	return true;
}

static bool try_task(struct hand *hand, struct weave_step *step)
{
	struct weave_program *program = hand->program;
	uint32_t kind = below(hand, 10), outputs = 0;

	step->kind = kind == 0 ? WEAVE_ALLOC : kind == 1 ? WEAVE_DUMMY : WEAVE_TASK;
	step->blocks = step->kind == WEAVE_TASK && one_in(hand, 4) ? 1 + below(hand, 6) : 1;
	step->cores = below(hand, 3);
	step->after_count = 0;
	step->use_count = step->kind == WEAVE_ALLOC ? 1 + below(hand, 2) : below(hand, WEAVE_USES + 1);
	for (uint32_t i = 0; i < step->use_count; i++) {
		draw_use(hand, &step->uses[i], step->kind, outputs);
		outputs += step->uses[i].tag == WEAVE_OUTPUT;
		weave_count(&step->uses[i].view);
	}
	if (step->kind != WEAVE_ALLOC && one_in(hand, 5))
		for (uint32_t i = 0; i < 2 && program->count; i++) {
			uint32_t early = below(hand, program->count);

			if (program->steps[early].kind <= WEAVE_ALLOC)
				step->after[step->after_count++] = early;
		}
	return name_what_is_free(program, program->count) && (step->kind != WEAVE_ALLOC || !step->after_count);
}

static void draw_task(struct hand *hand, struct weave_step *step)
{
	hand->tasks[hand->depth]++;
	for (int i = 0; i < TRIES; i++)
		if (try_task(hand, step))
			return;
	step->kind = WEAVE_TASK;
	step->use_count = 0;
	step->after_count = 0;
	step->before = 0;
}

static void begin(struct hand *hand, struct weave_step *step)
{
	step->kind = WEAVE_BEGIN;
	step->manual = step->manual || one_in(hand, 3); /* none is automatic inside a manual one */
	hand->open[hand->depth++] = (int)hand->program->count;
	hand->tasks[hand->depth] = 0;
}

static void end(struct hand *hand, struct weave_step *step)
{
	step->kind = WEAVE_END;
	step->partner = hand->open[--hand->depth];
	hand->program->steps[step->partner].partner = (int)hand->program->count;
	step->scope = hand->depth ? hand->open[hand->depth - 1] : -1;
}

/* A scope's tasks all stay until it ends: with the one that is left free always, so many fit. */
static void draw_step(struct hand *hand, bool closing)
{
	struct weave_program *program = hand->program;
	struct weave_step *step = &program->steps[program->count];
	bool full = hand->tasks[hand->depth] + 2 >= program->window;
	uint32_t what = below(hand, 12);

	memset(step, 0, sizeof *step);
	step->scope = hand->depth ? hand->open[hand->depth - 1] : -1;
	step->manual = hand->depth && program->steps[step->scope].manual;
	if (hand->depth && (closing || what <= 1 || (full && (what < 6 || hand->depth == DEPTH))))
		end(hand, step);
	else if (full || (what == 2 && hand->depth < DEPTH))
		begin(hand, step);
	else
		draw_task(hand, step);
	program->count++;
}

void weave_draw(struct weave_program *program, uint64_t seed, uint32_t window)
{
	struct hand hand = { .program = program, .random = weave_stir(seed) };

	program->seed = seed;
	program->window = window;
	program->count = 0;
	hand.width = 1u << below(&hand, 4);
	hand.line = 2u << below(&hand, 2);
	hand.form = below(&hand, 3);
	for (uint32_t most = 4 + below(&hand, WEAVE_STEPS - 4 - DEPTH); program->count < most;)
		draw_step(&hand, false);
	while (hand.depth)
		draw_step(&hand, true);
}
