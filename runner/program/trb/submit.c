/* SPDX-License-Identifier: Apache-2.0 */
/*
 * submit - from an argument to a task that runs when it may
 *
 * What can be wrong is said before anything is taken, what has to be waited for
 * is waited for before anything is held; from then on nothing fails.
 */
#include "core.h"

static const struct tare_trb_outputs nothing = { .task = TARE_TRB_NO_TASK };

static bool check_counts(struct tare__trb *trb, const struct tare_trb_arg *arg)
{
	if (arg->has_error)
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "%s", arg->error ? arg->error : "the arguments were refused");
	else if (!trb->depth)
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "a task outside every scope");
	else if (arg->tensor_count < 0 || arg->tensor_count > TARE_TRB_TENSORS)
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "%d tensors, 16 at most", arg->tensor_count);
	else if (arg->scalar_count < 0 || arg->scalar_count > TARE_TRB_SCALARS)
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "%d scalars, 32 at most", arg->scalar_count);
	else if (arg->dependency_count && !arg->dependencies)
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "%u dependencies without a list", arg->dependency_count);
	else
		return true;
	return false;
}

/* An output that is still to be created: how much of the heap. */
static const char *check_output(struct tare__trb_submit *submit, uint32_t i)
{
	const struct tare_trb_create_info *info = submit->arg->tensors[i];
	uint64_t bytes = tare__trb_width(info->type);

	if (!bytes)
		return "its type is unknown";
	if (info->dims > TARE_TRB_DIMS)
		return "it has more than 5 dimensions";
	for (uint32_t d = info->dims; d-- > 0;) {
		if (__builtin_mul_overflow(bytes, (uint64_t)info->shapes[d], &bytes))
			return "it is larger than memory can be";
		if (d && bytes / tare__trb_width(info->type) > UINT32_MAX)
			return "its strides are larger than a tensor can say";
	}
	if (__builtin_add_overflow(bytes, TARE__TRB_GRAIN - 1, &bytes))
		return "it is larger than memory can be";
	submit->bytes[i] = bytes / TARE__TRB_GRAIN * TARE__TRB_GRAIN;
	if (__builtin_add_overflow(submit->heap, submit->bytes[i], &submit->heap))
		return "with those before it, it is larger than memory can be";
	submit->outputs++;
	return NULL;
}

static const char *check_tensor(struct tare__trb_submit *submit, uint32_t i)
{
	int32_t tag = submit->arg->tags[i];
	const struct tare_trb_tensor *tensor = submit->arg->tensors[i];

	if (!tensor)
		return "it has no address";
	if (tag == TARE_TRB_OUTPUT)
		return check_output(submit, i);
	if (tag < TARE_TRB_INPUT || tag > TARE_TRB_NO_DEP)
		return "its tag is unknown";
	if ((tag == TARE_TRB_INOUT || tag == TARE_TRB_OUTPUT_EXISTING) && !tensor->manual_dep && submit->tracked) {
		submit->writes |= 1u << i;
		submit->write_count++;
	}
	return tare__trb_region_of(&submit->regions[i], tensor);
}

static bool check(struct tare__trb *trb, const struct tare_trb_arg *arg, struct tare__trb_submit *submit)
{
	if (tare__trb_failed(trb) || !check_counts(trb, arg))
		return false;
	submit->arg = arg;
	submit->heap = 0;
	submit->writes = 0;
	submit->write_count = 0;
	submit->covered = 0;
	submit->outputs = 0;
	submit->dep_count = 0;
	submit->ring = trb->scopes[trb->depth - 1].ring;
	submit->dep_first = trb->rings[submit->ring].dep_top;
	submit->tracked = trb->scopes[trb->depth - 1].mode == TARE_TRB_SCOPE_AUTO;
	for (int32_t i = 0; i < arg->tensor_count; i++) {
		const char *wrong = check_tensor(submit, (uint32_t)i);

		if (!wrong)
			continue;
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "tensor %d of %d: %s", i, arg->tensor_count, wrong);
		return false;
	}
	return true;
}

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

