/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outermost tap: each call goes into the ring, each take and give into the
 * book.  What the runner was told is what is booked: a take that failed was
 * never owned, a release that failed stays owned.
 */
#include "ledger_priv.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <tare/object.h>
#include <tare/status.h>

#define ROOM_AT_OPEN 1024 /* more than any sound case holds at a time */

static struct tare_ledger *ledger_of(struct tare_tap *tap)
{
	struct tare_ledger *ledger = (struct tare_ledger *)(void *)((char *)tap - offsetof(struct tare_ledger, tap));

	tare_must(ledger->magic == TARE_MAGIC_LEDGER);
	return ledger;
}

/* The kernel's id costs a system call, and nearly all calls come from one thread. */
static uint32_t thread_of_caller(struct tare_ledger *ledger)
{
	pthread_t self = pthread_self();

	if (ledger->thread_id == 0 || !pthread_equal(self, ledger->thread)) {
		ledger->thread = self;
		ledger->thread_id = (uint32_t)syscall(SYS_gettid);
	}
	return ledger->thread_id;
}

static void tally(struct tare_call_tally *tally, uint64_t number)
{
	tally->count++;
	tally->last = number;
	if (tally->first == 0)
		tally->first = number;
}

static void ring(struct tare_ledger *ledger, const struct tare_call *call)
{
	uint64_t number = ++ledger->page->call_count;

	ledger->page->tally[call->id].tried = number;
	if (call->result == 0)
		tally(&ledger->page->tally[call->id], number);
	ledger->page->ring[(number - 1) % TARE_RING] = (struct tare_call_record){
		.sequence = number,
		.key = call->key,
		.call = (uint32_t)call->id,
		.launch = ledger->launch,
		.thread = thread_of_caller(ledger),
		.result = call->result,
		.phase = (uint32_t)ledger->phase,
		.account = (uint32_t)call->account,
	};
	/* The ids of threads that have ended are given to others. */
	if (call->id == TARE_CALL_thread_join)
		ledger->thread_id = 0;
}

void tare__ledger_peak(struct tare_ledger *ledger, unsigned account, int64_t value)
{
	if (value <= ledger->page->peak[account])
		return;
	ledger->page->peak[account] = value;
	ledger->page->peak_launch[account] = ledger->launch;
}

static void move(struct tare_ledger *ledger, unsigned account, int64_t by, const struct tare_holding *taker)
{
	struct tare_ledger_page *page = ledger->page;
	int64_t value = ledger->value[account] += by;

	tare__ledger_peak(ledger, account, value);
	/* What is above the first launch's reading now may be back by the next: it is a suspect until then. */
	if (taker && tare__ledger_launched(ledger) && page->growth[account].call == TARE_CALL_NONE &&
	    value > page->at[TARE_AT_FIRST_LAUNCH].value[account])
		page->growth[account] = *taker;
}

static void weigh(struct tare_ledger *ledger, const struct tare_holding *holding, int sign,
	const struct tare_holding *taker)
{
	int64_t amount = tare_account_in_bytes((enum tare_account)holding->account) ? (int64_t)holding->amount : 1;

	move(ledger, holding->account, sign * amount, taker);
	if (holding->account == TARE_ACCOUNT_DEVICE_BLOCKS)
		move(ledger, TARE_ACCOUNT_DEVICE_BYTES, sign * (int64_t)holding->amount, taker);
}

static struct tare__image *image_for(struct tare_ledger *ledger, uint64_t content)
{
	for (uint32_t i = ledger->image_count; i-- > 0;)
		if (ledger->images[i].content == content && ledger->images[i].generation == ledger->generation)
			return &ledger->images[i];
	if (ledger->image_count == ledger->image_room) {
		uint32_t room = 2 * ledger->image_room;
		struct tare__image *images = realloc(ledger->images, room * sizeof *images);

		tare_must(images != NULL);
		ledger->images = images;
		ledger->image_room = room;
	}
	struct tare__image *image = &ledger->images[ledger->image_count++];
	*image = (struct tare__image){ .content = content, .generation = ledger->generation };
	return image;
}

