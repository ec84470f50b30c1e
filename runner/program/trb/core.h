/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core - tensormap_and_ringbuffer without cores: what is submitted, what may run, what is over
 *
 * Freestanding: it is linked into the AICPU object, which imports nothing, and
 * into tests, where a toy runs the tasks.  One thread orchestrates (submit.c,
 * scope.c, map.c, ring.c, data.c); any number takes and finishes tasks
 * (ready.c, finish.c, drain.c).  Nothing in here waits but through `await`.
 *
 *     orchestrator                        any scheduler
 *     ------------                        -------------
 *     open                                take(shape) -> place, or NONE
 *     scope_begin .. submit .. scope_end  claim(place, most) -> first block, count
 *     close                               finish(place), for each subtask
 *                                         over()?
 *
 * Only the orchestrator gives memory back, when it needs some: the ring's head
 * and tail, heap, pools and map are its alone, and no lock guards them (D2, D12,
 * D13).  It waits only while some task is not complete.  When all are complete
 * and there is still no room, nothing can ever make some: that is a deadlock
 * for certain, found at once and never by mistake (D20).
 */
#ifndef TARE_TRB_CORE_H
#define TARE_TRB_CORE_H

#include <tare/device_program.h>

#include "store.h"

/* Whom the orchestrator turns to. */
struct tare__trb_world {
	void *cookie;
	int (*await)(void *cookie); /* until a task has completed or a wake came; not 0: the launch is over */
	void (*wake)(void *cookie, uint32_t threads); /* a bit each: something is ready for them */
	void (*log)(void *cookie, int level, const char *line); /* level: enum tare_log_level */
	void (*recall)(void *cookie); /* the orchestration's time is used up; does not come back */
};

/*
 * Blocks that must start together, over cores that several threads serve.
 * While one is raised no thread dispatches; each says how much it has idle, and
 * as its cores return it says more.  Who sees that the sum is enough deals out
 * shares; each thread starts its own share on its own cores.
 */
enum tare__trb_drain_phase {
	TARE__TRB_DRAIN_NONE, TARE__TRB_DRAIN_GATHER, TARE__TRB_DRAIN_DEAL /* one thread writes */, TARE__TRB_DRAIN_START
};

struct tare__trb_drain {
	uint32_t phase;
	uint32_t place;
	uint32_t shape;
	uint32_t blocks;
	uint32_t crews;  /* threads that have cores; set at boot */
	uint32_t paused; /* of those, who has said what it has */
	uint32_t taking; /* of those, who has not taken its share */
	uint32_t idle[TARE_MAX_AICPU_THREADS];
	uint32_t first[TARE_MAX_AICPU_THREADS];
	uint32_t count[TARE_MAX_AICPU_THREADS];
};

struct tare__trb { /* in the workspace; ops and mode first, that is all an orchestration sees */
	struct tare_trb_runtime seen;
	struct tare__trb_world world;
	struct tare_trb_status *status;
	struct tare_trb_capacity capacity;
	const uint64_t *kernels; /* entry by function id, TARE_FUNC_IDS */
	uint32_t clusters;       /* of this launch: one AIC and two AIVs each */

	/* the orchestrator's */
	uint32_t depth;          /* scopes that are open */
	uint64_t serial;         /* of the submit under way */
	struct tare_lease *lease; /* of the thread that runs the orchestration; where nobody lends, its own */
	struct tare_lease own;
	struct tare__trb_slot *slots; /* all rings, by place */
	struct tare__trb_payload *payloads;
	struct tare__trb_dep *deps;
	struct tare__trb_ring rings[TARE_TRB_RINGS];
	struct tare__trb_scope scopes[TARE_TRB_SCOPES];
	struct tare__trb_map map;

