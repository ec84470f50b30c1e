/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocks - which device blocks are owned, and how large they are
 *
 * In the order in which they were taken: they are given back the other way
 * round, and a block that is given is mostly one of the last.  Room is made
 * before the driver is asked, so that remembering a block cannot fail.
 */
#ifndef TARE_PLATFORM_BLOCKS_H
#define TARE_PLATFORM_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

struct tare_block {
	uint64_t address;
	uint64_t size;
	bool refused;  /* its release failed, and is not tried again */
};

struct tare_blocks {
	struct tare_block *list; /* owned */
	uint32_t room;
	uint32_t count;
	uint64_t bytes;
};

#define TARE_NO_BLOCK UINT32_MAX

int tare__blocks_reserve(struct tare_blocks *blocks); /* for one more: 0 or TARE_E_MEMORY */
void tare__blocks_add(struct tare_blocks *blocks, uint64_t address, uint64_t size); /* after reserve */
uint32_t tare__blocks_find(const struct tare_blocks *blocks, uint64_t address);     /* one that may be given, or TARE_NO_BLOCK */
void tare__blocks_remove(struct tare_blocks *blocks, uint32_t index);
void tare__blocks_clear(struct tare_blocks *blocks); /* forgets all */

#endif
