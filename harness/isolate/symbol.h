/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbol - addresses of a child as names, only when something failed
 *
 * A forked child has its parent's objects at its parent's places, so the
 * parent's own address space answers for it; for a crash the child's was noted.
 * Reading debug information costs some 80 ms, which no passing case pays.
 */
#ifndef TARE_SYMBOL_H
#define TARE_SYMBOL_H

#include <stddef.h>
#include <stdint.h>

#include "board.h"

struct tare_symbols;

/* maps: as /proc/self/maps prints them, or NULL for this process as it is. NULL where it can't be read. */
struct tare_symbols *tare_symbols_open(const char *maps, size_t size);
void tare_symbols_close(struct tare_symbols **symbols);

/*
 * "register_image (onboard.c:210)", "strlen (libc.so.6)", or "0x7f12 ()" for
 * what nobody knows.  A return address is looked up at the call before it.
 * symbols may be NULL.  Returns text.
 */
const char *tare_symbol_name(struct tare_symbols *symbols, uint64_t address, int is_return, char *text, size_t size);

/*
 * The callers of a crash, innermost first, by the unwind tables: they also know
 * functions without a frame, and libc.  The chain of frame pointers where it is
 * longer.  Returns how many.
 */
size_t tare_symbols_unwind(struct tare_symbols *symbols, const struct tare_board_crash *crash, uint64_t *frames, size_t room);

#endif
