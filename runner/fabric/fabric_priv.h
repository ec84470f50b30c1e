/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fabric_priv - the fabric's own parts, for the files in this folder
 *
 * An entity is idle (0), scheduled (queued or running), or scheduled and rung.
 * An entity of no launch is kept scheduled: rings find nothing to do.
 */
#ifndef TARE_FABRIC_PRIV_H
#define TARE_FABRIC_PRIV_H

#include <pthread.h>
#include <setjmp.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include <tare/arch.h>

#include "atomic.h"
#include "coroutine.h"
#include "fabric.h"

#define TARE__STACK_BYTES 65536u
#define TARE__STACK_SPREAD 4096u /* tops that lay a multiple of this apart would share a few cache sets */
#define TARE__ENTITIES (TARE_MAX_AICPU_THREADS + TARE_MAX_CORES)
#define TARE__TICKS_PER_BUDGET 4
#define TARE__QUEUE 128u /* a power of two above TARE__ENTITIES */
#define TARE__MAX_WORKERS 16u

#define TARE__SCHEDULED 1u
#define TARE__RUNG 2u
#define TARE__IN_KERNEL 4u /* solo: it gave way inside a kernel, and what rang it meanwhile still stands */

enum tare__why { TARE__WAITS, TARE__YIELDS, TARE__LEFT, TARE__ABANDONED };

struct tare__worker;

/* Up to the coroutine's stack pointer one cache line: all that a change of entity touches, 108 times per wave. */
struct tare__entity {
	_Alignas(64) struct tare_device_port port; /* first: the port is the entity */
	_Atomic uint32_t state;
	uint32_t number;              /* in the fabric */
	struct tare_fabric *fabric;
	struct tare_fabric_job *job;  /* NULL: none */
	struct tare__entity *_Atomic owner; /* core: the AICPU thread that hears it */
	struct tare__coroutine coroutine;
	tare_device_entry_fn entry;
	struct tare__worker *worker;  /* that runs it, or ran it last */
	_Atomic uint64_t heard[2];    /* thread: the cores that rang, by index */
	int result;                   /* of the entry */
	volatile sig_atomic_t inside; /* a kernel */
	volatile sig_atomic_t ticks;  /* of the watch, since the kernel began */
	uint32_t refused;             /* waits since the cancel */
	struct tare_lease lease;      /* thread: while it runs somebody else's code */
	sigjmp_buf *out;              /* of that */
};

struct tare__worker {
	struct tare_fabric *fabric;
	struct tare__coroutine own;
	struct tare__entity *volatile current;
	struct tare__entity *leaving; /* gave way, and is not settled yet */
	enum tare__why why;
	timer_t timer;
	uint64_t timer_serial;        /* 0: there is no timer */
	void *thread;                 /* NULL: the caller of run */
	sem_t turn;                   /* PARKED: its entity is scheduled */
};

/* What the ports of a job's entities say: a job like the one before finds them as it needs them. */
struct tare__shape {
	tare_device_entry_fn entry;   /* NULL: none yet */
	tare_device_entry_fn entry_aiv;
	uint32_t count;
};

/* One thread of foreign code. */
struct tare__stranger {
	struct tare_fabric *fabric;
	struct tare_fabric_job *job;  /* NULL: none, or nobody waits for it any more; guarded by lock */
	tare_device_entry_fn entry;
	void *args;
	void *thread;
	bool core;                    /* its entry returns nothing */
	bool started;
	bool done;                    /* guarded by lock, as the next two */
	bool running;                 /* id is known */
	pthread_t id;
	_Atomic uint32_t abandoned;
	volatile sig_atomic_t inside; /* foreign code */
	sigjmp_buf out;               /* of it */
};

struct tare__foreign {
	bool used;                    /* since open */
	uint64_t deadline_ns;         /* 0: none */
	struct tare__stranger strangers[TARE__ENTITIES];
};

struct tare_fabric {
	uint32_t magic;
	struct tare_fabric *left;     /* the one before it that was left to its threads */
	struct tare_fabric_config config;
	uint64_t registers;
	uint64_t register_bytes;
	uint64_t core_factor;         /* offset * this >> 42 = core */
	char *stacks;
	uint64_t stack_step;
	uint64_t budget_ns;           /* of a kernel, scaled for the tool we run under */
	uint64_t tick_ns;             /* 0: no watch */
	bool solo;                    /* one worker runs every entity */
	bool plain;                   /* and in the order in which they were rung */
	bool seeded;
	bool parked;
	bool cancelling;
	struct tare__shape shape[2];  /* of threads, of cores */
	uint64_t random;
	uint64_t trace;

	struct tare__entity *threads; /* into entities */
	struct tare__entity *cores;
	struct tare_fabric_job *jobs[2];  /* of threads, of cores; these four guarded by lock unless solo */
	struct tare_fabric_job *ended[2];
	uint32_t ended_count;
	uint32_t abandoned;

