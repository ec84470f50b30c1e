/* SPDX-License-Identifier: Apache-2.0 */
/* The fabric alone: entities of a few lines that ring, wait, yield, hang and disobey. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include <tare/object.h>
#include <tare/status.h>

#include "launch.h"

#define LOAD(word)         __atomic_load_n((word), __ATOMIC_ACQUIRE)
#define STORE(word, value) __atomic_store_n((word), (value), __ATOMIC_RELEASE)

enum { MS = 1000000 };

struct drive {
	enum tare_fabric_driver driver;
	uint32_t workers;
};

static const struct drive drives[] = {
	{ TARE_FABRIC_RUN_POOL, 1 },
	{ TARE_FABRIC_RUN_POOL, 2 },
	{ TARE_FABRIC_RUN_SEEDED, 1 },
	{ TARE_FABRIC_RUN_PARKED, 1 },
};

static struct tare_fabric *open_drive(size_t i, uint64_t budget_ns)
{
	return launch_fabric(tare_arch(TARE_ARCH_A5), drives[i].driver, drives[i].workers, 3, budget_ns);
}

/* Signals reach no kernel under ThreadSanitizer. */
static bool hangs_end(void)
{
#if defined(__SANITIZE_THREAD__)
	return false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
	return false;
#endif
#endif
	return true;
}

/* What the entities of a test share; their args. */
struct room {
	uint32_t block;       /* bytes of registers per core */
	uint64_t registers;
	uint32_t answers[TARE_MAX_CORES];
	uint32_t rounds;
	uint32_t turn;        /* of two kernels that wait for each other */
	uint32_t stop;        /* stays 0 */
	uint64_t entry;       /* of the kernel that the first core runs */
	uint64_t other_entry; /* of all other cores */
};

static int leave_at_once(struct tare_device_port *port, void *args)
{
	(void)port;
	(void)args;
	return 0;
}

static struct tare_fabric_job cores_job(tare_device_entry_fn entry, void *args, uint32_t blocks)
{
	return (struct tare_fabric_job){ .on_cores = true, .entry = entry, .entry_aiv = entry, .args = args,
		.count = blocks };
}

static struct tare_fabric_job threads_job(tare_device_entry_fn entry, void *args, uint32_t count)
{
	return (struct tare_fabric_job){ .entry = entry, .args = args, .count = count };
}

static void bad_jobs_and_set_ups_are_refused(void **state)
{
	struct tare_fabric_config config = { .cores = 0, .threads = 1, .register_block = 64, .workers = 1 };
	struct tare_fabric *fabric = NULL;
	struct tare_fabric_job one = threads_job(leave_at_once, NULL, 1);
	struct tare_fabric_job two = threads_job(leave_at_once, NULL, 1);
	struct tare_fabric_job wide = cores_job(leave_at_once, NULL, 37);

	(void)state;
	assert_int_equal(tare_fabric_open(&fabric, &config), TARE_E_ARGUMENT);
	config.cores = TARE_MAX_CORES + 1;
	assert_int_equal(tare_fabric_open(&fabric, &config), TARE_E_ARGUMENT);
	config.cores = 3;
	config.workers = 17;
	assert_int_equal(tare_fabric_open(&fabric, &config), TARE_E_ARGUMENT);
	assert_null(fabric);
	fabric = open_drive(0, 0);
	assert_null(tare_fabric_run(fabric));
	assert_int_equal(tare_fabric_submit(fabric, &wide), TARE_E_ARGUMENT);
	assert_int_equal(tare_fabric_submit(fabric, &one), 0);
	assert_int_equal(tare_fabric_submit(fabric, &two), TARE_E_BUSY);
	assert_ptr_equal(tare_fabric_run(fabric), &one);
	assert_null(tare_fabric_run(fabric));
	assert_int_equal(tare_fabric_submit(fabric, &two), 0);
	tare_fabric_close(&fabric); /* with work pending */
	assert_int_equal(two.running, 0);
}

