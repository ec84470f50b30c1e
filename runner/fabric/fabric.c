/* SPDX-License-Identifier: Apache-2.0 */
#include "fabric_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <tare/object.h>
#include <tare/status.h>

static int map(uint64_t size, void **mapping)
{
	void *memory = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0);

	if (memory == MAP_FAILED)
		return TARE_E_MEMORY;
	*mapping = memory;
	return 0;
}

static int unmap(void *mapping, uint64_t size)
{
	return munmap(mapping, (size_t)size) ? TARE_E_FAILED : 0;
}

static int start_thread(void *(*run)(void *), void *cookie, void **thread)
{
	pthread_t id;

	if (pthread_create(&id, NULL, run, cookie))
		return TARE_E_MEMORY;
	*thread = (void *)(uintptr_t)id;
	return 0;
}

static int join_thread(void *thread)
{
	return pthread_join((pthread_t)(uintptr_t)thread, NULL) ? TARE_E_FAILED : 0;
}

static int check(const struct tare_fabric_config *config)
{
	if (!config->cores || config->cores > TARE_MAX_CORES || !config->threads ||
		config->threads > TARE_MAX_AICPU_THREADS)
		return TARE_E_ARGUMENT;
	if (!config->register_block || config->register_block % sizeof(uint32_t) || config->register_block > 1u << 16)
		return TARE_E_ARGUMENT;
	if (config->driver == TARE_FABRIC_RUN_POOL && (!config->workers || config->workers > TARE__MAX_WORKERS))
		return TARE_E_ARGUMENT;
	return 0;
}

static void fill_host(struct tare_fabric_host *host)
{
	if (!host->mapping_take || !host->mapping_give) {
		host->mapping_take = map;
		host->mapping_give = unmap;
	}
	if (!host->thread_start || !host->thread_join) {
		host->thread_start = start_thread;
		host->thread_join = join_thread;
	}
}

static void number_entities(struct tare_fabric *fabric)
{
	for (uint32_t i = 0; i < TARE__ENTITIES; i++) {
		struct tare__entity *entity = &fabric->entities[i];

		entity->fabric = fabric;
		entity->number = i;
		entity->port.ops = fabric->plain ? &tare__solo_ops : &tare__core_ops;
		entity->worker = fabric->workers;
		tare__poke(&entity->state, TARE__SCHEDULED);
		fabric->foreign.strangers[i].fabric = fabric;
		fabric->workers[i].fabric = fabric;
		sem_init(&fabric->workers[i].turn, 0, 0);
	}
	fabric->threads = fabric->entities;
	fabric->cores = fabric->entities + TARE_MAX_AICPU_THREADS;
}

static int take_memory(struct tare_fabric *fabric)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t block = fabric->config.register_block;
	void *mapping = NULL;
	int rc;

	fabric->register_bytes = block * fabric->config.cores;
	fabric->core_factor = ((1ull << 42) + block - 1) / block;
	fabric->stack_step = (TARE__STACK_BYTES + TARE__STACK_SPREAD + page - 1) / page * page + page;
	rc = fabric->config.host.mapping_take(fabric->register_bytes, &mapping);
	if (rc || !mapping)
		return rc ? rc : TARE_E_MEMORY;
	fabric->registers = (uintptr_t)mapping;
	mapping = NULL;
	rc = fabric->config.host.mapping_take(fabric->stack_step * TARE__ENTITIES, &mapping);
	if (rc || !mapping)
		return rc ? rc : TARE_E_MEMORY;
	fabric->stacks = mapping;
	return 0;
}

static int start_workers(struct tare_fabric *fabric)
{
	for (uint32_t i = 1; !fabric->solo && !fabric->parked && i < fabric->config.workers; i++) {
		int rc = tare__worker_start(&fabric->workers[i]);

		if (rc)
			return rc;
	}
	return 0;
}

static void make_locks(struct tare_fabric *fabric)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&fabric->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&fabric->work, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static void keep_first(int *first, int status)
{
	if (!*first)
		*first = status;
}

