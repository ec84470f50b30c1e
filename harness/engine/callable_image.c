/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout: the header of 8,852 bytes, then storage: the orchestration object at
 * 0, then the children, each at a multiple of 64 counted from storage.
 */
#include "callable_image.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/callable.h>
#include <tare/object.h>
#include <tare/status.h>

#define FILE_MOST (64u << 20)

static struct tare_bytes *read_file(const char *path, int *status)
{
	struct tare_bytes *one = NULL;
	FILE *file = fopen(path, "rb");
	long size = -1;

	*status = TARE_E_IO;
	if (!file)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size < 0 || size > (long)FILE_MOST || fseek(file, 0, SEEK_SET) != 0)
		goto done;
	size_t head = sizeof *one + strlen(path) + 1;
	one = malloc(head + (size_t)size);
	*status = TARE_E_MEMORY;
	if (!one)
		goto done;
	uint8_t *bytes = (uint8_t *)one + head;
	*status = fread(bytes, 1, (size_t)size, file) == (size_t)size ? TARE_OK : TARE_E_IO;
	one->size = (size_t)size;
	one->bytes = bytes;
	memcpy(one->path, path, strlen(path) + 1);
done:
	fclose(file);
	if (*status != TARE_OK) {
		free(one);
		one = NULL;
	}
	return one;
}

int tare_image_store_file(struct tare_image_store *store, const char *name, const struct tare_bytes **file)
{
	char path[4096];
	int status;

	bool own = *name == '/';

	if (snprintf(path, sizeof path, "%s%s%s", own ? "" : store->folder, own ? "" : "/", name) >= (int)sizeof path)
		return TARE_E_IO;
	for (struct tare_bytes *one = store->files; one; one = one->next) {
		if (strcmp(one->path, path) == 0) {
			*file = one;
			return TARE_OK;
		}
	}
	struct tare_bytes *one = read_file(path, &status);
	if (!one)
		return status;
	one->next = store->files;
	store->files = one;
	*file = one;
	return TARE_OK;
}

static unsigned child_count(const struct tare_fixture *fixture)
{
	unsigned count = 0;

	while (count < TARE_COUNT(fixture->children) && fixture->children[count].kernel)
		count++;
	return count;
}

static size_t aligned(size_t size)
{
	return (size + TARE_CALLABLE_ALIGN - 1) / TARE_CALLABLE_ALIGN * TARE_CALLABLE_ALIGN;
}

/* The files of a fixture: [0] the orchestration, then the kernels. */
static int read_parts(struct tare_image_store *store, const struct tare_fixture *fixture,
	const struct tare_bytes *parts[], char *missing, size_t room)
{
	bool sim = store->cell.platform == TARE_PLATFORM_SIM;
	unsigned count = child_count(fixture);

	if (*fixture->orchestration == '/')
		snprintf(missing, room, "%s", fixture->orchestration);
	else
		snprintf(missing, room, "orchestrations/%s.so", fixture->orchestration);
	int status = tare_image_store_file(store, missing, &parts[0]);
	for (unsigned i = 0; status == TARE_OK && i < count; i++) {
		const char *kernel = fixture->children[i].kernel;
		if (*kernel == '/')
			snprintf(missing, room, "%s", kernel);
		else
			snprintf(missing, room, "kernels/%s/%s.%s", sim ? "sim" : "onboard", kernel, sim ? "so" : "bin");
		status = tare_image_store_file(store, missing, &parts[i + 1]);
	}
	return status;
}

static void put_signature(struct tare_chip_callable *head, const struct tare_fixture *fixture)
{
	int32_t count = 0;

	for (unsigned i = 0; i < TARE_COUNT(fixture->tensors) && fixture->tensors[i].direction; i++)
		head->signature[count++] = (int32_t)fixture->tensors[i].direction;
	for (unsigned i = 0; i < fixture->scalar_count; i++)
		head->signature[count++] = TARE_SCALAR;
	head->signature_count = count;
}

