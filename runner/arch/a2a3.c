/* SPDX-License-Identifier: Apache-2.0 */
/* a2a3 - Ascend 910B/C (dav-c220); facts/runtime.md section 8, facts/cann.md 4.3 */
#include <tare/arch.h>

const struct tare_arch tare__arch_a2a3 = {
	.id = TARE_ARCH_A2A3,
	.name = "a2a3",
	.max_block_dim = 24,
	.max_cores = 72,
	.max_aicpu_threads = 4,
	.launched_aicpu_threads = 6,
	.physical_cores = 75,
	.data_main_base = 0xA0,
	.cond = 0x4C8,
	.fast_path_enable = 0x18,
	.fast_path_open = 0xE,
	.fast_path_close = 0xF,
	.register_block = 0x1400,
	.counter_hz = 50000000,
	.op_timeout_us = 1000000,
	.stream_timeout_ms = 2000,
	.aicore_image_bytes = 79872,
	.device_memory = 62771ull << 20, /* 61.3 GiB */
	.hal_registers_by_core = 0,
	.kernel_args = {
		.size = 160,
		.device_args = 40,
		.runtime_args = 48,
		.regs = 56,
		.ffts_base = 64,
		.log_level = 128,
		.log_info_v = 132,
		.profiling_flag = 136,
		.device_wall = 144,
		.device_id = 152,
	},
};
