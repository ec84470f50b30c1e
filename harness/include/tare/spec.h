/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec - the sentence
 *
 * A case is one sentence: when this is done, then that is read, because of
 * what once happened.  The function is the when, the rows are the then; the
 * same rows are judged by the parent and spoken by `tare explain`.
 *
 * Suites include this header and no other of ours.  Its words are short
 * (EXACTLY, AT_PEAK) because nobody else may include it but the engine.
 */
#ifndef TARE_SPEC_H
#define TARE_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tare/abi.h>
#include <tare/callable.h>
#include <tare/invariant.h>

#ifdef NDEBUG
#error "cases are assertions: build without NDEBUG"
#endif

/* -- where it holds: an axis left out means all of it ---------------------- */

enum {
	A2A3 = 1 << 0, A5 = 1 << 1,
	ONBOARD = 1 << 2, SIM = 1 << 3,
	HOST_BUILD_GRAPH = 1 << 4, TENSORMAP_AND_RINGBUFFER = 1 << 5,
};

/* -- then: { what, when, relation, amount } -------------------------------- */

enum {
	EVERY_ACCOUNT = TARE_SUBJECT_EVERY,
#define TARE_ACCOUNT(name, words, unit, reader, stays) name = TARE_SUBJECT_ACCOUNT + TARE_ACCOUNT_##name,
#include <tare/account.def>
#undef TARE_ACCOUNT
};

/* A call of the driver tables by its own name, for rows about order. */
#define CALL(name) (TARE_SUBJECT_CALL + TARE_CALL_##name)

enum {
	AT_PEAK                   = TARE_ROW_AT_PEAK,
	AFTER_OPEN                = TARE_ROW_AFTER_OPEN,
	AFTER_FIRST_LAUNCH        = TARE_ROW_AFTER_FIRST_LAUNCH,
	AFTER_LAST_LAUNCH         = TARE_ROW_AFTER_LAST_LAUNCH,
	FROM_FIRST_LAUNCH_TO_LAST = TARE_ROW_FROM_FIRST_LAUNCH_TO_LAST,
	FROM_MARK_TO_LAST         = TARE_ROW_FROM_MARK_TO_LAST,
	AT_MARK                   = TARE_ROW_AT_MARK,
	BEFORE_CLOSE              = TARE_ROW_BEFORE_CLOSE,
	AFTER_CLOSE               = TARE_ROW_AFTER_CLOSE,

	BEFORE      = TARE_ROW_BEFORE,      /* { A, BEFORE, B }: the first A before the first B */
	ALL_BEFORE  = TARE_ROW_ALL_BEFORE,  /* no A once B has been called, whether or not that A works */
	EACH_BEFORE = TARE_ROW_EACH_BEFORE, /* for every B an A of its own before it */
	IS_CALLED   = TARE_ROW_TIMES,       /* { A, IS_CALLED, EXACTLY, 1 } */

	EXACTLY  = TARE_EXACTLY,
	AT_MOST  = TARE_AT_MOST,
	AT_LEAST = TARE_AT_LEAST,
};

/* For a case about calls that are refused: nothing is lost since the mark, nothing is left at the end. */
#define NOTHING_IS_LOST \
	{ DEVICE_BLOCKS,   FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ DEVICE_BYTES,    FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ RUNNER_BYTES,    FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ HOST_OBJECTS,    FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ AICPU_OBJECTS,   FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ TEMPORARY_FILES, FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ EVERY_ACCOUNT,   AFTER_CLOSE,       EXACTLY, 0 }

/* -- the spec -------------------------------------------------------------- */

struct tare_case; /* a case that runs */

/* The machine the case runs on; zero means as usual. */
struct tare_machine_wish {
	uint64_t capacity;      /* bytes of device memory */
	uint64_t largest_block;
	enum { COST_BY_FILE, COST_BY_SPAN } cost;        /* what an image pins */
	enum { COUNTED_RESET, FULL_RESET } reset;        /* what rtDeviceReset does */
	enum { POOL_FABRIC, SEEDED_FABRIC, PARKED_FABRIC } fabric; /* who runs the cores; SEEDED: at each step another */
	uint32_t workers; /* threads of the pool; 0: one, the caller */
	uint32_t kernel_budget_ms; /* processor time after which a kernel hangs */
	bool without_unregister;
	bool without_recover;
};

