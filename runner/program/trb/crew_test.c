/* SPDX-License-Identifier: Apache-2.0 */
/* Clusters and what goes where: against a small model of lanes, and the numbers of the registers. */
#include "test_world.h"

#include "crew.h"

static void clusters_are_dealt_out_once(void **state)
{
	(void)state;
	for (uint32_t threads = 1; threads <= 6; threads++) {
		uint64_t all = 0;

		for (uint32_t thread = 0; thread < threads; thread++) {
			struct tare__trb_bench bench;

			tare__trb_bench_open(&bench, 36, thread, threads);
			assert_true((all & bench.own) == 0);
			all |= bench.own;
		}
		assert_true(all == (1ull << 36) - 1);
	}
}

static void workers_and_lanes_are_each_others_inverse(void **state)
{
	uint32_t cluster, lane;

	(void)state;
	for (uint32_t worker = 0; worker < 108; worker++) {
		tare__trb_lane(36, worker, &cluster, &lane);
		assert_int_equal(tare__trb_worker(36, cluster, lane), worker);
		assert_true(cluster < 36 && lane < 3);
	}
	assert_int_equal(tare__trb_worker(36, 5, 2), 36 + 11);
}

static void whole_clusters_are_kept_for_those_who_need_them(void **state)
{
	struct tare__trb_bench bench;
	struct tare__trb_seat seat;

	(void)state;
	tare__trb_bench_open(&bench, 3, 0, 1);
	assert_true(tare__trb_bench_take(&bench, TARE__TRB_AIV, 2, false, &seat));
	assert_true(tare__trb_bench_take(&bench, TARE__TRB_AIV, 2, false, &seat));
	assert_int_equal(seat.cluster, 0);
	assert_int_equal(seat.mask, TARE__TRB_LANE_AIV1);
	assert_int_equal(tare__trb_bench_idle(&bench, TARE__TRB_MIX), 2);
	assert_int_equal(tare__trb_bench_idle(&bench, TARE__TRB_AIC), 3);
	assert_int_equal(tare__trb_bench_idle(&bench, TARE__TRB_AIV), 4);
	assert_true(tare__trb_bench_take(&bench, TARE__TRB_MIX, 7, false, &seat));
	assert_int_equal(seat.cluster, 1);
	assert_true(tare__trb_bench_take(&bench, TARE__TRB_MIX, 6, false, &seat));
	assert_false(tare__trb_bench_take(&bench, TARE__TRB_MIX, 6, false, &seat));
	assert_false(tare__trb_bench_take(&bench, TARE__TRB_MIX, 6, true, &seat)); /* nobody has begun what it was given */
	tare__trb_bench_began(&bench, seat.cluster, 1);
	tare__trb_bench_began(&bench, seat.cluster, 2);
	assert_true(tare__trb_bench_take(&bench, TARE__TRB_MIX, 6, true, &seat));
	assert_false(tare__trb_bench_is_free(&bench));
}

struct model {
	uint32_t running, waiting;
};

/* Never more than one runs and one waits in a lane; what is refused really has no room. */
static void a_lane_holds_two_at_most(void **state)
{
	static const uint32_t masks[] = { 1, 2, 3, 5, 6, 7 };
	struct tare__trb_bench bench;
	struct model model[36][3] = { { { 0, 0 } } };

	(void)state;
	tare__trb_bench_open(&bench, 36, 1, 2);
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t mask = masks[toy_random(&w.toy, TARE_COUNT(masks))];
		uint32_t shape = mask == 1 ? TARE__TRB_AIC : mask == 2 ? TARE__TRB_AIV : TARE__TRB_MIX;
		uint32_t cluster = (uint32_t)toy_random(&w.toy, 36), lane = (uint32_t)toy_random(&w.toy, 3);
		bool half = toy_random(&w.toy, 2);
		struct tare__trb_seat seat;

		if (toy_random(&w.toy, 5) < 2 && tare__trb_bench_take(&bench, shape, mask, half, &seat)) {
			assert_true(seat.cluster % 2 == 1);
			for (uint32_t k = 0; k < 3; k++) {
				struct model *here = &model[seat.cluster][k];

				if (!(seat.mask & 1u << k))
					continue;
				assert_true(!here->waiting && (half || !here->running));
				here->waiting = 1;
			}
		} else if (model[cluster][lane].waiting && toy_random(&w.toy, 2)) {
			tare__trb_bench_began(&bench, cluster, lane);
			model[cluster][lane] = (struct model){ 1, 0 };
		} else if (model[cluster][lane].running) {
			tare__trb_bench_ended(&bench, cluster, lane);
			model[cluster][lane].running = 0;
		}
	}
	for (uint32_t i = 1; i < 36; i += 2)
		for (uint32_t lane = 0; lane < 3; lane++)
			assert_int_equal(bench.running[lane] >> i & 1, model[i][lane].running);
}

static void dispatch_ids_take_turns_and_skip_the_registers_own(void **state)
{
	(void)state;
	assert_int_equal(tare__trb_next_dispatch(7), 8);
	assert_int_equal(tare__trb_next_dispatch(TARE_MAIN_EXIT - 2), TARE_MAIN_EXIT - 1);
	assert_int_equal(tare__trb_next_dispatch(TARE_MAIN_EXIT - 1), 0);
	assert_int_equal((TARE_MAIN_EXIT - 1) & 1, 1);
}

static void a_payload_holds_what_a_kernel_is_promised(void **state)
{
	static struct tare_trb_payload payload;
	const struct tare_trb_kernels kernels = { -1, -1, 2 };
	const struct tare_trb_tensor *tensor;
	const struct tare_trb_local *local;
	uint32_t place;

	(void)state;
	w.toy.kernels[2] = 0x1234;
	tare_trb_add_input(&w.arg, &w.x);
	tare_trb_add_scalar(&w.arg, 99);
	w.arg.spec.block_count = 4;
	tare__trb_submit(w.trb, &kernels, &w.arg);
	place = tare__trb_take(w.trb, TARE__TRB_AIV);
	assert_true(place != TARE__TRB_NONE);
	tare__trb_payload_write(w.trb, place, 3, 2, &payload);
	assert_int_equal(payload.code, 0x1234);
	tensor = (const struct tare_trb_tensor *)(uintptr_t)payload.args[0];
	assert_true(tensor->buffer == w.x.buffer);
	assert_int_equal(payload.args[1], 99);
	local = (const struct tare_trb_local *)(uintptr_t)payload.args[48];
	assert_int_equal(local->block_index, 3);
	assert_int_equal(local->block_count, 4);
	assert_int_equal(((const struct tare_trb_global *)(uintptr_t)payload.args[49])->sub_block, 1);
	tare__trb_put(w.trb, place);
	assert_int_equal(toy_finish(&w.toy), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_small, close_world)
	const struct CMUnitTest tests[] = {
		CASE(clusters_are_dealt_out_once), CASE(workers_and_lanes_are_each_others_inverse),
		CASE(whole_clusters_are_kept_for_those_who_need_them), CASE(a_lane_holds_two_at_most),
		CASE(dispatch_ids_take_turns_and_skip_the_registers_own), CASE(a_payload_holds_what_a_kernel_is_promised),
	};
#undef CASE

	return cmocka_run_group_tests(tests, NULL, NULL);
}
