/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drive - the thread that waits for the device is the one that runs it
 *
 * A launch only queues.  Whoever synchronises submits the head of every stream
 * that can run and lends its thread to the fabric, until its own stream has
 * nothing pending.  When the fabric finds that nothing can run any more and
 * work is pending, the time-out is reported at once: no wait would end it.
 *
 * One thread at a time is inside a device's fabric, without the lock; others
 * that synchronise there wait until it has come out.
 */
#include "machine_priv.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

static void fail_stream(struct tare__stream *stream, int code)
{
	if (!stream->error)
		stream->error = code;
}

/* Takes the head off its queue. */
static void retire(struct tare__stream *stream)
{
	struct tare__launch *launch = &stream->queue[stream->head];

	if (launch->module)
		launch->module->in_flight--;
	if (launch->function)
		launch->function->in_flight--;
	launch->submitted = false;
	launch->module = NULL;
	launch->function = NULL;
	stream->head = (stream->head + 1) % TARE__QUEUE;
	stream->pending--;
}

void tare__drop_pending(struct tare__stream *stream)
{
	while (stream->pending)
		retire(stream);
}

static int error_code(const struct tare__launch *launch)
{
	if (!launch->job.result)
		return 0;
	return launch->kind == TARE__LAUNCH_AICORE ? ACL_ERROR_RT_AICORE_EXCEPTION : ACL_ERROR_RT_AICPU_EXCEPTION;
}

static void finish(struct tare__launch *launch)
{
	struct tare__stream *stream = launch->stream;

	fail_stream(stream, error_code(launch));
	retire(stream);
}

static void fill_aicore(struct tare__launch *launch)
{
	const tare_device_entry_fn *entries = &launch->module->entries[2 * launch->kernel];
	void *first;

	/* a kernel is called with its parameters: the first of them is the address of the KernelArgs block */
	memcpy(&first, launch->args, sizeof first);
	launch->job = (struct tare_fabric_job){
		.on_cores = true,
		.entry = entries[0],
		.entry_aiv = entries[1],
		.args = first,
		.count = launch->count,
		.foreign = launch->module->foreign,
	};
}

static int fill_aicpu(struct tare__launch *launch)
{
	struct tare__function_place *place;
	int code;

	code = tare__function_entry(launch->stream->device, launch->function, &place);
	if (code)
		return code;
	launch->job = (struct tare_fabric_job){
		.entry = place->entry,
		.args = launch->args + launch->param_offset,
		.count = launch->count,
		.foreign = place->foreign,
	};
	return 0;
}

/* What befalls it keeps it from the fabric: an error at once, or a place at the head that it never leaves. */
static void befall(struct tare__launch *launch)
{
	launch->job = (struct tare_fabric_job){ .result = launch->trouble == TARE_TROUBLE_LATE ? TARE_E_FAILED : 0 };
	if (launch->trouble == TARE_TROUBLE_LATE)
		finish(launch);
	else
		launch->submitted = true;
}

/* Lets the head of one stream go. 1: something has changed; 0: it waits for cores or threads. */
static int begin(struct tare__launch *launch)
{
	struct tare__stream *stream = launch->stream;
	int code = 0, status;

	if (launch->trouble != TARE_TROUBLE_NONE) {
		befall(launch);
		return 1;
	}
	switch (launch->kind) {
	case TARE__LAUNCH_AICORE: fill_aicore(launch); break;
	case TARE__LAUNCH_AICPU: code = fill_aicpu(launch); break;
	case TARE__LAUNCH_BOOTSTRAP:
		fail_stream(stream, tare__bootstrap_run(stream->device, launch));
		retire(stream);
		return 1;
	}
	if (!code) {
		status = tare_fabric_submit(stream->device->fabric, &launch->job);
		if (status == TARE_E_BUSY)
			return 0;
		if (!status) {
			launch->submitted = true;
			return 1;
		}
		code = ACL_ERROR_RT_INTERNAL_ERROR;
	}
	fail_stream(stream, code);
	retire(stream);
	return 1;
}

/* Submits what can run. Whether anything is with the fabric then. */
static bool begin_heads(struct tare__device *device)
{
	bool running = false;

	for (struct tare__stream *s = device->streams; s; s = s->next) {
		while (s->pending && !s->queue[s->head].submitted && begin(&s->queue[s->head]))
			;
		running = running || (s->pending && s->queue[s->head].submitted);
	}
	return running;
}

