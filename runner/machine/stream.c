/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream - queues of launches, and the error each of them keeps until it is read
 *
 * A stream's error is read and cleared by the next synchronize; what does not
 * go away is the poison of its device (facts/cann.md 4.4).
 */
#include "machine_priv.h"
#include "vendor.h"

#include <stdlib.h>
#include <string.h>

#include <tare/clock.h>

#define FOREVER UINT64_MAX

struct tare__stream *tare__stream_find(uint64_t handle)
{
	return tare__handle_find(&tare__machine.handles, TARE__HANDLE_STREAM, handle);
}

int tare__stream_door(const void *handle, struct tare__stream **stream)
{
	const struct tare__device *device;

	if (!handle)
		return ACL_ERROR_RT_PARAM_INVALID;
	device = tare__device_bound();
	if (!device)
		return ACL_ERROR_RT_CONTEXT_NULL;
	*stream = tare__stream_find((uint64_t)(uintptr_t)handle);
	return !*stream || (*stream)->device != device ? ACL_ERROR_RT_STREAM_CONTEXT : 0;
}

void tare__stream_discard(struct tare__stream *stream)
{
	struct tare__device *device = stream->device;
	struct tare__stream **link = &device->streams;

	tare__drop_pending(stream);
	while (*link != stream)
		link = &(*link)->next;
	*link = stream->next;
	device->stream_count--;
	if (stream->block)
		tare_must(tare__arena_give(&device->arena, TARE__BLOCK_OWN, stream->block) == 0);
	if (stream->handle)
		tare__handle_end(&tare__machine.handles, stream->handle);
	stream->magic = TARE_MAGIC_NONE;
	free(stream);
}

static int create(struct tare__device *device, struct tare__stream **created)
{
	struct tare__stream *stream;
	int code = ACL_ERROR_RT_DRV_INTERNAL_ERROR;

	if (device->poisoned)
		return ACL_ERROR_RT_DRV_INTERNAL_ERROR;
	if (device->stream_count == TARE__STREAMS_MOST)
		return ACL_ERROR_RT_NO_STREAM_RESOURCE;
	stream = aligned_alloc(_Alignof(struct tare__stream), sizeof *stream);
	if (!stream)
		return ACL_ERROR_RT_RESOURCE_ALLOC_FAIL;
	memset(stream, 0, sizeof *stream);
	stream->device = device;
	stream->next = device->streams;
	device->streams = stream;
	device->stream_count++;
	/* the driver has no code for "no room for a stream": it says internal error */
	if (tare__arena_take(&device->arena, TARE__STREAM_BYTES, TARE__BLOCK_OWN, &stream->block))
		goto fail;
	if (tare__handle_give(&tare__machine.handles, TARE__HANDLE_STREAM, stream, &stream->handle)) {
		code = ACL_ERROR_RT_RESOURCE_ALLOC_FAIL;
		goto fail;
	}
	stream->magic = TARE_MAGIC_STREAM;
	*created = stream;
	return 0;
fail:
	tare__stream_discard(stream);
	return code;
}

int rtStreamCreate(rtStream_t *handle, int32_t priority)
{
	struct tare__stream *stream = NULL;
	struct tare__device *device;
	int code = ACL_ERROR_RT_CONTEXT_NULL;

	(void)priority;
	if (!handle)
		return ACL_ERROR_RT_PARAM_INVALID;
	tare__lock();
	device = tare__device_bound();
	if (device)
		code = create(device, &stream);
	if (!code)
		*handle = (void *)(uintptr_t)stream->handle;
	tare__unlock();
	return code;
}

int aclrtCreateStream(aclrtStream *stream)
{
	return stream ? rtStreamCreate(stream, 0) : ACL_ERROR_INVALID_PARAM;
}

int rtStreamDestroy(rtStream_t handle)
{
	struct tare__stream *stream;
	int code;

	tare__lock();
	code = tare__stream_door(handle, &stream);
	if (!code) {
		/* waits for what is queued; on a device that is down there is nothing to wait for */
		tare__drive_stream(stream, FOREVER);
		stream = tare__stream_find((uint64_t)(uintptr_t)handle);
		if (stream)
			tare__stream_discard(stream);
	}
	tare__unlock();
	return code;
}

int aclrtDestroyStream(aclrtStream stream)
{
	return rtStreamDestroy(stream);
}

/* Another thread may end the stream, or its context, while this one waits. */
static int synchronize(const void *handle, uint64_t deadline)
{
	struct tare__stream *stream;
	int code;

	tare__lock();
	code = tare__stream_door(handle, &stream);
	if (!code)
		code = tare__drive_stream(stream, deadline);
	if (!code) {
		stream = tare__stream_find((uint64_t)(uintptr_t)handle);
		code = stream ? stream->error : ACL_ERROR_RT_STREAM_CONTEXT;
		if (stream)
			stream->error = 0;
	}
	tare__unlock();
	return code;
}

int rtStreamSynchronize(rtStream_t stream)
{
	return synchronize(stream, FOREVER);
}

static uint64_t deadline_after(int32_t milliseconds)
{
	return milliseconds < 0 ? FOREVER : tare_clock_ns() + (uint64_t)milliseconds * 1000000;
}

int rtStreamSynchronizeWithTimeout(rtStream_t stream, int32_t milliseconds)
{
	if (!milliseconds || milliseconds < -1)
		return ACL_ERROR_RT_PARAM_INVALID;
	return synchronize(stream, deadline_after(milliseconds));
}

/* What can be answered without running the device is "not yet", and then nothing would ever be done. */
int rtStreamQuery(rtStream_t stream)
{
	return synchronize(stream, FOREVER);
}

int aclrtSynchronizeStream(aclrtStream stream)
{
	return rtStreamSynchronize(stream);
}

int aclrtSynchronizeStreamWithTimeout(rtStream_t stream, int32_t milliseconds)
{
	return rtStreamSynchronizeWithTimeout(stream, milliseconds);
}

/* The first stream's error answers; all are cleared. */
int aclrtSynchronizeDeviceWithTimeout(int32_t milliseconds)
{
	struct tare__device *device;
	uint64_t generation;
	int code = 0;

	if (!milliseconds || milliseconds < -1)
		return ACL_ERROR_RT_PARAM_INVALID;
	tare__lock();
	device = tare__device_bound();
	if (!device) {
		tare__unlock();
		return ACL_ERROR_RT_CONTEXT_NULL;
	}
	generation = device->generation;
	tare__drive_device(device);
	for (struct tare__stream *s = device->streams; s && device->generation == generation; s = s->next) {
		if (!code)
			code = s->error;
		s->error = 0;
	}
	tare__unlock();
	return code;
}
