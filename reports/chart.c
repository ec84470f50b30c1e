/* SPDX-License-Identifier: Apache-2.0 */
#include "chart.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "output.h"

#define LEFT   8
#define TOP    20
#define HEIGHT 100
#define BOTTOM 18

static void merge(struct tare__column *column, bool fresh, int64_t value)
{
	if (fresh || value < column->low)
		column->low = value;
	if (fresh || value > column->high)
		column->high = value;
}

static bool belongs(const struct tare_record_reading *reading, const char *account)
{
	return !strcmp(reading->moment, "launch") && !strcmp(reading->account, account);
}

/* A series has a reading where something changed; the moment "last" says how far the case went. */
static uint32_t last_launch(const struct tare_record_outcome *outcome, const char *account)
{
	uint32_t last = 0;
	bool series = false;

	for (size_t i = 0; i < outcome->reading_count; i++) {
		const struct tare_record_reading *reading = &outcome->readings[i];

		series |= belongs(reading, account);
		last = reading->launch > last ? reading->launch : last;
	}
	return series ? last : 0;
}

static size_t column_of(uint32_t launch, uint32_t last)
{
	return (size_t)((uint64_t)(launch ? launch - 1 : 0) * (TARE_CHART_COLUMNS - 1) / (last > 1 ? last - 1 : 1));
}

uint32_t tare__chart_columns(const struct tare_record_outcome *outcome, const char *account,
	struct tare__column columns[TARE_CHART_COLUMNS])
{
	uint32_t last = last_launch(outcome, account);
	size_t filled = 0; /* columns that have a value */
	int64_t value = 0;

	for (size_t i = 0; last && i < outcome->reading_count; i++) {
		const struct tare_record_reading *reading = &outcome->readings[i];
		size_t at = column_of(reading->launch, last);

		if (!belongs(reading, account))
			continue;
		for (bool first = filled == 0; filled < at; filled++)
			merge(&columns[filled], true, first ? 0 : value);
		value = reading->value;
		merge(&columns[at], filled <= at, value);
		filled = filled > at + 1 ? filled : at + 1;
	}
	for (; last && filled < TARE_CHART_COLUMNS; filled++)
		merge(&columns[filled], true, value);
	return last;
}

static struct tare__column range_of(const struct tare__column columns[TARE_CHART_COLUMNS])
{
	struct tare__column range = columns[0];

	for (size_t x = 1; x < TARE_CHART_COLUMNS; x++) {
		range.low = columns[x].low < range.low ? columns[x].low : range.low;
		range.high = columns[x].high > range.high ? columns[x].high : range.high;
	}
	return range;
}

static unsigned y_of(int64_t value, int64_t most)
{
	double part = value > 0 ? (double)value / (double)most : 0.0;

	/* From zero upwards, with some air above the highest. */
	return TOP + HEIGHT - (unsigned)(part * (HEIGHT - 8) + 0.5);
}

/* Only where the line bends: a flat one has two points. */
static void add_points(
	struct tare__bytes *points, const struct tare__column columns[TARE_CHART_COLUMNS], int64_t most)
{
	unsigned y = y_of(columns[0].low, most);

	tare__bytes_format(points, "%d,%u", LEFT, y);
	for (size_t x = 0; x < TARE_CHART_COLUMNS; x++) {
		unsigned low = y_of(columns[x].low, most), high = y_of(columns[x].high, most);
		bool rises = y >= low;
		unsigned first = rises ? low : high, second = rises ? high : low;

		if (first == y && second == y && x + 1 < TARE_CHART_COLUMNS)
			continue;
		tare__bytes_format(points, " %zu,%u", LEFT + (x ? x - 1 : 0), y);
		tare__bytes_format(points, " %zu,%u", LEFT + x, first);
		if (second != first)
			tare__bytes_format(points, " %zu,%u", LEFT + x, second);
		y = second;
	}
}

