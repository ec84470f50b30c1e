/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim - the platform over the host table and the fabric: life, memory, finalize
 *
 * Device memory is the machine's heap, device objects are objects of this host,
 * and cores are the fabric's coroutines.  There is no context per thread and no
 * protocol of CANN's.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include <tare/machine.h>
#include <tare/object.h>
#include <tare/status.h>

static int take_memory(struct tare_platform *platform, uint64_t size, void **memory)
{
	int status = platform->tables.host.memory_take(platform->device, size, memory);

	return status == TARE_OK ? TARE_OK : tare__platform_failed(platform, "memory_take", status);
}

static int give_memory(struct tare_platform *platform, void *memory)
{
	int status = platform->tables.host.memory_give(platform->device, memory);

	return status == TARE_OK ? TARE_OK : tare__platform_failed(platform, "memory_give", status);
}

static int copy(struct tare_platform *platform, void *to, const void *from, uint64_t size)
{
	int status = platform->tables.host.memory_copy(to, from, size);

	return status == TARE_OK ? TARE_OK : tare__platform_failed(platform, "memory_copy", status);
}

static int copy_in(struct tare_platform *platform, uint64_t to, const void *from, uint64_t size)
{
	return copy(platform, (void *)(uintptr_t)to, from, size);
}

static int copy_out(struct tare_platform *platform, void *to, uint64_t from, uint64_t size)
{
	return copy(platform, to, (const void *)(uintptr_t)from, size);
}

static const struct tare_memory_ops memory_ops = {
	.take = take_memory,
	.give = give_memory,
	.copy_in = copy_in,
	.copy_out = copy_out,
};

static int create(struct tare_platform **platform, const struct tare_arch *arch, const struct tare_tables *tables,
	const struct tare_log *log)
{
	struct tare_sim *sim = calloc(1, sizeof *sim);

	if (!sim)
		return TARE_E_MEMORY;
	tare__platform_create(&sim->common, &memory_ops, arch, tables, log);
	*platform = &sim->common;
	return TARE_OK;
}

static int attach(struct tare_platform *platform, int32_t device)
{
	struct tare_sim *sim = tare__sim(platform);
	int status = tare__platform_check_device(platform, device);

	if (status != TARE_OK || platform->device == device)
		return status;
	/* What an earlier generation could not give back is lost: giving it twice could hit a stranger. */
	tare__platform_forget(platform, "their release failed");
	sim->aicpu = (struct tare_sim_object){ 0 };
	sim->aicore = (struct tare_sim_object){ 0 };
	platform->device = device;
	return TARE_OK;
}

static int open_fabric(struct tare_sim *sim)
{
	static const enum tare_fabric_driver drivers[] = {
		[TARE_FABRIC_POOL] = TARE_FABRIC_RUN_POOL,
		[TARE_FABRIC_SEEDED] = TARE_FABRIC_RUN_SEEDED,
		[TARE_FABRIC_PARKED] = TARE_FABRIC_RUN_PARKED,
	};
	const struct tare_machine_setup *setup = tare_machine_setup_current();
	const struct tare_host *host = &sim->common.tables.host;
	const struct tare_fabric_config config = {
		.cores = sim->common.arch->max_cores,
		.threads = sim->common.arch->launched_aicpu_threads,
		.register_block = sim->common.arch->register_block,
		.driver = drivers[setup->fabric],
		.workers = setup->workers,
		.seed = setup->seed,
		.kernel_budget_ns = (uint64_t)setup->kernel_budget_ms * 1000000u,
		.host = {
			.mapping_take = host->mapping_take,
			.mapping_give = host->mapping_give,
			.thread_start = host->thread_start,
			.thread_join = host->thread_join,
		},
		.objects = tare__sim_lends(sim),
		.log = sim->common.log,
	};
	int status = tare_fabric_open(&sim->fabric, &config);

	return status == TARE_OK ? TARE_OK : tare__platform_failed(&sim->common, "opening the fabric", status);
}

static int keep_aicore(struct tare_sim *sim, const struct tare_binaries *binaries)
{
	struct tare_image image;
	int status = tare__image_check_here(&sim->common, "AICore image", binaries->aicore, binaries->aicore_size,
		&image);

	if (status != TARE_OK)
		return status;
	if (!(sim->aicore_bytes = malloc(binaries->aicore_size)))
		return TARE_E_MEMORY;
	memcpy(sim->aicore_bytes, binaries->aicore, binaries->aicore_size);
	sim->aicore_size = binaries->aicore_size;
	return TARE_OK;
}

static int take_kept(struct tare_sim *sim)
{
	uint64_t registers[TARE_MAX_CORES] = { 0 };
	uint64_t first = tare_fabric_registers(sim->fabric);

	for (uint32_t i = 0; i < sim->common.arch->max_cores; i++)
		registers[i] = first + (uint64_t)i * sim->common.arch->register_block;
	return tare__kept_take(&sim->common, registers);
}

