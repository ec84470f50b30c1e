/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image - objects that are none, or not the ones they say they are
 *
 * Four kinds of objects reach the runtime as bytes: the AICPU object, the
 * AICore image, kernels and orchestrations.  The loader of the host maps and
 * relocates what it is given and crashes on a lie, so each must be read and
 * refused before; and one build id is no proof of one content.
 */
#include <tare/spec.h>

enum { GOOD = 0, BAD = 1, REFUSED = -1, E_AICPU_EXCEPTION = 507018 };

static void launch_a_good_one(struct tare_case *c, int32_t id)
{
	struct tare_callable *vector = tare_prepare_as(c, id, "vector_example");

	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
}

/* In turn each bad object in a context of its own making, and after all of them the good one in the same context. */
static void initialised_with_each(struct tare_case *c, enum tare_object object)
{
	const char *file, *wrong;

	launch_a_good_one(c, GOOD);
	tare_mark(c);
	tare_close(c);
	for (unsigned i = 0; tare_bad_object(i, &file, &wrong); i++) {
		tare_use_object(c, object, file);
		int code = tare_try_open(c);
		tare_expect(c, code == REFUSED, "%s (%s) gave %d, wanted %d", file, wrong, code, REFUSED);
		if (code == 0)
			tare_close(c);
	}
	tare_use_object(c, object, NULL);
	tare_open(c);
	launch_a_good_one(c, GOOD);
}

static void each_as_aicpu(struct tare_case *c)
{
	initialised_with_each(c, AICPU);
}

static void each_as_aicore(struct tare_case *c)
{
	initialised_with_each(c, AICORE);
}

static void each_as_dispatcher(struct tare_case *c)
{
	initialised_with_each(c, DISPATCHER);
}

/* Whatever a first launch and a first unregister take once is there from here on. */
static void come_and_go(struct tare_case *c)
{
	launch_a_good_one(c, BAD);
	tare_expect_code(c, tare_try_unregister_id(c, BAD), 0, "unregister_callable before the mark");
}

static void prepared_with_each(struct tare_case *c, enum tare_part part)
{
	const char *file, *wrong;

	launch_a_good_one(c, GOOD);
	come_and_go(c);
	tare_mark(c);
	for (unsigned i = 0; tare_bad_object(i, &file, &wrong); i++) {
		int code = tare_try_prepare_copy(c, BAD, tare_copy_with(c, "vector_example", part, file));
		tare_expect(c, code == REFUSED, "%s (%s) gave %d, wanted %d", file, wrong, code, REFUSED);
		if (code == 0)
			tare_try_unregister_id(c, BAD);
	}
	launch_a_good_one(c, BAD);
	tare_expect_code(c, tare_try_unregister_id(c, BAD), 0, "unregister_callable");
	tare_expect_code(c, tare_try_launch_id(c, GOOD), 0, "launching the callable that was there all the time");
}

static void each_as_kernel(struct tare_case *c)
{
	prepared_with_each(c, KERNEL);
}

static void each_as_orchestration(struct tare_case *c)
{
	prepared_with_each(c, ORCHESTRATION);
}

static void calls_what_nobody_has(struct tare_case *c)
{
	launch_a_good_one(c, GOOD);
	come_and_go(c);
	tare_mark(c);
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		int code = tare_try_prepare_copy(c, BAD, tare_copy_with(c, "vector_example", ORCHESTRATION, "elf/unresolved.so"));
		tare_expect_code(c, code, REFUSED, "preparing an orchestration that calls what nobody has");
		tare_expect_said(c, "the orchestration object cannot be opened");
		come_and_go(c);
	}
	tare_expect_code(c, tare_try_launch_id(c, GOOD), 0, "launching the callable that was there all the time");
}

