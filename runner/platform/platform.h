/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform - one device as the runner above sees it: onboard | sim
 *
 * graph and device see this header and neither of the two tables.  A platform
 * owns what it took from the driver and knows nothing of callables or arenas.
 * Calls return 0, a negative tare_status, or the driver's own positive code.
 */
#ifndef TARE_PLATFORM_H
#define TARE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tare/arch.h>
#include <tare/driver.h>
#include <tare/log.h>

/* The three device objects, as bytes.  Copied by init. */
struct tare_binaries {
	const uint8_t *aicpu;
	size_t aicpu_size;
	const uint8_t *aicore;
	size_t aicore_size;
	const uint8_t *dispatcher; /* onboard only */
	size_t dispatcher_size;
};

/* A kernel made ready to be called. */
struct tare_kernel_code {
	uint64_t entry;  /* what a task carries */
	void *object;    /* sim: the open object; else NULL */
};

struct tare_launch {
	uint64_t runtime_args;   /* device address of the graph's image */
	uint32_t block_dim;
	uint32_t aicpu_threads;

	/*
	 * What the device says of the launch, 0 bytes: nothing.  Read back whichever way it ended, before a device
	 * that did not come through is given up.
	 */
	uint64_t report;         /* device address */
	void *report_to;
	uint32_t report_bytes;

	/* filled */
	uint64_t device_wall_ns;
	int report_error;        /* 0: it was read; TARE_E_STATE: the device was not given the launch; else why not */
};

struct tare_platform;

struct tare_platform_ops {
	const char *name;

	/* Takes nothing from the driver yet. */
	int (*create)(struct tare_platform **platform, const struct tare_arch *arch, const struct tare_tables *tables,
		const struct tare_log *log);
	/* After finalize; a platform that was not finalized is finalized first. */
	void (*destroy)(struct tare_platform **platform);

	/* Binds the calling thread; a thread already bound to this context makes no second reference. */
	int (*attach)(struct tare_platform *platform, int32_t device);

	/* Streams, bootstrap, op timeout (sim: keeps the bytes, opens the AICPU object). Rolls back whole. */
	int (*init)(struct tare_platform *platform, const struct tare_binaries *binaries);

	/* Device memory, 512-byte aligned.  Every block is remembered; release of a stranger is TARE_E_ARGUMENT. */
	int (*take)(struct tare_platform *platform, uint64_t size, uint64_t *address);
	int (*give)(struct tare_platform *platform, uint64_t address);
	int (*copy_in)(struct tare_platform *platform, uint64_t to, const void *from, uint64_t size);
	int (*copy_out)(struct tare_platform *platform, void *to, uint64_t from, uint64_t size);
	uint64_t (*committed_bytes)(const struct tare_platform *platform);
	uint64_t (*committed_blocks)(const struct tare_platform *platform);

	/* Makes a kernel callable: onboard its text lies at `address` already; sim opens it as an object. */
	int (*kernel_open)(struct tare_platform *platform, const uint8_t *bytes, uint32_t size, uint64_t address,
		struct tare_kernel_code *code);
	int (*kernel_close)(struct tare_platform *platform, struct tare_kernel_code *code);

	/* An orchestration object on the host: written to a temporary file, opened, the file removed. */
	int (*orchestration_open)(struct tare_platform *platform, const uint8_t *bytes, uint32_t size, const char *function,
		void **object, void **symbol);
	int (*orchestration_close)(struct tare_platform *platform, void *object);

	/* Of one that the AICPU is to open when it is launched: refused where it is none, or none for that processor. */
	int (*orchestration_check)(struct tare_platform *platform, const uint8_t *bytes, uint32_t size);

	int (*max_block_dim)(struct tare_platform *platform, uint32_t *blocks);

	/* Registers the AICore image when this generation has not, launches init, exec and AICore, waits for both. */
	int (*launch)(struct tare_platform *platform, struct tare_launch *launch);

	/*
	 * Finds the AICPU object's entry simpler_aicpu_close, once, before there is anything to close: giving back must
	 * not need to take.  Then runs it on one thread and waits; it finds its image at runtime_args.
	 */
	int (*aicpu_close_find)(struct tare_platform *platform);
	int (*aicpu_close)(struct tare_platform *platform, uint64_t runtime_args);

	/* Gives back all, in order: streams, functions, images, kept blocks, resets.  Bounded; twice is harmless. */
	int (*finalize)(struct tare_platform *platform);

	bool (*poisoned)(const struct tare_platform *platform);
	/* Poisoned, or found to be dead by asking the device, where an answer of its raised a doubt; then it is poisoned. */
	bool (*is_dead)(struct tare_platform *platform);
	uint64_t (*image_generation)(const struct tare_platform *platform); /* 0: no image registered now */
	uint32_t (*references)(const struct tare_platform *platform);
};

extern const struct tare_platform_ops tare__platform_onboard;
extern const struct tare_platform_ops tare__platform_sim;

#endif
