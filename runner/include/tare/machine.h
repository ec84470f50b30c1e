/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine - the emulated CANN device: how it is set up, and what it can be asked
 *
 * libtare_cann.so exports the vendor's symbols (facts/cann.md section 2.1) and
 * the functions below.  Its memory is also sim's device memory.
 *
 * Set-up comes from a call or from the environment; the call wins.  Setting
 * up is refused while a device is open.  A bad value is an error that names it;
 * from the environment it is said on standard error and every call that opens
 * a device fails with 507033.
 */
#ifndef TARE_MACHINE_H
#define TARE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tare/cell.h>
#include <tare/log.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tare_image_cost { TARE_COST_ELF_FILE, TARE_COST_ALLOC_SPAN }; /* what an image pins at its first launch */
enum tare_reset_model { TARE_RESET_COUNTED, TARE_RESET_FULL };     /* rtDeviceReset: one reference, or all of it */
enum tare_fabric_choice { TARE_FABRIC_POOL, TARE_FABRIC_SEEDED, TARE_FABRIC_PARKED };

#define TARE_MACHINE_PATH 256

struct tare_machine_setup {          /* environment, default */
	enum tare_arch_id arch;          /* TARE_MACHINE_ARCH=a2a3|a5, a5 */
	uint64_t memory;                 /* TARE_MACHINE_MEMORY=bytes[K|M|G], 0: what the card of that arch shows */
	uint64_t largest_block;          /* TARE_MACHINE_LARGEST_BLOCK, 0: no limit but memory */
	enum tare_image_cost cost;       /* TARE_MACHINE_IMAGE_COST=elf-file|alloc-span, elf-file */
	enum tare_reset_model reset;     /* TARE_MACHINE_RESET=counted|full, counted */
	enum tare_fabric_choice fabric;  /* TARE_MACHINE_FABRIC=pool|seeded|parked, pool */
	uint32_t workers;                /* TARE_MACHINE_WORKERS=1..16, 1: the caller */
	uint64_t seed;                   /* TARE_MACHINE_SEED, 1; for seeded */
	uint32_t kernel_budget_ms;       /* TARE_MACHINE_KERNEL_BUDGET_MS, 1000: CPU time after which a kernel hangs */
	bool without_unregister;         /* TARE_MACHINE_WITHOUT=unregister,recover: as if the symbol did not exist */
	bool without_recover;
	bool report;                     /* TARE_MACHINE_REPORT=0|1, 0: what is alive when the process exits, on standard error */
	char root[TARE_MACHINE_PATH];    /* TARE_MACHINE_ROOT=dir for the AICPU store; empty: a directory of its own under TMPDIR */
	struct tare_log log;             /* not from the environment; default: warnings to standard error */
};

/* Defaults overlaid with the environment. 0, or TARE_E_ARGUMENT with the sentence in `error`. */
int tare_machine_setup_read(struct tare_machine_setup *setup, char *error, size_t room);

/* Takes the set-up over (copied). TARE_E_STATE while a device is open. */
int tare_machine_setup_use(const struct tare_machine_setup *setup);
const struct tare_machine_setup *tare_machine_setup_current(void); /* static */

/* The machine's account: everything alive in it, at any time, of one device or of all (-1). */
struct tare_machine_account {
	uint64_t references;       /* device references */
	uint64_t blocks;           /* user allocations */
	uint64_t block_bytes;      /* as asked for */
	uint64_t used_bytes;       /* as the driver counts: user blocks rounded, images, streams, strings */
	uint64_t total_bytes;      /* capacity */
	uint64_t largest_free;
	uint64_t streams;
	uint64_t images;           /* pinned on the device */
	uint64_t image_bytes;
	uint64_t programs;         /* registered and not unregistered: host copies */
	uint64_t binaries;
	uint64_t functions;
	uint64_t aicpu_objects;    /* opened by the AICPU and not closed */
	uint64_t preinstalled;     /* files in the AICPU store */
	uint64_t preinstalled_writes; /* ever */
	uint64_t registrations;    /* ever */
	uint64_t torn_down_blocks; /* user blocks that were alive when their context went down: leaked, ever */
	uint64_t used_after_unregister; /* calls with a handle given back, ever */
	bool poisoned;
};

void tare_machine_account(int32_t device, struct tare_machine_account *account);

/* Leaves `bytes` free: the rest of the device's memory is taken by the machine itself. 0 or TARE_E_*. Device need not be open. */
int tare_machine_headroom(int32_t device, uint64_t bytes);

/*
 * What befalls a device: the next kernel queued on it ends with an error, or never ends; or all of it is dead at once.
 * NONE takes back what no kernel has met yet.
 */
enum tare_trouble { TARE_TROUBLE_NONE, TARE_TROUBLE_LATE, TARE_TROUBLE_HANG, TARE_TROUBLE_POISON };

/*
 * A negative device is the one this thread is bound to.  TARE_E_ARGUMENT; TARE_E_STATE: it is not open.  Of NONE, LATE
 * and HANG the last one set before the kernel is queued counts.
 */
int tare_machine_trouble(int32_t device, enum tare_trouble trouble);

/*
 * Under valgrind a device that goes down leaves the blocks that nobody gave back to memcheck, as lost, and stays mapped for
 * it.  Whoever knows why nobody could give them back forgives them: they are nobody's leak, and the mappings go.  Returns
 * how many blocks there were; elsewhere 0.
 */
uint64_t tare_machine_forgive(void);

/* Ends every device whatever its references say, forgets programs, binaries, the poison and the store. For tests. */
void tare_machine_forget(void);

/* Sim's device memory: the same heap, without a context. */
int tare_machine_memory_take(int32_t device, uint64_t size, void **memory);
int tare_machine_memory_give(int32_t device, void *memory);
int tare_machine_memory_info(int32_t device, uint64_t *unused, uint64_t *total);
int tare_machine_memory_copy(void *to, const void *from, uint64_t size); /* TARE_E_ARGUMENT: neither side is device memory */

/* The executable view of a device address: address + this, 0 outside device memory. */
uint64_t tare_machine_code_view(uint64_t address);

#ifdef __cplusplus
}
#endif

#endif
