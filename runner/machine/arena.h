/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena - the memory of one device: a heap, and two views of the same pages
 *
 * Kernels of the onboard platform run in place, in device memory, so it needs
 * an executable view beside the writable one; both come from one memory file,
 * whose descriptor is closed at once.  The arena is mapped when the first
 * block is taken or the device opens, and unmapped when neither holds.
 */
#ifndef TARE_MACHINE_ARENA_H
#define TARE_MACHINE_ARENA_H

#include "heap.h"

#include <stdbool.h>
#include <stddef.h>

struct tare__arena {
	struct tare__heap heap;
	uint8_t *base;          /* NULL: not mapped */
	uint8_t *code;          /* the executable view */
	uint64_t mapped;        /* bytes of each view */
	uint64_t poisoned_end;  /* offset above which nothing was ever poisoned */
	uint32_t view;          /* slot in the table of views */
	bool lost;              /* blocks of users in it are lost: it is closed next, and kept */
	struct tare__arena *next; /* of those that are kept */
};

/* 0, or TARE_E_MEMORY with errno set by the call that was refused. */
int tare__arena_open(struct tare__arena *arena, uint64_t capacity, uint64_t largest_block);
void tare__arena_close(struct tare__arena *arena);

int tare__arena_take(struct tare__arena *arena, uint64_t size, enum tare__block_kind kind, void **memory);

/* 0; TARE_E_NOT_FOUND where no block of that kind begins. */
int tare__arena_give(struct tare__arena *arena, enum tare__block_kind kind, void *memory);

/* Gives every block of that kind back and returns how many there were. */
uint64_t tare__arena_give_all(struct tare__arena *arena, enum tare__block_kind kind);

/*
 * The same for blocks of users that nobody will give back, at the end of their
 * context: memcheck keeps them as taken, and tells them as lost with the stack
 * that took them.  The arena must be closed next.
 */
uint64_t tare__arena_lose_all(struct tare__arena *arena);

/* Whether all of it is device memory, of any device. Takes no lock. */
bool tare__device_memory(uint64_t address, uint64_t size);

/* After a write through the writable view. */
void tare__code_changed(uint64_t address, uint64_t size);

/* Bytes a device can have here: memcheck has room for no more than 8 GiB. */
uint64_t tare__arena_capacity(uint64_t wish);

#endif