static void write_payload(struct tare__trb *trb, const struct tare__trb_submit *submit, const struct tare__trb_slot *slot,
	uint64_t heap, struct tare_trb_outputs *outputs)
{
	const struct tare_trb_arg *arg = submit->arg;
	struct tare__trb_payload *payload = &trb->rings[submit->ring].payloads[(uint32_t)slot->id & (trb->capacity.task_window - 1)];

	outputs->task = slot->id;
	outputs->count = 0;
	for (int32_t i = 0; i < arg->tensor_count; i++) {
		struct tare_trb_tensor *tensor = &payload->tensors[i];
		const struct tare_trb_create_info *info = arg->tensors[i];

		if (arg->tags[i] != TARE_TRB_OUTPUT) {
			*tensor = *(const struct tare_trb_tensor *)arg->tensors[i];
			continue;
		}
		create(tensor, info, heap, slot->id);
		if (info->has_initial_value)
			fill(tensor, info->initial_value);
		heap += submit->bytes[i];
		outputs->tensors[outputs->count++] = tensor;
	}
	for (int32_t i = 0; i < arg->scalar_count; i++)
		payload->scalars[i] = arg->scalars[i];
}

static void write_map(struct tare__trb *trb, const struct tare__trb_submit *submit, uint32_t place)
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
	return tare__trb_room(trb, submit->ring, &need) && tare__trb_fanin(trb, submit);
}

static struct tare__trb_slot *settle(struct tare__trb *trb, const struct tare__trb_submit *submit, uint32_t *place,
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
	slot->conditions_left = 0;
	__atomic_store_n(&slot->next_block, 0u, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->state, (uint32_t)TARE__TRB_PENDING, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->references, 2u, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->consumers, TARE__TRB_NONE, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->waits, submit->dep_count + 1, __ATOMIC_RELAXED);
	write_payload(trb, submit, slot, heap, outputs);
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

static bool check_kernels(struct tare__trb *trb, const struct tare_trb_kernels *kernels, int32_t ids[3])
{
	bool only_second = kernels->aic < 0 && kernels->aiv0 < 0 && kernels->aiv1 >= 0;

	ids[0] = kernels->aic;
	ids[1] = only_second ? kernels->aiv1 : kernels->aiv0;
	ids[2] = only_second ? -1 : kernels->aiv1;
	if (ids[0] < 0 && ids[1] < 0 && ids[2] < 0) {
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "a task without a kernel");
		return false;
	}
	for (uint32_t i = 0; i < 3; i++) {
		if (ids[i] < 0 || (ids[i] < TARE_FUNC_IDS && trb->kernels[ids[i]]))
			continue;
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "no kernel has the function id %d", ids[i]);
		return false;
	}
	return true;
}

static uint32_t shape_of(const int32_t ids[3])
{
	if (ids[0] >= 0 && ids[1] < 0 && ids[2] < 0)
		return TARE__TRB_AIC;
	return ids[0] < 0 && ids[2] < 0 ? TARE__TRB_AIV : TARE__TRB_MIX;
}

static bool check_spec(struct tare__trb *trb, const struct tare_trb_launch_spec *spec, uint32_t shape)
{
	uint32_t most = shape == TARE__TRB_AIV ? 2 * trb->clusters : trb->clusters;

	if (spec->block_count < 1) {
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "a task of %d blocks", spec->block_count);
		return false;
	}
	if (spec->block_count == 1 || !spec->require_sync_start || (uint32_t)spec->block_count <= most)
		return true;
	tare__trb_fail(trb, TARE_TRB_REQUIRE_SYNC_START_INVALID, "%d blocks are to start together, %u can", spec->block_count, most);
	return false;
}

struct tare_trb_outputs tare__trb_submit(struct tare__trb *trb, const struct tare_trb_kernels *kernels,
	const struct tare_trb_arg *arg)
{
	struct tare_trb_outputs outputs = nothing;
	struct tare__trb_submit submit;
	struct tare__trb_slot *slot;
	int32_t ids[3];
	uint32_t place;

	if (!check(trb, arg, &submit) || !check_kernels(trb, kernels, ids) || !check_spec(trb, &arg->spec, shape_of(ids)) ||
	    !make_room(trb, &submit))
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
	slot->resource = (uint8_t)shape_of(ids);
	slot->shape = arg->spec.require_sync_start && arg->spec.block_count > 1 ? TARE__TRB_SYNC : slot->resource;
	__atomic_store_n(&slot->subtasks_left, (uint32_t)slot->blocks * slot->lanes, __ATOMIC_RELAXED);
	release_to_run(trb, slot, place);
	return outputs;
}

static struct tare__trb_slot *settle_empty(struct tare__trb *trb, const struct tare__trb_submit *submit, uint32_t *place,
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

	if (!check(trb, arg, &submit) || !make_room(trb, &submit))
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

	if (!check(trb, arg, &submit))
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
