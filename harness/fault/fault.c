/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tap that fails calls.
 *
 * It stands inside the ledger's, so that the ledger books what the runner was
 * told.  A driver may fail in more ways than by an error: it may say "done"
 * and hand out NULL, do the work and then report an error, or do half of it.
 * What befalls the device itself is not faked here: the machine is told.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <tare/machine.h>
#include <tare/object.h>
#include <tare/status.h>

#include "fault_priv.h"

#define THIS_THREADS (-1) /* device */

static struct tare_fault *fault_of(struct tare_tap *tap)
{
	struct tare_fault *fault = (struct tare_fault *)(void *)((char *)tap - offsetof(struct tare_fault, tap));

	tare_must(fault->magic == TARE_MAGIC_FAULT);
	return fault;
}

static bool rule_hits(struct tare__aim *rule, const struct tare_call *call)
{
	if (rule->call != call->id)
		return false;
	rule->seen++;
	return rule->from_then_on ? rule->seen >= rule->nth : rule->seen == rule->nth;
}

static int code_of(const struct tare__aim *aim, const struct tare_call *call)
{
	const struct tare_call_info *info = tare_call_info(call->id);

	return aim->code ? aim->code : aim->which < TARE_COUNT(info->codes) ? info->codes[aim->which] : 0;
}

/* Whether this call is the one that was meant: the same one, and able to fail like that. */
static bool is_meant(const struct tare_fault *fault, const struct tare__aim *wish, struct tare_call *call)
{
	if (!(tare__fault_kinds(fault, call) & (unsigned)wish->kind) || !code_of(wish, call))
		return false;
	return !wish->path || wish->path == tare__fault_path(fault, call);
}

static bool wish_hits(struct tare_fault *fault, struct tare__aim *wish, struct tare_call *call, uint32_t number)
{
	if (wish->latched)
		return wish->call == call->id;
	if (number != wish->nth)
		return false;
	if (!is_meant(fault, wish, call)) {
		wish->strike.strayed++;
		wish->strike.call = (uint32_t)call->id;
		return false;
	}
	wish->latched = wish->from_then_on;
	wish->call = call->id;
	return true;
}

/* Each counts each call, also one that another fails; of several the one that was set first wins. */
static struct tare__aim *aim_at(struct tare_fault *fault, struct tare_call *call, uint32_t number)
{
	struct tare__aim *hit = NULL;

	for (unsigned i = 0; i < fault->rule_count; i++)
		if (rule_hits(&fault->rules[i], call) && !hit)
			hit = &fault->rules[i];
	for (unsigned i = 0; i < fault->wish_count; i++)
		if (!hit && wish_hits(fault, &fault->wishes[i], call, number))
			hit = &fault->wishes[i];
	return hit;
}

static void record(struct tare_fault *fault, struct tare__aim *aim, struct tare_call *call)
{
	struct tare_fault_strike *strike = &aim->strike;

	atomic_fetch_add_explicit(&fault->fired, 1, memory_order_relaxed);
	if (strike->fired++)
		return;
	strike->call = (uint32_t)call->id;
	strike->rule = (uint32_t)call->rule;
	strike->account = (uint32_t)call->account;
	strike->place = fault->place;
	strike->key = call->key;
	strike->path = tare__fault_path(fault, call);
	memcpy(strike->frames, call->frames, sizeof strike->frames);
	strike->code = call->result;
}

static void when_done(struct tare_fault *fault, struct tare__aim *aim, const struct tare_call *call, int code)
{
	for (size_t i = 0; i < TARE__PENDING; i++)
		if (!fault->pending[i].call) {
			fault->pending[i] = (struct tare__pending){ call, aim, code };
			return;
		}
}

static enum tare_trouble trouble_of(enum tare_fault_kind kind)
{
	switch (kind) {
	case TARE_FAULT_LATE: return TARE_TROUBLE_LATE;
	case TARE_FAULT_HANG: return TARE_TROUBLE_HANG;
	default: return TARE_TROUBLE_POISON;
	}
}

