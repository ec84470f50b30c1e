/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger - what is held, by whom, since when; and the readings judged later
 *
 * The ledger is a tap on the driver tables (the outermost) that books every
 * take and give by the rules of cann.def and host.def.  It lives in the child;
 * what must outlive the child lies on a page that the parent owns.
 *
 * A failed release stays owned.  A take that failed was never owned.
 */
#ifndef TARE_LEDGER_H
#define TARE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include <tare/driver.h>

#define TARE_READINGS  2048 /* kept one by one; later ones replace the last */
#define TARE_RING      4096 /* calls, newest win */
#define TARE_SURVIVORS 64

/* When a reading was taken. */
enum tare_moment {
	TARE_AT_START,        /* before anything was opened */
	TARE_AT_OPEN,         /* a context was opened and initialised */
	TARE_AT_PREPARE,      /* after the last prepare before the first launch */
	TARE_AT_FIRST_LAUNCH, /* after it */
	TARE_AT_LAST_LAUNCH,  /* after the newest */
	TARE_AT_MARK,         /* where the case said so, the newest */
	TARE_AT_LAST,         /* before close began */
	TARE_AT_CLOSE,        /* after close */
	TARE_MOMENTS
};

struct tare_reading {
	uint32_t launch; /* launches so far; 0: before the first */
	uint32_t moment; /* enum tare_moment */
	int64_t value[TARE_ACCOUNTS];
};

/* Someone who holds something. */
struct tare_holding {
	uint32_t account;
	uint32_t call;       /* enum tare_call_id that took it */
	uint64_t key;
	uint64_t amount;
	uint32_t generation; /* of the context, from 1 */
	uint32_t launch;
	uint32_t phase;      /* enum tare_phase */
	uint32_t refused;    /* releases that failed */
	void *frames[4];     /* who called; symbolised by the parent */
};

enum tare_phase { TARE_PHASE_IDLE, TARE_PHASE_OPEN, TARE_PHASE_PREPARE, TARE_PHASE_LAUNCH, TARE_PHASE_UNREGISTER,
	TARE_PHASE_ARENA, TARE_PHASE_CLOSE, TARE_PHASES };

struct tare_call_record {
	uint64_t sequence; /* from 1 */
	uint64_t key;
	uint32_t call;
	uint32_t launch;
	uint32_t thread;   /* kernel thread id */
	int32_t result;
	uint32_t phase;
	uint32_t account;  /* where the call takes, gives or ends something */
};

/* What is known of the successful calls of one kind, however many the ring has lost. */
struct tare_call_tally {
	uint64_t count;
	uint64_t first; /* sequence; 0: none yet */
	uint64_t last;
	uint64_t tried; /* the last of all, those that failed too */
};

/* Plain data without pointers that the parent would follow; lies on the board. */
struct tare_ledger_page {
	uint64_t readable;                        /* set of accounts, 1 << account, that can be read in this cell */
	struct tare_reading at[TARE_MOMENTS];
	uint32_t taken_at;                        /* set of moments that were taken */
	int64_t peak[TARE_ACCOUNTS];              /* highest reading of all, table accounts at every call */
	uint32_t peak_launch[TARE_ACCOUNTS];      /* launch at which the peak was first reached */
	struct tare_holding growth[TARE_ACCOUNTS];/* what first grew an account after the first launch; call 0: nothing */
	struct tare_call_tally tally[TARE_CALLS];
	uint32_t reading_count;                   /* of series, one for each launch at which anything changed */
	uint32_t readings_thinned;
	struct tare_reading series[TARE_READINGS];
	uint64_t call_count;                      /* ever; ring[(n - 1) % TARE_RING] is number n */
	struct tare_call_record ring[TARE_RING];
	uint32_t survivor_count;                  /* held at the last reading taken after close; may exceed the array */
	struct tare_holding survivors[TARE_SURVIVORS];
	uint64_t gives_of_strangers;              /* a release of something the ledger does not know */
	uint32_t untapped;                        /* calls of the runtime pass no tap: the ring says nothing about it */
};

/* Reads that are not in the tables; any may be NULL, then those accounts are not readable. */
struct tare_ledger_sources {
	void *cookie;
	uint64_t machine_instead; /* set of table accounts that the machine fills, where nothing passes the tap */
	/* Fill the accounts of that reader; leave the others. */
	void (*machine)(void *cookie, int64_t value[TARE_ACCOUNTS]);
	void (*runner)(void *cookie, int64_t value[TARE_ACCOUNTS]);
	void (*counters)(void *cookie, int64_t value[TARE_ACCOUNTS]);
};

struct tare_ledger;

/* page is borrowed until close and zeroed here.  One ledger in a process. */
int tare_ledger_open(struct tare_ledger **ledger, struct tare_ledger_page *page, const struct tare_ledger_sources *sources);
void tare_ledger_close(struct tare_ledger **ledger);

/* The tap to install as the outermost.  Borrowed from the ledger. */
struct tare_tap *tare_ledger_tap(struct tare_ledger *ledger);

/* On a machine whose reset tears all down, every reset ends what lives on the device, as a forced one does. */
void tare_ledger_resets_end(struct tare_ledger *ledger);

/* What is going on: stands in each holding and call record from now on. */
void tare_ledger_phase(struct tare_ledger *ledger, enum tare_phase phase);
void tare_ledger_generation(struct tare_ledger *ledger, uint32_t generation);
void tare_ledger_launch(struct tare_ledger *ledger, uint32_t launch); /* the number of the launch about to run */

/*
 * Takes a reading.  Ledger, machine, runner accounts always; process accounts
 * at START, FIRST_LAUNCH, LAST and CLOSE (others keep their last value).
 * Nothing is allocated, and nothing is written when nothing changed but the launch number.
 */
void tare_ledger_read(struct tare_ledger *ledger, enum tare_moment moment);

/* What is owned although its release was tried, and what went with it. At most `room`; returns how many there are. */
uint32_t tare_ledger_refused(struct tare_ledger *ledger, struct tare_holding *list, uint32_t room);

/* Those are owned no longer: the harness saw to them. */
void tare_ledger_write_off(struct tare_ledger *ledger);

/* The value right now of one account that the tables keep. */
int64_t tare_ledger_value(const struct tare_ledger *ledger, enum tare_account account);

/* Threads, descriptors, mapped objects, free pthread keys, children of this process. full_keys counts every key. */
void tare_process_read(int64_t value[TARE_ACCOUNTS], bool full_keys);

/* Which reader an account has, as written in account.def. Static. */
enum tare_reader { TARE_READER_TABLE, TARE_READER_MACHINE, TARE_READER_RUNNER, TARE_READER_PROCESS, TARE_READER_COUNTER };
enum tare_reader tare_account_reader(enum tare_account account);
int tare_account_in_bytes(enum tare_account account);
int64_t tare_account_stays(enum tare_account account);
bool tare_account_stands_on(enum tare_account account, enum tare_account held); /* whether holdings of `held` explain it */
enum tare_account tare_account_find(const char *name); /* "device_blocks"; TARE_ACCOUNTS where there is none */
const char *tare_account_name(enum tare_account account); /* "device_blocks". Static. */

#endif
