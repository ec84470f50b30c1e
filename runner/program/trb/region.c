/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region - which bytes a view covers, and whether two views meet
 *
 * Element offsets say nothing between views of different types: one buffer may
 * be read as floats and written as bytes (incident L21).  So the first question
 * is asked in bytes, and elements count only where both views have one grid.
 */
#include "core.h"

static const uint8_t widths[TARE_DATA_TYPES] = {
	[TARE_FLOAT32] = 4, [TARE_FLOAT16] = 2, [TARE_INT32] = 4, [TARE_INT16] = 2, [TARE_INT8] = 1, [TARE_UINT8] = 1,
	[TARE_BFLOAT16] = 2, [TARE_INT64] = 8, [TARE_UINT64] = 8, [TARE_UINT16] = 2, [TARE_UINT32] = 4,
};

uint32_t tare__trb_width(uint8_t type)
{
	return type < TARE_DATA_TYPES ? widths[type] : 0;
}

const char *tare__trb_region_of(struct tare__trb_region *region, const struct tare_trb_tensor *tensor)
{
	uint64_t extent = 1, elements = 1;
	uint64_t first, bytes;

	region->width = tare__trb_width(tensor->type);
	if (!region->width)
		return "its type is unknown";
	if (tensor->dims > TARE_TRB_DIMS)
		return "it has more than 5 dimensions";
	region->buffer = tensor->buffer;
	region->offset = tensor->start_offset;
	region->dims = tensor->dims;
	region->version = tensor->version;
	for (uint32_t i = 0; i < tensor->dims; i++) {
		uint64_t reach = tensor->shapes[i] ? (uint64_t)(tensor->shapes[i] - 1) * tensor->strides[i] : 0;

		region->shapes[i] = tensor->shapes[i];
		region->strides[i] = tensor->strides[i];
		if (tensor->shapes[i] > 1 && !tensor->strides[i])
			return "a stride is 0";
		if (__builtin_add_overflow(extent, reach, &extent) ||
		    __builtin_mul_overflow(elements, (uint64_t)tensor->shapes[i], &elements))
			return "it is larger than memory can be";
	}
	region->dense = extent == elements;
	if (!elements)
		extent = 0;
	if (__builtin_mul_overflow(tensor->start_offset, (uint64_t)region->width, &first) ||
	    __builtin_mul_overflow(extent, (uint64_t)region->width, &bytes) ||
	    __builtin_add_overflow(first, bytes, &region->end))
		return "it ends behind the last address";
	region->begin = first;
	return NULL;
}

/* Both are rectangles of one grid, whose lines hold strides[i - 1] / strides[i] each. */
static bool share_grid(const struct tare__trb_region *a, const struct tare__trb_region *b)
{
	if (a->width != b->width || a->dims != b->dims || !a->dims || a->strides[a->dims - 1] != 1)
		return false;
	for (uint32_t i = 0; i < a->dims; i++)
		if (a->strides[i] != b->strides[i] || !a->strides[i] || (i && a->strides[i - 1] % a->strides[i]))
			return false;
	return true;
}

/* Where a rectangle begins in each dimension of its grid; false: it runs over the end of a line. */
static bool locate(const struct tare__trb_region *region, uint64_t at[TARE_TRB_DIMS])
{
	uint64_t rest = region->offset;

	for (uint32_t i = 0; i < region->dims; i++) {
		at[i] = rest / region->strides[i];
		rest %= region->strides[i];
		if (i && at[i] + region->shapes[i] > region->strides[i - 1] / region->strides[i])
			return false;
	}
	return true;
}

enum tare__trb_overlap tare__trb_overlap(const struct tare__trb_region *view, const struct tare__trb_region *old)
{
	uint64_t here[TARE_TRB_DIMS], there[TARE_TRB_DIMS];
	bool covers = true;

	if (view->buffer != old->buffer || view->begin == view->end || old->begin == old->end)
		return TARE__TRB_APART;
	if (view->version > old->version)
		return TARE__TRB_MEETS;
	if (view->begin >= old->end || old->begin >= view->end)
		return TARE__TRB_APART;
	if (view->dense && view->begin <= old->begin && old->end <= view->end)
		return TARE__TRB_COVERS;
	if (!share_grid(view, old) || !locate(view, here) || !locate(old, there))
		return TARE__TRB_MEETS;
	for (uint32_t i = 0; i < view->dims; i++) {
		uint64_t here_end = here[i] + view->shapes[i], there_end = there[i] + old->shapes[i];

		if (here[i] >= there_end || there[i] >= here_end)
			return TARE__TRB_APART;
		covers = covers && here[i] <= there[i] && there_end <= here_end;
	}
	return covers ? TARE__TRB_COVERS : TARE__TRB_MEETS;
}
