/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random tensor programs through the core, against the oracle's brute force: no task begins before one that it must
 * wait for, none waits without a reason, no memory comes back while it is needed, no launch fails that had room.
 *
 *     dependency_test [PROGRAMS [FIRST SEED]]
 *
 * A program that fails is shrunk and printed with the command that repeats it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/oracle.h"
#include "test_toy.h"

enum { MOST_OUTPUTS = 32, TRIES = 24 };

struct made { /* an output in memory */
	uint64_t begin, end;
};

struct run {
	struct toy *toy;
	const struct oracle_program *program;
	uint64_t ids[ORACLE_OPS];
	bool submitted[ORACLE_OPS];
	bool complete[ORACLE_OPS];
	bool direct[ORACLE_OPS][ORACLE_OPS]; /* [late][early] */
	uint32_t deps[ORACLE_OPS];
	struct tare_trb_tensor outputs[ORACLE_OPS][ORACLE_USES];
	struct made made[ORACLE_OPS][ORACLE_USES];
	uint32_t now;       /* op that is being submitted */
	char wrong[256];
};

static uint64_t programs = 10000, first_seed = 1;
static struct toy shared_toy;

static void note(struct run *run, const char *what, uint32_t one, uint32_t other)
{
	if (!run->wrong[0])
		snprintf(run->wrong, sizeof run->wrong, "%s: %u, %u", what, one, other);
}

static uint32_t op_of(const struct run *run, uint64_t task)
{
	for (uint32_t i = 0; i < run->program->count; i++)
		if (run->submitted[i] && run->ids[i] == task)
			return i;
	return run->now; /* it runs before its submit returns */
}

/* A dummy is complete when all are that it waits for. */
static bool is_complete(const struct run *run, uint32_t op)
{
	if (run->program->ops[op].kind != ORACLE_DUMMY)
		return run->complete[op];
	for (uint32_t i = 0; i < op; i++)
		if (oracle_must(run->program, i, op) && !is_complete(run, i))
			return false;
	return true;
}

static void begins(void *cookie, uint64_t task)
{
	struct run *run = cookie;
	uint32_t op = op_of(run, task);

	for (uint32_t i = 0; i < op; i++)
		if (oracle_must(run->program, i, op) && !is_complete(run, i))
			note(run, "began before one that it must wait for", op, i);
}

static void ends(void *cookie, uint64_t task)
{
	struct run *run = cookie;
	uint32_t op = op_of(run, task);

	if (run->complete[op])
		note(run, "was complete twice", op, 0);
	run->complete[op] = true;
}

static bool scope_open(const struct run *run, uint32_t op)
{
	uint32_t scope = run->program->ops[op].scope;

	return scope == ORACLE_OPS || run->program->ops[scope].partner > (int32_t)run->now;
}

static bool is_needed(const struct run *run, uint32_t op)
{
	if (scope_open(run, op) || !is_complete(run, op))
		return true;
	for (uint32_t i = op + 1; i < run->now; i++)
		if (run->direct[i][op] && !is_complete(run, i))
			return true;
	return false;
}

static void check_outputs(struct run *run, uint32_t op, const struct tare_trb_outputs *outputs)
{
	uint32_t next = 0;

	for (uint32_t k = 0; k < run->program->ops[op].use_count; k++) {
		struct made *made = &run->made[op][k];

		if (run->program->ops[op].uses[k].tag != ORACLE_OUTPUT)
			continue;
		run->outputs[op][k] = *outputs->tensors[next++];
		made->begin = run->outputs[op][k].buffer;
		made->end = made->begin + run->outputs[op][k].buffer_size;
		for (uint32_t i = 0; i < op; i++)
			for (uint32_t u = 0; u < ORACLE_USES; u++)
				if (run->made[i][u].begin < made->end && made->begin < run->made[i][u].end && is_needed(run, i))
					note(run, "was given memory that another still needs", op, i);
	}
}

