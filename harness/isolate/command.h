/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command - another program, run to its end
 */
#ifndef TARE_ISOLATE_COMMAND_H
#define TARE_ISOLATE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

struct tare_command {
	const char *const *argv;   /* NULL ends; argv[0] is looked up in PATH */
	const char *directory;     /* where it runs; NULL: here */
	const char *log;           /* its two outputs are added to this file; NULL: they are dropped */
	uint32_t deadline_ms;
	bool (*interrupted)(void *cookie); /* asked while waiting; may be NULL */
	void *cookie;
};

/*
 * Returns its exit status, 127 where it is not there, or 128 and the signal
 * that ended it; TARE_E_STALL at the deadline and TARE_E_STATE when interrupted,
 * then its whole group was killed; TARE_E_IO where it could not be started.
 */
int tare_isolate_command(const struct tare_command *command);

/* This process becomes that program, looked up in PATH; returns only where it can't: TARE_E_IO, and errno says why. */
int tare_isolate_become(const char *const *argv);

#endif
