/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The series of a page as points of the record: per account its value at each
 * moment, and the launches at which it changed.  A leak changes at each launch,
 * so a long series is thinned; its first and its last point always stay.
 */
#include "judge.h"

#include <stdbool.h>

#define POINTS_PER_ACCOUNT 250

static const char *const moment_names[TARE_MOMENTS] = {
	[TARE_AT_START] = "start", [TARE_AT_OPEN] = "open", [TARE_AT_PREPARE] = "prepare",
	[TARE_AT_FIRST_LAUNCH] = "first_launch", [TARE_AT_LAST_LAUNCH] = "last_launch", [TARE_AT_MARK] = "mark",
	[TARE_AT_LAST] = "last", [TARE_AT_CLOSE] = "close",
};

struct points {
	struct tare_record_reading *at;
	size_t room;
	size_t count;
};

static void add(struct points *points, enum tare_account account, const char *moment, const struct tare_reading *reading)
{
	if (points->count < points->room)
		points->at[points->count++] = (struct tare_record_reading){
			.account = tare_account_name(account), .moment = moment, .launch = reading->launch,
			.value = reading->value[account],
		};
}

static uint32_t series_length(const struct tare_ledger_page *page)
{
	return page->reading_count < TARE_READINGS ? page->reading_count : TARE_READINGS;
}

static bool changes(const struct tare_ledger_page *page, enum tare_account account, uint32_t i)
{
	return i == 0 || page->series[i].value[account] != page->series[i - 1].value[account];
}

static void add_series(struct points *points, const struct tare_ledger_page *page, enum tare_account account)
{
	uint32_t length = series_length(page), count = 0, number = 0, last = 0;

	for (uint32_t i = 0; i < length; i++) {
		if (!changes(page, account, i))
			continue;
		count++;
		last = i;
	}
	uint32_t step = (count + POINTS_PER_ACCOUNT - 1) / POINTS_PER_ACCOUNT;
	for (uint32_t i = 0; i < length; i++)
		if (changes(page, account, i) && (number++ % step == 0 || i == last))
			add(points, account, "launch", &page->series[i]);
}

size_t tare__readings_of(const struct tare_ledger_page *page, struct tare_record_reading *readings, size_t room)
{
	struct points points = { .at = readings, .room = room };

	for (int account = 0; account < TARE_ACCOUNTS; account++) {
		if (!(page->readable >> account & 1))
			continue;
		for (int moment = 0; moment < TARE_MOMENTS; moment++)
			if (page->taken_at >> moment & 1)
				add(&points, (enum tare_account)account, moment_names[moment], &page->at[moment]);
		add_series(&points, page, (enum tare_account)account);
	}
	return points.count;
}
