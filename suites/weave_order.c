/* SPDX-License-Identifier: Apache-2.0 */
/* weave_order - who must wait for whom, by brute force */
#include "weave.h"

#include <string.h>

void weave_count(struct weave_view *view)
{
	uint32_t shape[3] = { 1, 1, 1 }, stride[3] = { 0, 0, 0 };

	memset(view->bytes, 0, sizeof view->bytes);
	memcpy(shape, view->shape, view->dims * sizeof *shape);
	memcpy(stride, view->stride, view->dims * sizeof *stride);
	for (uint32_t x = 0; x < shape[0]; x++)
		for (uint32_t y = 0; y < shape[1]; y++)
			for (uint32_t z = 0; z < shape[2]; z++) {
				uint32_t at = (view->offset + x * stride[0] + y * stride[1] + z * stride[2]) * view->width;

				for (uint32_t i = at; i < at + view->width; i++)
					view->bytes[i / 64] |= UINT64_C(1) << i % 64;
			}
}

static bool meet(const struct weave_view *a, const struct weave_view *b)
{
	uint64_t common = 0;

	for (uint32_t i = 0; i < WEAVE_ROOM / 64; i++)
		common |= a->bytes[i] & b->bytes[i];
	return common && a->from == b->from && a->buffer == b->buffer;
}

static bool is_submitted(const struct weave_step *step)
{
	return !step->gone && step->kind <= WEAVE_ALLOC;
}

/* What others can find of it: fresh outputs are known by who made them. */
static bool leaves_a_trace(const struct weave_use *use)
{
	return (use->tag == WEAVE_INOUT || use->tag == WEAVE_EXISTING) && !use->view.untracked;
}

static bool looks(const struct weave_use *use)
{
	return (use->tag == WEAVE_INPUT || use->tag == WEAVE_INOUT) && !use->view.untracked;
}

static bool finds(const struct weave_use *use, const struct weave_step *early)
{
	for (uint32_t i = 0; looks(use) && !early->manual && i < early->use_count; i++)
		if (leaves_a_trace(&early->uses[i]) && meet(&use->view, &early->uses[i].view))
			return true;
	return false;
}

static bool waits(const struct weave_program *program, uint32_t early, uint32_t late)
{
	const struct weave_step *before = &program->steps[early], *after = &program->steps[late];

	if (!is_submitted(before) || !is_submitted(after))
		return false;
	for (uint32_t i = 0; i < after->after_count; i++)
		if (after->after[i] == early)
			return true;
	for (uint32_t i = 0; !after->manual && i < after->use_count; i++)
		if ((after->uses[i].tag != WEAVE_OUTPUT && after->uses[i].view.from == (int)early) || finds(&after->uses[i], before))
			return true;
	return false;
}

uint64_t weave_waits_for(const struct weave_program *program, uint32_t step)
{
	uint64_t before = 0;

	for (uint32_t early = step; early-- > 0;)
		if (!(before >> early & 1) && waits(program, early, step))
			before |= UINT64_C(1) << early | program->steps[early].before;
	return before;
}

static bool touches(const struct weave_step *step)
{
	return is_submitted(step) && step->kind == WEAVE_TASK;
}

static bool conflict(const struct weave_step *early, const struct weave_step *late)
{
	for (uint32_t i = 0; i < late->use_count; i++) {
		const struct weave_use *use = &late->uses[i];
		bool reads_only = use->tag == WEAVE_INPUT || use->tag == WEAVE_UNSEEN;

		for (uint32_t k = 0; touches(early) && k < early->use_count; k++) {
			const struct weave_use *other = &early->uses[k];
			bool was_read_only = other->tag == WEAVE_INPUT || other->tag == WEAVE_UNSEEN;

			if (!(reads_only && was_read_only) && meet(&use->view, &other->view))
				return true;
		}
	}
	return false;
}

/* An output stays for those that wait for who put it out, and not for those that wait for somebody who does. */
static bool uses_output_of(const struct weave_step *late, uint32_t early)
{
	for (uint32_t i = 0; i < late->use_count; i++)
		if (late->uses[i].tag != WEAVE_OUTPUT && late->uses[i].view.from == (int)early)
			return true;
	return false;
}

bool weave_lacks(const struct weave_program *program, uint32_t early, uint32_t late)
{
	const struct weave_step *step = &program->steps[late];

	if (!touches(step) || !is_submitted(&program->steps[early]))
		return false;
	if (uses_output_of(step, early) && !waits(program, early, late))
		return true;
	return !(step->before >> early & 1) && conflict(&program->steps[early], step);
}

/* All tasks of a scope stay until it ends, and a ring always has one place free. */
static bool fits(const struct weave_program *program, int scope)
{
	uint32_t tasks = 0;

	for (uint32_t i = 0; i < program->count; i++)
		tasks += is_submitted(&program->steps[i]) && program->steps[i].scope == scope;
	return tasks + 2 <= program->window;
}

bool weave_order(struct weave_program *program)
{
	if (!fits(program, -1))
		return false;
	for (uint32_t i = 0; i < program->count; i++) {
		struct weave_step *step = &program->steps[i];

		if (!step->gone && step->kind == WEAVE_BEGIN && !fits(program, (int)i))
			return false;
		for (uint32_t k = 0; k < step->use_count; k++)
			weave_count(&step->uses[k].view);
		step->before = weave_waits_for(program, i);
		for (uint32_t early = 0; early < i; early++)
			if (weave_lacks(program, early, i))
				return false;
	}
	return true;
}

uint32_t weave_tasks(const struct weave_program *program)
{
	uint32_t tasks = 0;

	for (uint32_t i = 0; i < program->count; i++)
		tasks += is_submitted(&program->steps[i]);
	return tasks;
}
