/* SPDX-License-Identifier: Apache-2.0 */
/*
 * junit - the report that machines read, in the one shape that all of them agree on
 *
 * The schemas in use contradict each other and the readers trip on different
 * things: counters that don't match, nested suites, text outside the outcome
 * elements, split CDATA, times with a comma.  So: a root without attributes, flat
 * suites, one outcome a case, counters counted from what is written, times from
 * integers, and of CDATA either one section or none.
 *
 * In a report made before the run has ended the cases that are running, or else
 * the next, are errors, so that what a killed run leaves behind is not taken
 * for a green one.
 */
#include "forms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libxml/xmlwriter.h>
#include <tare/status.h>

#include "clean.h"
#include "output.h"

#define MESSAGE_BYTES 1024
#define TEXT_BYTES    65536          /* of one text node */
#define FILE_BYTES    (16ul << 20)   /* of all text; the smallest limit of a reader is 20 MB a file */
#define SHORT_BYTES   1024           /* of a text once FILE_BYTES are used up */

struct junit {
	xmlTextWriterPtr xml;
	const struct tare_model *model;
	const struct tare_model_case *next; /* of a run that has not ended, and of which no case is running */
	size_t text_bytes;           /* written so far */
	struct tare__bytes clean;    /* for one text at a time */
	struct tare__bytes text;
	bool failed;                 /* memory ran out, or the writer refused */
};

enum outcome { PASSED, FAILURE, ERROR, SKIPPED, OUTCOMES };

static void check(struct junit *junit, int result)
{
	if (result < 0)
		junit->failed = true;
}

static void start(struct junit *junit, const char *element)
{
	check(junit, xmlTextWriterStartElement(junit->xml, tare__xml(element)));
}

static void end(struct junit *junit)
{
	check(junit, xmlTextWriterEndElement(junit->xml));
}

static void attribute(struct junit *junit, const char *name, const char *value, size_t most)
{
	tare__bytes_clear(&junit->clean);
	tare__clean_line(&junit->clean, value, strlen(value));
	if (junit->clean.failed) {
		junit->failed = true;
		return;
	}
	if (junit->clean.at)
		junit->clean.at[tare__clean_prefix(junit->clean.at, junit->clean.used, most)] = '\0';
	check(junit,
		xmlTextWriterWriteAttribute(
			junit->xml, tare__xml(name), tare__xml(junit->clean.at ? junit->clean.at : "")));
}

static void attribute_number(struct junit *junit, const char *name, size_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", number);
	attribute(junit, name, text, sizeof(text));
}

static void attribute_seconds(struct junit *junit, uint64_t microseconds)
{
	uint64_t milliseconds = (microseconds + 500) / 1000;
	char text[40];

	snprintf(text, sizeof(text), "%" PRIu64 ".%03u", milliseconds / 1000, (unsigned)(milliseconds % 1000));
	attribute(junit, "time", text, sizeof(text));
}

/* UTC without a zone: the one form that every reader takes for UTC. */
static void attribute_timestamp(struct junit *junit, uint64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm utc;
	char text[40];

	if (!gmtime_r(&when, &utc) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc))
		strcpy(text, "1970-01-01T00:00:00");
	attribute(junit, "timestamp", text, sizeof(text));
}

/* Writes what stands in junit->text as the element's content and empties it. */
static void content(struct junit *junit)
{
	size_t most = junit->text_bytes < FILE_BYTES ? TEXT_BYTES : SHORT_BYTES;

	if (junit->text.used && junit->text.at[junit->text.used - 1] != '\n')
		tare__bytes_text(&junit->text, "\n");
	tare__bytes_clear(&junit->clean);
	tare__clean_text(&junit->clean, junit->text.at, junit->text.used);
	tare__bytes_clear(&junit->text);
	tare__clean_cut(&junit->text, junit->clean.at, junit->clean.used, most);
	if (junit->clean.failed || junit->text.failed) {
		junit->failed = true;
		return;
	}
	/* CDATA keeps blanks that one reader loses between entities; split in two, another puts a comma in. */
	if (strstr(junit->text.at, "]]>"))
		check(junit, xmlTextWriterWriteString(junit->xml, tare__xml(junit->text.at)));
	else
		check(junit, xmlTextWriterWriteCDATA(junit->xml, tare__xml(junit->text.at)));
	junit->text_bytes += junit->text.used;
	tare__bytes_clear(&junit->text);
}

