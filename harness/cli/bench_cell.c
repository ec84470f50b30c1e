/* SPDX-License-Identifier: Apache-2.0 */
#include "bench_cell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/machine.h>
#include <tare/status.h>

#include "cli.h"

static int bind_tables(struct tare__bench_cell *bench, bool metered)
{
	const struct tare_log log = { tare_log_to_stderr, NULL, TARE_LOG_WARN };

	/* Sim sees the host's table alone. */
	if (bench->cell.platform == TARE_PLATFORM_ONBOARD && tare_cann_bind(&bench->plain.cann, TARE_DRIVER_MACHINE, &log))
		return tare__complain("bench: the emulated machine could not be bound");
	tare_host_bind(&bench->plain.host);
	bench->tables = bench->plain;
	if (!metered)
		return 0;
	bench->page = calloc(1, sizeof *bench->page);
	if (!bench->page || tare_ledger_open(&bench->ledger, bench->page, NULL))
		return tare__complain("bench: out of memory for the ledger");
	tare_tap_install(&bench->tables, tare_ledger_tap(bench->ledger));
	return 0;
}

static int set_machine(const struct tare__bench_cell *bench, uint64_t memory)
{
	struct tare_machine_setup setup;
	char error[256] = "";

	if (tare_machine_setup_read(&setup, error, sizeof error))
		return tare__complain("bench: %s", error);
	setup.arch = bench->cell.arch;
	if (memory)
		setup.memory = memory;
	int status = tare_machine_setup_use(&setup);
	return status == TARE_OK || status == TARE_E_STATE ? 0 : tare__complain("bench: the machine refused its set-up");
}

static const struct tare_bytes *object(struct tare__bench_cell *bench, const char *name)
{
	const struct tare_bytes *file = NULL;
	char path[128];

	snprintf(path, sizeof path, "objects/%s/%s.so", tare_arch_name(bench->cell.arch), name);
	if (tare_image_store_file(&bench->store, path, &file))
		tare__complain("bench: %s/%s could not be read", bench->store.folder, path);
	return file;
}

static int open_context(struct tare__bench_cell *bench)
{
	const struct tare_log log = { tare_log_to_stderr, NULL, TARE_LOG_WARN };
	const struct tare_bytes *aicpu = object(bench, "aicpu");
	const struct tare_bytes *aicore = object(bench, "aicore");
	const struct tare_bytes *dispatcher = object(bench, "dispatcher");

	if (!aicpu || !aicore || !dispatcher)
		return -1;
	bench->context = bench->target.ext->open(bench->cell, &bench->tables, &log);
	if (!bench->context)
		return tare__complain("bench: no context could be opened");
	int code = bench->target.abi->simpler_init(bench->context, 0, aicpu->bytes, aicpu->size, aicore->bytes,
		aicore->size, dispatcher->bytes, dispatcher->size);
	return code ? tare__complain("bench: simpler_init returned %d", code) : 0;
}

static int open_target(struct tare__bench_cell *bench, bool metered, uint64_t memory)
{
	if (set_machine(bench, memory) || bind_tables(bench, metered) || open_context(bench)) {
		tare__bench_close(bench);
		return -1;
	}
	if (bench->ledger)
		tare_ledger_read(bench->ledger, TARE_AT_START);
	return 0;
}

int tare__bench_open(struct tare__bench_cell *bench, struct tare_cell cell, const char *fixtures, bool metered,
	uint64_t memory)
{
	*bench = (struct tare__bench_cell){ .cell = cell, .store = { .folder = fixtures, .cell = cell } };
	if (tare_target_embedded(cell, TARE_DRIVER_MACHINE, &bench->target))
		return tare__complain("bench: this build has no such cell");
	return open_target(bench, metered, memory);
}

int tare__bench_open_foreign(struct tare__bench_cell *bench, struct tare_cell cell, const char *fixtures)
{
	char path[1024], error[TARE_TARGET_PATH + 1024];

	*bench = (struct tare__bench_cell){ .cell = cell, .store = { .folder = fixtures, .cell = cell } };
	snprintf(path, sizeof path, "%s/targets/%s_%s_%s.json", fixtures, tare_arch_name(cell.arch),
		tare_platform_name(cell.platform), tare_graph_name(cell.graph));
	if (tare_target_read(path, NULL, &bench->file, error, sizeof error))
		return tare__complain("bench: %s", error);
	tare_target_foreign(&bench->file, &bench->target);
	if (tare_target_open(&bench->target, &bench->bound, error, sizeof error))
		return tare__complain("bench: %s: %s", path, error);
	return open_target(bench, false, 0);
}

