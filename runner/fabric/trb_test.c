/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs that are found on the device, through the programs linked in so that the sanitizers see them, on every driver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tare/object.h>
#include <tare/status.h>

#include "coroutine.h"
#include "test_programs.h"
#include "trb_launch.h"
#include "trb_scenes.h"

static const struct tare_trb_capacity plenty = { 65536, 256, 256, 256, 0 };
static const struct tare_trb_capacity tight = { 4096, 4, 4, 16, 0 };

static struct trb_launch l;
static float a[64], b[64], f[64];
static uint64_t marks[MARKS];

static void begin(const struct drive *drive, const struct tare_trb_capacity *capacity, uint64_t budget_ns)
{
	trb_open(&l, test_programs, capacity, drive->driver, drive->workers, drive->seed, budget_ns);
	scene_kernels(l.kernels);
	for (uint32_t i = 0; i < 64; i++) {
		a[i] = 2;
		b[i] = 3;
	}
	trb_arg(&l, a, 64);
	trb_arg(&l, b, 64);
	trb_arg(&l, f, 64);
	l.args.scalars[0] = (uintptr_t)marks;
	l.args.scalar_count = 2;
}

static void assert_cores_left(uint32_t block_dim)
{
	for (uint32_t i = 0; i < block_dim * 3; i++) {
		const uint32_t *word = (const uint32_t *)(uintptr_t)(l.table[i] + l.arch->data_main_base);

		assert_int_equal(*word, TARE_MAIN_IDLE);
	}
}

static void run_well(const struct trb_object *object, uint32_t block_dim, uint32_t threads)
{
	l.registration++; /* another object */
	memset(f, 0, sizeof f);
	memset(marks, 0, sizeof marks);
	if (trb_run(&l, object, 0, block_dim, threads))
		fail_msg("%d of %s, %u blocks, %u threads", tare_trb_status_code(&l.image->status), l.image->status.detail,
			block_dim, threads);
	assert_int_equal(l.image->status.completed, l.image->status.submitted);
	assert_true(l.wall > 0 && l.wall < UINT64_MAX);
	assert_cores_left(block_dim);
}

static void check_vector(uint32_t block_dim, uint32_t threads)
{
	run_well(&scene_vector, block_dim, threads);
	assert_int_equal(l.image->status.submitted, 5);
	for (uint32_t i = 0; i < 64; i++)
		assert_true(f[i] == 47);
}

/* Each block of each kernel once, on the lane that is its. */
static void check_mix(uint32_t block_dim, uint32_t threads)
{
	run_well(&scene_mix, block_dim, threads);
	for (uint32_t i = 0; i < 96; i++)
		for (uint32_t lane = 0; lane < 3; lane++)
			assert_int_equal(marks[i * 3 + lane], 0x100 * 96 + (lane == 0 ? 1 : lane == 1 ? 0x10 : 0x1010));
}

static void check_together(uint32_t block_dim, uint32_t threads)
{
	l.args.scalars[1] = block_dim;
	run_well(&scene_together, block_dim, threads);
	assert_int_equal(marks[MEETINGS + 0], block_dim);
	assert_int_equal(marks[MEETINGS + 1], 2 * block_dim);
	assert_int_equal(marks[MEETINGS + 2], 2 * block_dim);
}

static void every_scene_on(const struct drive *drive, uint32_t step)
{
	static const uint32_t blocks[] = { 1, 3, 24, 36 };

	begin(drive, &plenty, 0);
	for (uint32_t i = 0; i < TARE_COUNT(blocks); i++) {
		for (uint32_t threads = 1; threads <= 7; threads += step) {
			check_vector(blocks[i], threads);
			run_well(&scene_empty, blocks[i], threads);
			assert_int_equal(l.image->status.submitted, 0);
			check_mix(blocks[i], threads);
			check_together(blocks[i], threads);
		}
	}
	assert_int_equal(l.opens, l.closes + 1);
	trb_close(&l);
}

static void scenes_pool(void **state)
{
	(void)state;
	every_scene_on(&test_drives[DRIVE_POOL], 1);
}

static void scenes_three_workers(void **state)
{
	(void)state;
	every_scene_on(&test_drives[DRIVE_WORKERS], 2);
}

static void scenes_seeded(void **state)
{
	(void)state;
	every_scene_on(&test_drives[DRIVE_SEEDED], 2);
	every_scene_on(&test_drives[DRIVE_SEEDED_OTHERWISE], 3);
}

static void scenes_parked(void **state)
{
	(void)state;
	every_scene_on(&test_drives[DRIVE_PARKED], 3);
}

/* 1,000 tasks, three of a window of four at most at once, each upon the one before. */
static void small_window(void **state)
{
	(void)state;
	for (size_t i = 0; i < DRIVES; i++) {
		begin(&test_drives[i], &tight, 0);
		for (uint32_t threads = 1; threads <= 4; threads++) {
			run_well(&scene_chain, 3, threads);
			assert_int_equal(marks[0], 1000);
			assert_int_equal(l.image->status.submitted, 1000);
		}
		trb_close(&l);
	}
}

