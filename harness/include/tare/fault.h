/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault - a tap that makes the n-th call fail
 */
#ifndef TARE_FAULT_H
#define TARE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include <tare/driver.h>

struct tare_fault_rule {
	enum tare_call_id call;
	uint32_t nth;              /* counted from when the rule is set: 1 is the next */
	bool from_then_on;         /* every later one too */
	enum tare_fault_kind kind; /* one of what the entry can have */
	int code;                  /* 0: the first documented one */
};

struct tare_fault;

int tare_fault_open(struct tare_fault **fault);
void tare_fault_close(struct tare_fault **fault);
struct tare_tap *tare_fault_tap(struct tare_fault *fault); /* borrowed; stands inside the ledger's */

/* Up to 8 rules at a time. TARE_E_ARGUMENT with a log line where the kind does not fit the call. */
int tare_fault_set(struct tare_fault *fault, const struct tare_fault_rule *rule);
void tare_fault_clear(struct tare_fault *fault);
uint32_t tare_fault_fired(const struct tare_fault *fault); /* since the last clear */

/*
 * For a sweep: calls by their number, whatever they are.  A run without faults
 * is watched; each call of it is a point, and every later run is made to fail
 * at one of them.  Numbers start again at 1 with each watch and each
 * tare_fault_restart.
 */
struct tare_fault_point { /* plain data; lies on the board */
	uint32_t number;
	uint32_t call;    /* enum tare_call_id */
	uint32_t place;   /* what tare_fault_place said last */
	uint32_t kinds;   /* set of enum tare_fault_kind that it can have here */
	bool failed;      /* it did by itself */
	uint64_t path;    /* of the call and its callers: equal in every process of one build */
	void *frames[4];  /* return addresses, innermost first */
};

/*
 * Whether the device is our machine: only then can LATE, HANG and POISON be had. At first it is not.  Watched or
 * armed afterwards.
 */
void tare_fault_machine(struct tare_fault *fault, bool ours);

void tare_fault_watch(struct tare_fault *fault, struct tare_fault_point *points, uint32_t room); /* kept; NULL: no longer */
void tare_fault_place(struct tare_fault *fault, uint32_t place); /* which operation of the workflow goes on */
uint32_t tare_fault_calls(const struct tare_fault *fault);       /* since the numbers started; may exceed the room */
void tare_fault_restart(struct tare_fault *fault);

/* One fault of a sweep; up to two may be armed. Not cleared by tare_fault_restart, but by tare_fault_clear. */
struct tare_fault_wish {
	uint32_t number;
	enum tare_fault_kind kind;
	uint32_t code;     /* which of the documented ones, from 0 */
	bool from_then_on; /* and each later call of the same entry */
	uint64_t path;     /* another call at that number strays: it is let go. 0: not compared */
};

/* What became of it. */
struct tare_fault_strike {
	uint32_t fired;    /* times; of LATE and HANG when it was queued, of AFTER_EFFECT when it was done */
	uint32_t strayed;  /* the call at that number was another, or could not have that kind */
	uint32_t call;     /* that it hit; of one that strayed, the call that it met */
	uint32_t rule;     /* enum tare_rule */
	uint32_t account;  /* where something was taken, given or ended */
	uint32_t place;
	uint64_t key;      /* of the first that it hit: who is still owned; for AFTER_EFFECT of a take, the orphan */
	uint64_t path;
	void *frames[4];   /* its callers, innermost first */
	int code;          /* that was returned; of LATE 0: the wait says it */
};

int tare_fault_arm(struct tare_fault *fault, const struct tare_fault_wish *wish); /* as tare_fault_set */
const struct tare_fault_strike *tare_fault_struck(const struct tare_fault *fault, unsigned wish); /* 0 or 1, as armed */

#endif
