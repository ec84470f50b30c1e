/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sanity - the detector, weighed before the product
 *
 * Each of these cases does what it must not, and passes when it is caught with
 * the right verdict.  A harness that has never seen a leak has not been tested.
 */
#include <tare/spec.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* -- LEAK: one of each account, taken through the runner's own tables ------- */

/* One of the account that the case's own row speaks of. */
static void one_of_its_account(struct tare_case *c)
{
	tare_launch(c, tare_prepare(c, "vector_example"));
	tare_take(c, tare_own_account(c));
}

static void a_device_block(struct tare_case *c)
{
	tare_launch(c, tare_prepare(c, "vector_example"));
	tare_take(c, DEVICE_BLOCKS);
}

static void a_host_mapping(struct tare_case *c)
{
	tare_launch(c, tare_prepare(c, "vector_example"));
	tare_take(c, HOST_MAPPINGS);
}

static void two_images(struct tare_case *c)
{
	tare_launch(c, tare_prepare(c, "vector_example"));
	tare_use_context(c, 1);
	tare_use_image(c, "aicore_alt");
	tare_launch(c, tare_prepare(c, "vector_example"));
}

static void a_block_for_every_launch(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_launch(c, vector);
		(void)tare_memory(c, 4096);
	}
	tare_launch(c, vector);
}

static void a_larger_graph_later(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_launch(c, vector);
	tare_launch(c, tare_prepare(c, "chain_10k"));
	tare_launch(c, vector);
}

static void an_arena_later(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_small_rings(c);
	tare_launch(c, vector);
	tare_expect_code(c, tare_try_arena(c, 8 << 20, 8 << 20, 8 << 20), 0, "a layout");
	tare_launch(c, vector);
}

static void an_opened_orchestration_later(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_launch(c, vector);
	struct tare_callable *dump = tare_prepare(c, "dump_tensor");
	tare_launch(c, dump);
	tare_unregister(c, dump);
	tare_launch(c, vector);
}

/* -- the other verdicts ------------------------------------------------------ */

static void a_wrong_expectation(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 43.0f);
}

static void a_process_of_two(struct tare_case *c) { tare_in_processes(c, 2, a_wrong_expectation); }

static void a_call_that_must_succeed(struct tare_case *c)
{
	tare_launch(c, tare_prepare(c, "unknown_kernel"));
	abort(); /* not reached: the failed launch ends this function, and the close is still weighed */
}

static void a_failed_call_after_a_take(struct tare_case *c)
{
	tare_open(c);
	tare_take(c, DEVICE_BLOCKS);
	tare_launch(c, tare_prepare(c, "unknown_kernel"));
}

static void nothing_wrong(struct tare_case *c)
{
	tare_launch(c, tare_prepare(c, "vector_example"));
}

static void a_kernel_that_crashes(struct tare_case *c)
{
	tare_launch(c, tare_prepare(c, "crash"));
}

static void an_abort(struct tare_case *c)
{
	tare_open(c);
	abort();
}

static void a_kill(struct tare_case *c)
{
	tare_open(c);
	(void)raise(SIGKILL);
}

static void an_exit(struct tare_case *c)
{
	tare_open(c);
	exit(0);
}

static void an_exit_without_handlers(struct tare_case *c)
{
	tare_open(c);
	_exit(0);
}

static void a_wait_without_end(struct tare_case *c)
{
	tare_open(c);
	for (;;)
		pause();
}

static void a_wait_that_refuses_to_end(struct tare_case *c)
{
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGALRM, SIG_IGN);
	a_wait_without_end(c);
}

/* -- what only memcheck sees: they pass elsewhere ---------------------------- */

static void *volatile lost; /* a register must not keep it alive */

static void a_heap_block(struct tare_case *c)
{
	tare_open(c);
	lost = malloc(100);
	lost = NULL;
}

/*
 * Device memory of the machine is memory of this process, so a host that holds on to it can be watched.  It reads
 * behind all that the runtime gave back before, because memcheck tells the story of the oldest block at an address.
 */
