/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool - device blocks kept for launches, whichever runtime carves from them
 */
#ifndef TARE_GRAPH_POOL_H
#define TARE_GRAPH_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "../platform/platform.h"

#define TARE_POOL_GRAIN 512u /* device blocks are multiples of it */

struct tare__pool_block {
	uint64_t address;
	uint64_t size;
	bool taken; /* by the run that is under way */
};

struct tare__pool {
	const struct tare_platform_ops *ops;
	struct tare_platform *platform;
	struct tare__pool_block *blocks; /* owned */
	uint32_t count;
	uint32_t room;
	uint32_t cursor; /* where the next request is looked for first */
	uint64_t bytes;
};

/* A block of at least `size` bytes for this run. */
int tare__pool_take(struct tare__pool *pool, uint64_t size, uint64_t *address);
/* Early, by an orchestration; false: not a block of this run. */
bool tare__pool_give(struct tare__pool *pool, uint64_t address);
void tare__pool_end_run(struct tare__pool *pool);
/* Gives the blocks that no run uses back to the platform; how many went. */
uint32_t tare__pool_trim(struct tare__pool *pool, int *first_error);
/* Takes so many blocks again as large as those that the trim just before this gave back; ends at the first refusal. */
void tare__pool_restore(struct tare__pool *pool, uint32_t gone);
void tare__pool_forget(struct tare__pool *pool);
/* Everything back to the platform, and one block taken past the pool (0: none).  The first error. */
int tare__pool_release(struct tare__pool *pool, uint64_t beside);

/* Past the pool, from the platform; when it has none, once more after the unused part of the pool went back. */
int tare__pool_take_past(struct tare__pool *pool, uint64_t size, uint64_t *address);

/* Room for `need` items: the array, moved or not; NULL leaves it as it was. */
void *tare__graph_grow(void *array, uint32_t *room, uint64_t need, size_t item);

#endif
