/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_aicpu - a launch of tensormap_and_ringbuffer on one AICPU thread: its role, and how it leaves
 *
 * Thread 0 boots and serves cores, the last one orchestrates, those between
 * serve; one thread alone does all of it (L29).
 */
#include "trb_crew.h"

#include <tare/status.h>

static bool understands(const struct tare_trb_image *image)
{
	return image->worker_count <= TARE_MAX_CORES && image->worker_count % TARE__TRB_LANES == 0 && image->worker_count &&
		image->aicpu_threads >= 1 && image->aicpu_threads <= tare__program_arch.max_aicpu_threads &&
		image->workspace && image->heap && image->shared && image->objects &&
		image->callable_id < TARE_CALLABLE_IDS && !tare_trb_capacity_refuse(&image->capacity);
}

static void muster(struct tare__trb_crew *crew, struct tare_device_port *port, const void *args,
	struct tare_trb_image *image)
{
	uint64_t core = (sizeof(struct tare__trb) + 63) / 64 * 64;

	*crew = (struct tare__trb_crew){
		.port = port,
		.ops = port->ops,
		.image = image,
		.args = args,
		.trb = (struct tare__trb *)(uintptr_t)image->workspace,
		.hall = (struct tare__trb_hall *)(uintptr_t)(image->workspace + core + tare__trb_pool_bytes(&image->capacity)),
		.me = port->index,
		.blocks = image->worker_count / TARE__TRB_LANES,
		.schedulers = image->aicpu_threads > 1 ? image->aicpu_threads - 1 : 1,
		.orchestrator = image->aicpu_threads - 1,
		.alone = image->aicpu_threads == 1,
	};
	crew->async = (struct tare__trb_async){ .shelf = &crew->hall->shelves[crew->me], .thread = crew->me };
}

void tare__trb_ring(const struct tare__trb_crew *crew, uint32_t threads)
{
	for (threads &= ~(1u << crew->me); threads; threads &= threads - 1)
		crew->ops->ring(crew->port, TARE_RING_THREAD((uint32_t)__builtin_ctz(threads)));
}

bool tare__trb_proclaim(const struct tare__trb_crew *crew)
{
	if (!tare__trb_over(crew->trb))
		return false;
	if (!crew->alone && !__atomic_exchange_n(&crew->hall->ended, 1u, __ATOMIC_ACQ_REL))
		crew->ops->ring(crew->port, TARE_RING_THREADS);
	return true;
}

static int await_phase(const struct tare__trb_crew *crew, enum tare__trb_phase phase)
{
	while (tare__get(&crew->image->status.phase) < phase)
		if (crew->ops->wait(crew->port))
			return TARE_E_STALL;
	return 0;
}

static int schedule(struct tare__trb_crew *crew)
{
	int rc = crew->me ? await_phase(crew, TARE__TRB_PHASE_SEATED) : tare__trb_boot(crew);

	if (!rc && tare__get(&crew->image->status.phase) == TARE__TRB_PHASE_SEATED) {
		tare__trb_take_seats(crew);
		rc = tare__trb_serve(crew);
	}
	/* Over because nothing could run any more: nobody would answer. */
	return rc == TARE_E_STALL ? rc : tare__trb_dismiss(crew);
}

static int do_both(struct tare__trb_crew *crew)
{
	int rc = tare__trb_boot(crew);

	if (!rc) {
		tare__trb_take_seats(crew);
		rc = tare__trb_orchestrate(crew);
	}
	if (!rc)
		rc = tare__trb_serve(crew);
	return rc == TARE_E_STALL ? rc : tare__trb_dismiss(crew);
}

/* The last thread closes the launch (L24). */
static int leave(const struct tare__trb_crew *crew, int rc)
{
	struct tare_trb_status *status = &crew->image->status;
	uint64_t wall = tare__args_word(crew->args, tare__program_arch.kernel_args.device_wall);
	int code = tare__trb_failed(crew->trb) ? tare_trb_status_code(status) : 0; /* else somebody may be writing it */
	uint64_t elapsed;

	if (rc == TARE_E_STALL)
		__atomic_store_n(&crew->hall->broken, 1u, __ATOMIC_RELAXED);
	if (__atomic_add_fetch(&crew->hall->left, 1u, __ATOMIC_ACQ_REL) == crew->image->aicpu_threads) {
		status->completed = crew->trb->completed;
		elapsed = crew->ops->clock(crew->port) - crew->hall->began;
		if (wall)
			*(uint64_t *)(uintptr_t)wall = elapsed ? elapsed : 1;
		if (tare__get(&crew->hall->broken) && (status->orch_error || status->sched_error))
			tare__trb_last_words(crew);
	}
	return code ? code : rc;
}

int tare__trb_exec(struct tare_device_port *port, const void *args, struct tare_trb_image *image)
{
	struct tare__trb_crew crew;
	int rc;

	if (!understands(image)) {
		tare__put(&image->status.error, (int32_t)TARE_E_FAILED);
		return TARE_E_FAILED;
	}
	if (port->index >= image->aicpu_threads)
		return 0;
	muster(&crew, port, args, image);
	if (crew.alone) {
		rc = do_both(&crew);
	} else if (crew.me == crew.orchestrator) {
		rc = await_phase(&crew, TARE__TRB_PHASE_OPEN);
		if (!rc)
			rc = tare__trb_orchestrate(&crew);
	} else {
		rc = schedule(&crew);
	}
	return tare__get(&image->status.phase) == TARE__TRB_PHASE_BEGUN ? rc : leave(&crew, rc);
}