static void a_read_after_free(struct tare_case *c)
{
	const volatile uint32_t *word = tare_memory(c, 300000);
	uint32_t seen;

	tare_memory_back(c, (void *)(uintptr_t)word);
	seen = word[70000];
	(void)seen;
}

static void a_write_past_the_end(struct tare_case *c)
{
	volatile uint8_t *bytes = tare_memory(c, 500);

	bytes[500] = 1;
}

static void a_decision_on_nothing(struct tare_case *c)
{
	const volatile uint32_t *word = tare_memory(c, 500);

	if (word[3] == 0x74617265)
		tare_mark(c);
}

#define CLOSED  { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } }
#define LEAKS(label, sentence, where, function, ...) { \
	.name = label, .says = sentence, .cells = where, .when = function, .then = { __VA_ARGS__ }, \
	.because = "an account that nobody saw overdrawn is not known to be read", .expect = LEAK, .tags = TAG_SANITY, \
}
#define WATCHED(label, sentence, function, verdict) { \
	.name = label, .says = sentence, .when = function, .then = CLOSED, \
	.because = "an error that memcheck was never seen to see is not known to be looked for", .expect = verdict, \
	.tags = TAG_SANITY | TAG_VALGRIND, \
}
#define ENDS(label, sentence, function, verdict, more) { \
	.name = label, .says = sentence, .when = function, .then = CLOSED, \
	.because = "a verdict that was never given is not known to be given", .expect = verdict, .tags = TAG_SANITY | (more), \
}

