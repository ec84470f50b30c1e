/* SPDX-License-Identifier: Apache-2.0 */
/* Code that knows no port: it polls, beside entities of ours that wait, and sometimes it never ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <tare/object.h>
#include <tare/status.h>

#include "launch.h"

#define LOAD(word)         __atomic_load_n((word), __ATOMIC_ACQUIRE)
#define STORE(word, value) __atomic_store_n((word), (value), __ATOMIC_RELEASE)

enum { MS = 1000000 };

#if defined(__SANITIZE_THREAD__)
static const bool watched = false; /* it delivers no signal there */
#else
static const bool watched = true;
#endif

struct room {
	uint32_t turn; /* the foreign side is there */
	uint32_t stop; /* and may go */
};

static struct tare_fabric *open_fabric(enum tare_fabric_driver driver, uint32_t workers, uint64_t budget_ns)
{
	return launch_fabric(tare_arch(TARE_ARCH_A5), driver, workers, 3, budget_ns);
}

static int foreign_thread(void *args)
{
	struct room *room = args;

	STORE(&room->turn, 1u);
	while (!LOAD(&room->stop))
		continue;
	return 5;
}

static int native_partner(struct tare_device_port *port, void *args)
{
	struct room *room = args;

	if (port->index)
		return 0;
	while (!LOAD(&room->turn))
		if (port->ops->wait(port))
			return TARE_E_STALL;
	STORE(&room->stop, 1u);
	return 0;
}

static tare_device_entry_fn foreign_entry(int (*entry)(void *))
{
	return (tare_device_entry_fn)(void (*)(void))entry;
}

static void foreign_code_may_poll(void **state)
{
	static const struct {
		enum tare_fabric_driver driver;
		uint32_t workers;
	} drives[] = { { TARE_FABRIC_RUN_POOL, 1 }, { TARE_FABRIC_RUN_POOL, 2 }, { TARE_FABRIC_RUN_SEEDED, 1 },
		{ TARE_FABRIC_RUN_PARKED, 1 } };

	(void)state;
	for (size_t i = 0; i < TARE_COUNT(drives); i++) {
		struct tare_fabric *fabric = open_fabric(drives[i].driver, drives[i].workers, 60000ull * MS);
		struct room room = { .turn = 0 };
		struct tare_fabric_job foreign = { .foreign = true, .entry = foreign_entry(foreign_thread),
			.args = &room, .count = 2 };
		struct tare_fabric_job native = { .on_cores = true, .entry = native_partner,
			.entry_aiv = native_partner, .args = &room, .count = 1 };

		assert_int_equal(tare_fabric_submit(fabric, &foreign), 0);
		assert_int_equal(tare_fabric_submit(fabric, &native), 0);
		assert_non_null(tare_fabric_run(fabric));
		assert_non_null(tare_fabric_run(fabric));
		assert_null(tare_fabric_run(fabric));
		assert_int_equal(foreign.result, 5);
		assert_int_equal(native.result, 0);
		tare_fabric_close(&fabric);
	}
}

static void foreign_code_that_never_ends_is_given_up(void **state)
{
	struct tare_fabric *fabric = open_fabric(TARE_FABRIC_RUN_POOL, 1, 200 * MS);
	struct room room = { .turn = 0 };
	struct tare_fabric_job foreign = { .foreign = true, .entry = foreign_entry(foreign_thread),
		.args = &room, .count = 1 };
	int rc;

	(void)state;
	assert_int_equal(tare_fabric_submit(fabric, &foreign), 0);
	assert_null(tare_fabric_run(fabric));
	tare_fabric_cancel(fabric);
	assert_int_equal(foreign.abandoned, 1);
	assert_int_equal(foreign.result, TARE_E_STALL);
	rc = tare_fabric_submit(fabric, &foreign);
	if (!watched) { /* nobody could take it out: it lives on, and ends after all */
		assert_int_equal(rc, TARE_E_POISONED);
		STORE(&room.stop, 1u);
		do
			rc = tare_fabric_submit(fabric, &foreign);
		while (rc == TARE_E_POISONED);
	}
	assert_int_equal(rc, 0);
	STORE(&room.stop, 1u);
	assert_ptr_equal(tare_fabric_run(fabric), &foreign);
	tare_fabric_close(&fabric);
}

/* On a core an entry returns nothing, so what is left in the register is no error. */
static void a_foreign_core_returns_nothing(void **state)
{
	struct tare_fabric *fabric = open_fabric(TARE_FABRIC_RUN_POOL, 1, 60000ull * MS);
	struct room room = { .stop = 1 };
	struct tare_fabric_job foreign = { .foreign = true, .on_cores = true, .entry = foreign_entry(foreign_thread),
		.entry_aiv = foreign_entry(foreign_thread), .args = &room, .count = 1 };

	(void)state;
	assert_int_equal(tare_fabric_submit(fabric, &foreign), 0);
	assert_ptr_equal(tare_fabric_run(fabric), &foreign);
	assert_int_equal(foreign.result, 0);
	tare_fabric_close(&fabric);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(foreign_code_may_poll),
		cmocka_unit_test(foreign_code_that_never_ends_is_given_up),
		cmocka_unit_test(a_foreign_core_returns_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
