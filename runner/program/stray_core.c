/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stray_core - an AICore image whose first core says that it is one that there isn't
 *
 * The others report in as they should, and wait for the word that sends them away: no task is ever run here.
 */
#include <stdbool.h>

#include "program.h"
#include "trb/layout.h"

#include <tare/status.h>

TARE__EXPORT int aicore_kernel_0_mix_aic(struct tare_device_port *port, void *args);
TARE__EXPORT int aicore_kernel_0_mix_aiv(struct tare_device_port *port, void *args);

static int await(struct tare_device_port *port, const uint32_t *word)
{
	while (!tare__get(word))
		if (port->ops->wait(port))
			return TARE_E_STALL;
	return 0;
}

static int report_in(struct tare_device_port *port, struct tare_handshake *mine)
{
	if (await(port, &mine->aicpu_ready))
		return TARE_E_STALL;
	mine->physical_core_id = port->index ? port->physical : tare__program_arch.physical_cores;
	tare__put(&mine->aicore_regs_ready, 1u);
	port->ops->ring(port, TARE_RING_OWNER);
	return await(port, &mine->aicpu_regs_ready);
}

/* Whichever graph runtime the launch is for; NULL: there is no such worker. */
static struct tare_handshake *seat_of(const struct tare_device_port *port, void *args)
{
	struct tare_hbg_image *graph = tare__args_image(args);
	struct tare_trb_image *image = tare__args_runtime(args);
	bool on_device = graph->revision == TARE_TRB_REVISION;

	if (port->index >= (on_device ? image->worker_count : graph->worker_count) || port->index >= TARE_MAX_CORES)
		return NULL;
	return &(on_device ? image->workers : graph->workers)[port->index];
}

static int run(struct tare_device_port *port, void *args)
{
	struct tare_handshake *mine = seat_of(port, args);
	uint64_t registers;

	if (!mine)
		return 0;
	if (report_in(port, mine))
		return TARE_E_STALL;
	if (tare__get(&mine->aicpu_regs_ready) == TARE__REGS_REFUSED)
		return 0;
	registers = tare__args_registers(args, port->physical);
	port->ops->store(port, registers + tare__program_arch.cond, TARE_COND_IDLE);
	mine->core_type = (int32_t)port->kind;
	tare__put(&mine->aicore_done, port->index + 1);
	port->ops->ring(port, TARE_RING_OWNER);
	while (port->ops->load(port, registers + tare__program_arch.data_main_base) != TARE_MAIN_EXIT)
		if (port->ops->wait(port))
			return TARE_E_STALL;
	port->ops->store(port, registers + tare__program_arch.cond, TARE_COND_EXITED);
	return 0;
}

int aicore_kernel_0_mix_aic(struct tare_device_port *port, void *args)
{
	return run(port, args);
}

int aicore_kernel_0_mix_aiv(struct tare_device_port *port, void *args)
{
	return run(port, args);
}
