/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html - one page for people, that needs nothing but itself
 *
 * Build servers show pages of a job with scripts, inline styles and pictures of
 * data URLs switched off.  So there is none of it: tables and SVG with
 * presentation attributes, and XML well-formed, so that the same tools check it.
 */
#include "forms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libxml/xmlwriter.h>
#include <tare/object.h>

#include "chart.h"
#include "clean.h"
#include "output.h"

#define TEXT_BYTES 65536

struct page {
	xmlTextWriterPtr xml;
	const struct tare_model *model;
	struct tare__bytes clean;
	struct tare__bytes cut;
	bool failed;
};

static void check(struct page *page, int result)
{
	if (result < 0)
		page->failed = true;
}

static void open_tag(struct page *page, const char *name)
{
	check(page, xmlTextWriterStartElement(page->xml, tare__xml(name)));
}

/* <td/> is not what a browser takes for <td></td>. */
static void close_tag(struct page *page)
{
	check(page, xmlTextWriterFullEndElement(page->xml));
}

static void attribute(struct page *page, const char *name, const char *value)
{
	check(page, xmlTextWriterWriteAttribute(page->xml, tare__xml(name), tare__xml(value)));
}

static void text(struct page *page, const char *bytes)
{
	tare__bytes_clear(&page->clean);
	tare__bytes_clear(&page->cut);
	tare__clean_text(&page->clean, bytes, strlen(bytes));
	tare__clean_cut(&page->cut, page->clean.at, page->clean.used, TEXT_BYTES);
	if (page->clean.failed || page->cut.failed)
		page->failed = true;
	else if (page->cut.used)
		check(page, xmlTextWriterWriteString(page->xml, tare__xml(page->cut.at)));
}

static void tag(struct page *page, const char *name, const char *content)
{
	open_tag(page, name);
	text(page, content);
	close_tag(page);
}

static void tag_number(struct page *page, const char *name, size_t number)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%zu", number);
	open_tag(page, name);
	attribute(page, "align", "right");
	text(page, digits);
	close_tag(page);
}

static void open_table(struct page *page, const char *const heads[])
{
	open_tag(page, "table");
	attribute(page, "border", "1");
	attribute(page, "cellspacing", "0");
	attribute(page, "cellpadding", "4");
	open_tag(page, "thead");
	open_tag(page, "tr");
	for (; *heads; heads++)
		tag(page, "th", *heads);
	close_tag(page);
	close_tag(page);
	open_tag(page, "tbody");
}

static void close_table(struct page *page)
{
	close_tag(page);
	close_tag(page);
	text(page, "\n");
}

static const char *colour_of(const struct tare_model_case *c)
{
	static const char *const colours[TARE_V_COUNT] = { "#d9f2d9", "#f7c6c6", "#f7c6c6", "#f2b8e0", "#f2b8e0",
		"#f2b8e0", "#eeeeee" };

	if (c->progress == TARE_ENDED && c->outcome.known)
		return colours[TARE_V_SKIP];
	return c->progress == TARE_ENDED ? colours[tare__verdict_of(c->outcome.verdict)] : "#fff2cc";
}

static const char *seconds_text(uint64_t microseconds, char room[32])
{
	snprintf(room, 32, "%" PRIu64 ".%03u s", microseconds / 1000000, (unsigned)(microseconds / 1000 % 1000));
	return room;
}

static bool first_of_cell(const struct tare_model *model, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (tare__same_cell(&model->cases[i], &model->cases[index]))
			return false;
	}
	return true;
}

static const char *cell_text(const struct tare_model_case *c, char room[96])
{
	snprintf(room, 96, "%.30s/%.30s/%.30s", c->plan.arch, c->plan.platform, c->plan.graph);
	return room;
}

static void write_cell_row(struct page *page, size_t first)
{
	const struct tare_model *model = page->model;
	size_t verdicts[TARE_V_COUNT] = { 0 }, not_run = 0, planned = 0;
	uint64_t microseconds = 0;
	char room[96], level[TARE_LEVELS_TEXT];

	for (size_t i = first; i < model->count; i++) {
		const struct tare_model_case *c = &model->cases[i];

		if (!tare__same_cell(c, &model->cases[first]))
			continue;
		planned++;
		microseconds += c->outcome.microseconds;
		if (c->progress == TARE_ENDED)
			verdicts[tare__verdict_of(c->outcome.verdict)]++;
		else
			not_run++;
	}
	open_tag(page, "tr");
	tag(page, "td", cell_text(&model->cases[first], room));
	tag_number(page, "td", planned);
	for (int v = 0; v < TARE_V_COUNT; v++)
		tag_number(page, "td", verdicts[v]);
	tag_number(page, "td", not_run);
	tag(page, "td", seconds_text(microseconds, room));
	tag(page, "td", tare_record_levels_reached(tare__model_levels(model, &model->cases[first]), level));
	close_tag(page);
}

