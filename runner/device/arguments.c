/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arguments - checking what a launch is called with
 *
 * An orchestration multiplies shapes and trusts counts, so they are checked
 * before it sees them.
 */
#include "runner_priv.h"

#include <inttypes.h>

#include <tare/status.h>

static const char *wrong_with(const struct tare_tensor *tensor)
{
	uint64_t bytes;

	if (tensor->dims < 1 || tensor->dims > TARE_TENSOR_DIMS)
		return "does not have 1 to 5 dimensions";
	bytes = tensor->type < TARE_DATA_TYPES ? tare_data_type_bytes((enum tare_data_type)tensor->type) : 0;
	if (!bytes)
		return "is of no known type";
	for (uint32_t i = 0; i < tensor->dims; i++) {
		if (!tensor->shape[i])
			return "has an extent of 0";
		if (bytes > UINT64_MAX / tensor->shape[i])
			return "has more bytes than can be counted";
		bytes *= tensor->shape[i];
	}
	return tensor->data ? NULL : "has no data";
}

int tare__arguments_check(const struct tare_runner *runner, const struct tare_chip_args *args)
{
	if ((uintptr_t)args % _Alignof(struct tare_chip_args)) {
		tare_log(&runner->log, TARE_LOG_ERROR, "launch: the arguments at %p are not aligned to %zu", (const void *)args,
			_Alignof(struct tare_chip_args));
		return TARE_E_ARGUMENT;
	}
	if (args->tensor_count < 0 || args->tensor_count > TARE_CHIP_TENSORS || args->scalar_count < 0 ||
	    args->scalar_count > TARE_CHIP_SCALARS) {
		tare_log(&runner->log, TARE_LOG_ERROR, "launch: %" PRId32 " tensors and %" PRId32 " scalars, 0 to %d and 0 to %d"
			" are possible", args->tensor_count, args->scalar_count, TARE_CHIP_TENSORS, TARE_CHIP_SCALARS);
		return TARE_E_GRAPH;
	}
	for (int32_t i = 0; i < args->tensor_count; i++) {
		const char *wrong = wrong_with(&args->tensors[i]);

		if (!wrong)
			continue;
		tare_log(&runner->log, TARE_LOG_ERROR, "launch: tensor %" PRId32 " %s", i, wrong);
		return TARE_E_GRAPH;
	}
	return TARE_OK;
}
