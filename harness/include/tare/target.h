/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target - a runtime to judge: its ABI, its extension, and what can't be weighed in it
 *
 * One adapter per ABI revision.  Embedded cells come from tare_embedded();
 * a foreign libhost_runtime.so will come from its symbols.
 */
#ifndef TARE_TARGET_H
#define TARE_TARGET_H

#include <tare/abi.h>

struct tare_target {
	const char *name;           /* "embedded" or the path of the object */
	struct tare_cell cell;
	const struct tare_abi *abi; /* static or kept by the target */
	const struct tare_ext *ext; /* NULL: the runtime has none */
	/* Accounts this target can't be weighed in, each with the reason; name NULL ends. */
	struct { enum tare_account account; const char *reason; } unreadable[TARE_ACCOUNTS + 1];
};

/* 0, or TARE_E_NOT_FOUND where this build has not that cell. */
int tare_target_embedded(struct tare_cell cell, enum tare_driver_choice driver, struct tare_target *target);

#endif
