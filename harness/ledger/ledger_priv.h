/* SPDX-License-Identifier: Apache-2.0 */
/* What ledger.c (who takes and gives) and reading.c (what it came to) share. */
#ifndef TARE_LEDGER_PRIV_H
#define TARE_LEDGER_PRIV_H

#include <pthread.h>

#include "book.h"

/* How often one image was registered in one generation. */
struct tare__image {
	uint64_t content;
	uint32_t generation;
	uint32_t registrations;
};

struct tare_ledger {
	uint32_t magic;
	uint32_t generation;
	uint32_t launch;
	enum tare_phase phase;
	bool resets_end;               /* any reset takes the device down, whoever else is bound */
	struct tare_tap tap;
	pthread_mutex_t lock;
	struct tare_ledger_page *page; /* borrowed */
	struct tare_ledger_sources sources;
	int64_t value[TARE_ACCOUNTS];  /* table accounts as they are, the others as last read */
	struct tare__book book;
	struct tare__image *images;
	uint32_t image_count;
	uint32_t image_room;
	uint64_t births_before;        /* of the book, at the first launch's reading */
	uint64_t explained;            /* set of accounts whose growth has its culprit for good */
	pthread_t thread;              /* who called last, and its kernel id */
	uint32_t thread_id;            /* 0: nobody yet */
};

/* Whether the first launch was read. */
static inline bool tare__ledger_launched(const struct tare_ledger *ledger)
{
	return ledger->page->taken_at >> TARE_AT_FIRST_LAUNCH & 1;
}

/* A value that may be a new peak. */
void tare__ledger_peak(struct tare_ledger *ledger, unsigned account, int64_t value);

#endif
