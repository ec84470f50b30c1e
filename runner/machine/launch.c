/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launch - the three calls that queue work
 *
 * Arguments are copied at the call; nothing runs here and nothing is allocated
 * but what the first launch of an image pins.
 */
#include "machine_priv.h"
#include "vendor.h"

#include <string.h>

static const char op_name[] = "AST_DYN_AICPU";
static const char server_object[] = "libaicpu_extend_kernels.so";
static const char server_entry[] = "DynTileFwkKernelServerInit";

/* The place for a launch at the end of a queue; a full queue makes the caller wait, as on the card. */
static int place(const void *handle, struct tare__launch **launch)
{
	struct tare__stream *stream;
	int code;

	while (!(code = tare__stream_door(handle, &stream))) {
		if (stream->device->poisoned)
			return ACL_ERROR_RT_DRV_INTERNAL_ERROR;
		if (stream->pending < TARE__QUEUE)
			break;
		tare__drive_stream(stream, UINT64_MAX);
	}
	if (code)
		return code;
	*launch = &stream->queue[(stream->head + stream->pending) % TARE__QUEUE];
	(*launch)->stream = stream;
	return 0;
}

static void queue(struct tare__launch *launch, enum tare__launch_kind kind, uint32_t count, const void *args,
	uint32_t size)
{
	launch->kind = kind;
	launch->count = count;
	launch->size = size;
	memcpy(launch->args, args, size);
	launch->trouble = launch->stream->device->trouble;
	launch->stream->device->trouble = TARE_TROUBLE_NONE;
	launch->stream->pending++;
}

static int launch_aicore(void *handle, uint64_t key, uint32_t blocks, const struct tare_rt_args *args,
	rtStream_t stream)
{
	struct tare__program *program;
	struct tare__launch *launch;
	int code;

	code = place(stream, &launch);
	if (code)
		return code;
	if (blocks > tare__arch()->max_block_dim)
		return ACL_ERROR_RT_PARAM_INVALID;
	code = tare__program_door(handle, &program);
	if (!code)
		code = tare__module_get(launch->stream->device, program, key, &launch->module, &launch->kernel);
	if (code) {
		launch->module = NULL;
		return code;
	}
	launch->module->in_flight++;
	queue(launch, TARE__LAUNCH_AICORE, blocks, args->args, args->size);
	return 0;
}

int rtKernelLaunchWithHandleV2(void *handle, uint64_t key, uint32_t blocks, struct tare_rt_args *args,
	struct tare_rt_sm_desc *sm, rtStream_t stream, const struct tare_rt_task_config *config)
{
	int code;

	(void)sm;
	(void)config; /* batch mode starts all blocks together, as the fabric does anyway */
	if (!handle || !blocks || !args || !args->args || args->size < sizeof(void *) || args->size > TARE__ARGS_MOST)
		return ACL_ERROR_RT_PARAM_INVALID;
	tare__lock();
	code = launch_aicore(handle, key, blocks, args, stream);
	tare__unlock();
	return code;
}

static int launch_function(const void *handle, uint32_t blocks, rtStream_t stream,
	const struct tare_rt_cpu_args *args)
{
	struct tare__function *function;
	struct tare__launch *launch;
	int code;

	function = tare__handle_find(&tare__machine.handles, TARE__HANDLE_FUNCTION, (uint64_t)(uintptr_t)handle);
	if (!function)
		return ACL_ERROR_RT_PARAM_INVALID;
	code = place(stream, &launch);
	if (code)
		return code;
	/* while the queue was full the lock was not held */
	function = tare__handle_find(&tare__machine.handles, TARE__HANDLE_FUNCTION, (uint64_t)(uintptr_t)handle);
	if (!function)
		return ACL_ERROR_RT_PARAM_INVALID;
	launch->function = function;
	launch->param_offset = (uint32_t)args->head_offset;
	function->in_flight++;
	queue(launch, TARE__LAUNCH_AICPU, blocks, args->base.args, args->base.size);
	return 0;
}

int rtsLaunchCpuKernel(rtFuncHandle function, uint32_t blocks, rtStream_t stream,
	const struct tare_rt_launch_config *config, struct tare_rt_cpu_args *args)
{
	int code;

	if (!function || !blocks || blocks > TARE_MAX_AICPU_THREADS || !config || !config->attributes)
		return ACL_ERROR_RT_PARAM_INVALID;
	if (!args || !args->base.args || !args->base.size || args->base.size > TARE__ARGS_MOST ||
			args->head_offset >= args->base.size)
		return ACL_ERROR_RT_PARAM_INVALID;
	tare__lock();
	code = launch_function(function, blocks, stream, args);
	tare__unlock();
	return code;
}

/* The string at an offset of the argument blob, or NULL where it does not end inside. */
static const char *name_at(const struct tare_rt_aicpu_args *args, uint32_t offset)
{
	const char *blob = args->args;

	if (offset >= args->size || !memchr(blob + offset, 0, args->size - offset))
		return NULL;
	return blob + offset;
}

static int launch_bootstrap(const char *op, const struct tare_rt_aicpu_args *args, rtStream_t stream)
{
	const char *object = name_at(args, args->so_name_offset), *entry = name_at(args, args->kernel_name_offset);
	struct tare__launch *launch;
	int code;

	if (!object || !entry)
		return ACL_ERROR_RT_PARAM_INVALID;
	code = place(stream, &launch);
	if (code)
		return code;
	launch->known = !strcmp(op, op_name) && !strcmp(object, server_object) && !strcmp(entry, server_entry);
	queue(launch, TARE__LAUNCH_BOOTSTRAP, 1, args->args, args->size);
	return 0;
}

int rtAicpuKernelLaunchExWithArgs(uint32_t kind, const char *op, uint32_t blocks,
	const struct tare_rt_aicpu_args *args, struct tare_rt_sm_desc *sm, rtStream_t stream, uint32_t flags)
{
	int code;

	(void)sm;
	(void)flags;
	if (kind != 1 && kind != 2 && kind != 4 && kind != KERNEL_TYPE_AICPU_KFC)
		return ACL_ERROR_RT_PARAM_INVALID;
	if (!op || !blocks || blocks > TARE__AICPU_BLOCKS_MOST || !args || !args->args || !args->size ||
			args->size > TARE__ARGS_MOST)
		return ACL_ERROR_RT_PARAM_INVALID;
	if (kind != KERNEL_TYPE_AICPU_KFC)
		return ACL_ERROR_RT_FEATURE_NOT_SUPPORT;
	tare__lock();
	code = launch_bootstrap(op, args, stream);
	tare__unlock();
	return code;
}
