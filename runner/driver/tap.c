/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tap - tables around tables: each call is seen, and may be stopped
 *
 * This is the one place where functions are made from a list.  A wrapper
 * written by hand for each of the rows would say the same thing forty times and be
 * one forgotten row away from a resource that nobody counts; from the list a
 * new row is watched from the moment it exists.
 *
 * A tap whose `before` stops a call has answered it: its own `after` is not
 * called, those of the taps outside it are.  A call's key is taken before any
 * `after` runs, so that a failure that was done in truth keeps its key.
 */
#include <stdio.h>

#include <tare/object.h>
#include <tare/text.h>

#include "frames.h"
#include "rows.h"

#define TAPS_MAX 8

/* The one tapped pair of this process; the tables below stay when the taps are gone. */
static struct {
	struct tare_tables below;
	struct tare_tap *taps[TAPS_MAX]; /* outermost first, borrowed */
	unsigned count;
} tapped;

/* Returns whether the call goes on below; *passed: taps whose `after` is due. */
static bool enter(struct tare_call *call, unsigned *passed)
{
	for (*passed = 0; *passed < tapped.count; (*passed)++) {
		struct tare_tap *tap = tapped.taps[*passed];

		if (tap->before && tap->before(tap, call) != 0)
			return false;
	}
	return true;
}

static void leave(struct tare_call *call, unsigned passed)
{
	while (passed > 0) {
		struct tare_tap *tap = tapped.taps[--passed];

		if (tap->after)
			tap->after(tap, call);
	}
}

static uint64_t digest_file(const char *path)
{
	uint64_t digest = 0;
	unsigned char bytes[4096];
	FILE *file = fopen(path, "rbe");
	size_t got;

	if (!file)
		return 0;
	while ((got = fread(bytes, 1, sizeof bytes, file)) > 0)
		digest = tare_digest(digest, bytes, got);
	fclose(file);
	return digest;
}

/* Which image a registration registers. `subject` is what the call reads: a binary or a path. */
static inline uint64_t content_of(const struct tare_call *call, const void *subject)
{
	const struct tare_rt_binary *binary = subject;

	if (call->rule != TARE_RULE_TAKES || call->account != TARE_ACCOUNT_IMAGE_REGISTRATIONS || !subject)
		return 0;
	return call->id == TARE_CALL_object_open ? digest_file(subject) : tare_digest(0, binary->data, binary->length);
}

/*
 * What each rule means in a wrapper, before the call and after it.  Parameters
 * of the row are in scope; a key that the call itself makes is read only after it
 * has worked.
 */
#define AS_KEY(key) ((uint64_t)(uintptr_t)(key))

#define BEFORE_NEUTRAL call.rule = TARE_RULE_NEUTRAL
#define BEFORE_TAKES(which, made, large) \
	call.rule = TARE_RULE_TAKES, call.account = (which), call.amount = (large)
#define BEFORE_TAKES_UNDER(which, made, large, above) \
	call.rule = TARE_RULE_TAKES_UNDER, call.account = (which), call.amount = (large), call.parent = AS_KEY(above)
#define BEFORE_GIVES(which, given) \
	call.rule = TARE_RULE_GIVES, call.account = (which), call.amount = 1, call.key = AS_KEY(given)
#define BEFORE_ENDS(which, given) \
	call.rule = TARE_RULE_ENDS, call.account = (which), call.amount = 1, call.key = AS_KEY(given)

#define BEFORE_COPIES(bytes) call.rule = TARE_RULE_COPIES, call.amount = (bytes)

/* What a tap may have changed of the arguments. */
#define WITH_NEUTRAL
#define WITH_TAKES(which, made, large)
#define WITH_TAKES_UNDER(which, made, large, above)
#define WITH_GIVES(which, given)
#define WITH_ENDS(which, given)
#define WITH_COPIES(bytes) bytes = call.amount

#define AFTER_NEUTRAL
#define AFTER_COPIES(bytes)
#define AFTER_TAKES(which, made, large) if (call.result == 0) call.key = AS_KEY(made)
#define AFTER_TAKES_UNDER(which, made, large, above) if (call.result == 0) call.key = AS_KEY(made)
#define AFTER_GIVES(which, given)
#define AFTER_ENDS(which, given)

/*
 * Two parameters are found by their types: where the call leaves its handle
 * (void **), and what it reads (a binary or a text).  Each of the others adds a
 * constant zero, so nothing of this is left in the code.
 */
#define IF_HANDLE(x) (uintptr_t)_Generic((x), void **: (x), default: NULL)
#define IF_SUBJECT(x) \
	(uintptr_t)_Generic((x), const struct tare_rt_binary *: (x), const char *: (x), default: NULL)
#define HANDLE_OF(a, b, c, d, e, f, g, ...) (void **)(IF_HANDLE(a) | IF_HANDLE(b) | IF_HANDLE(c) | \
	IF_HANDLE(d) | IF_HANDLE(e) | IF_HANDLE(f) | IF_HANDLE(g))
#define SUBJECT_OF(a, b, c, d, e, f, g, ...) (const void *)(IF_SUBJECT(a) | IF_SUBJECT(b) | IF_SUBJECT(c))
#define HANDLE_IN(...) HANDLE_OF(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define SUBJECT_IN(...) SUBJECT_OF(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

#define WRAPPER(table, name, parameters, arguments, rule_of_row) \
	static int tap_##name parameters \
	{ \
		struct tare_call call = { .id = TARE_CALL_##name, .handle = HANDLE_IN arguments, \
			.frame = __builtin_frame_address(0) }; \
		unsigned passed; \
		\
		BEFORE_##rule_of_row; \
		call.content = content_of(&call, SUBJECT_IN arguments); \
		if (call.rule == TARE_RULE_TAKES || call.rule == TARE_RULE_TAKES_UNDER) \
			tare__frames_collect(call.frame, call.frames); \
		if (enter(&call, &passed)) { \
			WITH_##rule_of_row; \
			call.result = tapped.below.table.name arguments; \
		} \
		AFTER_##rule_of_row; \
		leave(&call, passed); \
		return call.result; \
	}

#define TARE_CANN(group, name, parameters, arguments, rule, codes, kinds, failure) \
	WRAPPER(cann, name, parameters, arguments, rule)
#include <tare/cann.def>
#undef TARE_CANN
#define TARE_HOST(group, name, parameters, arguments, rule, codes, kinds, failure) \
	WRAPPER(host, name, parameters, arguments, rule)
#include <tare/host.def>
#undef TARE_HOST

void tare_tap_install(struct tare_tables *tables, struct tare_tap *outermost)
{
	tare_must(tables->cann.rtMalloc != tap_rtMalloc && tables->host.memory_take != tap_memory_take);
	tapped.below = *tables;
	tapped.count = 0;
	for (struct tare_tap *tap = outermost; tap; tap = tap->inner) {
		tare_must(tapped.count < TAPS_MAX);
		tapped.taps[tapped.count++] = tap;
	}
#define TARE_CANN(group, name, parameters, arguments, rule, codes, kinds, failure) \
	tables->cann.name = tapped.below.cann.name ? tap_##name : NULL;
#include <tare/cann.def>
#undef TARE_CANN
#define TARE_HOST(group, name, parameters, arguments, rule, codes, kinds, failure) \
	tables->host.name = tapped.below.host.name ? tap_##name : NULL;
#include <tare/host.def>
#undef TARE_HOST
}

void tare_tap_remove(void)
{
	tapped.count = 0;
}