/* Nobody opens it before the AICPU does; it is not counted, stays unopened, and its id goes back as any other. */
static void calls_what_nobody_has_on_device(struct tare_case *c)
{
	int wanted = tare_runs_in(c, ONBOARD) ? E_AICPU_EXCEPTION : REFUSED;

	launch_a_good_one(c, GOOD);
	come_and_go(c);
	tare_mark(c);
	unsigned long long before = tare_abi(c)->get_aicpu_dlopen_count(tare_context(c));
	struct tare_copy *copy = tare_copy_with(c, "vector_example", ORCHESTRATION, "elf/unresolved.so");
	tare_expect_code(c, tare_try_prepare_copy(c, BAD, copy), 0, "preparing an orchestration that calls what nobody has");
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_expect_code(c, tare_try_launch_id(c, BAD), wanted, "launching an orchestration that calls what nobody has");
		tare_expect_said(c, "the device could not open the orchestration of callable 1");
		tare_expect_code(c, tare_try_launch_id(c, GOOD), 0, "launching the callable that was there all the time");
	}
	unsigned long long after = tare_abi(c)->get_aicpu_dlopen_count(tare_context(c));
	tare_expect(c, after == before, "get_aicpu_dlopen_count was %llu, and is %llu after launches that opened nothing", before,
		after);
	tare_expect_code(c, tare_try_unregister_id(c, BAD), 0, "unregister_callable");
	come_and_go(c);
}

static const char *const elsewhere[] = { "elf/for_the_other.so", "elf/for_a_third.so" };

static void prepare_elsewhere(struct tare_case *c, enum tare_part part, const char *what)
{
	for (unsigned i = 0; i < TARE_COUNT_OF(elsewhere); i++) {
		int code = tare_try_prepare_copy(c, BAD, tare_copy_with(c, "vector_example", part, elsewhere[i]));
		tare_expect(c, code == REFUSED, "%s as %s gave %d, wanted %d", elsewhere[i], what, code, REFUSED);
	}
}

static void expect_no_context(struct tare_case *c, const char *what, const char *file)
{
	int code = tare_try_open(c);

	tare_expect(c, code != 0, "init with %s as %s gave 0", file, what);
	if (code == 0)
		tare_close(c);
}

static void initialise_elsewhere(struct tare_case *c, enum tare_object object, const char *what)
{
	for (unsigned i = 0; i < TARE_COUNT_OF(elsewhere); i++) {
		tare_use_object(c, object, elsewhere[i]);
		expect_no_context(c, what, elsewhere[i]);
	}
	tare_use_object(c, object, NULL);
}

static void for_another_host(struct tare_case *c)
{
	launch_a_good_one(c, GOOD);
	tare_mark(c);
	prepare_elsewhere(c, ORCHESTRATION, "an orchestration");
	prepare_elsewhere(c, KERNEL, "a kernel");
	tare_close(c);
	initialise_elsewhere(c, AICPU, "the AICPU object");
	initialise_elsewhere(c, AICORE, "the AICore image");
	tare_open(c);
	launch_a_good_one(c, GOOD);
}

/* The runner sees that the AICPU's two disagree; what both are for, and the AICore image, the device knows alone. */
static void for_another_device(struct tare_case *c)
{
	launch_a_good_one(c, GOOD);
	tare_mark(c);
	prepare_elsewhere(c, ORCHESTRATION, "an orchestration");
	tare_close(c);
	initialise_elsewhere(c, AICPU, "the AICPU object");
	initialise_elsewhere(c, DISPATCHER, "the dispatcher");
	tare_use_object(c, DISPATCHER, elsewhere[0]);
	tare_use_object(c, AICPU, elsewhere[0]);
	expect_no_context(c, "both objects of the AICPU", elsewhere[0]);
	tare_use_object(c, DISPATCHER, NULL);
	tare_use_object(c, AICPU, NULL);
	tare_use_object(c, AICORE, elsewhere[0]);
	tare_open(c);
	int code = tare_try_launch(c, tare_prepare(c, "vector_example"));
	tare_expect(c, code != 0, "a launch of %s as the AICore image gave 0", elsewhere[0]);
	tare_expect_code(c, tare_try_close(c), 0, "finalize_device");
	tare_use_object(c, AICORE, NULL);
	tare_open(c);
	launch_a_good_one(c, GOOD);
}

