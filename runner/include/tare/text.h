/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text - small tools on bytes and strings that never allocate
 */
#ifndef TARE_TEXT_H
#define TARE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A string under construction in a buffer of the caller; always terminated. */
struct tare_text {
	char *at;
	size_t size; /* of the buffer, at least 1 */
	size_t used; /* without the terminator */
	bool cut;    /* something did not fit */
};

struct tare_text tare_text_over(char *buffer, size_t size);
void tare_text_add(struct tare_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* FNV-1a, 64 bit, offset basis 0xcbf29ce484222325, prime 0x100000001b3: for names that others make too. */
uint64_t tare_hash(const void *bytes, size_t size);
uint64_t tare_hash_text(const char *text);

/*
 * What contents are told apart by inside one process, where a byte at a time would take too long: images are
 * hundreds of kilobytes, and looked at by each layer.  `from`: 0, or the digest of what came before.
 */
uint64_t tare_digest(uint64_t from, const void *bytes, size_t size);

/* Shell globs: '*' any run, '?' one character, '[a-z]' a set, the rest literally. */
bool tare_glob(const char *pattern, const char *text);

/*
 * Whole-string unsigned numbers, decimal or 0x, with an optional K, M or G
 * suffix (powers of 1,024) when with_suffix.  Returns 0 or TARE_E_ARGUMENT.
 */
int tare_number(const char *text, bool with_suffix, uint64_t *value);

/* Copies a symbol's address into a function pointer: *(target) receives it. */
void tare_function_from(void *symbol, void *target, size_t size);

#ifdef __cplusplus
}
#endif

#endif
