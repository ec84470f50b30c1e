/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lifecycle - a context's life, in every order that a caller may get wrong
 *
 * What a runtime answers out of turn is as much of its interface as what it
 * does in turn: one code, nothing taken, and the next good call works.
 */
#include <tare/spec.h>

enum { REFUSED = -1, KIB = 1024 };

struct answer {
	const char *call;
	long got, wanted;
};

static void expect_answers(struct tare_case *c, const struct answer *rows, size_t count, const char *when)
{
	for (size_t i = 0; i < count; i++)
		tare_expect(c, rows[i].got == rows[i].wanted, "%s %s gave %ld, wanted %ld", rows[i].call, when, rows[i].got,
			rows[i].wanted);
}

static long address(const void *pointer) { return (long)(intptr_t)pointer; }

static int run(struct tare_case *c, void *context, int32_t id, const void *args)
{
	return tare_abi(c)->run_prepared(context, tare_runtime(c), id, args, 3, 3, 0, 0, 0, 0, 0, "", NULL);
}

static void null_everywhere(struct tare_case *c)
{
	const struct tare_abi *abi = tare_abi(c);

	tare_still_works(c);
	tare_mark(c);
	abi->destroy_device_context(NULL);
	abi->device_free_ctx(NULL, NULL);
	const struct answer rows[] = {
		{ "device_malloc_ctx", address(abi->device_malloc_ctx(NULL, 64)), 0 },
		{ "copy_to_device_ctx", abi->copy_to_device_ctx(NULL, NULL, NULL, 0), REFUSED },
		{ "copy_from_device_ctx", abi->copy_from_device_ctx(NULL, NULL, NULL, 0), REFUSED },
		{ "simpler_init", abi->simpler_init(NULL, 0, NULL, 0, NULL, 0, NULL, 0), REFUSED },
		{ "prepare_callable", abi->prepare_callable(NULL, 0, NULL), REFUSED },
		{ "run_prepared", abi->run_prepared(NULL, NULL, 0, NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL), REFUSED },
		{ "unregister_callable", abi->unregister_callable(NULL, 0), REFUSED },
		{ "get_aicpu_dlopen_count", (long)abi->get_aicpu_dlopen_count(NULL), 0 },
		{ "get_host_dlopen_count", (long)abi->get_host_dlopen_count(NULL), 0 },
		{ "finalize_device", abi->finalize_device(NULL), REFUSED },
		{ "ensure_acl_ready_ctx", abi->ensure_acl_ready_ctx(NULL, 0), REFUSED },
		{ "create_comm_stream_ctx", address(abi->create_comm_stream_ctx(NULL)), 0 },
		{ "destroy_comm_stream_ctx", abi->destroy_comm_stream_ctx(NULL, NULL), REFUSED },
		{ "comm_init", address(abi->comm_init(0, 0, NULL, NULL)), 0 },
		{ "comm_alloc_windows", abi->comm_alloc_windows(NULL, 0, NULL), REFUSED },
		{ "comm_get_local_window_base", abi->comm_get_local_window_base(NULL, NULL), REFUSED },
		{ "comm_get_window_size", abi->comm_get_window_size(NULL, NULL), REFUSED },
		{ "comm_derive_context", abi->comm_derive_context(NULL, NULL, 0, 0, 0, 0, NULL), REFUSED },
		{ "comm_alloc_domain_windows", abi->comm_alloc_domain_windows(NULL, 0, NULL, 0, 0, 0, NULL, NULL), REFUSED },
		{ "comm_release_domain_windows", abi->comm_release_domain_windows(NULL, 0, 0, 0), REFUSED },
		{ "comm_barrier", abi->comm_barrier(NULL), REFUSED },
		{ "comm_destroy", abi->comm_destroy(NULL), REFUSED },
	};
	expect_answers(c, rows, TARE_COUNT_OF(rows), "of nothing");
	tare_expect(c, abi->get_runtime_size() > 0, "the run buffer has no size");
	tare_still_works(c);
}

