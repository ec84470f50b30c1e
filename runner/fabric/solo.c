/* SPDX-License-Identifier: Apache-2.0 */
/*
 * solo - the doors of device code when one worker runs every entity
 *
 * Nothing comes between two steps then, so they need no bus lock, no count of
 * who is scheduled and nobody to settle them; and a launch on all cores is two
 * thousand of them, which is most of what it costs.  ops.c is the same for
 * several workers, for a thread per entity and for the seeded order.
 */
#include "fabric_priv.h"

#include <stddef.h>

#include <tare/object.h>
#include <tare/status.h>

static inline void wake(struct tare_fabric *fabric, struct tare__entity *entity)
{
	uint32_t old = tare__peek(&entity->state);

	tare__poke(&entity->state, old | TARE__RUNG | TARE__SCHEDULED);
	if (!(old & TARE__SCHEDULED))
		tare__queue_push(fabric, entity);
}

static inline void wake_owner(struct tare_fabric *fabric, const struct tare__entity *core)
{
	uint32_t index = core->port.index;
	struct tare__entity *owner = tare__peek(&core->owner);
	_Atomic uint64_t *heard = &owner->heard[index / 64];

	tare__poke(heard, tare__peek(heard) | 1ull << index % 64);
	wake(fabric, owner);
}

static inline struct tare__entity *core_at(struct tare_fabric *fabric, uint64_t index)
{
	return &fabric->entities[TARE_MAX_AICPU_THREADS + index];
}

/* Whoever goes on has its rings answered by that: it was waiting, or looks at everything when it begins. */
static inline struct tare__entity *next_of(struct tare_fabric *fabric)
{
	struct tare__entity *next = tare__queue_pop(fabric);

	if (next && !(tare__peek(&next->state) & TARE__IN_KERNEL))
		tare__poke(&next->state, TARE__SCHEDULED);
	return next;
}

struct tare__entity *tare__solo_next(struct tare_fabric *fabric)
{
	return next_of(fabric);
}

/* Of 108 stacks and entities the one needed next is not in the first-level cache: it is called for one change ahead. */
static inline struct tare__coroutine *go_on_in(struct tare_fabric *fabric)
{
	struct tare__entity *next = next_of(fabric);
	struct tare__worker *worker = fabric->workers;
	const struct tare__entity *entities = fabric->entities;
	uint32_t head = fabric->head;
	uintptr_t sp = (uintptr_t)entities[fabric->queue[head % TARE__QUEUE]].coroutine.sp; /* 0: not begun yet */

	__builtin_prefetch(&entities[fabric->queue[(head + 2) % TARE__QUEUE]]);
	for (uint32_t line = 0; line < 3; line++)
		__builtin_prefetch((const void *)(sp + line * 64));
	worker->current = next;
	return next ? &next->coroutine : &worker->own;
}

void tare__solo_live(void *cookie)
{
	struct tare__entity *self = cookie;
	struct tare_fabric *fabric = self->fabric;

	for (;;) {
		struct tare_fabric_job *job = self->job;
		int result = self->entry(&self->port, job->args);

		self->job = NULL;
		if (!job->result)
			job->result = result;
		if (--job->running == 0)
			tare__job_end(fabric, job);
		tare__coroutine_switch(&self->coroutine, go_on_in(fabric));
	}
}

static uint32_t load(struct tare_device_port *port, uint64_t address)
{
	_Atomic uint32_t *word = tare__register_at(tare__entity_of(port)->fabric, address);

	return word ? tare__load(word) : UINT32_MAX;
}

static void store(struct tare_device_port *port, uint64_t address, uint32_t value)
{
	struct tare__entity *self = tare__entity_of(port);
	struct tare_fabric *fabric = self->fabric;
	_Atomic uint32_t *word = tare__register_at(fabric, address);

	if (!word) {
		tare__ops_complain(fabric, address - fabric->registers);
		return;
	}
	tare__store(word, value);
	if (tare__entity_is_core(self))
		wake_owner(fabric, self);
	else
		wake(fabric, core_at(fabric, (address - fabric->registers) * fabric->core_factor >> 42));
}

static void ring(struct tare_device_port *port, uint32_t target)
{
	struct tare__entity *self = tare__entity_of(port);
	struct tare_fabric *fabric = self->fabric;

	if (target < fabric->config.cores) {
		wake(fabric, core_at(fabric, target));
	} else if (target == TARE_RING_OWNER && tare__entity_is_core(self)) {
		wake_owner(fabric, self);
	} else if (target == TARE_RING_THREADS) {
		for (uint32_t i = 0; i < fabric->config.threads; i++)
			if (&fabric->threads[i] != self)
				wake(fabric, &fabric->threads[i]);
	} else if (target - TARE_RING_THREAD(0) < fabric->config.threads) {
		wake(fabric, &fabric->threads[target - TARE_RING_THREAD(0)]);
	}
}

static void hear(struct tare_device_port *port, uint32_t core)
{
	struct tare__entity *self = tare__entity_of(port);
	struct tare_fabric *fabric = self->fabric;

	if (core < fabric->config.cores)
		tare__poke(&core_at(fabric, core)->owner, self);
}

static int32_t heard(struct tare_device_port *port)
{
	struct tare__entity *self = tare__entity_of(port);

	for (uint32_t i = 0; i < TARE_COUNT(self->heard); i++) {
		uint64_t bits = tare__peek(&self->heard[i]);

		if (!bits)
			continue;
		tare__poke(&self->heard[i], bits & (bits - 1));
		return (int32_t)(i * 64) + __builtin_ctzll(bits);
	}
	return -1;
}

static int await(struct tare_device_port *port)
{
	struct tare__entity *self = tare__entity_of(port);
	struct tare_fabric *fabric = self->fabric;

	if (fabric->cancelling)
		return tare__ops_refuse(self);
	if (tare__peek(&self->state) & TARE__RUNG) {
		tare__poke(&self->state, TARE__SCHEDULED);
		return 0;
	}
	tare__poke(&self->state, 0u);
	/* Who is woken by a cancel hears of it in its next wait. */
	return tare__coroutine_switch_last(&self->coroutine, go_on_in(fabric));
}

const struct tare_core_ops tare__solo_ops = {
	.revision = TARE_CORE_OPS_REVISION,
	.size = sizeof(struct tare_core_ops),
	.load = load,
	.store = store,
	.ring = ring,
	.hear = hear,
	.heard = heard,
	.wait = await,
	.call = tare__ops_call,
	.clock = tare__ops_clock,
	.log = tare__ops_log,
	.object_open = tare__ops_object_open,
	.object_symbol = tare__ops_object_symbol,
	.object_close = tare__ops_object_close,
	.lend = tare__ops_lend,
	.recall = tare__ops_recall,
};
