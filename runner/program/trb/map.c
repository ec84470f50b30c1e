/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map - who wrote which view
 *
 * An entry stands as long as its producer's slot, complete or not: who writes
 * an element by hand waits for those who read what the producer wrote, and they
 * are known by the entry.  It goes by the task's own list, never by what its
 * slot holds later (incidents D14, D15).
 *
 * Thousands of views may be cut from one buffer.  So an entry is found by its
 * buffer, or by where it begins: sizes are classed by powers of two, and a view
 * of class k that meets [begin, end) begins in one of few places that are
 * 1 << k bytes wide.  A lookup that would have to ask at many places asks by buffer.
 *
 * Buckets are known to be in use by a bit each: a launch clears a thousand
 * bytes and not the table.
 */
#include "core.h"

#define LEAST_SIZE 6u  /* class: 64 bytes */
#define PROBES     16u /* asked by place at most */

typedef void (*visit_fn)(struct tare__trb *trb, uint32_t at, void *cookie);

static uint32_t bucket_of(uint64_t buffer)
{
	return (uint32_t)(buffer * 0x9E3779B97F4A7C15u >> 52);
}

static uint32_t bucket_at(uint64_t buffer, uint64_t place, uint32_t size)
{
	return bucket_of(buffer + place * 0xD6E8FEB86659FD93u + size);
}

static uint32_t head_of(const struct tare__trb_map *map, enum tare__trb_chain chain, uint32_t bucket)
{
	return map->live[chain][bucket / 64] & 1ull << bucket % 64 ? map->heads[chain][bucket] : TARE__TRB_NONE;
}

void tare__trb_map_open(struct tare__trb_map *map, struct tare__trb_entry *entries, uint32_t capacity)
{
	map->entries = entries;
	map->capacity = capacity;
	map->fresh = 0;
	map->unused = TARE__TRB_NONE;
	map->used = 0;
	map->versioned = 0;
	map->sizes = 0;
	for (uint32_t i = 0; i < 64; i++)
		map->of_size[i] = 0;
	for (uint32_t chain = 0; chain < TARE__TRB_CHAINS; chain++)
		for (uint32_t i = 0; i < TARE__TRB_BUCKETS / 64; i++)
			map->live[chain][i] = 0;
}

static void link_in(struct tare__trb_map *map, enum tare__trb_chain chain, uint32_t at, uint32_t bucket)
{
	uint32_t head = head_of(map, chain, bucket);

	map->entries[at].links[chain] = (struct tare__trb_link){ bucket, head, TARE__TRB_NONE };
	if (head != TARE__TRB_NONE)
		map->entries[head].links[chain].previous = at;
	map->heads[chain][bucket] = at;
	map->live[chain][bucket / 64] |= 1ull << bucket % 64;
}

static void link_out(struct tare__trb_map *map, enum tare__trb_chain chain, uint32_t at)
{
	const struct tare__trb_link *link = &map->entries[at].links[chain];

	if (link->previous == TARE__TRB_NONE)
		map->heads[chain][link->bucket] = link->next;
	else
		map->entries[link->previous].links[chain].next = link->next;
	if (link->next != TARE__TRB_NONE)
		map->entries[link->next].links[chain].previous = link->previous;
}

static void drop(struct tare__trb *trb, uint32_t at)
{
	struct tare__trb_map *map = &trb->map;
	struct tare__trb_entry *entry = &map->entries[at];

	if (entry->previous_own == TARE__TRB_NONE)
		trb->slots[entry->producer].map_first = entry->next_own;
	else
		map->entries[entry->previous_own].next_own = entry->next_own;
	if (entry->next_own != TARE__TRB_NONE)
		map->entries[entry->next_own].previous_own = entry->previous_own;
	link_out(map, TARE__TRB_BY_BUFFER, at);
	link_out(map, TARE__TRB_BY_PLACE, at);
	if (!--map->of_size[entry->size])
		map->sizes &= ~(1ull << entry->size);
	map->versioned -= entry->region.version != 0;
	map->used--;
	entry->next_own = map->unused;
	map->unused = at;
}

/* How many places a region is to be looked for at. */
static uint64_t count_probes(const struct tare__trb_map *map, const struct tare__trb_region *region)
{
	uint64_t probes = 0;

	for (uint64_t left = map->sizes; left; left &= left - 1) {
		uint32_t size = (uint32_t)__builtin_ctzll(left);

		probes += ((region->end - 1) >> size) - (region->begin >> size) + 2;
		if (probes > PROBES)
			return probes;
	}
	return probes;
}

