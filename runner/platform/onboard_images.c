/* SPDX-License-Identifier: Apache-2.0 */
/*
 * onboard_images - AICore images, registered once
 *
 * rtRegisterAllKernel keeps a copy of the image on the host, and the first
 * launch of each handle pins its bytes on the device; registering at every
 * launch is the leak of incident #870.  Where the driver has no unregister, the handle
 * outlives finalize and the next generation of this context takes it up again: found
 * by its build id, confirmed byte by byte, because two images may carry the same id.
 */
#include <stdlib.h>
#include <string.h>

#include <tare/status.h>

#include "onboard.h"

static uint32_t find_image(const struct tare_onboard *onboard, uint64_t fingerprint, const uint8_t *bytes, size_t size)
{
	for (uint32_t i = 0; i < onboard->image_count; i++) {
		const struct tare_onboard_image *image = &onboard->images[i];

		if (image->fingerprint == fingerprint && image->size == size && memcmp(image->bytes, bytes, size) == 0)
			return i;
	}
	return TARE_NO_IMAGE;
}

int tare__onboard_image_keep(struct tare_onboard *onboard, const uint8_t *bytes, size_t size)
{
	struct tare_onboard_image *images;
	struct tare_image read;
	uint8_t *copy;
	int status = tare__image_check(&onboard->common, "AICore image", bytes, size, &read);

	if (status != TARE_OK)
		return status;
	onboard->image = find_image(onboard, read.fingerprint, bytes, size);
	if (onboard->image != TARE_NO_IMAGE)
		return TARE_OK;
	images = realloc(onboard->images, (onboard->image_count + 1) * sizeof *images);
	if (!images)
		return TARE_E_MEMORY;
	onboard->images = images;
	if (!(copy = malloc(size)))
		return TARE_E_MEMORY;
	memcpy(copy, bytes, size);
	onboard->image = onboard->image_count++;
	images[onboard->image] = (struct tare_onboard_image){ .fingerprint = read.fingerprint, .bytes = copy, .size = size };
	return TARE_OK;
}

static int register_image(struct tare_onboard *onboard, struct tare_onboard_image *image)
{
	const struct tare_rt_binary binary = {
		.magic = RT_DEV_BINARY_MAGIC_ELF,
		.data = image->bytes,
		.length = image->size,
	};
	void *handle = NULL;
	int code = onboard->common.tables.cann.rtRegisterAllKernel(&binary, &handle);

	if (code != 0)
		return tare__onboard_failed(&onboard->common, "rtRegisterAllKernel", code);
	if (!handle)
		return tare__platform_no_handle(&onboard->common, "rtRegisterAllKernel");
	image->handle = handle;
	return TARE_OK;
}

int tare__onboard_image_handle(struct tare_onboard *onboard, void **handle)
{
	struct tare_onboard_image *image;
	int status;

	if (onboard->image >= onboard->image_count)
		return TARE_E_STATE;
	image = &onboard->images[onboard->image];
	if (!image->handle && (status = register_image(onboard, image)) != TARE_OK)
		return status;
	onboard->common.image_generation = onboard->common.generation;
	*handle = image->handle;
	return TARE_OK;
}

static void drop_unregistered(struct tare_onboard *onboard)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < onboard->image_count; i++) {
		if (onboard->images[i].handle)
			onboard->images[left++] = onboard->images[i];
		else
			free(onboard->images[i].bytes);
	}
	onboard->image_count = left;
	if (left == 0) {
		free(onboard->images);
		onboard->images = NULL;
	}
}

int tare__onboard_images_unregister(struct tare_onboard *onboard)
{
	const struct tare_cann *cann = &onboard->common.tables.cann;
	int first = TARE_OK;

	for (uint32_t i = 0; i < onboard->image_count && cann->rtDevBinaryUnRegister; i++) {
		struct tare_onboard_image *image = &onboard->images[i];
		int code = image->handle ? cann->rtDevBinaryUnRegister(image->handle) : 0;

		image->handle = NULL;
		if (code != 0 && first == TARE_OK)
			first = tare__platform_failed(&onboard->common, "rtDevBinaryUnRegister", code);
	}
	onboard->image = TARE_NO_IMAGE;
	onboard->common.image_generation = 0;
	drop_unregistered(onboard);
	return first;
}

void tare__onboard_images_forget(struct tare_onboard *onboard)
{
	if (onboard->common.tables.cann.rtDevBinaryUnRegister)
		tare__onboard_images_clear(onboard);
}

void tare__onboard_images_clear(struct tare_onboard *onboard)
{
	for (uint32_t i = 0; i < onboard->image_count; i++)
		onboard->images[i].handle = NULL;
	drop_unregistered(onboard);
	onboard->image = TARE_NO_IMAGE;
}
