/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames - a bounded walk up the stack
 *
 * Our objects keep frame pointers, an orchestration that called us need not:
 * then the register holds anything.  So a step may only go up, not far, and only
 * onto a page that is mapped.  Between two frames of the main thread all pages
 * are; elsewhere the kernel is asked where a step leaves its page.  Asking the
 * thread for its stack would be the obvious way; on the main thread it reads
 * /proc/self/maps and takes from the heap.
 */
#include "frames.h"

#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <tare/driver.h>
#include <tare/text.h>

#define STEP_MAX (256u << 10) /* bytes between two frames; more is no frame of ours */
#define MAIN_STACK (1u << 20) /* of the main thread, below its end: what the smallest usual limit leaves */

/* Where the main thread's stack ends: glibc's loader knows it, and exports it for the asking. */
extern void *__libc_stack_end;

static bool on_main_stack(uintptr_t from, uintptr_t to)
{
	uintptr_t end = (uintptr_t)__libc_stack_end;

	return from < end && end - from <= MAIN_STACK && to + 2 * sizeof(void *) <= end;
}

static bool is_mapped(uintptr_t address)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	unsigned char resident[2];

	address &= ~(page - 1);
	return mincore((void *)address, page, resident) == 0;
}

static bool may_follow(uintptr_t at, uintptr_t next)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	if (next <= at || next - at > STEP_MAX || next % sizeof(void *) != 0)
		return false;
	if (on_main_stack(at, next) || (next + sizeof(void *)) / page == at / page)
		return true;
	return is_mapped(next) && is_mapped(next + sizeof(void *));
}

/* Both architectures: the word at the frame pointer is the caller's, the next one the return address. */
__attribute__((no_sanitize_address)) void tare__frames_collect(void *frame, void *frames[4])
{
	uintptr_t at = (uintptr_t)frame;

	for (unsigned i = 0; i < 4; i++) {
		void *const *words = (void *const *)at;
		uintptr_t next = (uintptr_t)words[0];

		frames[i] = words[1];
		if (!frames[i] || !may_follow(at, next))
			return;
		at = next;
	}
}

void tare_call_frames(struct tare_call *call)
{
	if (call->frame && !call->frames[0])
		tare__frames_collect(call->frame, call->frames);
}

/* A return address as what does not change with where its object was loaded. */
struct place {
	uint64_t address;
	uint64_t offset; /* 0: in no object */
	uint64_t extent; /* of the object's code: tells objects apart whose names are made up anew in each process */
};

static int find_places(struct dl_phdr_info *object, size_t size, void *cookie)
{
	struct place *places = cookie;

	(void)size;
	for (unsigned i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uint64_t from = object->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
			continue;
		for (unsigned at = 0; at < 4; at++)
			if (places[at].address - from < segment->p_memsz) {
				places[at].offset = places[at].address - object->dlpi_addr;
				places[at].extent = segment->p_memsz;
			}
	}
	return 0;
}

uint64_t tare_call_path(struct tare_call *call)
{
	struct place places[4] = { { 0 } };
	uint64_t words[9] = { (uint64_t)call->id };

	tare_call_frames(call);
	for (unsigned i = 0; i < 4; i++)
		places[i].address = (uintptr_t)call->frames[i];
	dl_iterate_phdr(find_places, places);
	/* What lies in no object is no caller of ours: a register that held something else. */
	for (unsigned i = 0; i < 4 && places[i].offset; i++) {
		words[2 * i + 1] = places[i].offset;
		words[2 * i + 2] = places[i].extent;
	}
	return tare_hash(words, sizeof words);
}