	/* shared */
	uint64_t submitted __attribute__((aligned(64))); /* tasks */
	uint32_t closed;  /* the orchestration is through: submitted stands */
	uint32_t failing; /* somebody writes the fatal error */
	uint32_t failed;  /* it has been written: nothing is submitted or dispatched any more */
	uint32_t async_threads; /* that hold conditions, a bit each */
	uint32_t async_holds;   /* subtasks and conditions, of all threads */
	uint32_t async_pending;
	uint64_t completed __attribute__((aligned(64)));
	uint64_t starved; /* the orchestrator waits until so many are; 0: it does not wait */
	struct tare__trb_ready ready[TARE__TRB_SHAPES] __attribute__((aligned(64)));
	struct tare__trb_drain drain __attribute__((aligned(64)));
};

/* -- open and close -- */

struct tare__trb_plan {
	const struct tare_trb_capacity *capacity;
	uint64_t heap, shared; /* arenas */
	uint64_t pools;        /* what follows struct tare__trb in the workspace: tare__trb_pool_bytes */
	struct tare_trb_status *status;
	const uint64_t *kernels;
	uint32_t clusters;
};

uint64_t tare__trb_pool_bytes(const struct tare_trb_capacity *capacity);
uint64_t tare__trb_shared_bytes(const struct tare_trb_capacity *capacity);

/* Puts the core in order for a launch, in time that no capacity changes; ops and world are the caller's to set. */
void tare__trb_open(struct tare__trb *trb, const struct tare__trb_plan *plan);

/* The orchestration is through; 0, or the fatal error. After it `over` may come true. */
int32_t tare__trb_close(struct tare__trb *trb);

/* All that was submitted is complete and nothing more comes, or the launch has failed. */
bool tare__trb_over(const struct tare__trb *trb);

/* -- orchestrator: what the table's entries do -- */

struct tare_trb_outputs tare__trb_submit(struct tare__trb *trb, const struct tare_trb_kernels *kernels,
	const struct tare_trb_arg *arg);
struct tare_trb_outputs tare__trb_submit_dummy(struct tare__trb *trb, const struct tare_trb_arg *arg);
struct tare_trb_outputs tare__trb_alloc(struct tare__trb *trb, const struct tare_trb_arg *arg);
void tare__trb_scope_begin(struct tare__trb *trb, uint8_t mode);
void tare__trb_scope_end(struct tare__trb *trb);
uint64_t tare__trb_data_get(struct tare__trb *trb, const struct tare_trb_tensor *tensor, uint32_t dims,
	const uint32_t *index);
void tare__trb_data_set(struct tare__trb *trb, const struct tare_trb_tensor *tensor, uint32_t dims,
	const uint32_t *index, uint64_t value);

/* -- schedulers -- */

/* A ready task of that shape, or NONE. It is the caller's until it is claimed out, put back or finished. */
uint32_t tare__trb_take(struct tare__trb *trb, uint32_t shape);

/* Puts a taken task back, or says that one has become ready: the threads to wake, a bit each. */
uint32_t tare__trb_put(struct tare__trb *trb, uint32_t place);

/*
 * Up to `most` blocks of a task that was taken: how many, and the first.  When blocks are left the task is put back
 * before this returns, so that others join in; *wake as in put.
 */
uint32_t tare__trb_claim(struct tare__trb *trb, uint32_t place, uint32_t most, uint32_t *first, uint32_t *wake);

/* This thread waits with a resource of that shape to spare; true: something has come in between. */
bool tare__trb_ask(struct tare__trb *trb, uint32_t shape, uint32_t thread);

/*
 * Subtasks of a task that returned.  With the last one the task is complete: consumers become ready, what it held is
 * released, and dummies that are ready by that are completed too.  The threads to wake; *orchestrator: it as well.
 */
uint32_t tare__trb_finish(struct tare__trb *trb, uint32_t place, uint32_t subtasks, bool *orchestrator);

/* No SYNC task is being gathered for. Who sees one under way takes none and asks for none: its end wakes all crews. */
bool tare__trb_drain_idle(const struct tare__trb *trb);

