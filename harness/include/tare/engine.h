/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine - plan, isolate, judge, record
 */
#ifndef TARE_ENGINE_H
#define TARE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tare/baseline.h>
#include <tare/driver.h>
#include <tare/fault.h>
#include <tare/record.h>
#include <tare/registry.h>
#include <tare/target.h>

struct tare_fixture; /* fixtures/catalog.h */

#define TARE_JOBS_MOST 64

struct tare_run_options {
	uint32_t launches;        /* 0: as the spec says */
	uint64_t seed;            /* 0: 1 */
	uint32_t level;           /* rows are judged up to this level of conformance; 0: all */
	enum tare_driver_choice driver;
	bool full_reset;          /* found by the engine: the environment wants a reset that tears all down */
	bool here;                /* one case, in this process, without deadline: for gdb and valgrind */
	bool keep;                /* the case's directory is not removed */
	bool verbose;
	uint32_t jobs;            /* cases at a time; 0: 1, and never more than TARE_JOBS_MOST */
	uint32_t slow;            /* deadlines times this; 0: 1, and 40 under valgrind, 10 with sanitizers */
	const struct tare_baseline *baseline; /* NULL: no failure is known */
	const char *today;        /* "2026-11-20"; with a baseline */
	const char *valgrind;     /* folder in which memcheck leaves a file for each process; NULL: not under it */
	const char *fixtures;     /* folder of the built fixtures; NULL: beside the executable */
	const char *self;         /* path of the executable, for the command that repeats a failure */
	bool sweep;               /* a case that declares .faults is swept: each of its calls fails, in turn and in each way */
	bool pairs;               /* and a second call fails inside the roll-back of the first */
	uint32_t budget;          /* at most so many points, each call path before any twice; 0: all */
	const char *fault;        /* one point again, by the token that its failure gave; NULL: none */
	const char *again;        /* the words that repeat a case, instead of "run --here CASE"; NULL: those */
	const struct tare_target_file *target;  /* the runtime to judge; NULL: the embedded cells */
	const struct tare_fixture *callable;    /* one of the user's own, found by name before the catalogue; may be NULL */
};

#define TARE_ENGINE_TEXT 8192

/*
 * One point again, as the failure said it: "630e1159.41:error", or with the
 * second fault of a pair, "630e1159.41:error:44:error".  The first word is the
 * build, because numbers of calls mean nothing in another; a "c" before the
 * number says that only the first run in a process makes that call.
 */
struct tare_fault_token {
	uint32_t build;
	bool cold;
	unsigned count; /* of wishes: 1, or 2 for a pair */
	struct tare_fault_wish wishes[2];
};

#define TARE_FAULT_TOKEN 96

/* 0, or TARE_E_ARGUMENT with one sentence. Whether a kind fits its call is known only where that call is made. */
int tare_fault_token_read(const char *text, const struct tare_target_file *target, struct tare_fault_token *token,
	char *error, size_t room);
const char *tare_fault_token_text(const struct tare_fault_token *token, char text[TARE_FAULT_TOKEN]); /* returns text */

struct tare_outcome {
	enum tare_verdict verdict;  /* as reported: of a case with .expect, PASS when it met it */
	enum tare_verdict raw;      /* as judged */
	uint64_t microseconds;
	uint32_t levels_judged;     /* sets of TARE_LEVEL(n); of a case with .expect none */
	uint32_t levels_broken;
	char known[TARE_SENTENCE];  /* why this failure is none of the run's; "": it is one */
	char type[64];
	char message[TARE_SENTENCE];
	char body[TARE_ENGINE_TEXT];/* findings, who took it, first launch, the command that repeats it */
	char log[TARE_ENGINE_TEXT]; /* of the child; tail */
	const struct tare_ledger_page *page; /* likewise; NULL: nothing ran */
	struct tare_record_reading *readings; /* owned by the engine until the next case */
	size_t reading_count;
	struct tare_sweep_tally sweep;
	const struct tare_fault_point *points; /* calls of its run without faults, with their callers; likewise; NULL: none */
	size_t point_count;
	bool points_ours; /* their callers are code of this process too, so that it can name them */
};

/* Called in the parent. */
struct tare_run_events {
	void *cookie;
	void (*started)(void *cookie, size_t index, const struct tare_case_ref *ref);
	void (*ended)(void *cookie, size_t index, const struct tare_case_ref *ref, const struct tare_outcome *outcome);
	bool (*interrupted)(void *cookie); /* asked between cases and while waiting */
	void (*swept)(void *cookie, size_t index, const struct tare_case_ref *ref,
		const struct tare_sweep_tally *so_far); /* a sweep goes on: at each end of a process; may be NULL */
};

struct tare_run_summary {
	size_t count[TARE_VERDICTS]; /* without those that are known */
	size_t known;
	size_t not_run;
	uint64_t microseconds;
	bool foreign; /* a runtime of somebody else's: what it can't be asked is skipped, and that is no failure */
};

/*
 * Starts the cases in order, each in a process of its own, writing to recorder
 * (may be NULL).  Returns 0 when it could do its work, whatever the verdicts.
 */
int tare_engine_run(const struct tare_case_ref *list, size_t count, const struct tare_run_options *options,
	struct tare_recorder *recorder, const struct tare_run_events *events, struct tare_run_summary *summary);

/* 0 passed; 1 something failed, or an embedded cell was skipped; 2 nothing ran or the harness failed; 130 interrupted. */
int tare_exit_status(const struct tare_run_summary *summary, bool interrupted);

const char *tare_verdict_name(enum tare_verdict verdict); /* "PASS" */

#endif
