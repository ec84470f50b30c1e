/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_platform.h"

#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

#include "program/layout.h"
#include "program/trb/layout.h"

struct tare_platform {
	const struct tare_arch *arch;
	uint32_t references;
	bool initialised;
	bool poisoned;
};

struct fake_control fake;

static uint64_t block_shift(uint64_t address)
{
	return fake.misaligned && address % 1024 ? 512 : 0;
}

static void free_block(size_t i)
{
	fake.bytes -= fake.sizes[i];
	fake.alive--;
	free((void *)(uintptr_t)(fake.blocks[i] - block_shift(fake.blocks[i])));
	fake.blocks[i] = 0;
}

void fake_reset(void)
{
	for (size_t i = 0; i < FAKE_BLOCKS; i++)
		if (fake.blocks[i])
			free_block(i);
	fake = (struct fake_control){ 0 };
}

static bool refuse(void)
{
	return ++fake.calls == fake.fail_at;
}

static int create(struct tare_platform **place, const struct tare_arch *arch, const struct tare_tables *tables,
	const struct tare_log *log)
{
	(void)tables;
	(void)log;
	*place = calloc(1, sizeof **place);
	if (!*place)
		return TARE_E_MEMORY;
	(*place)->arch = arch;
	return TARE_OK;
}

static void destroy(struct tare_platform **place)
{
	free(*place);
	*place = NULL;
}

static int attach(struct tare_platform *platform, int32_t device)
{
	(void)device;
	if (platform->references)
		return TARE_OK;
	if (refuse())
		return FAKE_ERROR;
	platform->references = 1;
	return TARE_OK;
}

static int init(struct tare_platform *platform, const struct tare_binaries *binaries)
{
	(void)binaries;
	if (refuse())
		return FAKE_ERROR;
	platform->initialised = true;
	return TARE_OK;
}

static int take(struct tare_platform *platform, uint64_t size, uint64_t *address)
{
	size_t i = 0;
	char *block;

	(void)platform;
	if (refuse() || (fake.capacity && (size > fake.capacity || fake.bytes > fake.capacity - size)))
		return FAKE_ERROR;
	while (fake.blocks[i])
		i++;
	tare_must(i < FAKE_BLOCKS);
	block = aligned_alloc(1024, (size + 512 + 1023) / 1024 * 1024);
	tare_must(block != NULL);
	memset(block, 0xAA, size);
	fake.takes++;
	fake.alive++;
	fake.bytes += size;
	fake.blocks[i] = (uint64_t)(uintptr_t)block + (fake.misaligned ? 512 : 0);
	fake.sizes[i] = size;
	*address = fake.blocks[i];
	return TARE_OK;
}

static int give(struct tare_platform *platform, uint64_t address)
{
	(void)platform;
	if (fake.refuse_give) {
		fake.refuse_give--;
		return FAKE_ERROR;
	}
	for (size_t i = 0; i < FAKE_BLOCKS; i++) {
		if (fake.blocks[i] != address)
			continue;
		fake.gives++;
		free_block(i);
		return TARE_OK;
	}
	return TARE_E_ARGUMENT;
}

/* Whether a copy stays inside one block. */
static bool within(uint64_t address, uint64_t size)
{
	for (size_t i = 0; i < FAKE_BLOCKS; i++)
		if (fake.blocks[i] && address >= fake.blocks[i] && address - fake.blocks[i] <= fake.sizes[i] &&
		    size <= fake.sizes[i] - (address - fake.blocks[i]))
			return true;
	return false;
}

static int copy_in(struct tare_platform *platform, uint64_t to, const void *from, uint64_t size)
{
	(void)platform;
	if (refuse())
		return FAKE_ERROR;
	tare_must(within(to, size));
	fake.copies_in++;
	memcpy((void *)(uintptr_t)to, from, size);
	return TARE_OK;
}

static int copy_out(struct tare_platform *platform, void *to, uint64_t from, uint64_t size)
{
	(void)platform;
	if (refuse())
		return FAKE_ERROR;
	tare_must(within(from, size));
	fake.copies_out++;
	memcpy(to, (const void *)(uintptr_t)from, size);
	return TARE_OK;
}

static uint64_t committed_bytes(const struct tare_platform *platform)
{
	(void)platform;
	return fake.bytes;
}

static uint64_t committed_blocks(const struct tare_platform *platform)
{
	(void)platform;
	return fake.alive;
}

static int kernel_open(struct tare_platform *platform, const uint8_t *bytes, uint32_t size, uint64_t address,
	struct tare_kernel_code *code)
{
	(void)platform;
	tare_must(size > 0 && address % 64 == 0);
	if (refuse())
		return FAKE_ERROR;
	fake.kernels++;
	*code = (struct tare_kernel_code){ .entry = 1 + (uint64_t)bytes[0], .object = code };
	return TARE_OK;
}

static int kernel_close(struct tare_platform *platform, struct tare_kernel_code *code)
{
	(void)platform;
	(void)code;
	if (fake.refuse_close) {
		fake.refuse_close--;
		return FAKE_ERROR;
	}
	fake.kernels--;
	return TARE_OK;
}

