/* SPDX-License-Identifier: Apache-2.0 */
/* weave_shrink - the same failure from less; and programs as words, for a device and for people */
#include "weave.h"

#include <stdarg.h>
#include <stdio.h>

struct shrinking {
	struct weave_program *program;
	bool (*fails)(void *cookie, const struct weave_program *);
	void *cookie;
};

/* Kept only where it is a program still, and fails still. */
static bool keep(const struct shrinking *shrinking, struct weave_program *smaller)
{
	if (!weave_order(smaller) || !shrinking->fails(shrinking->cookie, smaller))
		return false;
	*shrinking->program = *smaller;
	return true;
}

static void forget_step(struct weave_program *program, uint32_t gone)
{
	for (uint32_t i = 0; i < program->count; i++) {
		struct weave_step *step = &program->steps[i];
		uint32_t uses = 0, after = 0;

		for (uint32_t k = 0; k < step->use_count; k++)
			if (step->uses[k].view.from != (int)gone)
				step->uses[uses++] = step->uses[k];
		for (uint32_t k = 0; k < step->after_count; k++)
			if (step->after[k] != gone)
				step->after[after++] = step->after[k];
		step->use_count = uses;
		step->after_count = after;
	}
}

static void lift_out(struct weave_program *program, uint32_t scope)
{
	const struct weave_step *begin = &program->steps[scope];
	int outer = begin->scope;

	for (uint32_t i = 0; i < program->count; i++) {
		struct weave_step *step = &program->steps[i];

		if (step->scope != (int)scope)
			continue;
		step->scope = outer;
		if (step->kind != WEAVE_BEGIN)
			step->manual = outer >= 0 && program->steps[outer].manual;
	}
}

static bool without_step(const struct shrinking *shrinking, uint32_t at)
{
	struct weave_program smaller = *shrinking->program;
	struct weave_step *step = &smaller.steps[at];

	if (step->gone || step->kind == WEAVE_END)
		return false;
	step->gone = true;
	if (step->kind == WEAVE_BEGIN) {
		smaller.steps[step->partner].gone = true;
		lift_out(&smaller, at);
	} else {
		forget_step(&smaller, at);
	}
	return keep(shrinking, &smaller);
}

static bool without_use(const struct shrinking *shrinking, uint32_t at)
{
	for (uint32_t k = 0; k < shrinking->program->steps[at].use_count; k++) {
		struct weave_program smaller = *shrinking->program;
		struct weave_step *step = &smaller.steps[at];

		if (step->uses[k].tag == WEAVE_OUTPUT) /* its number is how others name it */
			continue;
		step->use_count--;
		for (uint32_t i = k; i < step->use_count; i++)
			step->uses[i] = step->uses[i + 1];
		if (keep(shrinking, &smaller))
			return true;
	}
	return false;
}

static bool with_less(const struct shrinking *shrinking, uint32_t at)
{
	struct weave_program smaller = *shrinking->program;
	struct weave_step *step = &smaller.steps[at];

	if (step->after_count) {
		step->after_count--;
		if (keep(shrinking, &smaller))
			return true;
		smaller = *shrinking->program;
	}
	if (step->kind != WEAVE_TASK || (step->blocks == 1 && step->cores < 2))
		return false;
	step->blocks = 1;
	step->cores = 1;
	return keep(shrinking, &smaller);
}

uint32_t weave_shrink(struct weave_program *program, bool (*fails)(void *cookie, const struct weave_program *), void *cookie)
{
	const struct shrinking shrinking = { program, fails, cookie };

	for (bool again = true; again;) {
		again = false;
		for (uint32_t i = program->count; i-- > 0;)
			again |= without_step(&shrinking, i);
		for (uint32_t i = program->count; i-- > 0;)
			if (!program->steps[i].gone)
				again |= without_use(&shrinking, i) || with_less(&shrinking, i);
	}
	return weave_tasks(program);
}

