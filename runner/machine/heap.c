/* SPDX-License-Identifier: Apache-2.0 */
/* heap - two-level segregated fit; nodes and lists are indices, so that the pool may move when it grows */
#include "heap.h"

#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

#define NIL UINT32_MAX

enum { FIRST_NODES = 256, COLUMN_BITS = 4 };

struct tare__heap_node {
	uint64_t asked;
	uint32_t offset, size;     /* granules */
	uint32_t lower, higher;    /* neighbours in memory */
	uint32_t previous, next;   /* free: its list; taken: next is its bucket's chain; spare: next */
	enum tare__block_kind kind;
};

static unsigned log2_of(uint32_t value)
{
	return 31u - (unsigned)__builtin_clz(value);
}

static void place_of(uint32_t size, uint32_t *row, uint32_t *column)
{
	unsigned bits;

	if (size < TARE__HEAP_COLUMNS) {
		*row = 0;
		*column = size;
		return;
	}
	bits = log2_of(size);
	*row = bits - (COLUMN_BITS - 1);
	*column = (size >> (bits - COLUMN_BITS)) & (TARE__HEAP_COLUMNS - 1);
}

static uint32_t *bucket_of(const struct tare__heap *heap, uint32_t offset)
{
	/* node_count is a power of two */
	return &heap->buckets[(uint32_t)(offset * 2654435769u >> 7) & (heap->node_count - 1)];
}

static void list_free(struct tare__heap *heap, uint32_t index)
{
	struct tare__heap_node *node = &heap->nodes[index];
	uint32_t row, column;
	uint32_t *first;

	place_of(node->size, &row, &column);
	first = &heap->free[row][column];
	node->kind = TARE__BLOCK_FREE;
	node->previous = NIL;
	node->next = *first;
	if (*first != NIL)
		heap->nodes[*first].previous = index;
	*first = index;
	heap->columns[row] |= 1u << column;
	heap->rows |= 1u << row;
}

static void unlist_free(struct tare__heap *heap, uint32_t index)
{
	struct tare__heap_node *node = &heap->nodes[index];
	uint32_t row, column;

	place_of(node->size, &row, &column);
	if (node->next != NIL)
		heap->nodes[node->next].previous = node->previous;
	if (node->previous != NIL)
		heap->nodes[node->previous].next = node->next;
	else
		heap->free[row][column] = node->next;
	if (heap->free[row][column] == NIL)
		heap->columns[row] &= ~(1u << column);
	if (!heap->columns[row])
		heap->rows &= ~(1u << row);
}

static void chain_taken(struct tare__heap *heap, uint32_t index)
{
	uint32_t *bucket = bucket_of(heap, heap->nodes[index].offset);

	heap->nodes[index].next = *bucket;
	*bucket = index;
}

static void unchain_taken(struct tare__heap *heap, uint32_t index)
{
	uint32_t *link = bucket_of(heap, heap->nodes[index].offset);

	while (*link != index)
		link = &heap->nodes[*link].next;
	*link = heap->nodes[index].next;
}

static uint32_t find_taken(const struct tare__heap *heap, uint64_t offset)
{
	uint32_t index, granule = (uint32_t)(offset / TARE__GRANULE);

	if (offset % TARE__GRANULE || offset / TARE__GRANULE >= heap->capacity)
		return NIL;
	index = *bucket_of(heap, granule);
	while (index != NIL && heap->nodes[index].offset != granule)
		index = heap->nodes[index].next;
	return index;
}

/* Doubles the pool and puts the taken nodes into new buckets. */
static int grow(struct tare__heap *heap)
{
	uint32_t old = heap->node_count, count = old ? old * 2 : FIRST_NODES;
	struct tare__heap_node *nodes;
	uint32_t *buckets;

	nodes = realloc(heap->nodes, count * sizeof *nodes);
	if (!nodes)
		return TARE_E_MEMORY;
	heap->nodes = nodes;
	buckets = realloc(heap->buckets, count * sizeof *buckets);
	if (!buckets)
		return TARE_E_MEMORY;
	heap->buckets = buckets;
	memset(buckets, 0xff, count * sizeof *buckets);
	heap->node_count = count;
	for (uint32_t i = count; i-- > old;) {
		nodes[i].next = heap->spare;
		heap->spare = i;
	}
	for (uint32_t i = old ? heap->lowest : NIL; i != NIL; i = nodes[i].higher)
		if (nodes[i].kind != TARE__BLOCK_FREE)
			chain_taken(heap, i);
	return 0;
}

