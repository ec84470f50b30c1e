/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words about device memory and the three arenas.
 */
#include "case.h"

#include <stdio.h>

struct taking {
	size_t size;
	void *memory;
};

static int act_take(struct tare_case *c, void *cookie)
{
	struct taking *taking = cookie;

	taking->memory = c->abi->device_malloc_ctx(c->contexts[c->current].handle, taking->size);
	return taking->memory ? 0 : -1;
}

void *tare_try_memory(struct tare_case *c, size_t size)
{
	struct taking taking = { .size = size };

	tare__case_context(c);
	tare__attempt(c, &(struct tare__attempt){ "device_malloc_ctx", TARE_PHASE_IDLE, 0, act_take, &taking });
	return taking.memory;
}

void *tare_memory(struct tare_case *c, size_t size)
{
	void *memory = tare_try_memory(c, size);

	if (!memory)
		tare__case_fail(c, "Fail.Call", "device_malloc_ctx of %zu bytes returned NULL%s%s", size,
			c->last_error[0] ? ": " : "", c->last_error);
	return memory;
}

static int act_give(struct tare_case *c, void *cookie)
{
	c->abi->device_free_ctx(c->contexts[c->current].handle, cookie);
	return 0;
}

void tare_memory_back(struct tare_case *c, void *memory)
{
	tare__case_context(c);
	tare__attempt(c, &(struct tare__attempt){ "device_free_ctx", TARE_PHASE_IDLE, TARE__SILENT | TARE__GIVES, act_give,
		memory });
}

struct copying {
	void *to;
	const void *from;
	size_t size;
};

static int act_copy_in(struct tare_case *c, void *cookie)
{
	const struct copying *copying = cookie;

	return c->abi->copy_to_device_ctx(c->contexts[c->current].handle, copying->to, copying->from, copying->size);
}

static int act_copy_out(struct tare_case *c, void *cookie)
{
	const struct copying *copying = cookie;

	return c->abi->copy_from_device_ctx(c->contexts[c->current].handle, copying->to, copying->from, copying->size);
}

int tare_try_copy_in(struct tare_case *c, void *device, const void *host, size_t size)
{
	struct copying copying = { device, host, size };

	tare__case_context(c);
	return tare__attempt(c, &(struct tare__attempt){ "copy_to_device_ctx", TARE_PHASE_IDLE, 0, act_copy_in, &copying });
}

int tare_try_copy_out(struct tare_case *c, void *host, const void *device, size_t size)
{
	struct copying copying = { host, device, size };

	tare__case_context(c);
	return tare__attempt(c, &(struct tare__attempt){ "copy_from_device_ctx", TARE_PHASE_IDLE, 0, act_copy_out, &copying });
}

static const struct tare_ext *extension(struct tare_case *c)
{
	if (!c->ext)
		tare__case_skip(c, "%s has no tare_ext_v1, and the ABI has no words for arenas", c->plan->target.name);
	return c->ext;
}

static int act_arena(struct tare_case *c, void *cookie)
{
	const uint64_t *sizes = cookie;

	return extension(c)->setup_static_arena(c->contexts[c->current].handle, sizes[HEAP], sizes[SHARED], sizes[RUNTIME]);
}

int tare_try_arena(struct tare_case *c, uint64_t heap, uint64_t shared, uint64_t runtime)
{
	uint64_t sizes[] = { [HEAP] = heap, [SHARED] = shared, [RUNTIME] = runtime };

	extension(c);
	tare__case_context(c);
	return tare__attempt(c, &(struct tare__attempt){ "setup_static_arena", TARE_PHASE_ARENA, 0, act_arena, sizes });
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
