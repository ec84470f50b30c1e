/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <gelf.h>

#include <tare/image.h>
#include <tare/object.h>
#include <tare/status.h>
#include <tare/text.h>

static unsigned char text_bytes[96] = { 0xc3 };
static char names[] = "\0.text\0.symtab\0.strtab\0.shstrtab\0.rela.text\0.note.gnu.build-id";
static char strings[] = "\0kernel_entry\0hidden\0outside";
static unsigned char note_bytes[36] = { 4, 0, 0, 0, 20, 0, 0, 0, NT_GNU_BUILD_ID, 0, 0, 0, 'G', 'N', 'U', 0,
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };

enum { SECTION_TEXT = 1, SECTION_NOTE, SECTION_RELA, SECTION_SYMTAB, SECTION_STRTAB, SECTION_NAMES, SECTIONS };

struct sample {
	uint8_t *bytes; /* exactly size of them, so that ASan sees a read past the end */
	size_t size;
};

static Elf_Scn *add(Elf *elf, const char *name, Elf64_Word type, Elf_Type data_type, void *bytes, size_t size, size_t align)
{
	Elf_Scn *section = elf_newscn(elf);
	Elf_Data *data = elf_newdata(section);
	Elf64_Shdr *header = elf64_getshdr(section);
	const char *found = names;

	assert_non_null(header);
	while (strcmp(found, name) != 0)
		found += strlen(found) + 1;
	header->sh_name = (Elf64_Word)(found - names);
	header->sh_type = type;
	data->d_buf = bytes;
	data->d_size = size;
	data->d_align = align;
	data->d_type = data_type;
	data->d_version = EV_CURRENT;
	return section;
}

static void write_elf(int file)
{
	Elf64_Sym symbols[4] = { { 0 },
		{ .st_name = 14, .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC), .st_shndx = SECTION_TEXT },
		{ .st_name = 1, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), .st_shndx = SECTION_TEXT },
		{ .st_name = 21, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), .st_shndx = SHN_UNDEF } };
	Elf64_Rela relocations[2] = { { .r_offset = 8, .r_info = ELF64_R_INFO(3, R_X86_64_PC32) },
		{ .r_offset = 16, .r_info = ELF64_R_INFO(2, R_X86_64_PC32) } };
	Elf *elf = elf_begin(file, ELF_C_WRITE, NULL);
	Elf64_Ehdr *header = elf64_newehdr(elf);
	Elf64_Shdr *section;

	assert_non_null(header);
	header->e_ident[EI_DATA] = ELFDATA2LSB;
	header->e_type = ET_REL;
	header->e_machine = EM_X86_64;
	header->e_version = EV_CURRENT;
	header->e_shstrndx = SECTION_NAMES;
	section = elf64_getshdr(add(elf, ".text", SHT_PROGBITS, ELF_T_BYTE, text_bytes, sizeof text_bytes, 64));
	section->sh_flags = SHF_ALLOC | SHF_EXECINSTR;
	section = elf64_getshdr(add(elf, ".note.gnu.build-id", SHT_NOTE, ELF_T_NHDR, note_bytes, sizeof note_bytes, 4));
	section->sh_flags = SHF_ALLOC;
	section = elf64_getshdr(add(elf, ".rela.text", SHT_RELA, ELF_T_RELA, relocations, sizeof relocations, 8));
	section->sh_entsize = sizeof(Elf64_Rela);
	section->sh_link = SECTION_SYMTAB;
	section->sh_info = SECTION_TEXT;
	section = elf64_getshdr(add(elf, ".symtab", SHT_SYMTAB, ELF_T_SYM, symbols, sizeof symbols, 8));
	section->sh_entsize = sizeof(Elf64_Sym);
	section->sh_link = SECTION_STRTAB;
	section->sh_info = 2;
	add(elf, ".strtab", SHT_STRTAB, ELF_T_BYTE, strings, sizeof strings, 1);
	add(elf, ".shstrtab", SHT_STRTAB, ELF_T_BYTE, names, sizeof names, 1);
	assert_true(elf_update(elf, ELF_C_WRITE) > 0);
	elf_end(elf);
}

static struct sample make_sample(void)
{
	FILE *file = tmpfile();
	struct sample sample;
	long end;