/* What the lies are told in is accepted wherever they are refused: so it is the lie that is refused. */
static void without_a_lie(struct tare_case *c)
{
	static const enum tare_part parts[] = { ORCHESTRATION, KERNEL };

	for (unsigned i = 0; i < TARE_COUNT_OF(parts); i++) {
		int code = tare_try_prepare_copy(c, BAD, tare_copy_with(c, "vector_example", parts[i], "elf/base.so"));
		tare_expect_code(c, code, 0, "preparing with base.so");
		tare_expect_code(c, tare_try_unregister_id(c, BAD), 0, "unregister_callable");
	}
	tare_use_object(c, AICORE, "elf/base.so");
	tare_reopen(c);
	tare_use_object(c, AICORE, NULL);
	tare_use_object(c, AICPU, "elf/base.so");
	tare_reopen(c);
}

static void an_object_file_as_kernel(struct tare_case *c)
{
	launch_a_good_one(c, GOOD);
	come_and_go(c);
	tare_mark(c);
	int code = tare_try_prepare_copy(c, BAD, tare_copy_with(c, "vector_example", KERNEL, "elf/relocated.o"));
	tare_expect_code(c, code, REFUSED, "preparing a kernel whose text has relocations");
	code = tare_try_prepare_copy(c, BAD, tare_copy_with(c, "vector_example", KERNEL, "elf/base.so"));
	tare_expect_code(c, code, REFUSED, "preparing a whole object where the bytes of a text are wanted");
	launch_a_good_one(c, BAD);
	tare_expect_code(c, tare_try_unregister_id(c, BAD), 0, "unregister_callable");
	tare_expect_code(c, tare_try_launch_id(c, GOOD), 0, "launching the callable that was there all the time");
}

static void expect_stamp(struct tare_case *c, const char *image)
{
	struct tare_callable *stamp = tare_prepare(c, "stamp");

	tare_launch(c, stamp);
	uint64_t read = *(uint64_t *)tare_tensor(c, stamp, 0), wanted = tare_image_stamp(c, image);
	tare_expect(c, read == wanted, "the image that ran stamps %#llx, wanted %#llx of %s", (unsigned long long)read,
		(unsigned long long)wanted, image);
}

/* In one context, which may know an image again from before. */
static void one_build_id_two_images(struct tare_case *c)
{
	static const char *const images[] = { "aicore", "aicore_twin", "aicore" };

	for (unsigned i = 0; i < TARE_COUNT_OF(images); i++) {
		if (i)
			tare_expect_code(c, tare_try_close(c), 0, "finalize_device");
		tare_use_image(c, images[i]);
		tare_open(c);
		expect_stamp(c, images[i]);
	}
}

/* aicpu_twin has the build id of aicpu, and entries that fail. */
static void one_build_id_two_aicpu_objects(struct tare_case *c)
{
	launch_a_good_one(c, GOOD);
	tare_expect_code(c, tare_try_close(c), 0, "finalize_device");
	tare_use_object(c, AICPU, "aicpu_twin");
	tare_open(c);
	int code = tare_try_launch(c, tare_prepare(c, "vector_example"));
	tare_expect(c, code != 0, "an AICPU object that fails gave 0: the one with the same build id ran in its place");
	tare_try_close(c);
	tare_use_object(c, AICPU, NULL);
	tare_open(c);
	launch_a_good_one(c, GOOD);
}

static int open_second_with(struct tare_case *c, const char *aicpu)
{
	tare_use_context(c, 1);
	tare_use_object(c, AICPU, aicpu);
	int code = tare_try_open(c);
	tare_use_object(c, AICPU, NULL);
	return code;
}

/* The device finds the object by its build id: another one may take its place only once nobody uses it. */
static void one_build_id_two_contexts(struct tare_case *c)
{
	launch_a_good_one(c, GOOD);
	int code = open_second_with(c, "aicpu_twin");
	tare_expect_code(c, code, REFUSED, "init of a second context with other code under a build id that is in use");
	tare_use_context(c, 0);
	tare_expect_code(c, tare_try_launch_id(c, GOOD), 0, "launching in the first context, which has it in use");
	tare_expect_code(c, open_second_with(c, NULL), 0, "init of the second context with the same code");
	launch_a_good_one(c, GOOD);
	tare_expect_code(c, tare_try_close(c), 0, "finalize_device of the second");
	tare_use_context(c, 0);
	tare_expect_code(c, tare_try_close(c), 0, "finalize_device of the first");
	tare_expect_code(c, open_second_with(c, "aicpu_twin"), 0, "init with other code where nobody uses it");
	code = tare_try_launch(c, tare_prepare(c, "vector_example"));
	tare_expect(c, code != 0, "the twin, whose entries fail, gave 0");
	tare_try_close(c);
}

