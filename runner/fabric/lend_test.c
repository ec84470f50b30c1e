/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that runs somebody else's code, which does not come back, in each driver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <tare/object.h>
#include <tare/status.h>

#include "launch.h"

enum { MS = 1000000, BUDGET_NS = 2 * MS };

static const struct {
	enum tare_fabric_driver driver;
	uint32_t workers;
} drives[] = {
	{ TARE_FABRIC_RUN_POOL, 1 },
	{ TARE_FABRIC_RUN_POOL, 2 },
	{ TARE_FABRIC_RUN_SEEDED, 1 },
	{ TARE_FABRIC_RUN_PARKED, 1 },
};

/* Signals reach no code under ThreadSanitizer where it matters. */
static bool is_watched(void)
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

struct guest {
	tare_lend_fn run;
	struct tare_device_port *port;
	volatile uint32_t turns;
	uint32_t whole; /* of ours; how often it was begun and came to its end */
	int lent;       /* what lend said */
	uint32_t called, answered; /* the second thread, and by it, afterwards */
};

static void come_back(void *cookie, struct tare_lease *lease)
{
	struct guest *guest = cookie;

	lease->at = TARE_LEASE_THEIRS;
	guest->turns++;
}

static void stay(void *cookie, struct tare_lease *lease)
{
	struct guest *guest = cookie;

	lease->at = TARE_LEASE_THEIRS;
	for (;;)
		guest->turns++;
}

/* Nearly all of its time is ours, and half-way through nobody may be taken out of it. */
static void call_for_ever(void *cookie, struct tare_lease *lease)
{
	struct guest *guest = cookie;

	for (;;) {
		lease->at = TARE_LEASE_OURS;
		guest->whole++;
		for (uint32_t i = 0; i < 100000; i++)
			guest->turns++;
		guest->whole++;
		lease->at = TARE_LEASE_THEIRS;
		if (lease->overdue)
			guest->port->ops->recall(guest->port);
	}
}

static int host(struct tare_device_port *port, void *args)
{
	struct guest *guest = args;

	uint32_t *word = port->index ? &guest->called : &guest->answered;

	if (!port->index) {
		guest->port = port;
		guest->lent = port->ops->lend(port, guest->run, guest);
		__atomic_store_n(&guest->called, 1u, __ATOMIC_RELEASE);
		port->ops->ring(port, TARE_RING_THREAD(1));
	}
	while (!__atomic_load_n(word, __ATOMIC_ACQUIRE))
		if (port->ops->wait(port))
			return TARE_E_STALL;
	if (port->index) {
		__atomic_store_n(&guest->answered, 1u, __ATOMIC_RELEASE);
		port->ops->ring(port, TARE_RING_THREAD(0));
	}
	return 0;
}

static void lend_to(size_t drive, tare_lend_fn run, int wanted)
{
	struct tare_fabric *fabric = launch_fabric(tare_arch(TARE_ARCH_A5), drives[drive].driver, drives[drive].workers, 3,
		BUDGET_NS);

	for (uint32_t again = 0; again < 3; again++) {
		struct guest guest = { .run = run };
		struct tare_fabric_job job = { .entry = host, .args = &guest, .count = 2 };

		assert_int_equal(tare_fabric_submit(fabric, &job), 0);
		assert_ptr_equal(tare_fabric_run(fabric), &job);
		assert_int_equal(job.result, 0);
		assert_int_equal(guest.lent, wanted);
		assert_int_equal(guest.whole % 2, 0);
		assert_true(guest.turns > 0);
		assert_int_equal(tare_fabric_abandoned(fabric), 0);
	}
	tare_fabric_close(&fabric);
}

static void who_comes_back_is_let_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < TARE_COUNT(drives); i++)
		lend_to(i, come_back, 0);
}

static void who_stays_is_left_and_the_thread_goes_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < TARE_COUNT(drives) && is_watched(); i++)
		lend_to(i, stay, TARE_E_STALL);
}

static void who_is_in_code_of_ours_is_left_when_it_is_through(void **state)
{
	(void)state;
	for (size_t i = 0; i < TARE_COUNT(drives) && is_watched(); i++)
		lend_to(i, call_for_ever, TARE_E_STALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_comes_back_is_let_in),
		cmocka_unit_test(who_stays_is_left_and_the_thread_goes_on),
		cmocka_unit_test(who_is_in_code_of_ours_is_left_when_it_is_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
