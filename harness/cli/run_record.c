/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run tells the record before its first case: where, how, and the plan.
 */
#include <stdlib.h>
#include <time.h>

#include "run.h"
#include "target.h"

const char *tare__run_out(const struct tare__run_words *words)
{
	return words->out ? words->out : "out";
}

static int find_places(const struct tare__run_words *words, struct tare__run_places *places)
{
	const char *out = tare__run_out(words);

	if (tare__folder_make(out))
		return -1;
	if (tare__path_join(places->journal, TARE_RUN_PATH, out, "journal.jsonl") ||
		tare__path_join(places->junit, TARE_RUN_PATH, out, "junit.xml") ||
		tare__path_join(places->html, TARE_RUN_PATH, out, "report.html") ||
		tare__path_join(places->csv, TARE_RUN_PATH, out, "readings.csv")) {
		tare__complain("--out: the path is too long");
		return -1;
	}
	places->paths = (struct tare_record_paths){
		.journal = places->journal,
		.junit = words->junit ? words->junit : places->junit,
		.html = words->html ? words->html : places->html,
		.csv = places->csv,
	};
	return 0;
}

static struct tare_record_case *plan_of(const struct tare__selection *selection)
{
	struct tare_record_case *plan = calloc(selection->count, sizeof(*plan));

	for (size_t i = 0; plan && i < selection->count; i++) {
		const struct tare_case_ref *ref = &selection->list[i];

		plan[i] = (struct tare_record_case){
			.suite = ref->suite->name,
			.name = ref->spec->name,
			.arch = tare_arch_name(ref->cell.arch),
			.platform = tare_platform_name(ref->cell.platform),
			.graph = tare_graph_name(ref->cell.graph),
			.says = ref->spec->says,
			.because = ref->spec->because,
		};
	}
	return plan;
}

int tare__run_record(const struct tare__run_words *words, const struct tare__selection *selection, const char *command,
	struct tare__run_places *places, struct tare_recorder **recorder)
{
	struct tare_record_case *plan;
	char unweighed[1024];
	struct tare_record_run about = {
		.version = TARE_VERSION,
		.driver = tare__run_driver(words) == TARE_DRIVER_CANN ? "cann" : "machine",
		.target = words->judged ? words->judged->name : NULL,
		.unweighed = words->judged ? tare__target_unweighed(words->judged, unweighed, sizeof(unweighed)) : NULL,
		.command = command,
		.started_utc = (uint64_t)time(NULL),
		.seed = words->seed ? words->seed : 1,
		.shard = 1,
		.shards = 1,
		.score = words->score[0] ? words->score : NULL,
	};
	char error[512] = "out of memory";
	int status;

	if (find_places(words, places))
		return -1;
	plan = plan_of(selection);
	status = plan ? tare_recorder_open(recorder, &places->paths, &about, plan, selection->count, error, sizeof(error)) : -1;
	free(plan);
	if (status)
		tare__complain("%s", error);
	return status ? -1 : 0;
}
