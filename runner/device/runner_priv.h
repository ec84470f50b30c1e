/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner_priv - the fields of a context, and what its files share
 */
#ifndef TARE_RUNNER_PRIV_H
#define TARE_RUNNER_PRIV_H

#include <pthread.h>
#include <stdbool.h>

#include <tare/object.h>

#include "runner.h"
#include "state.h"

/*
 * One callable image on the device, shared by all ids that registered the same
 * bytes.  With no reference left it stays in the list only when giving back
 * failed: what could not be released is still owned.
 */
struct tare__content {
	struct tare__content *next;
	uint64_t hash;
	uint64_t size;
	uint8_t *bytes;            /* as they came, for comparison */
	uint32_t references;
	uint64_t block;            /* 0: none */
	int32_t kernel_count;
	struct tare_kernel_code *kernels;
	uint64_t code_by_func_id[TARE_FUNC_IDS];
	uint64_t orchestration;    /* its bytes, by device address; 0: they are not there */
	uint64_t orchestration_size;
};

struct tare__callable {
	struct tare__content *content; /* NULL: the id is free */
	void *object;                  /* the orchestration, open on the host; NULL: the device opens it */
	tare_orchestration_fn build;
	uint64_t registration;         /* never twice in a context */
	char function_name[TARE_CALLABLE_NAME];
	char config_name[TARE_CALLABLE_NAME];
};

struct tare__arena {
	uint64_t block;
	uint64_t base; /* aligned; 0: none */
	uint64_t size; /* as asked for */
};

struct tare__memory {
	uint64_t *blocks; /* what the caller took through the ABI */
	size_t count;
	size_t room;
};

struct tare_runner {
	uint32_t magic;
	struct tare__parts parts;
	struct tare_tables tables;
	struct tare_log log;
	struct tare_platform *platform;
	struct tare_graph *graph;

	pthread_mutex_t door; /* held by each call, never across a launch */
	pthread_cond_t landed;
	enum tare_runner_state state;

	int32_t device;           /* -1: none */
	uint8_t *init_bytes;      /* the three objects one after the other, for comparison */
	size_t init_sizes[3];
	uint32_t max_block_dim;   /* 0: not asked yet */

	struct tare__content *contents;
	struct tare__callable callables[TARE_CALLABLE_IDS];
	struct tare__memory memory;
	struct tare__arena arenas[TARE_REGIONS];

	uint64_t launches;        /* ever */
	uint64_t host_dlopens;    /* ever */
	uint64_t device_opens;    /* ever, as of the last launch */
	uint64_t registrations;   /* ever */
	struct tare_dump before_launch; /* what readers are told while a launch is in flight */
};

/* Locks and refuses what the state forbids, unlocked again then.  Else tare__leave is owed. */
int tare__enter(struct tare_runner *runner, enum tare_runner_event event);
/* As tare__enter, and the calling thread is bound to the device. */
int tare__enter_device(struct tare_runner *runner, enum tare_runner_event event);
void tare__leave(struct tare_runner *runner);
/* Locked.  Takes the step, or says why not. */
int tare__admit(struct tare_runner *runner, enum tare_runner_event event);
/* A transition that must be in the table. */
void tare__step(struct tare_runner *runner, enum tare_runner_event event);
/* Locked.  What platform and graph hold, which a launch in flight may be changing. */
void tare__look_below(struct tare_runner *runner, struct tare_dump *dump);

/* Locked, all of them. */
int tare__content_acquire(struct tare_runner *runner, const struct tare_callable_view *view, struct tare__content **content);
int tare__content_release(struct tare_runner *runner, struct tare__content *content);
/* Closes what is open on the host; the device side went with the platform's finalize. */
int tare__contents_close(struct tare_runner *runner);
int tare__callables_close(struct tare_runner *runner);
/* Before the device side goes: the device closes what it has opened. */
int tare__callables_dismiss(struct tare_runner *runner);
void tare__arenas_forget(struct tare_runner *runner);

/* Not locked: for a bind, while a launch is in flight.  struct tare_graph_arenas. */
int tare__arenas_lend(void *keeper, const uint64_t sizes[TARE_REGIONS], uint64_t bases[TARE_REGIONS], bool *full);

/* 0, TARE_E_ARGUMENT or TARE_E_GRAPH with a sentence. */
int tare__arguments_check(const struct tare_runner *runner, const struct tare_chip_args *args);

#endif
