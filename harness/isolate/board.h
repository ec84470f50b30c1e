/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board - what a case leaves behind for its judge
 *
 * One block of memory that parent and child share.  A process that was killed
 * in the middle of a word cannot report, but what it wrote here stays: how far
 * it came, its log, which expectation failed, where it crashed, and the
 * ledger's page.  The parent owns the block and uses it for one case after the
 * other; nothing on it is a pointer that the parent would follow.
 */
#ifndef TARE_BOARD_H
#define TARE_BOARD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <tare/ledger.h>
#include <tare/log.h>

#define TARE_BOARD_FAILURES 8
#define TARE_BOARD_SENTENCE 512
#define TARE_BOARD_LOG      8192
#define TARE_BOARD_FRAMES   64
#define TARE_BOARD_REGISTERS 33
#define TARE_BOARD_STACK    32768
#define TARE_BOARD_MAPS     32768
#define TARE_BOARD_REST     (3u << 20)

enum tare_board_state {
	TARE_BOARD_PLANNED,  /* nobody has begun */
	TARE_BOARD_RUNNING,  /* the case's own code runs */
	TARE_BOARD_CLOSING,  /* it is over, and what it opened is closed and weighed */
	TARE_BOARD_FINISHED, /* all of it was done */
};

struct tare_board_failure {
	uint32_t kind;   /* the engine's verdict for it */
	uint32_t launch; /* launches so far */
	char type[48];
	char sentence[TARE_BOARD_SENTENCE];
};

/* Enough to unwind it afterwards, and a chain of frame pointers in case that fails. */
struct tare_board_crash {
	_Atomic uint32_t signal; /* 0: none */
	uint32_t count;          /* frames that are valid */
	uint64_t address;        /* of the fault */
	uint64_t frames[TARE_BOARD_FRAMES]; /* innermost first, raw program counters */
	uint64_t registers[TARE_BOARD_REGISTERS]; /* by their DWARF numbers, the program counter last */
	uint64_t stack_base;     /* the stack pointer */
	uint32_t stack_used;     /* bytes */
	uint32_t maps_used;      /* the address space of that moment, as the kernel prints it */
	uint64_t stack[TARE_BOARD_STACK / sizeof(uint64_t)];
	char maps[TARE_BOARD_MAPS];
};

struct tare_board {
	uint32_t magic;
	_Atomic uint32_t state;
	_Atomic uint32_t failure_count; /* may exceed the array */
	struct tare_board_failure failures[TARE_BOARD_FAILURES];
	_Atomic uint64_t log_used;      /* bytes ever written; the newest of them are in log */
	char log[TARE_BOARD_LOG];
	struct tare_board_crash crash;
	_Atomic uint64_t progress;      /* counted up by a case that has steps; see tare_errand */
	struct tare_ledger_page page;   /* zeroed by the ledger when it opens */
	_Alignas(64) unsigned char rest[TARE_BOARD_REST]; /* the engine's own; never cleared here, and not touched by most cases */
};

/* Shared and anonymous. NULL when there is no memory. */
struct tare_board *tare_board_create(void);
void tare_board_destroy(struct tare_board **board);

/* In a child: the block is out of its reach from now on, and as it was for the others. */
void tare_board_forget(struct tare_board **board);

/* As new, for the next case. */
void tare_board_clear(struct tare_board *board);

/* One more thing that went wrong; those beyond the array are only counted. */
void tare_board_fail(struct tare_board *board, uint32_t kind, uint32_t launch, const char *type, const char *sentence);

/* A sink for log.h: cookie is the board. Any thread, at any time; allocates nothing. */
void tare_board_log(void *cookie, enum tare_log_level level, const char *line);

/* The newest part of the log that fits, beginning at a line. Returns text. */
const char *tare_board_log_tail(const struct tare_board *board, char *text, size_t size);

#endif
