/* SPDX-License-Identifier: Apache-2.0 */
/* arg - what a task is submitted with: whatever is wrong with it is said before anything is taken */
#include "core.h"

static bool check_counts(struct tare__trb *trb, const struct tare_trb_arg *arg)
{
	if (arg->has_error)
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "%s", arg->error ? arg->error : "the arguments were refused");
	else if (!trb->depth)
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "a task outside every scope");
	else if (arg->tensor_count < 0 || arg->tensor_count > TARE_TRB_TENSORS)
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "%d tensors, 16 at most", arg->tensor_count);
	else if (arg->scalar_count < 0 || arg->scalar_count > TARE_TRB_SCALARS)
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "%d scalars, 32 at most", arg->scalar_count);
	else if (arg->dependency_count && !arg->dependencies)
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "%u dependencies without a list", arg->dependency_count);
	else
		return true;
	return false;
}

/* An output that is still to be created: how much of the heap. */
static const char *check_output(struct tare__trb_submit *submit, uint32_t i)
{
	const struct tare_trb_create_info *info = submit->arg->tensors[i];
	uint64_t bytes = tare__trb_width(info->type);

	if (!bytes)
		return "its type is unknown";
	if (info->dims > TARE_TRB_DIMS)
		return "it has more than 5 dimensions";
	for (uint32_t d = info->dims; d-- > 0;) {
		if (__builtin_mul_overflow(bytes, (uint64_t)info->shapes[d], &bytes))
			return "it is larger than memory can be";
		if (d && bytes / tare__trb_width(info->type) > UINT32_MAX)
			return "its strides are larger than a tensor can say";
	}
	if (__builtin_add_overflow(bytes, TARE__TRB_GRAIN - 1, &bytes))
		return "it is larger than memory can be";
	submit->bytes[i] = bytes / TARE__TRB_GRAIN * TARE__TRB_GRAIN;
	if (__builtin_add_overflow(submit->heap, submit->bytes[i], &submit->heap))
		return "with those before it, it is larger than memory can be";
	submit->outputs++;
	return NULL;
}

static const char *check_tensor(struct tare__trb_submit *submit, uint32_t i)
{
	int32_t tag = submit->arg->tags[i];
	const struct tare_trb_tensor *tensor = submit->arg->tensors[i];

	if (!tensor)
		return "it has no address";
	if (tag == TARE_TRB_OUTPUT)
		return check_output(submit, i);
	if (tag < TARE_TRB_INPUT || tag > TARE_TRB_NO_DEP)
		return "its tag is unknown";
	if ((tag == TARE_TRB_INOUT || tag == TARE_TRB_OUTPUT_EXISTING) && !tensor->manual_dep && submit->tracked) {
		submit->writes |= 1u << i;
		submit->write_count++;
	}
	return tare__trb_region_of(&submit->regions[i], tensor);
}

bool tare__trb_check(struct tare__trb *trb, const struct tare_trb_arg *arg, struct tare__trb_submit *submit)
{
	if (tare__trb_failed(trb) || !check_counts(trb, arg))
		return false;
	submit->arg = arg;
	submit->heap = 0;
	submit->writes = 0;
	submit->write_count = 0;
	submit->covered = 0;
	submit->outputs = 0;
	submit->dep_count = 0;
	submit->ring = trb->scopes[trb->depth - 1].ring;
	submit->dep_first = trb->rings[submit->ring].dep_top;
	submit->tracked = trb->scopes[trb->depth - 1].mode == TARE_TRB_SCOPE_AUTO;
	for (int32_t i = 0; i < arg->tensor_count; i++) {
		const char *wrong = check_tensor(submit, (uint32_t)i);

		if (!wrong)
			continue;
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "tensor %d of %d: %s", i, arg->tensor_count, wrong);
		return false;
	}
	return true;
}

bool tare__trb_check_kernels(struct tare__trb *trb, const struct tare_trb_kernels *kernels, int32_t ids[3])
{
	bool only_second = kernels->aic < 0 && kernels->aiv0 < 0 && kernels->aiv1 >= 0;

	ids[0] = kernels->aic;
	ids[1] = only_second ? kernels->aiv1 : kernels->aiv0;
	ids[2] = only_second ? -1 : kernels->aiv1;
	if (ids[0] < 0 && ids[1] < 0 && ids[2] < 0) {
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "a task without a kernel");
		return false;
	}
	for (uint32_t i = 0; i < 3; i++) {
		if (ids[i] < 0 || (ids[i] < TARE_FUNC_IDS && trb->kernels[ids[i]]))
			continue;
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "no kernel has the function id %d", ids[i]);
		return false;
	}
	return true;
}

uint32_t tare__trb_shape_of(const int32_t ids[3])
{
	if (ids[0] >= 0 && ids[1] < 0 && ids[2] < 0)
		return TARE__TRB_AIC;
	return ids[0] < 0 && ids[2] < 0 ? TARE__TRB_AIV : TARE__TRB_MIX;
}

bool tare__trb_check_spec(struct tare__trb *trb, const struct tare_trb_launch_spec *spec, uint32_t shape)
{
	uint32_t most = shape == TARE__TRB_AIV ? 2 * trb->clusters : trb->clusters;

	if (spec->block_count < 1) {
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "a task of %d blocks", spec->block_count);
		return false;
	}
	if (spec->block_count == 1 || !spec->require_sync_start || (uint32_t)spec->block_count <= most)
		return true;
	tare__trb_fail(trb, TARE_TRB_REQUIRE_SYNC_START_INVALID, "%d blocks are to start together, %u can", spec->block_count, most);
	return false;
}
