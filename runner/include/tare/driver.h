/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver - seam 2: everything the runner takes, it takes through two tables
 *
 *   cann   the vendor's calls by their own names, with their true types;
 *          seen by platform/onboard alone
 *   host   memory, files, objects, mappings, threads of this host; onboard
 *          uses some of it, sim lives on it alone
 *
 * A table is a struct of function pointers.  Whoever fills it decides what
 * stands behind: our emulated machine, the real libraries, or a tap that
 * watches and fails calls.  The runner cannot tell: there is no hook in it.
 *
 * Both tables are written down once, in cann.def and host.def, and so are what
 * each call means for the ledger and how it can fail.  All calls return int.
 */
#ifndef TARE_DRIVER_H
#define TARE_DRIVER_H

#include <stdint.h>

#include <tare/cann.h>
#include <tare/log.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The lists are read many times below, and each reading would complain of a row that lacks a column in its own way.  So
 * their columns are counted first, and such a row is told once, in words.
 */
#ifndef __cplusplus
#define TARE__COUNT_TO_9(a, b, c, d, e, f, g, h, i, count, ...) count
#define TARE__COLUMNS(...) TARE__COUNT_TO_9(__VA_ARGS__, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define TARE__ROW(list, group, name, ...) _Static_assert(TARE__COLUMNS(group, name, __VA_ARGS__) == 8, \
	list ": the row of " #name " must have eight columns: group, name, parameters, arguments, rule, codes, kinds, failure");
#define TARE_CANN(...) TARE__ROW("cann.def", __VA_ARGS__)
#include <tare/cann.def>
#undef TARE_CANN
#define TARE_HOST(...) TARE__ROW("host.def", __VA_ARGS__)
#include <tare/host.def>
#undef TARE_HOST
#undef TARE__ROW
#undef TARE__COLUMNS
#undef TARE__COUNT_TO_9
#endif

enum tare_account {
#define TARE_ACCOUNT(name, words, unit, reader, stays) TARE_ACCOUNT_##name,
#include <tare/account.def>
#undef TARE_ACCOUNT
	TARE_ACCOUNTS
};

enum tare_object_kind {
	TARE_OBJECT_AICPU,
	TARE_OBJECT_AICORE,
	TARE_OBJECT_KERNEL,
	TARE_OBJECT_ORCHESTRATION,
};

/* The vendor's calls.  Those of an optional group are NULL where the driver has none. */
struct tare_cann {
#define TARE_CANN(group, name, parameters, arguments, rule, codes, kinds, failure) int (*name) parameters;
#include <tare/cann.def>
#undef TARE_CANN
};

struct tare_host {
#define TARE_HOST(group, name, parameters, arguments, rule, codes, kinds, failure) int (*name) parameters;
#include <tare/host.def>
#undef TARE_HOST
};

/* What a context is opened over.  Both are copied; the code behind them stays borrowed. */
struct tare_tables {
	struct tare_cann cann;
	struct tare_host host;
};

/* Every entry of both tables has a number; names are the vendor's and ours. */
enum tare_call_id {
	TARE_CALL_NONE,
#define TARE_CANN(group, name, parameters, arguments, rule, codes, kinds, failure) TARE_CALL_##name,
#include <tare/cann.def>
#undef TARE_CANN
#define TARE_HOST(group, name, parameters, arguments, rule, codes, kinds, failure) TARE_CALL_##name,
#include <tare/host.def>
#undef TARE_HOST
	TARE_CALLS
};

enum tare_rule { /* as cann.def explains them */
	TARE_RULE_NEUTRAL,
	TARE_RULE_TAKES,
	TARE_RULE_TAKES_UNDER,
	TARE_RULE_GIVES,
	TARE_RULE_ENDS,
	TARE_RULE_COPIES, /* neutral too; its amount is what it copies */
};