/* How large the case is where that matters; zero means the common size. */
struct tare_scale {
	uint32_t block_dim;     /* 3 */
	uint32_t aicpu_threads; /* 3 */
	uint32_t elements;      /* 16,384 per tensor */
};

enum tare_verdict { TARE_PASS, TARE_FAIL, TARE_LEAK, TARE_CRASH, TARE_TIMEOUT, TARE_BROKEN, TARE_SKIP, TARE_VERDICTS,
	PASS = TARE_PASS, FAIL = TARE_FAIL, LEAK = TARE_LEAK, CRASH = TARE_CRASH, TIMEOUT = TARE_TIMEOUT,
	BROKEN = TARE_BROKEN };

enum tare_faults { NO_FAULTS, EACH_CALL_ONCE };

/* HANG: left out under TSan and valgrind. VALGRIND: .expect is what memcheck sees; elsewhere it passes. */
enum { TAG_LONG = 1 << 0, TAG_SANITY = 1 << 1, TAG_HANG = 1 << 2, TAG_VALGRIND = 1 << 3 };

#define TARE_ROWS 10

struct tare_spec {
	const char *name;
	const char *says;
	unsigned cells;
	void (*when)(struct tare_case *c);
	struct tare_then then[TARE_ROWS]; /* a zero row ends them */
	const char *because;              /* the incident: commit or number, and what it did */
	uint32_t launches;                /* how often, unless --launches says otherwise */
	uint32_t seconds;                 /* after which it is a TIMEOUT, where that is a part of the sentence; zero: the usual */
	struct tare_machine_wish machine;
	struct tare_scale scale;
	enum tare_verdict expect;         /* the verdict that is a pass; zero: PASS */
	enum tare_faults faults;
	unsigned tags;
};

struct tare_suite {
	const char *name;
	const struct tare_spec *specs;
	size_t count;
};

/* -- doing: each must succeed, or the when ends here ----------------------- */

struct tare_callable; /* a callable of the catalogue, prepared; owned by the case */

uint32_t tare_launches(const struct tare_case *c);
uint64_t tare_seed(const struct tare_case *c); /* for what is random: --seed, 1 */

/* The case runs in a cell that is all of this: for a sentence whose numbers differ there. */
bool tare_runs_in(const struct tare_case *c, unsigned cells);

/* The context opens at its first use.  tare_reopen closes it, weighs, and opens a new one. */
void tare_open(struct tare_case *c);
void tare_close(struct tare_case *c);
void tare_reopen(struct tare_case *c);

/* A second context beside the first, and which of them the next words mean. 0 is the first. */
void tare_use_context(struct tare_case *c, unsigned number);

struct tare_callable *tare_prepare(struct tare_case *c, const char *name); /* under the next free id */
struct tare_callable *tare_prepare_as(struct tare_case *c, int32_t id, const char *name);
void tare_unregister(struct tare_case *c, struct tare_callable *callable);
void tare_launch(struct tare_case *c, struct tare_callable *callable);
void tare_launch_wide(struct tare_case *c, struct tare_callable *callable, int block_dim, int aicpu_threads);

/* A good callable is prepared, launched, its result looked at, and given back: the context is whole. */
void tare_still_works(struct tare_case *c);

/* Tensor number i of the callable's arguments, on the host. Borrowed from the case. */
void *tare_tensor(struct tare_case *c, struct tare_callable *callable, unsigned i);
size_t tare_tensor_count(const struct tare_callable *callable, unsigned i); /* elements */

/* A reading here and now: AT_MARK. */
void tare_mark(struct tare_case *c);

