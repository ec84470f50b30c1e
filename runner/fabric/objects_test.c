/* SPDX-License-Identifier: Apache-2.0 */
/* What AICPU code got with the second revision: one thread is rung alone, and objects are opened by whoever runs the fabric. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tare/object.h>
#include <tare/status.h>

#include "launch.h"

struct room {
	uint32_t passed[TARE_MAX_AICPU_THREADS];
	int opened, found, closed;
	uint64_t object, address;
	char name[16];
	uint32_t open; /* objects */
};

static int open_object(void *cookie, const char *name, const void *bytes, uint64_t size, uint64_t *object)
{
	struct room *room = cookie;

	if (size != 3 || memcmp(bytes, "abc", 3) != 0)
		return TARE_E_IMAGE;
	strncpy(room->name, name, sizeof room->name - 1);
	room->open++;
	*object = 7;
	return TARE_OK;
}

static int find_symbol(void *cookie, uint64_t object, const char *name, uint64_t *address)
{
	(void)cookie;
	*address = object * 2;
	return strcmp(name, "entry") ? TARE_E_NOT_FOUND : TARE_OK;
}

static int close_object(void *cookie, uint64_t object)
{
	struct room *room = cookie;

	room->open -= object == 7;
	return TARE_OK;
}

static int use_objects(struct tare_device_port *port, void *args)
{
	struct room *room = args;

	room->opened = port->ops->object_open(port, "mine", "abc", 3, &room->object);
	room->found = port->ops->object_symbol(port, room->object, "entry", &room->address);
	room->closed = port->ops->object_close(port, room->object);
	return 0;
}

/* Each thread wakes the next, and no other. */
static int pass_on(struct tare_device_port *port, void *args)
{
	struct room *room = args;

	while (port->index && !__atomic_load_n(&room->passed[port->index - 1], __ATOMIC_ACQUIRE))
		if (port->ops->wait(port))
			return TARE_E_STALL;
	__atomic_store_n(&room->passed[port->index], 1u, __ATOMIC_RELEASE);
	port->ops->ring(port, TARE_RING_THREAD(port->index + 1)); /* behind the last: nobody */
	return 0;
}

static struct tare_fabric *open_fabric(struct room *room, enum tare_fabric_driver driver, uint32_t workers, bool objects)
{
	const struct tare_arch *arch = tare_arch(TARE_ARCH_A5);
	struct tare_fabric_config config = { .cores = arch->max_cores, .threads = arch->max_aicpu_threads,
		.register_block = arch->register_block, .driver = driver, .workers = workers, .seed = 3 };
	struct tare_fabric *fabric = NULL;

	if (objects)
		config.objects = (struct tare_fabric_objects){ room, open_object, find_symbol, close_object };
	assert_int_equal(tare_fabric_open(&fabric, &config), 0);
	return fabric;
}

static void run_job(struct tare_fabric *fabric, tare_device_entry_fn entry, struct room *room, uint32_t count)
{
	struct tare_fabric_job job = { .entry = entry, .args = room, .count = count };

	assert_int_equal(tare_fabric_submit(fabric, &job), 0);
	assert_ptr_equal(tare_fabric_run(fabric), &job);
	assert_int_equal(job.result, 0);
}

static const struct { enum tare_fabric_driver driver; uint32_t workers; } drives[] = {
	{ TARE_FABRIC_RUN_POOL, 1 }, { TARE_FABRIC_RUN_POOL, 2 }, { TARE_FABRIC_RUN_SEEDED, 1 }, { TARE_FABRIC_RUN_PARKED, 1 },
};

static void objects_are_opened_by_the_caller(void **state)
{
	(void)state;
	for (size_t i = 0; i < TARE_COUNT(drives); i++) {
		struct room room = { 0 };
		struct tare_fabric *fabric = open_fabric(&room, drives[i].driver, drives[i].workers, true);

		run_job(fabric, use_objects, &room, 1);
		assert_int_equal(room.opened, TARE_OK);
		assert_int_equal(room.found, TARE_OK);
		assert_int_equal(room.address, 14);
		assert_int_equal(room.open, 0);
		assert_string_equal(room.name, "mine");
		tare_fabric_close(&fabric);
		fabric = open_fabric(&room, drives[i].driver, drives[i].workers, false);
		run_job(fabric, use_objects, &room, 1);
		assert_int_equal(room.opened, TARE_E_UNSUPPORTED);
		assert_int_equal(room.found, TARE_E_UNSUPPORTED);
		assert_int_equal(room.closed, TARE_E_UNSUPPORTED);
		tare_fabric_close(&fabric);
	}
}

static void one_thread_is_rung_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < TARE_COUNT(drives); i++) {
		struct room room = { 0 };
		struct tare_fabric *fabric = open_fabric(&room, drives[i].driver, drives[i].workers, false);

		run_job(fabric, pass_on, &room, TARE_MAX_AICPU_THREADS);
		for (uint32_t k = 0; k < TARE_MAX_AICPU_THREADS; k++)
			assert_int_equal(room.passed[k], 1);
		tare_fabric_close(&fabric);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_opened_by_the_caller),
		cmocka_unit_test(one_thread_is_rung_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
