/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_fuzz - any bytes as an ELF object: libFuzzer's entry
 *
 * What is accepted must hold what the answers say, and its names must be
 * readable; ASan sees the rest.
 */
#include <stddef.h>
#include <stdint.h>

#include <tare/image.h>
#include <tare/object.h>
#include <tare/status.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int count_name(const char *name, void *cookie)
{
	size_t *names = cookie;

	*names += name[0] != '\0';
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct tare_image image;
	char error[160] = "";
	size_t names = 0;
	int status = tare_image_read(bytes, size, &image, error, sizeof error);

	if (status != TARE_OK) {
		tare_must(status == TARE_E_IMAGE && error[0] != '\0');
		return 0;
	}
	tare_must(image.text_offset <= size && image.text_size <= size - image.text_offset && image.alloc_span <= size);
	tare_must(image.build_id_size <= TARE_BUILD_ID_MAX);
	tare_must(tare_image_symbols(bytes, size, count_name, &names) == 0);
	return 0;
}
