/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle - names for objects, that are never used twice
 *
 * The real driver hands out pointers and touches freed memory when one comes
 * back late.  Ours are numbers: a stale one is recognised, refused and counted.
 *
 *   63..60 kind | 59..24 serial of the slot | 23..0 slot
 */
#ifndef TARE_MACHINE_HANDLE_H
#define TARE_MACHINE_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

enum tare__handle_kind { TARE__HANDLE_STREAM = 1, TARE__HANDLE_PROGRAM, TARE__HANDLE_BINARY, TARE__HANDLE_FUNCTION };

struct tare__handle_slot;

struct tare__handles {
	struct tare__handle_slot *slots;
	uint32_t count, used; /* slots; of those, ever in use */
	uint32_t spare;       /* 1 + a slot in no use; 0: none */
};

/* 0, or TARE_E_MEMORY. */
int tare__handle_give(struct tare__handles *handles, enum tare__handle_kind kind, void *object, uint64_t *handle);
void tare__handle_end(struct tare__handles *handles, uint64_t handle);
void *tare__handle_find(const struct tare__handles *handles, enum tare__handle_kind kind, uint64_t handle);
bool tare__handle_was(const struct tare__handles *handles, enum tare__handle_kind kind, uint64_t handle);

/* The first object of that kind in slots from *cursor on; moves *cursor behind it. NULL: no more. */
void *tare__handle_each(const struct tare__handles *handles, enum tare__handle_kind kind, uint32_t *cursor);

#endif