/* What each stream says when a kernel never came back; facts/cann.md 3.2. */
static int poison_code(const struct tare__launch *launch)
{
	if (launch->kind == TARE__LAUNCH_AICORE)
		return ACL_ERROR_RT_AICORE_TIMEOUT;
	return tare__arch()->id == TARE_ARCH_A5 ? ACL_ERROR_RT_INTERNAL_ERROR : ACL_ERROR_RT_AICPU_EXCEPTION;
}

void tare__poison(struct tare__device *device, const char *why)
{
	device->poisoned = true;
	tare_log(tare__log(), TARE_LOG_WARN, "machine: device %u: %s; the device is down", tare__device_id(device), why);
	for (struct tare__stream *s = device->streams; s; s = s->next) {
		if (!s->pending)
			continue;
		fail_stream(s, poison_code(&s->queue[s->head]));
		tare__drop_pending(s);
	}
}

/*
 * Nothing could run and work was pending: what was with the fabric has left, and every such stream timed out.
 * Whether a kernel is among it that will never end, whoever is told to leave.
 */
static bool give_up(struct tare__device *device)
{
	bool hung = false;

	for (struct tare__stream *s = device->streams; s; s = s->next) {
		const struct tare__launch *launch = &s->queue[s->head];

		if (!s->pending || !launch->submitted)
			continue;
		hung = hung || launch->trouble == TARE_TROUBLE_HANG;
		fail_stream(s, launch->kind != TARE__LAUNCH_AICORE && launch->job.result ?
			ACL_ERROR_RT_AICPU_EXCEPTION : ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
		retire(s);
	}
	return hung;
}

static struct tare__launch *launch_of(struct tare_fabric_job *job)
{
	return (struct tare__launch *)(void *)((char *)job - offsetof(struct tare__launch, job));
}

/* An idle fabric took none of the heads: they ask for more than there is. */
static void refuse_heads(struct tare__device *device)
{
	for (struct tare__stream *s = device->streams; s; s = s->next) {
		if (!s->pending)
			continue;
		fail_stream(s, ACL_ERROR_RT_INTERNAL_ERROR);
		retire(s);
	}
}

/* One turn inside the fabric: afterwards there is less to do. */
static void turn(struct tare__device *device)
{
	struct tare_fabric_job *job;

	if (!begin_heads(device)) {
		refuse_heads(device);
		return;
	}
	device->driving = true;
	tare__unlock();
	job = tare_fabric_run(device->fabric);
	tare__lock();
	device->driving = false;
	pthread_cond_broadcast(&tare__machine.driven);
	if (job && launch_of(job)->submitted)
		finish(launch_of(job));
	if (!job || tare_fabric_abandoned(device->fabric))
		tare_fabric_cancel(device->fabric); /* only then it is known who does not leave when told to */
	if (tare_fabric_abandoned(device->fabric))
		tare__poison(device, "a kernel did not come back");
	else if (!job && give_up(device))
		tare__poison(device, "a kernel hangs");
}

/* Until another thread has left a fabric. False: the deadline has passed. */
static bool wait_driven(uint64_t deadline)
{
	struct timespec until = { .tv_sec = (time_t)(deadline / 1000000000), .tv_nsec = (long)(deadline % 1000000000) };

	if (deadline == UINT64_MAX)
		return pthread_cond_wait(&tare__machine.driven, &tare__machine.lock) == 0;
	return pthread_cond_clockwait(&tare__machine.driven, &tare__machine.lock, CLOCK_MONOTONIC, &until) == 0;
}

int tare__drive_stream(struct tare__stream *stream, uint64_t deadline)
{
	uint64_t handle = stream->handle;

	/* an end of the stream by another thread ends the loop */
	while (stream && stream->pending) {
		if (stream->device->driving) {
			if (!wait_driven(deadline))
				return ACL_ERROR_RT_STREAM_SYNC_TIMEOUT;
		} else {
			turn(stream->device);
		}
		stream = tare__stream_find(handle);
	}
	return 0;
}

static bool has_pending(const struct tare__device *device)
{
	for (const struct tare__stream *s = device->streams; s; s = s->next)
		if (s->pending)
			return true;
	return false;
}

void tare__drive_device(struct tare__device *device)
{
	uint64_t generation = device->generation;

	while (device->generation == generation && has_pending(device)) {
		if (device->driving)
			wait_driven(UINT64_MAX);
		else
			turn(device);
	}
}

void tare__drive_leave(struct tare__device *device)
{
	while (device->driving)
		wait_driven(UINT64_MAX);
}
