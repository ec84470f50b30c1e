/* SPDX-License-Identifier: Apache-2.0 */
/* a5 - Ascend 950 (dav-c310); facts/runtime.md section 8, facts/cann.md 4.3 */
#include <tare/arch.h>

const struct tare_arch tare__arch_a5 = {
	.id = TARE_ARCH_A5,
	.name = "a5",
	.max_block_dim = 36,
	.max_cores = 108,
	.max_aicpu_threads = 7,
	.launched_aicpu_threads = 7,
	.physical_cores = 108,
	.data_main_base = 0xD0,
	.cond = 0x5108,
	.fast_path_enable = TARE_ABSENT,
	.fast_path_open = 0,
	.fast_path_close = 0,
	.register_block = 0x6000, /* COND lies at 0x5108: the pages between are never touched */
	.counter_hz = 1000000000,
	.op_timeout_us = 1000000,
	.stream_timeout_ms = 2000,
	.aicore_image_bytes = 373760,
	.device_memory = 122ull * 1000 * 1000 * 1000,
	.hal_registers_by_core = 1,
	.kernel_args = {
		.size = 144,
		.device_args = 40,
		.runtime_args = 48,
		.regs = 56,
		.ffts_base = TARE_ABSENT,
		.log_level = 112,
		.log_info_v = 116,
		.profiling_flag = 120,
		.device_wall = 128,
		.device_id = 136,
	},
};
