/* SPDX-License-Identifier: Apache-2.0 */
#include "blocks.h"

#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

#define FIRST_ROOM 32u

int tare__blocks_reserve(struct tare_blocks *blocks)
{
	uint32_t room = blocks->room ? blocks->room * 2 : FIRST_ROOM;
	struct tare_block *list;

	if (blocks->count < blocks->room)
		return TARE_OK;
	list = realloc(blocks->list, room * sizeof *list);
	if (!list)
		return TARE_E_MEMORY;
	blocks->list = list;
	blocks->room = room;
	return TARE_OK;
}

void tare__blocks_add(struct tare_blocks *blocks, uint64_t address, uint64_t size)
{
	tare_must(blocks->count < blocks->room);
	blocks->list[blocks->count++] = (struct tare_block){ .address = address, .size = size };
	blocks->bytes += size;
}

uint32_t tare__blocks_find(const struct tare_blocks *blocks, uint64_t address)
{
	for (uint32_t i = blocks->count; i > 0; i--)
		if (blocks->list[i - 1].address == address && !blocks->list[i - 1].refused)
			return i - 1;
	return TARE_NO_BLOCK;
}

void tare__blocks_remove(struct tare_blocks *blocks, uint32_t index)
{
	struct tare_block *block = &blocks->list[index];

	tare_must(index < blocks->count);
	blocks->bytes -= block->size;
	blocks->count--;
	memmove(block, block + 1, (blocks->count - index) * sizeof *block);
}

void tare__blocks_clear(struct tare_blocks *blocks)
{
	free(blocks->list);
	*blocks = (struct tare_blocks){ 0 };
}
