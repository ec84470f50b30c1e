/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_help - what the tests of the reports share: a small run, a directory, and the judge of a JUnit file
 */
#ifndef TARE_REPORTS_TEST_HELP_H
#define TARE_REPORTS_TEST_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlschemas.h>
#include <tare/object.h>
#include <tare/record.h>
#include <tare/status.h>

#include "output.h"

struct place { char directory[64], journal[96], junit[96], html[96], csv[96]; };

static inline struct place place_make(void)
{
	struct place place;

	strcpy(place.directory, "/tmp/tare-reports-XXXXXX");
	assert_non_null(mkdtemp(place.directory));
	snprintf(place.journal, sizeof(place.journal), "%s/journal.jsonl", place.directory);
	snprintf(place.junit, sizeof(place.junit), "%s/junit.xml", place.directory);
	snprintf(place.html, sizeof(place.html), "%s/report.html", place.directory);
	snprintf(place.csv, sizeof(place.csv), "%s/readings.csv", place.directory);
	return place;
}

static inline void place_clear(const struct place *place)
{
	char part[112];

	unlink(place->journal);
	unlink(place->junit);
	unlink(place->html);
	unlink(place->csv);
	snprintf(part, sizeof(part), "%s.part", place->junit);
	unlink(part);
	assert_int_equal(rmdir(place->directory), 0);
}

static inline struct tare_record_paths paths_of(const struct place *place)
{
	return (struct tare_record_paths){ place->journal, place->junit, place->html, place->csv };
}

static inline char *read_all(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *bytes;
	long end;

	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	end = ftell(file);
	assert_true(end >= 0);
	rewind(file);
	bytes = calloc(1, (size_t)end + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, (size_t)end, file), (size_t)end);
	fclose(file);
	*size = (size_t)end;
	return bytes;
}

static inline void write_all(const char *path, const char *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static const struct tare_record_run small_run = { .version = "0.1.0", .driver = "machine", .command = "tare run",
	.started_utc = 1795212000, .seed = 7, .shard = 1, .shards = 1 };

static const struct tare_record_case small_plan[] = {
	{ "relaunch", "kernel_registered_once", "a5", "onboard", "hbg", "a kernel is registered once", "#870", NULL },
	{ "relaunch", "steady_launch_takes_nothing", "a5", "onboard", "hbg", "no account moves", "#812", NULL },
	{ "relaunch", "kernel_registered_once", "a2a3", "sim", "hbg", "a kernel is registered once", "#870", NULL },
	{ "arena", "growth_fails", "a2a3", "sim", "hbg", "the old layout works", "#922", "rtMalloc:3" },
};

static const struct tare_record_reading small_readings[] = {
	{ "device_bytes", "open", 0, 100 }, { "device_bytes", "launch", 1, 200 }, { "device_bytes", "launch", 5, 900 },
	{ "device_bytes", "launch", 6, 300 }, { "device_bytes", "last", 1000, 300 }, { "device_bytes", "close", 1000, 0 },
	{ "kernel_images", "launch", 1, 1 },
};

static const struct tare_record_outcome small_outcomes[] = {
	{ .verdict = "PASS", .attempt = 1, .microseconds = 1234567, .readings = small_readings,
		.reading_count = TARE_COUNT(small_readings) },
	{ .verdict = "LEAK", .attempt = 1, .microseconds = 999, .type = "Leak.KernelImages",
		.message = "kernel images, at peak: 1000, wanted exactly 1",
		.body = "kernel images, at peak: 1000, wanted exactly 1\nfirst broken at launch 2\n", .log = "one line\n" },
	{ .verdict = "CRASH", .attempt = 1, .microseconds = 500, .type = "Crash.SIGSEGV", .message = "died of SIGSEGV",
		.body = "last words" },
	{ .verdict = "SKIP", .attempt = 1, .message = "no extension" },
};

static inline void quiet(void *cookie, const char *format, ...)
{
	(void)cookie;
	(void)format;
}

static inline size_t attribute_number(const xmlNode *node, const char *name)
{
	xmlChar *text = xmlGetNoNsProp(node, tare__xml(name));
	size_t number;

	assert_non_null(text);
	number = strtoul((const char *)text, NULL, 10);
	xmlFree(text);
	return number;
}

static inline size_t count_with_child(const xmlNode *suite, const char *child)
{
	size_t count = 0;

	for (const xmlNode *c = suite->children; c; c = c->next) {
		for (const xmlNode *in = c->children; in && !strcmp((const char *)c->name, "testcase"); in = in->next)
			count += !strcmp((const char *)in->name, child);
	}
	return count;
}

static inline size_t count_cases(const xmlNode *suite)
{
	size_t count = 0;

	for (const xmlNode *c = suite->children; c; c = c->next)
		count += !strcmp((const char *)c->name, "testcase");
	return count;
}

/* Well-formed, valid by our XSD, counters equal to what they count; returns how many cases there are, or -1. */
static inline int judge_junit(const char *path)
{
	xmlSchemaParserCtxtPtr parser = xmlSchemaNewParserCtxt(TARE_XSD);
	xmlSchemaPtr schema = xmlSchemaParse(parser);
	xmlSchemaValidCtxtPtr valid = xmlSchemaNewValidCtxt(schema);
	xmlDocPtr document = xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	int cases = -1;

	assert_non_null(valid);
	if (document && xmlSchemaValidateDoc(valid, document) == 0) {
		cases = 0;
		for (const xmlNode *s = xmlDocGetRootElement(document)->children; s; s = s->next) {
			if (s->type != XML_ELEMENT_NODE)
				continue;
			assert_int_equal(attribute_number(s, "tests"), count_cases(s));
			assert_int_equal(attribute_number(s, "failures"), count_with_child(s, "failure"));
			assert_int_equal(attribute_number(s, "errors"), count_with_child(s, "error"));
			assert_int_equal(attribute_number(s, "skipped"), count_with_child(s, "skipped"));
			cases += (int)count_cases(s);
		}
	}
	xmlFreeDoc(document);
	xmlSchemaFreeValidCtxt(valid);
	xmlSchemaFree(schema);
	xmlSchemaFreeParserCtxt(parser);
	return cases;
}

/* Records the small run as far as `outcomes` of its cases. */
static inline void record_small_run(const struct place *place, size_t outcomes, int exit_status)
{
	struct tare_record_paths paths = paths_of(place);
	struct tare_recorder *recorder;
	char error[256];

	assert_int_equal(tare_recorder_open(&recorder, &paths, &small_run, small_plan, TARE_COUNT(small_plan), error,
		sizeof(error)), TARE_OK);
	for (size_t i = 0; i < outcomes; i++) {
		assert_int_equal(tare_recorder_started(recorder, i, 1), TARE_OK);
		assert_int_equal(tare_recorder_ended(recorder, i, &small_outcomes[i]), TARE_OK);
	}
	assert_int_equal(tare_recorder_close(&recorder, exit_status, error, sizeof(error)), TARE_OK);
	assert_null(recorder);
}

#endif
