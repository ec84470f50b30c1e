/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops - what device code may do: the one door between it and the fabric
 *
 * Every register access and every wake passes here, which is what makes the
 * protocol observable, the seeded order complete, and polling unnecessary.
 */
#include "fabric_priv.h"

#include <stddef.h>

#include <tare/clock.h>
#include <tare/object.h>
#include <tare/status.h>

#define REFUSALS 64u /* waits after the cancel; who still waits then will never leave */

enum step { STEP_LOAD = 1, STEP_STORE, STEP_RING, STEP_WAIT, STEP_CALL, STEP_YIELD };

static void note(struct tare__entity *self, enum step step, uint64_t what)
{
	struct tare_fabric *fabric = self->fabric;
	uint64_t hash = fabric->trace ^ (what << 16 ^ (uint64_t)self->number << 8 ^ (uint64_t)step);

	hash *= 0x9e3779b97f4a7c15u;
	fabric->trace = hash ^ hash >> 29;
}

static __attribute__((noinline, cold)) void let_others(struct tare__entity *self, enum step step, uint64_t what)
{
	note(self, step, what);
	tare__entity_give_way(self, TARE__YIELDS);
}

/* Seeded: anybody may go on before this step is taken. */
static inline void step(struct tare__entity *self, enum step step, uint64_t what)
{
	if (self->fabric->seeded)
		let_others(self, step, what);
}

__attribute__((cold)) void tare__ops_complain(const struct tare_fabric *fabric, uint64_t offset)
{
	tare_log(&fabric->config.log, TARE_LOG_ERROR, "fabric: store to no register, offset 0x%llx", (unsigned long long)offset);
}

static inline void ring_owner(struct tare__entity *core)
{
	struct tare__entity *owner = tare__load(&core->owner);

	tare__set64(&owner->heard[core->port.index / 64], 1ull << core->port.index % 64, core->fabric->solo);
	tare__entity_ring(owner);
}

static uint32_t load(struct tare_device_port *port, uint64_t address)
{
	struct tare__entity *self = tare__entity_of(port);
	_Atomic uint32_t *word = tare__register_at(self->fabric, address);

	step(self, STEP_LOAD, address - self->fabric->registers);
	return word ? tare__load(word) : UINT32_MAX;
}

static void store(struct tare_device_port *port, uint64_t address, uint32_t value)
{
	struct tare__entity *self = tare__entity_of(port);
	struct tare_fabric *fabric = self->fabric;
	uint64_t offset = address - fabric->registers;
	_Atomic uint32_t *word = tare__register_at(fabric, address);

	step(self, STEP_STORE, offset ^ (uint64_t)value << 24);
	if (!word) {
		tare__ops_complain(fabric, offset);
		return;
	}
	tare__store(word, value);
	if (tare__entity_is_core(self))
		ring_owner(self);
	else
		tare__entity_ring(&fabric->cores[offset * fabric->core_factor >> 42]);
}

static void ring(struct tare_device_port *port, uint32_t target)
{
	struct tare__entity *self = tare__entity_of(port);
	struct tare_fabric *fabric = self->fabric;

	step(self, STEP_RING, target);
	if (target < fabric->config.cores) {
		tare__entity_ring(&fabric->cores[target]);
	} else if (target == TARE_RING_OWNER && tare__entity_is_core(self)) {
		ring_owner(self);
	} else if (target == TARE_RING_THREADS) {
		for (uint32_t i = 0; i < fabric->config.threads; i++)
			if (&fabric->threads[i] != self)
				tare__entity_ring(&fabric->threads[i]);
	} else if (target - TARE_RING_THREAD(0) < fabric->config.threads) {
		tare__entity_ring(&fabric->threads[target - TARE_RING_THREAD(0)]);
	}
}

static void hear(struct tare_device_port *port, uint32_t core)
{
	struct tare__entity *self = tare__entity_of(port);

	if (core < self->fabric->config.cores)
		tare__store(&self->fabric->cores[core].owner, self);
}

static int32_t heard(struct tare_device_port *port)
{
	struct tare__entity *self = tare__entity_of(port);

	for (uint32_t i = 0; i < TARE_COUNT(self->heard); i++) {
		uint64_t bits = tare__load(&self->heard[i]);

		if (!bits)
			continue;
		tare__clear64(&self->heard[i], bits & (0 - bits), self->fabric->solo);
		return (int32_t)(i * 64) + __builtin_ctzll(bits);
	}
	return -1;
}

