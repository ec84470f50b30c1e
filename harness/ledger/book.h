/* SPDX-License-Identifier: Apache-2.0 */
/*
 * book - who holds what, found by key and walked by age
 *
 * Entries lie in one pool and are named by their index, so that the pool may
 * move when it grows.  Each stands in a list in the order of birth (what came
 * last is a suffix) and is found through a table of heads, one per (account,
 * key); more of the same key queue behind the head, the oldest first.
 */
#ifndef TARE_LEDGER_BOOK_H
#define TARE_LEDGER_BOOK_H

#include <tare/ledger.h>

#define TARE_NOBODY UINT32_MAX

struct tare__entry {
	struct tare_holding holding;
	uint64_t birth;       /* 1 is the first ever */
	uint32_t older;       /* by birth */
	uint32_t newer;       /* by birth; in the free list: the next free */
	uint32_t behind;      /* the next of the same account and key */
	uint32_t last;        /* of that queue; kept in its head only */
	uint32_t parent;
	uint32_t children;    /* entries that go when this one goes */
};

struct tare__book {
	struct tare__entry *entries;
	uint32_t room;        /* power of two */
	uint32_t free;
	uint32_t oldest;
	uint32_t newest;
	uint32_t *heads;      /* twice the room; TARE_NOBODY: empty */
	uint64_t births;
	uint32_t count;
};

int tare__book_open(struct tare__book *book, uint32_t room);
void tare__book_close(struct tare__book *book);

/* The oldest with this account and key, or TARE_NOBODY. */
uint32_t tare__book_find(const struct tare__book *book, uint32_t account, uint64_t key);

/* Copies it in as the newest and returns its index; TARE_NOBODY when memory is out. */
uint32_t tare__book_add(struct tare__book *book, const struct tare_holding *holding, uint32_t parent);

/* Its children must have gone before. */
void tare__book_drop(struct tare__book *book, uint32_t index);

#endif
