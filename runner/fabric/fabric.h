/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fabric - cores and AICPU threads, multiplexed over the host's processors
 *
 * An entity is one AICore core or one AICPU thread.  It runs an entry of a
 * device object on a coroutine of its own and gives way only in
 * tare_core_ops.wait.  Nothing polls: an entity that waits costs nothing until
 * somebody rings it.
 *
 * Three drivers run the same entities.  POOL: W workers, the first of which is
 * the thread inside tare_fabric_run; the others are started at open and joined
 * at close.  SEEDED: one worker that changes entity at every load, store, ring
 * and wait, in an order drawn from a seed.  PARKED: one thread per entity,
 * parked on a futex while it waits: the oracle, and the road for foreign code.
 *
 * Quiescence is counted: every entity that could run holds one; zero is stable,
 * because only a running entity can ring another.  Zero with work left is a
 * deadlock, found exactly and at once.
 */
#ifndef TARE_FABRIC_H
#define TARE_FABRIC_H

#include <stdbool.h>
#include <stdint.h>

#include <tare/device_program.h>
#include <tare/log.h>

enum tare_fabric_driver { TARE_FABRIC_RUN_POOL, TARE_FABRIC_RUN_SEEDED, TARE_FABRIC_RUN_PARKED };

/* Where stacks, registers and threads come from; NULL entries: mmap and pthreads. All return 0 or negative. */
struct tare_fabric_host {
	int (*mapping_take)(uint64_t size, void **mapping);
	int (*mapping_give)(void *mapping, uint64_t size);
	int (*thread_start)(void *(*run)(void *), void *cookie, void **thread);
	int (*thread_join)(void *thread);
};

/*
 * Who opens objects for AICPU threads; NULL entries: nobody, and the call is TARE_E_UNSUPPORTED.  Called on the stack
 * of the AICPU thread, on whichever worker runs it; one at a time is the callee's business.
 */
struct tare_fabric_objects {
	void *cookie;
	int (*open)(void *cookie, const char *name, const void *bytes, uint64_t size, uint64_t *object);
	int (*symbol)(void *cookie, uint64_t object, const char *name, uint64_t *address);
	int (*close)(void *cookie, uint64_t object);
};

struct tare_fabric_config {
	uint32_t cores;            /* at most TARE_MAX_CORES */
	uint32_t threads;          /* AICPU threads, at most TARE_MAX_AICPU_THREADS */
	uint32_t register_block;   /* bytes of one core's registers */
	enum tare_fabric_driver driver;
	uint32_t workers;          /* POOL: 1..16 */
	uint64_t seed;             /* SEEDED */
	uint64_t kernel_budget_ns; /* CPU time of one kernel after which it is abandoned; 0: never */
	uint64_t (*code_view)(uint64_t address); /* executable address of device code; NULL: itself */
	struct tare_fabric_host host;
	struct tare_fabric_objects objects;
	struct tare_log log;
};

struct tare_fabric;

/* Owned by the caller until tare_fabric_close, and used by one thread at a time. */
int tare_fabric_open(struct tare_fabric **fabric, const struct tare_fabric_config *config);
int tare_fabric_close(struct tare_fabric **fabric); /* it is gone; what its host said first, where that refused a release */

/* Address of the register block of core 0; the next core's is register_block bytes on. Real, zeroed memory. */
uint64_t tare_fabric_registers(const struct tare_fabric *fabric);

/* One launch on the device: an entry run by `count` entities. */
struct tare_fabric_job {
	bool on_cores;                 /* else AICPU threads */
	tare_device_entry_fn entry;    /* AICPU threads and AICs */
	tare_device_entry_fn entry_aiv;/* AIVs; on_cores only */
	void *args;                    /* the KernelArgs block */
	uint32_t count;                /* threads, or blocks (3 cores each) */
	bool foreign;                  /* no tare_device_bind: a thread each, entry(args) */
	/* filled by the fabric */
	int result;                    /* the first that was not 0 */
	uint32_t running;              /* entities that have not left */
	uint32_t abandoned;            /* of those, kernels that never came back */
};

/* Its entities become runnable. Borrowed until it has ended. TARE_E_BUSY: cores or threads are in use. */
int tare_fabric_submit(struct tare_fabric *fabric, struct tare_fabric_job *job);

/*
 * A job that has ended; runs whatever can run before it says that there is none.  NULL: nothing can run
 * any more (or nothing was submitted).  Between calls nothing runs.
 */
struct tare_fabric_job *tare_fabric_run(struct tare_fabric *fabric);

/*
 * Every entity that waits is told to leave; returns when all have, abandoned ones aside.  All jobs have ended
 * then and are not returned by run any more.
 */
void tare_fabric_cancel(struct tare_fabric *fabric);

/* Kernels abandoned since open: the device is to be considered poisoned. */
uint32_t tare_fabric_abandoned(const struct tare_fabric *fabric);

/* SEEDED: a hash over every step since open, equal for equal seeds. */
uint64_t tare_fabric_trace(const struct tare_fabric *fabric);

#endif
