/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core between real threads: one orchestrates, three schedule, and nobody runs but when woken.
 *
 * Tasks change plain memory in ways where the order shows; ThreadSanitizer sees what the core does not order.  A wake
 * that is lost ends in the test's time limit.
 */
#include "test_world.h"

#include <pthread.h>
#include <semaphore.h>

enum { CREWS = 3, TASKS = 4000, BUFFERS = 6 };

struct crew {
	pthread_t thread;
	sem_t bell;
	uint32_t index;
	uint32_t clusters;
	uint64_t waits;
};

static struct crew crews[CREWS + 1]; /* the last is the orchestrator */
static uint64_t values[BUFFERS], wanted[BUFFERS];
static uint64_t starts[CREWS]; /* of blocks that start together */

static void ring(uint32_t threads)
{
	for (uint32_t i = 0; i <= CREWS; i++)
		if (threads & 1u << i)
			sem_post(&crews[i].bell);
}

static void wait_for(struct crew *crew)
{
	crew->waits++;
	while (sem_wait(&crew->bell))
		continue;
}

static void run_blocks(const struct crew *crew, uint32_t place, uint32_t first, uint32_t count)
{
	struct tare__trb_slot *slot = &w.trb->slots[place];
	const struct tare__trb_payload *payload = &w.trb->payloads[place];
	bool orchestrator;
	uint32_t wake;

	for (uint32_t i = 0; !first && i < slot->tensor_count; i++) {
		uint64_t *value = (uint64_t *)(uintptr_t)payload->tensors[i].buffer;

		*value = *value * 31 + payload->scalars[0];
	}
	wake = tare__trb_finish(w.trb, place, count * slot->lanes, &orchestrator);
	if (orchestrator)
		wake |= 1u << CREWS;
	if (tare__trb_over(w.trb))
		wake |= (1u << CREWS) - 1;
	ring(wake & ~(1u << crew->index));
}

/* true: there was one, or the thread has waited for its part in it. */
static bool drain(struct crew *crew)
{
	uint32_t shape = tare__trb_drain_shape(w.trb);
	uint32_t place, first, count, wake;
	enum tare__trb_drain_phase phase;

	if (tare__trb_drain_idle(w.trb))
		return false;
	phase = tare__trb_drain_step(w.trb, crew->index, shape == TARE__TRB_AIV ? 2 * crew->clusters : crew->clusters, &place,
		&first, &count, &wake);
	ring(wake);
	if (phase == TARE__TRB_DRAIN_GATHER)
		wait_for(crew);
	if (phase == TARE__TRB_DRAIN_START && count) {
		starts[crew->index]++;
		run_blocks(crew, place, first, count);
	}
	return phase != TARE__TRB_DRAIN_NONE;
}

static bool dispatch(const struct crew *crew, uint32_t shape)
{
	uint32_t place = tare__trb_take(w.trb, shape);
	uint32_t first, count, wake;

	if (place == TARE__TRB_NONE)
		return false;
	if (shape == TARE__TRB_SYNC) {
		ring(tare__trb_drain_raise(w.trb, place) ? ((1u << CREWS) - 1) & ~(1u << crew->index) : tare__trb_put(w.trb, place));
		return true;
	}
	count = tare__trb_claim(w.trb, place, 2, &first, &wake);
	ring(wake);
	run_blocks(crew, place, first, count);
	return true;
}

static bool serve(struct crew *crew)
{
	static const uint32_t shapes[] = { TARE__TRB_MIX, TARE__TRB_AIC, TARE__TRB_AIV };
	bool moved = drain(crew), idle = tare__trb_drain_idle(w.trb);

	for (uint32_t i = 0; !moved && i < TARE_COUNT(shapes); i++)
		moved = dispatch(crew, shapes[i]);
	if (!moved && idle)
		moved = dispatch(crew, TARE__TRB_SYNC);
	for (uint32_t i = 0; !moved && i < TARE_COUNT(shapes); i++)
		moved = tare__trb_ask(w.trb, shapes[i], crew->index);
	return moved || (idle && tare__trb_ask(w.trb, TARE__TRB_SYNC, crew->index));
}

