/* SPDX-License-Identifier: Apache-2.0 */
/*
 * submit - from an argument to a task that runs when it may
 *
 * What can be wrong is said before anything is taken, what has to be waited for
 * is waited for before anything is held; from then on nothing fails.
 */
#include "core.h"

static const struct tare_trb_outputs nothing = { .task = TARE_TRB_NO_TASK };

/* A whole tensor where the create info described one. */
static void create(struct tare_trb_tensor *tensor, const struct tare_trb_create_info *info, uint64_t at, uint64_t owner)
{
	uint64_t elements = 1;

	tensor->buffer = at;
	tensor->owner = owner;
	tensor->start_offset = 0;
	tensor->version = info->version;
	tensor->dims = info->dims;
	tensor->type = info->type;
	tensor->manual_dep = info->manual_dep;
	tensor->is_contiguous = 1;
	tensor->pad = 0;
	for (uint32_t i = info->dims; i-- > 0;) {
		tensor->shapes[i] = info->shapes[i];
		tensor->strides[i] = elements ? (uint32_t)elements : 1;
		elements *= info->shapes[i];
	}
	tensor->extent = elements;
	tensor->buffer_size = elements * tare__trb_width(info->type);
}

static void fill(const struct tare_trb_tensor *tensor, uint64_t value)
{
	uint32_t width = tare__trb_width(tensor->type);
	char *to = (char *)(uintptr_t)tensor->buffer;

	for (uint64_t i = 0; i < tensor->extent; i++, to += width)
		__builtin_memcpy(to, &value, width);
}

static void write_payload(const struct tare__trb_submit *submit, struct tare__trb_payload *payload, uint64_t task,
	uint64_t heap, struct tare_trb_outputs *outputs)
{
	const struct tare_trb_arg *arg = submit->arg;

	outputs->task = task;
	outputs->count = 0;
	for (int32_t i = 0; i < arg->tensor_count; i++) {
		struct tare_trb_tensor *tensor = &payload->tensors[i];
		const struct tare_trb_create_info *info = arg->tensors[i];

		if (arg->tags[i] != TARE_TRB_OUTPUT) {
			*tensor = *(const struct tare_trb_tensor *)arg->tensors[i];
			continue;
		}
		create(tensor, info, heap, task);
		if (info->has_initial_value)
			fill(tensor, info->initial_value);
		heap += submit->bytes[i];
		outputs->tensors[outputs->count++] = tensor;
	}
	for (int32_t i = 0; i < arg->scalar_count; i++)
		payload->scalars[i] = arg->scalars[i];
}

static void write_map(struct tare__trb *trb, struct tare__trb_submit *submit, uint32_t place)
{
	for (uint32_t i = 0; i < TARE_TRB_TENSORS; i++)
		if (submit->covered & submit->writes & 1u << i)
			tare__trb_map_cover(trb, &submit->regions[i]);
	for (uint32_t i = 0; i < TARE_TRB_TENSORS; i++)
		if (submit->writes & 1u << i)
			tare__trb_map_put(trb, &submit->regions[i], place);
}

static void join_scope(struct tare__trb *trb, uint32_t place)
{
	struct tare__trb_scope *scope = &trb->scopes[trb->depth - 1];

	trb->slots[place].in_scope = true;
	trb->slots[place].next_in_scope = scope->first;
	scope->first = place;
	scope->count++;
}

