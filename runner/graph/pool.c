/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool - device blocks kept for what orchestrations allocate
 *
 * In the reference, whatever an orchestration allocates and does not record as
 * an output stays on the device until finalize (facts/runtime.md, L1).  Here
 * every block belongs to the run and returns to the pool with it, whatever
 * happens; only a run that wants more than all before it reaches the driver.
 */
#include "pool.h"

#include <stdlib.h>

#include <tare/status.h>

void *tare__graph_grow(void *array, uint32_t *room, uint64_t need, size_t item)
{
	uint64_t wanted = *room ? *room : 64;
	void *larger;

	if (array && need <= *room)
		return array;
	while (wanted < need)
		wanted *= 2;
	if (wanted > UINT32_MAX)
		return NULL;
	larger = realloc(array, (size_t)wanted * item);
	if (larger)
		*room = (uint32_t)wanted;
	return larger;
}

int tare__pool_take_past(struct tare__pool *pool, uint64_t size, uint64_t *address)
{
	int ignored = 0;
	int error = pool->ops->take(pool->platform, size, address);

	/* What the pool hoards from other callables must not fail this one. */
	if (error && tare__pool_trim(pool, &ignored) > 0)
		error = pool->ops->take(pool->platform, size, address);
	return error;
}

uint32_t tare__pool_trim(struct tare__pool *pool, int *first_error)
{
	uint32_t kept = 0, gone = 0;

	for (uint32_t i = 0; i < pool->count; i++) {
		struct tare__pool_block block = pool->blocks[i];
		int error = block.taken ? 0 : pool->ops->give(pool->platform, block.address);

		if (!block.taken && !error) {
			pool->bytes -= block.size;
			gone++;
			continue;
		}
		if (error && !*first_error)
			*first_error = error;
		/* what went lies behind what stays, for a restore */
		pool->blocks[i] = pool->blocks[kept];
		pool->blocks[kept++] = block;
	}
	pool->count = kept;
	pool->cursor = kept;
	return gone;
}

void tare__pool_restore(struct tare__pool *pool, uint32_t gone)
{
	const struct tare__pool_block *former = pool->blocks + pool->count;

	for (; gone > 0; gone--, former++) {
		const uint64_t size = former->size;
		uint64_t address;

		if (pool->ops->take(pool->platform, size, &address))
			return;
		pool->blocks[pool->count++] = (struct tare__pool_block){ .address = address, .size = size };
		pool->bytes += size;
	}
}

/* The smallest free block that fits and is not more than twice too large; count where there is none. */
static uint32_t find(const struct tare__pool *pool, uint64_t size)
{
	uint32_t best = pool->count;

	/* The same orchestration asks for the same sizes in the same order. */
	if (pool->cursor < pool->count && !pool->blocks[pool->cursor].taken && pool->blocks[pool->cursor].size == size)
		return pool->cursor;
	for (uint32_t i = 0; i < pool->count; i++) {
		const struct tare__pool_block *block = &pool->blocks[i];

		if (block->taken || block->size < size || block->size / 2 > size)
			continue;
		if (block->size == size)
			return i;
		if (best == pool->count || block->size < pool->blocks[best].size)
			best = i;
	}
	return best;
}

static int add(struct tare__pool *pool, uint64_t size)
{
	void *blocks = tare__graph_grow(pool->blocks, &pool->room, (uint64_t)pool->count + 1, sizeof *pool->blocks);
	uint64_t address;
	int error;

	if (!blocks)
		return TARE_E_MEMORY;
	pool->blocks = blocks;
	error = tare__pool_take_past(pool, size, &address);
	if (error)
		return error;
	pool->blocks[pool->count++] = (struct tare__pool_block){ .address = address, .size = size };
	pool->bytes += size;
	return TARE_OK;
}

int tare__pool_take(struct tare__pool *pool, uint64_t size, uint64_t *address)
{
	uint32_t i;
	int error;

	if (size > UINT64_MAX - TARE_POOL_GRAIN)
		return TARE_E_DEVICE_MEMORY;
	size = (size + TARE_POOL_GRAIN - 1) & ~(uint64_t)(TARE_POOL_GRAIN - 1);
	i = find(pool, size);
	if (i == pool->count) {
		error = add(pool, size);
		if (error)
			return error;
		i = pool->count - 1; /* a block that went back meanwhile moved the end */
	}
	pool->blocks[i].taken = true;
	pool->cursor = i + 1;
	*address = pool->blocks[i].address;
	return TARE_OK;
}

bool tare__pool_give(struct tare__pool *pool, uint64_t address)
{
	for (uint32_t i = 0; i < pool->count; i++) {
		if (pool->blocks[i].address != address || !pool->blocks[i].taken)
			continue;
		pool->blocks[i].taken = false;
		return true;
	}
	return false;
}

void tare__pool_end_run(struct tare__pool *pool)
{
	for (uint32_t i = 0; i < pool->count; i++)
		pool->blocks[i].taken = false;
	pool->cursor = 0;
}

int tare__pool_release(struct tare__pool *pool, uint64_t beside)
{
	int first_error = beside ? pool->ops->give(pool->platform, beside) : TARE_OK;

	tare__pool_end_run(pool);
	tare__pool_trim(pool, &first_error);
	return first_error;
}

void tare__pool_forget(struct tare__pool *pool)
{
	free(pool->blocks);
	*pool = (struct tare__pool){ .ops = pool->ops, .platform = pool->platform };
}