enum tare_fault_kind { /* a set */
	TARE_FAULT_ERROR        = 1,
	TARE_FAULT_NULL_HANDLE  = 2, /* success, and the handle is NULL */
	TARE_FAULT_AFTER_EFFECT = 4, /* an error, and yet it was done */
	TARE_FAULT_SHORT_COPY   = 8, /* an error, and half of it was copied */
	/* Set on the machine, and never faked above it: only onboard, and only where the device is ours. */
	TARE_FAULT_LATE         = 16, /* it is queued; what was queued fails, and the wait says so */
	TARE_FAULT_HANG         = 32, /* it is queued and never ends: the wait times out, in machine time */
	TARE_FAULT_POISON       = 64, /* the device is dead from just before the call on */
};

/* What is written down about one entry. Static. */
struct tare_call_info {
	const char *name;
	const char *group;
	enum tare_rule rule;
	unsigned kinds;      /* set of enum tare_fault_kind */
	int codes[6];        /* documented errors, zero ends */
	int fails;           /* 0: the operation that made the call tolerates its failure */
};

const struct tare_call_info *tare_call_info(enum tare_call_id call);
enum tare_call_id tare_call_find(const char *name); /* TARE_CALL_NONE where there is none */
const char *tare_account_words(enum tare_account account);

/*
 * Binding.  A binding that fails says on the log which library or which symbol
 * is missing and leaves the table zeroed.
 */
enum tare_driver_choice {
	TARE_DRIVER_MACHINE, /* libtare_cann.so, our emulated machine */
	TARE_DRIVER_CANN,    /* libruntime.so, libascendcl.so, libascend_hal.so and the log library */
	TARE_DRIVER_LOADED,  /* whatever this process has loaded under the vendor's names, else the machine */
};

/* The libraries stay open for the life of the process. 0, TARE_E_NOT_FOUND. */
int tare_cann_bind(struct tare_cann *cann, enum tare_driver_choice choice, const struct tare_log *log);

/* The host as it is: the machine's heap, files under TMPDIR, dlopen, mmap, pthreads. */
void tare_host_bind(struct tare_host *host);

/*
 * A tap: tables of the same type around tables.  Each call passes the taps
 * from the outermost inwards, then the tables below, then back.  There is one
 * tapped pair of tables in a process.
 */
struct tare_call {
	enum tare_call_id id;
	enum tare_rule rule;
	enum tare_account account; /* where something is taken, given or ended */
	uint64_t key;              /* who: a handle or an address; for TAKES only after the call */
	uint64_t amount;           /* bytes of a block, else 1; COPIES: bytes, which `before` may lower */
	uint64_t parent;           /* for TAKES_UNDER */
	uint64_t content;          /* hash of what an image registration registered, else 0 */
	void **handle;             /* where the call leaves its handle, or NULL */
	int result;                /* after the call; a tap may change it */
	void *frames[4];           /* return addresses, innermost first; zero ends; of calls that take, unless asked for */
	void *frame;               /* where tare_call_frames begins, while the call is under way; NULL: nowhere */
};

/* For a tap, inside `before` or `after`: the frames of a call that does not take.  Costs nothing where nobody asks. */
void tare_call_frames(struct tare_call *call);

/*
 * A hash of the entry and of its callers, as places in their objects: equal in every process of one build, wherever
 * the objects were loaded.  Fills the frames.
 */
uint64_t tare_call_path(struct tare_call *call);

struct tare_tap {
	/* 0 lets the call go on; otherwise it goes no further inwards and returns call->result. */
	int (*before)(struct tare_tap *tap, struct tare_call *call);
	void (*after)(struct tare_tap *tap, struct tare_call *call);
	struct tare_tap *inner; /* the next tap, or NULL */
};

/* tables: in what lies below, out the tapped pair.  `outermost` is kept until tare_tap_remove. */
void tare_tap_install(struct tare_tables *tables, struct tare_tap *outermost);
void tare_tap_remove(void);

#ifdef __cplusplus
}
#endif

#endif
