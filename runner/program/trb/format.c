/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format - as vsnprintf, for objects that import nothing
 *
 * %d %i %u %x %p %s %c %% with h, l, ll, z, a width and a precision of a
 * string.  A conversion it does not know ends the line there, since what
 * follows could not be found in the list.
 */
#include "core.h"

struct line {
	char *to;
	uint32_t room;
	uint32_t length;
};

static void put(struct line *line, char c)
{
	if (line->length + 1 < line->room)
		line->to[line->length] = c;
	line->length++;
}

struct spec {
	bool zeros;
	bool left;
	uint32_t width;
	uint32_t precision; /* UINT32_MAX: none */
	uint32_t longs;     /* 2 and more: 64 bits */
};

static void put_padded(struct line *line, const struct spec *spec, const char *text, uint32_t length)
{
	bool negative = spec->zeros && length && text[0] == '-';

	if (negative)
		put(line, '-');
	for (uint32_t i = length; !spec->left && i < spec->width; i++)
		put(line, spec->zeros ? '0' : ' ');
	for (uint32_t i = negative; i < length; i++)
		put(line, text[i]);
	for (uint32_t i = length; spec->left && i < spec->width; i++)
		put(line, ' ');
}

static void put_number(struct line *line, const struct spec *spec, uint64_t value, uint32_t base, bool negative)
{
	char digits[24];
	uint32_t at = sizeof digits;

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (negative)
		digits[--at] = '-';
	put_padded(line, spec, digits + at, (uint32_t)sizeof digits - at);
}

static void put_string(struct line *line, const struct spec *spec, const char *text)
{
	uint32_t length = 0;

	if (!text)
		text = "(null)";
	while (length < spec->precision && text[length])
		length++;
	put_padded(line, spec, text, length);
}

static uint32_t read_number(const char **format)
{
	uint32_t value = 0;

	for (; **format >= '0' && **format <= '9'; (*format)++)
		value = value < 1000 ? value * 10 + (uint32_t)(**format - '0') : value;
	return value;
}

static const char *read_spec(const char *format, struct spec *spec)
{
	*spec = (struct spec){ .precision = UINT32_MAX };
	for (; *format == '0' || *format == '-'; format++) {
		spec->zeros = spec->zeros || *format == '0';
		spec->left = spec->left || *format == '-';
	}
	spec->zeros = spec->zeros && !spec->left;
	spec->width = read_number(&format);
	if (*format == '.') {
		format++;
		spec->precision = read_number(&format);
	}
	for (; *format == 'l' || *format == 'z' || *format == 'h'; format++)
		spec->longs += *format == 'z' ? 2 : *format == 'l';
	return format;
}

uint32_t tare__trb_format(char *to, uint32_t room, const char *format, va_list list)
{
	struct line line = { to, room, 0 };
	struct spec spec;
	int64_t number;

	for (; *format; format++) {
		if (*format != '%') {
			put(&line, *format);
			continue;
		}
		format = read_spec(format + 1, &spec);
		if (*format == 'd' || *format == 'i') {
			number = spec.longs ? va_arg(list, int64_t) : va_arg(list, int32_t);
			put_number(&line, &spec, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10, number < 0);
		} else if (*format == 'u' || *format == 'x') {
			put_number(&line, &spec, spec.longs ? va_arg(list, uint64_t) : va_arg(list, uint32_t),
				*format == 'x' ? 16 : 10, false);
		} else if (*format == 'p') {
			put_number(&line, &spec, (uint64_t)(uintptr_t)va_arg(list, void *), 16, false);
		} else if (*format == 's') {
			put_string(&line, &spec, va_arg(list, const char *));
		} else if (*format == 'c') {
			put(&line, (char)va_arg(list, int));
		} else if (*format == '%') {
			put(&line, '%');
		} else {
			break;
		}
	}
	if (room)
		to[line.length < room ? line.length : room - 1] = 0;
	return line.length;
}
