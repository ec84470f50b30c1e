/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abi - seam 1: the runtime's published C ABI, revision d9cdf01b8, as one struct
 *
 * Source: facts/runtime.md 1.3.  Filled by our embedded cells and, for a
 * foreign libhost_runtime.so, by name.  The entries stand in abi.def; the
 * exported objects have exactly these 26 names and tare_ext_v1.
 */
#ifndef TARE_ABI_H
#define TARE_ABI_H

#include <stddef.h>
#include <stdint.h>

#include <tare/callable.h>
#include <tare/cell.h>
#include <tare/driver.h>
#include <tare/log.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tare_abi {
#define TARE_ABI(result, name, parameters) result (*name) parameters;
#include <tare/abi.def>
#undef TARE_ABI
};

/* A dump of the runner's own fields: equal dumps before and after mean nothing was left behind. */
struct tare_dump {
	int32_t device;              /* -1: none */
	uint32_t state;              /* enum tare_runner_state, device/state.h */
	uint32_t callables;          /* registered */
	uint32_t contents;           /* distinct callable images on the device */
	uint32_t host_handles;       /* orchestration objects open */
	uint32_t child_handles;      /* sim: kernel objects open */
	uint64_t committed_bytes;    /* device bytes this runner owns */
	uint64_t committed_blocks;
	uint64_t launch_buffer_bytes;/* of those, kept for launches */
	uint64_t arena_bytes[3];     /* heap, shared memory, runtime: committed sizes */
	uint64_t launches;           /* ever */
	uint64_t host_dlopens;       /* ever */
	uint64_t image_generation;   /* 0: no AICore image registered */
	uint32_t references;         /* device bindings made and not yet reset */
	uint32_t poisoned;
	uint32_t reserved;
};

/*
 * What the ABI cannot say.  A foreign runtime may have it too: exported as
 * `const struct tare_ext tare_ext_v1`.
 */
struct tare_ext {
	uint32_t revision; /* 1 */
	uint32_t size;     /* of this struct */

	/* A context of `cell` over given tables; log and tables are copied. NULL on error. Destroyed as any other. */
	void *(*open)(struct tare_cell cell, const struct tare_tables *tables, const struct tare_log *log);

	/* As prepare_callable, and at most `size` bytes of the image are looked at. */
	int (*prepare_sized)(void *context, int32_t id, const void *callable, size_t size);

	/* Three arenas at once: same or smaller keeps, 0 gives back, growth gives back first; if one fails, none stays. */
	int (*setup_static_arena)(void *context, uint64_t heap, uint64_t shared, uint64_t runtime);
	void *(*acquire_heap)(void *context);    /* base, 1,024-aligned, or NULL */
	void *(*acquire_shared)(void *context);
	void *(*acquire_runtime)(void *context);

	uint64_t (*committed_bytes)(void *context);
	void (*dump)(void *context, struct tare_dump *dump);
};

/* Our own cell, linked in. Static; NULL where this build has not that cell. */
const struct tare_abi *tare_embedded(struct tare_cell cell);
extern const struct tare_ext tare_ext_v1;

#ifdef __cplusplus
}
#endif

#endif
