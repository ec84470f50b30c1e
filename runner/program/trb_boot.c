/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_boot - thread 0 puts the core in order, then seats the cores
 *
 * In this order, so that the orchestrator submits while the cores report in.
 */
#include "trb_crew.h"

#include <tare/status.h>

static void move_on(struct tare__trb_crew *crew, enum tare__trb_phase phase)
{
	tare__put(&crew->image->status.phase, (uint32_t)phase);
}

static void prepare(struct tare__trb_crew *crew)
{
	struct tare_trb_image *image = crew->image;
	struct tare__trb_hall *hall = crew->hall;
	const struct tare__trb_plan plan = {
		.capacity = &image->capacity,
		.heap = image->heap,
		.shared = image->shared,
		.pools = image->workspace + (sizeof(struct tare__trb) + 63) / 64 * 64,
		.status = &image->status,
		.kernels = image->kernels,
		.clusters = crew->blocks,
	};

	tare__trb_open(crew->trb, &plan);
	for (uint32_t i = 0; i < crew->schedulers && i < crew->blocks; i++)
		crew->trb->drain.crews |= 1u << i;
	hall->began = crew->ops->clock(crew->port);
	hall->left = 0;
	hall->ended = 0;
	hall->broken = 0;
	for (uint32_t i = 0; i < image->worker_count; i++) {
		hall->desks[i].issued = UINT32_MAX;
		image->workers[i].task = (uintptr_t)hall->payloads[i];
	}
}

/* Which core is which follows from its index; one that says otherwise would get another's kernels. */
static bool in_order(const struct tare__trb_crew *crew)
{
	for (uint32_t i = 0; i < crew->image->worker_count; i++) {
		if (crew->hall->seats[i].type == (i < crew->blocks ? TARE_CORE_AIC : TARE_CORE_AIV))
			continue;
		crew->image->status.error_worker = i;
		return false;
	}
	return true;
}

/* Those that reported in are this thread's to send away. */
static void keep_taken(struct tare__trb_crew *crew)
{
	for (uint32_t i = 0; i < crew->image->worker_count; i++)
		if (crew->hall->seats[i].state == TARE__SEAT_TAKEN)
			tare__bit_set(crew->cores, i);
}

int tare__trb_boot(struct tare__trb_crew *crew)
{
	const struct tare__hands hands = tare__trb_hands(crew);
	int rc;

	prepare(crew);
	move_on(crew, TARE__TRB_PHASE_OPEN);
	tare__trb_ring(crew, 1u << crew->orchestrator);
	rc = tare__hands_shake(&hands);
	if (!rc && !in_order(crew))
		rc = TARE_E_FAILED;
	if (rc == TARE_E_FAILED) {
		keep_taken(crew);
		tare__trb_fail_program(crew->trb, rc, "a core was refused when it reported in");
	}
	if (rc == TARE_E_STALL)
		tare__trb_stalled(crew);
	move_on(crew, rc ? TARE__TRB_PHASE_REFUSED : TARE__TRB_PHASE_SEATED);
	if (!crew->alone)
		crew->ops->ring(crew->port, TARE_RING_THREADS);
	return rc;
}

void tare__trb_take_seats(struct tare__trb_crew *crew)
{
	tare__trb_bench_open(&crew->bench, crew->blocks, crew->me, crew->schedulers);
	for (uint64_t left = crew->bench.own; left; left &= left - 1) {
		for (uint32_t lane = 0; lane < TARE__TRB_LANES; lane++) {
			uint32_t core = tare__trb_worker(crew->blocks, tare__bit_first(left), lane);

			tare__bit_set(crew->cores, core);
			if (crew->me) /* thread 0 hears all at first */
				crew->ops->hear(crew->port, core);
		}
	}
}