/* Some readers take a type in small letters for a type of theirs and refuse the file. */
static bool is_kind(const char *type)
{
	bool first = true;

	for (; *type; type++) {
		bool capital = *type >= 'A' && *type <= 'Z';
		bool other = (*type >= 'a' && *type <= 'z') || (*type >= '0' && *type <= '9');

		if (*type == '.' ? first : first ? !capital : !capital && !other)
			return false;
		first = *type == '.';
	}
	return !first;
}

static const char *type_of(const struct tare_model_case *c)
{
	static const char *const kinds[TARE_V_COUNT] = { "Pass", "Fail", "Leak", "Crash", "Timeout", "Broken",
		"Skip" };

	if (c->outcome.type && is_kind(c->outcome.type))
		return c->outcome.type;
	return kinds[tare__verdict_of(c->outcome.verdict)];
}

static bool is_cut_off(const struct junit *junit, const struct tare_model_case *c)
{
	return c->progress == TARE_STARTED || c == junit->next;
}

static enum outcome outcome_of(const struct junit *junit, const struct tare_model_case *c)
{
	if (c->progress != TARE_ENDED)
		return junit->model->ended || is_cut_off(junit, c) ? ERROR : SKIPPED;
	if (c->outcome.known)
		return SKIPPED;
	switch (tare__verdict_of(c->outcome.verdict)) {
	case TARE_V_PASS:
		return PASSED;
	case TARE_V_FAIL:
	case TARE_V_LEAK:
		return FAILURE;
	case TARE_V_SKIP:
		return SKIPPED;
	default:
		return ERROR;
	}
}

static void skipped(struct junit *junit, const char *message)
{
	start(junit, "skipped");
	attribute(junit, "message", message, MESSAGE_BYTES);
	end(junit);
}

static void skipped_known(struct junit *junit, const char *reason)
{
	char message[MESSAGE_BYTES];

	snprintf(message, sizeof(message), "known: %s", reason);
	skipped(junit, message);
}

static void trouble(struct junit *junit, const char *element, const char *message, const char *type, const char *body)
{
	start(junit, element);
	attribute(junit, "message", message, MESSAGE_BYTES);
	attribute(junit, "type", type, MESSAGE_BYTES);
	if (!body || strncmp(body, message, strlen(message)))
		tare__bytes_format(&junit->text, "%s\n", message);
	if (body)
		tare__bytes_text(&junit->text, body);
	content(junit);
	end(junit);
}

static const char *message_of(const struct tare_model_case *c)
{
	const char *message = c->outcome.message ? c->outcome.message : "";

	return message[strspn(message, " \t\n")] ? message : tare__case_word(c);
}

static void write_not_run(struct junit *junit, const struct tare_model_case *c)
{
	bool begun = c->progress == TARE_STARTED;

	if (junit->model->ended)
		trouble(junit, "error", begun ? "not run to its end" : "not run", "NotRun",
			"The run ended without it.");
	else if (is_cut_off(junit, c))
		trouble(junit, "error", begun ? "not run to its end, so far" : "not run, so far", "Incomplete",
			"The run had not ended when this report was written.");
	else
		skipped(junit, "not run");
}

static void write_outcome(struct junit *junit, const struct tare_model_case *c)
{
	enum outcome outcome = outcome_of(junit, c);

	if (c->progress != TARE_ENDED)
		write_not_run(junit, c);
	else if (c->outcome.known)
		skipped_known(junit, c->outcome.known);
	else if (outcome == SKIPPED)
		skipped(junit, message_of(c));
	else if (outcome != PASSED)
		trouble(junit, outcome == ERROR ? "error" : "failure", message_of(c), type_of(c), c->outcome.body);
}

