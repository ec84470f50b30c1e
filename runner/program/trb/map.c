/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map - who wrote which view
 *
 * An entry stands as long as its producer's slot: it goes with the task, by the
 * task's own list, never by what the slot holds later (incidents D14, D15).
 * Buckets are known to be in use by a bit each, so that a launch clears 512
 * bytes and not the table.
 */
#include "core.h"

static uint32_t bucket_of(uint64_t buffer)
{
	return (uint32_t)(buffer * 0x9E3779B97F4A7C15u >> 52) % TARE__TRB_BUCKETS;
}

static uint32_t head_of(const struct tare__trb_map *map, uint32_t bucket)
{
	return map->live[bucket / 64] & 1ull << bucket % 64 ? map->heads[bucket] : TARE__TRB_NONE;
}

void tare__trb_map_open(struct tare__trb_map *map, struct tare__trb_entry *entries, uint32_t capacity)
{
	map->entries = entries;
	map->capacity = capacity;
	map->fresh = 0;
	map->unused = TARE__TRB_NONE;
	map->used = 0;
	for (uint32_t i = 0; i < TARE__TRB_BUCKETS / 64; i++)
		map->live[i] = 0;
}

static void unlink_own(struct tare__trb *trb, const struct tare__trb_entry *entry)
{
	struct tare__trb_entry *entries = trb->map.entries;

	if (entry->previous_own == TARE__TRB_NONE)
		trb->slots[entry->producer].map_first = entry->next_own;
	else
		entries[entry->previous_own].next_own = entry->next_own;
	if (entry->next_own != TARE__TRB_NONE)
		entries[entry->next_own].previous_own = entry->previous_own;
}

static void unlink_bucket(struct tare__trb_map *map, const struct tare__trb_entry *entry)
{
	if (entry->previous == TARE__TRB_NONE)
		map->heads[entry->bucket] = entry->next;
	else
		map->entries[entry->previous].next = entry->next;
	if (entry->next != TARE__TRB_NONE)
		map->entries[entry->next].previous = entry->previous;
}

static void give(struct tare__trb_map *map, uint32_t at)
{
	map->entries[at].next = map->unused;
	map->unused = at;
	map->used--;
}

bool tare__trb_map_find(struct tare__trb *trb, const struct tare__trb_region *region, tare__trb_found_fn found,
	void *cookie)
{
	const struct tare__trb_map *map = &trb->map;
	bool covers = false;

	for (uint32_t at = head_of(map, bucket_of(region->buffer)); at != TARE__TRB_NONE; at = map->entries[at].next) {
		const struct tare__trb_entry *entry = &map->entries[at];
		enum tare__trb_overlap overlap = tare__trb_overlap(region, &entry->region);

		if (overlap != TARE__TRB_APART)
			found(trb, entry->producer, cookie);
		covers = covers || overlap == TARE__TRB_COVERS;
	}
	return covers;
}

void tare__trb_map_cover(struct tare__trb *trb, const struct tare__trb_region *region)
{
	struct tare__trb_map *map = &trb->map;
	uint32_t next;

	for (uint32_t at = head_of(map, bucket_of(region->buffer)); at != TARE__TRB_NONE; at = next) {
		const struct tare__trb_entry *entry = &map->entries[at];

		next = entry->next;
		if (tare__trb_overlap(region, &entry->region) != TARE__TRB_COVERS)
			continue;
		unlink_own(trb, entry);
		unlink_bucket(map, entry);
		give(map, at);
	}
}

void tare__trb_map_put(struct tare__trb *trb, const struct tare__trb_region *region, uint32_t producer)
{
	struct tare__trb_map *map = &trb->map;
	uint32_t bucket = bucket_of(region->buffer);
	uint32_t head = head_of(map, bucket);
	uint32_t *own = &trb->slots[producer].map_first;
	uint32_t at = map->unused;
	struct tare__trb_entry *entry;

	if (at != TARE__TRB_NONE)
		map->unused = map->entries[at].next;
	else
		at = map->fresh++;
	map->used++;
	entry = &map->entries[at];
	entry->region = *region;
	entry->producer = producer;
	entry->bucket = bucket;
	entry->next = head;
	entry->previous = TARE__TRB_NONE;
	if (head != TARE__TRB_NONE)
		map->entries[head].previous = at;
	map->heads[bucket] = at;
	map->live[bucket / 64] |= 1ull << bucket % 64;
	entry->next_own = *own;
	entry->previous_own = TARE__TRB_NONE;
	if (*own != TARE__TRB_NONE)
		map->entries[*own].previous_own = at;
	*own = at;
}

void tare__trb_map_drop(struct tare__trb *trb, uint32_t producer)
{
	struct tare__trb_map *map = &trb->map;
	uint32_t next;

	for (uint32_t at = trb->slots[producer].map_first; at != TARE__TRB_NONE; at = next) {
		next = map->entries[at].next_own;
		unlink_bucket(map, &map->entries[at]);
		give(map, at);
	}
	trb->slots[producer].map_first = TARE__TRB_NONE;
}
