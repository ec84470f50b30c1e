/* SPDX-License-Identifier: Apache-2.0 */
#include "oracle.h"

#include <string.h>

static void count_out(struct oracle_view *view)
{
	uint32_t shape[3] = { 1, 1, 1 }, stride[3] = { 0, 0, 0 };

	memset(view->bytes, 0, sizeof view->bytes);
	view->first = ORACLE_BYTES;
	view->last = 0;
	for (uint32_t i = 0; i < view->dims; i++) {
		shape[i] = view->shapes[i];
		stride[i] = view->strides[i];
	}
	for (uint32_t x = 0; x < shape[0]; x++)
		for (uint32_t y = 0; y < shape[1]; y++)
			for (uint32_t z = 0; z < shape[2]; z++) {
				uint32_t element = view->offset + x * stride[0] + y * stride[1] + z * stride[2];

				for (uint32_t i = element * view->width; i < (element + 1) * view->width; i++) {
					view->bytes[i / 64] |= 1ull << i % 64;
					view->first = i < view->first ? i : view->first;
					view->last = i > view->last ? i : view->last;
				}
			}
}

void oracle_count(struct oracle_program *program)
{
	for (uint32_t i = 0; i < program->count; i++)
		for (uint32_t k = 0; k < program->ops[i].use_count; k++)
			count_out(&program->ops[i].uses[k].view);
}

static bool same_buffer(const struct oracle_view *a, const struct oracle_view *b)
{
	return a->creator == b->creator && a->buffer == b->buffer;
}

static bool overlap(const struct oracle_view *a, const struct oracle_view *b)
{
	uint64_t common = 0;

	for (uint32_t i = 0; i < ORACLE_BYTES / 64; i++)
		common |= a->bytes[i] & b->bytes[i];
	return common && same_buffer(a, b);
}

/* From the first byte to the last; or, cut from one grid, exactly: then what is apart can be seen to be. */
static bool look_close(const struct oracle_view *a, const struct oracle_view *b)
{
	bool grid = a->width == b->width && a->dims == b->dims;

	if (!same_buffer(a, b))
		return false;
	for (uint32_t i = 0; grid && i < a->dims; i++)
		grid = a->strides[i] == b->strides[i] && (i + 1 < a->dims ? a->strides[i] >= a->strides[i + 1] : a->strides[i] == 1);
	return grid ? overlap(a, b) : a->first <= b->last && b->first <= a->last;
}

static bool is_task(const struct oracle_op *op)
{
	return !op->gone && op->kind <= ORACLE_ALLOC;
}

static bool writes(const struct oracle_use *use)
{
	return (use->tag == ORACLE_INOUT || use->tag == ORACLE_EXISTING) && !use->view.manual;
}

static bool reads(const struct oracle_use *use)
{
	return (use->tag == ORACLE_INPUT || use->tag == ORACLE_INOUT) && !use->view.manual;
}

static bool waits(const struct oracle_program *program, uint32_t early, uint32_t late,
	bool (*meet)(const struct oracle_view *, const struct oracle_view *))
{
	const struct oracle_op *before = &program->ops[early], *after = &program->ops[late];

	if (early >= late || !is_task(before) || !is_task(after))
		return false;
	for (uint32_t i = 0; i < after->dep_count; i++)
		if (after->deps[i] == early)
			return true;
	for (uint32_t i = 0; !after->manual && i < after->use_count; i++) {
		const struct oracle_use *use = &after->uses[i];

		if (use->tag != ORACLE_OUTPUT && use->view.creator == (int32_t)early)
			return true;
		for (uint32_t k = 0; !before->manual && k < before->use_count; k++)
			if (reads(use) && writes(&before->uses[k]) && meet(&use->view, &before->uses[k].view))
				return true;
	}
	return false;
}

bool oracle_must(const struct oracle_program *program, uint32_t early, uint32_t late)
{
	return waits(program, early, late, overlap);
}

bool oracle_may(const struct oracle_program *program, uint32_t early, uint32_t late)
{
	return waits(program, early, late, look_close);
}

uint32_t oracle_tasks(const struct oracle_program *program)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < program->count; i++)
		count += is_task(&program->ops[i]);
	return count;
}

static const char *const kind_names[] = { "task", "dummy", "alloc", "begin", "end" };
static const char *const tag_names[] = { "input", "output", "inout", "existing", "no_dep" };

static void print_view(const struct oracle_view *view, FILE *to)
{
	if (view->creator < 0)
		fprintf(to, " buffer %u", view->buffer);
	else
		fprintf(to, " output %u of %d", view->buffer, view->creator);
	fprintf(to, ", width %u, from %u,", view->width, view->offset);
	for (uint32_t i = 0; i < view->dims; i++)
		fprintf(to, " %u by %u", view->shapes[i], view->strides[i]);
	fprintf(to, "%s\n", view->manual ? ", manual" : "");
}

void oracle_print(const struct oracle_program *program, FILE *to)
{
	fprintf(to, "program %llu: window %u, dependencies %u, heap for %u outputs\n", (unsigned long long)program->seed,
		program->window, program->dep_pool, program->heap_outputs);
	for (uint32_t i = 0; i < program->count; i++) {
		const struct oracle_op *op = &program->ops[i];

		if (op->gone)
			continue;
		fprintf(to, "%4u %*s%s%s", i, (int)op->depth * 2, "", kind_names[op->kind], op->manual ? " manual" : "");
		for (uint32_t k = 0; k < op->dep_count; k++)
			fprintf(to, "%s %u", k ? "," : " after", op->deps[k]);
		fprintf(to, "\n");
		for (uint32_t k = 0; k < op->use_count; k++) {
			fprintf(to, "       %*s%s", (int)op->depth * 2, "", tag_names[op->uses[k].tag]);
			print_view(&op->uses[k].view, to);
		}
	}
}
