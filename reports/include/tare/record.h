/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record - seam 3: what is said about a run, once, and every report made from it
 *
 * The journal is JSON lines, append-only, versioned: the plan first, then a
 * line when an attempt starts and one when it ends, then the end of the run.
 * JUnit, HTML and CSV are made from the journal and from nothing else.
 *
 * All strings are borrowed for the call; bytes of any kind are allowed in
 * them and cleaned where a report needs it.
 */
#ifndef TARE_RECORD_H
#define TARE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define TARE_JOURNAL_VERSION 1

struct tare_record_run {
	const char *version;      /* of tare */
	const char *driver;       /* "machine" | "cann", and what stood behind it */
	const char *command;      /* how it was called */
	const char *target;       /* the foreign runtime that was judged, or NULL */
	const char *unweighed;    /* accounts that can't be weighed in it, or NULL */
	uint64_t started_utc;     /* seconds since 1970 */
	uint64_t seed;
	uint32_t shard, shards;   /* 1 of 1 until there is more */
	const char *score;        /* of the seeded defects, as it was recorded, or NULL */
};

struct tare_record_case { /* one planned case */
	const char *suite;
	const char *name;
	const char *arch;
	const char *platform;
	const char *graph;
	const char *says;
	const char *because;
	const char *fault;        /* fault token, or NULL */
};

struct tare_record_reading { /* one point of a series, or a value at a moment */
	const char *account;      /* "device_bytes" */
	const char *moment;       /* "start" "open" "launch" "last" "close" ... */
	uint32_t launch;
	int64_t value;
};

/* Levels of conformance, 1 to 5: bit n is level n. */
struct tare_record_levels {
	uint32_t judged;          /* of which something was said */
	uint32_t broken;
};

/*
 * What a sweep did.  A point is a call in one of its ways to fail.  Only when
 * chosen = fired = rolled_back = retried, and chosen = points, was all of it seen.
 */
struct tare_sweep_count {
	uint32_t points, chosen, fired, rolled_back, retried;
	uint32_t fresh; /* of those retried: in a process of its own, because the device could not be revived */
};
struct tare_sweep_tally {
	struct tare_sweep_count single, pairs;
	uint32_t calls;    /* of one run without faults; 0: nothing was swept */
	uint32_t paths;    /* different call paths among them */
	uint32_t unstable; /* calls that were others in a second run without faults */
	uint32_t processes;
};

/* Nothing is left to be seen: chosen is all there are, and each step came to the next. */
int tare_sweep_is_whole(const struct tare_sweep_count *count);

/* The same of what several cases did. */
struct tare_sweep_tally tare_sweep_add(struct tare_sweep_tally a, struct tare_sweep_tally b);

/*
 * "points 812 = fired 812 = rolled back 812 = retried 812 (0 in a fresh process), 147 calls, 61 call paths"; where a
 * number is another, what is missing.  Pairs are a sentence of their own, empty where there were none.  Both return text.
 */
#define TARE_SWEEP_TEXT 320
const char *tare_sweep_words(const struct tare_sweep_tally *tally, char text[TARE_SWEEP_TEXT]);
const char *tare_sweep_pair_words(const struct tare_sweep_tally *tally, char text[TARE_SWEEP_TEXT]);

/* What no swept case of a cell reached: a call of the driver tables, or a place in the runner that makes one. */
struct tare_record_gap {
	const char *cell;         /* "a5/onboard/hbg" */
	const char *what;         /* "rtMalloc", or "rtMalloc at onboard.c:24" */
	const char *reason;       /* why this cell can't reach it; NULL: nobody knows, a finding */
};

struct tare_record_outcome {
	const char *verdict;      /* "PASS" "FAIL" "LEAK" "CRASH" "TIMEOUT" "BROKEN" "SKIP" */
	uint32_t attempt;         /* from 1 */
	uint64_t microseconds;
	const char *type;         /* dotted CamelCase: "Leak.KernelImages", "Crash.SIGSEGV"; NULL on PASS */
	const char *message;      /* one line; NULL on PASS */
	const char *body;         /* what a person reads; NULL on PASS */
	const char *log;          /* the child's log and last words, or NULL */
	struct tare_record_levels levels;
	const char *known;        /* why this failure is none of the run's, or NULL */
	struct tare_sweep_tally sweep; /* calls is 0: it was not swept */
	const struct tare_record_reading *readings;
	size_t reading_count;
};

/* What several cases said together: what is broken in one is broken. */
struct tare_record_levels tare_record_levels_add(struct tare_record_levels a, struct tare_record_levels b);

/* The highest level such that it and each below it was judged and not broken; 0: none. */
unsigned tare_record_level_reached(struct tare_record_levels levels);

/* "L1 L2 L3", or "none". Both return text. */
#define TARE_LEVELS_TEXT 64
const char *tare_record_levels_judged(struct tare_record_levels levels, char text[TARE_LEVELS_TEXT]);

/* "L3, L4 broken", "L4, L5 not judged: no sweep", "none judged": the level reached, and why it is not the next. */
const char *tare_record_levels_reached(struct tare_record_levels levels, char text[TARE_LEVELS_TEXT]);

struct tare_record_paths { /* NULL: not wanted */
	const char *journal;      /* always wanted */
	const char *junit;
	const char *html;
	const char *csv;
};

struct tare_recorder;

/*
 * Writes the plan, and at once a JUnit report in which every planned case has
 * not run.  TARE_E_IO with a sentence in error where a path can't be written,
 * TARE_E_ARGUMENT where the plan is empty.
 */
int tare_recorder_open(struct tare_recorder **recorder, const struct tare_record_paths *paths,
	const struct tare_record_run *run, const struct tare_record_case *cases, size_t count, char *error, size_t room);
int tare_recorder_started(struct tare_recorder *recorder, size_t index, uint32_t attempt);
int tare_recorder_ended(struct tare_recorder *recorder, size_t index, const struct tare_record_outcome *outcome);

int tare_recorder_gap(struct tare_recorder *recorder, const struct tare_record_gap *gap);

/*
 * The JUnit report is written anew at most every 250 ms, so it may lack what was
 * said last: call this while waiting, and it catches up.
 */
int tare_recorder_tick(struct tare_recorder *recorder);

/* Writes every report once more and closes; exit_status goes into the journal. Errors as above; the recorder is gone either way. */
int tare_recorder_close(struct tare_recorder **recorder, int exit_status, char *error, size_t room);

/* The same reports from a journal that lies on disk, complete or cut off. */
int tare_report_from_journal(const struct tare_record_paths *paths, char *error, size_t room);

/*
 * Calls visit for each planned case in order; outcome is NULL where it has not
 * ended.  Stops at the first result that is not 0 and returns it; errors as above.
 */
typedef int (*tare_record_visit_fn)(void *cookie, const struct tare_record_case *c,
	const struct tare_record_outcome *outcome);
int tare_record_walk(const char *journal, tare_record_visit_fn visit, void *cookie, char *error, size_t room);

#endif
