/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows - the words that the columns of cann.def and host.def are written in
 *
 * `codes`, `kinds` and `failure` mean the same wherever a list is read; what a
 * rule expands to is each reader's own.
 */
#ifndef TARE_DRIVER_ROWS_H
#define TARE_DRIVER_ROWS_H

#include <tare/driver.h>

enum tare__fault_word {
	ERROR = TARE_FAULT_ERROR,
	NULL_HANDLE = TARE_FAULT_NULL_HANDLE,
	AFTER_EFFECT = TARE_FAULT_AFTER_EFFECT,
	SHORT_COPY = TARE_FAULT_SHORT_COPY,
	LATE = TARE_FAULT_LATE,
	HANG = TARE_FAULT_HANG,
	POISON = TARE_FAULT_POISON,
};

enum tare__failure_word { TOLERATED, FAILS };

#define CODES(...) { __VA_ARGS__ }
#define KINDS(set) ((unsigned)(set))

#endif
