/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readings: what every account stands at, at a moment, on the parent's page.
 *
 * One is taken after every launch, so it must cost next to nothing when
 * nothing moved: sources are asked, the whole row is compared, and only what
 * differs is written.
 */
#include "ledger_priv.h"

#include <string.h>

#include <tare/object.h>

/* What the process itself says takes 14 us, so it is asked at four moments only. */
static bool asks_process(enum tare_moment moment)
{
	return moment == TARE_AT_START || moment == TARE_AT_FIRST_LAUNCH || moment == TARE_AT_LAST ||
		moment == TARE_AT_CLOSE;
}

static enum tare_reader reader_of(const struct tare_ledger *ledger, unsigned account)
{
	return ledger->sources.machine_instead >> account & 1 ? TARE_READER_MACHINE :
		tare_account_reader((enum tare_account)account);
}

static void clear(const struct tare_ledger *ledger, int64_t value[TARE_ACCOUNTS], enum tare_reader reader)
{
	for (unsigned account = 0; account < TARE_ACCOUNTS; account++)
		if (reader_of(ledger, account) == reader)
			value[account] = 0;
}

/* A source that has nobody to ask any more (no context, no device) leaves zeros; counters stay. */
static void ask_sources(const struct tare_ledger *ledger, enum tare_moment moment, int64_t value[TARE_ACCOUNTS])
{
	const struct tare_ledger_sources *sources = &ledger->sources;

	clear(ledger, value, TARE_READER_MACHINE);
	clear(ledger, value, TARE_READER_RUNNER);
	value[TARE_ACCOUNT_KERNEL_IMAGES] = value[TARE_ACCOUNT_IMAGE_REGISTRATIONS];
	if (sources->machine)
		sources->machine(sources->cookie, value);
	if (sources->runner)
		sources->runner(sources->cookie, value);
	if (sources->counters)
		sources->counters(sources->cookie, value);
	if (asks_process(moment))
		tare_process_read(value, false);
}

/* The newest live holding, if it came after the first launch's reading. */
static const struct tare_holding *culprit(const struct tare_ledger *ledger, unsigned account)
{
	const struct tare__book *book = &ledger->book;

	for (uint32_t at = book->newest; at != TARE_NOBODY; at = book->entries[at].older) {
		if (book->entries[at].birth <= ledger->births_before)
			break;
		const struct tare_holding *holding = &book->entries[at].holding;
		if (tare_account_stands_on((enum tare_account)account, (enum tare_account)holding->account))
			return holding;
	}
	return NULL;
}

static void explain_growth(struct tare_ledger *ledger, const int64_t value[TARE_ACCOUNTS])
{
	struct tare_ledger_page *page = ledger->page;

	for (unsigned account = 0; account < TARE_ACCOUNTS; account++) {
		if (value[account] <= page->at[TARE_AT_FIRST_LAUNCH].value[account])
			continue;
		if (ledger->explained >> account & 1)
			continue;
		const struct tare_holding *by = culprit(ledger, account);
		if (by)
			page->growth[account] = *by;
		ledger->explained |= UINT64_C(1) << account;
	}
}

static void list_survivors(struct tare_ledger *ledger)
{
	const struct tare__book *book = &ledger->book;
	uint32_t count = 0;

	for (uint32_t at = book->oldest; at != TARE_NOBODY; at = book->entries[at].newer) {
		if (count < TARE_SURVIVORS)
			ledger->page->survivors[count] = book->entries[at].holding;
		count++;
	}
	ledger->page->survivor_count = count;
}

static void put(struct tare_ledger *ledger, enum tare_moment moment, const int64_t value[TARE_ACCOUNTS])
{
	struct tare_reading *reading = &ledger->page->at[moment];

	reading->launch = ledger->launch;
	reading->moment = (uint32_t)moment;
	if (memcmp(reading->value, value, sizeof reading->value) != 0)
		memcpy(reading->value, value, sizeof reading->value);
	ledger->page->taken_at |= 1u << moment;
}

/* One entry for each launch at which anything changed; a full series keeps the newest in its last place. */
static void append(struct tare_ledger *ledger, enum tare_moment moment, const int64_t value[TARE_ACCOUNTS])
{
	struct tare_ledger_page *page = ledger->page;
	struct tare_reading *last = page->reading_count ? &page->series[page->reading_count - 1] : NULL;

	if (last && memcmp(last->value, value, sizeof last->value) == 0)
		return;
	if (page->reading_count < TARE_READINGS)
		last = &page->series[page->reading_count++];
	else
		page->readings_thinned++;
	last->launch = ledger->launch;
	last->moment = (uint32_t)moment;
	memcpy(last->value, value, sizeof last->value);
}

static void book_reading(struct tare_ledger *ledger, enum tare_moment moment, int64_t value[TARE_ACCOUNTS])
{
	for (unsigned account = 0; account < TARE_ACCOUNTS; account++)
		if (reader_of(ledger, account) == TARE_READER_TABLE)
			value[account] = ledger->value[account];
	if (memcmp(ledger->value, value, sizeof ledger->value) != 0) {
		for (unsigned account = 0; account < TARE_ACCOUNTS; account++)
			tare__ledger_peak(ledger, account, value[account]);
		memcpy(ledger->value, value, sizeof ledger->value);
	}
	put(ledger, moment, value);
	if (moment == TARE_AT_FIRST_LAUNCH) {
		ledger->births_before = ledger->book.births;
		put(ledger, TARE_AT_LAST_LAUNCH, value);
	}
	if (moment == TARE_AT_FIRST_LAUNCH || moment == TARE_AT_LAST_LAUNCH)
		append(ledger, moment, value);
	if (tare__ledger_launched(ledger) && moment != TARE_AT_CLOSE)
		explain_growth(ledger, value);
	if (moment == TARE_AT_CLOSE)
		list_survivors(ledger);
}

void tare_ledger_read(struct tare_ledger *ledger, enum tare_moment moment)
{
	int64_t value[TARE_ACCOUNTS];

	tare_must(ledger->magic == TARE_MAGIC_LEDGER && moment < TARE_MOMENTS);
	/* There is one first launch; where a later context has its own, that is a launch like any other. */
	if (moment == TARE_AT_FIRST_LAUNCH && tare__ledger_launched(ledger))
		moment = TARE_AT_LAST_LAUNCH;
	pthread_mutex_lock(&ledger->lock);
	memcpy(value, ledger->value, sizeof value);
	pthread_mutex_unlock(&ledger->lock);
	/* Without the lock: a source that asks the runner may end up in a tapped call. */
	ask_sources(ledger, moment, value);
	pthread_mutex_lock(&ledger->lock);
	book_reading(ledger, moment, value);
	pthread_mutex_unlock(&ledger->lock);
}

int64_t tare_ledger_value(const struct tare_ledger *ledger, enum tare_account account)
{
	tare_must(ledger->magic == TARE_MAGIC_LEDGER);
	return ledger->value[account];
}