static void *schedule(void *cookie)
{
	struct crew *crew = cookie;

	while (!tare__trb_over(w.trb))
		if (!serve(crew) && !tare__trb_over(w.trb))
			wait_for(crew);
	return NULL;
}

static int await(void *cookie)
{
	wait_for(cookie);
	return 0;
}

static void wake_crews(void *cookie, uint32_t threads)
{
	(void)cookie;
	ring(threads);
}

/* One buffer or two: who waits for two producers runs when the later of them is done, and sees what both did. */
static void change_buffers(uint32_t i)
{
	static struct tare_trb_tensor tensors[2];
	uint32_t at = (uint32_t)toy_random(&w.toy, BUFFERS), count = 1 + (uint32_t)toy_random(&w.toy, 2);

	tare_trb_arg_begin(&w.arg);
	for (uint32_t k = 0; k < count; k++, at = (at + 1) % BUFFERS) {
		tare_trb_tensor_whole(&tensors[k], (uintptr_t)&values[at], TARE_UINT64, 8, 1, (const uint32_t[]){ 1 });
		tare_trb_add_inout(&w.arg, &tensors[k]);
		wanted[at] = wanted[at] * 31 + i;
	}
	tare_trb_add_scalar(&w.arg, i);
}

static void orchestrate(void)
{
	static const struct tare_trb_kernels kernels[] = { { 0, -1, -1 }, { -1, 1, -1 }, { 0, 1, 2 }, { -1, 0, 1 } };

	for (uint32_t i = 0; i < TASKS; i++) {
		if (i % 8 == 0)
			tare__trb_scope_begin(w.trb, TARE_TRB_SCOPE_AUTO);
		change_buffers(i);
		w.arg.spec.block_count = (int16_t)(1 + toy_random(&w.toy, 6));
		w.arg.spec.require_sync_start = toy_random(&w.toy, 8) == 0;
		assert_true(tare__trb_submit(w.trb, &kernels[toy_random(&w.toy, 4)], &w.arg).task != TARE_TRB_NO_TASK);
		if (i % 8 == 7)
			tare__trb_scope_end(w.trb);
	}
}

static void threads_share_the_work_and_keep_the_order(void **state)
{
	struct tare_trb_capacity capacity = small;

	(void)state;
	toy_close(&w.toy);
	capacity.task_window = 32;
	open_world(&capacity);
	w.trb->clusters = w.toy.clusters = 6;
	w.trb->world = (struct tare__trb_world){ .cookie = &crews[CREWS], .await = await, .wake = wake_crews };
	w.trb->drain.crews = (1u << CREWS) - 1;
	for (uint32_t i = 0; i <= CREWS; i++) {
		crews[i].index = i;
		crews[i].clusters = 1 + i % 3;
		assert_int_equal(sem_init(&crews[i].bell, 0, 0), 0);
	}
	for (uint32_t i = 0; i < CREWS; i++)
		assert_int_equal(pthread_create(&crews[i].thread, NULL, schedule, &crews[i]), 0);
	orchestrate();
	assert_int_equal(tare__trb_close(w.trb), 0);
	ring((1u << CREWS) - 1);
	for (uint32_t i = 0; i < CREWS; i++)
		assert_int_equal(pthread_join(crews[i].thread, NULL), 0);
	assert_int_equal(w.trb->completed, TASKS);
	assert_memory_equal(values, wanted, sizeof values);
	assert_true(starts[0] + starts[1] + starts[2] > 0);
	for (uint32_t i = 0; i <= CREWS; i++)
		sem_destroy(&crews[i].bell);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(threads_share_the_work_and_keep_the_order, open_small, close_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
