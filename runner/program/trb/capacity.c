/* SPDX-License-Identifier: Apache-2.0 */
/* capacity - what a launch may be given, and the bytes that this makes; host and device ask the same functions */
#include "core.h"

static bool power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

const char *tare_trb_capacity_refuse(const struct tare_trb_capacity *capacity)
{
	if (!power_of_two(capacity->heap) || capacity->heap < TARE_TRB_HEAP_LEAST || capacity->heap > TARE_TRB_HEAP_MOST)
		return "a heap ring is a power of two from 1024 bytes to 16 GiB";
	if (!power_of_two(capacity->task_window) || capacity->task_window < TARE_TRB_WINDOW_LEAST ||
	    capacity->task_window > TARE_TRB_WINDOW_MOST)
		return "a task window is a power of two from 4 to 65536";
	if (capacity->dep_pool < TARE_TRB_DEPS_LEAST || capacity->dep_pool > TARE_TRB_DEPS_MOST)
		return "a dependency pool has 4 to 16777216 entries";
	if (capacity->map_pool < TARE_TRB_MAP_LEAST || capacity->map_pool > TARE_TRB_MAP_MOST)
		return "a map of written views has 16 to 1048576 entries";
	return NULL;
}

static uint64_t round_up(uint64_t bytes)
{
	return (bytes + 63) / 64 * 64;
}

uint64_t tare__trb_shared_bytes(const struct tare_trb_capacity *capacity)
{
	return (uint64_t)TARE_TRB_RINGS * capacity->task_window *
		(sizeof(struct tare__trb_slot) + sizeof(struct tare__trb_payload));
}

static uint64_t pool_bytes_of_deps(const struct tare_trb_capacity *capacity)
{
	return round_up((uint64_t)TARE_TRB_RINGS * capacity->dep_pool * sizeof(struct tare__trb_dep));
}

static uint64_t pool_bytes_of_map(const struct tare_trb_capacity *capacity)
{
	return round_up((uint64_t)capacity->map_pool * sizeof(struct tare__trb_entry));
}

uint64_t tare__trb_pool_bytes(const struct tare_trb_capacity *capacity)
{
	return pool_bytes_of_deps(capacity) + pool_bytes_of_map(capacity) +
		round_up((uint64_t)TARE_TRB_RINGS * capacity->task_window * sizeof(uint32_t));
}

uint64_t tare_trb_workspace_offset(void)
{
	return round_up(sizeof(struct tare_trb_image));
}

void tare_trb_sizes(const struct tare_trb_capacity *capacity, struct tare_trb_sizes *sizes)
{
	sizes->heap = TARE_TRB_RINGS * capacity->heap;
	sizes->shared = tare__trb_shared_bytes(capacity);
	sizes->runtime = tare_trb_workspace_offset() + round_up(sizeof(struct tare__trb)) + tare__trb_pool_bytes(capacity) +
		TARE_TRB_CREW_BYTES;
}

void tare__trb_open(struct tare__trb *trb, const struct tare__trb_plan *plan)
{
	const struct tare_trb_capacity *capacity = plan->capacity;
	uint64_t slots = (uint64_t)TARE_TRB_RINGS * capacity->task_window;
	uint64_t dep_bytes = pool_bytes_of_deps(capacity), map_bytes = pool_bytes_of_map(capacity);
	uint32_t *places = (uint32_t *)(uintptr_t)(plan->pools + dep_bytes + map_bytes);

	trb->seen.pending_scope_mode = TARE_TRB_SCOPE_AUTO;
	trb->status = plan->status;
	trb->capacity = *capacity;
	trb->kernels = plan->kernels;
	trb->clusters = plan->clusters;
	trb->depth = 0;
	trb->serial = 0;
	trb->own = (struct tare_lease){ .at = TARE_LEASE_NONE };
	trb->lease = &trb->own;
	trb->slots = (struct tare__trb_slot *)(uintptr_t)plan->shared;
	trb->deps = (struct tare__trb_dep *)(uintptr_t)plan->pools;
	trb->payloads = (struct tare__trb_payload *)(uintptr_t)(plan->shared + slots * sizeof *trb->slots);
	for (uint32_t i = 0; i < TARE_TRB_RINGS; i++)
		trb->rings[i] = (struct tare__trb_ring){
			.deps = trb->deps + (uint64_t)i * capacity->dep_pool,
			.places = places + (uint64_t)i * capacity->task_window,
			.unused = TARE__TRB_NONE,
			.heap = plan->heap + i * capacity->heap,
			.heap_wrap = TARE__TRB_NOWHERE,
		};
	tare__trb_map_open(&trb->map, (struct tare__trb_entry *)(uintptr_t)(plan->pools + dep_bytes), capacity->map_pool);
	trb->submitted = 0;
	trb->closed = 0;
	trb->failing = 0;
	trb->failed = 0;
	trb->async_threads = 0;
	trb->async_holds = 0;
	trb->async_pending = 0;
	trb->completed = 0;
	trb->starved = 0;
	for (uint32_t i = 0; i < TARE__TRB_SHAPES; i++)
		trb->ready[i] = (struct tare__trb_ready){ .head = TARE__TRB_NONE };
	trb->drain = (struct tare__trb_drain){ .phase = TARE__TRB_DRAIN_NONE };
}
