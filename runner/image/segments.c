/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segments - what a loader maps, and whether it may be mapped
 *
 * The loader takes the first and the last segment for the span of all and maps
 * the others over whatever lies where they say: it checks none of this, and
 * crashes, or overwrites a neighbour (facts/fabric.md section 6).
 */
#include <tare/status.h>

#include "reading.h"

#define SPAN_MAX ((uint64_t)1 << 30)

static int check_segment(struct tare_reading *reading, size_t i, const GElf_Phdr *segment)
{
	if (segment->p_offset > reading->size || segment->p_filesz > reading->size - segment->p_offset)
		return tare__reading_refuse(reading, "segment %zu reaches past the end of the file", i);
	if (segment->p_vaddr + segment->p_memsz < segment->p_vaddr)
		return tare__reading_refuse(reading, "segment %zu wraps around the address space", i);
	if (segment->p_align & (segment->p_align - 1))
		return tare__reading_refuse(reading, "segment %zu: alignment is no power of two", i);
	return TARE_OK;
}

static int add_load(struct tare_reading *reading, size_t i, const GElf_Phdr *segment)
{
	const struct tare_load *last = reading->load_count ? &reading->loads[reading->load_count - 1] : NULL;

	if (segment->p_memsz < segment->p_filesz)
		return tare__reading_refuse(reading, "segment %zu is smaller in memory than in the file", i);
	if (segment->p_align > 1 && (segment->p_vaddr - segment->p_offset) % segment->p_align != 0)
		return tare__reading_refuse(reading, "segment %zu lies askew in the file", i);
	if (last && segment->p_vaddr < last->address + last->memory_size)
		return tare__reading_refuse(reading, "segment %zu overlaps the one before it, or comes too late", i);
	if (reading->load_count == TARE_IMAGE_LOADS_MAX)
		return tare__reading_refuse(reading, "more than %u segments are to be loaded", TARE_IMAGE_LOADS_MAX);
	reading->loads[reading->load_count++] = (struct tare_load){
		.address = segment->p_vaddr, .memory_size = segment->p_memsz,
		.offset = segment->p_offset, .file_size = segment->p_filesz, .flags = segment->p_flags,
	};
	if (segment->p_vaddr + segment->p_memsz - reading->loads[0].address > SPAN_MAX)
		return tare__reading_refuse(reading, "the segments span more than %llu bytes", (unsigned long long)SPAN_MAX);
	return TARE_OK;
}

const struct tare_load *tare__reading_load(const struct tare_reading *reading, uint64_t address, uint64_t size)
{
	for (size_t i = 0; i < reading->load_count; i++) {
		const struct tare_load *load = &reading->loads[i];

		if (address >= load->address && size <= load->memory_size &&
		    address - load->address <= load->memory_size - size)
			return load;
	}
	return NULL;
}

const uint8_t *tare__reading_loaded(const struct tare_reading *reading, uint64_t address, uint64_t size)
{
	const struct tare_load *load = tare__reading_load(reading, address, size);

	if (!load || size > load->file_size || address - load->address > load->file_size - size)
		return NULL;
	return reading->bytes + load->offset + (address - load->address);
}

/* Those that only point into what is loaded. Read-only data after relocation may end with its page. */
static int check_pointer(struct tare_reading *reading, size_t i, const GElf_Phdr *segment)
{
	const struct tare_load *load = tare__reading_load(reading, segment->p_vaddr, 1);

	switch (segment->p_type) {
	case PT_PHDR:
	case PT_TLS:
	case PT_GNU_EH_FRAME:
		if (segment->p_filesz && !tare__reading_loaded(reading, segment->p_vaddr, segment->p_filesz))
			return tare__reading_refuse(reading, "segment %zu is not loaded", i);
		return TARE_OK;
	case PT_GNU_RELRO:
		if (!load || segment->p_memsz > load->memory_size - (segment->p_vaddr - load->address) + TARE_IMAGE_PAGE_MAX)
			return tare__reading_refuse(reading, "segment %zu: what turns read-only is not loaded", i);
		return TARE_OK;
	case PT_DYNAMIC:
		if (reading->dynamic_size)
			return tare__reading_refuse(reading, "two dynamic segments");
		if (!segment->p_filesz || !tare__reading_loaded(reading, segment->p_vaddr, segment->p_filesz))
			return tare__reading_refuse(reading, "the dynamic segment is not loaded");
		if (segment->p_flags & PF_W & ~load->flags)
			return tare__reading_refuse(reading, "the dynamic segment can't be written to, and says it can");
		reading->dynamic = tare__reading_loaded(reading, segment->p_vaddr, segment->p_filesz);
		reading->dynamic_size = segment->p_filesz;
		return TARE_OK;
	default:
		return TARE_OK;
	}
}

int tare__reading_check_segments(struct tare_reading *reading)
{
	int status = TARE_OK;

	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < reading->header.e_phnum && status == TARE_OK; i++) {
			GElf_Phdr segment;

			if (!gelf_getphdr(reading->elf, (int)i, &segment))
				return tare__reading_refuse(reading, "segment %zu cannot be read", i);
			if (pass)
				status = check_pointer(reading, i, &segment);
			else if (segment.p_type != PT_NULL)
				status = check_segment(reading, i, &segment);
			if (!pass && status == TARE_OK && segment.p_type == PT_LOAD)
				status = add_load(reading, i, &segment);
		}
	}
	return status;
}
