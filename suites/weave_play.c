/* SPDX-License-Identifier: Apache-2.0 */
/* weave_play - a program in order, in plain C; and whether a device came to the same */
#include "weave.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Words of a record, as fixtures/kernels/ring/weave.c describes them. */
enum { CAME, FIRST, LAST, LEFT, SEEN_LOW, SEEN_HIGH };
enum { UNTOUCHED = 0x5a };

struct memory {
	uint8_t *outside; /* this program's buffers */
	uint8_t fresh[WEAVE_STEPS][WEAVE_USES][WEAVE_FRESH];
};

struct walk { /* over the elements of a view, in the order of its indices */
	const struct weave_view *view;
	uint32_t index[3];
	bool done;
};

static uint32_t offset_of(const struct walk *walk)
{
	uint32_t at = walk->view->offset;

	for (uint32_t i = 0; i < walk->view->dims; i++)
		at += walk->index[i] * walk->view->stride[i];
	return at * walk->view->width;
}

static void step_on(struct walk *walk)
{
	for (uint32_t i = walk->view->dims; i-- > 0;) {
		if (++walk->index[i] < walk->view->shape[i])
			return;
		walk->index[i] = 0;
	}
	walk->done = true;
}

static uint8_t *memory_of(struct memory *memory, const struct weave_view *view)
{
	return view->from < 0 ? memory->outside + (size_t)view->buffer * WEAVE_ROOM : memory->fresh[view->from][view->buffer];
}

static uint64_t look(struct memory *memory, const struct weave_view *view, uint64_t seen)
{
	const uint8_t *bytes = memory_of(memory, view);

	for (struct walk walk = { .view = view }; !walk.done; step_on(&walk))
		for (uint32_t i = 0, at = offset_of(&walk); i < view->width; i++)
			seen = (seen ^ bytes[at + i]) * 0x100000001b3;
	return seen;
}

static void put(struct memory *memory, const struct weave_view *view, uint64_t seed)
{
	uint8_t *bytes = memory_of(memory, view);
	uint64_t number = 0;

	for (struct walk walk = { .view = view }; !walk.done; step_on(&walk)) {
		uint64_t value = weave_stir(seed + number++);

		for (uint32_t i = 0, at = offset_of(&walk); i < view->width; i++)
			bytes[at + i] = (uint8_t)(value >> 8 * i);
	}
}

static uint64_t play_task(struct memory *memory, const struct weave_step *step, uint64_t number)
{
	uint64_t seen = weave_stir(number + 1);

	for (uint32_t i = 0; i < step->use_count; i++)
		if (step->uses[i].tag != WEAVE_OUTPUT && step->uses[i].tag != WEAVE_EXISTING)
			seen = look(memory, &step->uses[i].view, seen);
	for (uint32_t i = 0; i < step->use_count; i++)
		if (step->uses[i].tag != WEAVE_INPUT && step->uses[i].tag != WEAVE_UNSEEN)
			put(memory, &step->uses[i].view, seen + ((uint64_t)i << 32));
	return seen;
}

void weave_play(const struct weave_program *program, uint32_t number, const uint32_t *order, uint8_t *bytes,
	uint64_t seen[WEAVE_STEPS])
{
	struct memory memory = { .outside = bytes };

	memset(memory.fresh, UNTOUCHED, sizeof memory.fresh);
	for (uint32_t i = 0; i < program->count; i++) {
		uint32_t at = order ? order[i] : i;
		const struct weave_step *step = &program->steps[at];

		if (!step->gone && step->kind == WEAVE_TASK)
			seen[at] = play_task(&memory, step, (uint64_t)number * WEAVE_RECORDS + at);
	}
}

static bool wrong_is(char *wrong, size_t room, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool wrong_is(char *wrong, size_t room, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(wrong, room, format, list);
	va_end(list);
	return false;
}

static const uint32_t *record_of(const uint32_t *records, uint32_t number, uint32_t step)
{
	return records + (size_t)WEAVE_RECORD * (1 + number * WEAVE_RECORDS + step);
}

static bool task_holds(const struct weave_program *program, uint32_t number, uint32_t at, const uint32_t *records,
	uint64_t seen, char *wrong, size_t room)
{
	const struct weave_step *step = &program->steps[at];
	const uint32_t *record = record_of(records, number, at);
	uint32_t parts = step->blocks * (step->cores == 2 ? 3 : 1);
	uint64_t read = (uint64_t)record[SEEN_HIGH] << 32 | record[SEEN_LOW];

	if (record[CAME] != parts || record[LEFT] != parts)
		return wrong_is(wrong, room, "of the %u parts of step %u %u came and %u left", parts, at, record[CAME], record[LEFT]);
	for (uint32_t early = 0; early < at; early++) {
		const uint32_t *other = record_of(records, number, early);

		if (step->before >> early & 1 && program->steps[early].kind == WEAVE_TASK && other[LAST] > record[FIRST])
			return wrong_is(wrong, room, "step %u began before step %u was over", at, early);
	}
	return read == seen || wrong_is(wrong, room, "step %u saw other bytes than there must be", at);
}

bool weave_holds(const struct weave_program *program, uint32_t number, const uint8_t *first, const uint8_t *bytes,
	const uint32_t *records, char *wrong, size_t room)
{
	uint8_t wanted[WEAVE_BUFFERS * WEAVE_ROOM];
	uint64_t seen[WEAVE_STEPS];

	memcpy(wanted, first, sizeof wanted);
	weave_play(program, number, NULL, wanted, seen);
	for (uint32_t i = 0; i < program->count; i++)
		if (!program->steps[i].gone && program->steps[i].kind == WEAVE_TASK &&
		    !task_holds(program, number, i, records, seen[i], wrong, room))
			return false;
	for (uint32_t i = 0; i < sizeof wanted; i++)
		if (bytes[i] != wanted[i])
			return wrong_is(wrong, room, "byte %u of buffer %u is %u, wanted %u", i % WEAVE_ROOM, i / WEAVE_ROOM, bytes[i],
				wanted[i]);
	return true;
}