static uint32_t use_spare(struct tare__heap *heap)
{
	uint32_t index = heap->spare;

	heap->spare = heap->nodes[index].next;
	return index;
}

int tare__heap_open(struct tare__heap *heap, uint64_t capacity, uint64_t largest_block)
{
	uint64_t granules = capacity / TARE__GRANULE;
	int status;

	if (!granules || capacity > TARE__HEAP_MOST)
		return TARE_E_ARGUMENT;
	memset(heap, 0, sizeof *heap);
	memset(heap->free, 0xff, sizeof heap->free);
	heap->spare = NIL;
	heap->capacity = heap->unused = (uint32_t)granules;
	heap->largest_block = heap->capacity;
	if (largest_block && largest_block / TARE__GRANULE < heap->capacity)
		heap->largest_block = (uint32_t)(largest_block / TARE__GRANULE);
	status = grow(heap);
	if (status)
		goto fail;
	heap->lowest = use_spare(heap);
	heap->nodes[heap->lowest] = (struct tare__heap_node){ .size = heap->capacity, .lower = NIL, .higher = NIL };
	list_free(heap, heap->lowest);
	heap->magic = TARE_MAGIC_HEAP;
	return 0;
fail:
	tare__heap_close(heap);
	return status;
}

void tare__heap_close(struct tare__heap *heap)
{
	heap->magic = TARE_MAGIC_NONE;
	free(heap->nodes);
	free(heap->buckets);
	memset(heap, 0, sizeof *heap);
}

/* A free node of at least `size` granules, or NIL. */
static uint32_t find_free(const struct tare__heap *heap, uint32_t size)
{
	uint64_t up = size;
	uint32_t row, column, set, index;

	if (size >= TARE__HEAP_COLUMNS)
		up += (1u << (log2_of(size) - COLUMN_BITS)) - 1;
	if (up <= heap->capacity) {
		place_of((uint32_t)up, &row, &column);
		set = heap->columns[row] & (UINT32_MAX << column);
		if (!set && (heap->rows >> row) > 1) {
			row += 1u + (unsigned)__builtin_ctz(heap->rows >> (row + 1));
			set = heap->columns[row];
		}
		if (set)
			return heap->free[row][(unsigned)__builtin_ctz(set)];
	}
	/* only its own list is left, where some are large enough: the last bytes of a device count */
	place_of(size, &row, &column);
	index = heap->free[row][column];
	while (index != NIL && heap->nodes[index].size < size)
		index = heap->nodes[index].next;
	return index;
}

static void cut(struct tare__heap *heap, uint32_t index, uint32_t size)
{
	struct tare__heap_node *node = &heap->nodes[index];
	uint32_t rest;

	if (node->size == size)
		return;
	rest = use_spare(heap);
	heap->nodes[rest] = (struct tare__heap_node){
		.offset = node->offset + size,
		.size = node->size - size,
		.lower = index,
		.higher = node->higher,
	};
	if (node->higher != NIL)
		heap->nodes[node->higher].lower = rest;
	node->higher = rest;
	node->size = size;
	list_free(heap, rest);
}

static void take_node(struct tare__heap *heap, uint32_t index, uint32_t size, uint64_t asked,
	enum tare__block_kind kind)
{
	struct tare__heap_node *node = &heap->nodes[index];

	unlist_free(heap, index);
	cut(heap, index, size);
	node->kind = kind;
	node->asked = asked;
	chain_taken(heap, index);
	heap->unused -= size;
	heap->blocks[kind]++;
	heap->asked[kind] += asked;
	heap->taken[kind] += (uint64_t)size * TARE__GRANULE;
}

int tare__heap_take(struct tare__heap *heap, uint64_t size, enum tare__block_kind kind, uint64_t *offset)
{
	uint64_t granules = size / TARE__GRANULE + (size % TARE__GRANULE != 0);
	uint32_t index;
	int status;

	tare_must(heap->magic == TARE_MAGIC_HEAP);
	if (!granules)
		granules = 1;
	if (granules > heap->largest_block || granules > heap->unused)
		return TARE_E_DEVICE_MEMORY;
	if (heap->spare == NIL) {
		status = grow(heap);
		if (status)
			return status;
	}
	index = find_free(heap, (uint32_t)granules);
	if (index == NIL)
		return TARE_E_DEVICE_MEMORY;
	take_node(heap, index, (uint32_t)granules, size, kind);
	*offset = (uint64_t)heap->nodes[index].offset * TARE__GRANULE;
	return 0;
}