/* Not 0: the call goes no further. */
static int strike(struct tare_fault *fault, struct tare__aim *aim, struct tare_call *call)
{
	int code = code_of(aim, call);

	switch (aim->kind) {
	case TARE_FAULT_LATE:
	case TARE_FAULT_HANG:
	case TARE_FAULT_POISON:
		if (tare_machine_trouble(THIS_THREADS, trouble_of(aim->kind)) == TARE_OK)
			when_done(fault, aim, call, 0);
		else
			aim->strike.strayed++;
		return 0;
	case TARE_FAULT_AFTER_EFFECT:
		when_done(fault, aim, call, code);
		return 0;
	case TARE_FAULT_SHORT_COPY:
		call->amount /= 2;
		if (call->amount) {
			when_done(fault, aim, call, code);
			return 0;
		}
		call->result = code; /* half of one byte: a driver asked to copy none would find fault with that */
		break;
	case TARE_FAULT_NULL_HANDLE:
		if (call->handle)
			*call->handle = NULL;
		call->result = 0;
		break;
	case TARE_FAULT_ERROR:
		call->result = code;
		break;
	}
	record(fault, aim, call);
	return 1;
}

static int before(struct tare_tap *tap, struct tare_call *call)
{
	struct tare_fault *fault = fault_of(tap);
	uint32_t number = 0;
	int stopped = 0;

	if (!atomic_load_explicit(&fault->active, memory_order_acquire))
		return 0;
	pthread_mutex_lock(&fault->lock);
	if (fault->numbered) {
		number = atomic_fetch_add_explicit(&fault->calls, 1, memory_order_relaxed) + 1;
		tare__fault_note(fault, call, number);
	}
	struct tare__aim *aim = aim_at(fault, call, number);
	if (aim)
		stopped = strike(fault, aim, call);
	if (stopped)
		tare__fault_note_end(fault, call, true);
	pthread_mutex_unlock(&fault->lock);
	return stopped;
}

/* The call has come back from the driver: did the fault take effect? */
static void judge(struct tare_fault *fault, const struct tare__pending *pending, struct tare_call *call)
{
	switch (pending->aim->kind) {
	case TARE_FAULT_POISON:
		break;
	case TARE_FAULT_LATE:
	case TARE_FAULT_HANG:
		if (call->result == 0)
			break;
		tare_machine_trouble(THIS_THREADS, TARE_TROUBLE_NONE); /* nothing was queued that it could befall */
		return;
	default:
		/* A call that failed by itself had no effect to lie about. */
		if (call->result != 0)
			return;
		call->result = pending->code;
		break;
	}
	record(fault, pending->aim, call);
}

static void after(struct tare_tap *tap, struct tare_call *call)
{
	struct tare_fault *fault = fault_of(tap);

	if (!atomic_load_explicit(&fault->active, memory_order_acquire))
		return;
	pthread_mutex_lock(&fault->lock);
	for (size_t i = 0; i < TARE__PENDING; i++)
		if (fault->pending[i].call == call) {
			judge(fault, &fault->pending[i], call);
			fault->pending[i].call = NULL;
			break;
		}
	tare__fault_note_end(fault, call, false);
	pthread_mutex_unlock(&fault->lock);
}

int tare_fault_open(struct tare_fault **out)
{
	struct tare_fault *fault = calloc(1, sizeof *fault);

	if (!fault)
		return TARE_E_MEMORY;
	tare_must(pthread_mutex_init(&fault->lock, NULL) == 0);
	fault->tap = (struct tare_tap){ .before = before, .after = after };
	fault->magic = TARE_MAGIC_FAULT;
	*out = fault;
	return TARE_OK;
}

void tare_fault_close(struct tare_fault **out)
{
	struct tare_fault *fault = *out;

	if (!fault)
		return;
	tare_must(fault->magic == TARE_MAGIC_FAULT);
	fault->magic = TARE_MAGIC_NONE;
	pthread_mutex_destroy(&fault->lock);
	free(fault);
	*out = NULL;
}

struct tare_tap *tare_fault_tap(struct tare_fault *fault)
{
	tare_must(fault->magic == TARE_MAGIC_FAULT);
	return &fault->tap;
}
