/* SPDX-License-Identifier: Apache-2.0 */
/* memory - the functions a freestanding compiler may call although nobody wrote the call */
#include <stddef.h>

void *memset(void *to, int value, size_t size);
void *memcpy(void *restrict to, const void *restrict from, size_t size);

__attribute__((visibility("hidden"))) void *memset(void *to, int value, size_t size)
{
	unsigned char *bytes = to;

	while (size--)
		*bytes++ = (unsigned char)value;
	return to;
}

__attribute__((visibility("hidden"))) void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	const unsigned char *source = from;
	unsigned char *bytes = to;

	while (size--)
		*bytes++ = *source++;
	return to;
}
