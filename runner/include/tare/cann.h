/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cann - the vendor's types, constants and codes, as far as we use them
 *
 * Our own declarations of interface facts of CANN 9.0.0 (LP64): names, numbers
 * and layouts; source: public headers of hicann/runtime v9.0.0, as recorded in
 * facts/cann.md sections 2 and 3.  Layouts are asserted in cann_test.c.
 */
#ifndef TARE_CANN_H
#define TARE_CANN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void *rtStream_t;
typedef void *rtBinHandle;
typedef void *rtFuncHandle;

struct tare_rt_binary { /* rtDevBinary_t, 24 bytes */
	uint32_t magic;
	uint32_t version;
	const void *data;
	uint64_t length;
};

struct tare_rt_task_config { /* rtTaskCfgInfo_t, 16 bytes */
	uint8_t qos;
	uint8_t part_id;
	uint8_t schedule_mode;
	bool d2d_cross;
	uint32_t block_dim_offset;
	uint8_t dump;
	uint8_t never_timeout;
	uint8_t reserved[2];
	uint32_t local_memory;
};

struct tare_rt_host_input { /* rtHostInputInfo_t, 8 bytes */
	uint32_t address_offset;
	uint32_t data_offset;
};

struct tare_rt_args { /* rtArgsEx_t, 40 bytes */
	void *args;
	struct tare_rt_host_input *host_inputs;
	uint32_t size;
	uint32_t tiling_address_offset;
	uint32_t tiling_data_offset;
	uint16_t host_input_count;
	uint8_t has_tiling;
	uint8_t no_host_copy;
	uint8_t reserved[4];
};

struct tare_rt_aicpu_args { /* rtAicpuArgsEx_t, 48 bytes */
	void *args;
	struct tare_rt_host_input *host_inputs;
	struct tare_rt_host_input *kernel_offsets;
	uint32_t size;
	uint16_t host_input_count;
	uint16_t kernel_offset_count;
	uint32_t so_name_offset;
	uint32_t kernel_name_offset;
	bool no_host_copy;
	uint16_t timeout;
	uint8_t reserved[4];
};

struct tare_rt_cpu_args { /* rtCpuKernelArgs_t, 72 bytes */
	struct tare_rt_aicpu_args base;
	size_t head_offset;
	uint32_t reserved[4];
};

struct tare_rt_launch_attribute { /* rtLaunchKernelAttr_t; never read while the count is 0 */
	uint32_t id;
	uint32_t value[4];
};

struct tare_rt_launch_config { /* rtKernelLaunchCfg_t, 16 bytes; attributes must not be NULL */
	struct tare_rt_launch_attribute *attributes;
	size_t count;
};

struct tare_rt_load_option { /* rtLoadBinaryOption_t, 20 bytes */
	uint32_t id;
	uint32_t value[4];
};

struct tare_rt_load_config { /* rtLoadBinaryConfig_t, 16 bytes */
	struct tare_rt_load_option *options;
	size_t count;
};

struct tare_rt_sm_desc; /* rtSmDesc_t: always passed as NULL */

struct tare_hal_map_in { /* AddrMapInPara, 8 bytes */
	uint32_t type;
	uint32_t device;
};

struct tare_hal_map_out { /* AddrMapOutPara, 16 bytes */
	unsigned long long address;
	unsigned long long length;
};

struct tare_hal_resource { /* res_map_info, 20 bytes */
	uint32_t process;
	uint32_t type;
	uint32_t id;
	uint32_t flag;
	uint32_t reserved;
};

enum tare_rt_constant {
	RT_DEV_BINARY_MAGIC_ELF         = 0x43554245,
	RT_DEV_BINARY_MAGIC_ELF_AICPU   = 0x41415243,
	RT_DEV_BINARY_MAGIC_ELF_AIVEC   = 0x41415246,
	RT_DEV_BINARY_MAGIC_ELF_AICUBE  = 0x41494343,
	RT_SCHEM_MODE_BATCH             = 1,
	RT_MEMCPY_HOST_TO_HOST          = 0,
	RT_MEMCPY_HOST_TO_DEVICE        = 1,
	RT_MEMCPY_DEVICE_TO_HOST        = 2,
	RT_MEMCPY_DEVICE_TO_DEVICE      = 3,
	RT_MEMORY_HBM                   = 2,
	KERNEL_TYPE_AICPU_KFC           = 5,
	RT_LOAD_BINARY_OPT_CPU_KERNEL_MODE = 3,
	ACL_RT_DEV_RES_CUBE_CORE        = 0,
	ACL_RT_DEV_RES_VECTOR_CORE      = 1,
	ACL_HBM_MEM                     = 1,
	HAL_ADDR_MAP_TYPE_REG_AIC_CTRL  = 2,
	HAL_MODULE_TYPE_AICORE          = 4,
	HAL_INFO_TYPE_OCCUPY            = 8,
	HAL_INFO_TYPE_PF_OCCUPY         = 21,
};

enum tare_rt_code { /* external codes, facts/cann.md section 3.1 */
	ACL_ERROR_INVALID_PARAM              = 100000,
	ACL_ERROR_REPEAT_INITIALIZE          = 100002,
	ACL_ERROR_REPEAT_FINALIZE            = 100037,
	ACL_ERROR_RT_PARAM_INVALID           = 107000,
	ACL_ERROR_RT_INVALID_DEVICEID        = 107001,
	ACL_ERROR_RT_CONTEXT_NULL            = 107002,
	ACL_ERROR_RT_STREAM_CONTEXT          = 107003,
	ACL_ERROR_RT_INVALID_HANDLE          = 107017,
	ACL_ERROR_RT_INVALID_MALLOC_TYPE     = 107018,
	ACL_ERROR_RT_FEATURE_NOT_SUPPORT     = 207000,
	ACL_ERROR_RT_MEMORY_ALLOCATION       = 207001,
	ACL_ERROR_RT_MEMORY_FREE             = 207002,
	ACL_ERROR_RT_RESOURCE_ALLOC_FAIL     = 207005,
	ACL_ERROR_RT_NO_STREAM_RESOURCE      = 207008,
	ACL_ERROR_RT_INTERNAL_ERROR          = 507000,
	ACL_ERROR_RT_CONTEXT_RELEASE_ERROR   = 507007,
	ACL_ERROR_RT_AICORE_TIMEOUT          = 507014,
	ACL_ERROR_RT_AICORE_EXCEPTION        = 507015,
	ACL_ERROR_RT_AICPU_TIMEOUT           = 507017,
	ACL_ERROR_RT_AICPU_EXCEPTION         = 507018,
	ACL_ERROR_RT_PROGRAM_USE_OUT         = 507032,
	ACL_ERROR_RT_DEV_SETUP_ERROR         = 507033,
	ACL_ERROR_RT_STREAM_SYNC_TIMEOUT     = 507046,
	ACL_ERROR_RT_DRV_INTERNAL_ERROR      = 507899,
	DRV_ERROR_INVALID_VALUE              = 3,  /* the HAL's own codes */
	DRV_ERROR_OUT_OF_MEMORY              = 6,
	DRV_ERROR_NO_PROCESS                 = 62,
};

#endif
