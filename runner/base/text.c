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

/* Odd, so that no word is lost in them: 2^64 by the golden ratio, and what follows the point in the root of two. */
#define DIGEST_FACTOR UINT64_C(0x9e3779b97f4a7c15)
#define DIGEST_WORD UINT64_C(0x6a09e667f3bcc909)

/*
 * A factor drives what differs upwards and leaves the top bit alone, which one bit of the next word could then take
 * back.  So there are two; the rotation brings what is the top bit to the first into the middle for the second.
 */
static inline uint64_t fold(uint64_t lane, const unsigned char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	lane += word * DIGEST_WORD;
	return (lane << 29 | lane >> 35) * DIGEST_FACTOR;
}

/* Four lanes, because a multiplication takes longer than four of them take to begin. */
uint64_t tare_digest(uint64_t from, const void *bytes, size_t size)
{
	uint64_t lanes[4] = { from + DIGEST_FACTOR, from + DIGEST_FACTOR * 2, from + DIGEST_FACTOR * 3,
		from + DIGEST_FACTOR * 4 };
	unsigned char last[sizeof lanes] = { 0 };
	const unsigned char *at = bytes;
	uint64_t digest = size;

	for (size_t left = size; left > 0;) {
		size_t some = left < sizeof lanes ? left : sizeof lanes;

		if (some < sizeof lanes)
			at = memcpy(last, at, some);
		for (unsigned i = 0; i < 4; i++)
			lanes[i] = fold(lanes[i], at + i * sizeof lanes[i]);
		at += some;
		left -= some;
	}
	for (unsigned i = 0; i < 4; i++) {
		digest = (digest ^ lanes[i]) * DIGEST_FACTOR;
		digest ^= digest >> 32;
	}
	return digest;
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