static void count_registration(struct tare_ledger *ledger, uint64_t content, const struct tare_holding *holding)
{
	struct tare__image *image = image_for(ledger, content);
	int64_t most = ledger->value[TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE];

	if (++image->registrations > most)
		move(ledger, TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE, image->registrations - most, holding);
}

/* Rows of the tables say whose handle the parent is, but not of which account. */
static uint32_t parent_of(const struct tare_ledger *ledger, const struct tare_call *call)
{
	if (call->rule != TARE_RULE_TAKES_UNDER || call->parent == 0)
		return TARE_NOBODY;
	for (uint32_t account = 0; account < TARE_ACCOUNTS; account++) {
		uint32_t found = account == (uint32_t)call->account ? TARE_NOBODY :
			tare__book_find(&ledger->book, account, call->parent);

		if (found != TARE_NOBODY)
			return found;
	}
	return TARE_NOBODY;
}

static void take(struct tare_ledger *ledger, const struct tare_call *call)
{
	struct tare_holding holding = {
		.account = (uint32_t)call->account,
		.call = (uint32_t)call->id,
		.key = call->key,
		.amount = call->amount,
		.generation = ledger->generation,
		.launch = ledger->launch,
		.phase = (uint32_t)ledger->phase,
	};
	uint32_t parent = parent_of(ledger, call);

	if (call->key == 0)
		return;
	/* Who asks a parent again for what it already gave gets the same thing, not a second one. */
	if (parent != TARE_NOBODY) {
		uint32_t held = tare__book_find(&ledger->book, holding.account, holding.key);

		if (held != TARE_NOBODY && ledger->book.entries[held].parent == parent)
			return;
	}
	memcpy(holding.frames, call->frames, sizeof holding.frames);
	tare_must(tare__book_add(&ledger->book, &holding, parent) != TARE_NOBODY);
	weigh(ledger, &holding, 1, &holding);
	if (call->account == TARE_ACCOUNT_IMAGE_REGISTRATIONS)
		count_registration(ledger, call->content, &holding);
}

static void drop(struct tare_ledger *ledger, uint32_t index)
{
	struct tare_holding holding = ledger->book.entries[index].holding;

	tare__book_drop(&ledger->book, index);
	weigh(ledger, &holding, -1, NULL);
}

/* Children are younger than their parent and have none of their own. */
static void drop_family(struct tare_ledger *ledger, uint32_t parent)
{
	const struct tare__entry *entries = ledger->book.entries;

	for (uint32_t at = entries[parent].newer; entries[parent].children > 0;) {
		uint32_t next = entries[at].newer;

		if (entries[at].parent == parent)
			drop(ledger, at);
		at = next;
	}
	drop(ledger, parent);
}

/*
 * A forced reset takes memory and streams with it; nobody can give them back any
 * more.  They carry no device number: a case that opens two must not force one.
 */
static void drop_with_device(struct tare_ledger *ledger)
{
	for (uint32_t at = ledger->book.oldest; at != TARE_NOBODY;) {
		const struct tare__entry *entry = &ledger->book.entries[at];
		uint32_t account = entry->holding.account, next = entry->newer;

		if (account == TARE_ACCOUNT_DEVICE_BLOCKS || account == TARE_ACCOUNT_STREAMS)
			drop(ledger, at);
		at = next;
	}
}

/* Whether the device goes down with this call, and not only what the call names. */
static bool ends_device(const struct tare_ledger *ledger, const struct tare_call *call)
{
	return call->rule == TARE_RULE_ENDS || (ledger->resets_end && call->account == TARE_ACCOUNT_DEVICE_REFERENCES);
}

/* The oldest whose release was not tried yet: a driver gives the number of what it refused to release, or released in spite
 * of its error, to somebody else, who is the one that can give it back. */
