/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim - the platform over the host table and the fabric
 */
#ifndef TARE_PLATFORM_SIM_H
#define TARE_PLATFORM_SIM_H

#include "../fabric/fabric.h"
#include "common.h"

/* A device object as it is open on the host, with its entries. */
struct tare_sim_object {
	void *object;               /* owned; NULL: not open */
	tare_device_entry_fn first; /* AICPU init | AIC */
	tare_device_entry_fn second;/* AICPU exec | AIV */
	tare_device_entry_fn close; /* AICPU; NULL until it was wanted */
	bool foreign;               /* it does not know our header: threads, one per entity */
};

#define TARE_SIM_LENT 64 /* an orchestration object for each callable id */

/* What the AICPU had opened and has not closed. */
struct tare_sim_lent {
	void *object;      /* owned; NULL: none */
	const void *bytes; /* borrowed from the launch that opened it, which alone asks for symbols */
	uint64_t size;
};

struct tare_sim {
	struct tare_platform common;
	struct tare_sim_object aicpu;
	struct tare_sim_object aicore; /* opened at the first launch: that is its registration */
	uint8_t *aicore_bytes;         /* owned, a copy of what init was given */
	size_t aicore_size;
	struct tare_fabric *fabric;    /* owned; NULL: not initialised */
	struct tare_sim_lent lent[TARE_SIM_LENT];
};

static inline struct tare_sim *tare__sim(struct tare_platform *platform)
{
	return (struct tare_sim *)platform;
}

int tare__sim_aicpu_open(struct tare_sim *sim, const uint8_t *bytes, size_t size);
int tare__sim_aicore_open(struct tare_sim *sim); /* once per generation; harmless afterwards */
int tare__sim_aicpu_find_close(struct tare_platform *platform);
int tare__sim_object_close(struct tare_sim *sim, enum tare_object_kind kind, struct tare_sim_object *object);

/* sim_lent.c: objects that the AICPU asks for while it runs */
struct tare_fabric_objects tare__sim_lends(struct tare_sim *sim);
int tare__sim_lent_close(struct tare_sim *sim); /* those that are left */

int tare__sim_launch(struct tare_platform *platform, struct tare_launch *launch);
int tare__sim_close(struct tare_platform *platform, uint64_t runtime_args);

#endif
