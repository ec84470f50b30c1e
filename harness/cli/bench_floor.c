/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of a launch: what its bytes and its kernels cost by themselves.
 *
 * The kernels are the built fixtures, opened as objects and called; so the
 * ratio compares what is around them and not two compilers.
 */
#include "bench_cell.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/device_program.h>
#include <tare/text.h>

#include "cli.h"

enum { ADD, ADD_SCALAR, MUL, KERNELS };
enum { A, B, C, D, E, G, F, BUFFERS };

struct tare__bench_floor {
	void *objects[KERNELS];
	tare_kernel_fn kernels[KERNELS];
	float *buffers[BUFFERS];
	uint32_t elements;
};

static int open_kernel(struct tare__bench_floor *floor, int i, const char *fixtures, const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "%s/kernels/sim/%s.so", fixtures, name);
	floor->objects[i] = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void *symbol = floor->objects[i] ? dlsym(floor->objects[i], "kernel_entry") : NULL;
	if (!symbol)
		return tare__complain("bench: %s has no kernel to call", path);
	tare_function_from(symbol, &floor->kernels[i], sizeof floor->kernels[i]);
	return 0;
}

struct tare__bench_floor *tare__bench_floor_open(const char *fixtures, uint32_t elements)
{
	static const char *const names[KERNELS] = { "add", "add_scalar", "mul" };
	struct tare__bench_floor *floor = calloc(1, sizeof *floor);

	if (!floor)
		return NULL;
	floor->elements = elements;
	for (int i = 0; i < KERNELS; i++)
		if (open_kernel(floor, i, fixtures, names[i]))
			goto fail;
	for (int i = 0; i < BUFFERS; i++) {
		floor->buffers[i] = aligned_alloc(512, ((size_t)elements * sizeof(float) + 511) / 512 * 512);
		if (!floor->buffers[i])
			goto fail;
		memset(floor->buffers[i], 0, elements * sizeof(float));
	}
	return floor;
fail:
	tare__bench_floor_close(&floor);
	return NULL;
}

void tare__bench_floor_close(struct tare__bench_floor **floor)
{
	if (!*floor)
		return;
	for (int i = 0; i < KERNELS; i++)
		if ((*floor)->objects[i])
			dlclose((*floor)->objects[i]);
	for (int i = 0; i < BUFFERS; i++)
		free((*floor)->buffers[i]);
	free(*floor);
	*floor = NULL;
}

static void three(const struct tare__bench_floor *floor, int kernel, int x, int y, int z)
{
	int64_t args[] = { (int64_t)(uintptr_t)floor->buffers[x], (int64_t)(uintptr_t)floor->buffers[y],
		(int64_t)(uintptr_t)floor->buffers[z], floor->elements };

	floor->kernels[kernel](args, NULL);
}

static void scalar(const struct tare__bench_floor *floor, int x, int y, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	int64_t args[] = { (int64_t)(uintptr_t)floor->buffers[x], (int64_t)(uintptr_t)floor->buffers[y], floor->elements,
		(int64_t)bits };
	floor->kernels[ADD_SCALAR](args, NULL);
}

void tare__bench_floor_kernels(struct tare__bench_floor *floor)
{
	three(floor, ADD, A, B, C);
	scalar(floor, C, D, 1.0f);
	scalar(floor, C, E, 2.0f);
	three(floor, MUL, D, E, G);
	three(floor, ADD, G, C, F);
}

void tare__bench_floor_launch(struct tare__bench_floor *floor, const float *a, const float *b, float *f)
{
	size_t size = floor->elements * sizeof(float);

	memcpy(floor->buffers[A], a, size);
	memcpy(floor->buffers[B], b, size);
	tare__bench_floor_kernels(floor);
	memcpy(f, floor->buffers[F], size);
}
