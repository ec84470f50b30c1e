/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weigh - a callable of the user's own as a fixture, from words
 */
#ifndef TARE_CLI_WEIGH_H
#define TARE_CLI_WEIGH_H

#include <stdbool.h>

#include <tare/cell.h>

#include "catalog.h"
#include "cli.h"

#define TARE_WEIGH_PATH 4096

/* The fixture borrows its texts from the arrays beside it. */
struct tare__weighed {
	struct tare_fixture fixture;
	unsigned child_count;
	unsigned tensor_count;
	char orchestration[TARE_WEIGH_PATH];
	uint32_t shapes[TARE_CHIP_TENSORS][TARE_TENSOR_DIMS];
	char kernels[TARE_FIXTURE_CHILDREN][TARE_WEIGH_PATH];
};

/* All: 0, or -1 after one sentence on standard error. */

/* ID:aic|aiv:FILE, one for each child. */
int tare__weigh_kernels(struct tare__weighed *weighed, const struct tare__list *words);

/* "f32[16384]=2,i32[4,4],7": tensors with their first value, and scalars, in order. */
int tare__weigh_args(struct tare__weighed *weighed, const char *spec);

/* "IN,IN,OUT", one for each tensor; NULL: the last is OUT, the others IN. */
int tare__weigh_signature(struct tare__weighed *weighed, const char *words);

/* An absolute path of a file that can be read. */
int tare__weigh_file(const char *option, const char *file, char path[TARE_WEIGH_PATH]);

/* Children that are object files are linked into `folder` for that platform, and their paths replaced. */
int tare__weigh_link(struct tare__weighed *weighed, enum tare_platform_id platform, const char *folder, const char *fixtures);

#endif
