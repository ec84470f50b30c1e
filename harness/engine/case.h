/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case - a case that runs, as its words see it; child side
 *
 * Plain state of one process.  What must outlive it is written to the board.
 */
#ifndef TARE_CASE_H
#define TARE_CASE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tare/callable.h>
#include <tare/driver.h>
#include <tare/engine.h>
#include <tare/fault.h>
#include <tare/ledger.h>
#include <tare/machine.h>
#include <tare/target.h>

#include "board.h"
#include "callable_image.h"
#include "catalog.h"

#define TARE__CONTEXTS 4
#define TARE__RINGS    3 /* window, heap, dependencies */

/* What the parent decided before it forked. Borrowed by the child. */
struct tare_case_plan {
	const struct tare_case_ref *ref;
	const struct tare_run_options *options; /* resolved */
	const struct tare_tables *tables;       /* as bound, not tapped */
	struct tare_target target;
	uint32_t launches;
};

enum tare_context_state {
	TARE_CONTEXT_NONE,
	TARE_CONTEXT_CREATED,   /* and not initialised, or that failed */
	TARE_CONTEXT_OPEN,
	TARE_CONTEXT_FINALIZED,
};

struct tare_case_context {
	enum tare_context_state state;
	uint32_t generation;
	const char *image; /* AICore image it was initialised with */
	void *handle;
	void *runtime; /* the caller's buffer of run_prepared */
};

struct tare_callable {
	struct tare_callable *next;
	const struct tare_fixture *fixture;
	const struct tare_callable_image *image; /* borrowed from the case's store */
	unsigned context;
	uint32_t generation;
	int32_t id;
	bool registered;
	unsigned tensor_count;
	void *tensors[TARE_CHIP_TENSORS];
	size_t elements[TARE_CHIP_TENSORS];
	struct tare_chip_args args;
};

struct tare__copy; /* of a callable's bytes, for a case to spoil */
struct tare_flight; /* case_flight.c */
struct tare_sweeper; /* attempt.h */

struct tare_case {
	uint32_t magic;
	const struct tare_case_plan *plan;
	struct tare_target target; /* as planned, and opened */
	struct tare_abi bound;     /* of a foreign one */
	const struct tare_abi *abi;
	const struct tare_ext *ext;
	struct tare_board *board;
	struct tare_log log;
	struct tare_tables tables; /* tapped: ledger, then fault, then the driver */
	struct tare_ledger *ledger;
	struct tare_fault *fault;
	struct tare_image_store store;
	struct tare_callable *callables; /* newest first */
	struct tare__copy *copies;
	struct tare_case_context contexts[TARE__CONTEXTS];
	unsigned current;
	uint32_t generation; /* of the newest context */
	uint32_t launches;
	struct tare__capacity { uint32_t window, dependencies; uint64_t heap; } capacity; /* of rings; 0: as usual */
	uint64_t headroom;   /* bytes the machine holds for tare_leave_room_for_images */
	const char *image;   /* "aicore" */
	char usual_rings[TARE__RINGS][32]; /* as the environment has them, or valgrind wants them; "": the runtime's own */
	const char *objects[DISPATCHER + 1]; /* files that stand in for the context's own, or NULL */
	pthread_mutex_t error_lock;
	uint64_t moves_from; /* number of the last call that tare_moves has told of */
	uint64_t said_from;  /* where in the board's log that call began */
	char last_error[256];/* newest error line of the runner, since the last call into it */
	struct tare_flight *flight; /* NULL: no launch is in flight */
	struct tare_sweeper *sweeper; /* NULL: a plain run */
	sigjmp_buf *end;     /* where a step that ended early goes back to */
};

/* The child's main: everything from machine to ordinary close. cookie is the plan. */
void tare__case_run(void *cookie, struct tare_board *board);

/* warm.c: an empty case in this process, where that spares each child a translation. */
struct tare_isolate;
void tare__warm_up(struct tare_isolate *isolate, const struct tare_run_options *options, const struct tare_tables *tables,
	struct tare_cell cell);

