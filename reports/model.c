/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

static const char *const verdict_words[TARE_V_COUNT] = { "PASS", "FAIL", "LEAK", "CRASH", "TIMEOUT", "BROKEN",
	"SKIP" };

int tare__verdict_of(const char *word)
{
	for (int i = 0; word && i < TARE_V_COUNT; i++) {
		if (!strcmp(verdict_words[i], word))
			return i;
	}
	return -1;
}

const char *tare__verdict_word(int verdict)
{
	tare_must(verdict >= 0 && verdict < TARE_V_COUNT);
	return verdict_words[verdict];
}

const char *tare__case_word(const struct tare_model_case *c)
{
	if (c->progress == TARE_ENDED)
		return c->outcome.verdict;
	return c->progress == TARE_STARTED ? "RUNNING" : "NOT RUN";
}

const char *tare__case_name(const struct tare_model_case *c, char text[TARE_CASE_NAME])
{
	if (c->plan.fault)
		snprintf(text, TARE_CASE_NAME, "%.160s[%.80s]", c->plan.name, c->plan.fault);
	else
		snprintf(text, TARE_CASE_NAME, "%.250s", c->plan.name);
	return text;
}

static int wrong(char *error, size_t room, const char *sentence)
{
	snprintf(error, room, "%s", sentence);
	return TARE_E_ARGUMENT;
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static const char *text_or(const json_t *object, const char *name, const char *otherwise)
{
	const char *text = text_of(object, name);

	return text ? text : otherwise;
}

static uint64_t number_of(const json_t *object, const char *name)
{
	json_int_t number = json_integer_value(json_object_get(object, name));

	return number > 0 ? (uint64_t)number : 0;
}

/* Consumers split a classname at its dots, so that no part of it may bring one along. */
static void add_part(char classname[TARE_CLASSNAME], const char *part)
{
	size_t used = strlen(classname);

	if (used + 2 < TARE_CLASSNAME)
		classname[used++] = '.';
	for (; *part && used + 1 < TARE_CLASSNAME; part++) {
		char c = *part;
		int fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
			c == '-';

		classname[used++] = fits ? c : '_';
	}
	classname[used] = '\0';
}

static void place_in_suite(struct tare_model *model, size_t index)
{
	struct tare_model_case *c = &model->cases[index];
	const char *const parts[] = { c->plan.arch, c->plan.platform, c->plan.graph, c->plan.suite };
	char classname[TARE_CLASSNAME] = "tare";

	for (size_t i = 0; i < TARE_COUNT(parts); i++)
		add_part(classname, *parts[i] ? parts[i] : "_");
	for (c->suite = 0; c->suite < model->suite_count; c->suite++) {
		if (!strcmp(model->suites[c->suite].classname, classname))
			return;
	}
	strcpy(model->suites[model->suite_count].classname, classname);
	model->suites[model->suite_count++].first = index;
}

static int in_identity_order(const void *left, const void *right)
{
	const struct tare_model_case *a = *(const struct tare_model_case *const *)left;
	const struct tare_model_case *b = *(const struct tare_model_case *const *)right;
	char first[TARE_CASE_NAME], second[TARE_CASE_NAME];

	if (a->suite != b->suite)
		return a->suite < b->suite ? -1 : 1;
	return strcmp(tare__case_name(a, first), tare__case_name(b, second));
}

/* Readers of JUnit keep one of two cases with the same name, not always the same one. */
static int refuse_twins(const struct tare_model *model, char *error, size_t room)
{
	const struct tare_model_case **order = malloc(model->count * sizeof(*order));
	int status = TARE_OK;

	if (!order)
		return TARE_E_MEMORY;
	for (size_t i = 0; i < model->count; i++)
		order[i] = &model->cases[i];
	qsort(order, model->count, sizeof(*order), in_identity_order);
	for (size_t i = 1; i < model->count && !status; i++) {
		char name[TARE_CASE_NAME];

		if (in_identity_order(&order[i - 1], &order[i]))
			continue;
		snprintf(error, room, "%s.%s is planned twice", model->suites[order[i]->suite].classname,
			tare__case_name(order[i], name));
		status = TARE_E_ARGUMENT;
	}
	free(order);
	return status;
}

static int read_case(struct tare_model *model, size_t index, const json_t *from, char *error, size_t room)
{
	struct tare_record_case *plan = &model->cases[index].plan;

	plan->suite = text_or(from, "suite", "");
	plan->name = text_or(from, "name", "");
	plan->arch = text_or(from, "arch", "");
	plan->platform = text_or(from, "platform", "");
	plan->graph = text_or(from, "graph", "");
	plan->says = text_or(from, "says", "");
	plan->because = text_or(from, "because", "");
	plan->fault = text_of(from, "fault");
	if (!*plan->name)
		return wrong(error, room, "a planned case has no name");
	place_in_suite(model, index);
	return TARE_OK;
}

static void read_run(struct tare_record_run *run, const json_t *from)
{
	run->version = text_or(from, "version", "");
	run->driver = text_or(from, "driver", "");
	run->target = text_of(from, "target");
	run->unweighed = text_of(from, "unweighed");
	run->command = text_or(from, "command", "");
	run->started_utc = number_of(from, "started_utc");
	run->seed = number_of(from, "seed");
	run->shard = (uint32_t)number_of(from, "shard");
	run->shards = (uint32_t)number_of(from, "shards");
	run->score = text_of(from, "score");
}

static int apply_plan(struct tare_model *model, json_t *line, char *error, size_t room)
{
	const json_t *cases = json_object_get(line, "cases");
	size_t count = json_array_size(cases);
	int status = TARE_OK;

	if (json_integer_value(json_object_get(line, "journal")) != TARE_JOURNAL_VERSION)
		return wrong(error, room, "this is no journal of the version that is read here");
	if (model->plan)
		return wrong(error, room, "there is a second plan");
	if (count == 0)
		return wrong(error, room, "the plan has no case");
	model->cases = calloc(count, sizeof(*model->cases));
	model->suites = calloc(count, sizeof(*model->suites));
	if (!model->cases || !model->suites)
		status = TARE_E_MEMORY;
	model->plan = json_incref(line);
	read_run(&model->run, json_object_get(line, "run"));
	for (model->count = 0; !status && model->count < count; model->count++)
		status = read_case(model, model->count, json_array_get(cases, model->count), error, room);
	if (!status)
		status = refuse_twins(model, error, room);
	if (status)
		tare__model_drop(model);
	return status;
}

static const char *name_once(struct tare_model *model, const char *name)
{
	char **names;

	for (size_t i = 0; i < model->name_count; i++) {
		if (!strcmp(model->names[i], name))
			return model->names[i];
	}
	names = realloc(model->names, (model->name_count + 1) * sizeof(*names));
	if (!names)
		return NULL;
	model->names = names;
	names[model->name_count] = strdup(name);
	return names[model->name_count] ? names[model->name_count++] : NULL;
}

/* A reading is [account, moment, launch, value]. */
static int read_readings(struct tare_model *model, const json_t *from, struct tare_record_outcome *outcome)
{
	size_t count = json_array_size(from);
	struct tare_record_reading *readings;

	if (count == 0)
		return TARE_OK;
	readings = calloc(count, sizeof(*readings));
	if (!readings)
		return TARE_E_MEMORY;
	outcome->readings = readings;
	outcome->reading_count = count;
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_array_get(from, i);
		const char *account = json_string_value(json_array_get(one, 0));
		const char *moment = json_string_value(json_array_get(one, 1));
		json_int_t launch = json_integer_value(json_array_get(one, 2));

		if (!account || !moment || launch < 0 || launch > UINT32_MAX ||
			!json_is_integer(json_array_get(one, 3)))
			return TARE_E_ARGUMENT;
		readings[i].account = name_once(model, account);
		readings[i].moment = name_once(model, moment);
		readings[i].launch = (uint32_t)launch;
		readings[i].value = json_integer_value(json_array_get(one, 3));
		if (!readings[i].account || !readings[i].moment)
			return TARE_E_MEMORY;
	}
	return TARE_OK;
}

