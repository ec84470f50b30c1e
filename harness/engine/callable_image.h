/* SPDX-License-Identifier: Apache-2.0 */
/*
 * callable_image - a callable of the catalogue as the bytes that cross the ABI
 *
 * Files are read once and kept, images are built once and kept: until the
 * store is closed.
 */
#ifndef TARE_CALLABLE_IMAGE_H
#define TARE_CALLABLE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include <tare/cell.h>

#include "catalog.h"

struct tare_bytes { /* a file */
	struct tare_bytes *next;
	size_t size;
	const uint8_t *bytes;
	char path[];
};

struct tare_callable_image {
	struct tare_callable_image *next;
	const struct tare_fixture *fixture;
	size_t size;
	uint8_t *bytes; /* aligned to TARE_CALLABLE_ALIGN */
};

struct tare_image_store {
	const char *folder;   /* of the built fixtures; borrowed */
	struct tare_cell cell;
	struct tare_bytes *files;
	struct tare_callable_image *images;
};

void tare_image_store_close(struct tare_image_store *store);

/* `name` is below the folder, or an absolute path. 0 or TARE_E_IO, TARE_E_MEMORY. *file is borrowed from the store. */
int tare_image_store_file(struct tare_image_store *store, const char *name, const struct tare_bytes **file);

/* 0, or the error of a file it needs, whose name is then in missing. *image is borrowed from the store. */
int tare_image_store_build(struct tare_image_store *store, const struct tare_fixture *fixture,
	const struct tare_callable_image **image, char *missing, size_t room);

/* As build, but never shared: *image is the caller's. Where file is given it takes the place of part: 0 the
 * orchestration, then the kernels. */
int tare_image_store_compose(struct tare_image_store *store, const struct tare_fixture *fixture, unsigned part,
	const char *file, struct tare_callable_image **image, char *missing, size_t room);
void tare_callable_image_free(struct tare_callable_image *image);

#endif