/* Device memory through the ABI. */
void *tare_memory(struct tare_case *c, size_t size);
void tare_memory_back(struct tare_case *c, void *memory);

/* -- trying: the code is the caller's business ----------------------------- */

int tare_try_open(struct tare_case *c);
int tare_try_close(struct tare_case *c);
int tare_try_prepare_as(struct tare_case *c, int32_t id, const char *name);
int tare_try_launch(struct tare_case *c, struct tare_callable *callable);
int tare_try_launch_wide(struct tare_case *c, struct tare_callable *callable, int block_dim, int aicpu_threads);
int tare_try_launch_id(struct tare_case *c, int32_t id);
int tare_try_unregister_id(struct tare_case *c, int32_t id);
void *tare_try_memory(struct tare_case *c, size_t size);
int tare_try_copy_in(struct tare_case *c, void *device, const void *host, size_t size);
int tare_try_copy_out(struct tare_case *c, void *host, const void *device, size_t size);

/* The three arenas, through the extension. */
enum tare_region { HEAP, SHARED, RUNTIME };
int tare_try_arena(struct tare_case *c, uint64_t heap, uint64_t shared, uint64_t runtime);
void *tare_arena_base(struct tare_case *c, enum tare_region region);

/* -- hostile bytes, through the extension's prepare with a size ------------- */

/* A callable's bytes, for the case to spoil: behind the last one lies a page that nobody may touch. Owned by the case. */
struct tare_copy {
	uint8_t *bytes;
	size_t size;
};

/* A word of the callable's header, or of the header of its child i. */
#define HEAD(field)     ((uint64_t)offsetof(struct tare_chip_callable, field))
#define CHILD(i, field) (((uint64_t)(i) + 1) << 32 | offsetof(struct tare_core_callable, field))

/* The objects of a callable and of a context, and the fixture file that may stand in for one. */
enum tare_part { ORCHESTRATION, KERNEL };
enum tare_object { AICPU, AICORE, DISPATCHER };

struct tare_copy *tare_copy_of(struct tare_case *c, const char *name);
struct tare_copy *tare_copy_with(struct tare_case *c, const char *name, enum tare_part part, const char *file);
void tare_put(struct tare_copy *copy, uint64_t field, uint32_t value);
uint32_t tare_get(const struct tare_copy *copy, uint64_t field);
void tare_cut(struct tare_copy *copy, size_t size);   /* only the first so many are left */
void tare_restore(struct tare_copy *copy);
bool tare_is_untouched(const struct tare_copy *copy);

/* At most `size` bytes may be looked at. What was prepared is launched and unregistered by its id. */
int tare_try_prepare_bytes(struct tare_case *c, int32_t id, const void *bytes, size_t size);
int tare_try_prepare_copy(struct tare_case *c, int32_t id, const struct tare_copy *copy);
struct tare_callable *tare_prepare_copy(struct tare_case *c, int32_t id, struct tare_copy *copy);

/* From here on the context is initialised with that file of the fixtures, or by a name without a slash that object of
 * its architecture; NULL: with its own again. */
void tare_use_object(struct tare_case *c, enum tare_object object, const char *file);

/* Number i of the objects that are none, a file and what is wrong with it; false: there are no more. */
bool tare_bad_object(unsigned i, const char **file, const char **wrong);

/* -- bare: the ABI itself, for whatever a caller may get wrong -------------- */

const struct tare_abi *tare_abi(const struct tare_case *c);
void *tare_context(struct tare_case *c); /* the current one as it stands; only created where there was none */
void *tare_runtime(struct tare_case *c); /* the run buffer that goes with it */
void tare_destroy(struct tare_case *c);  /* the current one, without a finalize of ours before it */

/* What init is given. A case changes what it likes of it; the bytes are the case's. */
struct tare_objects {
	int device;
	const uint8_t *aicpu, *aicore, *dispatcher;
	size_t aicpu_size, aicore_size, dispatcher_size;
};
struct tare_objects tare_objects(struct tare_case *c);
int tare_try_init(struct tare_case *c, const struct tare_objects *objects);

