/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program - what the device programs share
 *
 * They are linked into objects that import nothing and keep nothing: two
 * contexts may run in one device process, so all state lies in the image and
 * in the workspace behind it.
 */
#ifndef TARE_PROGRAM_H
#define TARE_PROGRAM_H

#include <tare/arch.h>
#include <tare/device_program.h>

#include "layout.h"

/* The build names the architecture that an object is for: tare__arch_a5. */
#define tare__program_arch TARE_PROGRAM_ARCH

/* In this very object: no detour through a table of addresses. */
extern const struct tare_arch tare__program_arch __attribute__((visibility("hidden")));

#define TARE__EXPORT __attribute__((visibility("default")))

/* Values of tare_handshake.aicpu_regs_ready. */
#define TARE__REGS_READY 1u
#define TARE__REGS_REFUSED 2u /* the physical id is out of range: leave without touching a register */

#define tare__get(word)        __atomic_load_n((word), __ATOMIC_ACQUIRE)
#define tare__put(word, value) __atomic_store_n((word), (value), __ATOMIC_RELEASE)

static inline uint64_t tare__args_word(const void *args, uint32_t offset)
{
	return *(const uint64_t *)(const void *)((const char *)args + offset);
}

/* What the launch is for: its first word is the revision, which says whose it is. */
static inline void *tare__args_runtime(const void *args)
{
	return (void *)(uintptr_t)tare__args_word(args, tare__program_arch.kernel_args.runtime_args);
}

static inline struct tare_hbg_image *tare__args_image(const void *args)
{
	return tare__args_runtime(args);
}

/* Where the registers of a physical core begin. */
static inline uint64_t tare__args_registers(const void *args, uint32_t physical)
{
	const uint64_t *table = (const uint64_t *)(uintptr_t)tare__args_word(args, tare__program_arch.kernel_args.regs);

	return table[physical];
}

#endif