static void visit_place(struct tare__trb *trb, uint64_t buffer, uint64_t place, uint32_t size, visit_fn visit, void *cookie)
{
	const struct tare__trb_map *map = &trb->map;
	uint32_t next;

	for (uint32_t at = head_of(map, TARE__TRB_BY_PLACE, bucket_at(buffer, place, size)); at != TARE__TRB_NONE; at = next) {
		const struct tare__trb_entry *entry = &map->entries[at];

		next = entry->links[TARE__TRB_BY_PLACE].next;
		if (entry->region.buffer == buffer && entry->size == size && entry->region.begin >> size == place)
			visit(trb, at, cookie);
	}
}

static void visit_buffer(struct tare__trb *trb, uint64_t buffer, visit_fn visit, void *cookie)
{
	const struct tare__trb_map *map = &trb->map;
	uint32_t next;

	for (uint32_t at = head_of(map, TARE__TRB_BY_BUFFER, bucket_of(buffer)); at != TARE__TRB_NONE; at = next) {
		next = map->entries[at].links[TARE__TRB_BY_BUFFER].next;
		if (map->entries[at].region.buffer == buffer)
			visit(trb, at, cookie);
	}
}

/* Every entry that may meet the region, and some that do not. */
static void visit_near(struct tare__trb *trb, const struct tare__trb_region *region, visit_fn visit, void *cookie)
{
	const struct tare__trb_map *map = &trb->map;

	if (region->begin == region->end)
		return;
	/* A newer version meets whatever is older, wherever it lies. */
	if (region->version || map->versioned || count_probes(map, region) > PROBES) {
		visit_buffer(trb, region->buffer, visit, cookie);
		return;
	}
	for (uint64_t left = map->sizes; left; left &= left - 1) {
		uint32_t size = (uint32_t)__builtin_ctzll(left);
		uint64_t first = region->begin >> size;

		for (uint64_t place = first ? first - 1 : 0; place <= (region->end - 1) >> size; place++)
			visit_place(trb, region->buffer, place, size, visit, cookie);
	}
}

struct search {
	const struct tare__trb_region *region;
	tare__trb_found_fn found;
	void *cookie;
	bool covers;
};

static void look(struct tare__trb *trb, uint32_t at, void *cookie)
{
	const struct tare__trb_entry *entry = &trb->map.entries[at];
	struct search *search = cookie;
	enum tare__trb_overlap overlap = tare__trb_overlap(search->region, &entry->region);

	if (overlap != TARE__TRB_APART)
		search->found(trb, entry->producer, search->cookie);
	search->covers = search->covers || overlap == TARE__TRB_COVERS;
}

bool tare__trb_map_find(struct tare__trb *trb, const struct tare__trb_region *region, tare__trb_found_fn found,
	void *cookie)
{
	struct search search = { region, found, cookie, false };

	visit_near(trb, region, look, &search);
	return search.covers;
}

static void cover(struct tare__trb *trb, uint32_t at, void *cookie)
{
	if (tare__trb_overlap(cookie, &trb->map.entries[at].region) == TARE__TRB_COVERS)
		drop(trb, at);
}

void tare__trb_map_cover(struct tare__trb *trb, struct tare__trb_region *region)
{
	visit_near(trb, region, cover, region);
}

void tare__trb_map_put(struct tare__trb *trb, const struct tare__trb_region *region, uint32_t producer)
{
	struct tare__trb_map *map = &trb->map;
	uint32_t *own = &trb->slots[producer].map_first;
	uint32_t size = LEAST_SIZE, at = map->unused;
	struct tare__trb_entry *entry;

	if (region->begin == region->end)
		return;
	while (size < 63 && region->end - region->begin > 1ull << size)
		size++;
	if (at != TARE__TRB_NONE)
		map->unused = map->entries[at].next_own;
	else
		at = map->fresh++;
	entry = &map->entries[at];
	entry->region = *region;
	entry->producer = producer;
	entry->size = size;
	entry->next_own = *own;
	entry->previous_own = TARE__TRB_NONE;
	if (*own != TARE__TRB_NONE)
		map->entries[*own].previous_own = at;
	*own = at;
	link_in(map, TARE__TRB_BY_BUFFER, at, bucket_of(region->buffer));
	link_in(map, TARE__TRB_BY_PLACE, at, bucket_at(region->buffer, region->begin >> size, size));
	map->of_size[size]++;
	map->sizes |= 1ull << size;
	map->versioned += region->version != 0;
	map->used++;
}

void tare__trb_map_drop(struct tare__trb *trb, uint32_t producer)
{
	uint32_t at;

	while ((at = trb->slots[producer].map_first) != TARE__TRB_NONE)
		drop(trb, at);
}