static void null_in_a_good_context(struct tare_case *c)
{
	const struct tare_abi *abi = tare_abi(c);
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	void *context = tare_context(c);
	char *block = tare_memory(c, KIB), byte = 1;

	tare_launch(c, vector);
	tare_mark(c);
	abi->device_free_ctx(context, NULL);
	const struct answer rows[] = {
		{ "copy_to_device_ctx from NULL", abi->copy_to_device_ctx(context, block, NULL, 1), REFUSED },
		{ "copy_to_device_ctx to NULL", abi->copy_to_device_ctx(context, NULL, &byte, 1), REFUSED },
		{ "copy_from_device_ctx from NULL", abi->copy_from_device_ctx(context, &byte, NULL, 1), REFUSED },
		{ "copy_from_device_ctx to NULL", abi->copy_from_device_ctx(context, NULL, block, 1), REFUSED },
		{ "simpler_init with NULL", abi->simpler_init(context, 0, NULL, 0, NULL, 0, NULL, 0), REFUSED },
		{ "prepare_callable of NULL", abi->prepare_callable(context, 1, NULL), REFUSED },
		{ "run_prepared without arguments", run(c, context, 0, NULL), REFUSED },
		{ "run_prepared without a buffer", abi->run_prepared(context, NULL, 0, tare_arguments(vector), 3, 3, 0, 0, 0, 0,
			0, "", NULL), REFUSED },
		{ "run_prepared without timing and prefix", abi->run_prepared(context, tare_runtime(c), 0, tare_arguments(vector),
			3, 3, 0, 0, 0, 0, 0, NULL, NULL), 0 },
	};
	expect_answers(c, rows, TARE_COUNT_OF(rows), "in a context that is ready");
	tare_still_works(c);
}

/* What every call answers that needs a device, where there is none or none any more. */
static void expect_no_device(struct tare_case *c, const char *when)
{
	const struct tare_abi *abi = tare_abi(c);
	void *context = tare_context(c);
	size_t size;
	const void *image = tare_image(c, "vector_example", &size);
	static const struct tare_chip_args nothing;
	char byte = 1, *nowhere = &byte;

	abi->device_free_ctx(context, nowhere);
	const struct answer rows[] = {
		{ "prepare_callable", abi->prepare_callable(context, 0, image), REFUSED },
		{ "run_prepared", run(c, context, 0, &nothing), REFUSED },
		{ "device_malloc_ctx", address(abi->device_malloc_ctx(context, KIB)), 0 },
		{ "copy_to_device_ctx", abi->copy_to_device_ctx(context, nowhere, &byte, 1), REFUSED },
		{ "copy_from_device_ctx", abi->copy_from_device_ctx(context, &byte, nowhere, 1), REFUSED },
		{ "unregister_callable", abi->unregister_callable(context, 0), 0 },
		{ "finalize_device", abi->finalize_device(context), 0 },
		{ "finalize_device again", abi->finalize_device(context), 0 },
	};
	expect_answers(c, rows, TARE_COUNT_OF(rows), when);
}

static void before_init(struct tare_case *c)
{
	expect_no_device(c, "before init");
	tare_mark(c);
	tare_open(c);
	tare_still_works(c);
}

static void after_finalize(struct tare_case *c)
{
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		(void)tare_memory(c, KIB);
		tare_launch(c, tare_prepare(c, "vector_example"));
		tare_expect_code(c, tare_try_close(c), 0, "finalize_device");
		expect_no_device(c, "after finalize");
		tare_mark(c);
		tare_open(c);
		tare_still_works(c);
		tare_close(c);
	}
}

/* The thread is bound to the device of one context while that of another one is finalized. */
static void ended_while_bound_elsewhere(struct tare_case *c)
{
	struct tare_objects there = tare_objects(c);
	char word[] = "word", read[sizeof(word)];

	there.device = 1;
	tare_use_context(c, 1);
	tare_expect_code(c, tare_try_init(c, &there), 0, "init on device 1");
	tare_use_context(c, 0);
	tare_still_works(c);
	tare_use_context(c, 1);
	void *block = tare_memory(c, sizeof(word));
	tare_expect_code(c, tare_try_copy_in(c, block, word, sizeof(word)), 0, "a copy to device 1");
	tare_use_context(c, 0);
	tare_close(c);
	tare_use_context(c, 1);
	int code = tare_try_copy_out(c, read, block, sizeof(word));
	tare_expect_code(c, code, 0, "a copy from device 1 after the context on device 0 was finalized");
	tare_memory_back(c, block);
	tare_close(c);
}

