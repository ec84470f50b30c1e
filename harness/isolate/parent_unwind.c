/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unwinding a process that is gone, from its registers and a piece of its stack.
 */
#include "private_symbol.h"

#include <string.h>

#define ONLY_THREAD 1 /* libdwfl wants an id; the process it had is over */

struct unwinding {
	const struct tare_board_crash *crash;
	uint64_t *frames;
	size_t room;
	size_t count;
};

static pid_t next_thread(Dwfl *dwfl, void *cookie, void **thread)
{
	(void)dwfl;
	if (*thread)
		return 0;
	*thread = cookie;
	return ONLY_THREAD;
}

static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *word, void *cookie)
{
	const struct tare_board_crash *crash = ((const struct unwinding *)cookie)->crash;
	uint64_t offset = address - crash->stack_base;

	(void)dwfl;
	if (address < crash->stack_base || offset + sizeof *word > crash->stack_used)
		return false;
	memcpy(word, (const char *)crash->stack + offset, sizeof *word);
	return true;
}

static bool set_registers(Dwfl_Thread *thread, void *cookie)
{
	const struct tare_board_crash *crash = ((const struct unwinding *)cookie)->crash;
#if defined(__x86_64__)
	return dwfl_thread_state_registers(thread, 0, 17, crash->registers);
#else
	if (!dwfl_thread_state_registers(thread, 0, 32, crash->registers))
		return false;
	dwfl_thread_state_register_pc(thread, crash->registers[32]);
	return true;
#endif
}

static const Dwfl_Thread_Callbacks callbacks = {
	.next_thread = next_thread, .memory_read = read_memory, .set_initial_registers = set_registers,
};

static int note_frame(Dwfl_Frame *frame, void *cookie)
{
	struct unwinding *unwinding = cookie;
	Dwarf_Addr pc;

	if (unwinding->count == unwinding->room || !dwfl_frame_pc(frame, &pc, NULL))
		return DWARF_CB_ABORT;
	unwinding->frames[unwinding->count++] = pc;
	return DWARF_CB_OK;
}

size_t tare_symbols_unwind(struct tare_symbols *symbols, const struct tare_board_crash *crash, uint64_t *frames, size_t room)
{
	struct unwinding unwinding = { .crash = crash, .frames = frames, .room = room };
	size_t chain = crash->count < room ? crash->count : room;

	if (symbols && dwfl_attach_state(symbols->dwfl, NULL, ONLY_THREAD, &callbacks, &unwinding))
		dwfl_getthread_frames(symbols->dwfl, ONLY_THREAD, note_frame, &unwinding);
	if (unwinding.count >= chain)
		return unwinding.count;
	memcpy(frames, crash->frames, chain * sizeof *frames);
	return chain;
}