static void write_summary(struct page *page)
{
	static const char *const heads[] = { "cell", "planned", "PASS", "FAIL", "LEAK", "CRASH", "TIMEOUT",
		"BROKEN", "SKIP", "not run", "time", "level reached", NULL };

	tag(page, "h2", "Cells");
	open_table(page, heads);
	for (size_t i = 0; i < page->model->count; i++) {
		if (first_of_cell(page->model, i))
			write_cell_row(page, i);
	}
	close_table(page);
}

static bool went_wrong(const struct tare_model_case *c)
{
	return c->progress == TARE_ENDED && tare__verdict_of(c->outcome.verdict) != TARE_V_PASS &&
		tare__verdict_of(c->outcome.verdict) != TARE_V_SKIP;
}

static bool is_drawn(const struct tare_model_case *c)
{
	return c->outcome.reading_count && (!strcmp(c->plan.suite, "relaunch") || went_wrong(c));
}

static const char *anchor_of(size_t index, char room[32])
{
	snprintf(room, 32, "case-%zu", index);
	return room;
}

static void write_case_row(struct page *page, size_t index)
{
	const struct tare_model_case *c = &page->model->cases[index];
	char room[96], link[33] = "#", name[TARE_CASE_NAME], id[TARE_CASE_NAME + 128];

	snprintf(id, sizeof(id), "%.120s.%s", c->plan.suite, tare__case_name(c, name));
	open_tag(page, "tr");
	tag(page, "td", cell_text(c, room));
	open_tag(page, "td");
	if (went_wrong(c) || is_drawn(c)) {
		anchor_of(index, link + 1);
		open_tag(page, "a");
		attribute(page, "href", link);
		text(page, id);
		close_tag(page);
	} else {
		text(page, id);
	}
	close_tag(page);
	open_tag(page, "td");
	attribute(page, "bgcolor", colour_of(c));
	text(page, tare__case_word(c));
	if (c->progress == TARE_ENDED && c->outcome.known)
		text(page, ", known");
	close_tag(page);
	tag(page, "td", seconds_text(c->outcome.microseconds, room));
	tag(page, "td", c->plan.says);
	close_tag(page);
	text(page, "\n");
}

static void write_cases(struct page *page)
{
	static const char *const heads[] = { "cell", "case", "verdict", "time", "sentence", NULL };

	tag(page, "h2", "Cases");
	open_table(page, heads);
	for (size_t i = 0; i < page->model->count && !page->failed; i++)
		write_case_row(page, i);
	close_table(page);
}

static void write_sweep_row(struct page *page, const struct tare_model_case *c)
{
	const struct tare_sweep_tally *sweep = &c->outcome.sweep;
	const struct tare_sweep_count *counts[] = { &sweep->single, &sweep->pairs };
	char room[96], id[TARE_CASE_NAME];

	for (size_t i = 0; i < TARE_COUNT(counts); i++) {
		if (i && !counts[i]->points)
			continue;
		snprintf(id, sizeof(id), "%.120s.%.120s%s", c->plan.suite, c->plan.name, i ? ", pairs" : "");
		open_tag(page, "tr");
		tag(page, "td", cell_text(c, room));
		tag(page, "td", id);
		tag_number(page, "td", sweep->calls);
		tag_number(page, "td", sweep->paths);
		tag_number(page, "td", counts[i]->points);
		tag_number(page, "td", counts[i]->chosen);
		tag_number(page, "td", counts[i]->fired);
		tag_number(page, "td", counts[i]->rolled_back);
		tag_number(page, "td", counts[i]->retried);
		tag_number(page, "td", counts[i]->fresh);
		tag(page, "td", tare_sweep_is_whole(counts[i]) ? "whole" : counts[i]->chosen < counts[i]->points ? "fast" : "NOT WHOLE");
		close_tag(page);
	}
}

static void write_gaps(struct page *page)
{
	static const char *const heads[] = { "cell", "not reached", "because", NULL };

	tag(page, "h3", "What no sweep reached");
	open_table(page, heads);
	for (size_t i = 0; i < page->model->gap_count; i++) {
		const struct tare_record_gap *gap = &page->model->gaps[i].gap;

		open_tag(page, "tr");
		tag(page, "td", gap->cell);
		tag(page, "td", gap->what);
		tag(page, "td", gap->reason ? gap->reason : "a finding: nobody knows");
		close_tag(page);
	}
	close_table(page);
}