	pthread_mutex_t lock;
	pthread_cond_t work;          /* the queue has grown, nothing is scheduled, or the end */
	_Atomic uint32_t scheduled;   /* entities queued or running; not kept when solo */
	_Atomic uint32_t queued;
	_Atomic uint32_t kernel_ns;   /* what a kernel took lately; kept by several workers only */
	uint32_t sleeping;            /* workers; guarded by lock, as what follows */
	bool caller_sleeps;
	bool running;                 /* somebody is inside run */
	bool closing;
	uint32_t head;
	uint8_t queue[TARE__QUEUE];
	struct tare__foreign foreign;
	struct tare__worker workers[TARE__ENTITIES]; /* POOL: the first is the caller; PARKED: one per entity */
	struct tare__entity entities[TARE__ENTITIES];
};

/* entity.c: the one way an entity is woken, and the one way it gives way. */
void tare__entity_ring(struct tare__entity *entity);
void tare__entity_give_way(struct tare__entity *self, enum tare__why why);
void tare__entity_live(void *cookie); /* the body of every coroutine */

/* worker.c: what runs entities. */
void tare__worker_enqueue(struct tare_fabric *fabric, struct tare__entity *entity);
struct tare__entity *tare__worker_dequeue(struct tare_fabric *fabric);
void tare__worker_settle(struct tare__worker *worker);
void tare__worker_run_solo(struct tare__worker *worker);
void tare__worker_run_shared(struct tare__worker *worker);
void tare__worker_run_parked(struct tare_fabric *fabric);
int tare__worker_start(struct tare__worker *worker);
void tare__worker_wake_another(struct tare_fabric *fabric); /* before a kernel that may take long */
void tare__worker_took(struct tare_fabric *fabric, uint64_t ns);

/* watch.c: a timer on the worker's processor time. */
void tare__watch_install(struct tare_fabric *fabric);
void tare__watch_begin(struct tare__worker *worker);
void tare__watch_end(void);
void tare__watch_close(struct tare__worker *worker);

/* ops.c: the doors of device code, and those parts of them that solo.c has as well */
extern const struct tare_core_ops tare__core_ops;
void tare__ops_complain(const struct tare_fabric *fabric, uint64_t offset);
int tare__ops_refuse(struct tare__entity *self);
void tare__ops_call(struct tare_device_port *port, uint64_t entry, int64_t *args, struct tare_kernel_context *context);
uint64_t tare__ops_clock(struct tare_device_port *port);
void tare__ops_log(struct tare_device_port *port, int level, const char *line);
int tare__ops_object_open(struct tare_device_port *port, const char *name, const void *bytes, uint64_t size,
	uint64_t *object);
int tare__ops_object_symbol(struct tare_device_port *port, uint64_t object, const char *name, uint64_t *address);
int tare__ops_object_close(struct tare_device_port *port, uint64_t object);

/* lend.c: the doors of a thread that runs somebody else's code; and a tick of the watch that finds it there */
int tare__ops_lend(struct tare_device_port *port, tare_lend_fn run, void *cookie);
void tare__ops_recall(struct tare_device_port *port);
void tare__lease_tick(struct tare__entity *entity);

/* solo.c: the same doors, and the same life, of a POOL with one worker */
extern const struct tare_core_ops tare__solo_ops;
struct tare__entity *tare__solo_next(struct tare_fabric *fabric);
void tare__solo_live(void *cookie);

/* job.c: no entity of the job is left. Under the lock, unless solo. */
void tare__job_end(struct tare_fabric *fabric, struct tare_fabric_job *job);

/* foreign.c: entities that are threads and may poll plain memory. */
void tare__foreign_start(struct tare_fabric *fabric); /* those of submitted jobs that do not run yet */
bool tare__foreign_wait(struct tare_fabric *fabric); /* until one moves; false: a job has ended, or time is up */
void tare__foreign_abandon(struct tare_fabric *fabric);
void tare__foreign_leave(void); /* from the watch's handler: out of the code that this thread is in */
/* Joins those that were abandoned and have ended all the same; how many have not. */
uint32_t tare__foreign_sweep(struct tare_fabric *fabric);

static inline bool tare__entity_is_core(const struct tare__entity *entity)
{
	return entity->port.kind != TARE_CORE_AICPU;
}

static inline struct tare__entity *tare__entity_of(struct tare_device_port *port)
{
	return (struct tare__entity *)(void *)port;
}

/* The word of a register; NULL where there is none. */
static inline _Atomic uint32_t *tare__register_at(const struct tare_fabric *fabric, uint64_t address)
{
	uint64_t offset = address - fabric->registers;

	return offset < fabric->register_bytes && !(offset % sizeof(uint32_t)) ?
		(_Atomic uint32_t *)(uintptr_t)address : NULL;
}

/* A worker's queue; under the lock, unless solo. */
static inline void tare__queue_push(struct tare_fabric *fabric, const struct tare__entity *entity)
{
	uint32_t queued = tare__peek(&fabric->queued);

	fabric->queue[(fabric->head + queued) % TARE__QUEUE] = (uint8_t)entity->number;
	tare__poke(&fabric->queued, queued + 1);
}

static inline struct tare__entity *tare__queue_pop(struct tare_fabric *fabric)
{
	uint32_t queued = tare__peek(&fabric->queued);

	if (!queued)
		return NULL;
	tare__poke(&fabric->queued, queued - 1);
	return &fabric->entities[fabric->queue[fabric->head++ % TARE__QUEUE]];
}

#endif
