/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorder - writes the journal while a run goes on, and the reports as it goes
 */
#include <tare/record.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tare/clock.h>
#include <tare/object.h>
#include <tare/status.h>

#include "forms.h"
#include "journal.h"

#define REWRITE_NS  250000000u
#define REWRITE_PART 32u /* of the run's time, at most: the report grows with the run, and is written whole */
#define REWRITE_LATEST_NS 2000000000u /* but a machine that once was slow is no reason to wait longer */
#define SENTENCE    512

struct tare_recorder {
	enum tare_magic magic;
	struct tare_record_paths paths; /* owned copies */
	int fd;                         /* the journal */
	struct tare_model model;
	uint64_t opened;                /* monotonic, ns */
	uint64_t rewritten;             /* likewise: when the JUnit report was last */
	uint64_t rewriting;             /* ns that it took */
	bool behind;                    /* the journal says more than that report */
	int trouble;                    /* the first status that was not 0 */
	char sentence[SENTENCE];        /* and its sentence */
};

static int write_forms(
	const struct tare_record_paths *paths, const struct tare_model *model, char *error, size_t room)
{
	const struct { const char *path; tare__form_fn write; } forms[] = {
		{ paths->junit, tare__junit_write },
		{ paths->html, tare__html_write },
		{ paths->csv, tare__csv_write },
	};
	int first = TARE_OK;

	for (size_t i = 0; i < TARE_COUNT(forms); i++) {
		char why[SENTENCE] = "out of memory";
		int status = forms[i].path ? forms[i].write(model, forms[i].path, true, why, sizeof(why)) : TARE_OK;

		if (status && !first) {
			snprintf(error, room, "%s", why);
			first = status;
		}
	}
	return first;
}

static int keep_paths(struct tare_record_paths *into, const struct tare_record_paths *from)
{
	*into = (struct tare_record_paths){
		.journal = strdup(from->journal),
		.junit = from->junit ? strdup(from->junit) : NULL,
		.html = from->html ? strdup(from->html) : NULL,
		.csv = from->csv ? strdup(from->csv) : NULL,
	};
	return !into->journal || (from->junit && !into->junit) || (from->html && !into->html) ||
			(from->csv && !into->csv)
		? TARE_E_MEMORY
		: TARE_OK;
}

static void drop_path(const char *path)
{
	union { const char *kept; char *owned; } text = { .kept = path };

	free(text.owned);
}

static void drop(struct tare_recorder **recorder)
{
	struct tare_recorder *r = *recorder;

	r->magic = TARE_MAGIC_NONE;
	if (r->fd >= 0)
		close(r->fd);
	tare__model_drop(&r->model);
	drop_path(r->paths.journal);
	drop_path(r->paths.junit);
	drop_path(r->paths.html);
	drop_path(r->paths.csv);
	free(r);
	*recorder = NULL;
}

static uint64_t since_opened(const struct tare_recorder *recorder)
{
	return (tare_clock_ns() - recorder->opened) / 1000;
}

/* Later troubles follow from the first, so the first is the one that is told. */
static int note(struct tare_recorder *recorder, int status, const char *sentence)
{
	if (status && !recorder->trouble) {
		recorder->trouble = status;
		snprintf(recorder->sentence, sizeof(recorder->sentence), "%s", sentence);
	}
	return status;
}

/* Takes the line over. */
static int say(struct tare_recorder *recorder, json_t *line)
{
	char why[SENTENCE] = "out of memory";
	int status = line ? tare__journal_write(recorder->fd, line) : TARE_E_MEMORY;

	if (status == TARE_E_IO)
		snprintf(why, sizeof(why), "the journal %s can't be written: %s", recorder->paths.journal,
			strerror(errno));
	if (!status)
		status = tare__model_apply(&recorder->model, line, why, sizeof(why));
	json_decref(line);
	recorder->behind = true;
	return note(recorder, status, why);
}

static int rewrite(struct tare_recorder *recorder)
{
	uint64_t start = tare_clock_ns();
	char why[SENTENCE] = "out of memory";
	int status;

	if (!recorder->paths.junit)
		return TARE_OK;
	status = tare__junit_write(&recorder->model, recorder->paths.junit, false, why, sizeof(why));
	recorder->rewritten = tare_clock_ns();
	recorder->rewriting = recorder->rewritten - start;
	recorder->behind = false;
	return note(recorder, status, why);
}