/* Outputs of two tasks that lay in the same memory, one after the other: the map knows addresses alone. */
static bool share_memory(const struct run *run, uint32_t early, uint32_t late)
{
	const struct oracle_op *before = &run->program->ops[early], *after = &run->program->ops[late];

	for (uint32_t i = 0; i < before->use_count; i++)
		for (uint32_t k = 0; k < after->use_count; k++) {
			const struct oracle_view *old = &before->uses[i].view, *view = &after->uses[k].view;

			if (old->creator < 0 || view->creator < 0 || view->creator == old->creator)
				continue;
			if (run->made[old->creator][old->buffer].begin == run->made[view->creator][view->buffer].begin)
				return true;
		}
	return false;
}

static void check_fanin(struct run *run, uint32_t op)
{
	uint32_t ring_number = (uint32_t)(run->ids[op] >> 32);
	const struct tare__trb *trb = run->toy->trb;
	const struct tare__trb_ring *ring = &trb->rings[ring_number];
	const struct tare__trb_slot *slot = &trb->slots[tare__trb_place(trb, ring_number, (uint32_t)run->ids[op])];

	run->deps[op] = slot->dep_count;
	for (uint32_t i = 0; i < slot->dep_count; i++) {
		const struct tare__trb_dep *dep = &ring->deps[(slot->dep_first + i) % trb->capacity.dep_pool];
		uint32_t early = op_of(run, trb->slots[dep->producer].id);

		if (run->direct[op][early])
			note(run, "waits twice for one", op, early);
		run->direct[op][early] = true;
		if (!oracle_may(run->program, early, op) && !share_memory(run, early, op))
			note(run, "waits for one without a reason", op, early);
	}
}

/* Whether a launch that ends with this code really had no room; all is counted from the program. */
static bool is_justified(const struct run *run, int32_t code)
{
	const struct oracle_program *program = run->program;
	uint32_t ring = program->ops[run->now].depth < 3 ? program->ops[run->now].depth : 3;
	uint64_t live = 0, heap = 0, deps = 0, largest = 0, wanted = 0, producers = 0, scope = 0;
	bool left = false;

	for (uint32_t i = 0; i < program->count; i++) {
		const struct oracle_op *op = &program->ops[i];
		uint64_t bytes = 0;

		if (op->gone || op->kind > ORACLE_ALLOC)
			continue;
		for (uint32_t k = 0; k < op->use_count; k++)
			bytes += op->uses[k].tag == ORACLE_OUTPUT ? TARE__TRB_GRAIN : 0;
		largest = bytes > largest ? bytes : largest;
		wanted = i == run->now ? bytes : wanted;
		producers += oracle_may(program, i, run->now);
		if (i >= run->now)
			continue;
		scope += op->scope == program->ops[run->now].scope;
		left = left || !is_complete(run, i);
		if ((op->depth < 3 ? op->depth : 3) == ring && (live || scope_open(run, i))) {
			live++;
			heap += bytes;
			deps += run->deps[i];
		}
	}
	if (wanted > run->toy->capacity.heap || producers > program->dep_pool)
		return code == TARE_TRB_SCOPE_DEADLOCK || code == TARE_TRB_HEAP_RING_DEADLOCK || code == TARE_TRB_DEP_POOL_OVERFLOW ||
			code == TARE_TRB_FLOW_CONTROL_DEADLOCK;
	if (left && code != TARE_TRB_SCOPE_DEADLOCK)
		return false;
	return (code == TARE_TRB_SCOPE_DEADLOCK && scope >= program->window - 1) ||
		(code == TARE_TRB_FLOW_CONTROL_DEADLOCK && live + 1 >= program->window) ||
		(code == TARE_TRB_HEAP_RING_DEADLOCK && heap + wanted + largest > run->toy->capacity.heap) ||
		(code == TARE_TRB_DEP_POOL_OVERFLOW && deps + producers > program->dep_pool);
}

