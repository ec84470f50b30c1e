/* SPDX-License-Identifier: Apache-2.0 */
/*
 * callable_seeds - what callable_fuzz begins with: callable_seeds FOLDER
 */
#include <stdio.h>

#include "test_image.h"

static const struct test_child children[] = { { 0, 0x11 }, { 1000, 0x22 }, { 7, 0x33 } };

static int write_image(const char *folder, int32_t count)
{
	static struct test_image image;
	char path[4096];
	FILE *file;
	size_t wrote;

	snprintf(path, sizeof path, "%s/%d_children", folder, (int)count);
	test_image_build(&image, "build", 7, children, count);
	file = fopen(path, "wb");
	if (!file)
		return -1;
	wrote = fwrite(image.bytes, 1, image.size, file);
	return fclose(file) || wrote != image.size ? -1 : 0;
}

int main(int count, char **words)
{
	int status = count == 2 ? 0 : -1;

	for (int32_t i = 0; i <= 3 && !status; i++)
		status = write_image(words[1], i);
	if (status)
		fprintf(stderr, "callable_seeds FOLDER: nothing could be written\n");
	return status ? 2 : 0;
}
