/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image - what the runner and the machine want to know of an ELF object
 *
 * The build id is the identity that toolchains give an object; the device side
 * of the runtime names its files by its first eight bytes (facts/cann.md 4.5).
 */
#include <tare/image.h>

#include <string.h>

#include <tare/status.h>
#include <tare/text.h>

#include "reading.h"

#if defined(__x86_64__)
enum { ANY_MACHINE = EM_NONE, HERE = EM_X86_64 };
#elif defined(__aarch64__)
enum { ANY_MACHINE = EM_NONE, HERE = EM_AARCH64 };
#else
#error "another processor: its number in ELF headers is wanted here"
#endif

static int take_build_id(struct tare_reading *reading, struct tare_image *image, Elf_Data *data, const GElf_Nhdr *note,
	size_t name, size_t description)
{
	const uint8_t *bytes = data->d_buf;

	if (note->n_type != NT_GNU_BUILD_ID || note->n_namesz != sizeof ELF_NOTE_GNU ||
	    memcmp(bytes + name, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) != 0)
		return TARE_OK;
	if (image->build_id_size)
		return tare__reading_refuse(reading, "two build ids");
	if (note->n_descsz == 0 || note->n_descsz > TARE_BUILD_ID_MAX)
		return tare__reading_refuse(reading, "a build id of %u bytes", note->n_descsz);
	memcpy(image->build_id, bytes + description, note->n_descsz);
	image->build_id_size = note->n_descsz;
	return TARE_OK;
}

static int read_notes(struct tare_reading *reading, struct tare_image *image, size_t section)
{
	size_t at = 0, name, description, next;
	GElf_Nhdr note;
	Elf_Data *data;
	int status;

	if (reading->sections[section].sh_size == 0)
		return TARE_OK;
	if (!(data = tare__reading_data(reading, section)))
		return tare__reading_refuse(reading, "notes %zu cannot be read", section);
	while (at < data->d_size) {
		next = gelf_getnote(data, at, &note, &name, &description);
		if (next <= at)
			return tare__reading_refuse(reading, "a note of section %zu overruns it", section);
		status = take_build_id(reading, image, data, &note, name, description);
		if (status != TARE_OK)
			return status;
		at = next;
	}
	return TARE_OK;
}

static int read_identity(struct tare_reading *reading, struct tare_image *image)
{
	for (size_t i = 0; i < reading->section_count; i++) {
		int status = TARE_OK;

		if (reading->sections[i].sh_type == SHT_NOTE)
			status = read_notes(reading, image, i);
		if (status != TARE_OK)
			return status;
	}
	image->content = tare_digest(0, reading->bytes, reading->size);
	if (image->build_id_size < sizeof image->fingerprint)
		image->fingerprint = tare_hash(reading->bytes, reading->size);
	else
		for (unsigned i = 0; i < sizeof image->fingerprint; i++)
			image->fingerprint |= (uint64_t)image->build_id[i] << (8 * i);
	return TARE_OK;
}

static void read_span(const struct tare_reading *reading, struct tare_image *image)
{
	uint64_t from = UINT64_MAX, to = 0;

	for (size_t i = 0; i < reading->section_count; i++) {
		const GElf_Shdr *section = &reading->sections[i];

		if (!(section->sh_flags & SHF_ALLOC) || !tare__takes_file_bytes(section))
			continue;
		if (section->sh_offset < from)
			from = section->sh_offset;
		if (section->sh_offset + section->sh_size > to)
			to = section->sh_offset + section->sh_size;
	}
	image->alloc_span = to > from ? to - from : 0;
}

/* In a REL object relocations name the section, in a linked one the address. */
static uint32_t relocations_of(struct tare_reading *reading, size_t relocations, size_t text)
{
	const GElf_Shdr *section = &reading->sections[relocations];
	const GElf_Shdr *target = &reading->sections[text];
	uint64_t count = section->sh_size / section->sh_entsize;
	uint32_t found = 0;
	Elf_Data *data;

	if (reading->header.e_type == ET_REL)
		return section->sh_info == text ? (uint32_t)count : 0;
	if (count == 0 || !(data = tare__reading_data(reading, relocations)))
		return 0;
	for (uint64_t i = 0; i < count; i++) {
		GElf_Rela rela = { 0 };
		GElf_Rel rel = { 0 };
		uint64_t at;

		if (section->sh_type == SHT_RELA)
			at = gelf_getrela(data, (int)i, &rela) ? rela.r_offset : 0;
		else
			at = gelf_getrel(data, (int)i, &rel) ? rel.r_offset : 0;
		found += at >= target->sh_addr && at - target->sh_addr < target->sh_size;
	}
	return found;
}

static void read_text(struct tare_reading *reading, struct tare_image *image)
{
	size_t text = 0;

	for (size_t i = 1; i < reading->section_count && !text; i++) {
		const char *name = tare__reading_name(reading, i);

		if (reading->sections[i].sh_type == SHT_PROGBITS && reading->sections[i].sh_size > 0 && name &&
		    strcmp(name, ".text") == 0)
			text = i;
	}
	if (!text)
		return;
	image->text_offset = reading->sections[text].sh_offset;
	image->text_size = reading->sections[text].sh_size;
	for (size_t i = 1; i < reading->section_count; i++)
		if (reading->sections[i].sh_type == SHT_RELA || reading->sections[i].sh_type == SHT_REL)
			image->text_relocations += relocations_of(reading, i, text);
}

static int read_for(uint16_t machine, const void *bytes, uint64_t size, struct tare_image *image, char *error, size_t room)
{
	struct tare_image read = { 0 };
	struct tare_reading reading;
	int status = tare__reading_open(&reading, bytes, size, error, room);

	if (status == TARE_OK && machine != ANY_MACHINE && machine != reading.header.e_machine)
		status = tare__reading_refuse(&reading, "it is for ELF machine %u, and what would execute it is %u",
			reading.header.e_machine, machine);
	if (status == TARE_OK)
		status = tare__reading_check_places(&reading);
	if (status == TARE_OK)
		status = tare__reading_check_contents(&reading);
	if (status == TARE_OK)
		status = tare__reading_check_dynamic(&reading);
	if (status == TARE_OK)
		status = read_identity(&reading, &read);
	if (status == TARE_OK) {
		read.type = reading.header.e_type;
		read.machine = reading.header.e_machine;
		read_span(&reading, &read);
		read_text(&reading, &read);
		*image = read;
	}
	tare__reading_close(&reading);
	return status;
}

int tare_image_read(const void *bytes, uint64_t size, struct tare_image *image, char *error, size_t room)
{
	return read_for(ANY_MACHINE, bytes, size, image, error, room);
}

int tare_image_read_here(const void *bytes, uint64_t size, struct tare_image *image, char *error, size_t room)
{
	return read_for(HERE, bytes, size, image, error, room);
}
