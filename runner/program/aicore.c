/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aicore - what runs on each core: reports in, then runs one kernel after another
 *
 * The core's dialogue with its AICPU thread is the reference's
 * (facts/runtime.md 5.5); where that polls, this waits to be rung.
 */
#include <stdbool.h>

#include "program.h"
#include "trb/layout.h"

#include <tare/status.h>

extern const uint64_t tare__image_stamp;

TARE__EXPORT int aicore_kernel_0_mix_aic(struct tare_device_port *port, void *args);
TARE__EXPORT int aicore_kernel_0_mix_aiv(struct tare_device_port *port, void *args);

/* 0; positive: refused, leave in peace; negative: the launch is over. */
static int report_in(struct tare_device_port *port, struct tare_handshake *mine)
{
	uint32_t verdict;

	while (!tare__get(&mine->aicpu_ready))
		if (port->ops->wait(port))
			return TARE_E_STALL;
	mine->physical_core_id = port->physical;
	tare__put(&mine->aicore_regs_ready, 1u);
	port->ops->ring(port, TARE_RING_OWNER);
	while (!(verdict = tare__get(&mine->aicpu_regs_ready)))
		if (port->ops->wait(port))
			return TARE_E_STALL;
	return verdict == TARE__REGS_REFUSED ? 1 : 0;
}

/* What a core runs of the launch that it is part of. */
struct work {
	const struct tare_hbg_image *graph;   /* host_build_graph; or */
	struct tare_trb_payload *payloads;    /* the two that its AICPU thread writes in turn */
	struct tare_handshake *workers;
	uint32_t worker_count;
};

static bool read_work(struct work *work, void *args)
{
	struct tare_hbg_image *graph = tare__args_image(args);
	struct tare_trb_image *image = tare__args_runtime(args);

	if (graph->revision == TARE_HBG_REVISION)
		*work = (struct work){ .graph = graph, .workers = graph->workers, .worker_count = graph->worker_count };
	else if (graph->revision == TARE_TRB_REVISION)
		*work = (struct work){ .workers = image->workers, .worker_count = image->worker_count };
	else
		return false;
	return true;
}

static void run_task(struct tare_device_port *port, const struct work *work, uint32_t id,
	struct tare_kernel_context *context)
{
	const struct tare_hbg_task *task;

	if (work->payloads) {
		struct tare_trb_payload *payload = &work->payloads[id & 1];

		port->ops->call(port, payload->code, (int64_t *)(void *)payload->args, context);
		return;
	}
	task = (const struct tare_hbg_task *)(uintptr_t)work->graph->tasks + id;
	port->ops->call(port, task->code, (int64_t *)(uintptr_t)work->graph->args + task->first_arg, context);
}

static int serve(struct tare_device_port *port, const struct work *work, uint64_t registers,
	struct tare_kernel_context *context)
{
	const struct tare_core_ops *ops = port->ops;
	const uint64_t main_base = registers + tare__program_arch.data_main_base;
	const uint64_t cond = registers + tare__program_arch.cond;
	uint32_t last = TARE_MAIN_IDLE;

	for (;;) {
		uint32_t id = ops->load(port, main_base);

		if (id == TARE_MAIN_EXIT) {
			ops->store(port, cond, TARE_COND_EXITED);
			return 0;
		}
		if (id == TARE_MAIN_IDLE || id == last) {
			if (ops->wait(port))
				return TARE_E_STALL;
			continue;
		}
		if (work->graph && id >= work->graph->task_count)
			return TARE_E_FAILED;
		ops->store(port, cond, id);
		run_task(port, work, id, context);
		ops->store(port, cond, id | TARE_TASK_FINISHED);
		last = id;
	}
}

static int run(struct tare_device_port *port, void *args)
{
	uint32_t blocks = port->count / 3;
	struct tare_kernel_context context = {
		.stamp = tare__image_stamp,
		.block_index = port->kind == TARE_CORE_AIC ? port->index : (port->index - blocks) / 2,
		.block_count = blocks,
		.kind = port->kind,
		.sub_block = port->kind == TARE_CORE_AIC ? 0 : (port->index - blocks) % 2,
	};
	struct tare_handshake *mine;
	struct work work;
	uint64_t registers;
	int rc;

	if (!read_work(&work, args))
		return TARE_E_FAILED;
	if (port->index >= work.worker_count || port->index >= TARE_MAX_CORES)
		return 0;
	mine = &work.workers[port->index];
	rc = report_in(port, mine);
	if (rc)
		return rc < 0 ? rc : 0;
	if (!work.graph) /* written before aicpu_ready */
		work.payloads = (struct tare_trb_payload *)(uintptr_t)mine->task;
	registers = tare__args_registers(args, port->physical);
	port->ops->store(port, registers + tare__program_arch.cond, TARE_COND_IDLE);
	mine->core_type = (int32_t)port->kind;
	tare__put(&mine->aicore_done, port->index + 1);
	port->ops->ring(port, TARE_RING_OWNER);
	return serve(port, &work, registers, &context);
}

int aicore_kernel_0_mix_aic(struct tare_device_port *port, void *args)
{
	return run(port, args);
}

int aicore_kernel_0_mix_aiv(struct tare_device_port *port, void *args)
{
	return run(port, args);
}
