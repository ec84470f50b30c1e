/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places - where the parts of an ELF object lie, and whether they may lie there
 *
 * libelf accepts sections that overlap each other or the header, and reports a
 * size beyond the end of the file as it stands there.
 */
#include <stdlib.h>

#include <tare/status.h>

#include "reading.h"

struct place {
	uint64_t from;
	uint64_t to;
};

static uint64_t entry_size(GElf_Word type)
{
	switch (type) {
	case SHT_SYMTAB:
	case SHT_DYNSYM: return sizeof(Elf64_Sym);
	case SHT_RELA: return sizeof(Elf64_Rela);
	case SHT_REL: return sizeof(Elf64_Rel);
	case SHT_DYNAMIC: return sizeof(Elf64_Dyn);
	default: return 0;
	}
}

static bool is_symbol_table(const GElf_Shdr *section)
{
	return section->sh_type == SHT_SYMTAB || section->sh_type == SHT_DYNSYM;
}

static int check_link(struct tare_reading *reading, size_t i)
{
	const GElf_Shdr *section = &reading->sections[i];
	const GElf_Shdr *linked;

	if (section->sh_link >= reading->section_count)
		return tare__reading_refuse(reading, "section %zu links to section %u of %zu", i, section->sh_link,
			reading->section_count);
	linked = &reading->sections[section->sh_link];
	switch (section->sh_type) {
	case SHT_SYMTAB:
	case SHT_DYNSYM:
	case SHT_DYNAMIC:
		if (linked->sh_type != SHT_STRTAB)
			return tare__reading_refuse(reading, "section %zu links to no string table", i);
		return TARE_OK;
	case SHT_REL:
	case SHT_RELA:
		if (section->sh_link != 0 && !is_symbol_table(linked))
			return tare__reading_refuse(reading, "section %zu links to no symbol table", i);
		if (section->sh_info >= reading->section_count)
			return tare__reading_refuse(reading, "section %zu relocates section %u of %zu", i,
				section->sh_info, reading->section_count);
		return TARE_OK;
	default:
		return TARE_OK;
	}
}

static int check_section(struct tare_reading *reading, size_t i)
{
	const GElf_Shdr *section = &reading->sections[i];
	uint64_t each = entry_size(section->sh_type);

	if (section->sh_type == SHT_NULL)
		return TARE_OK;
	if (tare__takes_file_bytes(section) &&
	    (section->sh_offset > reading->size || section->sh_size > reading->size - section->sh_offset))
		return tare__reading_refuse(reading, "section %zu reaches past the end of the file", i);
	if (section->sh_addralign & (section->sh_addralign - 1))
		return tare__reading_refuse(reading, "section %zu: alignment is no power of two", i);
	if (section->sh_flags & SHF_COMPRESSED)
		return tare__reading_refuse(reading, "section %zu is compressed", i);
	if (each && (section->sh_entsize != each || section->sh_size % each != 0))
		return tare__reading_refuse(reading, "section %zu: entries are not of %llu bytes", i,
			(unsigned long long)each);
	return check_link(reading, i);
}

static int by_start(const void *a, const void *b)
{
	const struct place *one = a, *other = b;

	return (one->from > other->from) - (one->from < other->from);
}

static int check_overlaps(struct tare_reading *reading)
{
	const Elf64_Ehdr *header = &reading->header;
	struct place *places = calloc(reading->section_count + 3, sizeof *places);
	size_t count = 0;
	int status = TARE_OK;

	if (!places)
		return tare__reading_refuse(reading, "out of memory for %zu sections", reading->section_count);
	places[count++] = (struct place){ 0, sizeof *header };
	places[count++] = (struct place){ header->e_shoff, header->e_shoff + header->e_shnum * sizeof(Elf64_Shdr) };
	if (header->e_phnum)
		places[count++] = (struct place){ header->e_phoff,
			header->e_phoff + header->e_phnum * sizeof(Elf64_Phdr) };
	for (size_t i = 0; i < reading->section_count; i++) {
		const GElf_Shdr *section = &reading->sections[i];

		if (tare__takes_file_bytes(section))
			places[count++] = (struct place){ section->sh_offset, section->sh_offset + section->sh_size };
	}
	qsort(places, count, sizeof *places, by_start);
	for (size_t i = 1; i < count && status == TARE_OK; i++)
		if (places[i].from < places[i - 1].to)
			status = tare__reading_refuse(reading, "two parts overlap at offset %llu",
				(unsigned long long)places[i].from);
	free(places);
	return status;
}

int tare__reading_check_places(struct tare_reading *reading)
{
	int status = TARE_OK;

	for (size_t i = 0; i < reading->section_count && status == TARE_OK; i++)
		status = check_section(reading, i);
	if (status == TARE_OK)
		status = tare__reading_check_segments(reading);
	if (status == TARE_OK)
		status = check_overlaps(reading);
	return status;
}