static uint32_t find_held(const struct tare__book *book, const struct tare_call *call)
{
	uint32_t first = tare__book_find(book, (uint32_t)call->account, call->key);

	for (uint32_t at = first; at != TARE_NOBODY; at = book->entries[at].behind)
		if (book->entries[at].holding.refused == 0)
			return at;
	return first;
}

/*
 * What can't be given back while that is still there is refused with it: what lies on a device that did not end, and the
 * stacks of a thread that was not joined.
 */
static void refuse(struct tare_ledger *ledger, const struct tare_call *call, uint32_t index)
{
	bool ends = call->rule == TARE_RULE_ENDS, joins = call->account == TARE_ACCOUNT_RUNNER_THREADS;

	if (index != TARE_NOBODY)
		ledger->book.entries[index].holding.refused++;
	for (uint32_t at = ledger->book.oldest; (ends || joins) && at != TARE_NOBODY; at = ledger->book.entries[at].newer) {
		struct tare_holding *holding = &ledger->book.entries[at].holding;

		if (at == index)
			continue;
		if (ends && (holding->account == TARE_ACCOUNT_DEVICE_BLOCKS || holding->account == TARE_ACCOUNT_STREAMS ||
				    holding->account == (uint32_t)call->account))
			holding->refused++;
		if (joins && holding->account == TARE_ACCOUNT_HOST_MAPPINGS)
			holding->refused++;
	}
}

static void give(struct tare_ledger *ledger, const struct tare_call *call)
{
	bool ends = ends_device(ledger, call);
	uint32_t index = find_held(&ledger->book, call);

	if (call->result != 0) {
		refuse(ledger, call, index);
		return;
	}
	if (call->rule == TARE_RULE_GIVES && index == TARE_NOBODY) {
		ledger->page->gives_of_strangers++;
		return;
	}
	do {
		if (index != TARE_NOBODY)
			drop_family(ledger, index);
		index = find_held(&ledger->book, call);
	} while (ends && index != TARE_NOBODY);
	if (ends)
		drop_with_device(ledger);
}

static void after(struct tare_tap *tap, struct tare_call *call)
{
	struct tare_ledger *ledger = ledger_of(tap);

	pthread_mutex_lock(&ledger->lock);
	ring(ledger, call);
	switch (call->rule) {
	case TARE_RULE_TAKES:
	case TARE_RULE_TAKES_UNDER:
		if (call->result == 0)
			take(ledger, call);
		break;
	case TARE_RULE_GIVES:
	case TARE_RULE_ENDS:
		give(ledger, call);
		break;
	default:
		break;
	}
	pthread_mutex_unlock(&ledger->lock);
}

static bool has_reader(const struct tare_ledger_sources *sources, enum tare_reader reader)
{
	switch (reader) {
	case TARE_READER_MACHINE: return sources->machine != NULL;
	case TARE_READER_RUNNER: return sources->runner != NULL;
	case TARE_READER_COUNTER: return sources->counters != NULL;
	default: return true;
	}
}

/* Series, ring and survivors count for as much as their counts say: half a megabyte need not be touched. */
static void wipe(struct tare_ledger_page *page, const struct tare_ledger_sources *sources)
{
	memset(page, 0, offsetof(struct tare_ledger_page, series));
	page->call_count = 0;
	page->survivor_count = 0;
	page->gives_of_strangers = 0;
	page->untapped = 0;
	for (unsigned account = 0; account < TARE_ACCOUNTS; account++) {
		/* Images come from the registrations in the tables where no machine tells better. */
		if (account == TARE_ACCOUNT_KERNEL_IMAGES ||
		    has_reader(sources, tare_account_reader((enum tare_account)account)))
			page->readable |= UINT64_C(1) << account;
	}
}

static bool is_refused(const struct tare__book *book, uint32_t index)
{
	const struct tare__entry *entry = &book->entries[index];

	return entry->holding.refused > 0 ||
	       (entry->parent != TARE_NOBODY && book->entries[entry->parent].holding.refused > 0);
}

