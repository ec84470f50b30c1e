/* SPDX-License-Identifier: Apache-2.0 */
/* test_bench - what the machine's tests share: files, a card as asked for, one context with two streams */
#ifndef TARE_MACHINE_TEST_BENCH_H
#define TARE_MACHINE_TEST_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <tare/machine.h>

#include "test_device.h"
#include "vendor.h"

struct test_file {
	void *bytes;
	uint64_t size;
};

struct test_bench {
	struct test_file aicpu, aicore;
	rtStream_t aicpu_stream, aicore_stream;
	rtBinHandle binary;
	rtFuncHandle exec;
	void *image;
	struct test_args *args; /* device memory */
	uint32_t *out;          /* device memory, 256 words of zero */
};

struct test_file test_read(const char *name); /* a path, or a file of the folder of device objects */

/* Changes its header to name a processor that nobody here has. */
void test_for_another_processor(const struct test_file *file);

/* A fresh machine: defaults, quiet, no environment. */
struct tare_machine_setup test_setup(enum tare_arch_id arch);
void test_use(const struct tare_machine_setup *setup);

/* Streams, the AICPU object preinstalled, both programs ready to launch. */
struct test_bench test_open(const struct tare_machine_setup *setup);
void test_close(struct test_bench *bench);

/* Queue one launch; the driver's code. */
int test_launch_aicpu(const struct test_bench *bench, enum test_deed deed, uint32_t threads);
int test_launch_aicore(const struct test_bench *bench, enum test_deed deed, uint32_t blocks);

/* The bootstrap launch with these blobs, up to and with the synchronize. */
int test_bootstrap(rtStream_t stream, struct test_file dispatcher, struct test_file inner, uint64_t device);

struct tare_machine_account test_account(void);

#endif
