/* SPDX-License-Identifier: Apache-2.0 */
/*
 * valgrind - what memcheck says of one process, from the XML it leaves
 *
 * Protocols 4 to 6 are read.  A process that was killed leaves a file that
 * stops anywhere, and versions add elements: what is whole counts, what is not
 * known is passed over, and whether the file was whole is said.
 */
#ifndef TARE_VALGRIND_H
#define TARE_VALGRIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARE_VALGRIND_FINDINGS 16
#define TARE_VALGRIND_TEXT     2048

struct tare_valgrind_finding {
	char kind[48];        /* "InvalidRead", "Leak_DefinitelyLost" */
	bool leak;
	uint64_t count;       /* how often the same happened */
	uint64_t bytes;       /* of a leak; what hangs on it included */
	uint64_t blocks;
	char text[TARE_VALGRIND_TEXT]; /* what happened, then the stacks: a frame a line, indented by two */
};

struct tare_valgrind {
	uint32_t protocol;
	bool whole;           /* it ran to its end and the file says so */
	char signal[16];      /* that ended it, or "" */
	size_t count;         /* findings; may exceed the array */
	struct tare_valgrind_finding findings[TARE_VALGRIND_FINDINGS];
};

/*
 * TARE_E_NOT_FOUND where there is no such file, TARE_E_ARGUMENT where it is
 * nothing of valgrind's or of another protocol, TARE_E_MEMORY; with a sentence
 * in error.  Records of the same kind with the same stacks are one finding.
 */
int tare_valgrind_read(const char *path, struct tare_valgrind *said, char *error, size_t room);

/* The same from memory. */
int tare_valgrind_parse(const char *bytes, size_t size, struct tare_valgrind *said, char *error, size_t room);

#endif