static void put_head(struct tare_chip_callable *head, const struct tare_fixture *fixture, const struct tare_bytes *parts[])
{
	size_t offset = aligned(parts[0]->size);

	put_signature(head, fixture);
	head->binary_size = (uint32_t)parts[0]->size;
	snprintf(head->function_name, sizeof head->function_name, "%s", fixture->entry);
	head->function_name_length = (uint32_t)strlen(head->function_name);
	snprintf(head->config_name, sizeof head->config_name, "%s", fixture->config ? fixture->config : "");
	head->config_name_length = (uint32_t)strlen(head->config_name);
	head->child_count = (int32_t)child_count(fixture);
	for (int32_t i = 0; i < head->child_count; i++) {
		head->child_func_ids[i] = fixture->children[i].func_id;
		head->child_offsets[i] = (uint32_t)offset;
		offset += aligned(TARE_CORE_BINARY_OFFSET + parts[i + 1]->size);
	}
}

static void put_child(uint8_t *at, const struct tare_bytes *kernel)
{
	struct tare_core_callable child = { .binary_size = (uint32_t)kernel->size };

	/* Storage begins at 8,852: a child in host memory is not aligned for its own uint64_t. */
	memcpy(at, &child, sizeof child);
	memcpy(at + TARE_CORE_BINARY_OFFSET, kernel->bytes, kernel->size);
}

static struct tare_callable_image *assemble(const struct tare_fixture *fixture, const struct tare_bytes *parts[])
{
	struct tare_callable_image *image = calloc(1, sizeof *image);
	unsigned count = child_count(fixture);
	size_t size = TARE_CHIP_STORAGE_OFFSET + parts[0]->size;

	/* To the last byte that the header reaches, which is what a runtime copies. */
	for (unsigned i = 0; i < count; i++)
		size = TARE_CHIP_STORAGE_OFFSET + aligned(size - TARE_CHIP_STORAGE_OFFSET) + TARE_CORE_BINARY_OFFSET +
		       parts[i + 1]->size;
	if (!image)
		return NULL;
	image->bytes = aligned_alloc(TARE_CALLABLE_ALIGN, aligned(size));
	if (!image->bytes) {
		free(image);
		return NULL;
	}
	memset(image->bytes, 0, aligned(size));
	image->fixture = fixture;
	image->size = size;

	struct tare_chip_callable *head = (struct tare_chip_callable *)image->bytes;
	uint8_t *storage = image->bytes + TARE_CHIP_STORAGE_OFFSET;
	put_head(head, fixture, parts);
	memcpy(storage, parts[0]->bytes, parts[0]->size);
	for (unsigned i = 0; i < count; i++)
		put_child(storage + head->child_offsets[i], parts[i + 1]);
	return image;
}

int tare_image_store_compose(struct tare_image_store *store, const struct tare_fixture *fixture, unsigned part,
	const char *file, struct tare_callable_image **image, char *missing, size_t room)
{
	const struct tare_bytes *parts[1 + TARE_COUNT(((struct tare_fixture *)0)->children)];
	int status = read_parts(store, fixture, parts, missing, room);

	if (status != TARE_OK)
		return status;
	if (file) {
		snprintf(missing, room, "%s", file);
		if (part > child_count(fixture))
			return TARE_E_ARGUMENT;
		status = tare_image_store_file(store, file, &parts[part]);
	}
	if (status != TARE_OK)
		return status;
	*image = assemble(fixture, parts);
	return *image ? TARE_OK : TARE_E_MEMORY;
}

int tare_image_store_build(struct tare_image_store *store, const struct tare_fixture *fixture,
	const struct tare_callable_image **image, char *missing, size_t room)
{
	struct tare_callable_image *one;
	int status;

	for (one = store->images; one; one = one->next) {
		if (one->fixture == fixture) {
			*image = one;
			return TARE_OK;
		}
	}
	status = tare_image_store_compose(store, fixture, 0, NULL, &one, missing, room);
	if (status != TARE_OK)
		return status;
	one->next = store->images;
	store->images = one;
	*image = one;
	return TARE_OK;
}

void tare_callable_image_free(struct tare_callable_image *image)
{
	if (!image)
		return;
	free(image->bytes);
	free(image);
}

void tare_image_store_close(struct tare_image_store *store)
{
	while (store->images) {
		struct tare_callable_image *one = store->images;
		store->images = one->next;
		tare_callable_image_free(one);
	}
	while (store->files) {
		struct tare_bytes *one = store->files;
		store->files = one->next;
		free(one);
	}
}
