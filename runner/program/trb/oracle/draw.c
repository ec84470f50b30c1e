/* SPDX-License-Identifier: Apache-2.0 */
/* draw - a program from a seed */
#include "oracle.h"

#include <string.h>

struct hand {
	struct oracle_program *program;
	uint64_t random;
	uint32_t open[8]; /* BEGIN ops of the scopes that are open */
	uint32_t depth;
	uint32_t tasks[8]; /* in each of them, and in the outermost */
	bool polite;       /* keeps each scope below the window */
	uint32_t width, line, form; /* how most of its views are cut, so that grids meet */
};

static uint32_t pick(struct hand *hand, uint32_t below)
{
	hand->random ^= hand->random << 13;
	hand->random ^= hand->random >> 7;
	hand->random ^= hand->random << 17;
	return (uint32_t)(hand->random * 0x2545F4914F6CDD1Du >> 40) % below;
}

static void whole(struct oracle_view *view, uint32_t width, uint32_t dims, const uint32_t shapes[3])
{
	uint32_t stride = 1;

	view->width = width;
	view->dims = dims;
	view->offset = 0;
	for (uint32_t i = dims; i-- > 0;) {
		view->shapes[i] = shapes[i];
		view->strides[i] = stride;
		stride *= shapes[i];
	}
}

static const uint32_t widths[] = { 4, 4, 2, 1, 8 };

/* One of a few ways to look at 64 or more bytes: so that views meet often, and in many ways. */
static void shape(struct hand *hand, struct oracle_view *view, uint32_t bytes)
{
	bool usual = pick(hand, 3) > 0;
	uint32_t width = usual ? hand->width : widths[pick(hand, 5)];
	uint32_t elements = bytes / width;
	uint32_t line = usual ? hand->line : 1u << (1 + pick(hand, 2));
	uint32_t flat[3] = { elements, 1, 1 }, square[3] = { elements / line, line, 1 };
	uint32_t cube[3] = { elements / (2 * line), 2, line };
	uint32_t form = usual ? hand->form : pick(hand, 3);

	if (form == 0 || elements < 8)
		whole(view, width, 1, flat);
	else if (form == 1)
		whole(view, width, 2, square);
	else
		whole(view, width, 3, cube);
}

static void cut(struct hand *hand, struct oracle_view *view)
{
	for (uint32_t i = 0; i < view->dims; i++) {
		uint32_t from = pick(hand, view->shapes[i]);

		view->offset += from * view->strides[i];
		view->shapes[i] = 1 + pick(hand, view->shapes[i] - from);
	}
}

static void turn(struct hand *hand, struct oracle_view *view)
{
	uint32_t a = pick(hand, view->dims), b = pick(hand, view->dims);
	uint32_t s = view->shapes[a], t = view->strides[a];

	view->shapes[a] = view->shapes[b];
	view->strides[a] = view->strides[b];
	view->shapes[b] = s;
	view->strides[b] = t;
}

static bool is_open(const struct hand *hand, uint32_t scope)
{
	for (uint32_t i = 0; i < hand->depth; i++)
		if (hand->open[i] == scope)
			return true;
	return scope == ORACLE_OPS;
}

/* An output of an earlier task whose scope is open; false: there is none. */
static bool reuse(struct hand *hand, struct oracle_view *view)
{
	const struct oracle_program *program = hand->program;
	uint32_t from = program->count ? pick(hand, program->count) : 0;

	for (uint32_t i = 0; i < program->count; i++) {
		uint32_t at = (from + i) % program->count;
		const struct oracle_op *op = &program->ops[at];

		if (op->kind > ORACLE_ALLOC || !is_open(hand, op->scope))
			continue;
		for (uint32_t k = 0; k < op->use_count; k++)
			if (op->uses[k].tag == ORACLE_OUTPUT) {
				*view = op->uses[k].view;
				view->creator = (int32_t)at;
				view->buffer = k;
				return true;
			}
	}
	return false;
}