/* -- words for a device ------------------------------------------------------ */

enum { GONE = WEAVE_END + 1 };

struct pen {
	uint32_t *words;
	size_t count, room;
};

static void word(struct pen *pen, uint32_t value)
{
	if (pen->count < pen->room)
		pen->words[pen->count] = value;
	pen->count++;
}

static void write_use(struct pen *pen, const struct weave_use *use)
{
	const struct weave_view *view = &use->view;
	bool made = use->tag != WEAVE_OUTPUT && view->from >= 0;

	word(pen, (uint32_t)use->tag | view->width << 8 | view->dims << 16 | (uint32_t)view->untracked << 24);
	word(pen, (made ? (uint32_t)(view->from + 1) << 8 : 0) | (use->tag == WEAVE_OUTPUT ? 0 : view->buffer));
	word(pen, view->offset);
	for (uint32_t i = 0; i < view->dims; i++) {
		word(pen, view->shape[i]);
		word(pen, view->stride[i]);
	}
}

static void write_step(struct pen *pen, const struct weave_step *step)
{
	word(pen, (uint32_t)step->kind | (uint32_t)step->manual << 4 | step->cores << 8 | step->blocks << 16);
	if (step->kind > WEAVE_ALLOC)
		return;
	word(pen, step->use_count | step->after_count << 8);
	for (uint32_t i = 0; i < step->after_count; i++)
		word(pen, step->after[i]);
	for (uint32_t i = 0; i < step->use_count; i++)
		write_use(pen, &step->uses[i]);
}

size_t weave_write(const struct weave_program *program, uint32_t *words, size_t room)
{
	struct pen pen = { words, 0, room };

	word(&pen, program->count);
	for (uint32_t i = 0; i < program->count; i++)
		if (program->steps[i].gone)
			word(&pen, GONE); /* steps keep their numbers */
		else
			write_step(&pen, &program->steps[i]);
	return pen.count <= room ? pen.count : 0;
}

/* -- words for people -------------------------------------------------------- */

struct line {
	char *text;
	size_t used, room;
};

static void say(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct line *line, const char *format, ...)
{
	va_list list;

	if (line->used >= line->room)
		return;
	va_start(list, format);
	int wrote = vsnprintf(line->text + line->used, line->room - line->used, format, list);
	va_end(list);
	line->used += wrote > 0 ? (size_t)wrote : 0;
}

static void say_use(struct line *line, const struct weave_use *use)
{
	static const char *const tags[] = { "reads", "puts out", "changes", "writes", "peeps at" };
	const struct weave_view *view = &use->view;

	say(line, " %s", tags[use->tag]);
	if (view->from < 0)
		say(line, " buffer %u", view->buffer);
	else if (use->tag != WEAVE_OUTPUT)
		say(line, " output %u of %d", view->buffer, view->from);
	say(line, "%s by %u from %u", view->untracked ? " untracked" : "", view->width, view->offset);
	for (uint32_t i = 0; i < view->dims; i++)
		say(line, " %ux%u", view->shape[i], view->stride[i]);
}

const char *weave_text(const struct weave_program *program, char *text, size_t room)
{
	static const char *const kinds[] = { "task", "dummy", "alloc", "scope", "end" };
	struct line line = { text, 0, room };

	text[0] = '\0';
	for (uint32_t i = 0; i < program->count; i++) {
		const struct weave_step *step = &program->steps[i];

		if (step->gone)
			continue;
		say(&line, "%s%u: %s%s", line.used ? "; " : "", i, step->manual && step->kind == WEAVE_BEGIN ? "manual " : "",
			kinds[step->kind]);
		for (uint32_t k = 0; k < step->use_count && step->kind <= WEAVE_ALLOC; k++)
			say_use(&line, &step->uses[k]);
		for (uint32_t k = 0; k < step->after_count; k++)
			say(&line, "%s %u", k ? "," : " after", step->after[k]);
	}
	return text;
}
