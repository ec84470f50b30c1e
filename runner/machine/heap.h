/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap - which bytes of a device are taken, decided without touching them
 *
 * Device memory is large, sparse and partly annotated as inaccessible, so its
 * bookkeeping lies outside of it.  Two-level segregated fit over granules of
 * 512 bytes, the alignment the driver asks for (facts/cann.md 4.3), with
 * coalescing at once; take and give neither allocate nor search in the
 * steady state.
 */
#ifndef TARE_MACHINE_HEAP_H
#define TARE_MACHINE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#define TARE__GRANULE 512u
#define TARE__HEAP_MOST (1ull << 40) /* bytes: granules fit 32 bits */

enum tare__block_kind {
	TARE__BLOCK_FREE,
	TARE__BLOCK_USER,    /* of a context: goes down with it */
	TARE__BLOCK_BARE,    /* taken without a context: sim's */
	TARE__BLOCK_OWN,     /* the machine's: images, streams, strings */
	TARE__BLOCK_RESERVE, /* kept away from everybody, for a given headroom */
	TARE__BLOCK_KINDS,
};

struct tare__block {
	uint64_t offset;
	uint64_t asked; /* bytes */
	uint64_t size;  /* bytes, whole granules */
	enum tare__block_kind kind;
};

enum { TARE__HEAP_ROWS = 30, TARE__HEAP_COLUMNS = 16 };

struct tare__heap_node;

struct tare__heap {
	uint32_t magic;
	uint32_t capacity;       /* granules */
	uint32_t largest_block;  /* granules */
	uint32_t unused;         /* granules */
	struct tare__heap_node *nodes;
	uint32_t *buckets;       /* taken nodes by offset; as many as nodes */
	uint32_t node_count;
	uint32_t spare;          /* list of nodes in no use */
	uint32_t lowest;         /* node at offset 0 */
	uint32_t rows;           /* rows, and of each the columns, that have a free node */
	uint32_t columns[TARE__HEAP_ROWS];
	uint32_t free[TARE__HEAP_ROWS][TARE__HEAP_COLUMNS];
	uint64_t blocks[TARE__BLOCK_KINDS];
	uint64_t asked[TARE__BLOCK_KINDS];
	uint64_t taken[TARE__BLOCK_KINDS]; /* bytes, whole granules */
};

/* largest_block 0: no limit. 0 or TARE_E_MEMORY, TARE_E_ARGUMENT. */
int tare__heap_open(struct tare__heap *heap, uint64_t capacity, uint64_t largest_block);
void tare__heap_close(struct tare__heap *heap);

/* 0, TARE_E_DEVICE_MEMORY, or TARE_E_MEMORY when the host has none for the bookkeeping. */
int tare__heap_take(struct tare__heap *heap, uint64_t size, enum tare__block_kind kind, uint64_t *offset);

/* 0, or TARE_E_NOT_FOUND where no block begins. */
int tare__heap_give(struct tare__heap *heap, uint64_t offset);
int tare__heap_find(const struct tare__heap *heap, uint64_t offset, struct tare__block *block);

/* The lowest block of that kind at or above offset. False: none. */
bool tare__heap_next(const struct tare__heap *heap, enum tare__block_kind kind, uint64_t offset,
	struct tare__block *block);

/* Bytes of the largest request that would succeed now. */
uint64_t tare__heap_largest(const struct tare__heap *heap);

/* Takes `size` bytes in whole granules wherever they lie, the smallest holes first. */
int tare__heap_reserve(struct tare__heap *heap, uint64_t size);
void tare__heap_unreserve(struct tare__heap *heap);

#endif
