/* SPDX-License-Identifier: Apache-2.0 */
/*
 * atomic - the few atomic steps the fabric is made of
 *
 * They stand in one place so that a checker that does not understand C11
 * atomics can be taught here, and they are operations on a word, never fences:
 * ThreadSanitizer cannot model a fence.
 */
#ifndef TARE_FABRIC_ATOMIC_H
#define TARE_FABRIC_ATOMIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define tare__load(word)         atomic_load_explicit((word), memory_order_acquire)
#define tare__store(word, value) atomic_store_explicit((word), (value), memory_order_release)
#define tare__peek(word)         atomic_load_explicit((word), memory_order_relaxed)
#define tare__poke(word, value)  atomic_store_explicit((word), (value), memory_order_relaxed)
#define tare__add(word, value)   atomic_fetch_add_explicit((word), (value), memory_order_acq_rel)
#define tare__or(word, bits)     atomic_fetch_or_explicit((word), (bits), memory_order_acq_rel)
#define tare__and(word, bits)    atomic_fetch_and_explicit((word), (bits), memory_order_acq_rel)

/* `solo`: one worker runs every entity, so nothing can come between; a bus lock would be half of a task's price. */
static inline uint32_t tare__set(_Atomic uint32_t *word, uint32_t bits, bool solo)
{
	uint32_t old;

	if (!solo)
		return tare__or(word, bits);
	old = tare__peek(word);
	tare__poke(word, old | bits);
	return old;
}

static inline uint32_t tare__clear(_Atomic uint32_t *word, uint32_t bits, bool solo)
{
	uint32_t old;

	if (!solo)
		return tare__and(word, ~bits);
	old = tare__peek(word);
	tare__poke(word, old & ~bits);
	return old;
}

static inline void tare__set64(_Atomic uint64_t *word, uint64_t bits, bool solo)
{
	if (solo)
		tare__poke(word, tare__peek(word) | bits);
	else
		tare__or(word, bits);
}

static inline void tare__clear64(_Atomic uint64_t *word, uint64_t bits, bool solo)
{
	if (solo)
		tare__poke(word, tare__peek(word) & ~bits);
	else
		tare__and(word, ~bits);
}

/* Whether *word was `from` and is now `to`. */
static inline bool tare__turn(_Atomic uint32_t *word, uint32_t from, uint32_t to)
{
	return atomic_compare_exchange_strong_explicit(word, &from, to, memory_order_acq_rel, memory_order_acquire);
}

#endif