static void draw_use(struct hand *hand, struct oracle_use *use, enum oracle_kind kind, uint32_t number)
{
	struct oracle_view *view = &use->view;

	use->tag = kind == ORACLE_ALLOC ? ORACLE_OUTPUT : (enum oracle_tag)pick(hand, 5);
	if (use->tag == ORACLE_NO_DEP && pick(hand, 2))
		use->tag = ORACLE_INPUT;
	view->creator = -1;
	view->manual = false;
	if (use->tag == ORACLE_OUTPUT) {
		view->creator = (int32_t)hand->program->count;
		view->buffer = number;
		shape(hand, view, 64);
		return;
	}
	if (pick(hand, 3) || !reuse(hand, view)) {
		view->buffer = pick(hand, ORACLE_BUFFERS);
		shape(hand, view, view->buffer ? 64 : ORACLE_BYTES);
	} else if (!pick(hand, 2)) {
		int32_t creator = view->creator;

		shape(hand, view, 64);
		view->creator = creator;
	}
	if (pick(hand, 3))
		cut(hand, view);
	if (!pick(hand, 6))
		turn(hand, view);
	view->manual = !pick(hand, 16);
}

static void draw_task(struct hand *hand, struct oracle_op *op)
{
	const struct oracle_program *program = hand->program;
	uint32_t kind = pick(hand, 10);

	op->kind = kind == 0 ? ORACLE_ALLOC : kind == 1 ? ORACLE_DUMMY : ORACLE_TASK;
	op->blocks = pick(hand, 4) ? 1 : 1 + pick(hand, 6);
	op->cores = pick(hand, 3);
	op->use_count = op->kind == ORACLE_ALLOC ? 1 + pick(hand, 2) : pick(hand, ORACLE_USES + 1);
	for (uint32_t i = 0; i < op->use_count; i++)
		draw_use(hand, &op->uses[i], op->kind, i);
	if (op->kind == ORACLE_ALLOC || pick(hand, op->manual ? 2 : 5))
		return;
	for (uint32_t i = 0; i < ORACLE_DEPS && program->count; i++) {
		uint32_t at = pick(hand, program->count);

		if (program->ops[at].kind <= ORACLE_ALLOC)
			op->deps[op->dep_count++] = at;
	}
}

static void draw_op(struct hand *hand)
{
	struct oracle_program *program = hand->program;
	struct oracle_op *op = &program->ops[program->count];
	uint32_t what = pick(hand, 12);

	if (hand->polite && hand->tasks[hand->depth] + 2 >= program->window)
		what = hand->depth < 2 && pick(hand, 3) ? 0 : hand->depth ? 1 : 0;
	memset(op, 0, sizeof *op);
	op->scope = hand->depth ? hand->open[hand->depth - 1] : ORACLE_OPS;
	op->manual = hand->depth && program->ops[op->scope].manual;
	op->depth = hand->depth;
	if (what == 0 && hand->depth < 6) {
		op->kind = ORACLE_BEGIN;
		op->manual = op->manual || !pick(hand, 3);
		hand->open[hand->depth++] = program->count;
		hand->tasks[hand->depth] = 0;
	} else if (what <= 2 && hand->depth) {
		op->kind = ORACLE_END;
		op->partner = (int32_t)hand->open[--hand->depth];
		program->ops[op->partner].partner = (int32_t)program->count;
		op->depth = hand->depth;
	} else {
		draw_task(hand, op);
		hand->tasks[hand->depth]++;
	}
	program->count++;
}

void oracle_draw(struct oracle_program *program, uint64_t seed)
{
	struct hand hand = { .program = program, .random = (seed + 1) * 0x9E3779B97F4A7C15u | 1 };
	uint32_t most;

	program->seed = seed;
	program->count = 0;
	for (uint32_t i = 0; i < 8; i++)
		pick(&hand, 2);
	program->window = 4u << pick(&hand, 3);
	program->dep_pool = pick(&hand, 4) ? 64 : 4 + pick(&hand, 8);
	program->heap_outputs = 1u << (3 + pick(&hand, 3));
	hand.polite = pick(&hand, 8) > 0;
	hand.width = widths[pick(&hand, 4)];
	hand.line = 1u << (1 + pick(&hand, 2));
	hand.form = pick(&hand, 3);
	most = 4 + pick(&hand, ORACLE_OPS - 12);
	while (program->count < most)
		draw_op(&hand);
	while (hand.depth) {
		struct oracle_op *op = &program->ops[program->count];

		memset(op, 0, sizeof *op);
		op->kind = ORACLE_END;
		op->partner = (int32_t)hand.open[--hand.depth];
		op->depth = hand.depth;
		program->ops[op->partner].partner = (int32_t)program->count++;
	}
	oracle_count(program);
}