/* Hangs the task under its producers; how many of them were complete already. */
static uint32_t wire(struct tare__trb *trb, const struct tare__trb_slot *slot, uint32_t place)
{
	uint32_t base = slot->ring * trb->capacity.dep_pool, at = slot->dep_first;
	uint32_t early = 0;

	for (uint32_t left = slot->dep_count; left; left--) {
		struct tare__trb_dep *dep = &trb->deps[base + at];
		uint32_t *consumers = &trb->slots[dep->producer].consumers;
		uint32_t head = __atomic_load_n(consumers, __ATOMIC_ACQUIRE);

		dep->consumer = place;
		do {
			dep->next = head;
		} while (head != TARE__TRB_CLOSED && !__atomic_compare_exchange_n(consumers, &head, base + at, true,
			__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
		early += head == TARE__TRB_CLOSED;
		at = at + 1 == trb->capacity.dep_pool ? 0 : at + 1;
	}
	return early;
}

static bool fall_back(struct tare__trb *trb)
{
	uint64_t completed = __atomic_load_n(&trb->completed, __ATOMIC_ACQUIRE);

	if (trb->submitted - completed < TARE__TRB_AHEAD)
		return true;
	while (trb->submitted - completed > TARE__TRB_AHEAD / 2) {
		if (!tare__trb_await(trb, trb->submitted - TARE__TRB_AHEAD / 2)) {
			tare__trb_fail_stalled(trb, TARE__TRB_NONE);
			return false;
		}
		completed = __atomic_load_n(&trb->completed, __ATOMIC_ACQUIRE);
	}
	return true;
}

/* Room for everything at once, then the dependencies: what these wait for only makes more room. */
static bool make_room(struct tare__trb *trb, struct tare__trb_submit *submit)
{
	const struct tare__trb_scope *scope = &trb->scopes[trb->depth - 1];
	struct tare__trb_need need = { .heap = submit->heap, .map = submit->write_count, .slot = true };

	if (scope->count >= trb->capacity.task_window - 1) {
		tare__trb_fail(trb, TARE_TRB_SCOPE_DEADLOCK, "ring %u: %u tasks in one scope, a window of %u", scope->ring,
			scope->count, trb->capacity.task_window);
		return false;
	}
	return fall_back(trb) && tare__trb_room(trb, submit->ring, &need) && tare__trb_fanin(trb, submit);
}

static struct tare__trb_slot *settle(struct tare__trb *trb, struct tare__trb_submit *submit, uint32_t *place,
	struct tare_trb_outputs *outputs)
{
	struct tare__trb_ring *ring = &trb->rings[submit->ring];
	uint64_t heap = tare__trb_advance(trb, submit->ring, submit->heap, place);
	struct tare__trb_slot *slot = &trb->slots[*place];

	slot->dep_first = submit->dep_first;
	slot->dep_count = submit->dep_count;
	ring->dep_used += submit->dep_count;
	ring->dep_top = (submit->dep_first + submit->dep_count) % trb->capacity.dep_pool;
	slot->tensor_count = (uint16_t)submit->arg->tensor_count;
	slot->scalar_count = (uint16_t)submit->arg->scalar_count;
	slot->seen = 0;
	slot->map_first = TARE__TRB_NONE;
	__atomic_store_n(&slot->held, 0u, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->next_block, 0u, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->state, (uint32_t)TARE__TRB_PENDING, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->references, 2u, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->consumers, TARE__TRB_NONE, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->waits, submit->dep_count + 1, __ATOMIC_RELAXED);
	write_payload(submit, &trb->payloads[*place], slot->id, heap, outputs);
	write_map(trb, submit, *place);
	join_scope(trb, *place);
	trb->submitted++;
	trb->status->submitted = trb->submitted;
	return slot;
}

static void release_to_run(struct tare__trb *trb, struct tare__trb_slot *slot, uint32_t place)
{
	uint32_t early = wire(trb, slot, place);
	uint32_t wake;

	if (__atomic_sub_fetch(&slot->waits, early + 1, __ATOMIC_ACQ_REL))
		return;
	__atomic_store_n(&slot->state, (uint32_t)TARE__TRB_READY, __ATOMIC_RELAXED);
	if (slot->shape == TARE__TRB_DUMMY)
		wake = tare__trb_complete(trb, place);
	else
		wake = tare__trb_put(trb, place);
	if (wake)
		trb->world.wake(trb->world.cookie, wake);
}

struct tare_trb_outputs tare__trb_submit(struct tare__trb *trb, const struct tare_trb_kernels *kernels,
	const struct tare_trb_arg *arg)
{
	struct tare_trb_outputs outputs = nothing;
	struct tare__trb_submit submit;
	struct tare__trb_slot *slot;
	int32_t ids[3];
	uint32_t place, shape;

	if (!tare__trb_check(trb, arg, &submit) || !tare__trb_check_kernels(trb, kernels, ids))
		return outputs;
	shape = tare__trb_shape_of(ids);
	if (!tare__trb_check_spec(trb, &arg->spec, shape) || !make_room(trb, &submit))
		return outputs;
	slot = settle(trb, &submit, &place, &outputs);
	slot->mask = slot->lanes = 0;
	for (uint32_t i = 0; i < 3; i++) {
		slot->kernels[i] = ids[i];
		if (ids[i] < 0)
			continue;
		slot->mask |= (uint8_t)(1u << i);
		slot->lanes++;
	}
	slot->blocks = (uint16_t)arg->spec.block_count;
	slot->resource = (uint8_t)shape;
	slot->shape = arg->spec.require_sync_start && arg->spec.block_count > 1 ? TARE__TRB_SYNC : slot->resource;
	__atomic_store_n(&slot->subtasks_left, (uint32_t)slot->blocks * slot->lanes, __ATOMIC_RELAXED);
	release_to_run(trb, slot, place);
	return outputs;
}

static struct tare__trb_slot *settle_empty(struct tare__trb *trb, struct tare__trb_submit *submit, uint32_t *place,
	struct tare_trb_outputs *outputs)
{
	struct tare__trb_slot *slot = settle(trb, submit, place, outputs);

	slot->kernels[0] = slot->kernels[1] = slot->kernels[2] = -1;
	slot->mask = slot->lanes = 0;
	slot->blocks = 0;
	slot->shape = slot->resource = TARE__TRB_DUMMY;
	__atomic_store_n(&slot->subtasks_left, 0u, __ATOMIC_RELAXED);
	return slot;
}

struct tare_trb_outputs tare__trb_submit_dummy(struct tare__trb *trb, const struct tare_trb_arg *arg)
{
	struct tare_trb_outputs outputs = nothing;
	struct tare__trb_submit submit;
	struct tare__trb_slot *slot;
	uint32_t place;

	if (!tare__trb_check(trb, arg, &submit) || !make_room(trb, &submit))
		return outputs;
	slot = settle_empty(trb, &submit, &place, &outputs);
	release_to_run(trb, slot, place);
	return outputs;
}

struct tare_trb_outputs tare__trb_alloc(struct tare__trb *trb, const struct tare_trb_arg *arg)
{
	struct tare_trb_outputs outputs = nothing;
	struct tare__trb_submit submit;
	uint32_t place;

	if (!tare__trb_check(trb, arg, &submit))
		return outputs;
	if (!submit.outputs || submit.outputs != (uint32_t)arg->tensor_count || arg->scalar_count || arg->dependency_count) {
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "tensors are allocated from create infos alone, and at least one");
		return outputs;
	}
	if (!make_room(trb, &submit))
		return outputs;
	settle_empty(trb, &submit, &place, &outputs);
	tare__trb_complete(trb, place);
	return outputs;
}
