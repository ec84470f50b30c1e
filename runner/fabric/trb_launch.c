/* SPDX-License-Identifier: Apache-2.0 */
#include "trb_launch.h"

#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

static void *take(uint64_t size)
{
	void *memory = aligned_alloc(512, (size + 511) / 512 * 512);

	tare_must(memory);
	memset(memory, 0xA5, (size + 511) / 512 * 512);
	return memory;
}

static int open_object(void *cookie, const char *name, const void *bytes, uint64_t size, uint64_t *object)
{
	struct trb_launch *launch = cookie;

	tare_must(!strncmp(name, "orchestration_", 14) && size == sizeof(struct trb_object));
	if (launch->refuses) {
		launch->refuses = false;
		return TARE_E_IMAGE;
	}
	launch->opens++;
	*object = (uintptr_t)bytes;
	return 0;
}

static int find_symbol(void *cookie, uint64_t object, const char *name, uint64_t *address)
{
	const struct trb_object *opened = (const struct trb_object *)(uintptr_t)object;

	(void)cookie;
	*address = 0;
	if (!strcmp(name, "entry"))
		*address = (uintptr_t)opened->entry;
	else if (!strcmp(name, TARE_TRB_DEFAULT_CONFIG))
		*address = (uintptr_t)opened->config;
	else if (!strcmp(name, TARE_TRB_BIND))
		*address = (uintptr_t)opened->bind;
	return *address ? 0 : TARE_E_NOT_FOUND;
}

static int close_object(void *cookie, uint64_t object)
{
	struct trb_launch *launch = cookie;

	(void)object;
	launch->closes++;
	return 0;
}

static void keep_line(void *cookie, enum tare_log_level level, const char *line)
{
	struct trb_launch *launch = cookie;

	(void)level;
	strncpy(launch->log, line, sizeof launch->log - 1);
}

void trb_open(struct trb_launch *launch, struct program program, const struct tare_trb_capacity *capacity,
	enum tare_fabric_driver driver, uint32_t workers, uint64_t seed, uint64_t budget_ns)
{
	const struct tare_arch *arch = tare_arch(TARE_ARCH_A5);
	const struct tare_fabric_config config = {
		.cores = arch->max_cores, .threads = arch->launched_aicpu_threads, .register_block = arch->register_block,
		.driver = driver, .workers = workers, .seed = seed, .kernel_budget_ns = budget_ns,
		.objects = { .cookie = launch, .open = open_object, .symbol = find_symbol, .close = close_object },
		.log = { .write = keep_line, .cookie = launch, .level = TARE_LOG_DEBUG },
	};
	struct tare_trb_sizes sizes;

	*launch = (struct trb_launch){ .arch = arch, .program = program, .capacity = *capacity, .registration = 1 };
	tare_must(!tare_trb_capacity_refuse(capacity));
	tare_trb_sizes(capacity, &sizes);
	launch->heap = take(sizes.heap);
	launch->shared = take(sizes.shared);
	launch->image = take(sizes.runtime);
	tare_must(tare_fabric_open(&launch->fabric, &config) == 0);
}

void trb_close(struct trb_launch *launch)
{
	tare_must(tare_fabric_close(&launch->fabric) == 0);
	free(launch->heap);
	free(launch->shared);
	free(launch->image);
}

static void put(struct trb_launch *launch, uint32_t offset, const void *address)
{
	uint64_t word = (uintptr_t)address;

	memcpy(launch->kernel_args + offset, &word, sizeof word);
}

static void write_image(struct trb_launch *launch, const struct trb_object *object, uint32_t callable, uint32_t block_dim,
	uint32_t threads)
{
	struct tare_trb_image *image = launch->image;

	*image = (struct tare_trb_image){
		.revision = TARE_TRB_REVISION, .worker_count = 3 * block_dim, .aicpu_threads = threads,
		.callable_id = callable, .capacity = launch->capacity,
		.heap = (uintptr_t)launch->heap, .shared = (uintptr_t)launch->shared,
		.workspace = (uintptr_t)image + tare_trb_workspace_offset(), .objects = (uintptr_t)launch->objects,
		.registration = launch->registration, .code = (uintptr_t)object, .code_size = sizeof *object,
		.function_name = "entry",
		.status = { .sched_thread = UINT32_MAX, .error_worker = UINT32_MAX },
		.args = launch->args,
	};
	memcpy(image->kernels, launch->kernels, sizeof image->kernels);
}

static void write_args(struct trb_launch *launch, const void *runtime)
{
	const struct tare_kernel_args_layout *layout = &launch->arch->kernel_args;

	for (uint32_t i = 0; i < launch->arch->max_cores; i++)
		launch->table[i] = tare_fabric_registers(launch->fabric) + (uint64_t)i * launch->arch->register_block;
	put(launch, layout->runtime_args, runtime);
	put(launch, layout->regs, launch->table);
	put(launch, layout->device_wall, &launch->wall);
	launch->wall = UINT64_MAX;
}

int trb_run(struct trb_launch *launch, const struct trb_object *object, uint32_t callable, uint32_t block_dim,
	uint32_t threads)
{
	int code;

	write_image(launch, object, callable, block_dim, threads);
	write_args(launch, launch->image);
	launch->exec = (struct tare_fabric_job){ .entry = launch->program.exec, .args = launch->kernel_args,
		.count = launch->arch->launched_aicpu_threads };
	launch->cores = (struct tare_fabric_job){ .on_cores = true, .entry = launch->program.aic,
		.entry_aiv = launch->program.aiv, .args = launch->kernel_args, .count = block_dim };
	tare_must(tare_fabric_submit(launch->fabric, &launch->exec) == 0);
	tare_must(tare_fabric_submit(launch->fabric, &launch->cores) == 0);
	for (int ended = 0; ended < 2; ended++) {
		if (tare_fabric_run(launch->fabric))
			continue;
		tare_fabric_cancel(launch->fabric);
		code = tare_trb_status_code(&launch->image->status);
		return code ? code : TARE_E_STALL;
	}
	code = tare_trb_status_code(&launch->image->status);
	tare_must(!code == !launch->exec.result);
	return code;
}

int trb_run_close(struct trb_launch *launch, tare_device_entry_fn entry, uint32_t callable)
{
	struct tare_trb_close close = { .revision = TARE_TRB_REVISION, .callable_id = callable,
		.objects = (uintptr_t)launch->objects };

	write_args(launch, &close);
	launch->exec = (struct tare_fabric_job){ .entry = entry, .args = launch->kernel_args, .count = 1 };
	tare_must(tare_fabric_submit(launch->fabric, &launch->exec) == 0);
	tare_must(tare_fabric_run(launch->fabric) == &launch->exec);
	tare_must(launch->exec.result == close.error);
	return close.error;
}

void trb_arg(struct trb_launch *launch, void *data, uint32_t elements)
{
	launch->args.tensors[launch->args.tensor_count++] = (struct tare_tensor){ .data = (uintptr_t)data,
		.shape = { elements }, .dims = 1, .type = TARE_FLOAT32 };
}
