/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle - random tensor programs, and who must run before whom in them
 *
 * Knows the rules of the documentation and no line of the runtime: every view is
 * a set of bytes, counted out element by element, and two views overlap when
 * the sets do.  What a task must wait for is asked of every earlier task.
 */
#ifndef TARE_TRB_ORACLE_H
#define TARE_TRB_ORACLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define ORACLE_OPS     48
#define ORACLE_USES    4
#define ORACLE_DEPS    3
#define ORACLE_BUFFERS 3   /* that come from outside */
#define ORACLE_BYTES   256 /* of each buffer, outputs included */

enum oracle_kind { ORACLE_TASK, ORACLE_DUMMY, ORACLE_ALLOC, ORACLE_BEGIN, ORACLE_END };
enum oracle_tag { ORACLE_INPUT, ORACLE_OUTPUT, ORACLE_INOUT, ORACLE_EXISTING, ORACLE_NO_DEP };

struct oracle_view {
	int32_t creator; /* the op that puts it out, or -1: from outside */
	uint32_t buffer; /* from outside: which; else its number among the creator's uses */
	uint32_t width;  /* bytes of an element: 1, 2, 4, 8 */
	uint32_t dims;
	uint32_t offset; /* elements */
	uint32_t shapes[3];
	uint32_t strides[3];
	bool manual;     /* not tracked */
	uint64_t bytes[ORACLE_BYTES / 64]; /* counted out: a bit each */
	uint32_t first, last;              /* of them */
};

struct oracle_use {
	enum oracle_tag tag;
	struct oracle_view view;
};

struct oracle_op {
	enum oracle_kind kind;
	bool gone;        /* shrunk away */
	bool manual;      /* BEGIN: the scope's mode; else: the innermost scope's */
	int32_t partner;  /* BEGIN and END: each other */
	uint32_t scope;   /* BEGIN op that it lies in, or ORACLE_OPS: the outermost */
	uint32_t depth;
	uint32_t blocks;
	uint32_t cores;   /* 0 AIC, 1 AIV, 2 both */
	uint32_t use_count;
	struct oracle_use uses[ORACLE_USES];
	uint32_t dep_count;
	uint32_t deps[ORACLE_DEPS]; /* ops */
};

struct oracle_program {
	uint64_t seed;
	uint32_t window, dep_pool, heap_outputs; /* the capacities it is to be run with */
	uint32_t count;
	struct oracle_op ops[ORACLE_OPS];
};

void oracle_draw(struct oracle_program *program, uint64_t seed);

/* Counts every view out; draw has done it. */
void oracle_count(struct oracle_program *program);

/* `late` may not begin before `early` is complete. */
bool oracle_must(const struct oracle_program *program, uint32_t early, uint32_t late);

/* `late` may wait for `early` itself: it must, or nothing simple shows that their views are apart. */
bool oracle_may(const struct oracle_program *program, uint32_t early, uint32_t late);

/* Takes away what is not needed for `fails`; how many tasks are left. */
uint32_t oracle_shrink(struct oracle_program *program, bool (*fails)(const struct oracle_program *, void *), void *cookie);

uint32_t oracle_tasks(const struct oracle_program *program);
void oracle_print(const struct oracle_program *program, FILE *to);

#endif
