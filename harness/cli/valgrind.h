/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TARE_CLI_VALGRIND_H
#define TARE_CLI_VALGRIND_H

#include <stdbool.h>
#include <stddef.h>

/* Whether this process runs under it already. */
bool tare__valgrind_is_here(void);

/* Where the processes of a run into `out` leave their files. 0, or -1 after a sentence. */
int tare__valgrind_folder(const char *out, char *folder, size_t room);

/*
 * Valgrind and its options, with files of its processes in folder, which option
 * is room for; a NULL behind them.  0, or -1 after a sentence.
 */
int tare__valgrind_words(const char *folder, char *option, size_t room, const char **words, size_t most);

/*
 * This program once more, with the same command and words, under valgrind; each process
 * leaves its file in folder, which is made and emptied.  Returns only after a
 * sentence on standard error, with the exit status.
 */
int tare__valgrind_become(const char *folder, const char *self, const char *command, int argc, char *const *argv);

#endif
