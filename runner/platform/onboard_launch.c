/* SPDX-License-Identifier: Apache-2.0 */
/*
 * onboard_launch - one launch: three kernels, two streams
 *
 * A launch in steady state copies the KernelArgs, queues, waits, and reads one
 * word; it takes nothing.  A call that refuses poisons nothing; a stream that
 * fails does: after it the driver answers every later call with errors of its
 * own (facts/cann.md 3.2), so the next launch is refused before it reaches it.
 *
 * When the AICore launch is refused (no room for the image: 207001), the AICPU
 * kernels are queued already and would wait for cores that never come.  They are
 * drained: an AICPU exception says that they have left and its reading clears
 * it; anything else means that they are still there.
 *
 * An AICPU exception after which the launch's report can be read and the cores
 * have left is the runtime's own failure, told properly, and poisons nothing either.
 */
#include <tare/status.h>

#include "onboard.h"

static int wait_for(struct tare_onboard *onboard, rtStream_t stream)
{
	return onboard->common.tables.cann.aclrtSynchronizeStreamWithTimeout(stream,
		(int32_t)onboard->common.arch->stream_timeout_ms);
}

static int poison(struct tare_onboard *onboard, const char *which, int code)
{
	onboard->common.poisoned = true;
	tare_log(&onboard->common.log, TARE_LOG_ERROR, "waiting for %s failed with code %d; device %d is poisoned", which,
		code, onboard->common.device);
	return code;
}

int tare__onboard_drain(struct tare_onboard *onboard, const char *which)
{
	int code = wait_for(onboard, onboard->aicpu_stream);

	if (code == ACL_ERROR_RT_AICPU_EXCEPTION)
		return tare__platform_failed(&onboard->common, which, code);
	return code == 0 ? TARE_OK : poison(onboard, which, code);
}

static int launch_aicpu(struct tare_onboard *onboard, rtFuncHandle function, uint32_t threads)
{
	struct tare_platform *platform = &onboard->common;
	struct tare_rt_launch_attribute none = { 0 };
	const struct tare_rt_launch_config config = { .attributes = &none, .count = 0 };
	struct tare_rt_cpu_args args = {
		.base = { .args = platform->kernel_args, .size = platform->arch->kernel_args.size },
	};
	int code = platform->tables.cann.rtsLaunchCpuKernel(function, threads, onboard->aicpu_stream, &config, &args);

	return code == 0 ? TARE_OK : tare__onboard_failed(platform, "rtsLaunchCpuKernel", code);
}

static int launch_aicore(struct tare_onboard *onboard, void *handle, uint32_t blocks)
{
	struct tare_platform *platform = &onboard->common;
	uint64_t kernel_args = platform->kept[TARE_KEPT_KERNEL_ARGS];
	struct tare_rt_args args = { .args = &kernel_args, .size = sizeof kernel_args };
	const struct tare_rt_task_config config = { .schedule_mode = RT_SCHEM_MODE_BATCH };
	int code = platform->tables.cann.rtKernelLaunchWithHandleV2(handle, 0, blocks, &args, NULL, onboard->aicore_stream,
		&config);

	return code == 0 ? TARE_OK : tare__onboard_failed(platform, "rtKernelLaunchWithHandleV2", code);
}

/* `queued`: whether anything went onto the AICPU stream and has to be waited for. */
static int queue_all(struct tare_onboard *onboard, const struct tare_launch *launch, void *handle, bool *queued)
{
	int status = launch_aicpu(onboard, onboard->aicpu_init, 1);

	*queued = status == TARE_OK;
	if (status == TARE_OK)
		status = launch_aicpu(onboard, onboard->aicpu_exec, onboard->common.arch->launched_aicpu_threads);
	if (status == TARE_OK)
		status = launch_aicore(onboard, handle, launch->block_dim);
	return status;
}

static int read_wall(struct tare_platform *platform, struct tare_launch *launch)
{
	uint64_t wall = 0;
	int status = tare__platform_copy_out(platform, &wall, platform->kept[TARE_KEPT_WALL], sizeof wall);

	launch->device_wall_ns = wall;
	return status;
}

/*
 * It is asked for its report before it is given up: afterwards a dead device answers nothing.  A stream with nothing on
 * it ends well on a dead device too, so what stands behind the last wait is a question that only a sound one answers.
 */
static int aicpu_failed(struct tare_onboard *onboard, struct tare_launch *launch, int code)
{
	int unread = tare__platform_report(&onboard->common, launch), left;

	if (code != ACL_ERROR_RT_AICPU_EXCEPTION || !launch->report_bytes || unread)
		return poison(onboard, "the AICPU stream", code);
	left = wait_for(onboard, onboard->aicore_stream);
	if (left != 0) {
		poison(onboard, "the AICore stream", left);
	} else {
		tare__platform_failed(&onboard->common, "waiting for the AICPU stream", code);
		(void)read_wall(&onboard->common, launch);
	}
	return code;
}

/* The refusal's code stands.  What is queued would run together with the next launch. */
static void clear_away(struct tare_onboard *onboard, struct tare_launch *launch)
{
	tare__onboard_drain(onboard, "a launch that was refused half-way");
	tare__platform_report(&onboard->common, launch);
}

int tare__onboard_launch(struct tare_platform *platform, struct tare_launch *launch)
{
	struct tare_onboard *onboard = tare__onboard(platform);
	bool queued = false;
	void *handle;
	int status;

	launch->report_error = TARE_E_STATE;
	if (platform->poisoned)
		return TARE_E_POISONED;
	if (!onboard->aicpu_exec)
		return TARE_E_STATE;
	if ((status = tare__onboard_image_handle(onboard, &handle)) != TARE_OK)
		return status;
	if ((status = tare__kernel_args_write(platform, launch->runtime_args)) != TARE_OK)
		return status;
	status = queue_all(onboard, launch, handle, &queued);
	if (status != TARE_OK) {
		if (queued)
			clear_away(onboard, launch);
		return status;
	}
	if ((status = wait_for(onboard, onboard->aicpu_stream)) != 0)
		return aicpu_failed(onboard, launch, status);
	if ((status = wait_for(onboard, onboard->aicore_stream)) != 0) {
		tare__platform_report(platform, launch);
		return poison(onboard, "the AICore stream", status);
	}
	tare__platform_report(platform, launch);
	return read_wall(platform, launch);
}

int tare__onboard_close(struct tare_platform *platform, uint64_t runtime_args)
{
	struct tare_onboard *onboard = tare__onboard(platform);
	int status;

	if (platform->poisoned)
		return TARE_E_POISONED;
	if (!onboard->aicpu_close)
		return TARE_E_STATE;
	if ((status = tare__kernel_args_write(platform, runtime_args)) != TARE_OK)
		return status;
	if ((status = launch_aicpu(onboard, onboard->aicpu_close, 1)) != TARE_OK)
		return status;
	return tare__onboard_drain(onboard, "closing on the AICPU");
}
