/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog_seeds - the catalogue's callables, for callable_fuzz to begin with: catalog_seeds FIXTURES FOLDER
 *
 * As onboard has them: what a reader of callables sees is the same in every
 * cell, and a kernel's bare text is the shortest.
 */
#include <stdio.h>

#include <tare/status.h>

#include "callable_image.h"

static int write_image(const char *folder, const struct tare_callable_image *image)
{
	char path[4096];
	size_t wrote;
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, image->fixture->name);
	file = fopen(path, "wb");
	if (!file)
		return TARE_E_IO;
	wrote = fwrite(image->bytes, 1, image->size, file);
	return fclose(file) || wrote != image->size ? TARE_E_IO : TARE_OK;
}

int main(int count, char **words)
{
	struct tare_image_store store = { .cell = { .platform = TARE_PLATFORM_ONBOARD } };
	const struct tare_callable_image *image;
	const struct tare_fixture *fixture;
	char missing[256] = "";
	int status = TARE_OK;

	if (count != 3) {
		fprintf(stderr, "catalog_seeds FIXTURES FOLDER\n");
		return 2;
	}
	store.folder = words[1];
	for (unsigned i = 0; status == TARE_OK && (fixture = tare_fixture_number(store.cell.graph, i)); i++) {
		status = tare_image_store_build(&store, fixture, &image, missing, sizeof missing);
		if (status == TARE_OK)
			status = write_image(words[2], image);
		if (status != TARE_OK)
			fprintf(stderr, "%s: %s %s\n", fixture->name, missing, tare_status_sentence(status));
	}
	tare_image_store_close(&store);
	return status == TARE_OK ? 0 : 2;
}
