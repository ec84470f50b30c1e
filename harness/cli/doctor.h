/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor - what this host has, asked in the way in which it is going to be used
 *
 * A check fills one finding.  `needed` ones decide whether `tare run` can work
 * here; what another one misses costs what its row says, and nothing else.
 */
#ifndef TARE_CLI_DOCTOR_H
#define TARE_CLI_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

enum { TARE__FINDING_TEXT = 1024 };

struct tare__finding {
	bool good;
	char what[TARE__FINDING_TEXT]; /* where it is, which one, how much; or what is wrong with it */
};

struct tare__check {
	const char *name;
	bool needed;                   /* by `tare run` */
	const char *costs;             /* what can't be done without it */
	void (*look)(const struct tare__check *self, struct tare__finding *finding);
	const char *word;              /* for look: a program, a line of /proc/self/limits */
	unsigned long least;           /* for look */
};

void tare__found(struct tare__finding *finding, bool good, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* doctor_parts.c: what belongs to tare, and the vendor's side */
void tare__look_machine(const struct tare__check *self, struct tare__finding *finding);
void tare__look_variables(const struct tare__check *self, struct tare__finding *finding);
void tare__look_fixtures(const struct tare__check *self, struct tare__finding *finding);
void tare__look_source(const struct tare__check *self, struct tare__finding *finding);
void tare__look_cann(const struct tare__check *self, struct tare__finding *finding);
void tare__look_cards(const struct tare__check *self, struct tare__finding *finding);

/* doctor_host.c: the operating system */
void tare__look_device_memory(const struct tare__check *self, struct tare__finding *finding);
void tare__look_folder(const struct tare__check *self, struct tare__finding *finding);
void tare__look_proc(const struct tare__check *self, struct tare__finding *finding);
void tare__look_timer(const struct tare__check *self, struct tare__finding *finding);
void tare__look_limit(const struct tare__check *self, struct tare__finding *finding);
void tare__look_pids(const struct tare__check *self, struct tare__finding *finding);
void tare__look_program(const struct tare__check *self, struct tare__finding *finding);

/* A line of a file that begins with `head`, or its first line where head is NULL; without its end. False: none. */
bool tare__line_of(const char *path, const char *head, char *line, size_t room);

#endif
