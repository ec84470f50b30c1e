/* SPDX-License-Identifier: Apache-2.0 */
#include "test_fixtures.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <tare/object.h>

char test_fixtures[64];

static const char *const folders[] = { "orchestrations", "kernels", "kernels/sim", "objects", "objects/a5" };
static const char *const files[] = { "orchestrations/vector_example.so", "kernels/sim/add.so", "kernels/sim/add_scalar.so",
	"kernels/sim/mul.so", "objects/a5/aicpu.so", "objects/a5/aicore.so", "objects/a5/dispatcher.so" };

int test_fixtures_make(void **state)
{
	char path[256];

	(void)state;
	snprintf(test_fixtures, sizeof test_fixtures, "/tmp/tare-engine-XXXXXX");
	if (!mkdtemp(test_fixtures))
		return -1;
	for (size_t i = 0; i < TARE_COUNT(folders); i++) {
		snprintf(path, sizeof path, "%s/%s", test_fixtures, folders[i]);
		if (mkdir(path, 0755) != 0)
			return -1;
	}
	for (size_t i = 0; i < TARE_COUNT(files); i++) {
		snprintf(path, sizeof path, "%s/%s", test_fixtures, files[i]);
		FILE *file = fopen(path, "wb");
		if (!file || fputs(files[i], file) < 0 || fclose(file) != 0)
			return -1;
	}
	return 0;
}

int test_fixtures_remove(void **state)
{
	char path[256];

	(void)state;
	for (size_t i = 0; i < TARE_COUNT(files); i++) {
		snprintf(path, sizeof path, "%s/%s", test_fixtures, files[i]);
		remove(path);
	}
	for (size_t i = TARE_COUNT(folders); i > 0; i--) {
		snprintf(path, sizeof path, "%s/%s", test_fixtures, folders[i - 1]);
		remove(path);
	}
	return remove(test_fixtures);
}
