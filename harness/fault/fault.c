/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tap that fails calls.
 *
 * It stands inside the ledger's, so that the ledger books what the runner was
 * told.  A driver may fail in more ways than by an error: it may say "done"
 * and hand out NULL, or do the work and then report an error.
 */
#include <tare/fault.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include <tare/log.h>
#include <tare/object.h>
#include <tare/status.h>

#define RULES   8
#define PENDING 16 /* calls that are inside the driver and will be failed when they come out */

struct armed {
	struct tare_fault_rule rule;
	uint32_t seen; /* such calls since it was set */
};

struct pending {
	const struct tare_call *call; /* its identity while it is under way; NULL: free */
	int code;
};

struct tare_fault {
	uint32_t magic;
	struct tare_tap tap;
	pthread_mutex_t lock;
	atomic_uint count; /* of armed; read without the lock, so that a tap without rules costs nothing */
	struct armed armed[RULES];
	struct pending pending[PENDING];
	atomic_uint fired;
};

static struct tare_fault *fault_of(struct tare_tap *tap)
{
	struct tare_fault *fault = (struct tare_fault *)(void *)((char *)tap - offsetof(struct tare_fault, tap));

	tare_must(fault->magic == TARE_MAGIC_FAULT);
	return fault;
}

static const struct tare_fault_rule *rule_for(struct tare_fault *fault, const struct tare_call *call)
{
	const struct tare_fault_rule *hit = NULL;
	unsigned count = atomic_load_explicit(&fault->count, memory_order_relaxed);

	/* Each rule counts each call, also one that another rule fails. */
	for (unsigned i = 0; i < count; i++) {
		struct armed *armed = &fault->armed[i];

		if (armed->rule.call != call->id)
			continue;
		armed->seen++;
		if (!hit && (armed->rule.from_then_on ? armed->seen >= armed->rule.nth : armed->seen == armed->rule.nth))
			hit = &armed->rule;
	}
	return hit;
}

static void fail_when_done(struct tare_fault *fault, const struct tare_call *call, int code)
{
	for (size_t i = 0; i < PENDING; i++)
		if (!fault->pending[i].call) {
			fault->pending[i] = (struct pending){ call, code };
			return;
		}
}

static int strike(struct tare_fault *fault, const struct tare_fault_rule *rule, struct tare_call *call)
{
	switch (rule->kind) {
	case TARE_FAULT_AFTER_EFFECT:
		fail_when_done(fault, call, rule->code);
		return 0;
	case TARE_FAULT_NULL_HANDLE:
		if (call->handle)
			*call->handle = NULL;
		call->result = 0;
		break;
	default:
		call->result = rule->code;
		break;
	}
	atomic_fetch_add_explicit(&fault->fired, 1, memory_order_relaxed);
	return 1;
}

static int before(struct tare_tap *tap, struct tare_call *call)
{
	struct tare_fault *fault = fault_of(tap);
	int stopped = 0;

	if (atomic_load_explicit(&fault->count, memory_order_acquire) == 0)
		return 0;
	pthread_mutex_lock(&fault->lock);
	const struct tare_fault_rule *rule = rule_for(fault, call);
	if (rule)
		stopped = strike(fault, rule, call);
	pthread_mutex_unlock(&fault->lock);
	return stopped;
}

static void after(struct tare_tap *tap, struct tare_call *call)
{
	struct tare_fault *fault = fault_of(tap);

	if (atomic_load_explicit(&fault->count, memory_order_acquire) == 0)
		return;
	pthread_mutex_lock(&fault->lock);
	for (size_t i = 0; i < PENDING; i++) {
		if (fault->pending[i].call != call)
			continue;
		/* A call that failed by itself had no effect to lie about. */
		if (call->result == 0) {
			call->result = fault->pending[i].code;
			atomic_fetch_add_explicit(&fault->fired, 1, memory_order_relaxed);
		}
		fault->pending[i].call = NULL;
		break;
	}
	pthread_mutex_unlock(&fault->lock);
}

int tare_fault_open(struct tare_fault **out)
{
	struct tare_fault *fault = calloc(1, sizeof *fault);

	if (!fault)
		return TARE_E_MEMORY;
	tare_must(pthread_mutex_init(&fault->lock, NULL) == 0);
	atomic_init(&fault->count, 0);
	atomic_init(&fault->fired, 0);
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

static const struct tare_log to_stderr = { tare_log_to_stderr, NULL, TARE_LOG_ERROR };

static int check(const struct tare_fault_rule *rule)
{
	if (rule->call <= TARE_CALL_NONE || rule->call >= TARE_CALLS) {
		tare_log(&to_stderr, TARE_LOG_ERROR, "fault: there is no call %d", (int)rule->call);
		return TARE_E_ARGUMENT;
	}
	const struct tare_call_info *info = tare_call_info(rule->call);
	unsigned kind = (unsigned)rule->kind;

	if (rule->nth == 0) {
		tare_log(&to_stderr, TARE_LOG_ERROR, "fault: calls of %s are counted from 1", info->name);
		return TARE_E_ARGUMENT;
	}
	if (kind == 0 || (kind & (kind - 1)) != 0 || (kind & info->kinds) != kind) {
		tare_log(&to_stderr, TARE_LOG_ERROR, "fault: %s can't fail by kind %u, only by those of the set %u",
			info->name, kind, info->kinds);
		return TARE_E_ARGUMENT;
	}
	if (rule->kind == TARE_FAULT_SHORT_COPY) {
		tare_log(&to_stderr, TARE_LOG_ERROR, "fault: a tap can't shorten the copy of %s", info->name);
		return TARE_E_UNSUPPORTED;
	}
	if (rule->kind != TARE_FAULT_NULL_HANDLE && rule->code == 0 && info->codes[0] == 0) {
		tare_log(&to_stderr, TARE_LOG_ERROR, "fault: %s has no documented error, a code must be given",
			info->name);
		return TARE_E_ARGUMENT;
	}
	return TARE_OK;
}

int tare_fault_set(struct tare_fault *fault, const struct tare_fault_rule *rule)
{
	tare_must(fault->magic == TARE_MAGIC_FAULT);
	int status = check(rule);
	if (status != TARE_OK)
		return status;
	pthread_mutex_lock(&fault->lock);
	unsigned count = atomic_load_explicit(&fault->count, memory_order_relaxed);
	if (count < RULES) {
		struct armed *armed = &fault->armed[count];

		*armed = (struct armed){ .rule = *rule };
		if (armed->rule.code == 0)
			armed->rule.code = tare_call_info(rule->call)->codes[0];
		atomic_store_explicit(&fault->count, count + 1, memory_order_release);
	} else {
		tare_log(&to_stderr, TARE_LOG_ERROR, "fault: no more than %d rules at a time", RULES);
		status = TARE_E_ARGUMENT;
	}
	pthread_mutex_unlock(&fault->lock);
	return status;
}

void tare_fault_clear(struct tare_fault *fault)
{
	tare_must(fault->magic == TARE_MAGIC_FAULT);
	pthread_mutex_lock(&fault->lock);
	atomic_store_explicit(&fault->count, 0, memory_order_release);
	for (size_t i = 0; i < PENDING; i++)
		fault->pending[i].call = NULL;
	atomic_store_explicit(&fault->fired, 0, memory_order_relaxed);
	pthread_mutex_unlock(&fault->lock);
}

uint32_t tare_fault_fired(const struct tare_fault *fault)
{
	tare_must(fault->magic == TARE_MAGIC_FAULT);
	return atomic_load_explicit(&fault->fired, memory_order_relaxed);
}