static void destroyed_as_it_stands(struct tare_case *c)
{
	(void)tare_memory(c, KIB);
	tare_launch(c, tare_prepare(c, "vector_example"));
	(void)tare_prepare(c, "dump_tensor");
	tare_destroy(c);
	tare_mark(c);
	(void)tare_context(c); /* created, and destroyed without anything */
	tare_destroy(c);
	tare_still_works(c);
}

static void init_again(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	struct tare_objects same = tare_objects(c), other = same, elsewhere = same, shorter = same;

	tare_launch(c, vector);
	tare_mark(c);
	other.aicore = same.aicpu;
	other.aicore_size = same.aicpu_size;
	elsewhere.device = 1;
	shorter.aicpu_size--;
	tare_expect_code(c, tare_try_init(c, &same), 0, "init again, all as before");
	tare_expect_code(c, tare_try_init(c, &other), REFUSED, "init again with another AICore image");
	tare_expect_code(c, tare_try_init(c, &shorter), REFUSED, "init again with an AICPU object one byte shorter");
	tare_expect_code(c, tare_try_init(c, &elsewhere), REFUSED, "init again on another device");
	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
	tare_still_works(c);
}

static void init_with_others_after_finalize(struct tare_case *c)
{
	tare_still_works(c);
	tare_expect_code(c, tare_try_close(c), 0, "finalize_device");
	tare_mark(c);
	tare_use_image(c, "aicore_alt");
	tare_expect_code(c, tare_try_open(c), 0, "init with another AICore image after finalize");
	struct tare_callable *stamp = tare_prepare(c, "stamp");
	tare_launch(c, stamp);
	uint64_t read = *(uint64_t *)tare_tensor(c, stamp, 0);
	tare_expect(c, read == tare_image_stamp(c, "aicore_alt"), "the kernel was called by the image that stamps %#llx",
		(unsigned long long)read);
}

static const uint8_t garbage[4096] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };

static void device_below(struct tare_objects *o)      { o->device = -1; }
static void device_lowest(struct tare_objects *o)     { o->device = INT32_MIN; }
static void device_highest(struct tare_objects *o)    { o->device = INT32_MAX; }
static void aicpu_at_null(struct tare_objects *o)     { o->aicpu = NULL; }
static void aicpu_empty(struct tare_objects *o)       { o->aicpu_size = 0; }
static void aicpu_garbage(struct tare_objects *o)     { o->aicpu = garbage; o->aicpu_size = sizeof(garbage); }
static void aicpu_half(struct tare_objects *o)        { o->aicpu_size /= 2; }
static void aicore_at_null(struct tare_objects *o)    { o->aicore = NULL; }
static void aicore_empty(struct tare_objects *o)      { o->aicore_size = 0; }
static void aicore_garbage(struct tare_objects *o)    { o->aicore = garbage; o->aicore_size = sizeof(garbage); }
static void aicore_seven(struct tare_objects *o)      { o->aicore = garbage; o->aicore_size = 7; }
static void aicore_half(struct tare_objects *o)       { o->aicore_size /= 2; }
static void dispatcher_at_null(struct tare_objects *o) { o->dispatcher = NULL; }
static void nothing_at_all(struct tare_objects *o)    { *o = (struct tare_objects){ 0 }; }

