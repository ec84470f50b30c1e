/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fanin - whom a task waits for
 *
 * Producers go straight into the dependency pool, each once and each held by a
 * reference.  When the pool ends on the way, all are let go again before
 * anything is waited for: what is held here could be what keeps the room away.
 */
#include "core.h"

struct gather {
	struct tare__trb_submit *submit;
	uint32_t room;  /* dependencies that the pool can give now */
	uint32_t count; /* found, taken or not */
};

uint32_t tare__trb_find_task(const struct tare__trb *trb, uint64_t task, bool *known)
{
	uint64_t number = task >> 32;
	uint32_t id = (uint32_t)task;
	const struct tare__trb_ring *ring;

	*known = false;
	if (number >= TARE_TRB_RINGS)
		return TARE__TRB_NONE;
	ring = &trb->rings[number];
	/* ids come round after 2^32 tasks: what lies ahead is nearer than what lies behind */
	if (ring->next == id || ring->next - id > UINT32_MAX / 2)
		return TARE__TRB_NONE;
	*known = true;
	return ring->next - id <= ring->next - ring->alive ? tare__trb_place(trb, (uint32_t)number, id) : TARE__TRB_NONE;
}

/* One more consumer, unless the task is consumed: then it is complete, and nothing of it is needed any more. */
static bool hold(struct tare__trb_slot *slot)
{
	uint32_t references = __atomic_load_n(&slot->references, __ATOMIC_ACQUIRE);

	while (references)
		if (__atomic_compare_exchange_n(&slot->references, &references, references + 1, true, __ATOMIC_ACQ_REL,
		    __ATOMIC_ACQUIRE))
			return true;
	return false;
}

static void add(struct tare__trb *trb, uint32_t producer, void *cookie)
{
	struct gather *gather = cookie;
	struct tare__trb_submit *submit = gather->submit;
	struct tare__trb_slot *slot = &trb->slots[producer];
	uint32_t at;

	if (slot->seen == trb->serial)
		return;
	slot->seen = trb->serial;
	if (!__atomic_load_n(&slot->references, __ATOMIC_ACQUIRE))
		return;
	if (gather->count++ >= gather->room)
		return;
	if (!hold(slot)) {
		gather->count--;
		return;
	}
	at = submit->dep_first + submit->dep_count++;
	trb->rings[submit->ring].deps[at < trb->capacity.dep_pool ? at : at - trb->capacity.dep_pool].producer = producer;
}

static bool gather_all(struct tare__trb *trb, struct gather *gather)
{
	struct tare__trb_submit *submit = gather->submit;
	const struct tare_trb_arg *arg = submit->arg;
	bool known;

	trb->serial++;
	gather->count = 0;
	for (uint32_t i = 0; i < arg->dependency_count; i++) {
		uint32_t producer = tare__trb_find_task(trb, arg->dependencies[i], &known);

		if (!known) {
			tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "dependency %u of %u is no task: 0x%llx", i, arg->dependency_count,
				(unsigned long long)arg->dependencies[i]);
			return false;
		}
		if (producer != TARE__TRB_NONE)
			add(trb, producer, gather);
	}
	for (int32_t i = 0; submit->tracked && i < arg->tensor_count; i++) {
		const struct tare_trb_tensor *tensor = arg->tensors[i];
		uint32_t owner;

		if (arg->tags[i] == TARE_TRB_OUTPUT)
			continue;
		owner = tensor->owner == TARE_TRB_NO_TASK ? TARE__TRB_NONE : tare__trb_find_task(trb, tensor->owner, &known);
		if (owner != TARE__TRB_NONE)
			add(trb, owner, gather);
		if (!tensor->manual_dep && (arg->tags[i] == TARE_TRB_INPUT || arg->tags[i] == TARE_TRB_INOUT))
			if (tare__trb_map_find(trb, &submit->regions[i], add, gather) && arg->tags[i] == TARE_TRB_INOUT)
				submit->covered |= 1u << i;
	}
	return true;
}

static void let_go(struct tare__trb *trb, struct tare__trb_submit *submit)
{
	const struct tare__trb_dep *deps = trb->rings[submit->ring].deps;

	for (uint32_t i = 0; i < submit->dep_count; i++) {
		uint32_t at = submit->dep_first + i;

		tare__trb_release(trb, deps[at < trb->capacity.dep_pool ? at : at - trb->capacity.dep_pool].producer);
	}
	submit->dep_count = 0;
}

bool tare__trb_fanin(struct tare__trb *trb, struct tare__trb_submit *submit)
{
	const struct tare__trb_ring *ring = &trb->rings[submit->ring];
	struct gather gather = { .submit = submit };

	for (;;) {
		struct tare__trb_need need = { .deps = 0 };

		submit->covered = 0;
		submit->dep_first = ring->dep_top;
		submit->dep_count = 0;
		gather.room = trb->capacity.dep_pool - ring->dep_used;
		if (!gather_all(trb, &gather)) {
			let_go(trb, submit);
			return false;
		}
		if (gather.count <= gather.room)
			return true;
		let_go(trb, submit);
		need.deps = gather.count;
		if (!tare__trb_room(trb, submit->ring, &need))
			return false;
	}
}
