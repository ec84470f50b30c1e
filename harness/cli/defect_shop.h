/* SPDX-License-Identifier: Apache-2.0 */
/*
 * defect_shop - a copy of the tree in which one defect after the other is tried
 *
 * Copy and build are kept, from one defect to the next and from one run to the
 * next: what is written is what differs, so what is built is what the patch
 * touches and what the last one did.
 */
#ifndef TARE_CLI_DEFECT_SHOP_H
#define TARE_CLI_DEFECT_SHOP_H

#include "defect.h"

struct tare__shop {
	const char *source;
	unsigned builders; /* compilers at a time; 0: as ninja likes */
	char copy[TARE_DEFECT_PATH], build[TARE_DEFECT_PATH], out[TARE_DEFECT_PATH], log[TARE_DEFECT_PATH],
		tare[TARE_DEFECT_PATH];
	char launcher[TARE_DEFECT_PATH + 128]; /* of the compiler, for cmake */
};

/* Its place is below the folder of this program: one for each number. 0, or -1 after a sentence. */
int tare__shop_open(struct tare__shop *shop, const char *source, unsigned number);

/* The copy as the tree is, configured and built with all processors. 0, or -1 with a sentence in reason. */
int tare__shop_prepare(const struct tare__shop *shop, char reason[TARE_DEFECT_REASON]);

/* Patches, builds, runs and judges; what came of it stands in the defect. Several threads may, each in a shop of its own. */
void tare__shop_try(const struct tare__shop *shop, struct tare__defect *defect);

/* The copy without any defect. 0, or -1 with a sentence in reason. */
int tare__shop_restore(const struct tare__shop *shop, char reason[TARE_DEFECT_REASON]);

/* What patch said it could not do: "runner/x.c, hunk #1 FAILED at 76". Returns text, empty where it said nothing. */
const char *tare__shop_hunk(const char *log, char *text, size_t room);

/* The commit that the tree stands at, with a "+" behind it where the tree is not as it was committed. 0, or -1 with a sentence. */
#define TARE_COMMIT_TEXT 64
int tare__shop_commit(const struct tare__shop *shop, char commit[TARE_COMMIT_TEXT], char reason[TARE_DEFECT_REASON]);

#endif
