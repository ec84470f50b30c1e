/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fatal - each code that can end a launch of tensormap_and_ringbuffer ends it, in bounded time, and says so
 *
 * In sim the launch gives the negated code.  Onboard the driver masks it, and
 * only the log knows, also of a card that went down with the launch; one whose
 * cores have all left is as good as before.
 */
#include <tare/spec.h>

enum { E_AICPU_EXCEPTION = 507018, E_AICORE_TIMEOUT = 507046, E_INTERNAL = 507000 };

struct end {
	const char *callable;
	int code;
	const char *number;  /* what the log says of it, and the name it gives it */
	const char *name;
	uint32_t window;     /* of the rings; 0: as usual */
	uint64_t heap;
	uint32_t dependencies;
	const char *besides; /* what the log says besides; NULL: nothing in particular */
	bool hangs;          /* a kernel does: sim's cores are gone too */
	bool stalls;         /* nothing can run any more: onboard the card is given up, sim's cores stay */
	int threads;         /* of the AICPU; 0: as usual */
};

static void expect_said(struct tare_case *c, const struct end *end)
{
	tare_expect_said(c, end->number);
	tare_expect_said(c, end->name);
	tare_expect_said(c, "error hint: ");
	if (end->besides)
		tare_expect_said(c, end->besides);
}

static void a_good_launch(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_five");

	tare_capacity(c, 0, 0, 0);
	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 47.0f);
	tare_unregister(c, vector);
}

static int launch(struct tare_case *c, const struct end *end, struct tare_callable *callable)
{
	return end->threads ? tare_try_launch_wide(c, callable, 3, end->threads) : tare_try_launch(c, callable);
}

static void ends_in_sim(struct tare_case *c, const struct end *end)
{
	struct tare_callable *bad;

	a_good_launch(c);
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		bad = tare_prepare(c, end->callable);
		tare_capacity(c, end->window, end->heap, end->dependencies);
		tare_expect_code(c, launch(c, end, bad), -end->code, end->callable);
		expect_said(c, end);
		if (end->hangs)
			tare_reopen(c);
		else
			tare_unregister(c, bad);
		a_good_launch(c);
		if (!i)
			tare_mark(c);
	}
}

static void ends_onboard(struct tare_case *c, const struct end *end)
{
	a_good_launch(c);
	tare_capacity(c, end->window, end->heap, end->dependencies);
	int code = launch(c, end, tare_prepare(c, end->callable));
	tare_expect(c, code == E_AICPU_EXCEPTION || code == E_AICORE_TIMEOUT || code == E_INTERNAL,
		"%s gave %d, wanted what the driver makes of it: 507018, 507046 or 507000", end->callable, code);
	expect_said(c, end);
	if (!end->hangs && !end->stalls) /* its cores have all left, and it is as good as before */
		a_good_launch(c);
	tare_reopen(c);
	a_good_launch(c);
}

#define ORCHESTRATOR(number, name) number, "orch_error_code=" #number, "error detail: " name
#define SCHEDULER(number, name)    number, "sched_error_code=" #number, "error detail: " name

#define END(function, ...) \
	static const struct end function = { __VA_ARGS__ }; \
	static void function##_in_sim(struct tare_case *c)  { ends_in_sim(c, &function); } \
	static void function##_onboard(struct tare_case *c) { ends_onboard(c, &function); }