	assert_non_null(file);
	elf_version(EV_CURRENT);
	write_elf(fileno(file));
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	end = ftell(file);
	assert_true(end > 0);
	rewind(file);
	sample.size = (size_t)end;
	sample.bytes = malloc(sample.size);
	assert_non_null(sample.bytes);
	assert_int_equal(fread(sample.bytes, 1, sample.size, file), sample.size);
	fclose(file);
	return sample;
}

/* What the program says that this is. */
static uint16_t own_machine(void)
{
	FILE *file = fopen("/proc/self/exe", "rb");
	Elf64_Ehdr header;

	assert_non_null(file);
	assert_int_equal(fread(&header, sizeof header, 1, file), 1);
	fclose(file);
	return header.e_machine;
}

static int read_sample(const struct sample *sample, struct tare_image *image, char *error)
{
	return tare_image_read(sample->bytes, sample->size, image, error, 256);
}

static void a_good_object_is_read(void **state)
{
	struct sample sample = make_sample();
	struct tare_image image;
	char error[256] = "?";

	(void)state;
	assert_int_equal(read_sample(&sample, &image, error), TARE_OK);
	assert_string_equal(error, "");
	assert_int_equal(image.type, ET_REL);
	assert_int_equal(image.machine, EM_X86_64);
	assert_int_equal(image.build_id_size, 20);
	assert_true(image.fingerprint == 0x0807060504030201u);
	assert_true(image.content == tare_digest(0, sample.bytes, sample.size));
	assert_int_equal(image.text_size, sizeof text_bytes);
	assert_memory_equal(sample.bytes + image.text_offset, text_bytes, sizeof text_bytes);
	assert_int_equal(image.text_relocations, 2);
	assert_int_equal(image.alloc_span, sizeof text_bytes + sizeof note_bytes);
	assert_true(tare_image_defines(sample.bytes, sample.size, "kernel_entry"));
	assert_false(tare_image_defines(sample.bytes, sample.size, "hidden"));
	assert_false(tare_image_defines(sample.bytes, sample.size, "outside"));
	free(sample.bytes);
}

static void an_object_for_another_processor_is_refused_here(void **state)
{
	struct sample sample = make_sample();
	Elf64_Ehdr *header = (void *)sample.bytes;
	struct tare_image image;
	char error[256], wanted[64];
	unsigned here;

	(void)state;
	header->e_machine = own_machine();
	here = header->e_machine;
	assert_int_equal(tare_image_read_here(sample.bytes, sample.size, &image, error, sizeof error), TARE_OK);
	header->e_machine = EM_RISCV;
	assert_int_equal(tare_image_read(sample.bytes, sample.size, &image, error, sizeof error), TARE_OK);
	assert_int_equal(image.machine, EM_RISCV);
	assert_int_equal(tare_image_read_here(sample.bytes, sample.size, &image, error, sizeof error), TARE_E_IMAGE);
	snprintf(wanted, sizeof wanted, "it is for ELF machine %u, and what would execute it is %u", EM_RISCV, here);
	assert_string_equal(error, wanted);
	free(sample.bytes);
}

static void a_running_program_is_accepted(void **state)
{
	static uint8_t bytes[16u << 20];
	FILE *file = fopen("/proc/self/exe", "rb");
	struct tare_image image;
	char error[256];
	size_t size;

	(void)state;
	assert_non_null(file);
	size = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	assert_true(size < sizeof bytes);
	assert_int_equal(tare_image_read(bytes, size, &image, error, sizeof error), TARE_OK);
	assert_true(image.type == ET_DYN || image.type == ET_EXEC);
	assert_true(image.text_size > 0);
	assert_true(tare_image_defines(bytes, size, "main"));
}

static void without_build_id_the_content_names_it(void **state)
{
	struct sample sample = make_sample();
	struct tare_image image, other;
	char error[256];
	Elf64_Ehdr header;

	(void)state;
	memcpy(&header, sample.bytes, sizeof header);
	sample.bytes[header.e_shoff + SECTION_NOTE * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_type)] = SHT_PROGBITS;
	assert_int_equal(read_sample(&sample, &image, error), TARE_OK);
	assert_int_equal(image.build_id_size, 0);
	assert_true(image.fingerprint == tare_hash(sample.bytes, sample.size));
	sample.bytes[image.text_offset] ^= 1;
	assert_int_equal(read_sample(&sample, &other, error), TARE_OK);
	assert_true(other.fingerprint != image.fingerprint);
	free(sample.bytes);
}

