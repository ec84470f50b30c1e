/* SPDX-License-Identifier: Apache-2.0 */
#include "test_toy.h"

#include <stdlib.h>
#include <string.h>

#include <tare/object.h>

uint64_t toy_random(struct toy *toy, uint64_t below)
{
	toy->random ^= toy->random << 13;
	toy->random ^= toy->random >> 7;
	toy->random ^= toy->random << 17;
	return (toy->random * 0x2545F4914F6CDD1Du >> 32) % below;
}

static bool begin_something(struct toy *toy)
{
	uint32_t shift = (uint32_t)toy_random(toy, TARE__TRB_SHAPES), first, wake, count, place = TARE__TRB_NONE;
	const struct tare__trb_slot *slot;
	uint64_t task;

	if (toy->out_count == TOY_OUT || tare__trb_failed(toy->trb))
		return false;
	for (uint32_t i = 0; i < TARE__TRB_SHAPES && place == TARE__TRB_NONE; i++)
		if ((i + shift) % TARE__TRB_SHAPES != TARE__TRB_DUMMY)
			place = tare__trb_take(toy->trb, (i + shift) % TARE__TRB_SHAPES);
	if (place == TARE__TRB_NONE)
		return false;
	slot = &toy->trb->slots[place];
	task = slot->id;
	count = tare__trb_claim(toy->trb, place, slot->shape == TARE__TRB_SYNC ? UINT32_MAX : 1 + (uint32_t)toy_random(toy, 4),
		&first, &wake);
	tare_must(count);
	toy->begun += !first;
	if (!first && toy->hooks.begin)
		toy->hooks.begin(toy->hooks.cookie, task);
	toy->out[toy->out_count].place = place;
	toy->out[toy->out_count].task = task;
	toy->out[toy->out_count++].subtasks = count * slot->lanes;
	return true;
}

static bool end_something(struct toy *toy)
{
	uint32_t at, subtasks;
	bool orchestrator;

	if (!toy->out_count || toy->hangs)
		return false;
	at = (uint32_t)toy_random(toy, toy->out_count);
	subtasks = 1 + (uint32_t)toy_random(toy, toy->out[at].subtasks);
	toy->out[at].subtasks -= subtasks;
	if (toy->hooks.end && toy->trb->slots[toy->out[at].place].subtasks_left == subtasks)
		toy->hooks.end(toy->hooks.cookie, toy->out[at].task);
	tare__trb_finish(toy->trb, toy->out[at].place, subtasks, &orchestrator);
	if (!toy->out[at].subtasks)
		toy->out[at] = toy->out[--toy->out_count];
	return true;
}

bool toy_step(struct toy *toy)
{
	toy->steps++;
	if (toy_random(toy, 2))
		return begin_something(toy) || end_something(toy);
	return end_something(toy) || begin_something(toy);
}

static int await(void *cookie)
{
	struct toy *toy = cookie;
	bool moved = false;

	for (uint64_t left = 1 + toy_random(toy, 8); left; left--)
		moved |= toy_step(toy);
	return !moved;
}

static void wake(void *cookie, uint32_t threads)
{
	(void)cookie;
	(void)threads;
}

static void keep_line(void *cookie, int level, const char *line)
{
	struct toy *toy = cookie;

	(void)level;
	strncpy(toy->log, line, sizeof toy->log - 1);
}

static void *take(uint64_t size, int poison)
{
	void *memory = aligned_alloc(1024, (size + 1023) / 1024 * 1024);

	tare_must(memory);
	memset(memory, poison, size);
	return memory;
}

void toy_reopen(struct toy *toy)
{
	struct tare__trb_plan plan = {
		.capacity = &toy->capacity, .heap = (uintptr_t)toy->heap, .shared = (uintptr_t)toy->shared,
		.pools = (uintptr_t)toy->workspace + sizeof(struct tare__trb), .status = &toy->status,
		.kernels = toy->kernels, .clusters = toy->clusters,
	};

	toy->status = (struct tare_trb_status){ 0 };
	toy->out_count = 0;
	toy->begun = 0;
	toy->hangs = false;
	tare__trb_open(toy->trb, &plan);
	toy->trb->world = (struct tare__trb_world){ .cookie = toy, .await = await, .wake = wake, .log = keep_line };
}

void toy_open(struct toy *toy, const struct tare_trb_capacity *capacity, uint64_t seed, int poison)
{
	struct tare_trb_sizes sizes;

	tare_must(!tare_trb_capacity_refuse(capacity));
	memset(toy, 0, sizeof *toy);
	toy->capacity = *capacity;
	toy->random = seed * 2 + 1;
	toy->clusters = 4;
	for (uint32_t i = 0; i < 3; i++)
		toy->kernels[i] = 1;
	tare_trb_sizes(capacity, &sizes);
	toy->heap = take(sizes.heap, poison);
	toy->shared = take(sizes.shared, poison);
	toy->workspace = take(sizeof(struct tare__trb) + tare__trb_pool_bytes(capacity), poison);
	toy->trb = toy->workspace;
	toy_reopen(toy);
}

void toy_close(struct toy *toy)
{
	free(toy->heap);
	free(toy->shared);
	free(toy->workspace);
}

int toy_finish(struct toy *toy)
{
	tare__trb_close(toy->trb);
	while (!tare__trb_over(toy->trb))
		if (!toy_step(toy))
			tare__trb_fail_stalled(toy->trb, 0);
	toy->status.completed = toy->trb->completed;
	return tare_trb_status_code(&toy->status);
}

struct tare_trb_outputs toy_submit(struct toy *toy, const struct tare_trb_arg *arg)
{
	const struct tare_trb_kernels kernels = { -1, 0, -1 };

	return tare__trb_submit(toy->trb, &kernels, arg);
}
