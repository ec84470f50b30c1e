/* SPDX-License-Identifier: Apache-2.0 */
/* absent - what one card alone has not: windows of other processes, peers, collectives */
#include "machine_priv.h"
#include "vendor.h"

int aclrtIpcMemGetExportKey(void *memory, size_t size, char *key, size_t room, uint64_t flags)
{
	(void)memory, (void)size, (void)key, (void)room, (void)flags;
	return ACL_ERROR_RT_FEATURE_NOT_SUPPORT;
}

int aclrtIpcMemSetImportPid(const char *key, int32_t *process, size_t count)
{
	(void)key, (void)process, (void)count;
	return ACL_ERROR_RT_FEATURE_NOT_SUPPORT;
}

int aclrtIpcMemImportByKey(void **memory, const char *key, uint64_t flags)
{
	(void)memory, (void)key, (void)flags;
	return ACL_ERROR_RT_FEATURE_NOT_SUPPORT;
}

int aclrtDeviceEnablePeerAccess(int32_t peer, uint32_t flags)
{
	(void)peer, (void)flags;
	return ACL_ERROR_RT_FEATURE_NOT_SUPPORT;
}

int aclrtDevicePeerAccessStatus(int32_t device, int32_t peer, int32_t *status)
{
	(void)device, (void)peer, (void)status;
	return ACL_ERROR_RT_FEATURE_NOT_SUPPORT;
}

int HcclGetRootInfo(struct tare_hccl_root *root)
{
	(void)root;
	return HCCL_E_NOT_SUPPORT;
}

int HcclCommInitRootInfo(uint32_t ranks, const struct tare_hccl_root *root, uint32_t rank, HcclComm *communicator)
{
	(void)ranks, (void)root, (void)rank, (void)communicator;
	return HCCL_E_NOT_SUPPORT;
}

int HcclBarrier(HcclComm communicator, aclrtStream stream)
{
	(void)communicator, (void)stream;
	return HCCL_E_NOT_SUPPORT;
}

int HcclCommDestroy(HcclComm communicator)
{
	(void)communicator;
	return HCCL_E_NOT_SUPPORT;
}