void tare__bench_close(struct tare__bench_cell *bench)
{
	if (bench->context) {
		bench->target.abi->finalize_device(bench->context);
		bench->target.abi->destroy_device_context(bench->context);
		bench->context = NULL;
	}
	if (bench->ledger) {
		tare_tap_remove();
		tare_ledger_close(&bench->ledger);
	}
	free(bench->page);
	bench->page = NULL;
	tare_image_store_close(&bench->store);
}

static int add_tensors(struct tare__bench_callable *callable, const struct tare_fixture *fixture, uint32_t elements)
{
	callable->elements = elements;
	for (unsigned i = 0; i < TARE__BENCH_TENSORS && fixture->tensors[i].direction; i++) {
		uint32_t count = fixture->tensors[i].elements ? fixture->tensors[i].elements * 2 : elements;

		callable->tensors[i] = aligned_alloc(64, ((size_t)count * sizeof(float) + 63) / 64 * 64);
		if (!callable->tensors[i])
			return tare__complain("bench: out of memory for a tensor");
		for (uint32_t k = 0; k < count; k++)
			callable->tensors[i][k] = fixture->tensors[i].fill;
		callable->args.tensors[i] = (struct tare_tensor){
			.data = (uint64_t)(uintptr_t)callable->tensors[i],
			.shape = { fixture->tensors[i].elements ? fixture->tensors[i].elements : elements },
			.dims = 1, .type = (uint8_t)fixture->tensors[i].type,
		};
		callable->args.tensor_count = (int32_t)i + 1;
	}
	memcpy(callable->args.scalars, fixture->scalars, sizeof fixture->scalars);
	callable->args.scalar_count = (int32_t)fixture->scalar_count;
	return 0;
}

int tare__bench_prepare(struct tare__bench_cell *bench, const char *name, int32_t id, uint32_t elements,
	struct tare__bench_callable *callable)
{
	const struct tare_fixture *fixture = tare_fixture_find(bench->store.cell.graph, name);
	const struct tare_callable_image *image = NULL;
	char missing[256] = "";

	*callable = (struct tare__bench_callable){ .id = id };
	if (!fixture)
		return tare__complain("bench: the catalogue has no callable \"%s\"", name);
	if (tare_image_store_build(&bench->store, fixture, &image, missing, sizeof missing))
		return tare__complain("bench: the fixture %s/%s could not be read", bench->store.folder, missing);
	if (add_tensors(callable, fixture, elements)) {
		tare__bench_forget(callable);
		return -1;
	}
	int code = bench->target.abi->prepare_callable(bench->context, id, image->bytes);
	if (code) {
		tare__bench_forget(callable);
		return tare__complain("bench: prepare_callable of %s returned %d", name, code);
	}
	return 0;
}

void tare__bench_forget(struct tare__bench_callable *callable)
{
	for (unsigned i = 0; i < TARE__BENCH_TENSORS; i++) {
		free(callable->tensors[i]);
		callable->tensors[i] = NULL;
	}
}

int tare__bench_launch(struct tare__bench_cell *bench, const struct tare__bench_callable *callable, int block_dim,
	int threads)
{
	bench->launches++;
	if (bench->ledger) {
		tare_ledger_phase(bench->ledger, TARE_PHASE_LAUNCH);
		tare_ledger_launch(bench->ledger, bench->launches);
	}
	int code = bench->target.abi->run_prepared(bench->context, bench->runtime, callable->id, &callable->args, block_dim,
		threads, 0, 0, 0, 0, 0, NULL, NULL);
	if (bench->ledger) {
		tare_ledger_phase(bench->ledger, TARE_PHASE_IDLE);
		tare_ledger_read(bench->ledger, bench->launches == 1 ? TARE_AT_FIRST_LAUNCH : TARE_AT_LAST_LAUNCH);
	}
	return code;
}
