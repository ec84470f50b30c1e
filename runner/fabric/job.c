/* SPDX-License-Identifier: Apache-2.0 */
/* job - one launch on the device, from submit to its end; also how a launch is broken off */
#include "fabric_priv.h"

#include <sys/mman.h>

#include <tare/object.h>
#include <tare/status.h>

/* The first launch that uses an entity gives it a stack; the stack stays. */
static int equip(struct tare_fabric *fabric, struct tare__entity *entity)
{
	char *low = fabric->stacks + fabric->stack_step * entity->number;
	uint64_t guard = fabric->stack_step - TARE__STACK_BYTES - TARE__STACK_SPREAD;
	uint64_t size = TARE__STACK_BYTES + entity->number * 256u % TARE__STACK_SPREAD;
	void (*body)(void *) = fabric->plain ? tare__solo_live : tare__entity_live;

	if (entity->coroutine.stack)
		return 0;
	if (mprotect(low, (size_t)guard, PROT_NONE))
		return TARE_E_MEMORY;
	tare__coroutine_make(&entity->coroutine, low + guard, size, body, entity);
	return 0;
}

static struct tare__entity *entity_at(struct tare_fabric *fabric, const struct tare_fabric_job *job, uint32_t index)
{
	return job->on_cores ? &fabric->cores[index] : &fabric->threads[index];
}

static int prepare(struct tare_fabric *fabric, const struct tare_fabric_job *job, uint32_t index)
{
	struct tare__entity *entity = entity_at(fabric, job, index);
	struct tare__worker *worker = &fabric->workers[entity->number];
	bool aic = job->on_cores && index < job->count;
	int rc = 0;

	entity->port.index = index;
	entity->port.physical = index;
	entity->port.count = job->on_cores ? job->count * 3 : job->count;
	entity->port.kind = !job->on_cores ? TARE_CORE_AICPU : aic ? TARE_CORE_AIC : TARE_CORE_AIV;
	entity->entry = job->on_cores && !aic ? job->entry_aiv : job->entry;
	if (job->foreign)
		return 0;
	rc = equip(fabric, entity);
	if (!rc && fabric->parked && !worker->thread)
		rc = tare__worker_start(worker);
	return rc;
}

/* Nothing is left to do where the job before was the same launch. */
static int prepare_all(struct tare_fabric *fabric, const struct tare_fabric_job *job, uint32_t entities)
{
	struct tare__shape *shape = &fabric->shape[job->on_cores];

	if (shape->entry == job->entry && shape->entry_aiv == job->entry_aiv && shape->count == job->count)
		return 0;
	*shape = (struct tare__shape){ 0 };
	for (uint32_t i = 0; i < entities; i++) {
		int rc = prepare(fabric, job, i);

		if (rc)
			return rc;
	}
	if (!job->foreign)
		*shape = (struct tare__shape){ job->entry, job->entry_aiv, job->count };
	return 0;
}

static void estrange(struct tare_fabric *fabric, struct tare_fabric_job *job, uint32_t entities)
{
	for (uint32_t i = 0; i < entities; i++) {
		struct tare__entity *entity = entity_at(fabric, job, i);

		fabric->foreign.strangers[entity->number] = (struct tare__stranger){ .fabric = fabric, .job = job,
			.entry = entity->entry, .args = job->args, .core = job->on_cores };
	}
}

static void queue(struct tare_fabric *fabric, struct tare_fabric_job *job, uint32_t entities)
{
	struct tare__entity *first = entity_at(fabric, job, 0);

	if (fabric->solo) {
		for (uint32_t i = 0; i < entities; i++) {
			first[i].job = job;
			tare__queue_push(fabric, &first[i]);
		}
		return;
	}
	for (uint32_t i = 0; i < entities; i++) {
		first[i].job = job;
		tare__add(&fabric->scheduled, 1u);
		tare__worker_enqueue(fabric, &first[i]);
	}
}

static bool in_range(const struct tare_fabric *fabric, const struct tare_fabric_job *job)
{
	if (!job->count || !job->entry || (job->on_cores && !job->entry_aiv))
		return false;
	return job->on_cores ? job->count <= fabric->config.cores / 3 : job->count <= fabric->config.threads;
}