/* Joins the node above into this one. */
static void join(struct tare__heap *heap, uint32_t index)
{
	struct tare__heap_node *node = &heap->nodes[index];
	uint32_t gone = node->higher;

	node->size += heap->nodes[gone].size;
	node->higher = heap->nodes[gone].higher;
	if (node->higher != NIL)
		heap->nodes[node->higher].lower = index;
	heap->nodes[gone].next = heap->spare;
	heap->spare = gone;
}

static void give_node(struct tare__heap *heap, uint32_t index)
{
	struct tare__heap_node *node = &heap->nodes[index];
	uint32_t lower = node->lower, higher = node->higher;

	unchain_taken(heap, index);
	heap->unused += node->size;
	heap->blocks[node->kind]--;
	heap->asked[node->kind] -= node->asked;
	heap->taken[node->kind] -= (uint64_t)node->size * TARE__GRANULE;
	if (higher != NIL && heap->nodes[higher].kind == TARE__BLOCK_FREE) {
		unlist_free(heap, higher);
		join(heap, index);
	}
	if (lower != NIL && heap->nodes[lower].kind == TARE__BLOCK_FREE) {
		unlist_free(heap, lower);
		join(heap, lower);
		index = lower;
	}
	list_free(heap, index);
}

int tare__heap_give(struct tare__heap *heap, uint64_t offset)
{
	uint32_t index = find_taken(heap, offset);

	if (index == NIL)
		return TARE_E_NOT_FOUND;
	give_node(heap, index);
	return 0;
}

static void describe(const struct tare__heap_node *node, struct tare__block *block)
{
	block->offset = (uint64_t)node->offset * TARE__GRANULE;
	block->asked = node->asked;
	block->size = (uint64_t)node->size * TARE__GRANULE;
	block->kind = node->kind;
}

int tare__heap_find(const struct tare__heap *heap, uint64_t offset, struct tare__block *block)
{
	uint32_t index = find_taken(heap, offset);

	if (index == NIL)
		return TARE_E_NOT_FOUND;
	describe(&heap->nodes[index], block);
	return 0;
}

bool tare__heap_next(const struct tare__heap *heap, enum tare__block_kind kind, uint64_t offset,
	struct tare__block *block)
{
	for (uint32_t i = heap->lowest; i != NIL; i = heap->nodes[i].higher) {
		if (heap->nodes[i].kind != kind || (uint64_t)heap->nodes[i].offset * TARE__GRANULE < offset)
			continue;
		describe(&heap->nodes[i], block);
		return true;
	}
	return false;
}

uint64_t tare__heap_largest(const struct tare__heap *heap)
{
	uint32_t row, column, largest = 0;

	if (!heap->rows)
		return 0;
	row = log2_of(heap->rows);
	column = log2_of(heap->columns[row]);
	for (uint32_t i = heap->free[row][column]; i != NIL; i = heap->nodes[i].next)
		if (heap->nodes[i].size > largest)
			largest = heap->nodes[i].size;
	if (largest > heap->largest_block)
		largest = heap->largest_block;
	return (uint64_t)largest * TARE__GRANULE;
}

static uint32_t smallest_free(const struct tare__heap *heap)
{
	uint32_t row = (uint32_t)__builtin_ctz(heap->rows);
	uint32_t smallest = heap->free[row][(unsigned)__builtin_ctz(heap->columns[row])];

	for (uint32_t i = heap->nodes[smallest].next; i != NIL; i = heap->nodes[i].next)
		if (heap->nodes[i].size < heap->nodes[smallest].size)
			smallest = i;
	return smallest;
}

int tare__heap_reserve(struct tare__heap *heap, uint64_t size)
{
	uint64_t rest = size / TARE__GRANULE + (size % TARE__GRANULE != 0);
	uint32_t index, part;
	int status;

	if (rest > heap->unused)
		return TARE_E_DEVICE_MEMORY;
	while (rest) {
		if (heap->spare == NIL) {
			status = grow(heap);
			if (status)
				return status;
		}
		index = smallest_free(heap);
		part = heap->nodes[index].size < rest ? heap->nodes[index].size : (uint32_t)rest;
		take_node(heap, index, part, (uint64_t)part * TARE__GRANULE, TARE__BLOCK_RESERVE);
		rest -= part;
	}
	return 0;
}

void tare__heap_unreserve(struct tare__heap *heap)
{
	struct tare__block block;
	uint64_t from = 0;

	while (tare__heap_next(heap, TARE__BLOCK_RESERVE, from, &block)) {
		tare__heap_give(heap, block.offset);
		from = block.offset + block.size;
	}
}
