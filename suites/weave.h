/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weave - random programs of tensors: drawn, played in order, held against what a device made of them, shrunk
 *
 * Shares no file with the runner nor with the fixtures, which carry the programs out.  Every view is counted out as a set
 * of bytes, and two views overlap when the sets do.  What a step must wait for is asked of every earlier one, by the rules
 * of the documentation: named steps; who put a tensor out; outside manual scopes, who wrote what is read.
 *
 * A write waits for no reader, and a write that reads nothing for no other write.  Where bytes would depend on that, the
 * drawing names the earlier step: a program has one result, whatever the order of what is free.
 */
#ifndef TARE_WEAVE_H
#define TARE_WEAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WEAVE_STEPS = 40, WEAVE_USES = 4, WEAVE_AFTER = 12,
	WEAVE_BUFFERS = 3,  /* from outside, of each program */
	WEAVE_ROOM = 256,   /* bytes of each */
	WEAVE_FRESH = 64,   /* bytes of an output */
	WEAVE_BATCH = 100,  /* programs of a launch */
	WEAVE_RECORDS = 64, /* of a program in the log */
	WEAVE_RECORD = 8,   /* words of one; of the head too */
};

enum weave_kind { WEAVE_TASK, WEAVE_DUMMY, WEAVE_ALLOC, WEAVE_BEGIN, WEAVE_END };
enum weave_tag { WEAVE_INPUT, WEAVE_OUTPUT, WEAVE_INOUT, WEAVE_EXISTING, WEAVE_UNSEEN };

struct weave_view {
	int from;        /* the step that puts it out, or -1: from outside */
	uint32_t buffer; /* which of those; else which of the step's outputs */
	uint32_t width;  /* bytes of an element */
	uint32_t dims, offset, shape[3], stride[3];
	bool untracked;
	uint64_t bytes[WEAVE_ROOM / 64]; /* of the buffer, a bit each */
};

struct weave_use {
	enum weave_tag tag;
	struct weave_view view;
};

struct weave_step {
	enum weave_kind kind;
	bool gone;       /* shrunk away */
	bool manual;     /* BEGIN: the scope that begins, as what it lies in at least; else the one it lies in */
	int scope;       /* the BEGIN it lies in, or -1: the program's own */
	int partner;     /* of BEGIN and END */
	uint32_t blocks, cores; /* 0 an AIC, 1 an AIV, 2 a cluster */
	uint32_t use_count, after_count;
	struct weave_use uses[WEAVE_USES];
	uint32_t after[WEAVE_AFTER];
	uint64_t before; /* every step that must be complete, a bit each */
};

struct weave_program {
	uint64_t seed;
	uint32_t window; /* tasks that a ring has room for */
	uint32_t count;
	struct weave_step steps[WEAVE_STEPS];
};

uint64_t weave_stir(uint64_t value); /* spreads bits */

void weave_draw(struct weave_program *program, uint64_t seed, uint32_t window);

/* Counts views and orders again.  False: something that is free decides over bytes, or a scope has too many tasks. */
bool weave_order(struct weave_program *program);

/* Who must be complete before this step, by those before it, whose orders are counted. */
uint64_t weave_waits_for(const struct weave_program *program, uint32_t step);
/* The late step must name the early one: they touch the same bytes and are free, or an output would be gone. */
bool weave_lacks(const struct weave_program *program, uint32_t early, uint32_t late);

void weave_count(struct weave_view *view);

/* As words for the orchestration; 0: no room. */
size_t weave_write(const struct weave_program *program, uint32_t *words, size_t room);

/*
 * What comes of the buffers, which it changes, and what each task sees.  number: of the program in its launch; order: of
 * the steps, NULL: as they stand.
 */
void weave_play(const struct weave_program *program, uint32_t number, const uint32_t *order, uint8_t *bytes,
	uint64_t seen[WEAVE_STEPS]);

/* bytes and records as the device left them, first the buffers as they were.  False, and what is wrong. */
bool weave_holds(const struct weave_program *program, uint32_t number, const uint8_t *first, const uint8_t *bytes,
	const uint32_t *records, char *wrong, size_t room);

uint32_t weave_tasks(const struct weave_program *program);

/* Takes away what `fails` does not need; how many tasks are left. */
uint32_t weave_shrink(struct weave_program *program, bool (*fails)(void *cookie, const struct weave_program *), void *cookie);

/* In words, a step after the other; returns text. */
const char *weave_text(const struct weave_program *program, char *text, size_t room);

#endif
