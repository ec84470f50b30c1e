/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last words of a process: which signal, at which address, who called.
 *
 * The handler runs on a stack of its own, because the reason may be that the
 * other one is used up, and does only what a signal handler may do: it notes
 * registers, stack and address space, from which the parent unwinds.  The chain
 * of frame pointers, which every object of ours keeps, is noted beside it.
 */
#include "private.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define CRASH_STACK (64u << 10)
#define PIECE       512u
#define FRAME_REACH (8u << 20) /* two frames farther apart than this are no chain */

static const int caught[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP, SIGTERM };

/* A signal handler gets no argument of ours: the one pointer that has to be static. */
static struct tare_board *board_of_child;

struct place {
	uint64_t pc, frame, stack;
};

/* Registers by DWARF number are what the unwinder asks for. */
static struct place note_registers(struct tare_board_crash *crash, const ucontext_t *context)
{
#if defined(__x86_64__)
	static const int by_number[] = { REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
		REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP };
	const greg_t *all = context->uc_mcontext.gregs;
	for (size_t i = 0; i < sizeof by_number / sizeof by_number[0]; i++)
		crash->registers[i] = (uint64_t)all[by_number[i]];
	return (struct place){ (uint64_t)all[REG_RIP], (uint64_t)all[REG_RBP], (uint64_t)all[REG_RSP] };
#elif defined(__aarch64__)
	const mcontext_t *all = &context->uc_mcontext;
	for (size_t i = 0; i < 31; i++)
		crash->registers[i] = all->regs[i];
	crash->registers[31] = all->sp;
	crash->registers[32] = all->pc;
	return (struct place){ all->pc, all->regs[29], all->sp };
#else
#error "no unwinding for this processor"
#endif
}

/* Memory by way of the kernel: what is not there, or is poisoned for a sanitizer, is an error and no second fault. */
static ssize_t read_memory(int memory, void *to, size_t size, uint64_t address)
{
	return pread(memory, to, size, (off_t)address);
}

static void walk(struct tare_board_crash *crash, int memory, uint64_t pc, uint64_t frame)
{
	uint64_t pair[2]; /* the caller's frame, and the return address */

	crash->frames[0] = pc;
	crash->count = 1;
	while (crash->count < TARE_BOARD_FRAMES && frame && frame % sizeof frame == 0) {
		if (read_memory(memory, pair, sizeof pair, frame) != (ssize_t)sizeof pair || !pair[1])
			break;
		crash->frames[crash->count++] = pair[1];
		if (pair[0] <= frame || pair[0] - frame > FRAME_REACH)
			break;
		frame = pair[0];
	}
}

/* In pieces, because the stack may end before our room does. */
static void note_stack(struct tare_board_crash *crash, int memory, uint64_t stack)
{
	uint8_t *to = (uint8_t *)crash->stack;

	crash->stack_base = stack;
	while (crash->stack_used < sizeof crash->stack) {
		ssize_t got = read_memory(memory, to + crash->stack_used, PIECE, stack + crash->stack_used);
		if (got <= 0)
			break;
		crash->stack_used += (uint32_t)got;
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

void tare_isolate_note_maps(struct tare_board *board)
{
	board->crash.maps_used = 0;
	note_maps(&board->crash);
}

static void on_crash(int number, siginfo_t *info, void *cookie)
{
	struct tare_board_crash *crash = &board_of_child->crash;
	struct place place = note_registers(crash, cookie);

	crash->address = number == SIGTERM || number == SIGABRT ? 0 : (uint64_t)(uintptr_t)info->si_addr;
	atomic_store(&crash->signal, (uint32_t)number);
	note_maps(crash);
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	walk(crash, memory, place.pc, place.frame);
	note_stack(crash, memory, place.stack);
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