static void init_with_anything(struct tare_case *c)
{
	static const struct { const char *what; void (*spoil)(struct tare_objects *objects); } rows[] = {
		{ "device -1", device_below }, { "device INT_MIN", device_lowest }, { "device INT_MAX", device_highest },
		{ "an AICPU object at NULL", aicpu_at_null }, { "an AICPU object of no bytes", aicpu_empty },
		{ "an AICPU object of garbage", aicpu_garbage }, { "half of an AICPU object", aicpu_half },
		{ "an AICore image at NULL", aicore_at_null }, { "an AICore image of no bytes", aicore_empty },
		{ "an AICore image of garbage", aicore_garbage }, { "an AICore image of 7 bytes", aicore_seven },
		{ "half of an AICore image", aicore_half }, { "a dispatcher at NULL with a size", dispatcher_at_null },
		{ "nothing at all", nothing_at_all },
	};

	for (unsigned i = 0; i < TARE_COUNT_OF(rows); i++) {
		struct tare_objects objects = tare_objects(c);
		rows[i].spoil(&objects);
		int code = tare_try_init(c, &objects);
		tare_expect(c, code != 0, "init with %s gave 0", rows[i].what);
	}
	tare_mark(c);
	tare_open(c);
	tare_still_works(c);
}

static void refused_once(struct tare_case *c, int call, const char *name)
{
	tare_fail_call(c, call, 1);
	int code = tare_try_open(c);
	tare_fail_nothing(c);
	tare_expect(c, code != 0, "init gave 0 when %s had failed", name);
	tare_mark(c);
	tare_open(c);
	tare_still_works(c);
	tare_close(c);
}

static void no_registers_a2a3(struct tare_case *c)
{
	refused_once(c, CALL(halMemCtl), "halMemCtl");
	refused_once(c, CALL(rtGetC2cCtrlAddr), "rtGetC2cCtrlAddr");
}

static void no_registers_a5(struct tare_case *c) { refused_once(c, CALL(halResMap), "halResMap"); }

static void on_two_devices(struct tare_case *c)
{
	struct tare_callable *callables[2];

	for (int i = 0; i < 2; i++) {
		tare_use_context(c, (unsigned)i);
		struct tare_objects objects = tare_objects(c);
		objects.device = !i; /* what is read of the machine is device 0's, so that comes second */
		tare_expect_code(c, tare_try_init(c, &objects), 0, i ? "init on device 0" : "init on device 1");
		callables[i] = tare_prepare(c, i ? "dump_tensor" : "vector_example");
	}
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_use_context(c, i % 2);
		tare_launch(c, callables[i % 2]);
		tare_expect_floats(c, callables[i % 2], 2, i % 2 ? 6.0f : 42.0f);
	}
}

static void two_contexts(struct tare_case *c, unsigned first_to_end)
{
	struct tare_callable *callables[2];

	for (unsigned i = 0; i < 2; i++) {
		tare_use_context(c, i);
		callables[i] = tare_prepare(c, i ? "dump_tensor" : "vector_example");
	}
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_use_context(c, i % 2);
		tare_launch(c, callables[i % 2]);
		tare_expect_floats(c, callables[i % 2], 2, i % 2 ? 6.0f : 42.0f);
	}
	tare_use_context(c, first_to_end);
	tare_close(c);
	tare_use_context(c, !first_to_end);
	tare_launch(c, callables[!first_to_end]);
	tare_expect_floats(c, callables[!first_to_end], 2, first_to_end ? 42.0f : 6.0f);
	tare_still_works(c);
}

static void the_first_ends_first(struct tare_case *c)  { two_contexts(c, 0); }
static void the_second_ends_first(struct tare_case *c) { two_contexts(c, 1); }

static void the_first_tears_down(struct tare_case *c)
{
	tare_use_context(c, 1);
	struct tare_callable *second = tare_prepare(c, "dump_tensor");
	tare_launch(c, second);
	tare_use_context(c, 0);
	tare_still_works(c);
	tare_close(c);
	tare_use_context(c, 1);
	/* Bare: the runner still counts what is gone, and a reading would say so. */
	int code = run(c, tare_context(c), 0, tare_arguments(second));
	tare_expect(c, code != 0, "a launch gave 0 on a device that another context had torn down");
	tare_expect(c, !tare_try_memory(c, KIB), "memory was given on a device that another context had torn down");
	(void)tare_try_close(c); /* what lay there is gone: whether that is an error is the driver's to say */
	tare_destroy(c);
	tare_use_context(c, 2);
	tare_still_works(c);
}

