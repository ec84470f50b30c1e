/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include "annotate.h"
#include "machine_priv.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define VALGRIND_MOST (8ull << 30)

/* Bytes before the first block: the arena's own pointer must not be one to a block, or that one never leaks. */
#define LEAD 4096u

/*
 * Where device memory lies, for those who ask without the lock: a core asks
 * at each kernel it calls.  A slot is live while its end is not 0.
 */
static struct {
	_Atomic uint64_t begin;
	_Atomic uint64_t end;
	_Atomic uint64_t delta;
} views[TARE__DEVICES];

static _Atomic uint32_t views_used; /* slots ever used are below it */

uint64_t tare__arena_capacity(uint64_t wish)
{
	return tare__under_valgrind() && wish > VALGRIND_MOST ? VALGRIND_MOST : wish;
}

static void publish(struct tare__arena *arena)
{
	uint32_t slot = 0;

	while (atomic_load_explicit(&views[slot].end, memory_order_relaxed))
		slot++;
	tare_must(slot < TARE__DEVICES);
	atomic_store_explicit(&views[slot].begin, (uint64_t)(uintptr_t)arena->base, memory_order_relaxed);
	atomic_store_explicit(&views[slot].delta, (uint64_t)(arena->code - arena->base), memory_order_relaxed);
	atomic_store_explicit(&views[slot].end, (uint64_t)(uintptr_t)arena->base + arena->mapped, memory_order_release);
	if (slot >= atomic_load_explicit(&views_used, memory_order_relaxed))
		atomic_store_explicit(&views_used, slot + 1, memory_order_release);
	arena->view = slot;
}

static uint8_t *map_view(int file, uint64_t size, int protection)
{
	void *view = mmap(NULL, size, protection, MAP_SHARED | MAP_NORESERVE, file, 0);

	if (view == MAP_FAILED)
		return NULL;
	/* gigabytes of holes have no place in a core file */
	madvise(view, size, MADV_DONTDUMP);
	return view;
}

int tare__arena_open(struct tare__arena *arena, uint64_t capacity, uint64_t largest_block)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int file = -1, status = TARE_E_MEMORY, why;

	memset(arena, 0, sizeof *arena);
	arena->mapped = (LEAD + capacity + page - 1) / page * page;
	file = memfd_create("tare-device", MFD_CLOEXEC);
	if (file < 0 || ftruncate(file, (off_t)arena->mapped))
		goto fail;
	arena->base = map_view(file, arena->mapped, PROT_READ | PROT_WRITE);
	if (!arena->base)
		goto fail;
	arena->code = map_view(file, arena->mapped, PROT_READ | PROT_EXEC);
	if (!arena->code)
		goto fail;
	status = tare__heap_open(&arena->heap, capacity, largest_block);
	if (status)
		goto fail;
	close(file);
	tare__annotate_mapped(arena->base, arena->mapped);
	publish(arena);
	return 0;
fail:
	why = errno;
	if (file >= 0)
		close(file);
	if (arena->base)
		munmap(arena->base, arena->mapped);
	if (arena->code)
		munmap(arena->code, arena->mapped);
	memset(arena, 0, sizeof *arena);
	errno = why;
	return status;
}

static void unmap(struct tare__arena *arena)
{
	tare__heap_close(&arena->heap);
	munmap(arena->base, arena->mapped);
	munmap(arena->code, arena->mapped);
}

/* Memcheck still holds the lost blocks: their addresses must not be another block's, not even where we can't note them. */
static void keep(struct tare__arena *arena)
{
	struct tare__arena *kept = malloc(sizeof *kept);

	if (!kept) {
		tare__heap_close(&arena->heap);
		return;
	}
	*kept = *arena;
	kept->next = tare__machine.lost;
	tare__machine.lost = kept;
}

void tare__arena_close(struct tare__arena *arena)
{
	if (!arena->base)
		return;
	if (!arena->lost)
		tare__arena_give_all(arena, TARE__BLOCK_USER);
	tare__arena_give_all(arena, TARE__BLOCK_BARE);
	tare__arena_give_all(arena, TARE__BLOCK_OWN);
	atomic_store_explicit(&views[arena->view].end, 0, memory_order_release);
	TARE__UNPOISON(arena->base + LEAD, arena->poisoned_end);
	if (arena->lost)
		keep(arena);
	else
		unmap(arena);
	memset(arena, 0, sizeof *arena);
}

