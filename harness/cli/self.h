/* SPDX-License-Identifier: Apache-2.0 */
/*
 * self - where this program lies, and what lies beside it
 */
#ifndef TARE_CLI_SELF_H
#define TARE_CLI_SELF_H

#include <stddef.h>

/* Its folder. 0, or -1 after a sentence on standard error. */
int tare__self_folder(char *folder, size_t room);

/* How it is called from here: "build/tare" below the working directory, else its whole path. */
int tare__self_command(char *command, size_t room);

/* The fixtures, as built beside this program or as installed. 0, or -1; folder says it too. */
int tare__fixtures_find(char *folder, size_t room);
int tare__fixtures_folder(char *folder, size_t room);

#endif