static void every_call_after_poison(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	struct tare_callable *spin = tare_prepare(c, "spin");
	const struct tare_abi *abi = tare_abi(c);
	void *context = tare_context(c);
	size_t size;
	const void *image = tare_image(c, "dump_tensor", &size);
	struct tare_objects same = tare_objects(c);
	char *block = tare_memory(c, KIB), byte = 1;

	tare_expect(c, tare_try_launch(c, spin) != 0, "a kernel that never ends gave 0");
	abi->device_free_ctx(context, block);
	for (int i = 0; i < 2; i++) {
		const struct answer rows[] = {
			{ "run_prepared", run(c, context, 0, tare_arguments(vector)), REFUSED },
			{ "prepare_callable", abi->prepare_callable(context, 5, image), REFUSED },
			{ "device_malloc_ctx", address(abi->device_malloc_ctx(context, KIB)), 0 },
			{ "copy_to_device_ctx", abi->copy_to_device_ctx(context, block, &byte, 1), REFUSED },
			{ "copy_from_device_ctx", abi->copy_from_device_ctx(context, &byte, block, 1), REFUSED },
			{ "simpler_init", tare_try_init(c, &same), REFUSED },
			{ "get_host_dlopen_count", (long)abi->get_host_dlopen_count(context),
				tare_runs_in(c, HOST_BUILD_GRAPH) ? 2 : 0 },
		};
		expect_answers(c, rows, TARE_COUNT_OF(rows), "on a device that a launch had poisoned");
	}
	tare_expect_code(c, tare_try_close(c), 0, "finalize_device on a dead card");
	tare_expect_code(c, abi->finalize_device(context), 0, "finalize_device again");
	tare_expect_code(c, tare_try_open(c), 0, "init of the same context after poison");
	tare_still_works(c);
}

#define CASE(label, sentence, where, function, reason, ...) { \
	.name = label, .says = sentence, .cells = (where), .when = function, .then = { __VA_ARGS__ }, .because = reason, \
}
#define NOTHING_AT_THE_MARK \
	{ DEVICE_BLOCKS,     AT_MARK,     EXACTLY, 0 }, \
	{ RUNNER_BYTES,      AT_MARK,     EXACTLY, 0 }, \
	{ HOST_OBJECTS,      AT_MARK,     EXACTLY, 0 }, \
	{ TEMPORARY_FILES,   AT_MARK,     EXACTLY, 0 }, \
	{ DEVICE_REFERENCES, AT_MARK,     EXACTLY, 0 }, \
	{ EVERY_ACCOUNT,     AFTER_CLOSE, EXACTLY, 0 }

