/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target - --target FILE, for every command that has it
 */
#ifndef TARE_CLI_TARGET_H
#define TARE_CLI_TARGET_H

#include <stddef.h>
#include <stdio.h>

#include <tare/target.h>

/* cell: of --cell, or NULL. 0, or -1 after one sentence on standard error. */
int tare__target_read(const char *path, const char *cell, enum tare_driver_choice driver, struct tare_target_file *file);

/* Which driver the harness binds for it. */
enum tare_driver_choice tare__target_driver(const struct tare_target_file *file);

/* What it is and what can't be weighed in it, a reason each, for a person. */
void tare__target_tell(FILE *to, const struct tare_target_file *file);

/* The accounts that can't be weighed, in one line; empty where there are none. Returns text. */
const char *tare__target_unweighed(const struct tare_target_file *file, char *text, size_t room);

#endif