static const struct tare_spec specs[] = {
	LEAKS("device_block", "a device block that stays is a leak", 0, one_of_its_account,
		{ DEVICE_BLOCKS, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("device_bytes", "device bytes that stay are a leak", 0, a_device_block,
		{ DEVICE_BYTES, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("driver_bytes", "a driver that has less with each launch is a leak", 0, a_block_for_every_launch,
		{ DRIVER_BYTES, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }),
	LEAKS("runner_bytes", "a runner that owns more with each launch leaks", 0, a_block_for_every_launch,
		{ RUNNER_BYTES, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }),
	LEAKS("launch_buffer_bytes", "launch buffers that grow are seen", HOST_BUILD_GRAPH, a_larger_graph_later,
		{ LAUNCH_BUFFER_BYTES, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }),
	LEAKS("arena_bytes", "arenas that appear between launches are seen", 0, an_arena_later,
		{ ARENA_BYTES, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }),
	LEAKS("image_registration", "a registration that stays is a leak", 0, one_of_its_account,
		{ IMAGE_REGISTRATIONS, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("registered_twice", "one image registered twice is a leak", 0, one_of_its_account,
		{ REGISTRATIONS_OF_ONE_IMAGE, AT_PEAK, EXACTLY, 1 }),
	LEAKS("kernel_image", "an image that stays pinned is a leak", 0, one_of_its_account,
		{ KERNEL_IMAGES, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("second_image", "a second image beside the first is seen", 0, two_images,
		{ KERNEL_IMAGES, AT_PEAK, EXACTLY, 1 }),
	LEAKS("stream", "a stream that stays is a leak", ONBOARD, one_of_its_account,
		{ STREAMS, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("aicpu_binary", "an AICPU binary that stays loaded is a leak", ONBOARD, one_of_its_account,
		{ AICPU_BINARIES, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("function_handle", "a function handle whose binary stays is a leak", ONBOARD, one_of_its_account,
		{ FUNCTION_HANDLES, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("host_object", "a host object that stays open is a leak", 0, one_of_its_account,
		{ HOST_OBJECTS, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("aicpu_object", "an object that the AICPU keeps open is a leak", ONBOARD, one_of_its_account,
		{ AICPU_OBJECTS, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("preinstalled_file", "a second preinstalled file on one device is a leak", ONBOARD, one_of_its_account,
		{ PREINSTALLED_FILES, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("temporary_file", "a temporary file that stays is a leak", 0, one_of_its_account,
		{ TEMPORARY_FILES, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("host_mapping", "a mapping that stays is a leak", 0, one_of_its_account,
		{ HOST_MAPPINGS, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("runner_thread", "a thread that nobody joins is a leak", 0, one_of_its_account,
		{ RUNNER_THREADS, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("device_reference", "a binding that nobody resets is a leak", ONBOARD, one_of_its_account,
		{ DEVICE_REFERENCES, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("descriptor", "a descriptor that stays is a leak", 0, one_of_its_account,
		{ DESCRIPTORS, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("thread", "a thread that stays is a leak", 0, one_of_its_account,
		{ THREADS, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("pthread_key", "a pthread key that stays is a leak", 0, one_of_its_account,
		{ PTHREAD_KEYS, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("mapped_object", "an object that stays mapped is a leak", 0, one_of_its_account,
		{ MAPPED_OBJECTS, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("child", "a child that stays is a leak", 0, one_of_its_account,
		{ CHILDREN, AFTER_CLOSE, EXACTLY, 0 }),
	LEAKS("every_account", "a row about every account sees each of them", 0, a_host_mapping,
		{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 }),

	ENDS("passes", "a case in which nothing is wrong passes", nothing_wrong, PASS, 0),
	{
		.name = "host_dlopens", .says = "an orchestration opened between launches is seen, and is no leak",
		.cells = HOST_BUILD_GRAPH, .when = an_opened_orchestration_later,
		.then = { { HOST_DLOPENS, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 } },
		.because = "a counter that nobody saw move is not known to be read", .expect = FAIL, .tags = TAG_SANITY,
	},
	{
		.name = "aicpu_dlopens", .says = "an orchestration that the AICPU opens between launches is seen, and is no leak",
		.cells = TENSORMAP_AND_RINGBUFFER, .when = an_opened_orchestration_later,
		.then = { { AICPU_DLOPENS, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 } },
		.because = "a counter that nobody saw move is not known to be read", .expect = FAIL, .tags = TAG_SANITY,
	},
	ENDS("fails", "a wrong result is a failure", a_wrong_expectation, FAIL, 0),
	ENDS("fails_in_a_process", "a wrong result in a process of two is a failure, and no leak", a_process_of_two, FAIL, 0),
	ENDS("failed_call_fails", "a call that must succeed and does not is a failure", a_call_that_must_succeed, FAIL, 0),
	ENDS("failed_call_is_weighed", "a case that ended early is weighed all the same", a_failed_call_after_a_take, LEAK, 0),
	ENDS("kernel_crashes", "a kernel that stores through NULL is a crash", a_kernel_that_crashes, CRASH, 0),
	ENDS("aborts", "an abort is a crash", an_abort, CRASH, 0),
	ENDS("is_killed", "a kill from outside is a crash", a_kill, CRASH, 0),
	ENDS("exits", "an exit(0) in the middle is a broken case, not a passed one", an_exit, BROKEN, 0),
	ENDS("exits_at_once", "so is one without exit handlers", an_exit_without_handlers, BROKEN, 0),
	ENDS("hangs", "a case that never ends is ended", a_wait_without_end, TIMEOUT, TAG_HANG),
	ENDS("refuses_to_end", "also when it ignores whatever can be ignored", a_wait_that_refuses_to_end, TIMEOUT, TAG_HANG),

	WATCHED("heap_block", "a heap block that nobody holds any more is a leak", a_heap_block, LEAK),
	WATCHED("device_block_after_free", "a device block read after it was given back is wrong", a_read_after_free, FAIL),
	WATCHED("device_block_overrun", "a device block written past its end is wrong", a_write_past_the_end, FAIL),
	WATCHED("device_word_unwritten", "a decision on device memory that nobody wrote is wrong", a_decision_on_nothing, FAIL),
};

const struct tare_suite tare_suite_sanity = { "sanity", specs, TARE_COUNT_OF(specs) };
