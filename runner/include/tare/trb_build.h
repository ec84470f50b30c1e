/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_build - an orchestration's side of the boundary: arguments, tensors, views
 *
 * Compiled into the orchestration object, which imports nothing.  The first
 * thing an argument refuses stays with it, and the runtime ends with
 * INVALID_ARGS.  What is added is borrowed until the task is submitted.
 */
#ifndef TARE_TRB_BUILD_H
#define TARE_TRB_BUILD_H

#include <tare/trb_orchestration.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline void tare_trb_arg_begin(struct tare_trb_arg *arg)
{
	arg->tensor_count = 0;
	arg->scalar_count = 0;
	arg->has_error = false;
	arg->error = NULL;
	arg->spec.block_count = 1;
	arg->spec.require_sync_start = false;
	arg->dump_mask = 0;
	arg->dump_selective = false;
	arg->dependencies = NULL;
	arg->dependency_count = 0;
}

static inline void tare_trb_arg_refuse(struct tare_trb_arg *arg, const char *why)
{
	if (!arg->has_error)
		arg->error = why;
	arg->has_error = true;
}

static inline void tare_trb_add(struct tare_trb_arg *arg, enum tare_trb_tag tag, const void *tensor)
{
	if (arg->scalar_count) {
		tare_trb_arg_refuse(arg, "a tensor after a scalar");
	} else if (arg->tensor_count >= TARE_TRB_TENSORS) {
		tare_trb_arg_refuse(arg, "more than 16 tensors");
	} else {
		arg->tags[arg->tensor_count] = (int32_t)tag;
		arg->tensors[arg->tensor_count++] = tensor;
	}
}

static inline void tare_trb_add_input(struct tare_trb_arg *arg, const struct tare_trb_tensor *tensor)
{
	tare_trb_add(arg, TARE_TRB_INPUT, tensor);
}

static inline void tare_trb_add_inout(struct tare_trb_arg *arg, const struct tare_trb_tensor *tensor)
{
	tare_trb_add(arg, TARE_TRB_INOUT, tensor);
}

static inline void tare_trb_add_output(struct tare_trb_arg *arg, const struct tare_trb_create_info *info)
{
	tare_trb_add(arg, TARE_TRB_OUTPUT, info);
}

static inline void tare_trb_add_existing(struct tare_trb_arg *arg, const struct tare_trb_tensor *tensor)
{
	tare_trb_add(arg, TARE_TRB_OUTPUT_EXISTING, tensor);
}

static inline void tare_trb_add_no_dep(struct tare_trb_arg *arg, const struct tare_trb_tensor *tensor)
{
	tare_trb_add(arg, TARE_TRB_NO_DEP, tensor);
}

static inline void tare_trb_add_scalar(struct tare_trb_arg *arg, uint64_t scalar)
{
	if (arg->scalar_count >= TARE_TRB_SCALARS)
		tare_trb_arg_refuse(arg, "more than 32 scalars");
	else
		arg->scalars[arg->scalar_count++] = scalar;
}

static inline void tare_trb_set_dependencies(struct tare_trb_arg *arg, const uint64_t *tasks, uint32_t count)
{
	if (arg->dependency_count) {
		tare_trb_arg_refuse(arg, "dependencies were set twice");
	} else if (count && !tasks) {
		tare_trb_arg_refuse(arg, "dependencies without a list");
	} else {
		arg->dependencies = tasks;
		arg->dependency_count = count;
	}
}

/* A whole, dense tensor of memory that is there already. */
static inline void tare_trb_tensor_whole(struct tare_trb_tensor *tensor, uint64_t buffer, uint8_t type, uint32_t width,
	uint32_t dims, const uint32_t *shapes)
{
	uint64_t elements = 1;

	tensor->dims = dims;
	for (uint32_t i = dims; i-- > 0;) {
		tensor->shapes[i] = shapes[i];
		tensor->strides[i] = elements ? (uint32_t)elements : 1;
		elements *= shapes[i];
	}
	tensor->buffer = buffer;
	tensor->buffer_size = elements * width;
	tensor->owner = TARE_TRB_NO_TASK;
	tensor->start_offset = 0;
	tensor->version = 0;
	tensor->type = type;
	tensor->manual_dep = 0;
	tensor->is_contiguous = 1;
	tensor->pad = 0;
	tensor->extent = elements;
}

static inline uint32_t tare_trb_type_bytes(uint8_t type) /* 0: no such type */
{
	switch (type) {
	case TARE_INT8: case TARE_UINT8:
		return 1;
	case TARE_FLOAT16: case TARE_BFLOAT16: case TARE_INT16: case TARE_UINT16:
		return 2;
	case TARE_FLOAT32: case TARE_INT32: case TARE_UINT32:
		return 4;
	case TARE_INT64: case TARE_UINT64:
		return 8;
	default:
		return 0;
	}
}

