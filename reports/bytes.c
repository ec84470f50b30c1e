/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 256

static bool reserve(struct tare__bytes *bytes, size_t more)
{
	size_t room = bytes->room ? bytes->room : FIRST_ROOM;
	char *at;

	if (bytes->failed)
		return false;
	while (room - bytes->used <= more) {
		if (room > (size_t)-1 / 2)
			goto fail;
		room *= 2;
	}
	if (room == bytes->room)
		return true;
	at = realloc(bytes->at, room);
	if (!at)
		goto fail;
	bytes->at = at;
	bytes->room = room;
	return true;
fail:
	bytes->failed = true;
	return false;
}

void tare__bytes_add(struct tare__bytes *bytes, const void *from, size_t size)
{
	if (!reserve(bytes, size))
		return;
	if (size)
		memcpy(bytes->at + bytes->used, from, size);
	bytes->used += size;
	bytes->at[bytes->used] = '\0';
}

void tare__bytes_text(struct tare__bytes *bytes, const char *text)
{
	tare__bytes_add(bytes, text, strlen(text));
}

void tare__bytes_format(struct tare__bytes *bytes, const char *format, ...)
{
	va_list list;
	size_t left;
	int size;

	if (!reserve(bytes, 0))
		return;
	left = bytes->room - bytes->used;
	va_start(list, format);
	size = vsnprintf(bytes->at + bytes->used, left, format, list);
	va_end(list);
	if (size >= 0 && (size_t)size >= left && reserve(bytes, (size_t)size)) {
		va_start(list, format);
		vsnprintf(bytes->at + bytes->used, (size_t)size + 1, format, list);
		va_end(list);
	}
	if (size < 0 || bytes->failed)
		bytes->at[bytes->used] = '\0'; /* as if it had not been asked for */
	else
		bytes->used += (size_t)size;
}

void tare__bytes_clear(struct tare__bytes *bytes)
{
	bytes->used = 0;
	if (bytes->at)
		bytes->at[0] = '\0';
}

void tare__bytes_drop(struct tare__bytes *bytes)
{
	free(bytes->at);
	*bytes = (struct tare__bytes){ 0 };
}