static int orchestration_open(struct tare_platform *platform, const uint8_t *bytes, uint32_t size, const char *function,
	void **object, void **symbol)
{
	const struct fake_function *row = fake.functions;

	(void)platform;
	(void)bytes;
	tare_must(size > 0);
	if (refuse())
		return TARE_E_IO;
	while (row && row->name && strcmp(row->name, function))
		row++;
	if (!row || !row->name)
		return TARE_E_NOT_FOUND;
	fake.objects++;
	*object = &fake;
	*symbol = row->symbol;
	return TARE_OK;
}

static int orchestration_check(struct tare_platform *platform, const uint8_t *bytes, uint32_t size)
{
	(void)platform;
	(void)bytes;
	return size > 0 ? TARE_OK : TARE_E_IMAGE;
}

static int orchestration_close(struct tare_platform *platform, void *object)
{
	(void)platform;
	tare_must(object == &fake);
	if (fake.refuse_close) {
		fake.refuse_close--;
		return FAKE_ERROR;
	}
	fake.objects--;
	return TARE_OK;
}

static int max_block_dim(struct tare_platform *platform, uint32_t *blocks)
{
	*blocks = fake.max_block_dim ? fake.max_block_dim : platform->arch->max_block_dim;
	return TARE_OK;
}

static void run_task(const struct tare_hbg_image *image, uint32_t i)
{
	struct tare_hbg_task *tasks = (struct tare_hbg_task *)(uintptr_t)image->tasks;
	const struct tare_hbg_edge *edges = (const struct tare_hbg_edge *)(uintptr_t)image->edges;
	int64_t *args = (int64_t *)(uintptr_t)image->args + tasks[i].first_arg;

	fake.code[tasks[i].code - 1](args, NULL);
	tasks[i].fanin = UINT32_MAX; /* done */
	for (uint32_t edge = tasks[i].first_edge; edge != TARE_NO_EDGE; edge = edges[edge].next)
		tasks[edges[edge].to].fanin--;
}

/* Each task after its producers, in as many passes as it takes. */
static int run_graph(uint64_t address)
{
	struct tare_hbg_image *image = (struct tare_hbg_image *)(uintptr_t)address;
	const struct tare_hbg_task *tasks = (const struct tare_hbg_task *)(uintptr_t)image->tasks;
	uint32_t before;

	tare_must(image->revision == TARE_HBG_REVISION && image->completed == 0 && image->phase == 0);
	do {
		before = image->completed;
		for (uint32_t i = 0; i < image->task_count; i++) {
			if (tasks[i].fanin)
				continue;
			run_task(image, i);
			image->completed++;
		}
	} while (image->completed != before);
	image->error = image->completed == image->task_count ? TARE_OK : TARE_E_STALL;
	return image->error;
}

static int launch(struct tare_platform *platform, struct tare_launch *launch)
{
	int result;

	launch->report_error = TARE_E_STATE;
	if (refuse())
		return FAKE_ERROR;
	fake.launches++;
	launch->device_wall_ns = 1;
	if (fake.poison) {
		platform->poisoned = true;
		launch->report_error = TARE_E_POISONED;
		return 507018;
	}
	result = fake.launch ? fake.launch(launch) : run_graph(launch->runtime_args);
	launch->report_error = fake.refuse_report ? FAKE_ERROR : TARE_OK;
	if (launch->report_bytes && !fake.refuse_report)
		memcpy(launch->report_to, (const void *)(uintptr_t)launch->report, launch->report_bytes);
	return result;
}

static int aicpu_close_find(struct tare_platform *platform)
{
	(void)platform;
	return refuse() ? FAKE_ERROR : TARE_OK;
}

static int aicpu_close(struct tare_platform *platform, uint64_t runtime_args)
{
	if (platform->poisoned)
		return TARE_E_POISONED;
	if (refuse())
		return FAKE_ERROR;
	fake.closes++;
	if (fake.close)
		return fake.close(runtime_args);
	((struct tare_trb_close *)(uintptr_t)runtime_args)->closed = 1;
	return TARE_OK;
}

static int finalize(struct tare_platform *platform)
{
	for (size_t i = 0; i < FAKE_BLOCKS; i++)
		if (fake.blocks[i])
			free_block(i);
	platform->references = 0;
	platform->initialised = false;
	platform->poisoned = false;
	return TARE_OK;
}

static bool poisoned(const struct tare_platform *platform)
{
	return platform->poisoned;
}

static bool is_dead(struct tare_platform *platform)
{
	return platform->poisoned;
}

static uint64_t image_generation(const struct tare_platform *platform)
{
	return platform->initialised;
}

static uint32_t references(const struct tare_platform *platform)
{
	return platform->references;
}

const struct tare_platform_ops fake_platform = {
	.name = "fake",
	.create = create,
	.destroy = destroy,
	.attach = attach,
	.init = init,
	.take = take,
	.give = give,
	.copy_in = copy_in,
	.copy_out = copy_out,
	.committed_bytes = committed_bytes,
	.committed_blocks = committed_blocks,
	.kernel_open = kernel_open,
	.kernel_close = kernel_close,
	.orchestration_open = orchestration_open,
	.orchestration_check = orchestration_check,
	.orchestration_close = orchestration_close,
	.max_block_dim = max_block_dim,
	.launch = launch,
	.aicpu_close_find = aicpu_close_find,
	.aicpu_close = aicpu_close,
	.finalize = finalize,
	.poisoned = poisoned,
	.is_dead = is_dead,
	.image_generation = image_generation,
	.references = references,
};
