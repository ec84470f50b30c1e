/* SPDX-License-Identifier: Apache-2.0 */
/*
 * invariant - pure predicates over readings, and the same rows as sentences
 *
 * No process, no file, no clock: a page and rows in, findings out.
 */
#ifndef TARE_INVARIANT_H
#define TARE_INVARIANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tare/ledger.h>

/* What a row speaks of: an account, every account, or a call of the tables. */
#define TARE_SUBJECT_NONE    0
#define TARE_SUBJECT_ACCOUNT 1    /* + enum tare_account */
#define TARE_SUBJECT_EVERY   500  /* all readable accounts but counters, each by itself */
#define TARE_SUBJECT_CALL    1000 /* + enum tare_call_id */

enum tare_row_moment {
	TARE_ROW_NONE,
	TARE_ROW_AT_PEAK,
	TARE_ROW_AFTER_OPEN,
	TARE_ROW_AFTER_FIRST_LAUNCH,
	TARE_ROW_AFTER_LAST_LAUNCH,
	TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST, /* the difference, and no reading in between off it */
	TARE_ROW_FROM_MARK_TO_LAST,         /* the difference */
	TARE_ROW_AT_MARK,
	TARE_ROW_BEFORE_CLOSE,
	TARE_ROW_AFTER_CLOSE,               /* the difference to the start; named terms may stay */
	/* order of calls, over the ring */
	TARE_ROW_BEFORE,                    /* the first of subject comes before the first of `is` */
	TARE_ROW_ALL_BEFORE,                /* no subject after the first `is` */
	TARE_ROW_EACH_BEFORE,               /* every `is` is preceded by a subject of its own */
	TARE_ROW_TIMES,                     /* the subject is called: EXACTLY, AT_MOST, AT_LEAST n times */
};

enum tare_relation { TARE_EXACTLY = 1, TARE_AT_MOST, TARE_AT_LEAST };

struct tare_then {
	int what; /* TARE_SUBJECT_... */
	int when; /* enum tare_row_moment */
	int is;   /* enum tare_relation, or the second subject of an order row */
	int64_t amount;
};

#define TARE_SENTENCE 256

struct tare_finding {
	int row;                   /* index of the row; -1: an invariant every case has */
	int leak;                  /* 1: over the ledger, verdict LEAK; 0: behaviour, verdict FAIL */
	enum tare_account account; /* TARE_ACCOUNTS: not about one */
	int64_t value;             /* what was read */
	uint32_t first_launch;     /* the first launch that broke it; 0: not tied to one */
	struct tare_holding by;    /* who took; call 0: not known */
	char sentence[TARE_SENTENCE]; /* "kernel images, at peak: 1000, wanted exactly 1" */
};

/*
 * Judges rows (a zero row ends them) and the invariants every case has: the
 * three meters differ by constants, releases met something, moments a row
 * needs were taken.  At most `room` findings; returns how many there are.
 */
size_t tare_judge(const struct tare_then *rows, size_t row_count, const struct tare_ledger_page *page,
	struct tare_finding *findings, size_t room);

/* Whether anything that the row speaks of can be read on this page; what can't is not judged. */
bool tare_row_readable(const struct tare_then *row, const struct tare_ledger_page *page);

/*
 * Levels of conformance, each of which presupposes those below it:
 *   1  nothing grows over launches
 *   2  what was taken explicitly is given back at finalize
 *   3  nothing else is left after finalize, with a reset that counts references
 *   4  no call of the driver after the last reset
 *   5  all of it under every injected failure
 * A set of them has the bit TARE_LEVEL(n) for level n.  What belongs to none is
 * plain behaviour.
 */
#define TARE_LEVELS_MOST 5
#define TARE_LEVEL(n) (UINT32_C(1) << (n))

/* The levels that the row says something about on this page. */
uint32_t tare_row_levels(const struct tare_then *row, const struct tare_ledger_page *page);

/* The levels that the finding breaks. */
uint32_t tare_finding_levels(const struct tare_finding *finding, const struct tare_then *rows,
	const struct tare_ledger_page *page);

/* Whether all of them, at least one, are above level `most`. */
bool tare_levels_above(uint32_t levels, unsigned most);

/* "kernel images, at peak: exactly 1". Returns sentence. */
const char *tare_row_sentence(const struct tare_then *row, char sentence[TARE_SENTENCE]);

/* Growth per launch of one account from the first launch to the last, and the smallest that would have been seen. */
struct tare_slope { double per_launch; double floor; uint32_t launches; };
struct tare_slope tare_slope_of(const struct tare_ledger_page *page, enum tare_account account);

#endif
