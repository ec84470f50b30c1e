/* SPDX-License-Identifier: Apache-2.0 */
/* data_type - bytes of one element; what stages tensors asks as well as what checks them */
#include <tare/callable.h>

uint32_t tare_data_type_bytes(enum tare_data_type type)
{
	static const uint32_t bytes[TARE_DATA_TYPES] = {
		[TARE_FLOAT32] = 4, [TARE_FLOAT16] = 2, [TARE_INT32] = 4, [TARE_INT16] = 2, [TARE_INT8] = 1,
		[TARE_UINT8] = 1, [TARE_BFLOAT16] = 2, [TARE_INT64] = 8, [TARE_UINT64] = 8, [TARE_UINT16] = 2,
		[TARE_UINT32] = 4,
	};

	return (unsigned)type < TARE_DATA_TYPES ? bytes[type] : 0;
}