/* Each core answers what its thread wrote, plus one, three times over. */
static int answer(struct tare_device_port *port, void *args)
{
	struct room *room = args;
	uint64_t mine = room->registers + (uint64_t)port->physical * room->block;
	uint32_t last = 0;

	while (last < 5) {
		uint32_t word = port->ops->load(port, mine);

		if (word == last) {
			if (port->ops->wait(port))
				return TARE_E_STALL;
			continue;
		}
		last = word;
		port->ops->store(port, mine + 4, word + 1);
	}
	return 0;
}

/* Thread t hears the cores that are t modulo the threads, and only those. */
static int ask(struct tare_device_port *port, void *args)
{
	struct room *room = args;
	uint32_t open = 0;

	for (uint32_t core = port->index; core < 9; core += port->count) {
		port->ops->hear(port, core);
		port->ops->store(port, room->registers + (uint64_t)core * room->block, 1);
		open++;
	}
	while (open) {
		int32_t core = port->ops->heard(port);
		uint32_t word;

		if (core < 0) {
			if (port->ops->wait(port))
				return TARE_E_STALL;
			continue;
		}
		if ((uint32_t)core % port->count != port->index)
			return TARE_E_FAILED;
		word = port->ops->load(port, room->registers + (uint64_t)core * room->block + 4);
		if (word == room->answers[core])
			continue;
		room->answers[core] = word;
		if (word == 6)
			open--;
		else
			port->ops->store(port, room->registers + (uint64_t)core * room->block, word + 1);
	}
	return 0;
}

static void cores_answer_the_thread_that_hears_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < TARE_COUNT(drives); i++) {
		for (uint32_t threads = 1; threads <= 7; threads += 3) {
			struct tare_fabric *fabric = open_drive(i, 0);
			struct room room = { .block = tare_arch(TARE_ARCH_A5)->register_block,
				.registers = tare_fabric_registers(fabric) };
			struct tare_fabric_job asking = threads_job(ask, &room, threads);
			struct tare_fabric_job answering = cores_job(answer, &room, 3);

			assert_int_equal(tare_fabric_submit(fabric, &asking), 0);
			assert_int_equal(tare_fabric_submit(fabric, &answering), 0);
			assert_non_null(tare_fabric_run(fabric));
			assert_non_null(tare_fabric_run(fabric));
			assert_int_equal(asking.result | answering.result, 0);
			for (uint32_t core = 0; core < 9; core++)
				assert_int_equal(room.answers[core], 6);
			tare_fabric_close(&fabric);
		}
	}
}

static uint64_t trace_of(uint64_t seed)
{
	struct tare_fabric *fabric = launch_fabric(tare_arch(TARE_ARCH_A5), TARE_FABRIC_RUN_SEEDED, 1, seed, 0);
	struct room room = { .block = tare_arch(TARE_ARCH_A5)->register_block,
		.registers = tare_fabric_registers(fabric) };
	struct tare_fabric_job asking = threads_job(ask, &room, 3);
	struct tare_fabric_job answering = cores_job(answer, &room, 3);
	uint64_t trace;

	assert_int_equal(tare_fabric_submit(fabric, &asking), 0);
	assert_int_equal(tare_fabric_submit(fabric, &answering), 0);
	while (tare_fabric_run(fabric))
		continue;
	assert_int_equal(asking.result | answering.result, 0);
	trace = tare_fabric_trace(fabric);
	tare_fabric_close(&fabric);
	return trace;
}

static void a_seed_is_an_order(void **state)
{
	(void)state;
	assert_true(trace_of(1) == trace_of(1));
	assert_true(trace_of(2) == trace_of(2));
	assert_true(trace_of(1) != trace_of(2));
}

/* Two kernels take turns; neither can go on without the other. */
static void take_turns(struct room *room, uint32_t mine, const struct tare_kernel_context *context)
{
	for (uint32_t i = 0; i < 50; i++) {
		while (LOAD(&room->turn) != mine)
			context->yield(context);
		room->rounds++;
		STORE(&room->turn, 1 - mine);
	}
}

static void first_kernel(int64_t *args, const struct tare_kernel_context *context)
{
	take_turns((struct room *)(void *)args, 0, context);
}

