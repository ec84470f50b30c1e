/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entity - a core or an AICPU thread between two waits
 *
 * An entity goes straight on to the next one, not back to its worker: half the
 * switches.  With several workers it may not be called idle before its stack
 * has been left, so whoever arrives behind the switch settles it.
 */
#include "fabric_priv.h"

static void schedule(struct tare__entity *entity)
{
	struct tare_fabric *fabric = entity->fabric;

	if (!fabric->solo)
		tare__add(&fabric->scheduled, 1u);
	tare__worker_enqueue(fabric, entity);
}

void tare__entity_ring(struct tare__entity *entity)
{
	uint32_t old = tare__set(&entity->state, TARE__RUNG | TARE__SCHEDULED, entity->fabric->solo);

	if (!(old & TARE__SCHEDULED))
		schedule(entity);
}

void tare__entity_give_way(struct tare__entity *self, enum tare__why why)
{
	struct tare_fabric *fabric = self->fabric;
	struct tare__worker *worker = self->worker;
	struct tare__entity *next;

	worker->leaving = self;
	worker->why = why;
	if (fabric->solo && why != TARE__ABANDONED)
		tare__worker_settle(worker);
	next = fabric->parked || why == TARE__ABANDONED ? NULL : tare__worker_dequeue(fabric);
	if (next == self)
		return;
	worker->current = next;
	if (next) {
		next->worker = worker;
		tare__coroutine_switch(&self->coroutine, &next->coroutine);
	} else {
		tare__coroutine_switch(&self->coroutine, &worker->own);
	}
	worker = self->worker;
	if (worker->leaving)
		tare__worker_settle(worker);
}

void tare__entity_live(void *cookie)
{
	struct tare__entity *self = cookie;

	if (self->worker->leaving)
		tare__worker_settle(self->worker);
	for (;;) {
		self->result = self->entry(&self->port, self->job->args);
		tare__entity_give_way(self, TARE__LEFT);
	}
}
