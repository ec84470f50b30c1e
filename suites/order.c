/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order - what must come before what
 *
 * The driver accepts most calls in any order and answers a wrong one later,
 * somewhere else, in another context.  So the order itself is what these cases
 * read, from the ring of calls.
 */
#include <tare/spec.h>

enum { SOME = 5 }; /* launches: their order is read, and more of them would leave the ring */

static void some_launches(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	for (int i = 0; i < SOME; i++)
		tare_launch(c, vector);
}

static void launches_between_two_prepares(struct tare_case *c)
{
	tare_launch(c, tare_prepare(c, "vector_example"));
	struct tare_callable *dump = tare_prepare(c, "dump_tensor");
	tare_launch(c, dump);
	tare_unregister(c, dump);
	tare_launch(c, tare_prepare(c, "constant"));
}

static void arenas_and_launches(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_expect_code(c, tare_try_arena(c, 1 << 20, 1 << 18, 1 << 16), 0, "a layout");
	tare_launch(c, vector);
	(void)tare_memory(c, 4096);
}

static void a_device_that_died(struct tare_case *c)
{
	int code = tare_try_launch(c, tare_prepare(c, "spin"));

	tare_expect(c, code != 0, "a kernel that never ends gave 0");
	(void)tare_try_memory(c, 4096);
	tare_expect_code(c, tare_try_close(c), 0, "finalize_device on a dead card");
	if (tare_runs_in(c, TENSORMAP_AND_RINGBUFFER)) /* the orchestration, by the AICPU, which is dead too */
		tare_expect_said(c, "is abandoned: the device is dead");
}