/*
 * A SYNC task was taken: nobody dispatches from now on; wake all other crews, then step.  false: another one came
 * first; put it back.
 */
bool tare__trb_drain_raise(struct tare__trb *trb, uint32_t place);

/*
 * A thread's turn, with what it has idle of the shape that tare__trb_drain_shape says (NONE: 0).  NONE: dispatch as always;
 * GATHER: do not, wait; START: start blocks first .. first + count at once, count may be 0. *wake: threads to wake.
 */
enum tare__trb_drain_phase tare__trb_drain_step(struct tare__trb *trb, uint32_t thread, uint32_t idle, uint32_t *place,
	uint32_t *first, uint32_t *count, uint32_t *wake);
uint32_t tare__trb_drain_shape(const struct tare__trb *trb); /* NONE: no task is being gathered for */

/* Where the tasks stand when nothing moves: for code 100. Nothing else may run meanwhile. */
enum tare_trb_stall tare__trb_stall_of(const struct tare__trb *trb);

/* -- errors: the first is kept, with a line of detail; bounded format: %s %d %u %x %c %% with l, ll, z -- */

void tare__trb_fail(struct tare__trb *trb, enum tare_trb_error code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void tare__trb_fail_list(struct tare__trb *trb, enum tare_trb_error code, const char *format, va_list list);
void tare__trb_fail_scheduler(struct tare__trb *trb, enum tare_trb_error code, uint32_t thread, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void tare__trb_fail_stalled(struct tare__trb *trb, uint32_t thread); /* code 100, with where the tasks stand */
void tare__trb_fail_endless(struct tare__trb *trb, uint32_t thread); /* the same, of an orchestration that was broken off */
void tare__trb_fail_program(struct tare__trb *trb, int status, const char *detail); /* it, and no graph: a tare_status */

struct tare__trb_error_row {
	int32_t code;
	const char *name;
	const char *detail;
	const char *hint;
};

const struct tare__trb_error_row *tare__trb_error_row(int32_t code); /* NULL: no such code */

/* As vsnprintf, for what an orchestration may log; never reads a float. */
uint32_t tare__trb_format(char *to, uint32_t room, const char *format, va_list list);

/* The table; an opened core's `seen.ops`. */
extern const struct tare_trb_ops tare__trb_ops;

/* mark.c: around the entry, in a frame above it; so that lines of the log find their launch. The row for unmark. */
uint32_t tare__trb_mark(struct tare__trb *trb);
void tare__trb_unmark(uint32_t row);
struct tare__trb *tare__trb_marked(void); /* of the orchestration that calls; NULL: of none */

/* -- inside -- */

static inline bool tare__trb_failed(const struct tare__trb *trb)
{
	return __atomic_load_n(&trb->failed, __ATOMIC_ACQUIRE);
}

/* Of a task that is alive. */
static inline uint32_t tare__trb_place(const struct tare__trb *trb, uint32_t ring, uint32_t id)
{
	return trb->rings[ring].places[id & (trb->capacity.task_window - 1)];
}

static inline uint64_t tare__trb_id(uint32_t ring, uint32_t id)
{
	return (uint64_t)ring << 32 | id;
}

/* region.c */
enum tare__trb_overlap { TARE__TRB_APART, TARE__TRB_MEETS, TARE__TRB_COVERS };

/* NULL, or what is wrong with the tensor. */
const char *tare__trb_region_of(struct tare__trb_region *region, const struct tare_trb_tensor *tensor);

/* APART: no byte in common, for certain; COVERS: every byte of `old` lies in `view`. */
enum tare__trb_overlap tare__trb_overlap(const struct tare__trb_region *view, const struct tare__trb_region *old);
uint32_t tare__trb_width(uint8_t type); /* bytes, 0: no such type */

/* map.c */
typedef void (*tare__trb_found_fn)(struct tare__trb *trb, uint32_t producer, void *cookie);

void tare__trb_map_open(struct tare__trb_map *map, struct tare__trb_entry *entries, uint32_t capacity);
/* Tells every producer whose entry meets the region; whether it covers one. */
bool tare__trb_map_find(struct tare__trb *trb, const struct tare__trb_region *region, tare__trb_found_fn found,
	void *cookie);
/* Whoever asks for what the region covers will ask for it: the entries that it covers go. */
void tare__trb_map_cover(struct tare__trb *trb, struct tare__trb_region *region);
void tare__trb_map_put(struct tare__trb *trb, const struct tare__trb_region *region, uint32_t producer); /* there is room */
void tare__trb_map_drop(struct tare__trb *trb, uint32_t producer); /* all entries of a task that goes */

/* ring.c */
struct tare__trb_need {
	uint64_t heap;  /* bytes, a multiple of TARE__TRB_GRAIN */
	uint32_t deps;
	uint32_t map;   /* entries */
	bool slot;
};

#define TARE__TRB_GRAIN 1024u /* each output begins at a multiple of it */

/* Waits until there is room for all of it at once. false: a fatal error has been reported. */
bool tare__trb_room(struct tare__trb *trb, uint32_t ring, const struct tare__trb_need *need);
/* Takes the next slot of a ring and that much heap, both of which there is room for; the address of the heap. */
uint64_t tare__trb_advance(struct tare__trb *trb, uint32_t ring, uint64_t heap, uint32_t *place);
/* Gives back what is consumed, oldest first. */
void tare__trb_reclaim(struct tare__trb *trb, uint32_t ring);
/* The orchestrator waits until `wanted` tasks are complete, or less; false: the launch is over, or has failed. */
bool tare__trb_await(struct tare__trb *trb, uint64_t wanted);

/*
 * How many tasks the orchestrator runs ahead of the cores.  More would find no more work for 108 of them, and each has
 * 2.4 KB that the cache loses before it runs: without this a task of 130 ns costs 10 to 40 % more.
 */
#define TARE__TRB_AHEAD 512u

/* What a submit has found out about its arguments, and whom it waits for. */
struct tare__trb_submit {
	const struct tare_trb_arg *arg;
	struct tare__trb_region regions[TARE_TRB_TENSORS];
	uint64_t bytes[TARE_TRB_TENSORS]; /* of the heap, of outputs that are created */
	uint64_t heap;
	uint32_t ring;
	uint32_t covered;  /* tensors, a bit each, that hide older entries of the map */
	uint32_t writes;   /* tensors that will leave an entry */
	uint32_t write_count;
	uint32_t dep_first;
	uint32_t dep_count;
	uint32_t outputs;
	bool tracked;      /* not in a manual scope */
};

/* arg.c: fills submit; false: a fatal error has been reported. */
bool tare__trb_check(struct tare__trb *trb, const struct tare_trb_arg *arg, struct tare__trb_submit *submit);
bool tare__trb_check_kernels(struct tare__trb *trb, const struct tare_trb_kernels *kernels, int32_t ids[3]);
bool tare__trb_check_spec(struct tare__trb *trb, const struct tare_trb_launch_spec *spec, uint32_t shape);
uint32_t tare__trb_shape_of(const int32_t ids[3]); /* enum tare__trb_shape, of AIC, AIV0, AIV1 */

/* fanin.c: takes dependencies in the ring's pool, each with a reference. false: a fatal error has been reported. */
bool tare__trb_fanin(struct tare__trb *trb, struct tare__trb_submit *submit);
/* The slot of a task that has not gone; NONE: it has; *known false: there never was such a task. */
uint32_t tare__trb_find_task(const struct tare__trb *trb, uint64_t task, bool *known);

/* finish.c */
void tare__trb_release(struct tare__trb *trb, uint32_t place); /* one reference */
uint32_t tare__trb_complete(struct tare__trb *trb, uint32_t place); /* all of it has returned; as finish */

#endif
