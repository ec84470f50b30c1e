/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine_priv - everything alive in the emulated device hangs off one root
 *
 * One mutex guards it.  Functions whose names begin with tare__ expect it to be
 * held unless their comment says otherwise; the vendor's names and tare_machine_*
 * take it.  It is given up only while the fabric runs (drive.c).
 */
#ifndef TARE_MACHINE_PRIV_H
#define TARE_MACHINE_PRIV_H

#include <pthread.h>
#include <sys/types.h>

#include <tare/arch.h>
#include <tare/cann.h>
#include <tare/device_program.h>
#include <tare/image.h>
#include <tare/object.h>
#include <tare/status.h>

#include "../fabric/fabric.h"

#include "arena.h"
#include "handle.h"

/* The control functions are exported, whatever the compiler's default. */
#pragma GCC visibility push(default)
#include <tare/machine.h>
#pragma GCC visibility pop

#define TARE__DEVICES 64       /* RT_MAX_DEV_NUM */
#define TARE__STREAM_BYTES 4096
#define TARE__STREAMS_MOST 1984
#define TARE__ARGS_MOST 1024
#define TARE__QUEUE 64         /* launches a stream holds */
#define TARE__AICPU_BLOCKS_MOST 65535

struct tare__device;
struct tare__stream;

/* One kernel of an AICore image: all that the tiling key selects. */
struct tare__kernel {
	uint64_t key;
	char aic[96], aiv[96]; /* symbols; equal where the kernel is not a mix */
};

/* What rtRegisterAllKernel keeps: on the host, whether or not any device is open. */
struct tare__program {
	uint32_t magic;
	uint64_t handle;
	uint8_t *bytes;
	uint64_t size;
	struct tare_image image;
	struct tare__kernel *kernels;
	uint32_t kernel_count;
	struct tare__module *modules[TARE__DEVICES];
};

/* A program on one device, from the first launch there on. */
struct tare__module {
	struct tare__module *next; /* of the device */
	struct tare__program *program;
	void *object;
	void *block;
	uint64_t cost;
	bool foreign;
	uint32_t in_flight; /* launches queued that use it */
	tare_device_entry_fn *entries; /* two for each kernel of the program: aic, aiv */
};

/* An AICPU object that a device has opened from its store. */
struct tare__aicpu_object {
	struct tare__aicpu_object *next; /* of the device */
	void *object;
	bool foreign;
	char name[96];
};

struct tare__binary {
	uint32_t magic;
	uint64_t handle;
	struct tare__function *functions;
};

/* An op of a binary; counted as a function handle once somebody has looked it up. */
struct tare__function {
	uint32_t magic;
	uint64_t handle; /* 0: not looked up yet */
	struct tare__function *next;
	char op[96], symbol[96], object[96];
	uint32_t in_flight;
	struct tare__function_place {
		void *strings; /* copy of the names in device memory */
		tare_device_entry_fn entry;
		bool foreign;
	} places[TARE__DEVICES];
};

enum tare__launch_kind { TARE__LAUNCH_AICORE, TARE__LAUNCH_AICPU, TARE__LAUNCH_BOOTSTRAP };

struct tare__launch {
	enum tare__launch_kind kind;
	bool submitted;
	struct tare__stream *stream;
	struct tare__module *module;
	uint32_t kernel; /* of the module's program */
	struct tare__function *function;
	uint32_t count;  /* blocks or AICPU threads */
	uint32_t size, param_offset;
	enum tare_trouble trouble; /* what befalls it */
	bool known;      /* bootstrap: the names in its arguments are the ones the AICPU knows */
	struct tare_fabric_job job;
	_Alignas(64) unsigned char args[TARE__ARGS_MOST];
};

struct tare__stream {
	uint32_t magic;
	uint64_t handle;
	struct tare__stream *next; /* of the device */
	struct tare__device *device;
	void *block;
	int error;                 /* of the last launches; read and clear */
	uint32_t head, pending;
	struct tare__launch queue[TARE__QUEUE];
};

struct tare__device {
	uint32_t references;
	uint64_t generation;  /* of its context, never used twice; 0: none */
	bool poisoned;        /* outlives the context; only the forced reset heals */
	enum tare_trouble trouble; /* for the next kernel that is queued */
	bool driving;         /* a thread is inside the fabric, without the lock */
	struct tare__arena arena;
	uint64_t reserve;     /* bytes kept away for a headroom, also while the arena is not mapped */
	struct tare_fabric *fabric;
	struct tare__stream *streams;
	struct tare__module *modules;
	struct tare__aicpu_object *objects;
	uint64_t stream_count, module_count, module_bytes, object_count;
	uint64_t preinstalled, preinstalled_writes, torn_down_blocks;
	_Alignas(64) uint8_t c2c[64]; /* stands where a2a3 has its FFTS control block */
};