/* const only for those outside. */
static void drop_readings(struct tare_record_outcome *outcome)
{
	union { const struct tare_record_reading *kept; void *owned; } readings = { .kept = outcome->readings };

	free(readings.owned);
	outcome->readings = NULL;
	outcome->reading_count = 0;
}

/* Bits that are no level are of nobody's. */
static uint32_t levels_of(const json_t *line, const char *name)
{
	return (uint32_t)(number_of(line, name) & 0x3e);
}

static int apply_ended(struct tare_model *model, struct tare_model_case *c, json_t *line, char *error, size_t room)
{
	struct tare_record_outcome outcome = {
		.verdict = text_of(line, "verdict"),
		.attempt = (uint32_t)number_of(line, "attempt"),
		.microseconds = number_of(line, "microseconds"),
		.type = text_of(line, "type"),
		.message = text_of(line, "message"),
		.body = text_of(line, "body"),
		.log = text_of(line, "log"),
		.levels = { levels_of(line, "levels_judged"), levels_of(line, "levels_broken") },
		.known = text_of(line, "known"),
	};
	int status;

	if (tare__verdict_of(outcome.verdict) < 0)
		return wrong(error, room, "a case ended with a verdict that there is not");
	tare__sweep_read(line, &outcome.sweep);
	status = read_readings(model, json_object_get(line, "readings"), &outcome);
	if (status) {
		drop_readings(&outcome);
		return status == TARE_E_MEMORY ? status : wrong(error, room, "a reading is malformed");
	}
	json_object_del(line, "readings");
	json_decref(c->line);
	drop_readings(&c->outcome);
	c->line = json_incref(line);
	c->outcome = outcome;
	c->attempt = outcome.attempt;
	c->progress = TARE_ENDED;
	return TARE_OK;
}