static void view_of(const struct run *run, const struct oracle_view *from, struct tare_trb_tensor *tensor)
{
	static const uint8_t types[] = { 0, TARE_INT8, TARE_FLOAT16, 0, TARE_FLOAT32, 0, 0, 0, TARE_INT64 };

	memset(tensor, 0, sizeof *tensor);
	tensor->buffer = 0x1000u * (from->buffer + 1);
	tensor->owner = TARE_TRB_NO_TASK;
	if (from->creator >= 0)
		*tensor = run->outputs[from->creator][from->buffer];
	tensor->type = types[from->width];
	tensor->manual_dep = from->manual;
	tensor->start_offset = from->offset;
	tensor->dims = from->dims;
	for (uint32_t i = 0; i < from->dims; i++) {
		tensor->shapes[i] = from->shapes[i];
		tensor->strides[i] = from->strides[i];
	}
}

static void submit(struct run *run, uint32_t at)
{
	static const struct tare_trb_kernels kernels[] = { { 0, -1, -1 }, { -1, 1, -1 }, { 0, 1, 2 } };
	const struct oracle_op *op = &run->program->ops[at];
	struct tare_trb_tensor tensors[ORACLE_USES];
	struct tare_trb_create_info infos[ORACLE_USES];
	uint64_t deps[ORACLE_DEPS];
	struct tare_trb_outputs outputs;
	struct tare_trb_arg arg;

	memset(&arg, 0, sizeof arg);
	arg.spec.block_count = (int16_t)op->blocks;
	for (uint32_t k = 0; k < op->use_count; k++) {
		view_of(run, &(struct oracle_view){ .creator = -1, .width = op->uses[k].view.width }, &tensors[k]);
		if (op->uses[k].tag == ORACLE_OUTPUT) {
			infos[k] = (struct tare_trb_create_info){ .dims = 1, .type = TARE_INT8, .is_contiguous = 1, .shapes = { 64 } };
			arg.tensors[k] = &infos[k];
		} else {
			view_of(run, &op->uses[k].view, &tensors[k]);
			arg.tensors[k] = &tensors[k];
		}
		arg.tags[k] = (int32_t)op->uses[k].tag;
	}
	arg.tensor_count = (int32_t)op->use_count;
	for (uint32_t k = 0; k < op->dep_count; k++)
		deps[k] = run->ids[op->deps[k]];
	arg.dependencies = deps;
	arg.dependency_count = op->dep_count;
	outputs = op->kind == ORACLE_ALLOC ? tare__trb_alloc(run->toy->trb, &arg) :
		op->kind == ORACLE_DUMMY ? tare__trb_submit_dummy(run->toy->trb, &arg) :
		tare__trb_submit(run->toy->trb, &kernels[op->cores], &arg);
	if (outputs.task == TARE_TRB_NO_TASK)
		return;
	run->ids[at] = outputs.task;
	run->submitted[at] = true;
	run->complete[at] = op->kind == ORACLE_ALLOC;
	check_fanin(run, at);
	check_outputs(run, at, &outputs);
}

static void check_end(struct run *run)
{
	struct tare__trb *trb = run->toy->trb;

	for (uint32_t i = 0; i < run->program->count; i++)
		if (run->submitted[i] && !is_complete(run, i))
			note(run, "never ran", i, 0);
	for (uint32_t i = 0; i < TARE_TRB_RINGS; i++) {
		tare__trb_reclaim(trb, i);
		if (trb->rings[i].alive != trb->rings[i].next || trb->rings[i].heap_used || trb->rings[i].dep_used)
			note(run, "a ring did not come back", i, trb->rings[i].next - trb->rings[i].alive);
	}
	if (trb->map.used || trb->completed != trb->submitted || run->toy->status.consumed != trb->submitted)
		note(run, "the counts differ", (uint32_t)trb->completed, (uint32_t)trb->submitted);
}

