/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relaunch - what must not grow when prepared work is launched again
 *
 * A registered kernel image stays in device memory until it is given back by
 * its handle or its context ends.  A runner that registers on every launch and
 * keeps no handle runs the card out of memory: 207001 at some launch, then
 * 507899 wherever a stream is wanted.  Teardown hides it, so these cases read
 * at the peak and from the first launch to the last.
 */
#include <tare/spec.h>

static void a_thousand_launches(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
}

static void two_callables_in_turn(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	struct tare_callable *dump = tare_prepare(c, "dump_tensor");

	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch(c, i % 2 ? dump : vector);
	tare_expect_floats(c, vector, 2, 42.0f);
	if (tare_launches(c) > 1)
		tare_expect_floats(c, dump, 2, 6.0f);
}

static void many_callables_one_content(struct tare_case *c)
{
	struct tare_callable *same[8];

	for (unsigned i = 0; i < TARE_COUNT_OF(same); i++)
		same[i] = tare_prepare(c, "vector_example");
	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch(c, same[i % TARE_COUNT_OF(same)]);
}

/* The AICPU opens an object for each id, at its first launch: they are there before the mark. */
static void many_callables_open_on_the_device(struct tare_case *c)
{
	struct tare_callable *same[8];

	for (unsigned i = 0; i < TARE_COUNT_OF(same); i++) {
		same[i] = tare_prepare(c, "vector_example");
		tare_launch(c, same[i]);
	}
	tare_mark(c);
	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch(c, same[i % TARE_COUNT_OF(same)]);
}

static void the_context_is_rebuilt(struct tare_case *c)
{
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_launch(c, tare_prepare(c, "vector_example"));
		tare_reopen(c);
	}
}

static void a_card_almost_full(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_launch(c, vector);
	tare_leave_room_for_images(c, 20);
	for (uint32_t i = 1; i < tare_launches(c); i++)
		tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
}

/* The next request for memory would be refused, and there is none. */
static void no_memory_to_be_had(struct tare_case *c)
{
	struct tare_callable *turns[] = { tare_prepare(c, "vector_example"), tare_prepare(c, "dump_tensor") };
	struct tare_move moves[2] = { { 0 } };

	for (unsigned i = 0; i < TARE_COUNT_OF(turns); i++)
		tare_launch(c, turns[i]);
	tare_fail_memory(c, 1);
	(void)tare_moves(c, moves, TARE_COUNT_OF(moves));
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		unsigned turn = i % TARE_COUNT_OF(turns);
		int code = tare_try_launch(c, turns[turn]);
		tare_expect(c, code == 0, "launch %u of what had been launched before asked for memory, and gave %d",
			(unsigned)(i + TARE_COUNT_OF(turns) + 1), code);
		/* Who was refused may have made room, and asked again. */
		size_t moved = tare_moves(c, moves, TARE_COUNT_OF(moves));
		tare_expect(c, moved == 0, "launch %u of what had been launched before took or gave back %zu things, %s first",
			(unsigned)(i + TARE_COUNT_OF(turns) + 1), moved, moves[0].words);
		tare_expect_floats(c, turns[turn], 2, turn ? 6.0f : 42.0f);
	}
	tare_fail_nothing(c);
}

static void a_second_context_where_there_is_room_for(struct tare_case *c, uint32_t images)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	uint32_t launch = 1;
	int code;

	tare_small_rings(c);
	tare_launch(c, vector);
	tare_leave_room_for_images(c, images);
	do
		code = tare_try_launch(c, vector);
	while (++launch < tare_launches(c) && !code);
	tare_use_context(c, 1);
	int opened = tare_try_open(c);
	tare_expect(c, !code && !opened, "launch %u gave %d, and a second context opened meanwhile gave %d", (unsigned)launch,
		code, opened);
	tare_launch(c, tare_prepare(c, "vector_example"));
}

static void a_second_context_meanwhile(struct tare_case *c)           { a_second_context_where_there_is_room_for(c, 20); }
static void a_second_context_with_rings_of_its_own(struct tare_case *c) { a_second_context_where_there_is_room_for(c, 150); }

static void a_stamping_kernel(struct tare_case *c)
{
	static const char *const images[] = { "aicore", "aicore_alt" };

	for (unsigned i = 0; i < TARE_COUNT_OF(images); i++) {
		tare_use_image(c, images[i]);
		struct tare_callable *stamp = tare_prepare(c, "stamp");
		tare_launch(c, stamp);
		uint64_t read = *(uint64_t *)tare_tensor(c, stamp, 0);
		uint64_t wanted = tare_image_stamp(c, images[i]);
		tare_expect(c, read == wanted, "the kernel was called by the image that stamps %#llx, wanted %#llx of %s",
			(unsigned long long)read, (unsigned long long)wanted, images[i]);
		tare_reopen(c);
	}
}

