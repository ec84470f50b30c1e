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

#if defined(__SANITIZE_ADDRESS__)
#define TARE__WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TARE__WITH_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define TARE__WITH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TARE__WITH_TSAN 1
#endif
#endif

/* What the one who arrives is told of where it came from: only AddressSanitizer asks. */
#ifdef TARE__WITH_ASAN
#define TARE__TOLD(from) (from)
#else
#define TARE__TOLD(from) NULL
#endif

#ifdef TARE__WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef TARE__WITH_TSAN
#include <sanitizer/tsan_interface.h>
#endif

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

/* Goes on in `to` and never comes back; also from a signal handler on the stack of `from`. */
_Noreturn void tare__coroutine_leave(struct tare__coroutine *from, struct tare__coroutine *to);

/* Saves what a callee must keep, swaps stacks, returns `told` to whoever is resumed. */
void *tare__coroutine_jump(void **save_sp, void *load_sp, void *told);
/* The same code; what it returns is then 0. */
int tare__coroutine_jump_last(void **save_sp, void *load_sp, void *told);

static inline void tare__coroutine_depart(struct tare__coroutine *from, const struct tare__coroutine *to)
{
#ifdef TARE__WITH_ASAN
	__sanitizer_start_switch_fiber(from ? &from->fake : NULL, to->bottom, to->bottom_size);
#endif
#ifdef TARE__WITH_TSAN
	__tsan_switch_to_fiber(to->fiber, 0);
#endif
	(void)from;
	(void)to;
}

static inline void tare__coroutine_arrive(struct tare__coroutine *here, struct tare__coroutine *came_from)
{
#ifdef TARE__WITH_ASAN
	__sanitizer_finish_switch_fiber(here->fake, &came_from->bottom, &came_from->bottom_size);
#endif
	(void)here;
	(void)came_from;
}

/* Goes on in `to`; returns when somebody goes on in `from`. */
static inline void tare__coroutine_switch(struct tare__coroutine *from, struct tare__coroutine *to)
{
	tare__coroutine_depart(from, to);
	tare__coroutine_arrive(from, tare__coroutine_jump(&from->sp, to->sp, TARE__TOLD(from)));
}

/*
 * The same as the last step of a function, whose caller gets 0 when somebody goes on in `from`: that return is then
 * a part of the switch.  One after it is predicted wrongly each time, by what another stack called last.
 */
static inline int tare__coroutine_switch_last(struct tare__coroutine *from, struct tare__coroutine *to)
{
#ifdef TARE__WITH_ASAN
	tare__coroutine_switch(from, to);
	return 0;
#else
	tare__coroutine_depart(from, to);
	return tare__coroutine_jump_last(&from->sp, to->sp, NULL);
#endif
}

#endif