/* A tensor of the launch, as the caller of the runtime gave it. */
static inline void tare_trb_tensor_of(struct tare_trb_tensor *tensor, const struct tare_tensor *given)
{
	tare_trb_tensor_whole(tensor, given->data, given->type, tare_trb_type_bytes(given->type), given->dims, given->shape);
}

/* -- views: `view` and `of` may be the same tensor ------------------------- */

/* A rectangle of a tensor: the same strides, another beginning. */
static inline void tare_trb_tensor_view(struct tare_trb_tensor *view, const struct tare_trb_tensor *of,
	const uint32_t *offsets, const uint32_t *shapes)
{
	uint64_t dense = 1;

	*view = *of;
	view->extent = 1;
	view->is_contiguous = 1;
	for (uint32_t i = of->dims; i-- > 0;) {
		view->start_offset += (uint64_t)offsets[i] * of->strides[i];
		view->shapes[i] = shapes[i];
		view->extent += shapes[i] ? (uint64_t)(shapes[i] - 1) * of->strides[i] : 0;
		if (shapes[i] != 1 && of->strides[i] != dense)
			view->is_contiguous = 0;
		dense *= shapes[i];
	}
	if (!dense)
		view->extent = 0;
}

static inline void tare_trb_tensor_transpose(struct tare_trb_tensor *view, const struct tare_trb_tensor *of, uint32_t a,
	uint32_t b)
{
	const uint32_t shape = of->shapes[a], stride = of->strides[a];

	*view = *of;
	view->shapes[a] = view->shapes[b];
	view->shapes[b] = shape;
	view->strides[a] = view->strides[b];
	view->strides[b] = stride;
	view->is_contiguous = a == b && view->is_contiguous;
}

/* Of one dimension every `step`-th, `count` of them from `from` on. */
static inline void tare_trb_tensor_slice(struct tare_trb_tensor *view, const struct tare_trb_tensor *of, uint32_t dim,
	uint32_t from, uint32_t count, uint32_t step)
{
	uint32_t offsets[TARE_TRB_DIMS] = { 0 }, shapes[TARE_TRB_DIMS];

	for (uint32_t i = 0; i < of->dims; i++)
		shapes[i] = of->shapes[i];
	offsets[dim] = from;
	shapes[dim] = count;
	tare_trb_tensor_view(view, of, offsets, shapes);
	if (step == 1 || count <= 1)
		return;
	view->extent += view->extent ? (uint64_t)(count - 1) * (step - 1) * of->strides[dim] : 0;
	view->strides[dim] *= step;
	view->is_contiguous = 0;
}

/* The same elements in another shape. false, and no view: the tensor has holes, or that shape other elements. */
static inline bool tare_trb_tensor_reshape(struct tare_trb_tensor *view, const struct tare_trb_tensor *of, uint32_t dims,
	const uint32_t *shapes)
{
	uint64_t elements = 1, have = 1;

	for (uint32_t i = 0; i < dims; i++)
		elements *= shapes[i];
	for (uint32_t i = 0; i < of->dims; i++)
		have *= of->shapes[i];
	if (!of->is_contiguous || elements != have)
		return false;
	elements = 1;
	*view = *of;
	view->dims = dims;
	for (uint32_t i = dims; i-- > 0;) {
		view->shapes[i] = shapes[i];
		view->strides[i] = elements ? (uint32_t)elements : 1;
		elements *= shapes[i];
	}
	return true;
}

static inline void tare_trb_create(struct tare_trb_create_info *info, uint8_t type, uint32_t dims, const uint32_t *shapes)
{
	info->initial_value = 0;
	info->has_initial_value = 0;
	info->owner = TARE_TRB_NO_TASK;
	info->start_offset = 0;
	info->version = 0;
	info->dims = dims;
	info->type = type;
	info->manual_dep = 0;
	info->is_contiguous = 1;
	for (uint32_t i = 0; i < TARE_TRB_DIMS; i++)
		info->shapes[i] = i < dims ? shapes[i] : 0;
}

/* So many blocks; `together`: all of them begin at once. */
static inline void tare_trb_set_blocks(struct tare_trb_arg *arg, int16_t count, bool together)
{
	arg->spec.block_count = count;
	arg->spec.require_sync_start = together;
}

/* -- what the table does, in fewer words; -1 where a core has no kernel -- */

static inline struct tare_trb_outputs tare_trb_submit(struct tare_trb_runtime *runtime, int32_t aic, int32_t aiv0,
	int32_t aiv1, const struct tare_trb_arg *arg)
{
	const struct tare_trb_kernels kernels = { aic, aiv0, aiv1 };

	return runtime->ops->submit_task(runtime, &kernels, arg);
}

static inline void tare_trb_begin(struct tare_trb_runtime *runtime, enum tare_trb_scope_mode mode)
{
	runtime->pending_scope_mode = (uint8_t)mode;
	runtime->ops->scope_begin(runtime);
}

static inline void tare_trb_end(struct tare_trb_runtime *runtime)
{
	runtime->ops->scope_end(runtime);
}

#ifdef __cplusplus
}
#endif

#endif
