/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory - device memory that a caller takes through the ABI
 *
 * The caller's blocks are told apart from the runner's own: the ABI accepts
 * any pointer to free, and an arena's must not go that way.
 */
#include "runner_priv.h"

#include <inttypes.h>
#include <stdlib.h>

#include <tare/status.h>

static int make_room(struct tare__memory *memory)
{
	size_t room = memory->room ? memory->room * 2 : 64;
	uint64_t *blocks;

	if (memory->count < memory->room)
		return TARE_OK;
	blocks = realloc(memory->blocks, room * sizeof *blocks);
	if (!blocks)
		return TARE_E_MEMORY;
	memory->blocks = blocks;
	memory->room = room;
	return TARE_OK;
}

int tare__runner_memory_take(struct tare_runner *runner, uint64_t size, uint64_t *address)
{
	uint64_t taken = 0;
	int error = tare__enter_device(runner, TARE_EVENT_MEMORY);

	if (error)
		return error;
	error = size ? make_room(&runner->memory) : TARE_E_ARGUMENT;
	if (!error)
		error = runner->parts.platform->take(runner->platform, size, &taken);
	if (error) {
		tare_log(&runner->log, TARE_LOG_ERROR, "memory: no %" PRIu64 " bytes (%s %d)", size, tare_status_name(error),
			error);
	} else {
		runner->memory.blocks[runner->memory.count++] = taken;
		*address = taken;
	}
	tare__leave(runner);
	return error;
}

static int give(struct tare_runner *runner, uint64_t address)
{
	struct tare__memory *memory = &runner->memory;
	size_t i = memory->count;
	int error;

	while (i > 0 && memory->blocks[i - 1] != address)
		i--;
	if (i == 0)
		return TARE_OK;
	error = runner->parts.platform->attach(runner->platform, runner->device);
	if (!error) {
		memory->blocks[i - 1] = memory->blocks[--memory->count];
		error = runner->parts.platform->give(runner->platform, address);
	}
	if (error)
		tare_log(&runner->log, TARE_LOG_ERROR, "memory: %#" PRIx64 " did not go back (%s %d)", address,
			tare_status_name(error), error);
	return error;
}

int tare__runner_memory_give(struct tare_runner *runner, uint64_t address)
{
	int error = tare__enter(runner, TARE_EVENT_FREE);

	if (error)
		return error;
	error = give(runner, address);
	tare__leave(runner);
	return error;
}

int tare__runner_copy_in(struct tare_runner *runner, uint64_t to, const void *from, uint64_t size)
{
	int error = tare__enter_device(runner, TARE_EVENT_MEMORY);

	if (error)
		return error;
	if (size)
		error = runner->parts.platform->copy_in(runner->platform, to, from, size);
	tare__leave(runner);
	return error;
}

int tare__runner_copy_out(struct tare_runner *runner, void *to, uint64_t from, uint64_t size)
{
	int error = tare__enter_device(runner, TARE_EVENT_MEMORY);

	if (error)
		return error;
	if (size)
		error = runner->parts.platform->copy_out(runner->platform, to, from, size);
	tare__leave(runner);
	return error;
}
