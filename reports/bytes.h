/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes - a buffer that grows
 */
#ifndef TARE_REPORTS_BYTES_H
#define TARE_REPORTS_BYTES_H

#include <stdbool.h>
#include <stddef.h>

struct tare__bytes { /* zeroed: empty */
	char *at;        /* terminated once something was added; owned */
	size_t used;     /* without the terminator */
	size_t room;
	bool failed;     /* memory ran out: nothing is added from then on */
};

void tare__bytes_add(struct tare__bytes *bytes, const void *from, size_t size);
void tare__bytes_text(struct tare__bytes *bytes, const char *text);
void tare__bytes_format(struct tare__bytes *bytes, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tare__bytes_clear(struct tare__bytes *bytes); /* empties, keeps the room */
void tare__bytes_drop(struct tare__bytes *bytes);

#endif