/* The readings at moments one by one; of a series over launches only its bounds, the CSV has it all. */
static void add_readings(struct junit *junit, const struct tare_record_outcome *outcome)
{
	for (size_t i = 0; i < outcome->reading_count; i++) {
		const struct tare_record_reading *reading = &outcome->readings[i];
		int64_t low = reading->value, high = low;

		if (strcmp(reading->moment, "launch")) {
			tare__bytes_format(
				&junit->text, "%s.%s=%" PRId64 "\n", reading->account, reading->moment, low);
			continue;
		}
		for (; i + 1 < outcome->reading_count; i++) {
			const struct tare_record_reading *next = &outcome->readings[i + 1];

			/* Names are the model's, so the pointers tell. */
			if (next->account != reading->account || next->moment != reading->moment)
				break;
			low = next->value < low ? next->value : low;
			high = next->value > high ? next->value : high;
		}
		tare__bytes_format(&junit->text, "%s.launches.lowest=%" PRId64 "\n%s.launches.highest=%" PRId64 "\n",
			reading->account, low, reading->account, high);
	}
}

static void write_case(struct junit *junit, const struct tare_model_case *c)
{
	char name[TARE_CASE_NAME];

	start(junit, "testcase");
	attribute(junit, "classname", junit->model->suites[c->suite].classname, TARE_CLASSNAME);
	attribute(junit, "name", tare__case_name(c, name), 255);
	attribute_seconds(junit, c->outcome.microseconds);
	write_outcome(junit, c);
	if (c->outcome.reading_count || c->outcome.known) {
		start(junit, "system-out");
		if (c->outcome.known && c->outcome.body)
			tare__bytes_text(&junit->text, c->outcome.body);
		add_readings(junit, &c->outcome);
		content(junit);
		end(junit);
	}
	if (c->outcome.log && *c->outcome.log) {
		start(junit, "system-err");
		tare__bytes_text(&junit->text, c->outcome.log);
		content(junit);
		end(junit);
	}
	end(junit);
}

static void write_property(struct junit *junit, const char *name, const char *value)
{
	start(junit, "property");
	attribute(junit, "name", name, MESSAGE_BYTES);
	attribute(junit, "value", value, MESSAGE_BYTES);
	end(junit);
}

/* Of the whole cell, in each of its suites: one suite alone seldom looks at every level. */
static void write_levels(struct junit *junit, size_t suite)
{
	const struct tare_model *model = junit->model;
	struct tare_record_levels levels = tare__model_levels(model, &model->cases[model->suites[suite].first]);
	char text[TARE_LEVELS_TEXT];

	write_property(junit, "tare.level.judged", tare_record_levels_judged(levels, text));
	write_property(junit, "tare.level.reached", tare_record_levels_reached(levels, text));
}

/* A property of the suite for each case: properties of a testcase are what strict schemas refuse a file for. */
static void write_sweeps(struct junit *junit, size_t suite)
{
	const struct tare_model *model = junit->model;
	char name[TARE_CASE_NAME + 32], text[TARE_SWEEP_TEXT];

	for (size_t i = model->suites[suite].first; i < model->count; i++) {
		const struct tare_model_case *c = &model->cases[i];

		if (c->suite != suite || !c->outcome.sweep.calls)
			continue;
		snprintf(name, sizeof(name), "tare.sweep.%.200s", c->plan.name);
		write_property(junit, name, tare_sweep_words(&c->outcome.sweep, text));
		snprintf(name, sizeof(name), "tare.pairs.%.200s", c->plan.name);
		if (*tare_sweep_pair_words(&c->outcome.sweep, text))
			write_property(junit, name, text);
	}
}

static void write_properties(struct junit *junit, size_t suite)
{
	const struct tare_record_run *run = &junit->model->run;
	char seed[24];

	snprintf(seed, sizeof(seed), "%" PRIu64, run->seed);
	start(junit, "properties");
	write_property(junit, "tare.version", run->version);
	write_property(junit, "tare.driver", run->driver);
	if (run->target)
		write_property(junit, "tare.target", run->target);
	if (run->unweighed && *run->unweighed)
		write_property(junit, "tare.unweighed", run->unweighed);
	write_property(junit, "tare.seed", seed);
	if (run->score)
		write_property(junit, "tare.defects", run->score);
	write_levels(junit, suite);
	write_sweeps(junit, suite);
	end(junit);
}