/* A callable of the catalogue as prepare gets it, and what its launches are called with, to be changed. */
const void *tare_image(struct tare_case *c, const char *name, size_t *size);
struct tare_chip_args *tare_arguments(struct tare_callable *callable);

/* -- at the same time -------------------------------------------------------- */

/*
 * A launch in flight: a second thread launches "gate", whose orchestration
 * waits inside the launch until the case lets it go on, or its patience ends.
 * Begins: returns when it waits there.  Ends: the launch's code.
 */
void tare_flight_begins(struct tare_case *c, struct tare_callable *gate, uint32_t patience_ms);
bool tare_flight_waits(struct tare_case *c);
int tare_flight_ends(struct tare_case *c);

/* So many threads, begun together and joined here. Inside only the bare ABI may be used. */
void tare_in_threads(struct tare_case *c, unsigned count, void (*work)(void *cookie, unsigned number), void *cookie);

/* So many processes, each a case of its own around `when`, weighed by itself: nothing may be left after its close. */
void tare_in_processes(struct tare_case *c, unsigned count, void (*when)(struct tare_case *c));

/* Processor time that this process has spent, in milliseconds: what a budget is measured in. */
uint64_t tare_spent_ms(void);

/* -- expecting: a sentence for whoever reads the report -------------------- */

void tare_expect(struct tare_case *c, bool holds, const char *sentence, ...) __attribute__((format(printf, 3, 4)));
void tare_expect_code(struct tare_case *c, int code, int wanted, const char *what);
void tare_expect_floats(struct tare_case *c, struct tare_callable *callable, unsigned tensor, float wanted);

/* One line into the case's log, which -v shows when it passes. */
void tare_say(struct tare_case *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The runner's log since the last call into it holds these words; not judged where a runtime has a log of its own. */
void tare_expect_said(struct tare_case *c, const char *words);

/* What was taken (1) and given back (-1) through the tables since the last such call, in its order; returns how many. */
struct tare_move {
	int account;
	int by;
	const char *words; /* the account's. Static. */
};
size_t tare_moves(struct tare_case *c, struct tare_move *moves, size_t room);

/* -- making trouble --------------------------------------------------------- */

/* The n-th such call from now fails with its documented error; CALL(name) or just any device allocation. */
void tare_fail_call(struct tare_case *c, int call, uint32_t nth);
void tare_fail_memory(struct tare_case *c, uint32_t nth);
void tare_fail_nothing(struct tare_case *c);

/* From here on the card has room for n more AICore images and nothing else. */
void tare_leave_room_for_images(struct tare_case *c, uint32_t images);

/* The card dies here, and nobody is told: the next call on it finds out. Onboard. */
void tare_kill_card(struct tare_case *c);

/* The context opens with another AICore image from here on: "aicore_alt". */
void tare_use_image(struct tare_case *c, const char *image);

/* The word that the fixture image stamps, by its name in the catalogue. */
uint64_t tare_image_stamp(const struct tare_case *c, const char *image);

/* Flips one byte of a child kernel's text in device memory, at the mark the fixture left. Onboard. */
void tare_patch_kernel(struct tare_case *c, struct tare_callable *callable);

/* From the next launch on rings have so many tasks, bytes and dependencies; 0: as many as usual. tensormap_and_ringbuffer. */
void tare_capacity(struct tare_case *c, uint32_t window, uint64_t heap, uint32_t dependencies);

/* The same, where there are rings: 16,384 tasks and dependencies, as is usual but under valgrind, for a scope of thousands. */
void tare_large_rings(struct tare_case *c);

/* The same, where there are rings: as small as five tasks of vector_example can be done with, for a card that is small. */
void tare_small_rings(struct tare_case *c);

/* Sanity only: takes one of an account through the runner's own tables and walks away. */
void tare_take(struct tare_case *c, int account);

/* The account that the case's first row speaks of. */
int tare_own_account(const struct tare_case *c);

#define TARE_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
