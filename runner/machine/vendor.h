/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendor - every host-side symbol of facts/cann.md section 2.1, once
 *
 * The names that the runner binds stand in cann.def; the others are here, with
 * the parameters of CANN 9.0.0.  All of them are exported.
 */
#ifndef TARE_MACHINE_VENDOR_H
#define TARE_MACHINE_VENDOR_H

#include <tare/cann.h>

typedef void *aclrtStream;
typedef void *HcclComm;

struct tare_hccl_root { /* HcclRootInfo, 4,108 bytes */
	char internal[4108];
};

enum tare_hccl_code { HCCL_E_NOT_SUPPORT = 5 };

#pragma GCC visibility push(default)

#define TARE_CANN(group, name, parameters, arguments, rule, codes, kinds, failure) int name parameters;
#include <tare/cann.def>
#undef TARE_CANN

int rtStreamSynchronize(rtStream_t stream);
int rtStreamSynchronizeWithTimeout(rtStream_t stream, int32_t milliseconds);
int rtStreamQuery(rtStream_t stream);

int aclInit(const char *path);
int aclFinalize(void);
int aclrtSetDevice(int32_t device);
int aclrtGetDevice(int32_t *device);
int aclrtResetDevice(int32_t device);
int aclrtMalloc(void **memory, size_t size, int policy);
int aclrtFree(void *memory);
int aclrtMemset(void *to, size_t room, int32_t value, size_t size);
int aclrtMemcpy(void *to, size_t room, const void *from, size_t size, int kind);
int aclrtCreateStream(aclrtStream *stream);
int aclrtDestroyStream(aclrtStream stream);
int aclrtSynchronizeStream(aclrtStream stream);
int aclrtSynchronizeDeviceWithTimeout(int32_t milliseconds);
int aclrtIpcMemGetExportKey(void *memory, size_t size, char *key, size_t room, uint64_t flags);
int aclrtIpcMemSetImportPid(const char *key, int32_t *process, size_t count);
int aclrtIpcMemImportByKey(void **memory, const char *key, uint64_t flags);
int aclrtDeviceEnablePeerAccess(int32_t peer, uint32_t flags);
int aclrtDevicePeerAccessStatus(int32_t device, int32_t peer, int32_t *status);

int HcclGetRootInfo(struct tare_hccl_root *root);
int HcclCommInitRootInfo(uint32_t ranks, const struct tare_hccl_root *root, uint32_t rank, HcclComm *communicator);
int HcclBarrier(HcclComm communicator, aclrtStream stream);
int HcclCommDestroy(HcclComm communicator);

int CheckLogLevel(int32_t module, int32_t level);

int halHostRegister(void *from, uint64_t size, uint32_t flag, uint32_t device, void **to);
int halHostUnregister(void *from, uint32_t device);
int halMemAlloc(void **memory, unsigned long long size, unsigned long long flag);
int halMemFree(void *memory);

#pragma GCC visibility pop

#endif