static void one_build_id_two_orchestrations(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	struct tare_callable *twin = tare_prepare(c, "dump_tensor_twin");

	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_launch(c, vector);
		tare_launch(c, twin);
	}
	tare_expect_floats(c, vector, 2, 42.0f);
	tare_expect_floats(c, twin, 2, 6.0f);
}

static void one_name_two_orchestrations(struct tare_case *c)
{
	struct tare_callable *one = tare_prepare(c, "same_name_one");
	struct tare_callable *two = tare_prepare(c, "same_name_two");

	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_launch(c, one);
		tare_expect_floats(c, one, 1, 3.0f);
		tare_launch(c, two);
		tare_expect_floats(c, two, 1, 4.0f);
	}
}

static void no_build_id(struct tare_case *c)
{
	tare_use_object(c, AICPU, "aicpu_nameless");
	tare_use_image(c, "aicore_nameless");
	for (uint32_t i = 0; i < tare_launches(c); i++)
		expect_stamp(c, "aicore_nameless");
}

/* What is refused takes nothing. */
#define NOTHING_TAKEN(label, sentence, where, function, times, reason) { \
	.name = label, .says = sentence, .cells = (where), .when = function, .launches = times, \
	.then = { \
		{ EVERY_ACCOUNT, FROM_MARK_TO_LAST, EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 }, \
	}, \
	.because = reason, \
}

