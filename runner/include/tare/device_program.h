/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_program - what code on the device may call, and what it offers
 *
 * A device object (the AICPU object, the AICore image) imports nothing.  It
 * exports its entries, and, when it knows this header, tare_device_bind: then
 * its entries are run as coroutines and get a port, and wait by tare_core_ops.wait.
 * An object without tare_device_bind is foreign: each entity gets a thread and
 * may poll plain memory.
 *
 * Entries by name: "simpler_aicpu_init", "simpler_aicpu_exec" in the AICPU
 * object; "aicore_kernel_0_mix_aic", "aicore_kernel_0_mix_aiv" in the AICore image.
 *
 * This header crosses an object boundary: it includes nothing of ours.
 */
#ifndef TARE_DEVICE_PROGRAM_H
#define TARE_DEVICE_PROGRAM_H

#include <stdint.h>

#define TARE_CORE_OPS_REVISION 3u /* 3: lend, recall */

enum tare_core_kind { TARE_CORE_AIC = 0, TARE_CORE_AIV = 1, TARE_CORE_AICPU = 2 };

#define TARE_RING_OWNER   0xFFFFFFFFu /* from a core: the AICPU thread that hears it */
#define TARE_RING_THREADS 0xFFFFFFFEu /* every other AICPU thread of the launch */
#define TARE_RING_THREAD(index) (0xFFFFFF00u + (index)) /* that AICPU thread */

struct tare_core_ops;

/* One entity's hands: a core's or an AICPU thread's.  Owned by the fabric. */
struct tare_device_port {
	const struct tare_core_ops *ops;
	uint32_t index; /* core: block index, AICs 0..B-1 then AIVs B..3B-1; thread: 0.. */
	uint32_t count; /* entities of this launch: 3B cores, or the threads launched */
	uint32_t kind;  /* enum tare_core_kind */
	uint32_t physical; /* core: its physical id, the index into the register table */
};

typedef int (*tare_device_entry_fn)(struct tare_device_port *port, void *kernel_args);

/*
 * What a kernel gets as its second argument; the reference's kernels take one
 * argument and do not see it.
 */
struct tare_kernel_context {
	uint64_t stamp;       /* of the AICore image whose executor calls */
	uint32_t block_index;
	uint32_t block_count;
	uint32_t kind;        /* TARE_CORE_AIC | TARE_CORE_AIV */
	uint32_t sub_block;   /* 0 | 1 on AIV */
	void (*yield)(const struct tare_kernel_context *); /* lets others run; NULL where it can't */
	void *road;           /* the fabric's, for yield */
};

typedef void (*tare_kernel_fn)(int64_t *args, const struct tare_kernel_context *context);

/*
 * While an AICPU thread is lent: whose code it is in.  The thread says so itself, at each step from theirs into ours and
 * back; and when it goes back and `overdue` is not 0, it calls recall.
 */
struct tare_lease {
	volatile uint32_t at;      /* enum tare_lease_at */
	volatile uint32_t overdue; /* the processor time is used up */
};

enum tare_lease_at { TARE_LEASE_NONE, TARE_LEASE_THEIRS, TARE_LEASE_OURS };

typedef void (*tare_lend_fn)(void *cookie, struct tare_lease *lease);

struct tare_core_ops {
	uint32_t revision; /* TARE_CORE_OPS_REVISION */
	uint32_t size;     /* of this struct */

	/* Registers: address = register table[physical] + offset. Load-acquire; store-release that rings
	 * the core whose block the address lies in (from AICPU) or the owner (from that core). */
	uint32_t (*load)(struct tare_device_port *port, uint64_t address);
	void (*store)(struct tare_device_port *port, uint64_t address, uint32_t value);

	/* Wakes: a core by its index, or TARE_RING_OWNER, TARE_RING_THREADS, TARE_RING_THREAD(i). */
	void (*ring)(struct tare_device_port *port, uint32_t target);

	/* From AICPU: from now on this thread hears that core. Thread 0 hears all at first. */
	void (*hear)(struct tare_device_port *port, uint32_t core);

	/* From AICPU: a core that has rung and was not yet returned, or -1. */
	int32_t (*heard)(struct tare_device_port *port);

	/* Until somebody rang since the last return. 0; not 0: the launch is over, leave with an error. */
	int (*wait)(struct tare_device_port *port);

	/* From a core: runs the kernel at a device address. */
	void (*call)(struct tare_device_port *port, uint64_t entry, int64_t *args, struct tare_kernel_context *context);

	/* Device clock, in nanoseconds. */
	uint64_t (*clock)(struct tare_device_port *port);

	/* One line for the machine's log; level as enum tare_log_level. */
	void (*log)(struct tare_device_port *port, int level, const char *line);

	/*
	 * From AICPU: an object of the caller's, opened in the AICPU's process and counted there, closed by hand
	 * or with the device.  name: for its file and the log.  0, or a negative tare_status with a sentence in the log.
	 */
	int (*object_open)(struct tare_device_port *port, const char *name, const void *bytes, uint64_t size,
		uint64_t *object);
	int (*object_symbol)(struct tare_device_port *port, uint64_t object, const char *name, uint64_t *address);
	int (*object_close)(struct tare_device_port *port, uint64_t object);

	/*
	 * From AICPU: run(cookie), which calls code of somebody else's.  0; or TARE_E_STALL: that code had used up its
	 * processor time, and was left where it was.  Nothing is waited for inside but through functions of ours.
	 */
	int (*lend)(struct tare_device_port *port, tare_lend_fn run, void *cookie);

	/* From inside run: out of it, at once. */
	void (*recall)(struct tare_device_port *port);
};

/* Exported by device objects of ours: 0 when it understands ops->revision.  Keeps nothing. */
typedef int (*tare_device_bind_fn)(const struct tare_core_ops *ops);

#endif
