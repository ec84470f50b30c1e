/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lifecycle_flight - calls while a launch is in flight, and from several threads
 *
 * While a launch is in flight every other call on its context is refused and
 * changes nothing; who only reads is answered; destroy waits.  Without one,
 * calls take turns.
 */
#include <tare/spec.h>

#include <string.h>

enum { REFUSED = -1, E_AICPU_EXCEPTION = 507018, KIB = 1024, PATIENCE_MS = 10000, HANDS = 8 };

static int run(struct tare_case *c, int32_t id, const void *args)
{
	return tare_abi(c)->run_prepared(tare_context(c), tare_runtime(c), id, args, 3, 3, 0, 0, 0, 0, 0, "", NULL);
}

/* Words that can't fail, so that a case ends its flight itself whatever they found. */
static void every_call_meanwhile(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare_as(c, 0, "vector_example");
	struct tare_callable *gate = tare_prepare_as(c, 1, "gate");
	const struct tare_abi *abi = tare_abi(c);
	const struct tare_objects objects = tare_objects(c);
	const bool on_device = tare_runs_in(c, TENSORMAP_AND_RINGBUFFER);
	void *context = tare_context(c);
	size_t size;
	const void *image = tare_image(c, "dump_tensor", &size);
	char *block = tare_memory(c, KIB), byte = 1;

	tare_launch(c, vector);
	tare_launch(c, gate);
	tare_expect_code(c, tare_try_copy_in(c, block, "7", 1), 0, "copying to the device");
	tare_mark(c);
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_flight_begins(c, gate, PATIENCE_MS);
		abi->device_free_ctx(context, block);
		const struct { const char *call; long got, wanted; } rows[] = {
			{ "run_prepared", run(c, 0, tare_arguments(vector)), REFUSED },
			{ "run_prepared of what is in flight", run(c, 1, tare_arguments(vector)), REFUSED },
			{ "prepare_callable", abi->prepare_callable(context, 2, image), REFUSED },
			{ "unregister_callable", abi->unregister_callable(context, 0), REFUSED },
			{ "unregister_callable of what is in flight", abi->unregister_callable(context, 1), REFUSED },
			{ "device_malloc_ctx", (long)(intptr_t)abi->device_malloc_ctx(context, KIB), 0 },
			{ "copy_to_device_ctx", abi->copy_to_device_ctx(context, block, &byte, 1), REFUSED },
			{ "copy_from_device_ctx", abi->copy_from_device_ctx(context, &byte, block, 1), REFUSED },
			{ "setup_static_arena", tare_try_arena(c, KIB, KIB, KIB), REFUSED },
			{ "simpler_init", tare_try_init(c, &objects), REFUSED },
			{ "finalize_device", abi->finalize_device(context), REFUSED },
			{ "get_host_dlopen_count", (long)abi->get_host_dlopen_count(context), on_device ? 0 : 2 },
			{ "get_aicpu_dlopen_count", (long)abi->get_aicpu_dlopen_count(context), on_device ? 2 : 0 },
		};
		bool waits = tare_flight_waits(c);
		int code = tare_flight_ends(c);
		for (unsigned k = 0; k < TARE_COUNT_OF(rows); k++)
			tare_expect(c, rows[k].got == rows[k].wanted, "%s gave %ld with a launch in flight, wanted %ld",
				rows[k].call, rows[k].got, rows[k].wanted);
		tare_expect(c, waits && code == 0, "the launch in flight %s and gave %d, wanted 0",
			waits ? "was there all the while" : "had ended before", code);
	}
	tare_expect_code(c, tare_try_copy_out(c, &byte, block, 1), 0, "copying from the device");
	tare_expect(c, byte == '7', "a block that was freed and copied to in vain holds %d", byte);
	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
	tare_unregister(c, vector);
	tare_unregister(c, gate);
	tare_launch(c, tare_prepare_as(c, 0, "vector_example"));
	tare_launch(c, tare_prepare_as(c, 1, "gate"));
	tare_still_works(c);
}

static void another_context_meanwhile(struct tare_case *c)
{
	struct tare_callable *gate = tare_prepare(c, "gate");

	tare_launch(c, gate);
	tare_still_works(c);
	tare_mark(c);
	tare_flight_begins(c, gate, PATIENCE_MS);
	tare_use_context(c, 1);
	tare_still_works(c);
	tare_close(c);
	tare_use_context(c, 0);
	bool waits = tare_flight_waits(c);
	tare_expect(c, waits, "the launch in flight had ended before the other context had");
	tare_expect_code(c, tare_flight_ends(c), 0, "a launch in flight beside another context");
	tare_still_works(c);
}

