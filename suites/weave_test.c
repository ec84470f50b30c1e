/* SPDX-License-Identifier: Apache-2.0 */
/* That programs have one result in whatever order is allowed, and that a device with a wrong rule is seen, and by how little. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "weave.h"

enum { PROGRAMS = 400, WINDOWS = 4 };

static const uint32_t windows[WINDOWS] = { 64, 4, 8, 16 };

/* A device of a few lines: steps one by one, in any order that its own idea of who waits for whom allows. */
struct device {
	void (*mistake)(struct weave_program *program);
	uint64_t random;
	char wrong[128];
};

static uint32_t below(struct device *device, uint32_t limit)
{
	device->random += 0x9e3779b97f4a7c15;
	return (uint32_t)(weave_stir(device->random) >> 33) % limit;
}

static void some_order(struct device *device, const struct weave_program *program, uint32_t order[WEAVE_STEPS])
{
	uint64_t done = 0;

	for (uint32_t count = 0; count < program->count; count++) {
		uint32_t at = below(device, program->count);

		while (done >> at & 1 || (program->steps[at].before & ~done))
			at = (at + 1) % program->count;
		done |= UINT64_C(1) << at;
		order[count] = at;
	}
}

static bool runs_wrong(void *cookie, const struct weave_program *program)
{
	static uint32_t records[WEAVE_RECORD * (1 + WEAVE_RECORDS)];
	uint8_t first[WEAVE_BUFFERS * WEAVE_ROOM], bytes[sizeof first];
	struct device *device = cookie;
	struct weave_program understood = *program;
	uint32_t order[WEAVE_STEPS];
	uint64_t seen[WEAVE_STEPS];

	if (device->mistake) {
		device->mistake(&understood);
		weave_order(&understood);
	}
	some_order(device, &understood, order);
	memset(first, 7, sizeof first);
	memcpy(bytes, first, sizeof first);
	weave_play(program, 0, order, bytes, seen);
	memset(records, 0, sizeof records);
	for (uint32_t i = 0; i < program->count; i++) {
		uint32_t *record = records + WEAVE_RECORD * (1 + order[i]);
		const struct weave_step *step = &program->steps[order[i]];

		record[0] = record[3] = step->blocks * (step->cores == 2 ? 3 : 1);
		record[1] = 2 * i + 1;
		record[2] = 2 * i + 2;
		record[4] = (uint32_t)seen[order[i]];
		record[5] = (uint32_t)(seen[order[i]] >> 32);
	}
	return !weave_holds(program, 0, first, bytes, records, device->wrong, sizeof device->wrong);
}

static bool runs_wrong_sometimes(void *cookie, const struct weave_program *program)
{
	for (int i = 0; i < 16; i++)
		if (runs_wrong(cookie, program))
			return true;
	return false;
}

static void order_decides_nothing(void **state)
{
	static struct weave_program program;
	struct device device = { .random = 1 };
	uint32_t manual = 0, overlapping = 0;

	(void)state;
	for (uint32_t i = 0; i < PROGRAMS; i++) {
		weave_draw(&program, i, windows[i % WINDOWS]);
		assert_true(program.count <= WEAVE_STEPS);
		assert_true(weave_order(&program));
		if (runs_wrong_sometimes(&device, &program))
			fail_msg("program %u: %s", i, device.wrong);
		for (uint32_t k = 0; k < program.count; k++) {
			manual += program.steps[k].kind == WEAVE_TASK && program.steps[k].manual;
			overlapping += program.steps[k].before && !program.steps[k].after_count;
		}
	}
	assert_true(manual > PROGRAMS / 2);
	assert_true(overlapping > PROGRAMS);
}

static void no_tensors(struct weave_program *program)
{
	for (uint32_t i = 0; i < program->count; i++)
		for (uint32_t k = 0; k < program->steps[i].use_count; k++)
			program->steps[i].uses[k].view.untracked = true;
}

/* L21: halves and words were compared by their indices. */
static void indices_for_bytes(struct weave_program *program)
{
	for (uint32_t i = 0; i < program->count; i++)
		for (uint32_t k = 0; k < program->steps[i].use_count; k++)
			program->steps[i].uses[k].view.width = 1;
}

static void rows_without_strides(struct weave_program *program)
{
	for (uint32_t i = 0; i < program->count; i++)
		for (uint32_t k = 0; k < program->steps[i].use_count; k++)
			if (program->steps[i].uses[k].view.dims > 1)
				program->steps[i].uses[k].view.dims = 1;
}

static void no_names(struct weave_program *program)
{
	for (uint32_t i = 0; i < program->count; i++)
		program->steps[i].after_count = 0;
}

static void every_scope_manual(struct weave_program *program)
{
	for (uint32_t i = 0; i < program->count; i++)
		program->steps[i].manual = true;
}

static void mistakes_are_seen_in_little(void **state)
{
	static const struct {
		const char *name;
		void (*make)(struct weave_program *program);
	} mistakes[] = {
		{ "no tensors", no_tensors }, { "indices for bytes", indices_for_bytes }, { "rows without strides", rows_without_strides },
		{ "no names", no_names }, { "every scope manual", every_scope_manual },
	};
	static struct weave_program program;

	(void)state;
	for (uint32_t m = 0; m < sizeof mistakes / sizeof mistakes[0]; m++) {
		struct device device = { .mistake = mistakes[m].make, .random = m };
		uint32_t found = 0, tasks;
		char text[1024];

		for (; found < PROGRAMS; found++) {
			weave_draw(&program, found, windows[found % WINDOWS]);
			if (runs_wrong_sometimes(&device, &program))
				break;
		}
		assert_true(found < PROGRAMS);
		tasks = weave_shrink(&program, runs_wrong_sometimes, &device);
		print_message("%s: program %u, %u tasks: %s\n", mistakes[m].name, found, tasks, weave_text(&program, text, sizeof text));
		assert_in_range(tasks, 1, 4);
	}
}

static void words_fit(void **state)
{
	static struct weave_program program;
	static uint32_t words[131072];
	size_t used = 0, most = 0;

	(void)state;
	for (uint32_t i = 0; i < PROGRAMS; i++) {
		weave_draw(&program, i, windows[i % WINDOWS]);
		size_t now = weave_write(&program, words, sizeof words / sizeof words[0]);
		assert_true(now > 0);
		used += now;
		most = now > most ? now : most;
	}
	assert_int_equal(weave_write(&program, words, 4), 0);
	/* A launch has WEAVE_BATCH of them. */
	assert_true(used / PROGRAMS * WEAVE_BATCH * 2 < sizeof words / sizeof words[0]);
	assert_true(most < 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_decides_nothing),
		cmocka_unit_test(mistakes_are_seen_in_little),
		cmocka_unit_test(words_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
