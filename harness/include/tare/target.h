/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target - a runtime to judge: its ABI, its extension, and what can't be weighed in it
 *
 * Embedded cells come from tare_target_embedded().  A foreign runtime comes
 * from a file: its object, or a JSON description of it.  The parent reads and
 * checks (nothing of it runs there), the child opens: what a foreign object
 * does while it is loaded is the case's business.  One adapter per ABI revision.
 */
#ifndef TARE_TARGET_H
#define TARE_TARGET_H

#include <stdbool.h>

#include <tare/abi.h>

#define TARE_TARGET_PATH      1024
#define TARE_TARGET_NAME      128
#define TARE_TARGET_LIBRARIES 8

/* What stands behind the vendor's names for a foreign runtime. */
enum tare_target_driver {
	TARE_TARGET_ON_MACHINE, /* libtare_cann.so, the one that the harness runs on */
	TARE_TARGET_ON_OTHER,   /* somebody else's, which we can't ask */
};

/* A foreign runtime as it was described. Paths are absolute; an empty one was not named. */
struct tare_target_file {
	char path[TARE_TARGET_PATH];    /* as it was given, absolute */
	char name[TARE_TARGET_NAME];
	char object[TARE_TARGET_PATH];
	char aicpu[TARE_TARGET_PATH];   /* its device objects; the fixtures' where it names none */
	char aicore[TARE_TARGET_PATH];
	char dispatcher[TARE_TARGET_PATH];
	char libraries[TARE_TARGET_LIBRARIES][TARE_TARGET_PATH]; /* loaded globally first, in this order */
	unsigned library_count;
	struct tare_cell cell;
	enum tare_target_driver driver;
	bool extension;                 /* it exports tare_ext_v1, and the description does not forbid it */
	const char *revision;           /* of its ABI. Static. */
	uint32_t launches;              /* limit per process; 0: none */
	uint32_t seconds;               /* limit of a case; 0: as usual */
};

struct tare_target {
	const char *name;           /* "embedded", or what the description calls it */
	struct tare_cell cell;
	const struct tare_abi *abi; /* static; of a foreign one NULL until it is opened */
	const struct tare_ext *ext; /* NULL: the runtime has none */
	const struct tare_target_file *file; /* NULL: embedded. Borrowed. */
	bool tapped;                /* its calls pass the tables that the harness gives it */
	bool machine;               /* its device memory is the harness' own machine */
	uint64_t by_machine;        /* set of table accounts that the machine tells instead, because nothing is tapped */
	/* Accounts this target can't be weighed in, each with the reason; reason NULL ends. */
	struct { enum tare_account account; const char *reason; } unreadable[TARE_ACCOUNTS + 1];
};

/* 0, or TARE_E_NOT_FOUND where this build has not that cell. */
int tare_target_embedded(struct tare_cell cell, enum tare_driver_choice driver, struct tare_target *target);

/*
 * Reads the description and checks all of its files; nothing is loaded.
 * cell: what the user says, or NULL.  0, or an error with one sentence that
 * names the file, the member or the symbols.
 */
int tare_target_read(const char *path, const char *cell, struct tare_target_file *file, char *error, size_t room);

/* The target as the parent knows it: everything but abi and ext. */
void tare_target_foreign(const struct tare_target_file *file, struct tare_target *target);

/*
 * In the child: loads the libraries and the object, and finds its entries.
 * abi is the caller's and filled here; target->ext is set where there is one.
 */
int tare_target_open(struct tare_target *target, struct tare_abi *abi, char *error, size_t room);

/* Why the account can't be weighed there, or NULL. Static. */
const char *tare_target_reason(const struct tare_target *target, enum tare_account account);

#endif