/* A card has one AICPU: the second launch waits until the first has landed, and that is within its time-out. */
static void another_context_in_turn(struct tare_case *c)
{
	enum { SHORT_MS = 200 };
	struct tare_callable *gate = tare_prepare(c, "gate");

	tare_launch(c, gate);
	tare_still_works(c);
	tare_mark(c);
	tare_use_context(c, 1);
	tare_still_works(c);
	tare_use_context(c, 0);
	tare_flight_begins(c, gate, SHORT_MS);
	tare_use_context(c, 1);
	tare_still_works(c);
	tare_use_context(c, 0);
	bool waits = tare_flight_waits(c);
	tare_expect(c, !waits, "a second orchestration ran while the first held the AICPU");
	tare_expect_code(c, tare_flight_ends(c), 0, "the launch that another one waited for");
	tare_use_context(c, 1);
	tare_close(c);
	tare_use_context(c, 0);
	tare_still_works(c);
}

static void finalized_meanwhile(struct tare_case *c)
{
	struct tare_callable *gate = tare_prepare(c, "gate");

	tare_flight_begins(c, gate, PATIENCE_MS);
	int refused = tare_abi(c)->finalize_device(tare_context(c));
	tare_expect_code(c, tare_flight_ends(c), 0, "a launch that finalize came upon");
	tare_expect_code(c, refused, REFUSED, "finalize_device with a launch in flight");
	tare_launch(c, gate);
	tare_expect_code(c, tare_try_close(c), 0, "finalize_device after it");
	tare_mark(c);
	tare_open(c);
	tare_still_works(c);
}

/* A destroy that does not wait comes back within the patience; one that waits uses it up. */
static void destroy_meanwhile(struct tare_case *c, uint64_t gives_up_with, int wanted)
{
	enum { SHORT_MS = 30 };
	struct tare_callable *gate = tare_prepare(c, "gate");

	tare_launch(c, gate);
	tare_arguments(gate)->scalars[2] = gives_up_with;
	tare_flight_begins(c, gate, SHORT_MS);
	tare_destroy(c);
	bool waits = tare_flight_waits(c);
	int code = tare_flight_ends(c);
	tare_expect(c, !waits, "destroy came back while a launch was in flight");
	tare_expect_code(c, code, wanted, "a launch whose context was destroyed meanwhile");
}

static void destroyed_meanwhile(struct tare_case *c)
{
	destroy_meanwhile(c, 0, 0);
	/* Its own code, and a line on the log of a context that is about to go. */
	destroy_meanwhile(c, 7, tare_runs_in(c, ONBOARD | TENSORMAP_AND_RINGBUFFER) ? E_AICPU_EXCEPTION : -7);
	tare_mark(c);
	tare_still_works(c);
}

/* -- from several threads ------------------------------------------------------- */

struct shared {
	const struct tare_abi *abi;
	void *context;
	const void *image;
	const struct tare_objects *objects;
	void *runtime[HANDS];
	struct tare_callable *callable[HANDS];
	int code[HANDS]; /* each hand writes its own */
	int worked[HANDS];
};

static struct shared share(struct tare_case *c)
{
	return (struct shared){ .abi = tare_abi(c), .context = tare_context(c) };
}

static void use_memory(void *cookie, unsigned number)
{
	struct shared *s = cookie;
	unsigned char out[KIB], in[KIB];

	memset(out, (int)number + 1, sizeof(out));
	for (int i = 0; i < 20 && !s->code[number]; i++) {
		void *block = s->abi->device_malloc_ctx(s->context, sizeof(out));
		memset(in, 0, sizeof(in));
		if (!block || s->abi->copy_to_device_ctx(s->context, block, out, sizeof(out)) ||
		    s->abi->copy_from_device_ctx(s->context, in, block, sizeof(in)) || memcmp(in, out, sizeof(in)))
			s->code[number] = i + 1;
		s->abi->device_free_ctx(s->context, block);
	}
}

static void memory_from_threads(struct tare_case *c)
{
	tare_still_works(c);
	struct shared s = share(c);

	tare_mark(c);
	tare_in_threads(c, HANDS, use_memory, &s);
	for (unsigned i = 0; i < HANDS; i++)
		tare_expect(c, !s.code[i], "thread %u could not take, fill, read and give back its block number %d", i, s.code[i]);
	tare_still_works(c);
}

