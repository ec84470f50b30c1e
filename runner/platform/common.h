/* SPDX-License-Identifier: Apache-2.0 */
/*
 * common - what onboard and sim have in common
 *
 * Both embed struct tare_platform as their first member.  A platform is used
 * by one thread at a time; who calls it keeps that.
 */
#ifndef TARE_PLATFORM_COMMON_H
#define TARE_PLATFORM_COMMON_H

#include <stdbool.h>
#include <stdint.h>

#include <tare/image.h>

#include "blocks.h"
#include "platform.h"

#define TARE_KERNEL_ARGS_MAX 256
#define TARE_DEVICE_ARGS_BYTES 112 /* the reference's; both words it once carried are zero today */

/* Device blocks that live from init to finalize: every launch uses the same ones. */
enum tare_kept { TARE_KEPT_DEVICE_ARGS, TARE_KEPT_KERNEL_ARGS, TARE_KEPT_REGISTERS, TARE_KEPT_WALL, TARE_KEPT };

/* How a platform's memory is taken from its driver; codes are the driver's. */
struct tare_memory_ops {
	int (*take)(struct tare_platform *platform, uint64_t size, void **memory);
	int (*give)(struct tare_platform *platform, void *memory);
	int (*copy_in)(struct tare_platform *platform, uint64_t to, const void *from, uint64_t size);
	int (*copy_out)(struct tare_platform *platform, void *to, uint64_t from, uint64_t size);
};

struct tare_platform {
	uint32_t magic;
	const struct tare_memory_ops *memory;
	const struct tare_arch *arch;
	struct tare_tables tables;
	struct tare_log log;
	int32_t device;            /* -1: not attached */
	bool poisoned;
	bool doubted;              /* a call gave the code that a dead device gives to all: finalize asks whether it is */
	uint64_t generation;       /* inits that began, ever */
	uint64_t image_generation; /* generation in which the AICore image was registered, 0: not now */
	struct tare_blocks blocks; /* all that was taken and not given back, kept blocks too */
	uint64_t kept[TARE_KEPT];  /* addresses, 0: none */
	uint64_t ffts_base;
	uint8_t kernel_args[TARE_KERNEL_ARGS_MAX]; /* as on the device */
};

/* One sentence for a call that failed, and its code back; for NULL after success the code is TARE_E_FAILED. */
int tare__platform_failed(const struct tare_platform *platform, const char *call, int code);
int tare__platform_no_handle(const struct tare_platform *platform, const char *call);

void tare__platform_create(struct tare_platform *platform, const struct tare_memory_ops *memory,
	const struct tare_arch *arch, const struct tare_tables *tables, const struct tare_log *log);

/* Refuses another device than the one attached. 0: attached already or free to be. */
int tare__platform_check_device(const struct tare_platform *platform, int32_t device);

/* Forgets blocks whose release failed before the device was given up, and says so. */
void tare__platform_forget(struct tare_platform *platform, const char *why);

int tare__platform_take(struct tare_platform *platform, uint64_t size, uint64_t *address);
int tare__platform_give(struct tare_platform *platform, uint64_t address);
int tare__platform_give_all(struct tare_platform *platform); /* kept blocks too, the last one first */
int tare__platform_copy_in(struct tare_platform *platform, uint64_t to, const void *from, uint64_t size);
int tare__platform_copy_out(struct tare_platform *platform, void *to, uint64_t from, uint64_t size);
uint64_t tare__platform_committed_bytes(const struct tare_platform *platform);
uint64_t tare__platform_committed_blocks(const struct tare_platform *platform);
bool tare__platform_poisoned(const struct tare_platform *platform);
uint64_t tare__platform_image_generation(const struct tare_platform *platform);

/* The kept blocks and what is written into them once.  registers: arch->physical_cores addresses. */
int tare__kept_take(struct tare_platform *platform, const uint64_t *registers);
void tare__kept_give(struct tare_platform *platform); /* for an init that failed: what cannot be given stays a block */

/* The vendor's number for a log level: 0 debug to 3 error; 1 where nobody listens. */
uint32_t tare__device_log_level(const struct tare_log *log);

/* Writes the KernelArgs of a launch, on the host and on the device. */
int tare__kernel_args_write(struct tare_platform *platform, uint64_t runtime_args);

/* Reads back what the device says of the launch, where that was asked for; fills and returns launch->report_error. */
int tare__platform_report(struct tare_platform *platform, struct tare_launch *launch);

/* Reads and checks an image of init; says what is wrong with which of the objects. */
int tare__image_check(const struct tare_platform *platform, const char *what, const uint8_t *bytes, size_t size,
	struct tare_image *image);

/* The same for what this processor executes: refused where it is for another one. */
int tare__image_check_here(const struct tare_platform *platform, const char *what, const uint8_t *bytes, size_t size,
	struct tare_image *image);

/* An object out of bytes: checked, written, opened, the file removed on every path. */
int tare__platform_object_open(struct tare_platform *platform, enum tare_object_kind kind, const char *prefix,
	const uint8_t *bytes, size_t size, void **object);
int tare__platform_object_close(struct tare_platform *platform, enum tare_object_kind kind, void *object);
int tare__object_symbol(struct tare_platform *platform, void *object, const char *name, void **symbol);

int tare__orchestration_open(struct tare_platform *platform, const uint8_t *bytes, uint32_t size, const char *function,
	void **object, void **symbol);
int tare__orchestration_close(struct tare_platform *platform, void *object);
int tare__orchestration_check_here(struct tare_platform *platform, const uint8_t *bytes, uint32_t size);

#endif
