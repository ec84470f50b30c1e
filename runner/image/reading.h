/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading - one pass over one ELF object, shared by the files of this folder
 */
#ifndef TARE_IMAGE_READING_H
#define TARE_IMAGE_READING_H

#include <gelf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARE_IMAGE_SECTIONS_MAX 4096u
#define TARE_IMAGE_SEGMENTS_MAX 256u
#define TARE_IMAGE_LOADS_MAX 16u
#define TARE_IMAGE_PAGE_MAX 65536u /* of any processor */

struct tare_load { /* a segment that is mapped */
	uint64_t address;
	uint64_t memory_size;
	uint64_t offset;    /* in the file */
	uint64_t file_size;
	uint32_t flags;     /* PF_R | PF_W | PF_X */
};

struct tare_reading {
	const uint8_t *bytes; /* borrowed */
	uint64_t size;
	Elf *elf;             /* owned; strings and data belong to it */
	Elf64_Ehdr header;
	GElf_Shdr *sections;  /* owned, section_count of them */
	size_t section_count;
	struct tare_load loads[TARE_IMAGE_LOADS_MAX]; /* by address, apart */
	size_t load_count;
	const uint8_t *dynamic; /* NULL: none */
	uint64_t dynamic_size;
	char *error;          /* borrowed */
	size_t room;
};

/* Of no other section the place means anything, or was checked. */
static inline bool tare__takes_file_bytes(const GElf_Shdr *section)
{
	return section->sh_type != SHT_NULL && section->sh_type != SHT_NOBITS && section->sh_size > 0;
}

/* The first sentence stays; always TARE_E_IMAGE. */
int tare__reading_refuse(struct tare_reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Header, tables and the libelf handle. On error, too, tare__reading_close is due. */
int tare__reading_open(struct tare_reading *reading, const void *bytes, uint64_t size, char *error, size_t room);
void tare__reading_close(struct tare_reading *reading);

/* Places, types, links and overlaps of all sections and segments. */
int tare__reading_check_places(struct tare_reading *reading);

/* What a loader maps: part of check_places. */
int tare__reading_check_segments(struct tare_reading *reading);

/* The mapped segment that holds all of it, or its bytes in the file; NULL: none. */
const struct tare_load *tare__reading_load(const struct tare_reading *reading, uint64_t address, uint64_t size);
const uint8_t *tare__reading_loaded(const struct tare_reading *reading, uint64_t address, uint64_t size);

/* What a loader follows. After places and contents. */
int tare__reading_check_dynamic(struct tare_reading *reading);

/* What stands inside string tables, symbol tables and relocations. */
int tare__reading_check_contents(struct tare_reading *reading);

Elf_Data *tare__reading_data(struct tare_reading *reading, size_t section);
const char *tare__reading_name(struct tare_reading *reading, size_t section); /* NULL: none */

#endif
