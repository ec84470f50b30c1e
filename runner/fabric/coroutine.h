/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coroutine - a stack of its own, and the step from one to another
 *
 * Stackful, because the code that waits is somebody else's: a device object
 * calls wait from any depth.  Written by hand because ucontext makes two
 * system calls per switch (446 ns against 28, facts/fabric.md section 4).
 *
 * The rounding mode and the other control words of the FPU are not saved:
 * device code must leave them as they are.  Nothing thread-local may be
 * touched after a switch by a function that touched it before: it may have
 * changed threads (facts/fabric.md 1.3).
 */
#ifndef TARE_FABRIC_COROUTINE_H
#define TARE_FABRIC_COROUTINE_H

#include <stddef.h>
#include <stdint.h>

struct tare__coroutine {
	void *sp;           /* while it does not run */
	char *stack;        /* lowest byte; NULL for a thread's own stack */
	size_t size;
	void (*body)(void *cookie); /* never returns */
	void *cookie;
	void *fake;         /* AddressSanitizer's frames */
	const void *bottom; /* the stack as AddressSanitizer knows it */
	size_t bottom_size;
	void *fiber;        /* ThreadSanitizer's */
	unsigned int tool;  /* valgrind's number for the stack */
};

/* A coroutine on `size` bytes at `stack` (kept); its body runs at the first switch to it. */
void tare__coroutine_make(struct tare__coroutine *coroutine, void *stack, size_t size, void (*body)(void *),
	void *cookie);

/* The body starts anew at the next switch; for one that was left in the middle and will not be resumed. */
void tare__coroutine_reset(struct tare__coroutine *coroutine);
void tare__coroutine_end(struct tare__coroutine *coroutine);

/* The calling thread's own stack, so that one can come back to it. */
void tare__coroutine_adopt(struct tare__coroutine *coroutine);

/* Goes on in `to`; returns when somebody goes on in `from`. */
void tare__coroutine_switch(struct tare__coroutine *from, struct tare__coroutine *to);

/* Goes on in `to` and never comes back; also from a signal handler on the stack of `from`. */
_Noreturn void tare__coroutine_leave(struct tare__coroutine *from, struct tare__coroutine *to);

#endif