static void write_sweeps(struct page *page)
{
	static const char *const heads[] = { "cell", "case", "calls", "call paths", "points", "chosen", "fired",
		"rolled back", "retried", "fresh process", "", NULL };

	if (!tare__model_sweep(page->model).calls)
		return;
	tag(page, "h2", "Every call fails once");
	open_table(page, heads);
	for (size_t i = 0; i < page->model->count; i++) {
		if (page->model->cases[i].outcome.sweep.calls)
			write_sweep_row(page, &page->model->cases[i]);
	}
	close_table(page);
	if (page->model->gap_count)
		write_gaps(page);
}

static void write_story(struct page *page, size_t index)
{
	const struct tare_model_case *c = &page->model->cases[index];
	char room[96], name[TARE_CASE_NAME], id[TARE_CASE_NAME + 256];

	snprintf(id, sizeof(id), "%s  %.120s.%s@%s", tare__case_word(c), c->plan.suite, tare__case_name(c, name),
		cell_text(c, room));
	open_tag(page, "h3");
	attribute(page, "id", anchor_of(index, room));
	text(page, id);
	close_tag(page);
	if (went_wrong(c)) {
		if (c->outcome.message)
			tag(page, "p", c->outcome.message);
		if (c->outcome.body)
			tag(page, "pre", c->outcome.body);
		if (c->outcome.log && *c->outcome.log) {
			open_tag(page, "details");
			tag(page, "summary", "log");
			tag(page, "pre", c->outcome.log);
			close_tag(page);
		}
		open_tag(page, "p");
		text(page, "because ");
		text(page, c->plan.because);
		close_tag(page);
	}
	if (is_drawn(c)) {
		static const char *const accounts[] = { "device_bytes", "kernel_images" };

		for (size_t i = 0; i < TARE_COUNT(accounts); i++) {
			open_tag(page, "div");
			check(page, tare__chart_write(page->xml, &c->outcome, accounts[i]));
			close_tag(page);
			text(page, "\n");
		}
	}
}

static void write_stories(struct page *page)
{
	const struct tare_model *model = page->model;

	tag(page, "h2", "What went wrong");
	for (size_t i = 0; i < model->count && !page->failed; i++) {
		if (went_wrong(&model->cases[i]))
			write_story(page, i);
	}
	tag(page, "h2", "Accounts over launches");
	for (size_t i = 0; i < model->count && !page->failed; i++) {
		if (!went_wrong(&model->cases[i]) && is_drawn(&model->cases[i]))
			write_story(page, i);
	}
}

static void write_about(struct page *page)
{
	const struct tare_record_run *run = &page->model->run;
	time_t when = (time_t)run->started_utc;
	struct tm utc;
	char started[40] = "", line[512], room[32];

	if (gmtime_r(&when, &utc))
		strftime(started, sizeof(started), "%Y-%m-%d %H:%M:%S UTC", &utc);
	tag(page, "h1", "tare");
	snprintf(line, sizeof(line), "tare %.40s, driver %.120s, seed %" PRIu64 ", started %s, %s", run->version,
		run->driver, run->seed, started,
		page->model->ended ? seconds_text(page->model->microseconds, room) : "and not ended yet");
	tag(page, "p", line);
	open_tag(page, "p");
	tag(page, "code", run->command);
	close_tag(page);
	if (run->score) {
		snprintf(line, sizeof(line), "seeded defects: %.200s", run->score);
		tag(page, "p", line);
	}
}

static void write_document(struct page *page)
{
	check(page, xmlTextWriterWriteDTD(page->xml, tare__xml("html"), NULL, NULL, NULL));
	check(page, xmlTextWriterWriteString(page->xml, tare__xml("\n")));
	open_tag(page, "html");
	attribute(page, "xmlns", "http://www.w3.org/1999/xhtml");
	attribute(page, "lang", "en");
	open_tag(page, "head");
	open_tag(page, "meta");
	attribute(page, "charset", "utf-8");
	check(page, xmlTextWriterEndElement(page->xml));
	tag(page, "title", "tare");
	close_tag(page);
	open_tag(page, "body");
	if (page->model->plan) {
		write_about(page);
		write_summary(page);
		write_sweeps(page);
		write_cases(page);
		write_stories(page);
	} else {
		tag(page, "p", "The journal ends before the plan does.");
	}
	close_tag(page);
	close_tag(page);
	check(page, xmlTextWriterEndDocument(page->xml));
}

int tare__html_write(const struct tare_model *model, const char *path, bool lasting, char *error, size_t room)
{
	struct tare__output output;
	struct page page = { .model = model };
	int status = tare__output_open(&output, path, error, room);

	if (status)
		return status;
	page.xml = tare__output_xml(&output);
	if (page.xml)
		write_document(&page);
	xmlFreeTextWriter(page.xml);
	status = tare__output_close(&output, page.xml && !page.failed, lasting, error, room);
	tare__bytes_drop(&page.clean);
	tare__bytes_drop(&page.cut);
	return status;
}
