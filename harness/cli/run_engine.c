/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's events, shown; and what a sweep reached, found in them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <tare/text.h>

#include "reach.h"
#include "run.h"
#include "target.h"
#include "valgrind.h"

/* What the engine's events reach. */
struct watch {
	struct tare__view view;
	char valgrind[TARE_RUN_PATH]; /* folder of its files; empty: not under it */
	struct tare_recorder *recorder;
	struct tare__reach *reach;    /* of a sweep; NULL: of a single point, or none */
	struct tare_sweep_tally swept;
};

static uint32_t jobs_of(const struct tare__run_words *words)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t jobs = words->jobs ? words->jobs : processors > 0 ? (uint64_t)processors : 1;

	return jobs < TARE_JOBS_MOST ? (uint32_t)jobs : TARE_JOBS_MOST;
}

static void started(void *cookie, size_t index, const struct tare_case_ref *ref)
{
	struct watch *watch = cookie;

	(void)index;
	tare__view_started(&watch->view, ref);
}

static void ended(void *cookie, size_t index, const struct tare_case_ref *ref, const struct tare_outcome *outcome)
{
	struct watch *watch = cookie;

	(void)index;
	watch->swept = tare_sweep_add(watch->swept, outcome->sweep);
	if (watch->reach && outcome->points)
		tare__reach_add(watch->reach, ref->cell, outcome);
	tare__view_ended(&watch->view, ref, outcome);
}

/* Asked while the engine waits, which makes it the moment to let the report catch up; its trouble is told at the
 * end. */
static bool interrupted(void *cookie)
{
	struct watch *watch = cookie;

	if (watch->recorder)
		tare_recorder_tick(watch->recorder);
	return tare__interrupted();
}

static void swept(void *cookie, size_t index, const struct tare_case_ref *ref, const struct tare_sweep_tally *so_far)
{
	struct watch *watch = cookie;

	(void)index;
	tare__view_swept(&watch->view, ref, so_far);
}

static void tell_sweep(const struct watch *watch, const struct tare_run_summary *summary)
{
	char text[TARE_SWEEP_TEXT];

	printf("%s, %" PRIu64 ".%u s\n", tare_sweep_words(&watch->swept, text), summary->microseconds / 1000000,
		(unsigned)(summary->microseconds / 100000 % 10));
	if (*tare_sweep_pair_words(&watch->swept, text))
		printf("%s\n", text);
	if (watch->reach)
		tare__reach_tell(watch->reach, stdout, watch->recorder);
}

static int watch_engine(const struct tare__run_words *words, const struct tare__selection *selection,
	const struct tare_run_options *how, struct watch *watch)
{
	const struct tare_run_events events = { watch, started, ended, interrupted, swept };
	struct tare_run_summary summary = { 0 };
	bool stopped;
	int status;

	if (words->judged)
		tare__target_tell(stdout, words->judged);
	tare__view_open(&watch->view, stdout, (enum tare__colour)words->colour, words->verbose, selection->list,
		selection->count);
	status = tare_engine_run(selection->list, selection->count, how, watch->recorder, &events, &summary);
	stopped = !words->here && tare__interrupted();
	tare__view_close(&watch->view, &summary, stopped);
	if (watch->swept.calls)
		tell_sweep(watch, &summary);
	if (words->score[0])
		printf("seeded defects: %s\n", words->score);
	if (status)
		return tare__complain("the harness could not do its work (%d)", status);
	/* A token that fits nothing that the case does is a wrong word, and not a failure of the runtime. */
	if (how->fault && summary.count[TARE_BROKEN] > 0 && !stopped)
		return TARE_EXIT_USAGE;
	return tare_exit_status(&summary, stopped);
}

int tare__run_engine(const struct tare__run_words *words, const struct tare__selection *selection, const char *self,
	struct tare_recorder *recorder)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int status = TARE_EXIT_USAGE;
	char today[11];
	struct tare_run_options how = {
		.baseline = words->known,
		.today = tare_baseline_day(time(NULL), 0, today),
		.launches = words->launches,
		.level = words->level,
		.seed = words->seed,
		.driver = tare__run_driver(words),
		.here = words->here,
		.jobs = jobs_of(words),
		.keep = words->keep,
		.verbose = words->verbose,
		.self = self,
		.fixtures = words->fixtures,
		.target = words->judged,
		.sweep = tare__run_sweeps(words),
		.pairs = words->pairs,
		.budget = words->budget,
		.fault = words->fault,
	};

	if (!watch)
		return tare__complain("out of memory");
	watch->recorder = recorder;
	if (how.sweep && !how.fault)
		watch->reach = tare__reach_open();
	if (!words->valgrind || !tare__valgrind_folder(tare__run_out(words), watch->valgrind, TARE_RUN_PATH)) {
		how.valgrind = watch->valgrind[0] ? watch->valgrind : NULL;
		if (!words->here)
			tare__interrupt_block();
		status = watch_engine(words, selection, &how, watch);
	}
	tare__reach_close(&watch->reach);
	free(watch);
	return status;
}
