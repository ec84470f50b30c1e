/* SPDX-License-Identifier: Apache-2.0 */
/* description - from a file's words to a tare_target_file, without a look into the objects it names. */
#ifndef TARE_TARGET_DESCRIPTION_H
#define TARE_TARGET_DESCRIPTION_H

#include <stddef.h>

#include <tare/target.h>

/*
 * path: an object (ELF), or JSON.  What JSON does not say is left empty, and
 * *has_cell tells whether it named a cell.  0, or an error with one sentence.
 */
int tare__description_read(const char *path, struct tare_target_file *file, bool *has_cell, char *error, size_t room);

/* The cell in libhost_runtime_<arch>_<platform>_<graph>.so. 0, or TARE_E_NOT_FOUND. */
int tare__description_guess(const char *object, struct tare_cell *cell);

#endif
