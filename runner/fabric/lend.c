/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lend - an AICPU thread runs somebody else's code, and gets it back in any case
 *
 * An orchestration is the user's, as a kernel is, and may as well never return;
 * but a kernel that is left costs the device, because nobody would answer its
 * AICPU thread any more.  Here the thread itself is alive: it goes on where it
 * lent itself, and the launch ends as it does after any error.
 *
 * The processor time counts from beginning to end, whoever's functions it is
 * spent in, but the code is only left while it is in its own: what it calls of
 * ours may be half-way through something.  There it is left as soon as that is over.
 */
#include "fabric_priv.h"

#include <tare/status.h>

/* Of budgets of a kernel: an orchestration submits millions of tasks in the time of one. */
#define BUDGETS 4

int tare__ops_lend(struct tare_device_port *port, tare_lend_fn run, void *cookie)
{
	struct tare__entity *self = tare__entity_of(port);
	sigjmp_buf out;

	self->out = &out;
	self->ticks = 0;
	self->lease.overdue = 0;
	if (sigsetjmp(out, 0)) {
		tare__entity_of(port)->lease.at = TARE_LEASE_NONE;
		return TARE_E_STALL;
	}
	run(cookie, &self->lease);
	self->lease.at = TARE_LEASE_NONE;
	return 0;
}

void tare__ops_recall(struct tare_device_port *port)
{
	siglongjmp(*tare__entity_of(port)->out, 1);
}

void tare__lease_tick(struct tare__entity *entity)
{
	if (++entity->ticks <= TARE__TICKS_PER_BUDGET * BUDGETS)
		return;
	entity->lease.overdue = 1;
	if (entity->lease.at == TARE_LEASE_THEIRS)
		siglongjmp(*entity->out, 1);
}