static const struct tare_spec specs[] = {
	CASE("null_everywhere", "each of the 26 entries takes NULL for all it is given, and answers with its one code",
		0, null_everywhere, "facts of the reference: any call with a NULL context is -1, NULL or 0",
		NOTHING_IS_LOST),
	CASE("null_in_a_good_context", "NULL for any argument is refused by a context that is ready, which goes on working",
		0, null_in_a_good_context, "8cdb306cb (#1401): a pointer that nobody had set was followed",
		NOTHING_IS_LOST),
	CASE("before_init", "a context that has no device yet refuses what needs one, and init works after it",
		0, before_init, "902b18b4c (#715): calls on a thread without a device failed with 107002",
		NOTHING_AT_THE_MARK),
	{
		.name     = "after_finalize",
		.says     = "a finalized context refuses what needs a device, takes finalize again as 0, and can be initialised anew",
		.when     = after_finalize,
		.launches = 3,
		.then     = { NOTHING_AT_THE_MARK },
		.because  = "80c4cfb28 (#926), L28: what finalize left behind was found by the next init",
	},
	CASE("destroy_without_finalize", "destroy gives all back that finalize would have given back", 0,
		destroyed_as_it_stands, "ccb95e30a (#882): a context ended without its reset wedged the device",
		NOTHING_AT_THE_MARK),
	CASE("init_again", "init again is 0 with the same objects and -1 with others, and the context stays as it was",
		0, init_again, "L17: init again overwrote the handle of what the first had loaded",
		{ DEVICE_REFERENCES, FROM_MARK_TO_LAST, EXACTLY, 0 },
		{ STREAMS,           FROM_MARK_TO_LAST, EXACTLY, 0 }, NOTHING_IS_LOST),
	CASE("init_with_others", "after finalize a context comes up with another AICore image, and that one runs",
		0, init_with_others_after_finalize, "L28: the objects of the life before stayed behind",
		NOTHING_AT_THE_MARK),
	CASE("init_with_anything", "empty, truncated and wrong objects and devices that are not there come up with nothing",
		0, init_with_anything, "L15: an object that could not be loaded left its file and its handle",
		NOTHING_AT_THE_MARK),
	CASE("no_registers_a2a3", "where a2a3's driver refuses the registers of the cores init fails, and works when it no longer does",
		A2A3 | ONBOARD, no_registers_a2a3,
		"31d540950 (#925): made-up addresses stood in for a refusal, which showed as 507046 much later",
		NOTHING_AT_THE_MARK),
	CASE("no_registers_a5", "where a5's driver refuses the registers of a core init fails, and works when it no longer does",
		A5 | ONBOARD, no_registers_a5,
		"31d540950 (#925): made-up addresses stood in for a refusal, which showed as 507046 much later",
		NOTHING_AT_THE_MARK),
	{
		.name     = "two_devices",
		.says     = "contexts on two devices launch in turn, and each device has an AICPU file of its own",
		.cells    = ONBOARD,
		.when     = on_two_devices,
		.launches = 6,
		.then     = {
			{ PREINSTALLED_FILES, AFTER_LAST_LAUNCH, EXACTLY, 1 },
			{ EVERY_ACCOUNT,      AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because  = "204a384f5 (#890): dies that share their files wrote over what the other was executing",
	},
	{
		.name     = "first_context_ends_first",
		.says     = "two contexts in turn on one device, and the second goes on when the first has ended",
		.when     = the_first_ends_first,
		.launches = 10,
		.then     = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.because  = "fbc5618e9 (#917): the end of one context freed what another one used",
	},
	{
		.name     = "second_context_ends_first",
		.says     = "two contexts in turn on one device, and the first goes on when the second has ended",
		.when     = the_second_ends_first,
		.launches = 10,
		.then     = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.because  = "204a384f5 (#890): a file staged by one overwrote the one that the other was executing",
	},
	{
		.name    = "ends_while_bound_elsewhere",
		.says    = "a context ends on its own device, whichever one the thread was bound to last",
		.when    = ended_while_bound_elsewhere,
		.then    = {
			{ DEVICE_REFERENCES, AFTER_CLOSE, EXACTLY, 0 },
			{ DEVICE_BLOCKS,     AFTER_CLOSE, EXACTLY, 0 },
			{ STREAMS,           AFTER_CLOSE, EXACTLY, 0 },
			{ KERNEL_IMAGES,     AFTER_CLOSE, EXACTLY, 0 },
			{ HOST_OBJECTS,      AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "L16: finalize released the device that the calling thread was bound to, not its own",
	},
	{
		.name    = "reset_tears_the_other_down",
		.says    = "where a reset tears all down, a context whose device another one reset gets errors, and a third one works",
		.cells   = ONBOARD,
		.when    = the_first_tears_down,
		.machine = { .reset = FULL_RESET },
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.because = "8be358b59 (#532): one cleanup reset the device that the next upload needed",
	},
	{
		.name    = "every_call_after_poison",
		.says    = "after a hung kernel every call is refused at once, finalize is 0, and the same context comes up again",
		.when    = every_call_after_poison,
		.machine = { .kernel_budget_ms = 100 },
		.then    = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } },
		.because = "4cfed16b2 (#1005), 1c5e80655 (#1664): calls went on after a hang, and teardown blocked",
		.tags    = TAG_HANG,
	},
};

const struct tare_suite tare_suite_lifecycle = { "lifecycle", specs, TARE_COUNT_OF(specs) };
