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

#endif