int tare_recorder_tick(struct tare_recorder *recorder)
{
	uint64_t pause = recorder->rewriting * REWRITE_PART;

	tare_must(recorder->magic == TARE_MAGIC_JOURNAL);
	if (pause < REWRITE_NS)
		pause = REWRITE_NS;
	if (pause > REWRITE_LATEST_NS)
		pause = REWRITE_LATEST_NS;
	if (!recorder->behind || tare_clock_ns() - recorder->rewritten < pause)
		return TARE_OK;
	return rewrite(recorder);
}

int tare_recorder_open(struct tare_recorder **recorder, const struct tare_record_paths *paths,
	const struct tare_record_run *run, const struct tare_record_case *cases, size_t count, char *error,
	size_t room)
{
	struct tare_recorder *r = calloc(1, sizeof(*r));
	int status = TARE_E_MEMORY;

	snprintf(error, room, "out of memory");
	if (!r)
		return status;
	r->fd = -1;
	r->opened = tare_clock_ns();
	if (count == 0) {
		snprintf(error, room, "the plan is empty");
		status = TARE_E_ARGUMENT;
		goto fail;
	}
	status = keep_paths(&r->paths, paths);
	if (status)
		goto fail;
	r->fd = tare__journal_open(paths->journal, error, room);
	status = r->fd < 0 ? r->fd : say(r, tare__journal_plan(run, cases, count));
	if (status && r->trouble)
		snprintf(error, room, "%s", r->sentence);
	if (!status)
		status = write_forms(&r->paths, &r->model, error, room);
	if (status)
		goto fail;
	r->rewritten = tare_clock_ns();
	r->behind = false;
	r->magic = TARE_MAGIC_JOURNAL;
	*recorder = r;
	return TARE_OK;
fail:
	drop(&r);
	return status;
}

int tare_recorder_started(struct tare_recorder *recorder, size_t index, uint32_t attempt)
{
	int status;

	tare_must(recorder->magic == TARE_MAGIC_JOURNAL);
	status = say(recorder, tare__journal_started(index, attempt, since_opened(recorder)));
	return status ? status : tare_recorder_tick(recorder);
}

int tare_recorder_ended(struct tare_recorder *recorder, size_t index, const struct tare_record_outcome *outcome)
{
	int status;

	tare_must(recorder->magic == TARE_MAGIC_JOURNAL);
	status = say(recorder, tare__journal_ended(index, outcome));
	return status ? status : tare_recorder_tick(recorder);
}

int tare_recorder_gap(struct tare_recorder *recorder, const struct tare_record_gap *gap)
{
	tare_must(recorder->magic == TARE_MAGIC_JOURNAL);
	return say(recorder, tare__journal_gap(gap));
}

int tare_recorder_close(struct tare_recorder **recorder, int exit_status, char *error, size_t room)
{
	struct tare_recorder *r = *recorder;
	char why[SENTENCE] = "";
	int status;

	if (!r)
		return TARE_OK;
	tare_must(r->magic == TARE_MAGIC_JOURNAL);
	say(r, tare__journal_end(exit_status, since_opened(r)));
	/* Devices and pipes can't be made lasting and say EINVAL. */
	if (fsync(r->fd) && errno != EINVAL && errno != EROFS) {
		snprintf(why, sizeof(why), "the journal %s can't be written: %s", r->paths.journal, strerror(errno));
		note(r, TARE_E_IO, why);
	}
	status = write_forms(&r->paths, &r->model, why, sizeof(why));
	note(r, status, why);
	status = r->trouble;
	snprintf(error, room, "%s", r->sentence);
	drop(recorder);
	return status;
}

int tare_report_from_journal(const struct tare_record_paths *paths, char *error, size_t room)
{
	struct tare_model model = { 0 };
	int status = tare__journal_read(paths->journal, &model, error, room);

	if (!status)
		status = write_forms(paths, &model, error, room);
	tare__model_drop(&model);
	return status;
}

int tare_record_walk(const char *journal, tare_record_visit_fn visit, void *cookie, char *error, size_t room)
{
	struct tare_model model = { 0 };
	int status = tare__journal_read(journal, &model, error, room);

	for (size_t i = 0; i < model.count && !status; i++)
		status = visit(cookie, &model.cases[i].plan,
			model.cases[i].progress == TARE_ENDED ? &model.cases[i].outcome : NULL);
	tare__model_drop(&model);
	return status;
}