static void the_build_id_names_it(void **state)
{
	struct sample sample = make_sample();
	struct tare_image image, other;
	Elf64_Shdr section;
	Elf64_Ehdr header;
	char error[256];
	uint8_t *id;

	(void)state;
	memcpy(&header, sample.bytes, sizeof header);
	memcpy(&section, sample.bytes + header.e_shoff + SECTION_NOTE * sizeof section, sizeof section);
	id = sample.bytes + section.sh_offset + 16;
	assert_int_equal(read_sample(&sample, &image, error), TARE_OK);
	sample.bytes[image.text_offset] ^= 1;
	assert_int_equal(read_sample(&sample, &other, error), TARE_OK);
	assert_true(other.fingerprint == image.fingerprint && other.content != image.content);
	id[7] ^= 1;
	assert_int_equal(read_sample(&sample, &other, error), TARE_OK);
	assert_true(other.fingerprint != image.fingerprint);
	id[-12] = 7; /* bytes of it, one too few */
	assert_int_equal(read_sample(&sample, &other, error), TARE_E_IMAGE); /* and the rest is no note */
	memset(id + 8, 0, 12);
	memcpy(id + 8, "\0\0\0\0\0\0\0\0\1", 9);
	assert_int_equal(read_sample(&sample, &other, error), TARE_OK);
	assert_int_equal(other.build_id_size, 7);
	assert_true(other.fingerprint == tare_hash(sample.bytes, sample.size));
	free(sample.bytes);
}

static void no_truncation_is_accepted(void **state)
{
	struct sample whole = make_sample();

	(void)state;
	for (size_t size = 0; size < whole.size; size += size + 64 < whole.size || size == whole.size - 1 ? 64 : 1) {
		struct sample cut = { malloc(size ? size : 1), size };
		struct tare_image image = { .content = 77 };
		char error[256];

		assert_non_null(cut.bytes);
		memcpy(cut.bytes, whole.bytes, size);
		assert_int_equal(read_sample(&cut, &image, error), TARE_E_IMAGE);
		assert_true(error[0] != '\0');
		assert_int_equal(image.content, 77);
		assert_false(tare_image_defines(cut.bytes, cut.size, "kernel_entry"));
		free(cut.bytes);
	}
	free(whole.bytes);
}

/* Each row: one field of the header, or of a section's header, and a lie. */
struct lie {
	const char *what;
	int section; /* -1: the ELF header */
	size_t offset;
	unsigned width;
	uint64_t value;
};

#define HEADER(field, lie) { #field, -1, offsetof(Elf64_Ehdr, field), sizeof ((Elf64_Ehdr *)0)->field, (lie) }
#define SECTION(index, field, lie) \
	{ #index " " #field, index, offsetof(Elf64_Shdr, field), sizeof ((Elf64_Shdr *)0)->field, (lie) }

static const struct lie lies[] = {
	{ "class", -1, EI_CLASS, 1, ELFCLASS32 },
	{ "data", -1, EI_DATA, 1, ELFDATA2MSB },
	HEADER(e_type, ET_CORE),
	HEADER(e_machine, EM_NONE),
	HEADER(e_version, 2),
	HEADER(e_ehsize, 65),
	HEADER(e_shentsize, 65),
	HEADER(e_shnum, 0),
	HEADER(e_shnum, 0xffff),
	HEADER(e_shoff, UINT64_MAX - 63),
	HEADER(e_shstrndx, 999),
	HEADER(e_shstrndx, SECTION_TEXT),
	HEADER(e_phnum, 0xffff),
	SECTION(SECTION_TEXT, sh_offset, UINT64_MAX),
	SECTION(SECTION_TEXT, sh_size, (uint64_t)1 << 63),
	SECTION(SECTION_TEXT, sh_offset, 0),
	SECTION(SECTION_TEXT, sh_addralign, 3),
	SECTION(SECTION_TEXT, sh_flags, SHF_ALLOC | SHF_COMPRESSED),
	SECTION(SECTION_TEXT, sh_size, 0x100),
	SECTION(SECTION_TEXT, sh_name, 0xffff),
	SECTION(SECTION_SYMTAB, sh_entsize, 0),
	SECTION(SECTION_SYMTAB, sh_entsize, 1),
	SECTION(SECTION_SYMTAB, sh_size, 25),
	SECTION(SECTION_SYMTAB, sh_link, 77),
	SECTION(SECTION_SYMTAB, sh_link, SECTION_TEXT),
	SECTION(SECTION_RELA, sh_info, 77),
	SECTION(SECTION_RELA, sh_link, SECTION_TEXT),
	SECTION(SECTION_STRTAB, sh_size, 3),
};

static void each_lie_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < TARE_COUNT(lies); i++) {
		struct sample sample = make_sample();
		size_t base = 0;
		struct tare_image image;
		Elf64_Ehdr header;
		char error[256];

		memcpy(&header, sample.bytes, sizeof header);
		if (lies[i].section >= 0)
			base = header.e_shoff + (size_t)lies[i].section * sizeof(Elf64_Shdr);
		memcpy(sample.bytes + base + lies[i].offset, &lies[i].value, lies[i].width);
		if (read_sample(&sample, &image, error) != TARE_E_IMAGE)
			fail_msg("accepted with a wrong %s", lies[i].what);
		assert_true(error[0] != '\0');
		free(sample.bytes);
	}
}