uint32_t tare_ledger_refused(struct tare_ledger *ledger, struct tare_holding *list, uint32_t room)
{
	const struct tare__book *book = &ledger->book;
	uint32_t count = 0;

	tare_must(ledger->magic == TARE_MAGIC_LEDGER);
	pthread_mutex_lock(&ledger->lock);
	for (uint32_t at = book->oldest; at != TARE_NOBODY; at = book->entries[at].newer) {
		if (!is_refused(book, at))
			continue;
		if (count < room)
			list[count] = book->entries[at].holding;
		count++;
	}
	pthread_mutex_unlock(&ledger->lock);
	return count;
}

/* From the newest: children go before their parents. */
void tare_ledger_write_off(struct tare_ledger *ledger)
{
	const struct tare__book *book = &ledger->book;

	tare_must(ledger->magic == TARE_MAGIC_LEDGER);
	pthread_mutex_lock(&ledger->lock);
	for (uint32_t at = book->newest; at != TARE_NOBODY;) {
		uint32_t older = book->entries[at].older;

		if (is_refused(book, at))
			drop(ledger, at);
		at = older;
	}
	pthread_mutex_unlock(&ledger->lock);
}

int tare_ledger_open(struct tare_ledger **out, struct tare_ledger_page *page,
	const struct tare_ledger_sources *sources)
{
	static const struct tare_ledger_sources none = { 0 };
	struct tare_ledger *ledger = calloc(1, sizeof *ledger);

	if (!ledger)
		return TARE_E_MEMORY;
	tare_must(pthread_mutex_init(&ledger->lock, NULL) == 0);
	ledger->magic = TARE_MAGIC_LEDGER;
	ledger->image_room = 16;
	ledger->images = calloc(ledger->image_room, sizeof *ledger->images);
	if (!ledger->images || tare__book_open(&ledger->book, ROOM_AT_OPEN) != TARE_OK)
		goto fail;
	ledger->generation = 1;
	ledger->page = page;
	ledger->sources = sources ? *sources : none;
	ledger->tap = (struct tare_tap){ .after = after };
	wipe(page, &ledger->sources);
	*out = ledger;
	return TARE_OK;
fail:
	tare_ledger_close(&ledger);
	return TARE_E_MEMORY;
}

void tare_ledger_close(struct tare_ledger **out)
{
	struct tare_ledger *ledger = *out;

	if (!ledger)
		return;
	tare_must(ledger->magic == TARE_MAGIC_LEDGER);
	ledger->magic = TARE_MAGIC_NONE;
	tare__book_close(&ledger->book);
	free(ledger->images);
	pthread_mutex_destroy(&ledger->lock);
	free(ledger);
	*out = NULL;
}

void tare_ledger_resets_end(struct tare_ledger *ledger)
{
	ledger->resets_end = true;
}

struct tare_tap *tare_ledger_tap(struct tare_ledger *ledger)
{
	tare_must(ledger->magic == TARE_MAGIC_LEDGER);
	return &ledger->tap;
}

void tare_ledger_phase(struct tare_ledger *ledger, enum tare_phase phase)
{
	tare_must(ledger->magic == TARE_MAGIC_LEDGER);
	pthread_mutex_lock(&ledger->lock);
	ledger->phase = phase;
	pthread_mutex_unlock(&ledger->lock);
}

void tare_ledger_generation(struct tare_ledger *ledger, uint32_t generation)
{
	tare_must(ledger->magic == TARE_MAGIC_LEDGER);
	pthread_mutex_lock(&ledger->lock);
	ledger->generation = generation;
	pthread_mutex_unlock(&ledger->lock);
}

void tare_ledger_launch(struct tare_ledger *ledger, uint32_t launch)
{
	tare_must(ledger->magic == TARE_MAGIC_LEDGER);
	pthread_mutex_lock(&ledger->lock);
	ledger->launch = launch;
	pthread_mutex_unlock(&ledger->lock);
}