/* The block's bytes become usable, its slack does not. */
static void admit(struct tare__arena *arena, uint64_t offset, uint64_t size, enum tare__block_kind kind)
{
	uint64_t end = offset + (size + TARE__GRANULE - 1) / TARE__GRANULE * TARE__GRANULE;
	uint8_t *memory = arena->base + LEAD + offset;

	if (offset < arena->poisoned_end)
		TARE__UNPOISON(memory, (end < arena->poisoned_end ? end : arena->poisoned_end) - offset);
	if (end > offset + size && end <= TARE__POISON_END) {
		TARE__POISON(memory + size, end - offset - size);
		if (end > arena->poisoned_end)
			arena->poisoned_end = end;
	}
	if (kind == TARE__BLOCK_OWN)
		tare__annotate_own(memory, size);
	else
		tare__annotate_take(memory, size);
}

static void dismiss(struct tare__arena *arena, const struct tare__block *block)
{
	uint8_t *memory = arena->base + LEAD + block->offset;

	if (block->size <= TARE__POISON_MOST && block->offset + block->size <= TARE__POISON_END) {
		TARE__POISON(memory, block->size);
		if (block->offset + block->size > arena->poisoned_end)
			arena->poisoned_end = block->offset + block->size;
	}
	if (block->kind == TARE__BLOCK_OWN)
		tare__annotate_give_own(memory, block->size);
	else
		tare__annotate_give(memory);
	tare_must(tare__heap_give(&arena->heap, block->offset) == 0);
}

int tare__arena_take(struct tare__arena *arena, uint64_t size, enum tare__block_kind kind, void **memory)
{
	uint64_t offset;
	int status;

	status = tare__heap_take(&arena->heap, size, kind, &offset);
	if (status)
		return status;
	admit(arena, offset, size, kind);
	*memory = arena->base + LEAD + offset;
	return 0;
}

int tare__arena_give(struct tare__arena *arena, enum tare__block_kind kind, void *memory)
{
	uint64_t offset = (uint64_t)((uintptr_t)memory - (uintptr_t)arena->base - LEAD);
	struct tare__block block;

	if (!arena->base || tare__heap_find(&arena->heap, offset, &block) || block.kind != kind)
		return TARE_E_NOT_FOUND;
	dismiss(arena, &block);
	return 0;
}

uint64_t tare__arena_give_all(struct tare__arena *arena, enum tare__block_kind kind)
{
	struct tare__block block;
	uint64_t count = 0;

	if (!arena->base)
		return 0;
	for (uint64_t from = 0; tare__heap_next(&arena->heap, kind, from, &block); count++) {
		from = block.offset + block.size;
		dismiss(arena, &block);
	}
	return count;
}

uint64_t tare__arena_lose_all(struct tare__arena *arena)
{
	uint64_t count = arena->heap.blocks[TARE__BLOCK_USER];

	/* An arena that stays in use gives those addresses out again. */
	if (!tare__under_valgrind() || !count || arena->heap.blocks[TARE__BLOCK_BARE])
		return tare__arena_give_all(arena, TARE__BLOCK_USER);
	arena->lost = true;
	return count;
}

uint64_t tare_machine_forgive(void)
{
	struct tare__arena *lost;
	uint64_t count = 0;

	tare__lock();
	while ((lost = tare__machine.lost)) {
		tare__machine.lost = lost->next;
		count += tare__arena_give_all(lost, TARE__BLOCK_USER);
		unmap(lost);
		free(lost);
	}
	tare__unlock();
	return count;
}

bool tare__device_memory(uint64_t address, uint64_t size)
{
	uint32_t used = atomic_load_explicit(&views_used, memory_order_acquire);

	for (uint32_t i = 0; i < used; i++) {
		uint64_t end = atomic_load_explicit(&views[i].end, memory_order_acquire);
		uint64_t begin = atomic_load_explicit(&views[i].begin, memory_order_relaxed);

		if (end && address >= begin && address < end)
			return size <= end - address;
	}
	return false;
}

uint64_t tare_machine_code_view(uint64_t address)
{
	uint32_t used = atomic_load_explicit(&views_used, memory_order_acquire);

	for (uint32_t i = 0; i < used; i++) {
		uint64_t end = atomic_load_explicit(&views[i].end, memory_order_acquire);

		if (end && address < end && address >= atomic_load_explicit(&views[i].begin, memory_order_relaxed))
			return address + atomic_load_explicit(&views[i].delta, memory_order_relaxed);
	}
	return 0;
}

void tare__code_changed(uint64_t address, uint64_t size)
{
	uint64_t view = tare_machine_code_view(address);

	if (view)
		tare__annotate_code(view, size);
}
