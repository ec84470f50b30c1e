/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last words of a process: which signal, at which address, who called.
 *
 * The handler runs on a stack of its own, because the reason may be that the
 * other one is used up, and does only what a signal handler may do.  It walks
 * frame pointers, which every object of ours keeps; the address space is noted
 * as well, since objects opened by the case are not in the parent's.
 */
#include "private.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define CRASH_STACK (64u << 10)
#define FRAME_REACH (8u << 20) /* two frames farther apart than this are no chain */

static const int caught[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP, SIGTERM };

/* A signal handler gets no argument of ours: the one pointer that has to be static. */
static struct tare_board *board_of_child;

struct registers {
	uint64_t pc, frame, stack;
};

static struct registers registers_of(const ucontext_t *context)
{
#if defined(__x86_64__)
	const greg_t *all = context->uc_mcontext.gregs;
	return (struct registers){ (uint64_t)all[REG_RIP], (uint64_t)all[REG_RBP], (uint64_t)all[REG_RSP] };
#elif defined(__aarch64__)
	const mcontext_t *all = &context->uc_mcontext;
	return (struct registers){ all->pc, all->regs[29], all->sp };
#else
#error "no unwinding for this processor"
#endif
}

/* A stack read as words is what a sanitizer exists to forbid. */
__attribute__((no_sanitize("address", "thread"))) static uint64_t word_at(uint64_t address)
{
	return *(const volatile uint64_t *)(uintptr_t)address;
}

/* Each frame is counted once it stands on the board: a fault in here loses only those not yet found. */
static void walk(struct tare_board_crash *crash, uint64_t pc, uint64_t frame)
{
	crash->frames[0] = pc;
	crash->count = 1;
	while (crash->count < TARE_BOARD_FRAMES && frame && frame % sizeof frame == 0) {
		uint64_t outer = word_at(frame);
		uint64_t caller = word_at(frame + sizeof frame);
		if (!caller)
			break;
		crash->frames[crash->count] = caller;
		crash->count++;
		if (outer <= frame || outer - frame > FRAME_REACH)
			break;
		frame = outer;
	}
}

static void note_stack(struct tare_board_crash *crash, uint64_t stack)
{
	if (stack % sizeof stack != 0)
		return;
	while (crash->stack_count < TARE_BOARD_STACK) {
		crash->stack[crash->stack_count] = word_at(stack);
		crash->stack_count++;
		stack += sizeof stack;
	}
}

static void note_maps(struct tare_board_crash *crash)
{
	int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	if (file < 0)
		return;
	for (;;) {
		ssize_t got = read(file, crash->maps + crash->maps_used, sizeof crash->maps - crash->maps_used);
		if (got <= 0)
			break;
		crash->maps_used += (uint32_t)got;
	}
	close(file);
}

static void on_crash(int number, siginfo_t *info, void *cookie)
{
	struct tare_board_crash *crash = &board_of_child->crash;
	struct registers registers = registers_of(cookie);

	crash->address = number == SIGTERM || number == SIGABRT ? 0 : (uint64_t)(uintptr_t)info->si_addr;
	atomic_store(&crash->signal, (uint32_t)number);
	note_maps(crash);
	walk(crash, registers.pc, registers.frame);
	note_stack(crash, registers.stack);
	/* The handler is gone by SA_RESETHAND; the signal waits until we return, and then ends the process. */
	raise(number);
}

int tare__crash_catch(struct tare_board *board)
{
	void *area = mmap(NULL, CRASH_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		return -1;
	stack_t stack = { .ss_sp = area, .ss_size = CRASH_STACK };
	if (sigaltstack(&stack, NULL) != 0)
		return -1;
	board_of_child = board;
	for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++) {
		struct sigaction action = { .sa_sigaction = on_crash };
		action.sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND;
		sigfillset(&action.sa_mask);
		if (sigaction(caught[i], &action, NULL) != 0)
			return -1;
	}
	return 0;
}
