/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model - what a journal has said so far
 *
 * The recorder gives every line it writes to a model too, so that a report made
 * during a run and one made later from the file are made from the same thing.
 */
#ifndef TARE_REPORTS_MODEL_H
#define TARE_REPORTS_MODEL_H

#include <stdbool.h>

#include <jansson.h>
#include <tare/record.h>

#define TARE_CLASSNAME 160

enum tare_progress { TARE_PLANNED, TARE_STARTED, TARE_ENDED };

struct tare_model_case {
	struct tare_record_case plan;       /* strings borrowed from the model's plan */
	size_t suite;                       /* index */
	enum tare_progress progress;
	uint32_t attempt;
	uint64_t started_at;                /* microseconds after the run began */
	struct tare_record_outcome outcome; /* strings borrowed from line; readings owned, their names the model's */
	json_t *line;                       /* owned: the line that ended it */
};

struct tare_model_suite { /* one suite in one cell */
	char classname[TARE_CLASSNAME]; /* "tare.a5.onboard.hbg.relaunch" */
	size_t first;                   /* its first case */
};

struct tare_model_gap {
	struct tare_record_gap gap;     /* strings borrowed from line */
	json_t *line;                   /* owned */
};

struct tare_model { /* zeroed: empty */
	json_t *plan;                   /* owned; NULL until the plan was read */
	struct tare_record_run run;     /* strings borrowed from plan */
	struct tare_model_case *cases;
	size_t count;
	struct tare_model_suite *suites;
	size_t suite_count;
	char **names;                   /* of accounts and moments, each once; owned */
	size_t name_count;
	struct tare_model_gap *gaps;
	size_t gap_count;
	bool ended;                     /* the run said so itself */
	int exit_status;
	uint64_t microseconds;          /* from plan to end */
};

/*
 * Takes one line in.  0, TARE_E_MEMORY, or TARE_E_ARGUMENT with a sentence in
 * error; then the model is as before.  May take members out of line.
 */
int tare__model_apply(struct tare_model *model, json_t *line, char *error, size_t room);
void tare__model_drop(struct tare_model *model);

/* Every verdict has a place here; -1 for a word that is none. */
enum { TARE_V_PASS, TARE_V_FAIL, TARE_V_LEAK, TARE_V_CRASH, TARE_V_TIMEOUT, TARE_V_BROKEN, TARE_V_SKIP, TARE_V_COUNT };
int tare__verdict_of(const char *word);
const char *tare__verdict_word(int verdict); /* static */

/* "PASS" and so on; "NOT RUN" or "RUNNING" before there is a verdict. Static. */
const char *tare__case_word(const struct tare_model_case *c);

bool tare__same_cell(const struct tare_model_case *a, const struct tare_model_case *b);

/* What all cases of that one's cell said together. */
struct tare_record_levels tare__model_levels(const struct tare_model *model, const struct tare_model_case *of);

/* What all of them swept. */
struct tare_sweep_tally tare__model_sweep(const struct tare_model *model);

/* Takes the "sweep" of a line in, as far as it is there. */
void tare__sweep_read(const json_t *line, struct tare_sweep_tally *tally);

/* "name", or "name[fault]". Returns text. */
#define TARE_CASE_NAME 256
const char *tare__case_name(const struct tare_model_case *c, char text[TARE_CASE_NAME]);

#endif