static void prepare_some(void *cookie, unsigned number)
{
	struct shared *s = cookie;

	for (int32_t i = 0; i < 6 && !s->code[number]; i++) {
		int32_t id = (int32_t)number * 6 + i;
		s->code[number] = s->abi->prepare_callable(s->context, id, s->image);
		if (!s->code[number] && i % 2)
			s->code[number] = s->abi->unregister_callable(s->context, id);
	}
}

static void prepare_the_same(void *cookie, unsigned number)
{
	struct shared *s = cookie;

	s->code[number] = s->abi->prepare_callable(s->context, 60, s->image);
}

static void unregister_all(void *cookie, unsigned number)
{
	struct shared *s = cookie;

	for (int32_t id = 0; id < 64; id++)
		s->code[number] |= s->abi->unregister_callable(s->context, id);
}

static void prepared_from_threads(struct tare_case *c)
{
	size_t size;
	unsigned won = 0;

	tare_still_works(c);
	struct shared s = share(c);
	s.image = tare_image(c, "dump_tensor", &size);
	tare_mark(c);
	tare_in_threads(c, HANDS, prepare_some, &s);
	for (unsigned i = 0; i < HANDS; i++)
		tare_expect(c, !s.code[i], "thread %u prepared ids of its own and got %d", i, s.code[i]);
	tare_in_threads(c, HANDS, prepare_the_same, &s);
	for (unsigned i = 0; i < HANDS; i++) {
		won += s.code[i] == 0;
		tare_expect(c, s.code[i] == 0 || s.code[i] == REFUSED, "preparing one id from all threads gave thread %u %d", i,
			s.code[i]);
	}
	tare_expect(c, won == 1, "%u of %d threads prepared the same id", won, HANDS);
	memset(s.code, 0, sizeof(s.code));
	tare_in_threads(c, HANDS, unregister_all, &s);
	for (unsigned i = 0; i < HANDS; i++)
		tare_expect(c, !s.code[i], "unregistering all ids from all threads gave thread %u an error", i);
	tare_still_works(c);
}

/* Refused as busy is an answer; any other error, or a wrong result of a launch that worked, is not. */
static void launch_some(void *cookie, unsigned number)
{
	struct shared *s = cookie;

	for (int i = 0; i < 20; i++) {
		int code = s->abi->run_prepared(s->context, s->runtime[number], (int32_t)number,
			tare_arguments(s->callable[number]), 3, 3, 0, 0, 0, 0, 0, "", NULL);
		if (code == 0)
			s->worked[number]++;
		else if (code != REFUSED)
			s->code[number] = code;
	}
}

static void launched_from_threads(struct tare_case *c)
{
	static _Alignas(64) unsigned char buffers[HANDS][4 * KIB];
	struct tare_callable *callables[HANDS];
	int worked = 0;

	for (int32_t i = 0; i < HANDS; i++) {
		callables[i] = tare_prepare_as(c, i, "vector_example");
		tare_launch(c, callables[i]); /* whatever its first launch opens is open */
	}
	tare_expect(c, tare_abi(c)->get_runtime_size() <= sizeof(buffers[0]), "the run buffer has %zu bytes",
		tare_abi(c)->get_runtime_size());
	struct shared s = share(c);
	for (unsigned i = 0; i < HANDS; i++) {
		s.callable[i] = callables[i];
		s.runtime[i] = buffers[i];
	}
	tare_still_works(c);
	tare_mark(c);
	tare_in_threads(c, HANDS, launch_some, &s);
	for (unsigned i = 0; i < HANDS; i++) {
		worked += s.worked[i];
		tare_expect(c, !s.code[i], "a launch from thread %u gave %d, wanted 0 or -1", i, s.code[i]);
		if (s.worked[i])
			tare_expect_floats(c, s.callable[i], 2, 42.0f);
	}
	tare_expect(c, worked > 0, "of launches from %d threads at once not one worked", HANDS);
	tare_still_works(c);
}

static void init_it(void *cookie, unsigned number)
{
	struct shared *s = cookie;
	const struct tare_objects *o = s->objects;

	s->code[number] = s->abi->simpler_init(s->context, 0, o->aicpu, o->aicpu_size, o->aicore, o->aicore_size,
		o->dispatcher, o->dispatcher_size);
}

