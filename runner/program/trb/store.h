/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store - the memory of a launch: slots, dependencies, the map, and who may write which word
 *
 * A place numbers a slot over all rings; the next task gets the slot that was
 * given back last, which the cache still holds, so a launch touches as many
 * slots as it has tasks alive and not as the window has.
 * A slot's words are of three kinds.  The orchestrator's own; those it writes
 * before the task is visible, which everybody reads; and four words that
 * threads share, each changed by one atomic operation and nothing else.
 */
#ifndef TARE_TRB_STORE_H
#define TARE_TRB_STORE_H

#include <stdbool.h>

#include <tare/trb_orchestration.h>

#include "layout.h"

#define TARE__TRB_NONE   UINT32_MAX
#define TARE__TRB_NOWHERE UINT64_MAX
#define TARE__TRB_CLOSED (UINT32_MAX - 1) /* of a slot's consumers: it is complete, nobody can wait for it */

enum tare__trb_shape { /* what a task needs at once; each has a list of ready tasks */
	TARE__TRB_AIC, TARE__TRB_AIV, TARE__TRB_MIX /* any two or three of a cluster */, TARE__TRB_DUMMY, TARE__TRB_SYNC,
	TARE__TRB_SHAPES
};

enum tare__trb_lane { TARE__TRB_LANE_AIC = 1, TARE__TRB_LANE_AIV0 = 2, TARE__TRB_LANE_AIV1 = 4 }; /* of a mask */

/*
 *   PENDING    some producer is not complete         -> READY by whoever counts `waits` down to 0
 *   READY      in the list of its shape              -> RUNNING by who claims its first block
 *   RUNNING    some subtask is out                   -> COMPLETED by who returns the last one
 *   COMPLETED  outputs stand, its scope or a consumer still holds it   -> CONSUMED when `references` is 0
 *   CONSUMED   its slot, heap, dependencies and map entries go when all older ones of its ring have gone
 * The state is for who reads a stall; what decides are the counters.
 */
enum tare__trb_state {
	TARE__TRB_PENDING, TARE__TRB_READY, TARE__TRB_RUNNING, TARE__TRB_COMPLETED, TARE__TRB_CONSUMED
};

struct tare__trb_slot { /* 128 bytes */
	/* shared */
	uint32_t waits;         /* producers that are not complete; +1 while the task is being submitted */
	uint32_t references;    /* its scope, itself until it is complete, its consumers until they are */
	uint32_t consumers;     /* newest dependency upon it, or NONE, or CLOSED */
	uint32_t subtasks_left;
	uint32_t next_block;    /* the first that nobody has claimed */
	uint32_t next_ready;    /* in its list */
	uint32_t state;
	uint32_t held;          /* subtasks whose kernel has returned, and whose conditions are not true yet (async.h) */
	/* written before it is visible */
	uint64_t id;
	int32_t kernels[3];
	uint16_t blocks;
	uint8_t mask;           /* enum tare__trb_lane */
	uint8_t shape;
	uint8_t ring;
	uint8_t resource;       /* of a SYNC task: the shape its blocks need */
	uint16_t tensor_count;
	uint16_t scalar_count;
	uint8_t lanes;          /* cores of a block: bits of mask */
	uint8_t pad;
	uint32_t dep_first;     /* of its dependencies, dep_count in a row round its ring's pool */
	uint32_t dep_count;
	/* the orchestrator's */
	uint32_t next_in_scope; /* or in the list of unused slots */
	uint32_t map_first;     /* newest map entry of it */
	bool in_scope;          /* the reference of its scope still stands */
	uint8_t pad2[3];
	uint64_t seen;          /* by the submit of this serial: one producer counts once */
	uint64_t heap_end;      /* the ring's top behind its outputs */
	uint64_t heap_bytes;    /* of them */
} __attribute__((aligned(64)));

struct tare__trb_payload { /* what its kernels read; stays until the slot goes */
	struct tare_trb_tensor tensors[TARE_TRB_TENSORS];
	uint64_t scalars[TARE_TRB_SCALARS];
};

struct tare__trb_dep { /* one task waits for another; its consumer's, and goes with it */
	uint32_t producer; /* place */
	uint32_t consumer;
	uint32_t next;     /* the producer's next consumer: index over all pools, or NONE */
};

/* A view in bytes of its buffer, and as rectangle: what overlaps is decided of these alone (L21). */
struct tare__trb_region {
	uint64_t buffer;
	uint64_t begin;  /* bytes from the buffer's start */
	uint64_t end;    /* first byte behind; begin: empty */
	uint64_t offset; /* elements */
	uint32_t shapes[TARE_TRB_DIMS];
	uint32_t strides[TARE_TRB_DIMS];
	uint32_t dims;
	uint32_t width;  /* bytes of an element */
	int32_t version;
	bool dense;      /* no hole between begin and end */
};

/* An entry hangs in three chains: of its buffer, of the place where it begins, and of its producer. */
enum tare__trb_chain { TARE__TRB_BY_BUFFER, TARE__TRB_BY_PLACE, TARE__TRB_CHAINS };

struct tare__trb_link {
	uint32_t bucket;
	uint32_t next, previous; /* newest first */
};

struct tare__trb_entry { /* a producer wrote that view */
	struct tare__trb_region region;
	struct tare__trb_link links[TARE__TRB_CHAINS];
	uint32_t next_own, previous_own; /* of the producer */
	uint32_t producer; /* place */
	uint32_t size;     /* class: no longer than 1 << size bytes */
};

#define TARE__TRB_BUCKETS 4096u

struct tare__trb_map { /* the orchestrator's */
	struct tare__trb_entry *entries;
	uint32_t capacity;
	uint32_t fresh;  /* entries from here on were never used */
	uint32_t unused; /* list of those given back */
	uint32_t used;
	uint32_t versioned;     /* of those, with a version that is not 0 */
	uint64_t sizes;         /* classes that are in use, a bit each */
	uint32_t of_size[64];   /* entries of each class */
	uint64_t live[TARE__TRB_CHAINS][TARE__TRB_BUCKETS / 64]; /* a bit: the head has been written in this launch */
	uint32_t heads[TARE__TRB_CHAINS][TARE__TRB_BUCKETS];
};

struct tare__trb_ring { /* the orchestrator's; the arrays' contents are not */
	struct tare__trb_dep *deps;
	uint32_t *places;    /* of the tasks that are alive, by id mod window */
	uint32_t fresh;      /* slots of the ring from here on were never used */
	uint32_t unused;     /* list of those given back, newest first */
	uint64_t heap;       /* device address */
	uint32_t next;       /* the id of the next task */
	uint32_t alive;      /* the oldest that has not gone */
	uint64_t heap_top;
	uint64_t heap_tail;
	uint64_t heap_used;
	uint64_t heap_wrap;  /* where the top turned to 0 and the tail has not been yet, or NOWHERE */
	uint32_t dep_top;
	uint32_t dep_used;
};

struct tare__trb_scope {
	uint32_t first;  /* its newest task */
	uint32_t count;
	uint8_t mode;    /* enum tare_trb_scope_mode */
	uint8_t ring;
	uint8_t pad[2];
};

/* A list of ready tasks, newest first: the first place below, a count of changes above, so that no exchange is mistaken. */
struct tare__trb_ready {
	uint64_t head;
	uint32_t hungry; /* threads that wait with a resource to spare, a bit each */
	uint32_t pad[13];
};

#endif