END(scope_deadlock, "scope_deadlock", ORCHESTRATOR(1, "SCOPE_DEADLOCK"), .window = 4, .besides = "a window of 4")
END(heap_deadlock, "heap_ring_deadlock", ORCHESTRATOR(2, "HEAP_RING_DEADLOCK"), .heap = 1024, .besides = "32768 bytes")
END(huge_outputs, "two_huge_outputs", ORCHESTRATOR(2, "HEAP_RING_DEADLOCK"), .besides = "3221225472 bytes")
END(flow_deadlock, "flow_control_deadlock", ORCHESTRATOR(3, "FLOW_CONTROL_DEADLOCK"), .window = 4, .besides = "ring 3")
END(dep_overflow, "dep_pool_overflow", ORCHESTRATOR(4, "DEP_POOL_OVERFLOW"), .window = 256, .dependencies = 4, .besides = "128 others")
END(at_rest, "dep_pool_overflow_at_rest", ORCHESTRATOR(4, "DEP_POOL_OVERFLOW"), .dependencies = 4, .besides = "5 others")
END(invalid_args, "invalid_args", ORCHESTRATOR(5, "INVALID_ARGS"), .besides = "dependencies without a list")
END(sync_invalid, "require_sync_start_invalid", ORCHESTRATOR(7, "REQUIRE_SYNC_START_INVALID"), .besides = "1000 blocks")
END(tensor_wait, "tensor_wait_timeout", ORCHESTRATOR(8, "TENSOR_WAIT_TIMEOUT"), .hangs = true)
END(explicit_fatal, "explicit_fatal", ORCHESTRATOR(9, "EXPLICIT_ORCH_FATAL"), .besides = "0 tensors are none")
END(own_fatal, "fatal_of_its_own", ORCHESTRATOR(9, "EXPLICIT_ORCH_FATAL"), .besides = "seven is not 8")
END(async_invalid, "async_completion_invalid", SCHEDULER(101, "ASYNC_COMPLETION_INVALID"), .besides = "its kind is unknown")
END(async_overflow, "async_wait_overflow", SCHEDULER(102, "ASYNC_WAIT_OVERFLOW"), .besides = "more than 64 conditions")
END(async_together, "async_too_many_together", SCHEDULER(102, "ASYNC_WAIT_OVERFLOW"), .besides = "64 and 128 may")
END(async_failed, "async_registration_failed", SCHEDULER(103, "ASYNC_REGISTRATION_FAILED"), .besides = "65 conditions")
END(async_never, "async_never", SCHEDULER(100, "SCHEDULER_TIMEOUT"), .besides = "sub_class=S4", .stalls = true)
END(gathering, "fatal_while_gathering", ORCHESTRATOR(9, "EXPLICIT_ORCH_FATAL"), .besides = "6 blocks never begin")
END(endless_loop, "endless_loop", SCHEDULER(100, "SCHEDULER_TIMEOUT"), .besides = "used up its processor time")
END(endless_alone, "endless_loop", SCHEDULER(100, "SCHEDULER_TIMEOUT"), .besides = "sub_class=S5", .threads = 1)
END(endless_tasks, "endless_tasks", SCHEDULER(100, "SCHEDULER_TIMEOUT"), .besides = "sub_class=S5")
END(endless_tasks_alone, "endless_tasks", SCHEDULER(100, "SCHEDULER_TIMEOUT"), .besides = "sub_class=S5", .threads = 1)
END(aicore_hang, "aicore_hang", SCHEDULER(100, "SCHEDULER_TIMEOUT"), .besides = "sub_class=S1", .hangs = true)

#define IN_SIM(function, label, sentence, flags, reason) { \
	.name = label, .says = sentence, .cells = SIM | TENSORMAP_AND_RINGBUFFER, .when = function##_in_sim, .launches = 3, \
	.scale = { .aicpu_threads = 4 }, .tags = flags, .machine = { .kernel_budget_ms = (flags) & TAG_HANG ? 50 : 0 }, \
	.then = { \
		{ DEVICE_BLOCKS, FROM_MARK_TO_LAST, EXACTLY, 0 }, \
		{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 }, \
		{ AICPU_OBJECTS, FROM_MARK_TO_LAST, EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 }, \
	}, \
	.because = reason, \
}

#define ONBOARD_TOO(function, label, sentence, flags, reason) \
	ON_A_CARD(function, label "_masked", sentence ", which onboard only the log can tell", flags, reason)

#define ON_A_CARD(function, label, sentence, flags, reason) { \
	.name = label, .says = sentence, \
	.cells = ONBOARD | TENSORMAP_AND_RINGBUFFER, .when = function##_onboard, \
	.scale = { .aicpu_threads = 4 }, .tags = flags, .machine = { .kernel_budget_ms = (flags) & TAG_HANG ? 50 : 0 }, \
	.then = { \
		{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 }, \
	}, \
	.because = reason, \
}

#define ENDS(...) IN_SIM(__VA_ARGS__), ONBOARD_TOO(__VA_ARGS__)