static void finalize_it(void *cookie, unsigned number)
{
	struct shared *s = cookie;

	s->code[number] = s->abi->finalize_device(s->context);
}

static void opened_and_closed_from_threads(struct tare_case *c)
{
	const struct tare_objects objects = tare_objects(c);
	struct shared s = share(c);

	s.objects = &objects;
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_in_threads(c, HANDS, init_it, &s);
		for (unsigned k = 0; k < HANDS; k++)
			tare_expect(c, !s.code[k], "init from all threads gave thread %u %d", k, s.code[k]);
		tare_expect_code(c, tare_try_open(c), 0, "init of what is initialised already");
		tare_still_works(c);
		tare_in_threads(c, HANDS, finalize_it, &s);
		for (unsigned k = 0; k < HANDS; k++)
			tare_expect(c, !s.code[k], "finalize from all threads gave thread %u %d", k, s.code[k]);
		tare_mark(c);
	}
	tare_open(c);
	tare_still_works(c);
}

#define CASE(label, sentence, times, function, reason) CASE_IN(0, label, sentence, times, function, reason)
#define CASE_IN(where, label, sentence, times, function, reason) { \
	.name = label, .says = sentence, .cells = (where), .when = function, .launches = times, \
	.then = { NOTHING_IS_LOST }, .because = reason, \
}
#define REBUILT(label, sentence, times, function, reason) { \
	.name = label, .says = sentence, .when = function, .launches = times, \
	.then = { \
		{ DEVICE_BLOCKS,     AT_MARK,     EXACTLY, 0 }, \
		{ DEVICE_REFERENCES, AT_MARK,     EXACTLY, 0 }, \
		{ HOST_OBJECTS,      AT_MARK,     EXACTLY, 0 }, \
		{ EVERY_ACCOUNT,     AFTER_CLOSE, EXACTLY, 0 }, \
	}, \
	.because = reason, \
}

static const struct tare_spec specs[] = {
	CASE("every_call_meanwhile", "with a launch in flight every other call is -1 and changes nothing, and who reads is answered",
		3, every_call_meanwhile, "d95514b4d (#1671): registering and giving back raced with a run and its close"),
	CASE_IN(HOST_BUILD_GRAPH, "another_context_meanwhile",
		"with a launch of one context in flight another one opens, launches and closes", 1,
		another_context_meanwhile, "115d7c4d2 (#1663): what belonged to one context was held by all"),
	/* A card has one AICPU: who orchestrates there holds it, and all others wait. */
	CASE_IN(SIM | TENSORMAP_AND_RINGBUFFER, "another_context_beside_it",
		"with an orchestration of one context in flight another one opens, launches and closes", 1,
		another_context_meanwhile, "115d7c4d2 (#1663): what belonged to one context was held by all"),
	CASE_IN(ONBOARD | TENSORMAP_AND_RINGBUFFER, "another_context_in_turn",
		"an orchestration of a second context waits for the one that holds the card's AICPU, and then runs", 1,
		another_context_in_turn, "facts 3.2: one AICPU, and who came second was given up with 507046"),
	REBUILT("finalized_meanwhile", "finalize with a launch in flight is -1, and 0 when it has landed", 1,
		finalized_meanwhile, "115d7c4d2 (#1663): a close took from a launch what it was using"),
	REBUILT("destroyed_meanwhile", "destroy waits for the launch in flight, which ends well or badly as if nobody waited", 1,
		destroyed_meanwhile, "115d7c4d2 (#1663): a context was freed under its launch"),
	CASE("memory_from_threads", "eight threads take, fill, read and give back memory of one context, each its own", 1,
		memory_from_threads, "902b18b4c (#715): device calls from a fresh thread failed with 107002"),
	CASE("prepared_from_threads", "eight threads prepare and give back ids, and of one id for all only one gets it", 1,
		prepared_from_threads, "115d7c4d2 (#1663): two registrations met in one slot"),
	CASE("launched_from_threads", "launches from eight threads work or are refused as busy, and each result is its own", 1,
		launched_from_threads, "115d7c4d2 (#1663), d95514b4d (#1671): each call is a success or a clean error, whoever else calls"),
	REBUILT("opened_from_threads", "init and finalize from eight threads at once are one init and one finalize", 5,
		opened_and_closed_from_threads, "L16: finalize from another thread released what that thread was bound to"),
};

const struct tare_suite tare_suite_lifecycle_flight = { "lifecycle_flight", specs, TARE_COUNT_OF(specs) };