static int apply_to_case(struct tare_model *model, const char *what, json_t *line, char *error, size_t room)
{
	json_int_t index = json_is_integer(json_object_get(line, "case"))
		? json_integer_value(json_object_get(line, "case"))
		: -1;
	struct tare_model_case *c;

	if (index < 0 || (size_t)index >= model->count)
		return wrong(error, room, "a line speaks of a case that was not planned");
	c = &model->cases[index];
	if (!strcmp(what, "ended"))
		return apply_ended(model, c, line, error, room);
	c->attempt = (uint32_t)number_of(line, "attempt");
	c->started_at = number_of(line, "at");
	c->progress = TARE_STARTED;
	return TARE_OK;
}

static int apply_gap(struct tare_model *model, json_t *line, char *error, size_t room)
{
	const struct tare_record_gap gap = { text_of(line, "cell"), text_of(line, "of"), text_of(line, "reason") };
	struct tare_model_gap *gaps;

	if (!gap.cell || !gap.what)
		return wrong(error, room, "a line names a gap and not where it is");
	gaps = realloc(model->gaps, (model->gap_count + 1) * sizeof(*gaps));
	if (!gaps)
		return TARE_E_MEMORY;
	model->gaps = gaps;
	gaps[model->gap_count++] = (struct tare_model_gap){ gap, json_incref(line) };
	return TARE_OK;
}

int tare__model_apply(struct tare_model *model, json_t *line, char *error, size_t room)
{
	const char *what = text_or(line, "what", "");

	if (!strcmp(what, "plan"))
		return apply_plan(model, line, error, room);
	if (!model->plan)
		return wrong(error, room, "this is no journal: it does not begin with a plan");
	if (!strcmp(what, "started") || !strcmp(what, "ended"))
		return apply_to_case(model, what, line, error, room);
	if (!strcmp(what, "gap"))
		return apply_gap(model, line, error, room);
	if (!strcmp(what, "end")) {
		model->ended = true;
		model->exit_status = (int)number_of(line, "exit");
		model->microseconds = number_of(line, "at");
		return TARE_OK;
	}
	return wrong(error, room, "a line says something that is not known");
}

bool tare__same_cell(const struct tare_model_case *a, const struct tare_model_case *b)
{
	return !strcmp(a->plan.arch, b->plan.arch) && !strcmp(a->plan.platform, b->plan.platform) &&
		!strcmp(a->plan.graph, b->plan.graph);
}

struct tare_record_levels tare__model_levels(const struct tare_model *model, const struct tare_model_case *of)
{
	struct tare_record_levels levels = { 0 };

	for (size_t i = 0; i < model->count; i++)
		if (tare__same_cell(&model->cases[i], of))
			levels = tare_record_levels_add(levels, model->cases[i].outcome.levels);
	return levels;
}

void tare__model_drop(struct tare_model *model)
{
	for (size_t i = 0; model->cases && i < model->count; i++) {
		json_decref(model->cases[i].line);
		drop_readings(&model->cases[i].outcome);
	}
	for (size_t i = 0; i < model->gap_count; i++)
		json_decref(model->gaps[i].line);
	free(model->gaps);
	for (size_t i = 0; i < model->name_count; i++)
		free(model->names[i]);
	free(model->names);
	free(model->suites);
	free(model->cases);
	json_decref(model->plan);
	*model = (struct tare_model){ 0 };
}
