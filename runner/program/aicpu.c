/* SPDX-License-Identifier: Apache-2.0 */
/* aicpu - the two entries of the AICPU object that a launch calls: init on one thread, exec on all */
#include "scheduler.h"
#include "trb_crew.h"

#include <tare/status.h>

TARE__EXPORT int simpler_aicpu_init(struct tare_device_port *port, void *args);
TARE__EXPORT int simpler_aicpu_exec(struct tare_device_port *port, void *args);

int simpler_aicpu_init(struct tare_device_port *port, void *args)
{
	uint64_t wall = tare__args_word(args, tare__program_arch.kernel_args.device_wall);

	(void)port;
	if (wall)
		*(uint64_t *)(uintptr_t)wall = 0;
	return 0;
}

static void muster(struct tare__crew *crew, struct tare_device_port *port, const void *args)
{
	struct tare_hbg_image *image = tare__args_image(args);
	char *lists = (char *)(uintptr_t)image->workspace + sizeof(struct tare__workspace);

	crew->port = port;
	crew->ops = port->ops;
	crew->image = image;
	crew->args = args;
	crew->workspace = (struct tare__workspace *)(uintptr_t)image->workspace;
	crew->tasks = (struct tare_hbg_task *)(uintptr_t)image->tasks;
	crew->edges = (const struct tare_hbg_edge *)(uintptr_t)image->edges;
	crew->ready[TARE_CORE_AIC] = (uint32_t *)(void *)lists;
	crew->ready[TARE_CORE_AIV] = (uint32_t *)(void *)(lists + tare__ready_bytes(image->task_count));
	crew->me = port->index;
	crew->alone = image->aicpu_threads == 1;
	crew->done = 0;
	crew->hungry = 0;
	for (uint32_t i = 0; i < TARE__WORDS; i++)
		crew->own[i] = 0;
	for (uint32_t type = 0; type < TARE__TYPES; type++) {
		for (uint32_t i = 0; i < TARE__WORDS; i++)
			crew->idle[type][i] = crew->half[type][i] = 0;
		crew->local[type].head = crew->local[type].count = crew->local[type].room = 0;
	}
}

static bool understands(const struct tare_hbg_image *image)
{
	return image->revision == TARE_HBG_REVISION && image->worker_count <= TARE_MAX_CORES &&
		image->aicpu_threads >= 1 && image->aicpu_threads <= tare__program_arch.max_aicpu_threads &&
		image->task_count <= TARE_HBG_MAX_TASKS && image->workspace;
}

static int await_boot(struct tare__crew *crew)
{
	while (tare__get(&crew->image->phase) == TARE__PHASE_BOOT)
		if (crew->ops->wait(crew->port))
			return TARE_E_STALL;
	return tare__get(&crew->image->error);
}

int simpler_aicpu_exec(struct tare_device_port *port, void *args)
{
	struct tare_hbg_image *image = tare__args_image(args);
	struct tare__crew crew;
	int rc;

	if (image->revision == TARE_TRB_REVISION)
		return tare__trb_exec(port, args, tare__args_runtime(args));
	if (!understands(image)) {
		tare__put(&image->error, (int32_t)TARE_E_FAILED);
		return TARE_E_FAILED;
	}
	if (port->index >= image->aicpu_threads)
		return 0;
	muster(&crew, port, args);
	rc = port->index ? await_boot(&crew) : tare__scheduler_boot(&crew);
	if (!rc)
		rc = tare__scheduler_serve(&crew);
	/* Over because nothing could run any more: nobody would answer. */
	if (rc != TARE_E_STALL)
		rc = tare__scheduler_dismiss(&crew);
	if (tare__get(&image->phase) == TARE__PHASE_BOOT)
		return rc;
	return tare__scheduler_leave(&crew);
}
