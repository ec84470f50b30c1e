/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout - what the host writes for tensormap_and_ringbuffer and the device reads, and back
 *
 * Ours and free to change: host and device programs are built together and
 * compare the revision, which is the image's first word and also says which
 * graph runtime the image is for.  All addresses are device addresses.
 *
 * Three arenas, as in the reference (facts/runtime.md 2.3), because one block
 * of the sum may not be had:
 *
 *   heap     what tasks put out: four rings of capacity.heap bytes
 *   shared   slots and payloads: four rings of capacity.task_window tasks
 *   runtime  struct tare_trb_image, written by the host; then the workspace,
 *            which it never writes: the core, pools, the map, seats
 *
 * Nothing relies on what uninitialised memory holds, and no launch clears
 * anything whose size a capacity sets: a slot or an entry is put in order when it is
 * taken (incidents C8, C9).
 */
#ifndef TARE_TRB_LAYOUT_H
#define TARE_TRB_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include <tare/arch.h>
#include <tare/callable.h>
#include <tare/trb_tensor.h>

#include "../layout.h"

#define TARE_TRB_REVISION 0x54524202u /* no revision of host_build_graph's */

#define TARE_TRB_RINGS  4u  /* by scope depth: 0, 1, 2, and all that is deeper */
#define TARE_TRB_SCOPES 64u /* deep at most */
#define TARE_TRB_DETAIL 192u

#define TARE_TRB_HOLDS   64u  /* subtasks that wait for conditions of their kernels, of all threads together */
#define TARE_TRB_PENDING 128u /* their conditions */

struct tare_trb_capacity {
	uint64_t heap;        /* bytes of each ring; power of two */
	uint32_t task_window; /* tasks of each ring; power of two, one is always left free */
	uint32_t dep_pool;    /* dependencies of each ring's tasks */
	uint32_t map_pool;    /* written views, of all rings together */
	uint32_t pad;
};

#define TARE_TRB_HEAP_LEAST   1024u
#define TARE_TRB_HEAP_MOST    (16ull << 30)
#define TARE_TRB_WINDOW_LEAST 4u
#define TARE_TRB_WINDOW_MOST  65536u
#define TARE_TRB_DEPS_LEAST   4u
#define TARE_TRB_DEPS_MOST    (1u << 24)
#define TARE_TRB_MAP_LEAST    16u
#define TARE_TRB_MAP_MOST     (1u << 20)

/* The reference's: 256 MiB, 16,384 tasks, 16,384 dependencies, 65,536 views. */
#define TARE_TRB_CAPACITY_DEFAULT { 268435456u, 16384u, 16384u, 65536u, 0u }

/* NULL, or what is wrong with it: a sentence with the bounds. */
const char *tare_trb_capacity_refuse(const struct tare_trb_capacity *capacity);

/* Beside the core: what the AICPU threads keep of cores, two payloads for each core, and what each payload's kernel registers. */
#define TARE_TRB_CREW_BYTES 393216u

struct tare_trb_sizes { /* bytes of the three arenas */
	uint64_t heap;
	uint64_t shared;
	uint64_t runtime;
};

/* Of a capacity that is not refused. */
void tare_trb_sizes(const struct tare_trb_capacity *capacity, struct tare_trb_sizes *sizes);

/* Where the workspace begins in the runtime arena. */
uint64_t tare_trb_workspace_offset(void);

/*
 * An orchestration object as the AICPU keeps it, one per callable id, in a block that lives as long as the context.
 * The host clears the block when it takes it and only reads it later.
 */
struct tare_trb_object {
	uint64_t registration; /* for which it was opened; 0: there is none */
	uint64_t object;
	uint64_t entry;
	uint64_t config;       /* 0: the object has none */
	uint64_t bind;
	uint64_t pad[3];
};

enum tare_trb_opened { TARE_TRB_KNOWN, TARE_TRB_OPENED, TARE_TRB_OPEN_FAILED };

/* Why nothing could move (code 100), by where the tasks stood. */
enum tare_trb_stall {
	TARE_TRB_STALL_NONE = 0, TARE_TRB_STALL_RUNNING = 1 /* S1 */, TARE_TRB_STALL_READY = 3, TARE_TRB_STALL_WAITING = 4,
	TARE_TRB_STALL_ORCHESTRATION = 5, TARE_TRB_STALL_UNKNOWN = 99
};

/* Copied back after every launch; a copy that fails, fails the run (L19). */
struct tare_trb_status {
	uint32_t phase;         /* enum tare__trb_phase */
	int32_t error;          /* of the device program itself: a tare_status, as in hbg */
	int32_t orch_error;     /* enum tare_trb_error; the first wins */
	int32_t sched_error;
	uint32_t sched_threads; /* that saw an error, a bit each */
	uint32_t sched_thread;  /* that saw it first, or UINT32_MAX: the orchestrator */
	uint32_t stall;         /* enum tare_trb_stall, with code 100 */
	uint32_t error_worker;  /* that failed the handshake, or UINT32_MAX */
	uint32_t opened;        /* enum tare_trb_opened */
	uint32_t pad;
	uint64_t submitted;
	uint64_t completed;
	uint64_t consumed;
	char detail[TARE_TRB_DETAIL]; /* of the first error: the ring, the sizes, the argument */
};

/* What a run of the device is answered with: -orch, else -sched, else the program's own status. */
static inline int tare_trb_status_code(const struct tare_trb_status *status)
{
	return status->orch_error ? -status->orch_error : status->sched_error ? -status->sched_error : status->error;
}

/*
 * The AICPU entry that closes an orchestration object: simpler_aicpu_close; its runtime_args leads here.  A row that
 * holds none is closed already: that is no error.
 */
struct tare_trb_close {
	uint32_t revision;
	uint32_t callable_id;
	uint64_t objects;
	int32_t error;   /* written by the device */
	uint32_t closed; /* so is this: the row holds none any more, whatever `error` says */
};

struct tare_trb_image {
	uint32_t revision;      /* TARE_TRB_REVISION */
	uint32_t worker_count;  /* 3 x block_dim */
	uint32_t aicpu_threads; /* the last one orchestrates; one alone does both */
	uint32_t callable_id;
	struct tare_trb_capacity capacity;
	uint64_t heap;          /* the arenas */
	uint64_t shared;
	uint64_t workspace;     /* in the runtime arena */
	uint64_t objects;       /* struct tare_trb_object[TARE_CALLABLE_IDS] */
	uint64_t registration;  /* of this callable, never 0, never twice in a context */
	uint64_t code;          /* the orchestration object's bytes */
	uint64_t code_size;
	char function_name[TARE_CALLABLE_NAME];
	char config_name[TARE_CALLABLE_NAME];
	struct tare_trb_status status;
	struct tare_handshake workers[TARE_MAX_CORES]; /* as in hbg; task leads to the core's two payloads */
	struct tare_chip_args args;                    /* tensors by device address */
	uint64_t kernels[TARE_FUNC_IDS];               /* entry by function id; 0: no such kernel */
};

/* What a core runs: two per core, dispatch id & 1 says which.  Arguments 48 and 49 lead to the two below them. */
struct tare_trb_payload {
	uint64_t code;
	uint64_t args[TARE_TRB_ARGS];
	struct tare_trb_local local;
	struct tare_trb_global global;
	uint8_t pad[52];
};

#endif