static const struct tare_spec specs[] = {
	ENDS(scope_deadlock, "scope_deadlock", "eight tasks in one scope, with a window of four, end in code 1", 0,
		"facts 10.4: a scope keeps its tasks, and the window is full before it ends"),
	ENDS(heap_deadlock, "heap_ring_deadlock", "an output of 32 KiB, with a heap of one, ends in code 2", 0,
		"D16: whether it fits is asked before it is waited for"),
	ENDS(huge_outputs, "huge_outputs", "two outputs of 1.5 GiB end in code 2", 0,
		"L22: their sum was kept in 32 bits, and came round"),
	ENDS(flow_deadlock, "flow_control_deadlock", "eight nested scopes of three tasks, with a window of four, end in code 3", 0,
		"D18: a ring that can't move was waited for without an end"),
	ENDS(dep_overflow, "dep_pool_overflow", "a task that waits for 128, with a pool of four, ends in code 4", 0,
		"45d43ed05 (#730): the code was set, and not every thread ended"),
	ENDS(at_rest, "at_rest", "a fatal error while every other thread sleeps ends the launch, and all of them leave", 0,
		"45d43ed05 (#730): the code was set, and not every thread ended"),
	ENDS(invalid_args, "invalid_args", "dependencies without a list end in code 5", 0,
		"L23: what is wrong with an argument ended the process"),
	ENDS(sync_invalid, "require_sync_start_invalid", "a thousand blocks that must begin together end in code 7", 0,
		"2b3ee171a (#1074): a drain that can't succeed was waited for"),
	ENDS(tensor_wait, "tensor_wait_timeout", "data of a kernel that never returns ends in code 8", TAG_HANG,
		"facts 10.4: get_tensor_data on a producer that hangs"),
	ENDS(explicit_fatal, "explicit_fatal", "an orchestration that gives up without a kernel ends in code 9", 0,
		"facts 10.2: a callable of no children has a code of its own to report"),
	ENDS(own_fatal, "fatal_of_its_own", "an orchestration that gives up among its tasks ends in its code, not in a later one", 0,
		"facts 6.11: the first error stands"),
	ENDS(async_invalid, "async_completion_invalid", "a condition of an unknown kind ends in code 101", 0,
		"facts 10.4: a malformed completion from an AIV kernel"),
	ENDS(async_overflow, "async_wait_overflow", "a kernel that registers 65 conditions ends in code 102", 0,
		"facts 10.4: more conditions than a task may have"),
	ENDS(async_together, "async_too_many_together", "three kernels that register fifty conditions each end in code 102", 0,
		"facts 6.1: 64 waits and 128 pending completions, of all together"),
	ENDS(async_failed, "async_registration_failed", "a list of conditions longer than there is room for ends in code 103", 0,
		"facts 6.10: what a kernel leaves behind is read with suspicion"),
	ENDS(async_never, "async_never", "a condition that nothing makes true ends in code 100, and the log says that tasks wait", 0,
		"facts 6.11: sub-class S4"),
	ENDS(gathering, "while_gathering", "an orchestration that gives up while cores are gathered for blocks that begin together ends", 0,
		"2b3ee171a (#1074): who gathered cores did not look whether the launch had failed, and waited for ever"),
	ENDS(endless_loop, "endless_loop", "an orchestration that never returns ends in code 100, and the card is as good as before",
		TAG_HANG,
		"facts 6.11: sub-class S5; nothing bounded it but the host, which waited"),
	ENDS(endless_alone, "endless_loop_alone", "the same where it has the only AICPU thread", TAG_HANG,
		"L29: one thread had nobody beside it to end it"),
	ENDS(endless_tasks, "endless_tasks", "an orchestration that submits tasks for ever ends in code 100, although each of them works",
		TAG_HANG,
		"facts 6.11: a limit of idle turns never comes while there is progress"),
	ENDS(endless_tasks_alone, "endless_tasks_alone", "the same where it has the only AICPU thread", TAG_HANG,
		"L29: one thread had nobody beside it to end it"),
	ENDS(aicore_hang, "aicore_hang", "a kernel that never returns ends in code 100, and the log says that a core still runs", TAG_HANG,
		"facts 10.4: sub-class S1"),
};

const struct tare_suite tare_suite_fatal = { "fatal", specs, TARE_COUNT_OF(specs) };