/* options.c: what this build begins by itself has begun before the first reading. */
void tare__threads_settle(void);

/* case_rings.c: how large rings are until the case says otherwise. */
void tare__case_rings(struct tare_case *c);

/* Its pieces, for a sweep. A protected step may end early: false. Close: all contexts, and the reading; false: not all at once. */
struct tare_case *tare__case_create(const struct tare_case_plan *plan, struct tare_board *board);
void tare__case_open(struct tare_case *c);
bool tare__case_protected(struct tare_case *c, void (*step)(struct tare_case *));
bool tare__case_close(struct tare_case *c);
void tare__case_release(struct tare_case *c);

/*
 * One operation of the runtime, made by a word.  In a sweep it is what a fault
 * befalls, what is judged, and what is made again (attempt.h).
 */
enum {
	TARE__SILENT = 1, /* the ABI has no code for it */
	TARE__GIVES = 2,  /* it gives back, and may have given back a part */
	TARE__ONCE = 4,   /* it can't be made again */
};
struct tare__attempt {
	const char *what;
	enum tare_phase phase;
	unsigned ways;
	int (*act)(struct tare_case *c, void *cookie);
	void *cookie;
};
int tare__attempt(struct tare_case *c, const struct tare__attempt *attempt);

/* Write down what is wrong and end the when. */
_Noreturn void tare__case_fail(struct tare_case *c, const char *type, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
_Noreturn void tare__case_broken(struct tare_case *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void tare__case_skip(struct tare_case *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ends the when as skipped where the runtime's calls do not pass our tables, or its device is not our machine. */
void tare__case_needs_tap(struct tare_case *c, const char *what);
void tare__case_needs_machine(struct tare_case *c, const char *what);

/* Ends the when with "what returned 207001: why" unless code is 0. */
void tare__case_must(struct tare_case *c, int code, const char *what);

/* The current context, opened at its first use. */
struct tare_case_context *tare__case_context(struct tare_case *c);
int tare__context_init(struct tare_case *c, struct tare_case_context *context);
int tare__context_finalize(struct tare_case *c, struct tare_case_context *context);
void tare__context_destroy(struct tare_case *c, struct tare_case_context *context);

/* The current context, created and not initialised where there was none. */
struct tare_case_context *tare__case_created(struct tare_case *c);
int tare__context_init_with(struct tare_case *c, struct tare_case_context *context, const struct tare_objects *objects);
void tare__flight_close(struct tare_case *c); /* lets a launch in flight go on, and waits for it */

/* Widths of a launch where nobody says otherwise. */
int tare__case_block_dim(const struct tare_case *c);
int tare__case_threads(const struct tare_case *c);

/* Steps around a call into the runner. */
void tare__case_enter(struct tare_case *c, enum tare_phase phase);
void tare__case_leave(struct tare_case *c);

/* The catalogue's; ends the when where there is none. */
const struct tare_fixture *tare__case_fixture(struct tare_case *c, const char *name);

/* Built once per case and name; ends the when where a fixture is missing. */
const struct tare_callable_image *tare__case_image(struct tare_case *c, const struct tare_fixture *fixture);
const struct tare_bytes *tare__case_file(struct tare_case *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void tare__callables_free(struct tare_case *c);

/* The newest callable of the current context under that id, or NULL. */
struct tare_callable *tare__callable_find(const struct tare_case *c, int32_t id);

/* First and last element of each OUT tensor, before a launch: what the launch leaves out is seen. */
void tare__callable_spoil(const struct tare_callable *callable);

/* case_sources.c: what the ledger asks the machine and the runner. */
extern const struct tare_ledger_sources tare__case_sources;

/* A callable with its tensors, not yet prepared; owned by the case. */
struct tare_callable *tare__callable_add(struct tare_case *c, int32_t id, const char *name);

void tare__copies_free(struct tare_case *c);

#endif
