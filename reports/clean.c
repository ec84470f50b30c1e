/* SPDX-License-Identifier: Apache-2.0 */
#include "clean.h"

#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"
#define ESCAPE 0x1b
#define BELL   0x07

/* The length of the character at `at`, 0 where the bytes are none: overlong, surrogate, too large, cut off. */
static size_t character(const unsigned char *at, size_t left, uint32_t *code)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = at[0] < 0x80     ? 1
		: (at[0] & 0xe0) == 0xc0 ? 2
		: (at[0] & 0xf0) == 0xe0 ? 3
		: (at[0] & 0xf8) == 0xf0 ? 4
					 : 0;

	if (length == 0 || length > left)
		return 0;
	*code = length == 1 ? at[0] : at[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (at[i] & 0x3fu);
	}
	if (*code < lowest[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return length;
}

/* ESC [ parameters final, or ESC ] text BEL / ESC \, or ESC and one letter; the bytes to leave out. */
static size_t terminal_sequence(const unsigned char *at, size_t left)
{
	size_t i = 2;

	if (left < 2)
		return 1;
	if (at[1] == '[') {
		while (i < left && at[i] >= 0x20 && at[i] <= 0x3f)
			i++;
		return i < left && at[i] >= 0x40 && at[i] <= 0x7e ? i + 1 : i;
	}
	if (at[1] == ']') {
		for (; i < left && at[i] != '\n'; i++) {
			if (at[i] == BELL)
				return i + 1;
			if (at[i] == ESCAPE)
				return i + 1 < left && at[i + 1] == '\\' ? i + 2 : i;
		}
		return i;
	}
	return at[1] >= 0x40 && at[1] <= 0x5f ? 2 : 1;
}

static int reverses_text(uint32_t code)
{
	return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static int is_control(uint32_t code)
{
	return (code < 0x20 && code != '\t' && code != '\n') || (code >= 0x7f && code <= 0x9f);
}

/* Almost all of any text: how many characters of ASCII from here on stay as they are. */
static size_t plain(const unsigned char *at, size_t left)
{
	size_t i = 0;

	while (i < left && ((at[i] >= 0x20 && at[i] < 0x7f) || at[i] == '\t' || at[i] == '\n'))
		i++;
	return i;
}

void tare__clean_text(struct tare__bytes *out, const char *bytes, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes;

	for (size_t i = 0; i < size;) {
		uint32_t code = 0;
		size_t length = plain(at + i, size - i);

		if (length > 0) {
			tare__bytes_add(out, at + i, length);
			i += length;
			continue;
		}
		length = character(at + i, size - i, &code);
		if (length == 0) {
			tare__bytes_text(out, REPLACEMENT);
			length = 1;
		} else if (code == ESCAPE) {
			length = terminal_sequence(at + i, size - i);
		} else if (code == '\r') {
			tare__bytes_text(out, "\n");
			length = i + 1 < size && at[i + 1] == '\n' ? 2 : 1;
		} else if (is_control(code)) {
			tare__bytes_format(out, "\\x%02X", code);
		} else if (reverses_text(code)) {
			tare__bytes_format(out, "\\u{%04X}", code);
		} else if (code == 0xfffe || code == 0xffff) {
			tare__bytes_text(out, REPLACEMENT);
		} else {
			tare__bytes_add(out, at + i, length);
		}
		i += length;
	}
}

void tare__clean_line(struct tare__bytes *out, const char *bytes, size_t size)
{
	size_t start = out->used, end = start;

	tare__clean_text(out, bytes, size);
	if (out->failed || out->used == start)
		return;
	for (size_t i = start; i < out->used; i++) {
		char c = out->at[i];
		int blank = c == ' ' || c == '\t' || c == '\n';

		if (blank && (end == start || out->at[end - 1] == ' '))
			continue;
		out->at[end++] = blank ? ' ' : c;
	}
	if (end > start && out->at[end - 1] == ' ')
		end--;
	out->used = end;
	out->at[end] = '\0';
}

size_t tare__clean_prefix(const char *clean, size_t size, size_t most)
{
	if (size <= most)
		return size;
	while (most > 0 && ((unsigned char)clean[most] & 0xc0) == 0x80)
		most--;
	return most;
}

void tare__clean_cut(struct tare__bytes *out, const char *clean, size_t size, size_t most)
{
	const size_t marker = 64;
	size_t head, tail;

	if (size <= most) {
		tare__bytes_add(out, clean, size);
		return;
	}
	head = tare__clean_prefix(clean, size, (most - marker) / 2);
	tail = size - (most - marker) / 2;
	while (tail < size && ((unsigned char)clean[tail] & 0xc0) == 0x80)
		tail++;
	tare__bytes_add(out, clean, head);
	tare__bytes_format(out, "\n[... %zu bytes cut ...]\n", tail - head);
	tare__bytes_add(out, clean + tail, size - tail);
}