static int element(xmlTextWriterPtr xml, const char *name, const char *const pairs[], const char *text)
{
	int result = xmlTextWriterStartElement(xml, tare__xml(name));

	for (; *pairs && result >= 0; pairs += 2)
		result = xmlTextWriterWriteAttribute(xml, tare__xml(pairs[0]), tare__xml(pairs[1]));
	if (result >= 0 && text)
		result = xmlTextWriterWriteString(xml, tare__xml(text));
	return result < 0 || xmlTextWriterEndElement(xml) < 0 ? -1 : 0;
}

static int write_label(xmlTextWriterPtr xml, unsigned x, unsigned y, const char *anchor, const char *text)
{
	char left[16], top[16];
	const char *const pairs[] = { "x", left, "y", top, "text-anchor", anchor, "font-family", "sans-serif",
		"font-size", "11", "fill", "#444444", NULL };

	snprintf(left, sizeof(left), "%u", x);
	snprintf(top, sizeof(top), "%u", y);
	return element(xml, "text", pairs, text);
}

static int write_labels(xmlTextWriterPtr xml, const char *account, struct tare__column range, uint32_t last)
{
	char head[160], tail[32];

	snprintf(head, sizeof(head), "%s, from %" PRId64 " to %" PRId64, account, range.low, range.high);
	snprintf(tail, sizeof(tail), "launch %" PRIu32, last);
	return write_label(xml, LEFT, TOP - 8, "start", head) ||
		write_label(xml, LEFT, TOP + HEIGHT + BOTTOM - 4, "start", "launch 1") ||
		write_label(xml, LEFT + TARE_CHART_COLUMNS, TOP + HEIGHT + BOTTOM - 4, "end", tail) ? -1 : 0;
}

static int write_frame(xmlTextWriterPtr xml, const char *account)
{
	char width[16], height[16], box[48];
	const char *const pairs[] = { "xmlns", "http://www.w3.org/2000/svg", "width", width, "height", height,
		"viewBox", box, "role", "img", "aria-label", account, NULL };
	int result = xmlTextWriterStartElement(xml, tare__xml("svg"));

	snprintf(width, sizeof(width), "%d", TARE_CHART_COLUMNS + 2 * LEFT);
	snprintf(height, sizeof(height), "%d", TOP + HEIGHT + BOTTOM);
	snprintf(box, sizeof(box), "0 0 %s %s", width, height);
	for (size_t i = 0; pairs[i] && result >= 0; i += 2)
		result = xmlTextWriterWriteAttribute(xml, tare__xml(pairs[i]), tare__xml(pairs[i + 1]));
	return result < 0 ? -1 : 0;
}

static int write_drawing(xmlTextWriterPtr xml, const struct tare__column columns[TARE_CHART_COLUMNS], int64_t most)
{
	static const char *const ground[] = { "x", "8", "y", "20", "width", "720", "height", "100", "fill", "#f6f6f6",
		"stroke", "#cccccc", NULL };
	struct tare__bytes points = { 0 };
	int result = -1;

	add_points(&points, columns, most);
	if (!points.failed) {
		const char *const line[] = { "points", points.at, "fill", "none", "stroke", "#1f5fa8",
			"stroke-width", "2", NULL };

		result = element(xml, "rect", ground, NULL) || element(xml, "polyline", line, NULL) ? -1 : 0;
	}
	tare__bytes_drop(&points);
	return result;
}

int tare__chart_write(xmlTextWriterPtr xml, const struct tare_record_outcome *outcome, const char *account)
{
	struct tare__column columns[TARE_CHART_COLUMNS] = { { 0, 0 } };
	uint32_t last = tare__chart_columns(outcome, account, columns);
	struct tare__column range = range_of(columns);

	if (last == 0)
		return 0;
	if (write_frame(xml, account) || write_drawing(xml, columns, range.high > 1 ? range.high : 1) ||
		write_labels(xml, account, range, last))
		return -1;
	return xmlTextWriterEndElement(xml) < 0 ? -1 : 0;
}