static void orchestration_that_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < DRIVES; i++) {
		begin(&test_drives[i], &plenty, 0);
		for (uint32_t threads = 1; threads <= 4; threads++) {
			l.registration++;
			assert_int_equal(trb_run(&l, &scene_fatal, 0, 3, threads), -TARE_TRB_EXPLICIT_ORCH_FATAL);
			assert_string_equal(l.image->status.detail, "seven is not 8");
			assert_cores_left(3);
			check_vector(3, threads);
		}
		trb_close(&l);
	}
}

/* L4, L6: it is said, nothing hangs, and the same registration works with enough of them. */
static void too_few_arguments(void **state)
{
	(void)state;
	begin(&test_drives[DRIVE_POOL], &plenty, 0);
	for (uint32_t threads = 1; threads <= 4; threads++) {
		l.args.scalar_count = 1;
		assert_int_equal(trb_run(&l, &scene_counted, 7, 3, threads), -TARE_TRB_INVALID_ARGS);
		assert_string_equal(l.image->status.detail, "the orchestration expects 5 arguments, the launch has 4");
		assert_int_equal(l.image->status.opened, TARE_TRB_OPENED);
		l.args.scalar_count = 2;
		assert_int_equal(trb_run(&l, &scene_counted, 7, 3, threads), 0);
		assert_int_equal(l.image->status.opened, TARE_TRB_KNOWN);
		l.registration++;
	}
	assert_int_equal(l.opens, 4);
	trb_close(&l);
}

static void objects_are_opened_once(void **state)
{
	(void)state;
	begin(&test_drives[DRIVE_POOL], &plenty, 0);
	l.refuses = true;
	assert_int_equal(trb_run(&l, &scene_vector, 63, 3, 3), TARE_E_IMAGE);
	assert_int_equal(l.image->status.opened, TARE_TRB_OPEN_FAILED);
	assert_string_equal(l.image->status.detail, "the orchestration's object was not opened");
	for (int i = 0; i < 3; i++)
		assert_int_equal(trb_run(&l, &scene_vector, 63, 3, 3), 0);
	assert_int_equal(trb_run(&l, &scene_empty, 2, 3, 3), 0);
	assert_int_equal(l.opens, 2);
	assert_int_equal(trb_run_close(&l, simpler_aicpu_close, 63), 0);
	assert_int_equal(trb_run_close(&l, simpler_aicpu_close, 63), 0);
	assert_int_equal(trb_run_close(&l, simpler_aicpu_close, 2), 0);
	assert_int_equal(l.closes, 2);
	assert_int_equal(trb_run(&l, &scene_vector, 63, 3, 1), 0);
	l.registration++;
	assert_int_equal(trb_run(&l, &scene_nameless, 63, 3, 1), TARE_E_NOT_FOUND);
	assert_int_equal(l.objects[63].registration, 0);
	assert_int_equal(l.opens, l.closes);
	trb_close(&l);
}

static void kernel_that_hangs(void **state)
{
	(void)state;
#ifdef TARE__WITH_TSAN
	skip(); /* there is no watch then, and the kernel would hang indeed */
#endif
	for (size_t i = 0; i < DRIVES; i++) {
		for (uint32_t threads = 1; threads <= 3; threads++) {
			begin(&test_drives[i], &plenty, 20000000);
			assert_int_equal(trb_run(&l, &scene_hang, 0, 3, threads), -TARE_TRB_SCHEDULER_TIMEOUT);
			assert_int_equal(l.image->status.sched_error, TARE_TRB_SCHEDULER_TIMEOUT);
			assert_int_equal(l.image->status.stall, TARE_TRB_STALL_RUNNING);
			assert_int_equal(tare_fabric_abandoned(l.fabric), 1);
			assert_int_equal(trb_run(&l, &scene_hang_read, 1, 3, threads), -TARE_TRB_TENSOR_WAIT_TIMEOUT);
			trb_close(&l);
		}
	}
}

static void refused_core_leaves_the_next_launch_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < DRIVES; i++) {
		begin(&test_drives[i], &plenty, 0);
		for (uint32_t threads = 1; threads <= 4; threads++) {
			l.program.aiv = test_lying_core;
			assert_int_equal(trb_run(&l, &scene_vector, 0, 3, threads), TARE_E_FAILED);
			assert_int_equal(l.image->status.error_worker, 4);
			l.program.aiv = aicore_kernel_0_mix_aiv;
			check_vector(3, threads);
		}
		trb_close(&l);
	}
}

static void image_that_nobody_understands(void **state)
{
	struct tare_trb_capacity odd = plenty;

	(void)state;
	begin(&test_drives[DRIVE_POOL], &plenty, 0);
	odd.task_window = 5;
	l.capacity = odd;
	assert_int_equal(trb_run(&l, &scene_vector, 0, 1, 1), TARE_E_FAILED);
	l.capacity = plenty;
	check_vector(1, 1);
	trb_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scenes_pool),
		cmocka_unit_test(scenes_three_workers),
		cmocka_unit_test(scenes_seeded),
		cmocka_unit_test(scenes_parked),
		cmocka_unit_test(small_window),
		cmocka_unit_test(orchestration_that_fails),
		cmocka_unit_test(too_few_arguments),
		cmocka_unit_test(objects_are_opened_once),
		cmocka_unit_test(kernel_that_hangs),
		cmocka_unit_test(refused_core_leaves_the_next_launch_alone),
		cmocka_unit_test(image_that_nobody_understands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
