/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_platform - a platform for the unit tests of graph and device
 *
 * Its device is host memory and plain C functions.  Everything that a platform
 * can refuse is counted, and the n-th of these calls can be made to fail.
 */
#ifndef TARE_FAKE_PLATFORM_H
#define TARE_FAKE_PLATFORM_H

#include <stdatomic.h>
#include <stdbool.h>

#include <tare/device_program.h>

#include "platform/platform.h"

#define FAKE_BLOCKS 4096
#define FAKE_ERROR  207001

struct fake_function {
	const char *name;
	void *symbol;
};

/* One for the process; a test sets it to zero first. */
struct fake_control {
	uint32_t calls;          /* that can fail, so far */
	uint32_t fail_at;        /* the number of the call that fails; 0: none */
	uint64_t capacity;       /* bytes; 0: no limit */
	uint32_t takes;
	uint32_t gives;
	uint32_t copies_in;
	uint32_t copies_out;
	uint32_t launches;
	uint32_t objects;        /* orchestrations open now */
	uint32_t kernels;        /* open now */
	uint32_t refuse_give;    /* so many gives fail from now on */
	uint32_t refuse_close;   /* so many closes of objects fail from now on */
	bool misaligned;         /* blocks lie at odd multiples of 512 */
	bool poison;             /* the next launch poisons the device */
	bool refuse_report;      /* what the device says of a launch can't be read */
	uint32_t closes;         /* on the AICPU */
	int (*close)(uint64_t runtime_args);     /* in place of closing what it is asked to */
	uint32_t max_block_dim;  /* 0: as the arch says */
	const struct fake_function *functions;   /* what an orchestration object may define; NULL name ends */
	const tare_kernel_fn *code;              /* a kernel's first byte is its index here */
	int (*launch)(struct tare_launch *);     /* in place of running the graph */
	uint64_t blocks[FAKE_BLOCKS];            /* alive; 0: none */
	uint64_t sizes[FAKE_BLOCKS];
	uint64_t bytes;
	uint32_t alive;
};

extern struct fake_control fake;
extern const struct tare_platform_ops fake_platform;

void fake_reset(void); /* also frees what is alive */

#endif
