/* SPDX-License-Identifier: Apache-2.0 */
/*
 * comm - the collective communication entries of the ABI
 *
 * They answer in every cell as the reference's a5 onboard runtime does, which
 * has no communication: nothing to make ready, no stream, no communicator.
 */
#include "abi_priv.h"

#include <tare/status.h>

int ensure_acl_ready_ctx(void *context, int device)
{
	return tare__runner_of(context) && device >= 0 ? 0 : tare_status_abi(TARE_E_ARGUMENT);
}

void *create_comm_stream_ctx(void *context)
{
	(void)tare__runner_of(context);
	return NULL;
}

int destroy_comm_stream_ctx(void *context, void *stream)
{
	return tare__runner_of(context) && !stream ? 0 : tare_status_abi(TARE_E_ARGUMENT);
}

void *comm_init(int rank, int ranks, void *stream, const char *root_info)
{
	(void)rank;
	(void)ranks;
	(void)stream;
	(void)root_info;
	return NULL;
}

int comm_alloc_windows(void *comm, size_t window, uint64_t *device_context)
{
	(void)comm;
	(void)window;
	(void)device_context;
	return tare_status_abi(TARE_E_UNSUPPORTED);
}

int comm_get_local_window_base(void *comm, uint64_t *base)
{
	(void)comm;
	(void)base;
	return tare_status_abi(TARE_E_UNSUPPORTED);
}

int comm_get_window_size(void *comm, size_t *size)
{
	(void)comm;
	(void)size;
	return tare_status_abi(TARE_E_UNSUPPORTED);
}

int comm_derive_context(void *comm, const uint32_t *ranks, size_t count, uint32_t domain_rank, size_t offset,
	size_t size, uint64_t *out)
{
	(void)comm;
	(void)ranks;
	(void)count;
	(void)domain_rank;
	(void)offset;
	(void)size;
	(void)out;
	return tare_status_abi(TARE_E_UNSUPPORTED);
}

int comm_alloc_domain_windows(void *comm, uint64_t allocation, const uint32_t *ranks, size_t count,
	uint32_t domain_rank, size_t size, uint64_t *device_context, uint64_t *local_base)
{
	(void)comm;
	(void)allocation;
	(void)ranks;
	(void)count;
	(void)domain_rank;
	(void)size;
	(void)device_context;
	(void)local_base;
	return tare_status_abi(TARE_E_UNSUPPORTED);
}

int comm_release_domain_windows(void *comm, uint64_t allocation, size_t count, uint32_t domain_rank)
{
	(void)comm;
	(void)allocation;
	(void)count;
	(void)domain_rank;
	return tare_status_abi(TARE_E_UNSUPPORTED);
}

int comm_barrier(void *comm)
{
	(void)comm;
	return tare_status_abi(TARE_E_UNSUPPORTED);
}

int comm_destroy(void *comm)
{
	(void)comm;
	return tare_status_abi(TARE_E_UNSUPPORTED);
}
