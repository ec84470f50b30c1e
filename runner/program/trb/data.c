/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data - an orchestration reads or writes an element
 *
 * It waits for those who write it, and before it writes itself also for those
 * who read what a task created.  The wait ends with the launch: a kernel that
 * hangs is code 8, as soon as nothing else can run.
 */
#include "core.h"

struct look {
	bool writes;
	bool pending;
};

static void look_at(struct tare__trb *trb, uint32_t producer, void *cookie)
{
	struct look *look = cookie;
	const struct tare__trb_slot *slot = &trb->slots[producer];

	if (__atomic_load_n(&slot->consumers, __ATOMIC_ACQUIRE) != TARE__TRB_CLOSED)
		look->pending = true;
	if (look->writes && __atomic_load_n(&slot->references, __ATOMIC_ACQUIRE) > (slot->in_scope ? 1u : 0u))
		look->pending = true;
}

static bool settle(struct tare__trb *trb, const struct tare_trb_tensor *tensor, const struct tare__trb_region *region,
	bool writes)
{
	for (;;) {
		uint64_t seen = __atomic_load_n(&trb->completed, __ATOMIC_ACQUIRE);
		struct look look = { .writes = writes };
		bool known;
		uint32_t owner = tensor->owner == TARE_TRB_NO_TASK ? TARE__TRB_NONE : tare__trb_find_task(trb, tensor->owner, &known);

		if (owner != TARE__TRB_NONE)
			look_at(trb, owner, &look);
		tare__trb_map_find(trb, region, look_at, &look);
		if (!look.pending)
			return true;
		if (!tare__trb_await(trb, seen + 1)) {
			tare__trb_fail(trb, TARE_TRB_TENSOR_WAIT_TIMEOUT, "a tensor at 0x%llx is never complete",
				(unsigned long long)tensor->buffer);
			return false;
		}
	}
}

/* Where the element lies, when it may be touched; NULL: it may not, or there is none. */
static void *element(struct tare__trb *trb, const struct tare_trb_tensor *tensor, uint32_t dims, const uint32_t *index,
	bool writes)
{
	struct tare__trb_region region;
	uint64_t at = tensor->start_offset;
	const char *wrong;

	if (tare__trb_failed(trb))
		return NULL;
	wrong = tare__trb_region_of(&region, tensor);
	if (!wrong && (dims != tensor->dims || (dims && !index)))
		wrong = "it is not indexed in each of its dimensions";
	for (uint32_t i = 0; !wrong && i < dims; i++) {
		if (index[i] >= tensor->shapes[i])
			wrong = "an index is behind its end";
		at += (uint64_t)index[i] * tensor->strides[i];
	}
	if (!wrong && !tensor->buffer)
		wrong = "it has no memory";
	if (wrong) {
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "data of a tensor: %s", wrong);
		return NULL;
	}
	if (!settle(trb, tensor, &region, writes))
		return NULL;
	return (char *)(uintptr_t)tensor->buffer + at * region.width;
}

uint64_t tare__trb_data_get(struct tare__trb *trb, const struct tare_trb_tensor *tensor, uint32_t dims,
	const uint32_t *index)
{
	const void *from = element(trb, tensor, dims, index, false);
	uint64_t value = 0;

	if (from)
		__builtin_memcpy(&value, from, tare__trb_width(tensor->type));
	return value;
}

void tare__trb_data_set(struct tare__trb *trb, const struct tare_trb_tensor *tensor, uint32_t dims,
	const uint32_t *index, uint64_t value)
{
	void *to = element(trb, tensor, dims, index, true);

	uint32_t waiting;

	if (!to)
		return;
	__builtin_memcpy(to, &value, tare__trb_width(tensor->type));
	waiting = __atomic_load_n(&trb->async_threads, __ATOMIC_SEQ_CST);
	if (waiting) /* for this, maybe */
		trb->world.wake(trb->world.cookie, waiting);
}
