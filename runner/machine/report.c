/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report - what is still alive in the machine when its process exits
 *
 * A program that knows only the vendor's names cannot ask the machine for its
 * account, and a card says nothing at all: TARE_MACHINE_REPORT=1 makes the
 * library say it, one kind of resource a line, on standard error.
 */
#include "machine_priv.h"

#include <inttypes.h>
#include <stdio.h>

enum { HOST = -1 };

#define NO_BYTES UINT64_MAX

/* One line, where there is anything; whether there was. */
static bool say(int device, const char *what, uint64_t count, uint64_t bytes)
{
	if (!count)
		return false;
	if (device == HOST)
		fputs("tare:   host: ", stderr);
	else
		fprintf(stderr, "tare:   device %d: ", device);
	fprintf(stderr, "%s: %" PRIu64, what, count);
	if (bytes != NO_BYTES)
		fprintf(stderr, ", %" PRIu64 " bytes", bytes);
	fputc('\n', stderr);
	return true;
}

static bool report_device(const struct tare__device *device)
{
	const int id = (int)tare__device_id(device);
	const struct tare__heap *heap = &device->arena.heap;
	bool any = say(id, "references", device->references, NO_BYTES);

	if (device->arena.base)
		any |= say(id, "blocks", heap->blocks[TARE__BLOCK_USER] + heap->blocks[TARE__BLOCK_BARE],
			heap->asked[TARE__BLOCK_USER] + heap->asked[TARE__BLOCK_BARE]);
	any |= say(id, "images", device->module_count, device->module_bytes);
	any |= say(id, "streams", device->stream_count, device->stream_count * TARE__STREAM_BYTES);
	any |= say(id, "AICPU objects", device->object_count, NO_BYTES);
	any |= say(id, "blocks that were alive when their context went down", device->torn_down_blocks, NO_BYTES);
	any |= say(id, "poisoned", device->poisoned, NO_BYTES);
	return any;
}

static uint64_t program_bytes(void)
{
	const struct tare__program *program;
	uint32_t cursor = 0;
	uint64_t bytes = 0;

	while ((program = tare__handle_each(&tare__machine.handles, TARE__HANDLE_PROGRAM, &cursor)))
		bytes += program->size;
	return bytes;
}

void tare__report(void)
{
	bool any = false;

	/* exit() may be called while another thread is inside: then there is nothing true to say */
	if (!tare__machine.setup.report || pthread_mutex_trylock(&tare__machine.lock))
		return;
	fprintf(stderr, "tare: alive in the machine at exit (%s):\n", tare__arch()->name);
	for (size_t i = 0; i < TARE__DEVICES; i++)
		any |= report_device(&tare__machine.devices[i]);
	any |= say(HOST, "images registered", tare__machine.programs, program_bytes());
	any |= say(HOST, "AICPU binaries", tare__machine.binaries, NO_BYTES);
	any |= say(HOST, "functions", tare__machine.functions, NO_BYTES);
	any |= say(HOST, "uses of a handle given back", tare__machine.used_after_unregister, NO_BYTES);
	if (!any)
		fputs("tare:   nothing\n", stderr);
	tare__unlock();
}