__attribute__((cold)) int tare__ops_refuse(struct tare__entity *self)
{
	if (++self->refused > REFUSALS)
		tare__entity_give_way(self, TARE__ABANDONED);
	return TARE_E_STALL;
}

static int await(struct tare_device_port *port)
{
	struct tare__entity *self = tare__entity_of(port);
	struct tare_fabric *fabric = self->fabric;

	step(self, STEP_WAIT, 0);
	if (fabric->cancelling)
		return tare__ops_refuse(self);
	if (!(tare__peek(&self->state) & TARE__RUNG))
		tare__entity_give_way(self, TARE__WAITS);
	tare__clear(&self->state, TARE__RUNG, fabric->solo);
	return fabric->cancelling ? tare__ops_refuse(self) : 0;
}

static void yield(const struct tare_kernel_context *context)
{
	struct tare__entity *self = context->road;

	self->inside = 0;
	if (self->fabric->seeded)
		note(self, STEP_YIELD, 0);
	/* A kernel cannot be told to leave: after the cancel it is simply left. */
	if (self->fabric->plain)
		tare__set(&self->state, TARE__IN_KERNEL, true);
	tare__entity_give_way(self, self->fabric->cancelling ? TARE__ABANDONED : TARE__YIELDS);
	if (self->fabric->plain)
		tare__clear(&self->state, TARE__IN_KERNEL, true);
	self->inside = 1;
}

static void run_kernel(struct tare__entity *self, uint64_t code, int64_t *args,
	const struct tare_kernel_context *context)
{
	self->ticks = 0;
	self->inside = 1;
	((tare_kernel_fn)(uintptr_t)code)(args, context);
	self->inside = 0;
}

void tare__ops_call(struct tare_device_port *port, uint64_t entry, int64_t *args, struct tare_kernel_context *context)
{
	struct tare__entity *self = tare__entity_of(port);
	struct tare_fabric *fabric = self->fabric;
	uint64_t code = fabric->config.code_view ? fabric->config.code_view(entry) : entry;
	uint64_t began;

	step(self, STEP_CALL, 0);
	if (!code) {
		tare_log(&fabric->config.log, TARE_LOG_ERROR, "fabric: core %u was sent to 0x%llx, where no code is",
			self->port.index, (unsigned long long)entry);
		tare__entity_give_way(self, TARE__ABANDONED);
	}
	context->yield = yield;
	context->road = self;
	if (fabric->solo || fabric->parked) {
		run_kernel(self, code, args, context);
		return;
	}
	tare__worker_wake_another(fabric);
	began = tare_clock_ns();
	run_kernel(self, code, args, context);
	tare__worker_took(fabric, tare_clock_ns() - began);
}

uint64_t tare__ops_clock(struct tare_device_port *port)
{
	(void)port;
	return tare_clock_ns();
}

void tare__ops_log(struct tare_device_port *port, int level, const char *line)
{
	tare_log(&tare__entity_of(port)->fabric->config.log, (enum tare_log_level)level, "%s", line);
}

int tare__ops_object_open(struct tare_device_port *port, const char *name, const void *bytes, uint64_t size,
	uint64_t *object)
{
	const struct tare_fabric_objects *objects = &tare__entity_of(port)->fabric->config.objects;

	return objects->open ? objects->open(objects->cookie, name, bytes, size, object) : TARE_E_UNSUPPORTED;
}

int tare__ops_object_symbol(struct tare_device_port *port, uint64_t object, const char *name, uint64_t *address)
{
	const struct tare_fabric_objects *objects = &tare__entity_of(port)->fabric->config.objects;

	return objects->symbol ? objects->symbol(objects->cookie, object, name, address) : TARE_E_UNSUPPORTED;
}

int tare__ops_object_close(struct tare_device_port *port, uint64_t object)
{
	const struct tare_fabric_objects *objects = &tare__entity_of(port)->fabric->config.objects;

	return objects->close ? objects->close(objects->cookie, object) : TARE_E_UNSUPPORTED;
}

const struct tare_core_ops tare__core_ops = {
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
