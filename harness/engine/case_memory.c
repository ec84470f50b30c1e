/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words about device memory and the three arenas.
 */
#include "case.h"

#include <stdio.h>

void *tare_try_memory(struct tare_case *c, size_t size)
{
	struct tare_case_context *context = tare__case_context(c);

	tare__case_enter(c, TARE_PHASE_IDLE);
	return c->abi->device_malloc_ctx(context->handle, size);
}

void *tare_memory(struct tare_case *c, size_t size)
{
	void *memory = tare_try_memory(c, size);

	if (!memory)
		tare__case_fail(c, "Fail.Call", "device_malloc_ctx of %zu bytes returned NULL%s%s", size,
			c->last_error[0] ? ": " : "", c->last_error);
	return memory;
}

void tare_memory_back(struct tare_case *c, void *memory)
{
	c->abi->device_free_ctx(tare__case_context(c)->handle, memory);
}

int tare_try_copy_in(struct tare_case *c, void *device, const void *host, size_t size)
{
	struct tare_case_context *context = tare__case_context(c);

	tare__case_enter(c, TARE_PHASE_IDLE);
	return c->abi->copy_to_device_ctx(context->handle, device, host, size);
}

int tare_try_copy_out(struct tare_case *c, void *host, const void *device, size_t size)
{
	struct tare_case_context *context = tare__case_context(c);

	tare__case_enter(c, TARE_PHASE_IDLE);
	return c->abi->copy_from_device_ctx(context->handle, host, device, size);
}

static const struct tare_ext *extension(struct tare_case *c)
{
	if (!c->ext)
		tare__case_skip(c, "%s has no tare_ext_v1, and the ABI has no words for arenas", c->plan->target.name);
	return c->ext;
}

int tare_try_arena(struct tare_case *c, uint64_t heap, uint64_t shared, uint64_t runtime)
{
	const struct tare_ext *ext = extension(c);
	struct tare_case_context *context = tare__case_context(c);

	tare__case_enter(c, TARE_PHASE_ARENA);
	int code = ext->setup_static_arena(context->handle, heap, shared, runtime);
	tare__case_leave(c);
	return code;
}

void *tare_arena_base(struct tare_case *c, enum tare_region region)
{
	const struct tare_ext *ext = extension(c);
	void *handle = tare__case_context(c)->handle;

	switch (region) {
	case HEAP:    return ext->acquire_heap(handle);
	case SHARED:  return ext->acquire_shared(handle);
	case RUNTIME: return ext->acquire_runtime(handle);
	}
	return NULL;
}
