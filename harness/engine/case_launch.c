/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words about launches, and unregister.
 *
 * Between two launches the harness may cost next to nothing, or it would be
 * what is measured: arguments are built once, nothing is allocated, and of a
 * tensor that the launch shall fill only the ends are spoiled.
 */
#include "case.h"

#include <stdio.h>
#include <time.h>

#define COMMON_BLOCK_DIM 3
#define COMMON_THREADS   3

static int act_unregister(struct tare_case *c, void *cookie)
{
	const int32_t *id = cookie;

	return c->abi->unregister_callable(c->contexts[c->current].handle, *id);
}

static int unregister(struct tare_case *c, int32_t id)
{
	tare__case_context(c);
	int code = tare__attempt(c, &(struct tare__attempt){ "unregister_callable", TARE_PHASE_UNREGISTER, TARE__GIVES,
		act_unregister, &id });
	struct tare_callable *callable = tare__callable_find(c, id);
	if (code == 0 && callable)
		callable->registered = false;
	return code;
}

void tare_unregister(struct tare_case *c, struct tare_callable *callable)
{
	char what[64];

	snprintf(what, sizeof what, "unregister_callable of id %d", callable->id);
	tare__case_must(c, unregister(c, callable->id), what);
}

int tare_try_unregister_id(struct tare_case *c, int32_t id)
{
	return unregister(c, id);
}

struct launching {
	const struct tare_case_context *context;
	const struct tare_callable *callable; /* NULL: the id has none */
	int32_t id;
	int block_dim, threads;
};

static int act_run(struct tare_case *c, void *cookie)
{
	static const struct tare_chip_args nothing;
	const struct launching *launching = cookie;
	struct tare_run_timing timing;

	if (launching->callable)
		tare__callable_spoil(launching->callable);
	return c->abi->run_prepared(launching->context->handle, launching->context->runtime, launching->id,
		launching->callable ? &launching->callable->args : &nothing, launching->block_dim, launching->threads, 0, 0, 0, 0,
		0, "", &timing);
}

static int run(struct tare_case *c, struct launching *launching)
{
	const struct tare_target_file *file = c->target.file;

	if (file && file->launches && c->launches >= file->launches)
		tare__case_skip(c, "%s allows %u launches in a process, and this case needs more", c->target.name, file->launches);
	tare_ledger_launch(c->ledger, ++c->launches);
	int code = tare__attempt(c, &(struct tare__attempt){ "run_prepared", TARE_PHASE_LAUNCH, 0, act_run, launching });
	if (c->launches == 1)
		tare_ledger_read(c->ledger, TARE_AT_FIRST_LAUNCH);
	tare_ledger_read(c->ledger, TARE_AT_LAST_LAUNCH);
	return code;
}

int tare_try_launch_wide(struct tare_case *c, struct tare_callable *callable, int block_dim, int aicpu_threads)
{
	struct tare_case_context *context = &c->contexts[callable->context];

	if (context->state == TARE_CONTEXT_NONE)
		tare__case_broken(c, "%s was prepared in a context that is closed", callable->fixture->name);
	return run(c, &(struct launching){ context, callable, callable->id, block_dim, aicpu_threads });
}

int tare__case_block_dim(const struct tare_case *c)
{
	uint32_t block_dim = c->plan->ref->spec->scale.block_dim;

	return block_dim ? (int)block_dim : COMMON_BLOCK_DIM;
}

int tare__case_threads(const struct tare_case *c)
{
	uint32_t threads = c->plan->ref->spec->scale.aicpu_threads;

	return threads ? (int)threads : COMMON_THREADS;
}

int tare_try_launch(struct tare_case *c, struct tare_callable *callable)
{
	return tare_try_launch_wide(c, callable, tare__case_block_dim(c), tare__case_threads(c));
}

int tare_try_launch_id(struct tare_case *c, int32_t id)
{
	struct tare_case_context *context = tare__case_context(c);

	return run(c, &(struct launching){ context, tare__callable_find(c, id), id, tare__case_block_dim(c),
		tare__case_threads(c) });
}

void tare_launch_wide(struct tare_case *c, struct tare_callable *callable, int block_dim, int aicpu_threads)
{
	char what[128];
	int code = tare_try_launch_wide(c, callable, block_dim, aicpu_threads);

	if (code == 0)
		return;
	snprintf(what, sizeof what, "launch %u, of %s on %d blocks,", c->launches, callable->fixture->name, block_dim);
	tare__case_must(c, code, what);
}

uint64_t tare_spent_ms(void)
{
	struct timespec spent = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
	return (uint64_t)spent.tv_sec * 1000 + (uint64_t)spent.tv_nsec / 1000000;
}

void tare_launch(struct tare_case *c, struct tare_callable *callable)
{
	tare_launch_wide(c, callable, tare__case_block_dim(c), tare__case_threads(c));
}