static void a_byte_of_the_kernel_is_patched(struct tare_case *c)
{
	struct tare_callable *constant = tare_prepare(c, "constant");

	tare_launch(c, constant);
	tare_expect_floats(c, constant, 0, 1.0f);
	tare_patch_kernel(c, constant);
	tare_launch(c, constant);
	tare_expect_floats(c, constant, 0, 2.0f);
}

static void nothing_is_launched(struct tare_case *c)
{
	tare_open(c);
}

static const struct tare_spec specs[] = {
	{
		.name     = "kernel_registered_once",
		.says     = "a kernel launched 1,000 times is registered once",
		.when     = a_thousand_launches,
		.launches = 1000,
		.then     = {
			{ REGISTRATIONS_OF_ONE_IMAGE, AT_PEAK,                   EXACTLY, 1 },
			{ KERNEL_IMAGES,              AT_PEAK,                   EXACTLY, 1 },
			{ DEVICE_BYTES,               FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ DRIVER_BYTES,               FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT,              AFTER_CLOSE,               EXACTLY, 0 },
		},
		.because  = "f8b728561 (#870): registering on every launch pinned one ELF a launch, until 207001",
	},
	{
		.name     = "images_follow_contents",
		.says     = "eight callables of one content need one image, however often they are launched",
		.cells    = HOST_BUILD_GRAPH,
		.when     = many_callables_one_content,
		.launches = 200,
		.then     = {
			{ REGISTRATIONS_OF_ONE_IMAGE, AT_PEAK,                   EXACTLY, 1 },
			{ KERNEL_IMAGES,              AT_PEAK,                   EXACTLY, 1 },
			{ EVERY_ACCOUNT,              FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT,              AFTER_CLOSE,               EXACTLY, 0 },
		},
		.because  = "f8b728561 (#870): the key of a cached image is what it holds, not who launches it",
	},
	{
		.name     = "images_follow_contents_on_device",
		.says     = "eight callables of one content need one image, and once each is open on the AICPU nothing more",
		.cells    = TENSORMAP_AND_RINGBUFFER,
		.when     = many_callables_open_on_the_device,
		.launches = 200,
		.then     = {
			{ REGISTRATIONS_OF_ONE_IMAGE, AT_PEAK,           EXACTLY, 1 },
			{ KERNEL_IMAGES,              AT_PEAK,           EXACTLY, 1 },
			{ DEVICE_BLOCKS,              FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ DEVICE_BYTES,               FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ RUNNER_BYTES,               FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT,              AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because  = "f8b728561 (#870): the key of a cached image is what it holds, not who launches it",
	},
	{
		.name     = "steady_launch_takes_nothing",
		.says     = "from the first launch to the last no account moves",
		.when     = a_thousand_launches,
		.launches = 1000,
		.then     = {
			{ EVERY_ACCOUNT, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,               EXACTLY, 0 },
		},
		.because  = "d65bc6f2b (#812): buffers taken and freed by each run fragment the card and cost 150 ms",
	},
	{
		.name     = "steady_launch_asks_for_nothing",
		.says     = "who was launched once is launched again when there is no memory to be had",
		.when     = no_memory_to_be_had,
		.launches = 20,
		.then     = {
			{ LAUNCH_BUFFER_BYTES, AT_PEAK,     AT_LEAST, 1 },
			{ EVERY_ACCOUNT,       AFTER_CLOSE, EXACTLY,  0 },
		},
		.because  = "d65bc6f2b (#812): what a run takes and gives back leaves no trace in any account, and a gap on the card",
	},
	{
		.name     = "streams_and_preinstall_once",
		.says     = "two streams and one preinstalled file serve every launch",
		.cells    = ONBOARD,
		.when     = a_thousand_launches,
		.launches = 100,
		.then     = {
			{ STREAMS,            AT_PEAK,                   EXACTLY, 2 },
			{ CALL(rtStreamCreate), IS_CALLED,               EXACTLY, 2 },
			{ PREINSTALLED_FILES, AFTER_LAST_LAUNCH,         EXACTLY, 1 },
			{ PREINSTALL_WRITES,  AFTER_LAST_LAUNCH,         AT_MOST, 1 },
			{ EVERY_ACCOUNT,      AFTER_CLOSE,               EXACTLY, 0 },
		},
		.because  = "19c45c914 (#864): streams were made and destroyed by every run",
	},
	{
		.name     = "two_callables_in_turn",
		.says     = "launching two callables in turn costs what launching one does",
		.when     = two_callables_in_turn,
		.launches = 400,
		.then     = {
			{ KERNEL_IMAGES, AT_PEAK,     EXACTLY, 1 },
			{ STREAMS,       AT_PEAK,     AT_MOST, 2 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "b598e030a (#455): what one callable left behind hung the next",
	},
	{
		.name     = "rebuilt_context_leaves_nothing",
		.says     = "fifty contexts one after the other leave nothing, with counted resets",
		.when     = the_context_is_rebuilt,
		.launches = 50,
		.then     = {
			{ KERNEL_IMAGES,     AT_PEAK,     EXACTLY, 1 },
			{ DEVICE_REFERENCES, AFTER_CLOSE, EXACTLY, 0 },
			{ EVERY_ACCOUNT,     AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "facts of CANN 9.0.0: rtDeviceReset drops one reference, so an image per context stays pinned",
	},
	{
		.name     = "rebuilt_context_preinstalls_once",
		.says     = "ten contexts one after the other write one preinstalled file, once",
		.cells    = ONBOARD,
		.when     = the_context_is_rebuilt,
		.launches = 10,
		.then     = {
			{ PREINSTALLED_FILES, AT_PEAK,           EXACTLY, 1 },
			{ PREINSTALL_WRITES,  AFTER_LAST_LAUNCH, AT_MOST, 1 },
			{ EVERY_ACCOUNT,      AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because  = "27479f213 (#537): the AICPU's store has no delete, and a file under code that runs was written again",
	},
	{
		.name     = "open_context_holds_little",
		.says     = "a context that has launched nothing has registered no image, and holds no buffer of a launch",
		.when     = nothing_is_launched,
		.then     = {
			{ IMAGE_REGISTRATIONS, AFTER_OPEN,  EXACTLY, 0 },
			{ KERNEL_IMAGES,       AFTER_OPEN,  EXACTLY, 0 },
			{ LAUNCH_BUFFER_BYTES, AFTER_OPEN,  EXACTLY, 0 },
			{ ARENA_BYTES,         AFTER_OPEN,  EXACTLY, 0 },
			{ STREAMS,             AFTER_OPEN,  AT_MOST, 2 },
			{ EVERY_ACCOUNT,       AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "f8b728561 (#870): an image registered to warm up is one more place that registers",
	},
	{
		.name     = "rebuilt_context_full_reset",
		.says     = "fifty contexts one after the other leave nothing, when a reset tears all down",
		.cells    = ONBOARD,
		.when     = the_context_is_rebuilt,
		.launches = 50,
		.machine  = { .reset = FULL_RESET },
		.then     = {
			{ KERNEL_IMAGES, AT_PEAK,     EXACTLY, 1 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "ccb95e30a (#882): a finalize without its reset wedged the device for the next worker",
	},
	{
		.name     = "process_stays_as_it_was",
		.says     = "400 launches leave threads, keys, files and mapped objects where they were",
		.when     = a_thousand_launches,
		.launches = 400,
		.then     = {
			{ THREADS,        FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ PTHREAD_KEYS,   FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ DESCRIPTORS,    FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ MAPPED_OBJECTS, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT,  AFTER_CLOSE,               EXACTLY, 0 },
		},
		.because  = "L2: reloading the AICore object made new pthread keys each run, none were left after 250",
	},
	{
		.name     = "almost_full_card_survives",
		.says     = "a card with room for 20 images survives 1,000 launches",
		.when     = a_card_almost_full,
		.launches = 1000,
		.then     = {
			{ KERNEL_IMAGES, AT_PEAK,                   EXACTLY, 1 },
			{ DEVICE_BYTES,  FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,               EXACTLY, 0 },
		},
		.because  = "27479f213 (#537): the leak tipped a card over within a few tests, then 507899 everywhere",
	},
	{
		.name     = "almost_full_card_second_context",
		.says     = "after 100 launches a card with room for 20 images still has room for a second context",
		.cells    = ONBOARD | HOST_BUILD_GRAPH,
		.when     = a_second_context_meanwhile,
		.launches = 100,
		.then     = {
			{ KERNEL_IMAGES, AT_PEAK,     AT_MOST, 2 },
			{ STREAMS,       AT_PEAK,     EXACTLY, 4 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "f8b728561 (#870): 207001 at a launch, then 507899 at the stream creation of whoever came next",
	},
	{
		.name     = "almost_full_card_second_context_on_device",
		.says     = "after 300 launches a card with room for 150 images still has room for a second context and its arenas",
		.cells    = ONBOARD | TENSORMAP_AND_RINGBUFFER,
		.when     = a_second_context_with_rings_of_its_own,
		.launches = 300,
		.then     = {
			{ KERNEL_IMAGES, AT_PEAK,     AT_MOST, 2 },
			{ STREAMS,       AT_PEAK,     EXACTLY, 4 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "f8b728561 (#870): 207001 at a launch, then 507899 at the stream creation of whoever came next",
	},
	{
		.name     = "the_registered_image_runs",
		.says     = "what executes is the image that was registered: its stamp is in the result",
		.when     = a_stamping_kernel,
		.then     = {
			{ KERNEL_IMAGES, AT_PEAK,     EXACTLY, 1 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "an image that is registered and never executed proves nothing about registering it",
	},
	{
		.name     = "device_memory_is_executed",
		.says     = "a byte of kernel text patched in device memory changes the result",
		.cells    = ONBOARD,
		.when     = a_byte_of_the_kernel_is_patched,
		.then     = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "0ca30c433 (#214): a cache returned code that device memory no longer held",
	},
};

const struct tare_suite tare_suite_relaunch = { "relaunch", specs, TARE_COUNT_OF(specs) };