static void second_kernel(int64_t *args, const struct tare_kernel_context *context)
{
	take_turns((struct room *)(void *)args, 1, context);
}

static void endless_yield(int64_t *args, const struct tare_kernel_context *context)
{
	(void)args;
	for (;;)
		context->yield(context);
}

static void hang(int64_t *args, const struct tare_kernel_context *context)
{
	const volatile uint32_t *stop = &((struct room *)(void *)args)->stop;

	(void)context;
	while (!*stop)
		continue;
}

static void nothing(int64_t *args, const struct tare_kernel_context *context)
{
	(void)args;
	(void)context;
}

static int run_kernel(struct tare_device_port *port, void *args)
{
	struct room *room = args;
	struct tare_kernel_context context = { .block_index = port->index };

	port->ops->call(port, port->index ? room->other_entry : room->entry, args, &context);
	return 0;
}

static int run_kernel_alone(struct tare_device_port *port, void *args)
{
	return port->index ? 0 : run_kernel(port, args);
}

static int run_kernel_on_two(struct tare_device_port *port, void *args)
{
	return port->index > 1 ? 0 : run_kernel(port, args);
}

static uint64_t address_of(tare_kernel_fn kernel)
{
	return (uint64_t)(uintptr_t)kernel;
}

static void kernels_that_wait_for_each_other_yield(void **state)
{
	(void)state;
	for (size_t i = 0; i < TARE_COUNT(drives); i++) {
		struct tare_fabric *fabric = open_drive(i, 0);
		struct room room = { .entry = address_of(first_kernel), .other_entry = address_of(second_kernel) };
		struct tare_fabric_job job = cores_job(run_kernel_on_two, &room, 1);

		for (uint32_t launch = 1; launch < 4; launch++) {
			assert_int_equal(tare_fabric_submit(fabric, &job), 0);
			assert_ptr_equal(tare_fabric_run(fabric), &job);
			assert_int_equal(job.result, 0);
			assert_int_equal(room.rounds, launch * 100);
		}
		tare_fabric_close(&fabric);
	}
}

static void check_abandoned(struct tare_fabric *fabric, struct tare_fabric_job *job, uint32_t before)
{
	struct room calm = { .entry = address_of(nothing), .other_entry = address_of(nothing) };
	struct tare_fabric_job next = cores_job(run_kernel, &calm, 2);

	assert_int_equal(tare_fabric_abandoned(fabric), before + 1);
	assert_int_equal(job->abandoned, 1);
	tare_fabric_cancel(fabric);
	assert_int_equal(job->result, TARE_E_STALL);
	assert_int_equal(tare_fabric_submit(fabric, &next), 0);
	assert_ptr_equal(tare_fabric_run(fabric), &next);
	assert_int_equal(next.result, 0);
}

static void kernels_that_never_return_are_abandoned(void **state)
{
	const tare_kernel_fn endless[] = { hang, endless_yield };

	(void)state;
	for (size_t i = 0; i < TARE_COUNT(drives) && hangs_end(); i++) {
		struct tare_fabric *fabric = open_drive(i, 8 * MS);

		for (uint32_t k = 0; k < 4; k++) {
			struct room room = { .entry = address_of(endless[k % 2]) };
			struct tare_fabric_job job = cores_job(run_kernel_alone, &room, 1);

			assert_int_equal(tare_fabric_submit(fabric, &job), 0);
			assert_null(tare_fabric_run(fabric));
			assert_int_equal(job.running, 1);
			check_abandoned(fabric, &job, k);
		}
		tare_fabric_close(&fabric);
	}
}

static uint64_t no_code(uint64_t address)
{
	return address == 64 ? 0 : address;
}

static void kernels_at_no_address_are_abandoned(void **state)
{
	const struct tare_arch *arch = tare_arch(TARE_ARCH_A2A3);
	struct tare_fabric_config config = { .cores = arch->max_cores, .threads = 1,
		.register_block = arch->register_block, .workers = 1, .code_view = no_code };
	struct tare_fabric *fabric = NULL;
	struct room room = { .entry = 64 };
	struct tare_fabric_job job = cores_job(run_kernel_alone, &room, 1);

	(void)state;
	assert_int_equal(tare_fabric_open(&fabric, &config), 0);
	assert_int_equal(tare_fabric_submit(fabric, &job), 0);
	assert_null(tare_fabric_run(fabric));
	check_abandoned(fabric, &job, 0);
	tare_fabric_close(&fabric);
}

