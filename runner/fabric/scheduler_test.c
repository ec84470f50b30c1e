/* SPDX-License-Identifier: Apache-2.0 */
/* Real graphs through the device programs, linked in so that the sanitizers see them, on every driver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <tare/object.h>
#include <tare/status.h>

#include "test_programs.h"

static void check_run(struct launch *launch, struct tare_fabric *fabric, uint32_t block_dim, uint32_t threads)
{
	launch_submit(launch, fabric, block_dim, threads);
	assert_int_equal(launch_run(launch, fabric), 0);
	assert_int_equal(launch->image.error, 0);
	assert_int_equal(launch->image.completed, launch->image.task_count);
	assert_int_equal(launch_first_wrong(launch), launch->image.task_count);
	assert_true(launch->wall > 0 && launch->wall < UINT64_MAX);
	for (uint32_t i = 0; i < block_dim * 3; i++) {
		const uint32_t *word = (const uint32_t *)(uintptr_t)(launch->table[i] + launch->arch->data_main_base);

		assert_int_equal(*word, TARE_MAIN_IDLE);
	}
}

static void check_shapes(struct launch *launch, struct tare_fabric *fabric)
{
	const uint32_t full = launch->arch->max_block_dim;
	const uint32_t blocks[] = { 1, 3, full };

	for (size_t b = 0; b < TARE_COUNT(blocks); b++)
		for (uint32_t threads = 1; threads <= launch->arch->max_aicpu_threads; threads++)
			check_run(launch, fabric, blocks[b], threads);
}

static void build(struct launch *launch, int shape)
{
	const struct tare_arch *arch = tare_arch(TARE_ARCH_A5);

	launch_open(launch, arch, test_programs, 256, 4096);
	if (shape == 0)
		launch_chain(launch, 40);
	else if (shape == 1)
		launch_fan(launch, 120);
	else if (shape == 2)
		launch_diamond(launch, 4, 30);
	else if (shape > 3)
		launch_random(launch, 150, (uint64_t)shape);
}

static void every_graph_in_order_on(const struct drive *drive)
{
	struct tare_fabric *fabric = launch_fabric(tare_arch(TARE_ARCH_A5), drive->driver, drive->workers, drive->seed, 0);

	for (int shape = 0; shape < 7; shape++) { /* 3 is the empty graph */
		struct launch launch;

		build(&launch, shape);
		launch.work = drive->workers > 1 ? 5000 : 0;
		check_shapes(&launch, fabric);
		launch_close(&launch);
	}
	tare_fabric_close(&fabric);
	assert_null(fabric);
}

static void graphs_pool(void **state)
{
	(void)state;
	every_graph_in_order_on(&test_drives[DRIVE_POOL]);
}

static void graphs_two_workers(void **state)
{
	(void)state;
	every_graph_in_order_on(&test_drives[DRIVE_WORKERS]);
}

static void graphs_seeded(void **state)
{
	(void)state;
	every_graph_in_order_on(&test_drives[DRIVE_SEEDED]);
	every_graph_in_order_on(&test_drives[DRIVE_SEEDED_OTHERWISE]);
}

static void graphs_parked(void **state)
{
	(void)state;
	every_graph_in_order_on(&test_drives[DRIVE_PARKED]);
}

/* A task whose count never drops: nothing can run, and the fabric knows. */
static void deadlock_is_found_and_forgotten(void **state)
{
	(void)state;
	for (size_t i = 0; i < DRIVES; i++) {
		struct tare_fabric *fabric = launch_fabric(tare_arch(TARE_ARCH_A5), test_drives[i].driver, test_drives[i].workers,
			test_drives[i].seed, 0);
		struct launch launch;

		build(&launch, 0);
		launch.fanin[20]++;
		for (uint32_t threads = 1; threads <= 7; threads += 3) {
			launch_submit(&launch, fabric, 3, threads);
			assert_null(tare_fabric_run(fabric));
			assert_int_equal(launch.exec.running > 0, 1);
			tare_fabric_cancel(fabric);
			assert_int_equal(launch.exec.result, TARE_E_STALL);
			assert_int_equal(launch.cores.result, TARE_E_STALL);
			assert_int_equal(launch.image.error, TARE_E_STALL);
			assert_int_equal(launch.image.completed, 20);
			assert_int_equal(launch.exec.running + launch.cores.running, 0);
			assert_null(tare_fabric_run(fabric));
		}
		launch.fanin[20]--;
		check_run(&launch, fabric, 3, 3);
		assert_int_equal(tare_fabric_abandoned(fabric), 0);
		launch_close(&launch);
		tare_fabric_close(&fabric);
	}
}

static void failed_handshake_leaves_the_next_launch_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < DRIVES; i++) {
		struct tare_fabric *fabric = launch_fabric(tare_arch(TARE_ARCH_A5), test_drives[i].driver, test_drives[i].workers,
			test_drives[i].seed, 0);
		struct launch launch;

		build(&launch, 2);
		for (uint32_t threads = 1; threads <= 7; threads += 2) {
			launch.program.aiv = test_lying_core;
			launch_submit(&launch, fabric, 3, threads);
			assert_int_equal(launch_run(&launch, fabric), TARE_E_FAILED);
			assert_int_equal(launch.image.error, TARE_E_FAILED);
			assert_int_equal(launch.image.error_worker, 4);
			assert_int_equal(launch.image.completed, 0);
			launch.program.aiv = aicore_kernel_0_mix_aiv;
			check_run(&launch, fabric, 3, threads);
		}
		launch_close(&launch);
		tare_fabric_close(&fabric);
	}
}

static void broken_edges_end_the_launch_with_an_error(void **state)
{
	struct tare_fabric *fabric = launch_fabric(tare_arch(TARE_ARCH_A5), TARE_FABRIC_RUN_POOL, 1, 0, 0);
	struct launch launch;

	(void)state;
	for (uint32_t threads = 1; threads <= 3; threads++) {
		build(&launch, 0);
		launch.edges[5].to = 100000;
		launch_submit(&launch, fabric, 3, threads);
		assert_int_equal(launch_run(&launch, fabric), TARE_E_FAILED);
		launch.edges[5].to = 6;
		launch.fanin[6] = 0; /* ready at once, and then counted down below nothing */
		launch_submit(&launch, fabric, 3, threads);
		assert_int_equal(launch_run(&launch, fabric), TARE_E_FAILED);
		launch.fanin[6] = 1;
		check_run(&launch, fabric, 3, threads);
		launch_close(&launch);
	}
	tare_fabric_close(&fabric);
}

static void image_of_another_revision_is_refused(void **state)
{
	struct tare_fabric *fabric = launch_fabric(tare_arch(TARE_ARCH_A5), TARE_FABRIC_RUN_POOL, 1, 0, 0);
	struct launch launch;

	(void)state;
	build(&launch, 0);
	launch_submit(&launch, fabric, 1, 1);
	launch.image.revision++;
	assert_int_equal(launch_run(&launch, fabric), TARE_E_FAILED);
	assert_int_equal(launch.image.error, TARE_E_FAILED);
	check_run(&launch, fabric, 1, 1);
	launch_close(&launch);
	tare_fabric_close(&fabric);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(graphs_pool),
		cmocka_unit_test(graphs_two_workers),
		cmocka_unit_test(graphs_seeded),
		cmocka_unit_test(graphs_parked),
		cmocka_unit_test(deadlock_is_found_and_forgotten),
		cmocka_unit_test(failed_handshake_leaves_the_next_launch_alone),
		cmocka_unit_test(broken_edges_end_the_launch_with_an_error),
		cmocka_unit_test(image_of_another_revision_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