static int join_workers(struct tare_fabric *fabric)
{
	int first = 0;

	pthread_mutex_lock(&fabric->lock);
	fabric->closing = true;
	pthread_cond_broadcast(&fabric->work);
	pthread_mutex_unlock(&fabric->lock);
	for (uint32_t i = 0; i < TARE__ENTITIES; i++) {
		struct tare__worker *worker = &fabric->workers[i];

		if (worker->thread) {
			sem_post(&worker->turn);
			keep_first(&first, fabric->config.host.thread_join(worker->thread));
		}
	}
	for (uint32_t i = 0; !first && i < TARE__ENTITIES; i++) {
		tare__watch_close(&fabric->workers[i]);
		sem_destroy(&fabric->workers[i].turn);
	}
	return first;
}

/* What is left to a thread is not lost, and memcheck should see the difference: it stays reachable from here. */
static void leave(struct tare_fabric *fabric)
{
	static _Atomic(struct tare_fabric *) left;

	fabric->left = atomic_exchange(&left, fabric);
}

/* The first failure.  A thread that could not be joined may still be at work: then all that it may touch stays. */
static int release(struct tare_fabric *fabric)
{
	int first = join_workers(fabric);
	uint32_t alive = tare__foreign_sweep(fabric);

	if (alive)
		tare_log(&fabric->config.log, TARE_LOG_WARN,
			"fabric: %u foreign threads never ended; what they may still touch is left to them", alive);
	if (first)
		tare_log(&fabric->config.log, TARE_LOG_ERROR,
			"fabric: a thread could not be joined; what it may still touch is left to it");
	if (alive || first) {
		leave(fabric);
		return first;
	}
	for (uint32_t i = 0; i < TARE__ENTITIES; i++)
		tare__coroutine_end(&fabric->entities[i].coroutine);
	if (fabric->stacks)
		keep_first(&first, fabric->config.host.mapping_give(fabric->stacks, fabric->stack_step * TARE__ENTITIES));
	if (fabric->registers)
		keep_first(&first, fabric->config.host.mapping_give((void *)(uintptr_t)fabric->registers,
			fabric->register_bytes));
	pthread_cond_destroy(&fabric->work);
	pthread_mutex_destroy(&fabric->lock);
	free(fabric);
	return first;
}

int tare_fabric_open(struct tare_fabric **out, const struct tare_fabric_config *config)
{
	struct tare_fabric *fabric;
	int rc = check(config);

	if (rc)
		return rc;
	fabric = aligned_alloc(_Alignof(struct tare_fabric), sizeof *fabric);
	if (!fabric)
		return TARE_E_MEMORY;
	memset(fabric, 0, sizeof *fabric);
	fabric->config = *config;
	fill_host(&fabric->config.host);
	fabric->seeded = config->driver == TARE_FABRIC_RUN_SEEDED;
	fabric->parked = config->driver == TARE_FABRIC_RUN_PARKED;
	fabric->solo = fabric->seeded || (!fabric->parked && config->workers == 1);
	fabric->plain = fabric->solo && !fabric->seeded;
	fabric->random = config->seed * 2 + 1; /* xorshift stays at 0 for ever */
	tare__poke(&fabric->kernel_ns, 1000000u); /* unknown: taken for long */
	make_locks(fabric);
	number_entities(fabric);
	rc = take_memory(fabric);
	if (rc)
		goto fail;
	tare__watch_install(fabric);
	rc = start_workers(fabric);
	if (rc)
		goto fail;
	fabric->magic = TARE_MAGIC_FABRIC;
	*out = fabric;
	return 0;
fail:
	release(fabric);
	return rc;
}

int tare_fabric_close(struct tare_fabric **where)
{
	struct tare_fabric *fabric = *where;

	if (!fabric)
		return 0;
	tare_must(fabric->magic == TARE_MAGIC_FABRIC);
	tare_fabric_cancel(fabric);
	*where = NULL;
	fabric->magic = TARE_MAGIC_NONE;
	return release(fabric);
}

uint64_t tare_fabric_registers(const struct tare_fabric *fabric)
{
	return fabric->registers;
}

uint32_t tare_fabric_abandoned(const struct tare_fabric *fabric)
{
	return fabric->abandoned;
}

uint64_t tare_fabric_trace(const struct tare_fabric *fabric)
{
	return fabric->trace;
}