/* Ignores what wait says. */
static int stay(struct tare_device_port *port, void *args)
{
	do
		port->ops->wait(port);
	while (!args);
	return 0;
}

static void who_does_not_leave_is_left(void **state)
{
	(void)state;
	for (size_t i = 0; i < TARE_COUNT(drives); i++) {
		struct tare_fabric *fabric = open_drive(i, 0);
		struct tare_fabric_job job = cores_job(stay, NULL, 1);

		assert_int_equal(tare_fabric_submit(fabric, &job), 0);
		assert_null(tare_fabric_run(fabric));
		assert_int_equal(job.running, 3);
		tare_fabric_cancel(fabric);
		assert_int_equal(job.abandoned, 3);
		assert_int_equal(job.result, TARE_E_STALL);
		tare_fabric_close(&fabric);
	}
}

/* The host table, counted. */
static struct {
	uint32_t mappings_taken, mappings_given, threads_started, threads_joined;
} counted;

static int take(uint64_t size, void **mapping)
{
	counted.mappings_taken++;
	*mapping = aligned_alloc(65536, (size + 65535) / 65536 * 65536);
	memset(*mapping, 0, size);
	return 0;
}

static int give(void *mapping, uint64_t size)
{
	counted.mappings_given++;
	mprotect(mapping, (size + 4095) / 4096 * 4096, PROT_READ | PROT_WRITE);
	free(mapping);
	return 0;
}

static int start(void *(*run)(void *), void *cookie, void **thread)
{
	pthread_t id;

	counted.threads_started++;
	if (pthread_create(&id, NULL, run, cookie))
		return TARE_E_MEMORY;
	*thread = (void *)(uintptr_t)id;
	return 0;
}

static int join(void *thread)
{
	counted.threads_joined++;
	return pthread_join((pthread_t)(uintptr_t)thread, NULL);
}

static void a_launch_takes_nothing_that_the_first_did_not(void **state)
{
	const struct tare_arch *arch = tare_arch(TARE_ARCH_A5);

	(void)state;
	for (size_t i = 0; i < TARE_COUNT(drives); i++) {
		struct tare_fabric_config config = { .cores = arch->max_cores, .threads = 3,
			.register_block = arch->register_block, .driver = drives[i].driver, .workers = drives[i].workers,
			.host = { take, give, start, join } };
		struct room room = { .entry = address_of(nothing), .other_entry = address_of(nothing) };
		struct tare_fabric *fabric = NULL;
		uint32_t threads = 0;

		memset(&counted, 0, sizeof counted);
		assert_int_equal(tare_fabric_open(&fabric, &config), 0);
		for (int launch = 0; launch < 20; launch++) {
			struct tare_fabric_job job = cores_job(run_kernel, &room, 4);

			assert_int_equal(tare_fabric_submit(fabric, &job), 0);
			assert_ptr_equal(tare_fabric_run(fabric), &job);
			if (!launch)
				threads = counted.threads_started;
		}
		assert_int_equal(counted.threads_started, threads);
		assert_int_equal(counted.mappings_taken, 2);
		tare_fabric_close(&fabric);
		assert_int_equal(counted.mappings_given, 2);
		assert_int_equal(counted.threads_joined, threads);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_jobs_and_set_ups_are_refused),
		cmocka_unit_test(cores_answer_the_thread_that_hears_them),
		cmocka_unit_test(a_seed_is_an_order),
		cmocka_unit_test(kernels_that_wait_for_each_other_yield),
		cmocka_unit_test(kernels_that_never_return_are_abandoned),
		cmocka_unit_test(kernels_at_no_address_are_abandoned),
		cmocka_unit_test(who_does_not_leave_is_left),
		cmocka_unit_test(a_launch_takes_nothing_that_the_first_did_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
