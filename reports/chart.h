/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chart - one account over the launches of a case, as an SVG line
 *
 * However many launches there were, the line has at most two points a column:
 * the lowest and the highest value in it.  A mean would hide the spike that one
 * looks for.
 */
#ifndef TARE_REPORTS_CHART_H
#define TARE_REPORTS_CHART_H

#include <libxml/xmlwriter.h>
#include <tare/record.h>

#define TARE_CHART_COLUMNS 720

struct tare__column { int64_t low, high; };

/*
 * Value of account over launches, spread over TARE_CHART_COLUMNS columns; a value holds until
 * the next reading.  Returns the last launch, 0 where there is no series.
 */
uint32_t tare__chart_columns(const struct tare_record_outcome *outcome, const char *account,
	struct tare__column columns[TARE_CHART_COLUMNS]);

/* Writes the figure, or nothing where there is no series. 0, or -1 when the writer refused. */
int tare__chart_write(xmlTextWriterPtr xml, const struct tare_record_outcome *outcome, const char *account);

#endif