static const struct tare_spec specs[] = {
	{
		.name     = "bootstrap_before_launch",
		.says     = "bootstrap, then the binary, then its functions, then launches, each at its time",
		.cells    = ONBOARD,
		.when     = some_launches,
		.then     = {
			{ CALL(rtAicpuKernelLaunchExWithArgs), BEFORE, CALL(rtsBinaryLoadFromFile), 0 },
			{ CALL(rtsBinaryLoadFromFile),         BEFORE, CALL(rtsFuncGetByName), 0 },
			{ CALL(rtsFuncGetByName),              BEFORE, CALL(rtsLaunchCpuKernel), 0 },
			{ CALL(rtAicpuKernelLaunchExWithArgs), IS_CALLED, AT_MOST, 1 },
			{ CALL(rtsBinaryLoadFromFile),         IS_CALLED, EXACTLY, 1 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "27479f213 (#537): entries come from the binary that the bootstrap wrote, and only from it",
	},
	{
		.name     = "aicpu_before_aicore",
		.says     = "every launch of the AICore has its AICPU launch before it, and the image is registered before both",
		.cells    = ONBOARD,
		.when     = some_launches,
		.then     = {
			{ CALL(rtsLaunchCpuKernel),  EACH_BEFORE, CALL(rtKernelLaunchWithHandleV2), 0 },
			{ CALL(rtRegisterAllKernel), BEFORE,      CALL(rtKernelLaunchWithHandleV2), 0 },
			{ CALL(rtRegisterAllKernel), IS_CALLED,   EXACTLY, 1 },
			{ CALL(rtStreamCreate),      BEFORE,      CALL(rtsLaunchCpuKernel), 0 },
			{ CALL(rtKernelLaunchWithHandleV2), BEFORE, CALL(rtStreamDestroy), 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "f8b728561 (#870): cores that nobody schedules wait for a hand that never comes",
	},
	{
		.name     = "log_level_before_device",
		.says     = "the device's log level is set before the device is bound",
		.cells    = ONBOARD,
		.when     = some_launches,
		.then     = {
			{ CALL(dlog_setlevel), BEFORE, CALL(rtSetDevice), 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "479519d21 (#763): a level that came after the device was bound was never heard",
	},
	{
		.name     = "limits_before_launches",
		.says     = "how long an operator may take is told before the first launch, and who waits for one waits so long at most",
		.cells    = ONBOARD,
		.when     = some_launches,
		.then     = {
			{ CALL(aclrtSetOpExecuteTimeOutV2),        BEFORE,      CALL(rtKernelLaunchWithHandleV2), 0 },
			{ CALL(aclrtSetOpExecuteTimeOutV2),        BEFORE,      CALL(rtAicpuKernelLaunchExWithArgs), 0 },
			{ CALL(aclrtSynchronizeStreamWithTimeout), IS_CALLED,   AT_LEAST, 2 * SOME },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "61cad74dc (#718), 1bd071216 (#820): without a limit a hung operator held its host for ever",
	},
	{
		.name    = "frees_before_reset",
		.says    = "whatever is given back is given back before the first reset",
		.cells   = ONBOARD,
		.when    = arenas_and_launches,
		.then    = {
			{ CALL(rtFree),                 ALL_BEFORE, CALL(rtDeviceReset), 0 },
			{ CALL(rtStreamDestroy),        ALL_BEFORE, CALL(rtDeviceReset), 0 },
			{ CALL(rtsBinaryUnload),        ALL_BEFORE, CALL(rtDeviceReset), 0 },
			{ CALL(rtDevBinaryUnRegister),  ALL_BEFORE, CALL(rtDeviceReset), 0 },
			{ CALL(rtMemcpy),               ALL_BEFORE, CALL(rtDeviceReset), 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "fbc5618e9 (#917): the wall word was freed after the reset, in a context that was gone",
	},
	{
		.name    = "nothing_goes_back_to_the_dead",
		.says    = "what lies on a device that died is left there, and neither freed nor copied one by one",
		.cells   = ONBOARD | HOST_BUILD_GRAPH,
		.when    = a_device_that_died,
		.machine = { .kernel_budget_ms = 100 },
		.then    = {
			{ CALL(rtFree),          ALL_BEFORE, CALL(rtKernelLaunchWithHandleV2), 0 },
			{ CALL(rtMemcpy),        ALL_BEFORE, CALL(rtKernelLaunchWithHandleV2), 0 },
			{ CALL(rtMalloc),        ALL_BEFORE, CALL(rtKernelLaunchWithHandleV2), 0 },
			{ CALL(rtStreamDestroy), ALL_BEFORE, CALL(rtKernelLaunchWithHandleV2), 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "1c5e80655 (#1664): a teardown that freed each thing by itself waited for an error with each",
		.tags    = TAG_HANG,
	},
	{
		.name    = "a_report_is_asked_of_the_dead",
		.says    = "of a device that died its report is read, which may lie there still, and nothing else is touched",
		.cells   = ONBOARD | TENSORMAP_AND_RINGBUFFER,
		.when    = a_device_that_died,
		.machine = { .kernel_budget_ms = 100 },
		.then    = {
			{ CALL(rtFree),          ALL_BEFORE, CALL(rtKernelLaunchWithHandleV2), 0 },
			{ CALL(rtMalloc),        ALL_BEFORE, CALL(rtKernelLaunchWithHandleV2), 0 },
			{ CALL(rtStreamDestroy), ALL_BEFORE, CALL(rtKernelLaunchWithHandleV2), 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "facts of the reference: the codes of a launch are in shared memory, and CANN's own code names none",
		.tags    = TAG_HANG,
	},
	{
		.name    = "streams_go_before_memory_is_gone",
		.says    = "streams are destroyed and the binary unloaded once each, and a reset ends it",
		.cells   = ONBOARD,
		.when    = arenas_and_launches,
		.then    = {
			{ CALL(rtStreamDestroy),       IS_CALLED, EXACTLY,  2 },
			{ CALL(rtsBinaryUnload),       IS_CALLED, EXACTLY,  1 },
			{ CALL(rtDevBinaryUnRegister), IS_CALLED, EXACTLY,  1 },
			{ CALL(rtDeviceReset),         IS_CALLED, AT_LEAST, 1 },
			{ CALL(rtSetDevice),           EACH_BEFORE, CALL(rtDeviceReset), 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "ccb95e30a (#882): a finalize without its reset wedged the device for the next worker",
	},
	{
		.name    = "no_reset_between_launches",
		.says    = "a callable prepared between launches finds streams and device as they were",
		.cells   = ONBOARD,
		.when    = launches_between_two_prepares,
		.then    = {
			{ CALL(rtKernelLaunchWithHandleV2), ALL_BEFORE, CALL(rtStreamDestroy), 0 },
			{ CALL(rtKernelLaunchWithHandleV2), ALL_BEFORE, CALL(rtDeviceReset), 0 },
			{ CALL(rtStreamCreate), IS_CALLED, EXACTLY, 2 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "8be358b59 (#532): cleaning up after a run destroyed streams that the next upload needed",
	},
	{
		.name    = "objects_from_files_of_their_own",
		.says    = "every object is opened from a file written for it, and every file goes",
		.cells   = SIM,
		.when    = launches_between_two_prepares,
		.then    = {
			{ CALL(file_write),   EACH_BEFORE, CALL(object_open), 0 },
			{ CALL(file_write),   EACH_BEFORE, CALL(file_remove), 0 },
			{ CALL(object_open),  EACH_BEFORE, CALL(object_close), 0 },
			{ TEMPORARY_FILES, AFTER_LAST_LAUNCH, EXACTLY, 0 },
			{ EVERY_ACCOUNT,   AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because = "204a384f5 (#890): two that shared a file's name overwrote an object that was executing",
	},
	{
		.name     = "memory_taken_before_given",
		.says     = "memory is taken before it is written and given back once",
		.cells    = SIM,
		.when     = arenas_and_launches,
		.then     = {
			{ CALL(memory_take), BEFORE,      CALL(memory_copy), 0 },
			{ CALL(memory_take), EACH_BEFORE, CALL(memory_give), 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because  = "fbc5618e9 (#917): each platform had an order of its own, and one of them was wrong",
	},
};

const struct tare_suite tare_suite_order = { "order", specs, TARE_COUNT_OF(specs) };