/* A section of no type may claim any place: it counts for nothing. Found by fuzzing. */
static void a_section_of_no_type_counts_for_nothing(void **state)
{
	struct sample sample = make_sample();
	struct tare_image image;
	Elf64_Ehdr header;
	char error[256];

	(void)state;
	memcpy(&header, sample.bytes, sizeof header);
	const Elf64_Shdr section = { .sh_type = SHT_NULL, .sh_flags = SHF_ALLOC, .sh_offset = 1u << 30, .sh_size = 1u << 30 };
	memcpy(sample.bytes + header.e_shoff, &section, sizeof section);
	assert_int_equal(read_sample(&sample, &image, error), TARE_OK);
	assert_true(image.alloc_span <= sample.size);
	free(sample.bytes);
}

static void a_note_that_lies_is_refused(void **state)
{
	struct sample sample = make_sample();
	struct tare_image image;
	Elf64_Ehdr header;
	Elf64_Shdr section;
	char error[256];
	uint8_t *note;

	(void)state;
	memcpy(&header, sample.bytes, sizeof header);
	memcpy(&section, sample.bytes + header.e_shoff + SECTION_NOTE * sizeof section, sizeof section);
	note = sample.bytes + section.sh_offset;
	memset(note + 4, 0xff, 4);
	assert_int_equal(read_sample(&sample, &image, error), TARE_E_IMAGE);
	memcpy(note + 4, "\0\0\0\0", 4);
	assert_int_equal(read_sample(&sample, &image, error), TARE_E_IMAGE);
	free(sample.bytes);
}

/* Not "refused": only that nothing is read outside the buffer and that acceptance is not contradictory. */
static void any_byte_may_be_wrong(void **state)
{
	struct sample sample = make_sample();

	(void)state;
	for (size_t at = 0; at < sample.size; at++) {
		uint8_t kept = sample.bytes[at];

		for (unsigned bit = 0; bit < 8; bit += 7) {
			struct tare_image image;
			char error[256];

			sample.bytes[at] = (uint8_t)(kept ^ (1u << bit));
			if (read_sample(&sample, &image, error) == TARE_OK) {
				assert_true(image.text_offset + image.text_size <= sample.size);
				assert_true(image.alloc_span <= sample.size);
				tare_image_defines(sample.bytes, sample.size, "nobody");
			}
		}
		sample.bytes[at] = kept;
	}
	free(sample.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_object_is_read),
		cmocka_unit_test(an_object_for_another_processor_is_refused_here),
		cmocka_unit_test(a_running_program_is_accepted),
		cmocka_unit_test(without_build_id_the_content_names_it),
		cmocka_unit_test(the_build_id_names_it),
		cmocka_unit_test(no_truncation_is_accepted),
		cmocka_unit_test(each_lie_is_refused),
		cmocka_unit_test(a_section_of_no_type_counts_for_nothing),
		cmocka_unit_test(a_note_that_lies_is_refused),
		cmocka_unit_test(any_byte_may_be_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
