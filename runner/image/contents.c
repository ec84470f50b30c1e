/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contents - what string tables, symbol tables and relocations may say
 *
 * Only for readings whose places have been checked.
 */
#include <tare/status.h>

#include "reading.h"

static int check_strings(struct tare_reading *reading, size_t i)
{
	const GElf_Shdr *section = &reading->sections[i];

	if (section->sh_size == 0 || reading->bytes[section->sh_offset + section->sh_size - 1] != '\0')
		return tare__reading_refuse(reading, "string table %zu does not end with a zero byte", i);
	return TARE_OK;
}

static int check_symbols(struct tare_reading *reading, size_t i)
{
	const GElf_Shdr *section = &reading->sections[i];
	uint64_t names = reading->sections[section->sh_link].sh_size;
	int count = (int)(section->sh_size / sizeof(Elf64_Sym));
	Elf_Data *data;

	if (count == 0)
		return TARE_OK;
	if (!(data = tare__reading_data(reading, i)))
		return tare__reading_refuse(reading, "symbol table %zu cannot be read", i);
	for (int s = 0; s < count; s++) {
		GElf_Sym symbol;

		if (!gelf_getsym(data, s, &symbol))
			return tare__reading_refuse(reading, "symbol %d of section %zu cannot be read", s, i);
		if (symbol.st_name >= names)
			return tare__reading_refuse(reading, "symbol %d of section %zu: its name is outside", s, i);
		if (symbol.st_shndx == SHN_XINDEX ||
		    (symbol.st_shndx < SHN_LORESERVE && symbol.st_shndx >= reading->section_count))
			return tare__reading_refuse(reading, "symbol %d of section %zu: no such section", s, i);
	}
	return TARE_OK;
}

static bool get_relocation(Elf_Data *data, GElf_Word type, int i, uint64_t *offset, uint64_t *symbol)
{
	GElf_Rela rela;
	GElf_Rel rel;

	if (type == SHT_RELA) {
		if (!gelf_getrela(data, i, &rela))
			return false;
		*offset = rela.r_offset;
		*symbol = GELF_R_SYM(rela.r_info);
		return true;
	}
	if (!gelf_getrel(data, i, &rel))
		return false;
	*offset = rel.r_offset;
	*symbol = GELF_R_SYM(rel.r_info);
	return true;
}

static int check_relocations(struct tare_reading *reading, size_t i)
{
	const GElf_Shdr *section = &reading->sections[i];
	const GElf_Shdr *target = &reading->sections[section->sh_info];
	uint64_t symbols = section->sh_link ? reading->sections[section->sh_link].sh_size / sizeof(Elf64_Sym) : 1;
	int count = (int)(section->sh_size / section->sh_entsize);
	Elf_Data *data;

	if (count == 0)
		return TARE_OK;
	if (!(data = tare__reading_data(reading, i)))
		return tare__reading_refuse(reading, "relocations %zu cannot be read", i);
	for (int r = 0; r < count; r++) {
		uint64_t offset, symbol;

		if (!get_relocation(data, section->sh_type, r, &offset, &symbol))
			return tare__reading_refuse(reading, "relocation %d of section %zu cannot be read", r, i);
		if (symbol >= symbols)
			return tare__reading_refuse(reading, "relocation %d of section %zu: no such symbol", r, i);
		if (reading->header.e_type == ET_REL && offset >= target->sh_size)
			return tare__reading_refuse(reading, "relocation %d of section %zu is outside its target", r, i);
	}
	return TARE_OK;
}

static int check_one(struct tare_reading *reading, size_t i)
{
	switch (reading->sections[i].sh_type) {
	case SHT_SYMTAB:
	case SHT_DYNSYM: return check_symbols(reading, i);
	case SHT_REL:
	case SHT_RELA: return check_relocations(reading, i);
	default: return TARE_OK;
	}
}

int tare__reading_check_contents(struct tare_reading *reading)
{
	const GElf_Shdr *names = &reading->sections[reading->header.e_shstrndx];
	int status = TARE_OK;

	if (names->sh_type != SHT_STRTAB)
		return tare__reading_refuse(reading, "section names stand in no string table");
	for (size_t i = 0; i < reading->section_count && status == TARE_OK; i++)
		if (reading->sections[i].sh_type == SHT_STRTAB)
			status = check_strings(reading, i);
	for (size_t i = 0; i < reading->section_count && status == TARE_OK; i++) {
		if (reading->sections[i].sh_name >= names->sh_size)
			return tare__reading_refuse(reading, "section %zu: its name is outside", i);
		status = check_one(reading, i);
	}
	return status;
}
