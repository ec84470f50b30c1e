/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_tensor - what kernels and orchestrations of tensormap_and_ringbuffer see of a tensor
 *
 * Binary compatible with the reference (facts/runtime.md 4.9, 6.4, 6.6).  A
 * tensor is a view of a buffer: element (i, j, ...) lies at
 * buffer + (start_offset + i x strides[0] + j x strides[1] + ...) x width.
 *
 * This header crosses an object boundary: it includes nothing of ours.
 */
#ifndef TARE_TRB_TENSOR_H
#define TARE_TRB_TENSOR_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TARE_TRB_DIMS    5
#define TARE_TRB_TENSORS 16 /* of one task */
#define TARE_TRB_SCALARS 32

/* A task id: the ring in bits 32 to 39, the number in the ring below. */
#define TARE_TRB_NO_TASK UINT64_MAX

struct tare_trb_tensor {
	uint64_t buffer;       /* device address */
	uint64_t buffer_size;  /* bytes */
	uint64_t owner;        /* the task that creates it; TARE_TRB_NO_TASK: comes from outside */
	uint64_t start_offset; /* elements */
	int32_t version;
	uint32_t dims;
	uint8_t type;          /* enum tare_data_type */
	uint8_t manual_dep;    /* not looked up, not recorded */
	uint8_t is_contiguous;
	uint8_t pad;
	uint32_t shapes[TARE_TRB_DIMS];
	uint64_t extent;       /* elements from the first to the last, both counted */
	uint32_t strides[TARE_TRB_DIMS]; /* elements, never 0 */
	uint8_t reserved[36];
} __attribute__((aligned(64)));

/* An output that is still to be created; the tail of it is a tensor's first half. */
struct tare_trb_create_info {
	uint64_t initial_value; /* its low bytes fill each element */
	uint8_t has_initial_value;
	uint8_t pad8[7];
	uint64_t owner;
	uint64_t start_offset;  /* 0 */
	int32_t version;
	uint32_t dims;
	uint8_t type;
	uint8_t manual_dep;
	uint8_t is_contiguous;  /* 1 */
	uint8_t pad43;
	uint32_t shapes[TARE_TRB_DIMS];
} __attribute__((aligned(64)));

/*
 * A kernel's arguments: args[0..T) tensors by address, then the scalars,
 * and at two fixed places what it is one part of.
 */
#define TARE_TRB_ARGS           50
#define TARE_TRB_ARG_LOCAL      48 /* struct tare_trb_local * */
#define TARE_TRB_ARG_GLOBAL     49 /* struct tare_trb_global * */

/*
 * A condition that must come true before a kernel that has returned counts as returned; the layout is ours.  A task is
 * complete when all its kernels count so.
 */
struct tare_trb_condition {
	uint64_t address; /* of a word of 32 bits in a tensor of the task */
	uint32_t wanted;
	uint32_t kind;    /* enum tare_trb_condition_kind */
};

enum tare_trb_condition_kind { TARE_TRB_AT_LEAST = 0 /* the word is at least `wanted` */ };

#define TARE_TRB_CONDITIONS 64u /* of one kernel's run */

struct tare_trb_local {
	int32_t block_index;
	int32_t block_count;
	uint64_t conditions; /* struct tare_trb_condition[TARE_TRB_CONDITIONS] */
	uint32_t condition_count; /* written by the kernel, as tare_trb_complete_when does */
	uint32_t condition_error; /* the same: 102 when it had more */
	uint64_t pad[3];
};

struct tare_trb_global {
	int32_t sub_block; /* 0 | 1 on the two AIVs of a cluster */
};

static_assert(sizeof(struct tare_trb_tensor) == 128, "a tensor is 128 bytes");
static_assert(offsetof(struct tare_trb_tensor, owner) == 16, "owner");
static_assert(offsetof(struct tare_trb_tensor, version) == 32, "version");
static_assert(offsetof(struct tare_trb_tensor, type) == 40, "type");
static_assert(offsetof(struct tare_trb_tensor, shapes) == 44, "shapes");
static_assert(offsetof(struct tare_trb_tensor, extent) == 64, "extent");
static_assert(offsetof(struct tare_trb_tensor, strides) == 72, "strides");
static_assert(offsetof(struct tare_trb_tensor, reserved) == 92, "reserved");
static_assert(sizeof(struct tare_trb_create_info) == 64, "a create info is 64 bytes");
static_assert(offsetof(struct tare_trb_create_info, has_initial_value) == 8, "has_initial_value");
static_assert(offsetof(struct tare_trb_create_info, owner) == 16, "owner");
static_assert(offsetof(struct tare_trb_create_info, type) == 40, "type");
static_assert(offsetof(struct tare_trb_create_info, shapes) == 44, "shapes");
static_assert(sizeof(struct tare_trb_local) == 48, "a local context is 48 bytes");

/* From a kernel: this run of it is not over before the word is at least `wanted`, although its core is free. */
static inline void tare_trb_complete_when(struct tare_trb_local *local, const volatile void *word, uint32_t wanted)
{
	struct tare_trb_condition *conditions = (struct tare_trb_condition *)(uintptr_t)local->conditions;

	if (local->condition_count >= TARE_TRB_CONDITIONS) {
		local->condition_error = 102;
		return;
	}
	conditions[local->condition_count].address = (uint64_t)(uintptr_t)word;
	conditions[local->condition_count].wanted = wanted;
	conditions[local->condition_count].kind = TARE_TRB_AT_LEAST;
	local->condition_count++;
}

#ifdef __cplusplus
}
#endif

#endif
