/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_launch - one launch: the same three jobs as onboard, run by the fabric
 *
 * Nothing is waited for in real time: when nothing can run and a job has not
 * ended, that is a stall, and it is known at once.
 */
#include <tare/object.h>
#include <tare/status.h>

#include "sim.h"

/* AICPU first: its word on why a launch failed is the more exact one. */
static int first_result(const struct tare_fabric_job *jobs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (jobs[i].result != 0)
			return jobs[i].result < 0 ? jobs[i].result : TARE_E_FAILED;
	return TARE_OK;
}

static int run_all(struct tare_sim *sim, struct tare_fabric_job *jobs, uint32_t count)
{
	int status;

	for (uint32_t i = 0; i < count; i++) {
		status = tare_fabric_submit(sim->fabric, &jobs[i]);
		if (status != TARE_OK) {
			tare_fabric_cancel(sim->fabric);
			return tare__platform_failed(&sim->common, "submitting to the fabric", status);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		if (tare_fabric_run(sim->fabric))
			continue;
		status = first_result(jobs, count);
		tare_fabric_cancel(sim->fabric);
		tare_log(&sim->common.log, TARE_LOG_ERROR, "the launch cannot make progress");
		return status != TARE_OK ? status : TARE_E_STALL;
	}
	return first_result(jobs, count);
}

static int run_launch(struct tare_sim *sim, const struct tare_launch *launch)
{
	void *args = (void *)(uintptr_t)sim->common.kept[TARE_KEPT_KERNEL_ARGS];
	struct tare_fabric_job init = {
		.entry = sim->aicpu.first, .args = args, .count = 1, .foreign = sim->aicpu.foreign,
	};
	struct tare_fabric_job exec[] = {
		{
			.entry = sim->aicpu.second, .args = args, .count = sim->common.arch->launched_aicpu_threads,
			.foreign = sim->aicpu.foreign,
		},
		{
			.on_cores = true, .entry = sim->aicore.first, .entry_aiv = sim->aicore.second, .args = args,
			.count = launch->block_dim, .foreign = sim->aicore.foreign,
		},
	};
	int status = run_all(sim, &init, 1);

	return status == TARE_OK ? run_all(sim, exec, TARE_COUNT(exec)) : status;
}

/* What was abandoned is still there, on its core or its thread: nothing more is run beside it. */
static int look_for_abandoned(struct tare_sim *sim, const char *what, int status)
{
	struct tare_platform *platform = &sim->common;

	if (tare_fabric_abandoned(sim->fabric) == 0)
		return status;
	platform->poisoned = true;
	tare_log(&platform->log, TARE_LOG_ERROR, "%s never came back; device %d is poisoned", what, platform->device);
	return status == TARE_OK ? TARE_E_STALL : status;
}

int tare__sim_launch(struct tare_platform *platform, struct tare_launch *launch)
{
	struct tare_sim *sim = tare__sim(platform);
	uint64_t wall = 0;
	int status;

	launch->report_error = TARE_E_STATE;
	if (platform->poisoned)
		return TARE_E_POISONED;
	if (!sim->fabric)
		return TARE_E_STATE;
	if (launch->block_dim == 0 || launch->block_dim > platform->arch->max_block_dim)
		return TARE_E_ARGUMENT;
	if ((status = tare__sim_aicore_open(sim)) != TARE_OK)
		return status;
	if ((status = tare__kernel_args_write(platform, launch->runtime_args)) != TARE_OK)
		return status;
	status = run_launch(sim, launch);
	tare__platform_report(platform, launch);
	status = look_for_abandoned(sim, "a kernel", status);
	if (status == TARE_OK)
		status = tare__platform_copy_out(platform, &wall, platform->kept[TARE_KEPT_WALL], sizeof wall);
	launch->device_wall_ns = wall;
	return status;
}

int tare__sim_close(struct tare_platform *platform, uint64_t runtime_args)
{
	struct tare_sim *sim = tare__sim(platform);
	struct tare_fabric_job job = {
		.args = (void *)(uintptr_t)platform->kept[TARE_KEPT_KERNEL_ARGS], .count = 1, .foreign = sim->aicpu.foreign,
	};
	int status;

	if (platform->poisoned)
		return TARE_E_POISONED;
	if (!sim->fabric || !sim->aicpu.close)
		return TARE_E_STATE;
	if ((status = tare__kernel_args_write(platform, runtime_args)) != TARE_OK)
		return status;
	job.entry = sim->aicpu.close;
	return look_for_abandoned(sim, "closing on the AICPU", run_all(sim, &job, 1));
}
