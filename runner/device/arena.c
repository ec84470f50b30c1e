/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena - three device regions that stay from launch to launch
 *
 * Three blocks and not one: a card may have room for each and not for all in
 * one piece.  When one cannot be had, all three go: what a failed set-up kept
 * of its siblings was never released (facts/runtime.md A6, A7).
 */
#include "runner_priv.h"

#include <inttypes.h>

#include <tare/status.h>

/* Blocks are aligned to 512, bases to 1,024: half a unit more always holds one. */
#define BASE_ALIGN  1024u
#define BLOCK_ALIGN 512u

static const char *const region_names[TARE_REGIONS] = { "heap", "shared memory", "runtime" };

static int give_back(struct tare_runner *runner, struct tare__arena *arena)
{
	int error = arena->block ? runner->parts.platform->give(runner->platform, arena->block) : TARE_OK;

	/* A block that the platform could not give back is still the platform's, and goes with its finalize. */
	*arena = (struct tare__arena){ 0 };
	return error;
}

/* full: it could not be had. */
static int fit(struct tare_runner *runner, struct tare__arena *arena, uint64_t size, bool *full)
{
	uint64_t block = 0;
	int error;

	if (arena->base && size && size <= arena->size)
		return TARE_OK;
	error = give_back(runner, arena);
	if (error || !size)
		return error;
	if (size > UINT64_MAX - 2 * BASE_ALIGN)
		return TARE_E_DEVICE_MEMORY;
	error = runner->parts.platform->take(runner->platform, size + BLOCK_ALIGN, &block);
	*full = error != TARE_OK;
	if (error)
		return error;
	tare_must(block % BLOCK_ALIGN == 0);
	*arena = (struct tare__arena){
		.block = block,
		.base = (block + BASE_ALIGN - 1) & ~(uint64_t)(BASE_ALIGN - 1),
		.size = size,
	};
	return TARE_OK;
}

static int set_up(struct tare_runner *runner, const uint64_t sizes[TARE_REGIONS], bool *full)
{
	size_t i = 0;
	int error = TARE_OK;

	*full = false;
	for (; i < TARE_REGIONS && !error; i++)
		error = fit(runner, &runner->arenas[i], sizes[i], full);
	if (!error)
		return TARE_OK;
	tare_log(&runner->log, TARE_LOG_ERROR, "arena: %s of %" PRIu64 " bytes failed (%s %d), all three are released",
		region_names[i - 1], sizes[i - 1], tare_status_name(error), error);
	for (i = 0; i < TARE_REGIONS; i++)
		if (give_back(runner, &runner->arenas[i])) {
			*full = false;
			tare_log(&runner->log, TARE_LOG_ERROR, "arena: %s did not go back", region_names[i]);
		}
	return error;
}

int tare__arenas_lend(void *keeper, const uint64_t sizes[TARE_REGIONS], uint64_t bases[TARE_REGIONS], bool *full)
{
	struct tare_runner *runner = keeper;
	int error;

	/* The state keeps all others out but those who only ask where the arenas are. */
	pthread_mutex_lock(&runner->door);
	error = set_up(runner, sizes, full);
	for (size_t i = 0; i < TARE_REGIONS; i++)
		bases[i] = runner->arenas[i].base;
	tare__leave(runner);
	return error;
}

int tare__runner_arena(struct tare_runner *runner, const uint64_t sizes[TARE_REGIONS])
{
	int error = tare__enter_device(runner, TARE_EVENT_ARENA);
	bool full;

	if (error)
		return error;
	error = set_up(runner, sizes, &full);
	tare__leave(runner);
	return error;
}

uint64_t tare__runner_arena_base(struct tare_runner *runner, enum tare__region region)
{
	uint64_t base;

	pthread_mutex_lock(&runner->door);
	base = runner->arenas[region].base;
	tare__leave(runner);
	return base;
}

void tare__arenas_forget(struct tare_runner *runner)
{
	for (size_t i = 0; i < TARE_REGIONS; i++)
		runner->arenas[i] = (struct tare__arena){ 0 };
}
