/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image - reading and checking ELF objects before anybody trusts them
 *
 * libelf reads, the rules on top are ours: it accepts truncated and
 * overlapping files without a word (facts/junit.md section 4).
 */
#ifndef TARE_IMAGE_H
#define TARE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TARE_BUILD_ID_MAX 64
#define TARE_IMAGE_BYTES_MAX (64u << 20)

struct tare_image {
	uint64_t content;              /* tare_digest of all bytes */
	uint64_t fingerprint;          /* first 8 bytes of the build id, little endian; else tare_hash of all bytes */
	uint8_t build_id[TARE_BUILD_ID_MAX];
	uint32_t build_id_size;        /* 0: none */
	uint16_t type;                 /* ET_REL | ET_DYN | ET_EXEC */
	uint16_t machine;
	uint64_t alloc_span;           /* from the first to the last byte of SHF_ALLOC sections in the file */
	uint64_t text_offset;          /* of .text in the file; size 0: none */
	uint64_t text_size;
	uint32_t text_relocations;     /* entries of relocation sections that apply to .text */
};

/* Checks `size` bytes (borrowed for the call). 0, or TARE_E_IMAGE with a sentence in error. */
int tare_image_read(const void *bytes, uint64_t size, struct tare_image *image, char *error, size_t room);

/*
 * The same, and refuses what is for another processor than the one this runs on.
 * An object is for the processor that executes it: of the host's own, and of the
 * emulated device's, which has the host's, that is asked here.  Which
 * one a card has, its driver alone knows.
 */
int tare_image_read_here(const void *bytes, uint64_t size, struct tare_image *image, char *error, size_t room);

/* Whether its symbol tables define a symbol of that name. Only for bytes that tare_image_read accepted. */
bool tare_image_defines(const void *bytes, uint64_t size, const char *symbol);

/* Calls visit with the name of each defined global symbol until it returns non-zero, and returns that. */
int tare_image_symbols(const void *bytes, uint64_t size, int (*visit)(const char *name, void *cookie), void *cookie);

#ifdef __cplusplus
}
#endif

#endif
