/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch - what differs between a2a3 and a5: numbers, and nothing else
 *
 * Source: facts/runtime.md section 8.
 */
#ifndef TARE_ARCH_H
#define TARE_ARCH_H

#include <stdint.h>

#include <tare/cell.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TARE_MAX_CORES 108        /* the larger of both architectures */
#define TARE_MAX_AICPU_THREADS 7
#define TARE_ABSENT UINT32_MAX    /* a field or register this architecture has not */

/* Byte offsets in the KernelArgs block that AICPU and AICore receive. */
struct tare_kernel_args_layout {
	uint32_t size;
	uint32_t device_args;   /* 40 */
	uint32_t runtime_args;  /* 48 */
	uint32_t regs;          /* 56 */
	uint32_t ffts_base;     /* a2a3 only */
	uint32_t log_level;
	uint32_t log_info_v;
	uint32_t profiling_flag;
	uint32_t device_wall;
	uint32_t device_id;
};

struct tare_arch {
	enum tare_arch_id id;
	const char *name;
	uint32_t max_block_dim;       /* 24 | 36; a block is 1 AIC + 2 AIV */
	uint32_t max_cores;           /* 72 | 108 */
	uint32_t max_aicpu_threads;   /* 4 | 7 */
	uint32_t launched_aicpu_threads; /* 6 | 7: CANN starts that many, the rest leave at once */
	uint32_t physical_cores;      /* 75 | 108: a core reporting a larger id is refused */
	uint32_t data_main_base;      /* register offsets */
	uint32_t cond;
	uint32_t fast_path_enable;    /* or TARE_ABSENT */
	uint32_t fast_path_open;
	uint32_t fast_path_close;
	uint32_t register_block;      /* bytes from one core's registers to the next */
	uint64_t counter_hz;          /* device clock */
	uint32_t op_timeout_us;       /* 1,000,000 */
	uint32_t stream_timeout_ms;   /* 2,000 */
	uint32_t aicore_image_bytes;  /* file size of the reference's AICore ELF */
	uint64_t device_memory;       /* bytes visible on one card */
	uint32_t hal_registers_by_core; /* 0: one halMemCtl map; 1: halResMap core by core */
	struct tare_kernel_args_layout kernel_args;
};

extern const struct tare_arch tare__arch_a2a3;
extern const struct tare_arch tare__arch_a5;

const struct tare_arch *tare_arch(enum tare_arch_id id);

#ifdef __cplusplus
}
#endif

#endif
