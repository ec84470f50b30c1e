/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing with backward-shift deletion: no tombstones, so that a book
 * in which a million things were taken and given back is as fast as a new one.
 */
#include "book.h"

#include <stdlib.h>

#include <tare/object.h>
#include <tare/status.h>

static uint32_t home_of(const struct tare__book *book, uint32_t account, uint64_t key)
{
	uint64_t mixed = (key ^ (uint64_t)account << 56) * 0x9e3779b97f4a7c15u;

	return (uint32_t)(mixed >> 32) & (2 * book->room - 1);
}

static uint32_t home_of_entry(const struct tare__book *book, uint32_t index)
{
	const struct tare_holding *holding = &book->entries[index].holding;

	return home_of(book, holding->account, holding->key);
}

/* The slot where this account and key stand, or the empty one where they would. */
static uint32_t slot_of(const struct tare__book *book, uint32_t account, uint64_t key)
{
	uint32_t mask = 2 * book->room - 1;
	uint32_t slot = home_of(book, account, key);

	for (; book->heads[slot] != TARE_NOBODY; slot = (slot + 1) & mask) {
		const struct tare_holding *holding = &book->entries[book->heads[slot]].holding;

		if (holding->key == key && holding->account == account)
			break;
	}
	return slot;
}

static void empty_slot(struct tare__book *book, uint32_t hole)
{
	uint32_t mask = 2 * book->room - 1;

	for (uint32_t at = (hole + 1) & mask; book->heads[at] != TARE_NOBODY; at = (at + 1) & mask) {
		uint32_t home = home_of_entry(book, book->heads[at]);

		/* Whoever lives between the hole and here would no longer be found from home. */
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		book->heads[hole] = book->heads[at];
		hole = at;
	}
	book->heads[hole] = TARE_NOBODY;
}

static void string_free(struct tare__book *book, uint32_t from)
{
	for (uint32_t i = book->room; i-- > from;) {
		book->entries[i].newer = book->free;
		book->free = i;
	}
}

static uint32_t *new_heads(uint32_t room)
{
	uint32_t *heads = malloc(2 * (size_t)room * sizeof *heads);

	for (size_t i = 0; heads && i < 2 * (size_t)room; i++)
		heads[i] = TARE_NOBODY;
	return heads;
}

int tare__book_open(struct tare__book *book, uint32_t room)
{
	tare_must(room > 0 && (room & (room - 1)) == 0);
	*book = (struct tare__book){
		.room = room, .free = TARE_NOBODY, .oldest = TARE_NOBODY, .newest = TARE_NOBODY };
	book->entries = calloc(room, sizeof *book->entries);
	book->heads = new_heads(room);
	if (!book->entries || !book->heads) {
		tare__book_close(book);
		return TARE_E_MEMORY;
	}
	string_free(book, 0);
	return TARE_OK;
}

void tare__book_close(struct tare__book *book)
{
	free(book->entries);
	free(book->heads);
	*book = (struct tare__book){ 0 };
}

static int grow(struct tare__book *book)
{
	uint32_t room = 2 * book->room;
	uint32_t *old_heads = book->heads;
	uint32_t *heads = room <= TARE_NOBODY / 4 ? new_heads(room) : NULL;
	struct tare__entry *entries = heads ? realloc(book->entries, room * sizeof *entries) : NULL;

	if (!entries) {
		free(heads);
		return TARE_E_MEMORY;
	}
	book->entries = entries;
	book->heads = heads;
	book->room = room;
	for (uint32_t i = 0; i < room; i++) {
		uint32_t head = old_heads[i];

		if (head != TARE_NOBODY)
			heads[slot_of(book, entries[head].holding.account, entries[head].holding.key)] = head;
	}
	free(old_heads);
	string_free(book, room / 2);
	return TARE_OK;
}

uint32_t tare__book_find(const struct tare__book *book, uint32_t account, uint64_t key)
{
	return book->heads[slot_of(book, account, key)];
}

static void queue_up(struct tare__book *book, uint32_t index)
{
	struct tare__entry *entry = &book->entries[index];
	uint32_t slot = slot_of(book, entry->holding.account, entry->holding.key);
	uint32_t head = book->heads[slot];

	entry->behind = TARE_NOBODY;
	entry->last = index;
	if (head == TARE_NOBODY) {
		book->heads[slot] = index;
		return;
	}
	book->entries[book->entries[head].last].behind = index;
	book->entries[head].last = index;
}

uint32_t tare__book_add(struct tare__book *book, const struct tare_holding *holding, uint32_t parent)
{
	if (book->free == TARE_NOBODY && grow(book) != TARE_OK)
		return TARE_NOBODY;

	uint32_t index = book->free;
	struct tare__entry *entry = &book->entries[index];

	book->free = entry->newer;
	*entry = (struct tare__entry){ .holding = *holding, .birth = ++book->births, .older = book->newest,
		.newer = TARE_NOBODY, .parent = parent };
	if (book->newest != TARE_NOBODY)
		book->entries[book->newest].newer = index;
	else
		book->oldest = index;
	book->newest = index;
	if (parent != TARE_NOBODY)
		book->entries[parent].children++;
	queue_up(book, index);
	book->count++;
	return index;
}

static void leave_queue(struct tare__book *book, uint32_t index)
{
	struct tare__entry *entry = &book->entries[index];
	uint32_t slot = slot_of(book, entry->holding.account, entry->holding.key);
	uint32_t head = book->heads[slot];

	if (head == index) {
		if (entry->behind == TARE_NOBODY) {
			empty_slot(book, slot);
			return;
		}
		book->heads[slot] = entry->behind;
		book->entries[entry->behind].last = entry->last;
		return;
	}
	while (book->entries[head].behind != index)
		head = book->entries[head].behind;
	book->entries[head].behind = entry->behind;
	if (entry->behind == TARE_NOBODY)
		book->entries[book->heads[slot]].last = head;
}

void tare__book_drop(struct tare__book *book, uint32_t index)
{
	struct tare__entry *entry = &book->entries[index];

	tare_must(entry->children == 0);
	leave_queue(book, index);
	if (entry->parent != TARE_NOBODY)
		book->entries[entry->parent].children--;
	if (entry->older != TARE_NOBODY)
		book->entries[entry->older].newer = entry->newer;
	else
		book->oldest = entry->newer;
	if (entry->newer != TARE_NOBODY)
		book->entries[entry->newer].older = entry->older;
	else
		book->newest = entry->older;
	entry->newer = book->free;
	book->free = index;
	book->count--;
}