static void keep_first(int *first, int status)
{
	if (*first == TARE_OK)
		*first = status;
}

/* All but blocks.  The fabric first: after that nobody runs the objects' code any more. */
static int release(struct tare_sim *sim)
{
	int first = TARE_OK;

	if (sim->fabric)
		keep_first(&first, tare_fabric_close(&sim->fabric));
	keep_first(&first, tare__sim_object_close(sim, TARE_OBJECT_AICORE, &sim->aicore));
	keep_first(&first, tare__sim_object_close(sim, TARE_OBJECT_AICPU, &sim->aicpu));
	free(sim->aicore_bytes);
	sim->aicore_bytes = NULL;
	sim->aicore_size = 0;
	sim->common.image_generation = 0;
	return first;
}

static int init(struct tare_platform *platform, const struct tare_binaries *binaries)
{
	struct tare_sim *sim = tare__sim(platform);
	int status;

	if (platform->device < 0 || sim->fabric || sim->aicpu.object)
		return TARE_E_STATE;
	platform->generation++;
	if ((status = keep_aicore(sim, binaries)) != TARE_OK)
		goto fail;
	if ((status = tare__sim_aicpu_open(sim, binaries->aicpu, binaries->aicpu_size)) != TARE_OK)
		goto fail;
	if ((status = open_fabric(sim)) != TARE_OK)
		goto fail;
	if ((status = take_kept(sim)) != TARE_OK)
		goto fail;
	return TARE_OK;
fail:
	release(sim);
	tare__kept_give(platform);
	return status;
}

static int kernel_open(struct tare_platform *platform, const uint8_t *bytes, uint32_t size, uint64_t address,
	struct tare_kernel_code *code)
{
	void *object = NULL, *entry = NULL;
	int status;

	(void)address;
	status = tare__platform_object_open(platform, TARE_OBJECT_KERNEL, "kernel_", bytes, size, &object);
	if (status != TARE_OK)
		return status;
	status = tare__object_symbol(platform, object, "kernel_entry", &entry);
	if (status == TARE_OK)
		*code = (struct tare_kernel_code){ .entry = (uint64_t)(uintptr_t)entry, .object = object };
	else
		tare__platform_object_close(platform, TARE_OBJECT_KERNEL, object);
	return status;
}

static int kernel_close(struct tare_platform *platform, struct tare_kernel_code *code)
{
	int status = code->object ? tare__platform_object_close(platform, TARE_OBJECT_KERNEL, code->object) : TARE_OK;

	*code = (struct tare_kernel_code){ 0 };
	return status;
}

static int max_block_dim(struct tare_platform *platform, uint32_t *blocks)
{
	*blocks = platform->arch->max_block_dim;
	return TARE_OK;
}

static int finalize(struct tare_platform *platform)
{
	int first = TARE_OK;

	if (platform->device < 0)
		return TARE_OK;
	keep_first(&first, release(tare__sim(platform)));
	keep_first(&first, tare__sim_lent_close(tare__sim(platform)));
	keep_first(&first, tare__platform_give_all(platform));
	platform->poisoned = false;
	platform->device = -1;
	return first;
}

static void destroy(struct tare_platform **platform)
{
	if (!*platform)
		return;
	finalize(*platform);
	tare__platform_forget(*platform, "their release failed");
	(*platform)->magic = TARE_MAGIC_NONE;
	free(*platform);
	*platform = NULL;
}

static bool is_dead(struct tare_platform *platform)
{
	return platform->poisoned;
}

static uint32_t references(const struct tare_platform *platform)
{
	(void)platform;
	return 0;
}

const struct tare_platform_ops tare__platform_sim = {
	.name = "sim",
	.create = create,
	.destroy = destroy,
	.attach = attach,
	.init = init,
	.take = tare__platform_take,
	.give = tare__platform_give,
	.copy_in = tare__platform_copy_in,
	.copy_out = tare__platform_copy_out,
	.committed_bytes = tare__platform_committed_bytes,
	.committed_blocks = tare__platform_committed_blocks,
	.kernel_open = kernel_open,
	.kernel_close = kernel_close,
	.orchestration_open = tare__orchestration_open,
	.orchestration_check = tare__orchestration_check_here,
	.orchestration_close = tare__orchestration_close,
	.max_block_dim = max_block_dim,
	.launch = tare__sim_launch,
	.aicpu_close_find = tare__sim_aicpu_find_close,
	.aicpu_close = tare__sim_close,
	.finalize = finalize,
	.poisoned = tare__platform_poisoned,
	.is_dead = is_dead,
	.image_generation = tare__platform_image_generation,
	.references = references,
};
