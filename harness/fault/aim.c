/* SPDX-License-Identifier: Apache-2.0 */
/* aim - setting faults, and asking what became of them; a fault that can't happen is refused with a sentence */
#include <tare/log.h>
#include <tare/object.h>
#include <tare/status.h>

#include "fault_priv.h"

static const struct tare_log to_stderr = { tare_log_to_stderr, NULL, TARE_LOG_ERROR };

#define EVERY_KIND (TARE_FAULT_ERROR | TARE_FAULT_NULL_HANDLE | TARE_FAULT_AFTER_EFFECT | TARE_FAULT_SHORT_COPY | \
	ON_THE_MACHINE)
#define ON_THE_MACHINE (TARE_FAULT_LATE | TARE_FAULT_HANG | TARE_FAULT_POISON)

static bool is_one_of(unsigned kind, unsigned kinds)
{
	return kind != 0 && (kind & (kind - 1)) == 0 && (kind & kinds) == kind;
}

static int check_rule(const struct tare_fault *fault, const struct tare_fault_rule *rule)
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
	if (!is_one_of(kind, info->kinds)) {
		tare_log(&to_stderr, TARE_LOG_ERROR, "fault: %s can't fail by kind %u, only by those of the set %u",
			info->name, kind, info->kinds);
		return TARE_E_ARGUMENT;
	}
	if (!fault->machine && (kind & ON_THE_MACHINE)) {
		tare_log(&to_stderr, TARE_LOG_ERROR, "fault: kind %u befalls a device, and this one is not ours", kind);
		return TARE_E_ARGUMENT;
	}
	return TARE_OK;
}

static int add_rule(struct tare_fault *fault, const struct tare_fault_rule *rule)
{
	int status = check_rule(fault, rule);

	if (status != TARE_OK)
		return status;
	if (fault->rule_count == TARE__RULES) {
		tare_log(&to_stderr, TARE_LOG_ERROR, "fault: no more than %d rules at a time", TARE__RULES);
		return TARE_E_ARGUMENT;
	}
	fault->rules[fault->rule_count++] = (struct tare__aim){
		.call = rule->call,
		.nth = rule->nth,
		.from_then_on = rule->from_then_on,
		.kind = rule->kind,
		.code = rule->code,
	};
	atomic_store_explicit(&fault->active, true, memory_order_release);
	return TARE_OK;
}

int tare_fault_set(struct tare_fault *fault, const struct tare_fault_rule *rule)
{
	int status;

	tare_must(fault->magic == TARE_MAGIC_FAULT);
	pthread_mutex_lock(&fault->lock);
	status = add_rule(fault, rule);
	pthread_mutex_unlock(&fault->lock);
	return status;
}

/* Which entry has the number shows when it comes; what can't fit any is refused here. */
static int check_wish(const struct tare_fault *fault, const struct tare_fault_wish *wish)
{
	unsigned kind = (unsigned)wish->kind;

	if (wish->number == 0) {
		tare_log(&to_stderr, TARE_LOG_ERROR, "fault: calls are numbered from 1");
		return TARE_E_ARGUMENT;
	}
	if (!is_one_of(kind, EVERY_KIND)) {
		tare_log(&to_stderr, TARE_LOG_ERROR, "fault: there is no kind %u", kind);
		return TARE_E_ARGUMENT;
	}
	if (!fault->machine && (kind & ON_THE_MACHINE)) {
		tare_log(&to_stderr, TARE_LOG_ERROR, "fault: kind %u befalls a device, and this one is not ours", kind);
		return TARE_E_ARGUMENT;
	}
	for (unsigned i = 0; i < fault->wish_count; i++)
		if (fault->wishes[i].nth == wish->number) {
			tare_log(&to_stderr, TARE_LOG_ERROR, "fault: call %u is to fail already", wish->number);
			return TARE_E_ARGUMENT;
		}
	return TARE_OK;
}

static int add_wish(struct tare_fault *fault, const struct tare_fault_wish *wish)
{
	int status = check_wish(fault, wish);

	if (status != TARE_OK)
		return status;
	if (fault->wish_count == TARE__WISHES) {
		tare_log(&to_stderr, TARE_LOG_ERROR, "fault: no more than %d faults of a sweep at a time", TARE__WISHES);
		return TARE_E_ARGUMENT;
	}
	fault->wishes[fault->wish_count++] = (struct tare__aim){
		.nth = wish->number,
		.from_then_on = wish->from_then_on,
		.kind = wish->kind,
		.which = wish->code,
		.path = wish->path,
	};
	fault->numbered = true;
	atomic_store_explicit(&fault->active, true, memory_order_release);
	return TARE_OK;
}

int tare_fault_arm(struct tare_fault *fault, const struct tare_fault_wish *wish)
{
	int status;

	tare_must(fault->magic == TARE_MAGIC_FAULT);
	pthread_mutex_lock(&fault->lock);
	status = add_wish(fault, wish);
	pthread_mutex_unlock(&fault->lock);
	return status;
}

const struct tare_fault_strike *tare_fault_struck(const struct tare_fault *fault, unsigned wish)
{
	tare_must(fault->magic == TARE_MAGIC_FAULT && wish < TARE__WISHES);
	return &fault->wishes[wish].strike;
}

void tare_fault_clear(struct tare_fault *fault)
{
	tare_must(fault->magic == TARE_MAGIC_FAULT);
	pthread_mutex_lock(&fault->lock);
	fault->rule_count = 0;
	fault->wish_count = 0;
	for (unsigned i = 0; i < TARE__WISHES; i++)
		fault->wishes[i] = (struct tare__aim){ 0 };
	for (unsigned i = 0; i < TARE__PENDING; i++)
		fault->pending[i].call = NULL;
	atomic_store_explicit(&fault->fired, 0, memory_order_relaxed);
	atomic_store_explicit(&fault->active, fault->numbered, memory_order_release);
	pthread_mutex_unlock(&fault->lock);
}

uint32_t tare_fault_fired(const struct tare_fault *fault)
{
	tare_must(fault->magic == TARE_MAGIC_FAULT);
	return atomic_load_explicit(&fault->fired, memory_order_relaxed);
}
