/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"

enum { AIC, AIV0, AIV1 };

/* Where the processor's oldest model has no instruction for it, the builtin calls a function, and nothing is imported. */
static uint32_t count(uint64_t bits)
{
	bits -= bits >> 1 & 0x5555555555555555u;
	bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
	bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
	return (uint32_t)(bits * 0x0101010101010101u >> 56);
}

static uint64_t free_in(const struct tare__trb_bench *bench, uint32_t lane)
{
	return bench->own & ~bench->running[lane] & ~bench->waiting[lane];
}

void tare__trb_bench_open(struct tare__trb_bench *bench, uint32_t clusters, uint32_t thread, uint32_t threads)
{
	*bench = (struct tare__trb_bench){ .own = 0 };
	for (uint32_t cluster = thread; cluster < clusters; cluster += threads)
		bench->own |= 1ull << cluster;
}

uint32_t tare__trb_bench_idle(const struct tare__trb_bench *bench, uint32_t shape)
{
	if (shape == TARE__TRB_AIC)
		return count(free_in(bench, AIC));
	if (shape == TARE__TRB_AIV)
		return count(free_in(bench, AIV0)) + count(free_in(bench, AIV1));
	return count(free_in(bench, AIC) & free_in(bench, AIV0) & free_in(bench, AIV1));
}

static uint64_t room_in(const struct tare__trb_bench *bench, uint32_t lane, bool half)
{
	return half ? bench->own & ~bench->waiting[lane] : free_in(bench, lane);
}

uint32_t tare__trb_bench_room(const struct tare__trb_bench *bench, uint32_t shape, bool half)
{
	if (shape == TARE__TRB_AIC)
		return count(room_in(bench, AIC, half));
	return count(room_in(bench, AIV0, half)) + count(room_in(bench, AIV1, half));
}

/* Clusters whose lanes of the mask are all free; with `half`, none of them full. */
static uint64_t fitting(const struct tare__trb_bench *bench, uint32_t mask, bool half)
{
	uint64_t fit = bench->own;

	for (uint32_t lane = 0; lane < TARE__TRB_LANES; lane++)
		if (mask & 1u << lane)
			fit &= room_in(bench, lane, half);
	return fit;
}

uint32_t tare__trb_bench_fitting(const struct tare__trb_bench *bench, uint32_t mask)
{
	return count(fitting(bench, mask, false));
}

static bool sit(struct tare__trb_bench *bench, uint32_t mask, bool half, struct tare__trb_seat *seat)
{
	uint64_t fit = fitting(bench, mask, half);
	uint64_t one = fit & (0 - fit);

	if (!fit)
		return false;
	seat->cluster = (uint32_t)__builtin_ctzll(fit);
	seat->mask = mask;
	for (uint32_t lane = 0; lane < TARE__TRB_LANES; lane++) {
		if (mask & 1u << lane)
			bench->waiting[lane] |= one;
	}
	return true;
}

bool tare__trb_bench_take(struct tare__trb_bench *bench, uint32_t shape, uint32_t mask, bool half,
	struct tare__trb_seat *seat)
{
	if (shape != TARE__TRB_AIV)
		return sit(bench, mask, half, seat);
	/* One AIV is as good as the other, and a cluster that is broken into already better than a whole one. */
	if (!half && free_in(bench, AIV1) & ~free_in(bench, AIV0))
		return sit(bench, TARE__TRB_LANE_AIV1, false, seat);
	return sit(bench, TARE__TRB_LANE_AIV0, half, seat) || sit(bench, TARE__TRB_LANE_AIV1, half, seat);
}

void tare__trb_bench_began(struct tare__trb_bench *bench, uint32_t cluster, uint32_t lane)
{
	bench->waiting[lane] &= ~(1ull << cluster);
	bench->running[lane] |= 1ull << cluster;
}

void tare__trb_bench_ended(struct tare__trb_bench *bench, uint32_t cluster, uint32_t lane)
{
	bench->running[lane] &= ~(1ull << cluster);
}

bool tare__trb_bench_is_free(const struct tare__trb_bench *bench)
{
	uint64_t taken = 0;

	for (uint32_t lane = 0; lane < TARE__TRB_LANES; lane++)
		taken |= bench->running[lane] | bench->waiting[lane];
	return !taken;
}

uint32_t tare__trb_worker(uint32_t clusters, uint32_t cluster, uint32_t lane)
{
	return lane == AIC ? cluster : clusters + 2 * cluster + lane - AIV0;
}

void tare__trb_lane(uint32_t clusters, uint32_t worker, uint32_t *cluster, uint32_t *lane)
{
	*cluster = worker < clusters ? worker : (worker - clusters) / 2;
	*lane = worker < clusters ? (uint32_t)AIC : AIV0 + (worker - clusters) % 2;
}

uint32_t tare__trb_next_dispatch(uint32_t last)
{
	/* From the last odd id below the register's own values to 0: the payloads still take turns. */
	return last + 1 >= TARE_MAIN_EXIT ? 0 : last + 1;
}

void tare__trb_payload_write(const struct tare__trb *trb, uint32_t place, uint32_t block, uint32_t lane,
	struct tare_trb_payload *payload)
{
	const struct tare__trb_slot *slot = &trb->slots[place];
	const struct tare__trb_payload *task = &trb->payloads[place];
	uint32_t kernel = slot->resource == TARE__TRB_AIV ? (uint32_t)AIV0 : lane;
	uint32_t at = 0;

	payload->code = trb->kernels[slot->kernels[kernel]];
	for (uint32_t i = 0; i < slot->tensor_count; i++)
		payload->args[at++] = (uint64_t)(uintptr_t)&task->tensors[i];
	for (uint32_t i = 0; i < slot->scalar_count; i++)
		payload->args[at++] = task->scalars[i];
	payload->args[TARE_TRB_ARG_LOCAL] = (uint64_t)(uintptr_t)&payload->local;
	payload->args[TARE_TRB_ARG_GLOBAL] = (uint64_t)(uintptr_t)&payload->global;
	payload->local = (struct tare_trb_local){ .block_index = (int32_t)block, .block_count = slot->blocks };
	payload->global.sub_block = lane == AIV1;
}
