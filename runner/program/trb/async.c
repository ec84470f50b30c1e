/* SPDX-License-Identifier: Apache-2.0 */
#include "async.h"

static bool is_in_a_tensor(const struct tare__trb *trb, uint32_t place, uint64_t address)
{
	const struct tare__trb_payload *task = &trb->payloads[place];

	for (uint32_t i = 0; i < trb->slots[place].tensor_count; i++) {
		const struct tare_trb_tensor *tensor = &task->tensors[i];

		if (tensor->buffer_size >= sizeof(uint32_t) && address >= tensor->buffer &&
		    address - tensor->buffer <= tensor->buffer_size - sizeof(uint32_t))
			return true;
	}
	return false;
}

/* A word outside of what the task keeps alive may be gone before it is looked at, or was never there. */
static bool can_be_looked_at(struct tare__trb *trb, uint32_t thread, uint32_t place,
	const struct tare_trb_condition *conditions, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct tare_trb_condition *condition = &conditions[i];
		const char *wrong = NULL;

		if (condition->kind != TARE_TRB_AT_LEAST)
			wrong = "its kind is unknown";
		else if (condition->address % sizeof(uint32_t))
			wrong = "its address is no word's";
		else if (!is_in_a_tensor(trb, place, condition->address))
			wrong = "its address lies in no tensor of its task";
		if (!wrong)
			continue;
		tare__trb_fail_scheduler(trb, TARE_TRB_ASYNC_COMPLETION_INVALID, thread,
			"condition %u of %u of task 0x%llx: %s (kind %u, 0x%llx)", i, count,
			(unsigned long long)trb->slots[place].id, wrong, condition->kind, (unsigned long long)condition->address);
		return false;
	}
	return true;
}

static bool is_well_formed(struct tare__trb *trb, uint32_t thread, uint32_t place, const struct tare_trb_local *local,
	uint64_t slab)
{
	unsigned long long task = trb->slots[place].id;

	if (local->condition_error == TARE_TRB_ASYNC_WAIT_OVERFLOW) {
		tare__trb_fail_scheduler(trb, TARE_TRB_ASYNC_WAIT_OVERFLOW, thread,
			"a kernel of task 0x%llx has registered more than %u conditions", task, TARE_TRB_CONDITIONS);
		return false;
	}
	if (local->condition_error || local->condition_count > TARE_TRB_CONDITIONS || local->conditions != slab) {
		tare__trb_fail_scheduler(trb, TARE_TRB_ASYNC_REGISTRATION_FAILED, thread,
			"task 0x%llx: %u conditions at 0x%llx, error %u", task, local->condition_count,
			(unsigned long long)local->conditions, local->condition_error);
		return false;
	}
	return true;
}

/* false: all threads together hold too much already. */
static bool make_room(struct tare__trb *trb, uint32_t thread, uint32_t count)
{
	uint32_t holds = __atomic_add_fetch(&trb->async_holds, 1u, __ATOMIC_RELAXED);
	uint32_t pending = __atomic_add_fetch(&trb->async_pending, count, __ATOMIC_RELAXED);

	if (holds <= TARE_TRB_HOLDS && pending <= TARE_TRB_PENDING)
		return true;
	tare__trb_fail_scheduler(trb, TARE_TRB_ASYNC_WAIT_OVERFLOW, thread,
		"%u subtasks wait for %u conditions, %u and %u may", holds, pending, TARE_TRB_HOLDS, TARE_TRB_PENDING);
	return false;
}

static void keep(struct tare__trb *trb, struct tare__trb_async *async, uint32_t place,
	const struct tare_trb_condition *conditions, uint32_t count)
{
	struct tare__trb_shelf *shelf = async->shelf;
	uint32_t row = 0;

	while (row < async->holds && shelf->holds[row].left)
		row++;
	if (row == async->holds)
		async->holds++;
	shelf->holds[row] = (struct tare__trb_hold){ place, count };
	for (uint32_t i = 0; i < count; i++)
		shelf->pending[async->pending++] = (struct tare__trb_pending){ conditions[i].address, conditions[i].wanted, row };
	__atomic_fetch_add(&trb->slots[place].held, 1u, __ATOMIC_RELAXED);
	/* Against who hears a kernel end: either it sees that we hold something, or we see what that kernel wrote. */
	__atomic_fetch_or(&trb->async_threads, 1u << async->thread, __ATOMIC_SEQ_CST);
}

void tare__trb_async_hold(struct tare__trb *trb, struct tare__trb_async *async, uint32_t place,
	const struct tare_trb_local *local, uint64_t slab)
{
	const struct tare_trb_condition *conditions = (const struct tare_trb_condition *)(uintptr_t)slab;
	uint32_t count = local->condition_count;

	if (is_well_formed(trb, async->thread, place, local, slab) &&
	    can_be_looked_at(trb, async->thread, place, conditions, count) && make_room(trb, async->thread, count))
		keep(trb, async, place, conditions, count);
}

static bool is_true(const struct tare__trb_pending *pending)
{
	return __atomic_load_n((const uint32_t *)(uintptr_t)pending->address, __ATOMIC_ACQUIRE) >= pending->wanted;
}

/* The conditions of a hold that has ended have all been taken out, so its task is touched no more. */
static uint32_t let_return(struct tare__trb *trb, uint32_t place, bool *orchestrator)
{
	bool starved;
	uint32_t wake;

	__atomic_fetch_sub(&trb->slots[place].held, 1u, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&trb->async_holds, 1u, __ATOMIC_RELAXED);
	wake = tare__trb_finish(trb, place, 1, &starved);
	*orchestrator |= starved;
	return wake;
}

uint32_t tare__trb_async_look(struct tare__trb *trb, struct tare__trb_async *async, bool *orchestrator)
{
	struct tare__trb_shelf *shelf = async->shelf;
	uint32_t wake = 0, left = 0;

	*orchestrator = false;
	for (uint32_t i = 0; i < async->pending; i++) {
		const struct tare__trb_pending pending = shelf->pending[i];
		struct tare__trb_hold *hold = &shelf->holds[pending.hold];

		if (!is_true(&pending))
			shelf->pending[left++] = pending;
		else if (!--hold->left)
			wake |= let_return(trb, hold->place, orchestrator);
	}
	__atomic_fetch_sub(&trb->async_pending, async->pending - left, __ATOMIC_RELAXED);
	async->pending = left;
	if (!left) {
		async->holds = 0;
		__atomic_fetch_and(&trb->async_threads, ~(1u << async->thread), __ATOMIC_SEQ_CST);
	}
	return wake;
}
