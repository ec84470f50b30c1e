/* SPDX-License-Identifier: Apache-2.0 */
/*
 * annotate - telling memcheck and AddressSanitizer what device memory is
 *
 * MALLOCLIKE, because pools on mapped memory are not searched for leaks
 * (facts/fabric.md 7.1).  Under ASan only the slack of a block and small freed
 * blocks are poisoned: shadow for gigabytes would cost gigabytes.
 */
#ifndef TARE_MACHINE_ANNOTATE_H
#define TARE_MACHINE_ANNOTATE_H

#include <stdbool.h>
#include <stdint.h>

#include <valgrind/memcheck.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TARE__ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define TARE__ASAN 1
#endif

#ifdef TARE__ASAN
#include <sanitizer/asan_interface.h>
#define TARE__POISON(address, size) __asan_poison_memory_region((address), (size))
#define TARE__UNPOISON(address, size) __asan_unpoison_memory_region((address), (size))
#else
#define TARE__POISON(address, size) ((void)(address), (void)(size))
#define TARE__UNPOISON(address, size) ((void)(address), (void)(size))
#endif

#define TARE__POISON_MOST (256u << 10) /* bytes of a freed block that is poisoned */
#define TARE__POISON_END  (256u << 20) /* offset in a device above which nothing is */

static inline bool tare__under_valgrind(void)
{
	return RUNNING_ON_VALGRIND != 0;
}

static inline void tare__annotate_mapped(void *base, uint64_t size)
{
	(void)VALGRIND_MAKE_MEM_NOACCESS(base, size);
}

/* The machine's own blocks are written by it and are nobody's leak. */
static inline void tare__annotate_own(void *block, uint64_t size)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(block, size);
}

static inline void tare__annotate_take(void *block, uint64_t size)
{
	VALGRIND_MALLOCLIKE_BLOCK(block, size, 0, 0);
}

static inline void tare__annotate_give(void *block)
{
	VALGRIND_FREELIKE_BLOCK(block, 0);
}

static inline void tare__annotate_give_own(void *block, uint64_t size)
{
	(void)VALGRIND_MAKE_MEM_NOACCESS(block, size);
}

/* Two file-backed views: neither valgrind nor the instruction cache sees that the other one was written. */
static inline void tare__annotate_code(uint64_t view, uint64_t size)
{
	char *from = (char *)(uintptr_t)view;

	VALGRIND_DISCARD_TRANSLATIONS(from, size);
	__builtin___clear_cache(from, from + size);
}

#endif