static bool play(const struct oracle_program *program, uint64_t schedule, struct run *run)
{
	struct toy *toy = &shared_toy;
	int code;

	memset(run, 0, sizeof *run);
	run->program = program;
	run->toy = toy;
	toy->capacity.task_window = program->window;
	toy->capacity.dep_pool = program->dep_pool;
	toy->capacity.heap = program->heap_outputs * (uint64_t)TARE__TRB_GRAIN;
	toy->random = schedule * 2 + 1;
	toy->hooks = (struct toy_hooks){ .cookie = run, .begin = begins, .end = ends };
	toy_reopen(toy);
	tare__trb_scope_begin(toy->trb, TARE_TRB_SCOPE_AUTO);
	for (; run->now < program->count && !tare__trb_failed(toy->trb); run->now++) {
		const struct oracle_op *op = &program->ops[run->now];

		if (op->gone)
			continue;
		if (op->kind == ORACLE_BEGIN)
			tare__trb_scope_begin(toy->trb, op->manual ? TARE_TRB_SCOPE_MANUAL : TARE_TRB_SCOPE_AUTO);
		else if (op->kind == ORACLE_END)
			tare__trb_scope_end(toy->trb);
		else
			submit(run, run->now);
		if (tare__trb_failed(toy->trb))
			break;
		if (toy_random(toy, 3) == 0)
			toy_step(toy);
	}
	if (tare__trb_failed(toy->trb) && !is_justified(run, toy->status.orch_error))
		note(run, "failed although there was room", (uint32_t)-tare_trb_status_code(&toy->status), run->now);
	code = toy_finish(toy);
	if (!code)
		check_end(run);
	return run->wrong[0];
}

static bool fails(const struct oracle_program *program, void *cookie)
{
	struct oracle_program counted = *program;

	oracle_count(&counted);
	for (uint64_t i = 0; i < TRIES; i++)
		if (play(&counted, i + 1, cookie))
			return true;
	return false;
}

static void every_program_keeps_its_order(void **state)
{
	static struct oracle_program program;
	static struct run run;
	uint64_t ended[16] = { 0 };

	(void)state;
	for (uint64_t seed = first_seed; seed < first_seed + programs; seed++) {
		oracle_draw(&program, seed);
		if (!play(&program, seed, &run)) {
			ended[shared_toy.status.orch_error & 15]++;
			continue;
		}
		print_message("program %llu of %u tasks: %s\n", (unsigned long long)seed, oracle_tasks(&program), run.wrong);
		if (fails(&program, &run))
			oracle_shrink(&program, fails, &run);
		fails(&program, &run);
		oracle_print(&program, stderr);
		fail_msg("%s, in a program of %u tasks; again: dependency_test 1 %llu", run.wrong, oracle_tasks(&program),
			(unsigned long long)seed);
	}
	print_message("%llu programs from seed %llu: %llu ran to the end, codes 1 to 4 ended %llu %llu %llu %llu\n",
		(unsigned long long)programs, (unsigned long long)first_seed, (unsigned long long)ended[0],
		(unsigned long long)ended[1], (unsigned long long)ended[2], (unsigned long long)ended[3],
		(unsigned long long)ended[4]);
	if (programs >= 1000)
		for (uint32_t i = 0; i < 5; i++)
			assert_true(ended[i] > 0);
}

static void a_drawing_is_its_seed(void **state)
{
	static struct oracle_program one, other;

	(void)state;
	oracle_draw(&one, 7);
	oracle_draw(&other, 7);
	assert_int_equal(one.count, other.count);
	assert_memory_equal(one.ops, other.ops, one.count * sizeof one.ops[0]);
	oracle_draw(&other, 8);
	assert_true(one.count != other.count || memcmp(one.ops, other.ops, one.count * sizeof one.ops[0]) != 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drawing_is_its_seed),
		cmocka_unit_test(every_program_keeps_its_order),
	};
	const struct tare_trb_capacity most = { .heap = MOST_OUTPUTS * TARE__TRB_GRAIN, .task_window = 16, .dep_pool = 64,
		.map_pool = 1024 };
	int failed;

	if (argc > 1)
		programs = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		first_seed = strtoull(argv[2], NULL, 0);
	toy_open(&shared_toy, &most, 1, 0xA5);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	toy_close(&shared_toy);
	return failed;
}
