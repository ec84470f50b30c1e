/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge - from what a case left behind to what is said about it; parent side
 *
 * Files: judge.c decides, body.c words it, readings.c thins the series.  They
 * see a trial and write an outcome; no process, and files only for symbols.
 */
#ifndef TARE_JUDGE_H
#define TARE_JUDGE_H

#include <stddef.h>
#include <stdint.h>

#include <tare/engine.h>
#include <tare/text.h>
#include <tare/valgrind.h>

#include "isolate.h"

#define TARE__FINDINGS (TARE_ROWS * (TARE_ACCOUNTS + 1) + 4) /* all that there can be: what is left out can't be weighed by level */
#define TARE__READINGS 8192

/* What memcheck said of one case. */
struct tare_memcheck {
	struct tare_valgrind said;
	char trouble[512]; /* why it is not known, or not all of it; or "" */
};

struct tare_trial {
	const struct tare_case_ref *ref;
	const struct tare_run_options *options;
	const struct tare_target *target;
	const struct tare_board *board;
	const struct tare_end *end;
	uint32_t launches; /* that the case was to make */
	const struct tare_memcheck *memcheck; /* NULL: not run under valgrind */
	struct tare_finding findings[TARE__FINDINGS];
	size_t finding_count;
	char above[2048]; /* findings above the level that was asked for, a line each */
};

/* Fills everything of the outcome but readings and log. */
void tare__trial_judge(struct tare_trial *trial, struct tare_outcome *outcome);

/* What is reported for a raw verdict of a case that expects one. */
enum tare_verdict tare__verdict_met(enum tare_verdict raw, enum tare_verdict expected);

/* The page as points; never more than room. Returns how many. */
size_t tare__readings_of(const struct tare_ledger_page *page, struct tare_record_reading *readings, size_t room);

/* body.c: pieces of it. */
void tare__body_title(struct tare_text *text, const struct tare_trial *trial, const struct tare_outcome *outcome);
void tare__body_crash(struct tare_text *text, const struct tare_board_crash *crash);
void tare__body_again(struct tare_text *text, const struct tare_trial *trial, const char *token);
void tare__body_write(const struct tare_trial *trial, struct tare_outcome *outcome);
void tare__log_write(const struct tare_trial *trial, struct tare_outcome *outcome);

/* unread.c: rows that no account in reach can answer; first receives the first of them, or -1. */
size_t tare__rows_unread(const struct tare_trial *trial, int *first);
void tare__unread_write(const struct tare_trial *trial, struct tare_text *text);
const char *tare__unread_reason(const struct tare_trial *trial, const struct tare_then *row);

/* levels.c: drops the findings above the level that is asked for; whole: the case got to its end. */
void tare__levels_judge(struct tare_trial *trial, bool whole, struct tare_outcome *outcome);
void tare__levels_write(const struct tare_trial *trial, struct tare_text *text);

/* sweep_judge.c: what the end of one process says of the sweep; true: another process goes on.  And all of it, at the end. */
bool tare__sweep_ended(struct tare_trial *trial, struct tare_board *board);
void tare__sweep_judge(struct tare_trial *trial, struct tare_board *board, struct tare_outcome *outcome);

/* memcheck.c: the file that the case's process left; removed where it says nothing. */
void tare__memcheck_read(struct tare_trial *trial, struct tare_memcheck *memcheck);

/* The first error, or the first leak, or NULL; and how it is called. */
const struct tare_valgrind_finding *tare__memcheck_find(const struct tare_trial *trial, bool leak);
void tare__memcheck_type(const struct tare_valgrind_finding *finding, char *type, size_t size);
void tare__memcheck_message(const struct tare_valgrind_finding *finding, char *message, size_t size);
void tare__memcheck_body(struct tare_text *text, const struct tare_trial *trial);

/* "Leak.KernelImages" from "Leak" and "kernel_images". */
void tare__type_text(char *type, size_t size, const char *kind, const char *words);

/* options.c: NULL and zero replaced by what they stand for; text lives in paths. */
struct tare_resolved {
	struct tare_run_options options;
	char fixtures[4096];
	char self[4096];
};

int tare__options_resolve(const struct tare_run_options *options, struct tare_resolved *resolved);
uint32_t tare__options_launches(const struct tare_run_options *options, const struct tare_spec *spec);
uint32_t tare__options_deadline_ms(const struct tare_run_options *options, const struct tare_spec *spec);

/* baseline.c: what is known is marked; what passes though it is known, or is over, fails. */
void tare__baseline_apply(const struct tare_run_options *options, const struct tare_case_ref *ref,
	struct tare_outcome *outcome);

/* The verdict that is a pass; and whether the case's calls are made to fail. */
bool tare__is_swept(const struct tare_run_options *options, const struct tare_spec *spec);
enum tare_verdict tare__options_expected(const struct tare_run_options *options, const struct tare_spec *spec);

/* Why a case is left out of this build or this run, or NULL. Static. */
const char *tare__left_out(const struct tare_run_options *options, const struct tare_spec *spec);

#endif
