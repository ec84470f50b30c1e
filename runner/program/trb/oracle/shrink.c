/* SPDX-License-Identifier: Apache-2.0 */
/* shrink - the smallest program, of those near it, that still fails */
#include "oracle.h"

typedef bool (*fails_fn)(const struct oracle_program *, void *);

static void drop_use(struct oracle_op *op, uint32_t at)
{
	op->use_count--;
	for (uint32_t i = at; i < op->use_count; i++)
		op->uses[i] = op->uses[i + 1];
}

/* Whoever looks at what the op puts out, or waits for it, does so no more. */
static void forget(struct oracle_program *program, uint32_t gone)
{
	for (uint32_t i = 0; i < program->count; i++) {
		struct oracle_op *op = &program->ops[i];

		for (uint32_t k = op->use_count; k-- > 0;)
			if (i != gone && op->uses[k].view.creator == (int32_t)gone)
				drop_use(op, k);
		for (uint32_t k = op->dep_count; k-- > 0;)
			if (op->deps[k] == gone)
				op->deps[k] = op->deps[--op->dep_count];
	}
}

static bool try_without(struct oracle_program *program, uint32_t at, fails_fn fails, void *cookie)
{
	struct oracle_program smaller = *program;
	struct oracle_op *op = &smaller.ops[at];

	if (op->gone || op->kind == ORACLE_END)
		return false;
	op->gone = true;
	if (op->kind == ORACLE_BEGIN) {
		smaller.ops[op->partner].gone = true;
		for (int32_t i = (int32_t)at + 1; i < op->partner; i++) {
			if (smaller.ops[i].depth)
				smaller.ops[i].depth--;
			if (smaller.ops[i].scope != at)
				continue;
			smaller.ops[i].scope = op->scope;
			if (smaller.ops[i].kind != ORACLE_BEGIN)
				smaller.ops[i].manual = op->scope != ORACLE_OPS && smaller.ops[op->scope].manual;
		}
	} else {
		forget(&smaller, at);
	}
	if (!fails(&smaller, cookie))
		return false;
	*program = smaller;
	return true;
}

/* What an op still has that could go: a tensor, a dependency, more than one block. */
static bool try_less(struct oracle_program *program, uint32_t at, fails_fn fails, void *cookie)
{
	struct oracle_program smaller = *program;
	struct oracle_op *op = &smaller.ops[at];

	for (uint32_t k = 0; !op->gone && k < op->use_count; k++) {
		if (op->uses[k].tag == ORACLE_OUTPUT) /* its number is how others name it */
			continue;
		drop_use(op, k);
		for (uint32_t i = at + 1; i < smaller.count; i++)
			for (uint32_t u = 0; u < smaller.ops[i].use_count; u++)
				if (smaller.ops[i].uses[u].view.creator == (int32_t)at && smaller.ops[i].uses[u].tag != ORACLE_OUTPUT &&
				    smaller.ops[i].uses[u].view.buffer > k)
					smaller.ops[i].uses[u].view.buffer--;
		for (uint32_t u = k; u < op->use_count; u++)
			if (op->uses[u].tag == ORACLE_OUTPUT)
				op->uses[u].view.buffer--;
		if (fails(&smaller, cookie)) {
			*program = smaller;
			return true;
		}
		smaller = *program;
	}
	if (!op->gone && op->dep_count) {
		op->dep_count--;
		if (fails(&smaller, cookie)) {
			*program = smaller;
			return true;
		}
		smaller = *program;
	}
	if (op->gone || op->blocks <= 1)
		return false;
	op->blocks = 1;
	if (!fails(&smaller, cookie))
		return false;
	*program = smaller;
	return true;
}

uint32_t oracle_shrink(struct oracle_program *program, bool (*fails)(const struct oracle_program *, void *), void *cookie)
{
	bool again = true;

	while (again) {
		again = false;
		for (uint32_t i = program->count; i-- > 0;)
			again |= try_without(program, i, fails, cookie);
		for (uint32_t i = program->count; i-- > 0;)
			again |= try_less(program, i, fails, cookie);
	}
	return oracle_tasks(program);
}
