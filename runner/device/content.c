/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content - a callable image on the device, once for all ids that hold it
 *
 * Found by hash, confirmed by comparison: the reference trusts the hash alone
 * (facts/runtime.md, L26).
 */
#include "runner_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <tare/status.h>

/*
 * Storage starts at 8,852 in an image; led in by this many bytes it lies at a
 * multiple of 64 on the device, and so do the children and their code.
 */
#define LEAD_IN ((TARE_CALLABLE_ALIGN - TARE_CHIP_STORAGE_OFFSET % TARE_CALLABLE_ALIGN) % TARE_CALLABLE_ALIGN)

static struct tare__content *find(const struct tare_runner *runner, const struct tare_callable_view *view)
{
	for (struct tare__content *content = runner->contents; content; content = content->next)
		if (content->references && content->hash == view->content && content->size == view->size &&
		    !memcmp(content->bytes, view->image, view->size))
			return content;
	return NULL;
}

static void unlink_and_free(struct tare_runner *runner, struct tare__content *content)
{
	struct tare__content **link = &runner->contents;

	while (*link != content)
		link = &(*link)->next;
	*link = content->next;
	free(content->kernels);
	free(content->bytes);
	free(content);
}

static int close_kernels(struct tare_runner *runner, struct tare__content *content)
{
	int first = TARE_OK;

	for (int32_t i = 0; i < content->kernel_count; i++) {
		int error = TARE_OK;

		if (content->kernels[i].entry)
			error = runner->parts.platform->kernel_close(runner->platform, &content->kernels[i]);
		content->kernels[i] = (struct tare_kernel_code){ 0 };
		if (!first)
			first = error;
	}
	return first;
}

/* No reference is left.  What does not go back stays owned by the platform, which does not try it twice. */
static int give_back(struct tare_runner *runner, struct tare__content *content)
{
	int first = close_kernels(runner, content);
	int error = content->block ? runner->parts.platform->give(runner->platform, content->block) : TARE_OK;

	if (!first)
		first = error;
	if (first)
		tare_log(&runner->log, TARE_LOG_ERROR, "content %016" PRIx64 ": not all went back (%s %d)", content->hash,
			tare_status_name(first), first);
	unlink_and_free(runner, content);
	return first;
}

static int allocate(struct tare_runner *runner, const struct tare_callable_view *view, struct tare__content **place)
{
	struct tare__content *content = calloc(1, sizeof *content);

	if (!content)
		return TARE_E_MEMORY;
	content->hash = view->content;
	content->size = view->size;
	content->next = runner->contents;
	runner->contents = content;
	*place = content;
	content->bytes = malloc(view->size);
	content->kernels = calloc((size_t)view->child_count + 1, sizeof *content->kernels);
	if (!content->bytes || !content->kernels)
		return TARE_E_MEMORY;
	content->kernel_count = view->child_count;
	memcpy(content->bytes, view->image, view->size);
	return TARE_OK;
}

static int open_kernels(struct tare_runner *runner, struct tare__content *content, const struct tare_callable_view *view,
	uint8_t *patched)
{
	uint64_t image = content->block + LEAD_IN;

	for (int32_t i = 0; i < view->child_count; i++) {
		struct tare_callable_child child;
		int error;

		tare_callable_child(view, i, &child);
		error = runner->parts.platform->kernel_open(runner->platform, child.binary, child.binary_size,
			image + child.offset + TARE_CORE_BINARY_OFFSET, &content->kernels[i]);
		if (!error && !content->kernels[i].entry)
			error = TARE_E_NOT_FOUND;
		if (error) {
			tare_log(&runner->log, TARE_LOG_ERROR, "prepare: child %" PRId32 " with func id %" PRId32
				" can't be made a kernel (%s %d)", i, child.func_id, tare_status_name(error), error);
			return error;
		}
		content->code_by_func_id[child.func_id] = content->kernels[i].entry;
		memcpy(patched + child.offset + offsetof(struct tare_core_callable, resolved_address),
			&content->kernels[i].entry, sizeof content->kernels[i].entry);
	}
	return TARE_OK;
}

/* One block, one copy; the caller's image is never written to. */
static int upload(struct tare_runner *runner, struct tare__content *content, const struct tare_callable_view *view)
{
	uint8_t *patched;
	int error;

	if (!view->child_count && !runner->parts.graph->orchestrates_on_device)
		return TARE_OK; /* nothing of it is ever read on the device */
	patched = malloc(view->size);
	if (!patched)
		return TARE_E_MEMORY;
	memcpy(patched, view->image, view->size);
	error = runner->parts.platform->take(runner->platform, view->size + LEAD_IN, &content->block);
	if (error)
		content->block = 0;
	else
		error = open_kernels(runner, content, view, patched);
	if (!error)
		error = runner->parts.platform->copy_in(runner->platform, content->block + LEAD_IN, patched, view->size);
	free(patched);
	if (!error) {
		content->orchestration = content->block + LEAD_IN + (uint64_t)(view->orchestration - view->image);
		content->orchestration_size = view->orchestration_size;
	}
	return error;
}

int tare__content_acquire(struct tare_runner *runner, const struct tare_callable_view *view, struct tare__content **place)
{
	struct tare__content *content = find(runner, view);
	int error = TARE_OK;

	if (!content) {
		error = allocate(runner, view, &content);
		if (!error)
			error = upload(runner, content, view);
		if (error)
			goto fail;
	}
	content->references++;
	*place = content;
	return TARE_OK;
fail:
	if (content)
		give_back(runner, content);
	return error;
}

int tare__content_release(struct tare_runner *runner, struct tare__content *content)
{
	tare_must(content->references > 0);
	return --content->references ? TARE_OK : give_back(runner, content);
}

int tare__contents_close(struct tare_runner *runner)
{
	int first = TARE_OK;

	while (runner->contents) {
		int error = close_kernels(runner, runner->contents);

		if (!first)
			first = error;
		unlink_and_free(runner, runner->contents);
	}
	return first;
}