static const struct tare_spec specs[] = {
	NOTHING_TAKEN("bad_aicpu_objects",
		"an AICPU object that lies, in whichever way, is refused when the context is initialised", 0,
		each_as_aicpu, 0, "facts of fabric 6: the host's loader crashes on malformed files"),
	NOTHING_TAKEN("bad_aicore_images",
		"an AICore image that lies is refused when the context is initialised, not at its first launch", 0,
		each_as_aicore, 0, "facts of libelf: a file that was cut looks like a fine one without sections"),
	NOTHING_TAKEN("bad_dispatchers", "a dispatcher that lies is refused before it reaches the device", ONBOARD,
		each_as_dispatcher, 0,
		"204a384f5 (#890): a damaged file that executed was an AICPU fault, and the device was gone"),
	NOTHING_TAKEN("bad_kernels", "a kernel object that lies is refused by prepare", SIM, each_as_kernel, 0,
		"facts of fabric 6: the host's loader crashes on malformed files"),
	NOTHING_TAKEN("bad_orchestrations", "an orchestration object that lies is refused by prepare", 0,
		each_as_orchestration, 0, "26b7b1507 (#1095): what a half-finished prepare had opened stayed open"),
	NOTHING_TAKEN("unresolved_orchestration",
		"an orchestration that reads well and calls what nobody has is refused by prepare, again and again",
		HOST_BUILD_GRAPH, calls_what_nobody_has, 3,
		"L15: a temporary file stayed behind when its object could not be opened"),
	NOTHING_TAKEN("unresolved_orchestration_on_device",
		"the same is found by the first launch, which opens and counts nothing, and the others go on",
		TENSORMAP_AND_RINGBUFFER, calls_what_nobody_has_on_device, 3,
		"L3, L6: an id was seen and counted before its object had been opened"),
	NOTHING_TAKEN("another_host", "objects for another processor than the host's are refused before they are opened",
		SIM, for_another_host, 0,
		"facts of libelf 4: nothing but a check of ours looks at the machine that a header names"),
	NOTHING_TAKEN("another_device",
		"objects for another processor than the one that would execute them are refused, by whoever knows it",
		ONBOARD, for_another_device, 0,
		"204a384f5 (#890): an object that the AICPU could not execute was its fault, and the device was gone"),
	{
		.name    = "no_lie_no_refusal",
		.says    = "the object in which the lies are told is accepted wherever it can stand",
		.cells   = SIM,
		.when    = without_a_lie,
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "a case that refuses everything would pass on all the lies",
	},
	NOTHING_TAKEN("kernel_is_bytes_of_text",
		"onboard takes the bytes of a kernel's text, and refuses an object, with relocations or without",
		ONBOARD, an_object_file_as_kernel, 0,
		"facts of fabric 6: a text that still wants its relocations jumps to wherever they were not written"),
	{
		.name    = "one_build_id_two_images",
		.says    = "of two AICore images with one build id the one that was given is the one that runs",
		.when    = one_build_id_two_images,
		.then    = {
			{ KERNEL_IMAGES, AT_PEAK,     EXACTLY, 1 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "L26: objects were shared by build id or hash alone, and two that differ became one",
	},
	{
		.name    = "one_build_id_images_stay",
		.says    = "the same on a driver that can't unregister, where an image is known again from before",
		.cells   = ONBOARD,
		.when    = one_build_id_two_images,
		.machine = { .without_unregister = true },
		.then    = {
			{ REGISTRATIONS_OF_ONE_IMAGE, AT_PEAK,     EXACTLY, 1 },
			{ IMAGE_REGISTRATIONS,        AT_PEAK,     EXACTLY, 2 },
			{ DEVICE_BYTES,               AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "L26: objects were shared by build id or hash alone, and two that differ became one",
	},
	{
		.name    = "one_build_id_two_aicpu_objects",
		.says    = "of two AICPU objects with one build id the one that was given is the one that runs",
		.when    = one_build_id_two_aicpu_objects,
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "L26: the preinstalled file is found by its fingerprint, and its content was never compared",
	},
	{
		.name    = "one_build_id_two_contexts",
		.says    = "an AICPU object with a build id that another context uses for other code is refused until that one ends",
		.cells   = ONBOARD,
		.when    = one_build_id_two_contexts,
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "L26: the preinstalled file is found by its fingerprint, and one file serves the whole device",
	},
	{
		.name     = "one_build_id_two_orchestrations",
		.says     = "two orchestrations with one build id stay two",
		.cells    = HOST_BUILD_GRAPH,
		.when     = one_build_id_two_orchestrations,
		.launches = 10,
		.then     = {
			{ HOST_DLOPENS,  AFTER_LAST_LAUNCH, EXACTLY, 2 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because  = "L26: objects were shared by build id or hash alone, and two that differ became one",
	},
	{
		.name     = "one_build_id_two_orchestrations_on_device",
		.says     = "on the device too two orchestrations with one build id stay two",
		.cells    = TENSORMAP_AND_RINGBUFFER,
		.when     = one_build_id_two_orchestrations,
		.launches = 10,
		.then     = {
			{ AICPU_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 2 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because  = "L26: objects were shared by build id or hash alone, and two that differ became one",
	},
	{
		.name     = "one_name_two_orchestrations",
		.says     = "two orchestrations that each define a function of one name each call their own",
		.cells    = HOST_BUILD_GRAPH,
		.when     = one_name_two_orchestrations,
		.launches = 3,
		.then     = {
			{ HOST_DLOPENS,  AFTER_LAST_LAUNCH, EXACTLY, 2 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because  = "7300dcdf6 (#433): objects were opened for all to see, and a later one called an earlier one's functions",
	},
	{
		.name     = "one_name_two_orchestrations_on_device",
		.says     = "on the device too two orchestrations that each define a function of one name each call their own",
		.cells    = TENSORMAP_AND_RINGBUFFER,
		.when     = one_name_two_orchestrations,
		.launches = 3,
		.then     = {
			{ AICPU_DLOPENS, AFTER_LAST_LAUNCH, EXACTLY, 2 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because  = "7300dcdf6 (#433): objects were opened for all to see, and a later one called an earlier one's functions",
	},
	{
		.name     = "no_build_id",
		.says     = "objects without a build id are known by their content, and registered once",
		.when     = no_build_id,
		.launches = 5,
		.then     = {
			{ REGISTRATIONS_OF_ONE_IMAGE, AT_PEAK,                   EXACTLY, 1 },
			{ KERNEL_IMAGES,              AT_PEAK,                   EXACTLY, 1 },
			{ EVERY_ACCOUNT,              AFTER_CLOSE,               EXACTLY, 0 },
		},
		.because  = "unit tests of the reference: without a build id the fingerprint is a hash of all bytes",
	},
};

const struct tare_suite tare_suite_image = { "image", specs, TARE_COUNT_OF(specs) };
