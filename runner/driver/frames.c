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

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

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
