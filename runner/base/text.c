/* SPDX-License-Identifier: Apache-2.0 */
#include <tare/text.h>

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

struct tare_text tare_text_over(char *buffer, size_t size)
{
	tare_must(size > 0);
	buffer[0] = '\0';
	return (struct tare_text){ .at = buffer, .size = size };
}

void tare_text_add(struct tare_text *text, const char *format, ...)
{
	size_t room = text->size - text->used;
	va_list list;
	int wanted;

	va_start(list, format);
	wanted = vsnprintf(text->at + text->used, room, format, list);
	va_end(list);
	if (wanted < 0)
		return;
	if ((size_t)wanted >= room) {
		text->cut = true;
		text->used = text->size - 1;
		return;
	}
	text->used += (size_t)wanted;
}

uint64_t tare_hash(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * 0x100000001b3u;
	return hash;
}

uint64_t tare_hash_text(const char *text)
{
	return tare_hash(text, strlen(text));
}

bool tare_glob(const char *pattern, const char *text)
{
	return fnmatch(pattern, text, 0) == 0;
}

static unsigned suffix_shift(char suffix)
{
	switch (suffix) {
	case 'K': case 'k': return 10;
	case 'M': case 'm': return 20;
	case 'G': case 'g': return 30;
	default: return 0;
	}
}

int tare_number(const char *text, bool with_suffix, uint64_t *value)
{
	unsigned shift = 0;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return TARE_E_ARGUMENT;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 0);
	if (errno || end == text)
		return TARE_E_ARGUMENT;
	if (with_suffix && (shift = suffix_shift(*end)) != 0)
		end++;
	if (*end != '\0' || (shift && number > (UINT64_MAX >> shift)))
		return TARE_E_ARGUMENT;
	*value = (uint64_t)number << shift;
	return TARE_OK;
}

void tare_function_from(void *symbol, void *target, size_t size)
{
	tare_must(size == sizeof symbol);
	memcpy(target, &symbol, size);
}
