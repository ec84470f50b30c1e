/* SPDX-License-Identifier: Apache-2.0 */
/*
 * onboard - the platform over the vendor's calls
 */
#ifndef TARE_PLATFORM_ONBOARD_H
#define TARE_PLATFORM_ONBOARD_H

#include "common.h"

#define TARE_ONBOARD_THREADS 64 /* that may be bound to one context */

/* An AICore image that is, or is to be, registered. */
struct tare_onboard_image {
	uint64_t fingerprint;
	uint8_t *bytes; /* owned: what a second image of the same build id is compared with */
	size_t size;
	void *handle;   /* NULL: not registered */
};

struct tare_onboard {
	struct tare_platform common;
	rtStream_t aicpu_stream;
	rtStream_t aicore_stream;
	uint64_t fingerprint;     /* of the AICPU object, names its file on the device */
	uint64_t aicpu_content;   /* the hash of all of it */
	bool uses_file;           /* counted among those who use that file */
	rtBinHandle binary;       /* owned; the functions belong to it */
	rtFuncHandle aicpu_init;
	rtFuncHandle aicpu_exec;
	rtFuncHandle aicpu_close; /* NULL: not looked for yet */
	struct tare_onboard_image *images; /* owned; outlives a generation where the driver has no unregister */
	uint32_t image_count;
	uint32_t image;           /* of this generation; image_count or more: none */
	uint64_t threads[TARE_ONBOARD_THREADS];
	uint32_t thread_count;
	uint32_t references;      /* rtSetDevice calls not yet matched by a reset */
	uint16_t machine;         /* that the AICPU object is for, as ELF numbers them */
};

#define TARE_NO_IMAGE UINT32_MAX

static inline struct tare_onboard *tare__onboard(struct tare_platform *platform)
{
	return (struct tare_onboard *)platform;
}

/*
 * A call of the driver failed: said, noted, and its code back.  A dead device gives one code to whatever is asked of it
 * (facts/cann.md 3.2), and a sound one gives it too, so it raises a doubt.
 */
int tare__onboard_failed(struct tare_platform *platform, const char *call, int code);

/* binding: threads and references */
int tare__onboard_attach(struct tare_platform *platform, int32_t device);
int tare__onboard_reset(struct tare_onboard *onboard);       /* as many resets as references */
int tare__onboard_force_reset(struct tare_onboard *onboard); /* for a poisoned device */

/* bootstrap: the AICPU object becomes a file on the device, once per process, content and device */
int tare__onboard_bootstrap(struct tare_onboard *onboard, const struct tare_binaries *binaries);
void tare__onboard_bootstrap_leave(struct tare_onboard *onboard);

/* aicpu: that file's entries as functions */
int tare__onboard_aicpu_load(struct tare_onboard *onboard);
int tare__onboard_aicpu_find_close(struct tare_platform *platform);
int tare__onboard_aicpu_unload(struct tare_onboard *onboard);

/* registers: addresses of all cores' register blocks, arch->physical_cores of them, 0 where there is no core */
int tare__onboard_registers(struct tare_onboard *onboard, uint64_t *table);

/* images */
int tare__onboard_image_keep(struct tare_onboard *onboard, const uint8_t *bytes, size_t size);
int tare__onboard_image_handle(struct tare_onboard *onboard, void **handle); /* registers it where it is not yet */
int tare__onboard_images_unregister(struct tare_onboard *onboard);
void tare__onboard_images_forget(struct tare_onboard *onboard); /* handles that could not be given back */
void tare__onboard_images_clear(struct tare_onboard *onboard);

/* launch */
int tare__onboard_launch(struct tare_platform *platform, struct tare_launch *launch);
int tare__onboard_close(struct tare_platform *platform, uint64_t runtime_args);
/* Until nothing is queued on the AICPU stream; poisons where that does not come about. */
int tare__onboard_drain(struct tare_onboard *onboard, const char *which);

#endif