static void start_suite(struct junit *junit, const char *name, const size_t counts[OUTCOMES], uint64_t microseconds,
	uint64_t started)
{
	start(junit, "testsuite");
	attribute(junit, "name", name, TARE_CLASSNAME);
	attribute_number(junit, "tests", counts[PASSED] + counts[FAILURE] + counts[ERROR] + counts[SKIPPED]);
	attribute_number(junit, "failures", counts[FAILURE]);
	attribute_number(junit, "errors", counts[ERROR]);
	attribute_number(junit, "skipped", counts[SKIPPED]);
	attribute_seconds(junit, microseconds);
	attribute_timestamp(junit, started);
}

static void write_suite(struct junit *junit, size_t suite)
{
	const struct tare_model *model = junit->model;
	uint64_t microseconds = 0;
	size_t counts[OUTCOMES] = { 0 };

	for (size_t i = model->suites[suite].first; i < model->count; i++) {
		if (model->cases[i].suite != suite)
			continue;
		counts[outcome_of(junit, &model->cases[i])]++;
		microseconds += model->cases[i].outcome.microseconds;
	}
	start_suite(junit, model->suites[suite].classname, counts, microseconds,
		model->run.started_utc + model->cases[model->suites[suite].first].started_at / 1000000);
	write_properties(junit, suite);
	for (size_t i = model->suites[suite].first; i < model->count && !junit->failed; i++) {
		if (model->cases[i].suite == suite)
			write_case(junit, &model->cases[i]);
	}
	end(junit);
}

/* A report has at least one case, also where the journal ends within its plan. */
static void write_without_plan(struct junit *junit)
{
	static const size_t counts[OUTCOMES] = { [ERROR] = 1 };

	start_suite(junit, "tare.run", counts, 0, junit->model->run.started_utc);
	start(junit, "testcase");
	attribute(junit, "classname", "tare.run", TARE_CLASSNAME);
	attribute(junit, "name", "__incomplete__", 255);
	attribute_seconds(junit, 0);
	trouble(junit, "error", "the journal ends before its plan does", "Incomplete", NULL);
	end(junit);
	end(junit);
}

static const struct tare_model_case *find_next(const struct tare_model *model)
{
	const struct tare_model_case *next = NULL;

	for (size_t i = 0; !model->ended && i < model->count; i++) {
		if (model->cases[i].progress == TARE_STARTED)
			return NULL;
		if (model->cases[i].progress == TARE_PLANNED && !next)
			next = &model->cases[i];
	}
	return next;
}

static void write_document(struct junit *junit)
{
	xmlTextWriterSetIndent(junit->xml, 1);
	xmlTextWriterSetIndentString(junit->xml, tare__xml("  "));
	check(junit, xmlTextWriterStartDocument(junit->xml, "1.0", "UTF-8", NULL));
	start(junit, "testsuites");
	for (size_t i = 0; i < junit->model->suite_count && !junit->failed; i++)
		write_suite(junit, i);
	if (!junit->model->plan)
		write_without_plan(junit);
	end(junit);
	check(junit, xmlTextWriterEndDocument(junit->xml));
}

int tare__junit_write(const struct tare_model *model, const char *path, bool lasting, char *error, size_t room)
{
	struct tare__output output;
	struct junit junit = { .model = model, .next = find_next(model) };
	int status = tare__output_open(&output, path, error, room);

	if (status)
		return status;
	junit.xml = tare__output_xml(&output);
	if (junit.xml)
		write_document(&junit);
	xmlFreeTextWriter(junit.xml);
	status = tare__output_close(&output, junit.xml && !junit.failed, lasting, error, room);
	tare__bytes_drop(&junit.clean);
	tare__bytes_drop(&junit.text);
	return status;
}