enum tare__origin { TARE__SETUP_UNREAD, TARE__SETUP_ENVIRONMENT, TARE__SETUP_BAD, TARE__SETUP_GIVEN };

struct tare__machine {
	pthread_mutex_t lock;
	pthread_cond_t driven; /* a thread has left the fabric */
	enum tare__origin origin;
	struct tare_machine_setup setup;
	struct tare__device devices[TARE__DEVICES];
	struct tare__arena *lost; /* kept for what memcheck has to tell of them */
	struct tare__handles handles;
	uint64_t generations;
	uint64_t programs, binaries, functions, registrations, used_after_unregister;
	char root[TARE_MACHINE_PATH]; /* empty: not needed yet */
	pid_t root_owner;             /* the process that made it and removes it; 0: it was given */
	uint32_t acl_inits;
	_Atomic int log_level;
};

extern struct tare__machine tare__machine;

void tare__lock(void);
void tare__unlock(void);
const struct tare_log *tare__log(void);
uint32_t tare__device_id(const struct tare__device *device);

/* -- setup.c -- */
int tare__setup_ensure(void); /* 0, or TARE_E_ARGUMENT after it was said */
const struct tare_arch *tare__arch(void);

/* -- store.c -- */
int tare__root_ensure(void);  /* the directory of the AICPU store exists */
void tare__root_forget(void);
int tare__store_path(const char *name, char *path, size_t room);
/* Writes <root>/<name> whole or not at all. */
int tare__store_write(const char *name, const void *bytes, uint64_t size, bool *is_new);
/* Opens an own instance of an object that exists only as bytes. NULL after it was logged. */
void *tare__object_open(const void *bytes, uint64_t size);
/* Tells an object of ours about our core ops. 0: it agreed; 1: it is foreign; negative: it refused. */
int tare__object_bind(void *object);
tare_device_entry_fn tare__object_entry(void *object, const char *symbol);

/* -- device.c -- */
struct tare__device *tare__device_bound(void); /* of this thread's context; NULL: none */
int tare__memory_ensure(struct tare__device *device); /* its arena is mapped */
void tare__memory_retire(struct tare__device *device); /* unmaps it when nothing needs it */
void tare__teardown(struct tare__device *device, bool wait);

/* -- stream.c -- */
struct tare__stream *tare__stream_find(uint64_t handle);
void tare__stream_discard(struct tare__stream *stream);
/* 0 and the stream; 107000, 107002 or 107003. */
int tare__stream_door(const void *handle, struct tare__stream **stream);

/* -- drive.c -- */
/* Runs the device until the stream has nothing pending. 0 or 507046; the stream's own error stays in it. */
int tare__drive_stream(struct tare__stream *stream, uint64_t deadline);
void tare__drive_device(struct tare__device *device);
void tare__drive_leave(struct tare__device *device); /* waits until no thread is inside its fabric */
void tare__drop_pending(struct tare__stream *stream);
/* The device is down: what is queued fails, and only the forced reset heals. Nobody is inside its fabric. */
void tare__poison(struct tare__device *device, const char *why);

/* -- image.c -- */
/* 0 and the program; 107000, and counted when the handle was given back. */
int tare__program_door(const void *handle, struct tare__program **program);
/* The module on that device, loaded when it is not yet, and the index of the kernel. 0, 507000 or 207001. */
int tare__module_get(struct tare__device *device, struct tare__program *program, uint64_t key,
	struct tare__module **module, uint32_t *kernel);
void tare__module_release(struct tare__device *device, struct tare__module *module);
void tare__programs_forget(void);

/* -- aicpu.c -- */
/* The function's entry on the device, opening its object when it is the first. 0 or 507018. */
int tare__function_entry(struct tare__device *device, struct tare__function *function,
	struct tare__function_place **place);
struct tare_fabric_objects tare__aicpu_lends(struct tare__device *device); /* objects the AICPU asks for while it runs */
void tare__aicpu_leave(struct tare__device *device); /* closes its objects, drops its strings */
void tare__binaries_forget(void);

/* -- report.c -- */
void tare__report(void); /* takes the lock */

/* -- bootstrap.c -- */
int tare__bootstrap_run(struct tare__device *device, const struct tare__launch *launch);

#endif