int tare_fabric_submit(struct tare_fabric *fabric, struct tare_fabric_job *job)
{
	uint32_t entities = job->on_cores ? job->count * 3 : job->count;
	int rc;

	tare_must(fabric->magic == TARE_MAGIC_FABRIC);
	if (!in_range(fabric, job))
		return TARE_E_ARGUMENT;
	if (fabric->jobs[job->on_cores] || fabric->ended_count + (fabric->jobs[!job->on_cores] != NULL) >= 2)
		return TARE_E_BUSY;
	if (fabric->foreign.used && tare__foreign_sweep(fabric))
		return TARE_E_POISONED;
	fabric->foreign.used |= job->foreign;
	rc = prepare_all(fabric, job, entities);
	if (rc)
		return rc;
	for (uint32_t i = 0; !job->on_cores && i < fabric->config.cores; i++)
		tare__poke(&fabric->cores[i].owner, fabric->threads);
	job->result = 0;
	job->running = entities;
	job->abandoned = 0;
	fabric->jobs[job->on_cores] = job;
	if (job->foreign)
		estrange(fabric, job, entities);
	else
		queue(fabric, job, entities);
	return 0;
}

void tare__job_end(struct tare_fabric *fabric, struct tare_fabric_job *job)
{
	fabric->ended[fabric->ended_count++] = job;
	fabric->jobs[job->on_cores] = NULL;
	for (uint32_t i = 0; !job->on_cores && i < job->count; i++) {
		tare__poke(&fabric->threads[i].heard[0], 0ull);
		tare__poke(&fabric->threads[i].heard[1], 0ull);
	}
}

static void run_entities(struct tare_fabric *fabric)
{
	struct tare__worker *caller = &fabric->workers[0];

	if (fabric->parked) {
		tare__worker_run_parked(fabric);
		return;
	}
	tare__coroutine_adopt(&caller->own);
	tare__watch_begin(caller);
	if (fabric->solo)
		tare__worker_run_solo(caller);
	else
		tare__worker_run_shared(caller);
	if (fabric->tick_ns)
		tare__watch_end();
}

static void set_running(struct tare_fabric *fabric, bool running)
{
	if (fabric->solo)
		return;
	pthread_mutex_lock(&fabric->lock);
	fabric->running = running;
	pthread_mutex_unlock(&fabric->lock);
}

static bool has_foreign(const struct tare_fabric *fabric)
{
	return (fabric->jobs[0] && fabric->jobs[0]->foreign) || (fabric->jobs[1] && fabric->jobs[1]->foreign);
}

static struct tare_fabric_job *take_ended(struct tare_fabric *fabric)
{
	struct tare_fabric_job *job;

	if (!fabric->ended_count)
		return NULL;
	job = fabric->ended[0];
	fabric->ended[0] = fabric->ended[1];
	fabric->ended_count--;
	return job;
}

struct tare_fabric_job *tare_fabric_run(struct tare_fabric *fabric)
{
	bool foreign;

	tare_must(fabric->magic == TARE_MAGIC_FABRIC);
	if (fabric->ended_count || (!fabric->jobs[0] && !fabric->jobs[1]))
		return take_ended(fabric);
	foreign = has_foreign(fabric);
	set_running(fabric, true);
	if (foreign)
		tare__foreign_start(fabric);
	do
		run_entities(fabric);
	while (foreign && tare__foreign_wait(fabric));
	set_running(fabric, false);
	return take_ended(fabric);
}

/* What never came back has left all the same, as far as the launch is concerned. */
static void forget(struct tare_fabric *fabric, struct tare_fabric_job *job)
{
	if (!job->result)
		job->result = TARE_E_STALL;
	tare__job_end(fabric, job);
}

void tare_fabric_cancel(struct tare_fabric *fabric)
{
	tare_must(fabric->magic == TARE_MAGIC_FABRIC);
	fabric->cancelling = true;
	tare__foreign_abandon(fabric);
	for (uint32_t i = 0; i < TARE__ENTITIES; i++) {
		fabric->entities[i].refused = 0;
		if (fabric->entities[i].job)
			tare__entity_ring(&fabric->entities[i]);
	}
	set_running(fabric, true);
	run_entities(fabric);
	set_running(fabric, false);
	fabric->cancelling = false;
	fabric->ended_count = 0;
	for (uint32_t i = 0; i < 2; i++)
		if (fabric->jobs[i])
			forget(fabric, fabric->jobs[i]);
	fabric->ended_count = 0;
}
