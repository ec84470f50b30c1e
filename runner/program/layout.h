/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout - what the host writes for host_build_graph and the device reads
 *
 * The handshake and the register encodings are the reference's
 * (facts/runtime.md 5.1, 5.5, 5.6); the rest is ours and free to change:
 * host and device programs are built together and compare the revision.
 *
 * All addresses are device addresses.  The image is one block:
 *   header | tasks[task_count] | args (u64, packed) | edges[edge_count]
 * and is followed by the schedulers' workspace, which the host does not write:
 * tare_hbg_workspace_bytes() of it.
 */
#ifndef TARE_PROGRAM_LAYOUT_H
#define TARE_PROGRAM_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include <tare/arch.h>

#define TARE_HBG_REVISION   2u
#define TARE_HBG_MAX_TASKS  131072u
#define TARE_HBG_MAX_ARGS   16u
#define TARE_HBG_MAX_FANOUT 128u
#define TARE_NO_EDGE        UINT32_MAX

/* Register values, both architectures. */
#define TARE_TASK_ID_MASK    0x7FFFFFFFu
#define TARE_TASK_FINISHED   0x80000000u /* bit 31 of COND: 0 acknowledged, 1 finished */
#define TARE_MAIN_IDLE       0x7FFFFFFDu /* in DATA_MAIN_BASE: nothing to do */
#define TARE_MAIN_EXIT       0x7FFFFFF0u /* in DATA_MAIN_BASE: leave */
#define TARE_COND_IDLE       0xFFFFFFFFu
#define TARE_COND_EXITED     0xFFFFFFFEu

struct tare_handshake { /* one per worker, 64 bytes, offsets as in the reference */
	uint32_t aicpu_ready;      /* 0 */
	uint32_t aicore_done;      /* 4: worker index + 1 */
	uint64_t task;             /* 8 */
	int32_t core_type;         /* 16 */
	uint32_t physical_core_id; /* 20 */
	uint32_t aicpu_regs_ready; /* 24 */
	uint32_t aicore_regs_ready;/* 28 */
	uint8_t pad[32];
};

struct tare_hbg_task { /* 32 bytes: two in a cache line, and a large graph is nothing but these */
	uint64_t code;       /* entry of the kernel; 0 is refused on the host */
	uint32_t first_edge; /* index into edges, TARE_NO_EDGE where none */
	uint32_t fanin;      /* producers not finished; counted down on the device */
	uint32_t first_arg;  /* index into args */
	uint16_t arg_count;
	uint16_t core_type;  /* enum tare_core_kind */
	int32_t func_id;
	uint32_t fanout;
};

struct tare_hbg_edge {
	uint32_t to;
	uint32_t next; /* TARE_NO_EDGE ends */
};

struct tare_hbg_image {
	uint32_t revision;
	uint32_t worker_count;     /* 3 x block_dim */
	uint32_t aicpu_threads;    /* that schedule; launched ones with a larger index leave at once */
	uint32_t task_count;
	uint32_t edge_count;
	uint32_t arg_count;
	uint32_t phase;            /* the device's: the host writes 0 */
	int32_t error;             /* written by the device: 0, or a tare_status (TARE_E_STALL, TARE_E_FAILED) */
	uint64_t tasks;            /* device addresses */
	uint64_t args;
	uint64_t edges;
	uint64_t workspace;
	uint32_t completed;        /* written by the device at the end */
	uint32_t error_worker;     /* worker that failed the handshake, or UINT32_MAX */
	struct tare_handshake workers[TARE_MAX_CORES];
};

/* Bytes the schedulers need beside the image; depends on nothing but the counts. */
uint64_t tare_hbg_workspace_bytes(uint32_t task_count);

#endif
