/* SPDX-License-Identifier: Apache-2.0 */
/*
 * misuse - what an orchestration of tensormap_and_ringbuffer may not ask for is a code and a sentence
 *
 * The orchestration is the user's, and runs on the device.  Where the runtime
 * held its mistakes for impossible, an assertion ended the process; where it
 * did not look, a task was lost or memory overrun.  Each row is one mistake;
 * then follows a good launch in the same context.
 */
#include <tare/spec.h>

#include <string.h>

enum { E_AICPU_EXCEPTION = 507018, INVALID_ARGS = 5, HEAP_RING_DEADLOCK = 2, TENSORMAP_OVERFLOW = 11 };

static const struct {
	const char *what, *said;
	int code;
} rows[] = { /* in the order of fixtures/orchestrations/ring/misuse.c */
	{ "one end of a scope too many", "a scope ends that has not begun", INVALID_ARGS },
	{ "a scope 65 deep", "scopes are 64 deep at most", INVALID_ARGS },
	{ "a scope of mode 7", "a scope of mode 7", INVALID_ARGS },
	{ "an automatic scope in a manual one", "an automatic scope inside a manual one", INVALID_ARGS },
	{ "a task of no blocks", "a task of 0 blocks", INVALID_ARGS },
	{ "a task of -1 blocks that begin together", "a task of -1 blocks", INVALID_ARGS },
	{ "a task on no core", "a task without a kernel", INVALID_ARGS },
	{ "a func id that no kernel has", "no kernel has the function id 63", INVALID_ARGS },
	{ "17 tensors", "more than 16 tensors", INVALID_ARGS },
	{ "a count of 17 tensors", "17 tensors, 16 at most", INVALID_ARGS },
	{ "a count of -1 tensors", "-1 tensors, 16 at most", INVALID_ARGS },
	{ "a count of 33 scalars", "33 scalars, 32 at most", INVALID_ARGS },
	{ "a tensor at NULL", "tensor 0 of 1: it has no address", INVALID_ARGS },
	{ "a tag that there is not", "tensor 0 of 1: its tag is unknown", INVALID_ARGS },
	{ "a type that there is not", "tensor 0 of 1: its type is unknown", INVALID_ARGS },
	{ "a tensor of six dimensions", "tensor 0 of 1: it has more than 5 dimensions", INVALID_ARGS },
	{ "an output of 2^162 bytes", "tensor 0 of 1: it", INVALID_ARGS },
	{ "two outputs of 2 GiB", "4294967296 bytes of outputs", HEAP_RING_DEADLOCK },
	{ "waiting for a task that never was", "dependency 0 of 1 is no task", INVALID_ARGS },
	{ "waiting for a task of ring 200", "dependency 0 of 1 is no task", INVALID_ARGS },
	{ "allocating nothing", "tensors are allocated from create infos alone", INVALID_ARGS },
	{ "reading an element behind the end", "an index is behind its end", INVALID_ARGS },
	{ "writing an element by too few indices", "it is not indexed in each of its dimensions", INVALID_ARGS },
	{ "80,000 views in a map of 65,536", "16 more views, 65536 of 65536 in use", TENSORMAP_OVERFLOW },
};

static void a_good_launch(struct tare_case *c, struct tare_callable *vector)
{
	memset(tare_tensor(c, vector, 2), 0xff, tare_tensor_count(vector, 2) * sizeof(float));
	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 47.0f);
}

static void each_mistake(struct tare_case *c)
{
	const bool masked = tare_runs_in(c, ONBOARD | TENSORMAP_AND_RINGBUFFER);
	struct tare_callable *misuse = tare_prepare(c, "misuse"), *vector = tare_prepare(c, "vector_five");

	tare_large_rings(c);
	for (uint32_t i = 0; i < TARE_COUNT_OF(rows) + 1; i++) {
		const uint32_t row = i % TARE_COUNT_OF(rows);
		const int wanted = masked ? E_AICPU_EXCEPTION : -rows[row].code;

		tare_arguments(misuse)->scalars[0] = row;
		int code = tare_try_launch(c, misuse);
		tare_expect(c, code == wanted, "%s gave %d, wanted %d", rows[row].what, code, wanted);
		tare_expect_said(c, rows[row].said);
		a_good_launch(c, vector);
		if (!i)
			tare_mark(c);
	}
}

/* The orchestration says how many arguments it wants, and is not called with fewer. */
static void too_few_arguments(struct tare_case *c)
{
	const int wanted = tare_runs_in(c, ONBOARD | TENSORMAP_AND_RINGBUFFER) ? E_AICPU_EXCEPTION : -INVALID_ARGS;
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	const struct tare_chip_args good = *tare_arguments(vector);

	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_arguments(vector)->tensor_count = 2;
		int code = tare_try_launch(c, vector);
		*tare_arguments(vector) = good;
		tare_expect(c, code == wanted, "two arguments where three are wanted gave %d, wanted %d", code, wanted);
		tare_expect_said(c, "the orchestration expects 3 arguments, the launch has 2");
		tare_launch(c, vector);
		tare_expect_floats(c, vector, 2, 42.0f);
		if (!i)
			tare_mark(c);
	}
}

static const struct tare_spec specs[] = {
	{
		.name    = "each_mistake",
		.says    = "each mistake of an orchestration is a code and a sentence, and costs no later launch anything",
		.cells   = TENSORMAP_AND_RINGBUFFER,
		.when    = each_mistake,
		.then    = { NOTHING_IS_LOST },
		.because = "L22, L23: a sum of outputs came round, and scopes, blocks and masks out of bounds ended the process",
	},
	{
		.name     = "too_few_arguments",
		.says     = "a first launch of too few arguments fails, the next one works, and its object was opened once",
		.cells    = TENSORMAP_AND_RINGBUFFER,
		.when     = too_few_arguments,
		.launches = 5,
		.then     = {
			{ AICPU_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 1 },
			NOTHING_IS_LOST,
		},
		.because  = "L4, L6: an early error left the threads waiting, and closed an object that the host took for open",
	},
};

const struct tare_suite tare_suite_misuse = { "misuse", specs, TARE_COUNT_OF(specs) };
