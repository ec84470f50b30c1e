/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading - the header and the tables of an ELF object
 *
 * libelf answers "0 sections, no error" for a file that was cut, and ignores
 * entry sizes (facts/junit.md section 4): so the header is checked by us,
 * from the bytes, before libelf is asked anything.
 */
#include "reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/image.h>
#include <tare/status.h>

int tare__reading_refuse(struct tare_reading *reading, const char *format, ...)
{
	va_list list;

	if (reading->room > 0 && reading->error[0] == '\0') {
		va_start(list, format);
		vsnprintf(reading->error, reading->room, format, list);
		va_end(list);
	}
	return TARE_E_IMAGE;
}

static bool lies_inside(uint64_t offset, uint64_t count, uint64_t each, uint64_t size)
{
	return offset <= size && count <= (size - offset) / each;
}

static int check_ident(struct tare_reading *reading)
{
	const unsigned char *ident = reading->header.e_ident;

	if (memcmp(ident, ELFMAG, SELFMAG) != 0)
		return tare__reading_refuse(reading, "not an ELF file");
	if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB)
		return tare__reading_refuse(reading, "not a 64-bit little-endian ELF file");
	if (ident[EI_VERSION] != EV_CURRENT || reading->header.e_version != EV_CURRENT)
		return tare__reading_refuse(reading, "unknown ELF version");
	return TARE_OK;
}

static int check_header(struct tare_reading *reading)
{
	const Elf64_Ehdr *header = &reading->header;

	if (header->e_type != ET_REL && header->e_type != ET_DYN && header->e_type != ET_EXEC)
		return tare__reading_refuse(reading, "ELF type %u is none of REL, DYN, EXEC", header->e_type);
	if (header->e_machine == EM_NONE)
		return tare__reading_refuse(reading, "ELF machine is none");
	if (header->e_ehsize != sizeof(Elf64_Ehdr))
		return tare__reading_refuse(reading, "ELF header says it has %u bytes", header->e_ehsize);
	if (header->e_shoff == 0 || header->e_shnum == 0)
		return tare__reading_refuse(reading, "no section table");
	if (header->e_shentsize != sizeof(Elf64_Shdr))
		return tare__reading_refuse(reading, "section headers of %u bytes", header->e_shentsize);
	if (header->e_shnum > TARE_IMAGE_SECTIONS_MAX)
		return tare__reading_refuse(reading, "%u sections, more than %u", header->e_shnum,
			TARE_IMAGE_SECTIONS_MAX);
	if (!lies_inside(header->e_shoff, header->e_shnum, sizeof(Elf64_Shdr), reading->size))
		return tare__reading_refuse(reading, "section table reaches past the end of the file");
	if (header->e_shstrndx >= header->e_shnum)
		return tare__reading_refuse(reading, "section names in section %u of %u", header->e_shstrndx,
			header->e_shnum);
	if (header->e_phnum == 0)
		return TARE_OK;
	if (header->e_phentsize != sizeof(Elf64_Phdr))
		return tare__reading_refuse(reading, "program headers of %u bytes", header->e_phentsize);
	if (header->e_phnum > TARE_IMAGE_SEGMENTS_MAX)
		return tare__reading_refuse(reading, "%u segments, more than %u", header->e_phnum,
			TARE_IMAGE_SEGMENTS_MAX);
	if (!lies_inside(header->e_phoff, header->e_phnum, sizeof(Elf64_Phdr), reading->size))
		return tare__reading_refuse(reading, "program headers reach past the end of the file");
	return TARE_OK;
}

static int read_sections(struct tare_reading *reading)
{
	size_t count = 0;

	if (elf_getshdrnum(reading->elf, &count) != 0 || count != reading->header.e_shnum)
		return tare__reading_refuse(reading, "the section table cannot be read");
	reading->sections = calloc(count, sizeof *reading->sections);
	if (!reading->sections)
		return tare__reading_refuse(reading, "out of memory for %zu sections", count);
	reading->section_count = count;
	for (size_t i = 0; i < count; i++) {
		Elf_Scn *section = elf_getscn(reading->elf, i);

		if (!section || !gelf_getshdr(section, &reading->sections[i]))
			return tare__reading_refuse(reading, "section %zu cannot be read", i);
	}
	return TARE_OK;
}

int tare__reading_open(struct tare_reading *reading, const void *bytes, uint64_t size, char *error, size_t room)
{
	int status;

	*reading = (struct tare_reading){ .bytes = bytes, .size = size, .error = error, .room = room };
	if (room > 0)
		error[0] = '\0';
	if (!bytes || size < sizeof reading->header)
		return tare__reading_refuse(reading, "%llu bytes are too few for an ELF file",
			(unsigned long long)size);
	if (size > TARE_IMAGE_BYTES_MAX)
		return tare__reading_refuse(reading, "%llu bytes are more than an image may have (%u)",
			(unsigned long long)size, TARE_IMAGE_BYTES_MAX);
	memcpy(&reading->header, bytes, sizeof reading->header);
	if ((status = check_ident(reading)) != TARE_OK || (status = check_header(reading)) != TARE_OK)
		return status;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return tare__reading_refuse(reading, "libelf does not know this ELF version");
	/* elf_memory takes char *; opened for reading it never writes. */
	reading->elf = elf_memory((char *)(uintptr_t)bytes, size);
	if (!reading->elf || elf_kind(reading->elf) != ELF_K_ELF)
		return tare__reading_refuse(reading, "libelf does not take it for an ELF file");
	return read_sections(reading);
}

void tare__reading_close(struct tare_reading *reading)
{
	free(reading->sections);
	if (reading->elf)
		elf_end(reading->elf);
	*reading = (struct tare_reading){ 0 };
}

Elf_Data *tare__reading_data(struct tare_reading *reading, size_t section)
{
	Elf_Scn *scn = elf_getscn(reading->elf, section);

	return scn ? elf_getdata(scn, NULL) : NULL;
}

const char *tare__reading_name(struct tare_reading *reading, size_t section)
{
	return elf_strptr(reading->elf, reading->header.e_shstrndx, reading->sections[section].sh_name);
}
