/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dynamic - what the dynamic section promises a loader
 *
 * The loader believes every address in it, writes where the relocations say,
 * and ends the process where an entry size is not the one it expects.
 */
#include "dynamic.h"

#include <string.h>

#include <tare/status.h>

static const struct {
	GElf_Sxword tag;
	enum tare_tag index;
} tags[] = {
	{ DT_STRTAB, TAG_STRTAB }, { DT_STRSZ, TAG_STRSZ }, { DT_SYMTAB, TAG_SYMTAB }, { DT_SYMENT, TAG_SYMENT },
	{ DT_RELA, TAG_RELA }, { DT_RELASZ, TAG_RELASZ }, { DT_RELAENT, TAG_RELAENT },
	{ DT_REL, TAG_REL }, { DT_RELSZ, TAG_RELSZ }, { DT_RELENT, TAG_RELENT },
	{ TARE_DT_RELR, TAG_RELR }, { TARE_DT_RELRSZ, TAG_RELRSZ }, { TARE_DT_RELRENT, TAG_RELRENT },
	{ DT_JMPREL, TAG_JMPREL }, { DT_PLTRELSZ, TAG_PLTRELSZ }, { DT_PLTREL, TAG_PLTREL },
	{ DT_HASH, TAG_HASH }, { DT_GNU_HASH, TAG_GNU_HASH },
	{ DT_INIT, TAG_INIT }, { DT_FINI, TAG_FINI },
	{ DT_INIT_ARRAY, TAG_INIT_ARRAY }, { DT_INIT_ARRAYSZ, TAG_INIT_ARRAYSZ },
	{ DT_FINI_ARRAY, TAG_FINI_ARRAY }, { DT_FINI_ARRAYSZ, TAG_FINI_ARRAYSZ },
	{ DT_VERSYM, TAG_VERSYM }, { DT_VERNEED, TAG_VERNEED }, { DT_VERNEEDNUM, TAG_VERNEEDNUM },
	{ DT_VERDEF, TAG_VERDEF }, { DT_VERDEFNUM, TAG_VERDEFNUM },
	{ DT_TEXTREL, TAG_TEXTREL }, { DT_FLAGS, TAG_FLAGS },
};

static bool find_tag(GElf_Sxword tag, enum tare_tag *index)
{
	for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
		if (tags[i].tag == tag) {
			*index = tags[i].index;
			return true;
		}
	return false;
}

static bool is_name(GElf_Sxword tag)
{
	return tag == DT_NEEDED || tag == DT_SONAME || tag == DT_RPATH || tag == DT_RUNPATH || tag == DT_AUXILIARY ||
	       tag == DT_FILTER;
}

static int read_tags(struct tare_reading *reading, struct tare_dynamic *dynamic)
{
	Elf64_Dyn entry = { .d_tag = DT_LOOS };
	enum tare_tag index;

	for (uint64_t at = 0; entry.d_tag != DT_NULL; at += sizeof entry) {
		if (reading->dynamic_size - at < sizeof entry)
			return tare__reading_refuse(reading, "the dynamic section does not end");
		memcpy(&entry, reading->dynamic + at, sizeof entry);
		if (is_name(entry.d_tag) && entry.d_un.d_val > dynamic->last_name)
			dynamic->last_name = entry.d_un.d_val;
		if (!find_tag(entry.d_tag, &index))
			continue;
		if (tare__has(dynamic, index))
			return tare__reading_refuse(reading, "the dynamic section has tag %lld twice", (long long)entry.d_tag);
		dynamic->given |= UINT64_C(1) << index;
		dynamic->value[index] = entry.d_un.d_val;
	}
	return TARE_OK;
}

/* The loader knows no number of symbols; the section table does, and what it points at has been checked. */
static int check_symbols(struct tare_reading *reading, struct tare_dynamic *dynamic)
{
	const GElf_Shdr *symbols = NULL, *strings;

	for (size_t i = 0; i < reading->section_count && !symbols; i++)
		if (reading->sections[i].sh_type == SHT_DYNSYM)
			symbols = &reading->sections[i];
	if (!symbols || !tare__has(dynamic, TAG_SYMTAB) || !tare__has(dynamic, TAG_STRTAB))
		return tare__reading_refuse(reading, "the dynamic section names no symbols or no strings");
	strings = &reading->sections[symbols->sh_link];
	dynamic->symbols = tare__reading_loaded(reading, dynamic->value[TAG_SYMTAB], symbols->sh_size);
	dynamic->symbol_count = symbols->sh_size / sizeof(Elf64_Sym);
	dynamic->strings_size = dynamic->value[TAG_STRSZ];
	if (dynamic->symbols != reading->bytes + symbols->sh_offset || dynamic->value[TAG_SYMENT] != sizeof(Elf64_Sym))
		return tare__reading_refuse(reading, "the dynamic section and the section table have different symbols");
	if (dynamic->strings_size != strings->sh_size ||
	    tare__reading_loaded(reading, dynamic->value[TAG_STRTAB], strings->sh_size) != reading->bytes + strings->sh_offset)
		return tare__reading_refuse(reading, "the dynamic section and the section table have different strings");
	if (dynamic->last_name >= dynamic->strings_size)
		return tare__reading_refuse(reading, "the dynamic section has a name outside its strings");
	return TARE_OK;
}

static int check_symbol_places(struct tare_reading *reading, const struct tare_dynamic *dynamic)
{
	for (uint64_t i = 0; i < dynamic->symbol_count; i++) {
		Elf64_Sym symbol;

		memcpy(&symbol, dynamic->symbols + i * sizeof symbol, sizeof symbol);
		if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx >= SHN_LORESERVE ||
		    ELF64_ST_TYPE(symbol.st_info) == STT_TLS)
			continue;
		/* _end lies right behind everything */
		if (!tare__reading_load(reading, symbol.st_value, 0))
			return tare__reading_refuse(reading, "symbol %llu lies in no segment", (unsigned long long)i);
	}
	return TARE_OK;
}

static bool may_relocate(const struct tare_reading *reading, const struct tare_dynamic *dynamic, uint64_t offset)
{
	const struct tare_load *load = tare__reading_load(reading, offset, sizeof(uint64_t));
	bool text = tare__has(dynamic, TAG_TEXTREL) || (dynamic->value[TAG_FLAGS] & DF_TEXTREL);

	return load && (text || (load->flags & PF_W));
}

static int check_relocations(struct tare_reading *reading, const struct tare_dynamic *dynamic, enum tare_tag table,
	enum tare_tag size, uint64_t each)
{
	uint64_t bytes = dynamic->value[size];
	const uint8_t *at = tare__reading_loaded(reading, dynamic->value[table], bytes);

	if (!tare__has(dynamic, table) || bytes == 0)
		return TARE_OK;
	if (!at || bytes % each)
		return tare__reading_refuse(reading, "a table of relocations is not loaded whole");
	for (uint64_t i = 0; i < bytes / each; i++) {
		Elf64_Rel relocation; /* the first two words of the other kind, too */

		memcpy(&relocation, at + i * each, sizeof relocation);
		if (relocation.r_info == 0) /* nothing to do */
			continue;
		if (ELF64_R_SYM(relocation.r_info) >= dynamic->symbol_count)
			return tare__reading_refuse(reading, "dynamic relocation %llu: no such symbol", (unsigned long long)i);
		if (!may_relocate(reading, dynamic, relocation.r_offset))
			return tare__reading_refuse(reading, "dynamic relocation %llu writes where nothing can be written",
				(unsigned long long)i);
	}
	return TARE_OK;
}

/* An address, then words whose bits say which of the next 63 words are relocated too. */
static int check_packed_relocations(struct tare_reading *reading, const struct tare_dynamic *dynamic)
{
	uint64_t bytes = dynamic->value[TAG_RELRSZ], word, next = 0;
	const uint8_t *at = tare__reading_loaded(reading, dynamic->value[TAG_RELR], bytes);
	bool good = at && bytes % sizeof word == 0 && dynamic->value[TAG_RELRENT] == sizeof word;

	if (!tare__has(dynamic, TAG_RELR) || bytes == 0)
		return TARE_OK;
	for (uint64_t i = 0; good && i < bytes / sizeof word; i++) {
		memcpy(&word, at + i * sizeof word, sizeof word);
		if (!(word & 1)) {
			good = may_relocate(reading, dynamic, word);
			next = word + sizeof word;
			continue;
		}
		for (unsigned bit = 1; good && bit < 64; bit++)
			if (word >> bit & 1)
				good = may_relocate(reading, dynamic, next + (bit - 1) * sizeof word);
		next += 63 * sizeof word;
	}
	return good ? TARE_OK : tare__reading_refuse(reading, "packed relocations write where nothing can be written");
}

static int check_all_relocations(struct tare_reading *reading, const struct tare_dynamic *dynamic)
{
	bool rela = tare__has(dynamic, TAG_RELA), rel = tare__has(dynamic, TAG_REL), jump = tare__has(dynamic, TAG_JMPREL);
	uint64_t kind = dynamic->value[TAG_PLTREL], each = sizeof(Elf64_Rela);
	int status;

	if ((rela && dynamic->value[TAG_RELAENT] != each) || (rel && dynamic->value[TAG_RELENT] != sizeof(Elf64_Rel)))
		return tare__reading_refuse(reading, "dynamic relocations of an unknown size");
	if (jump && kind != DT_RELA && kind != DT_REL)
		return tare__reading_refuse(reading, "jump relocations of an unknown kind");
	if ((jump && kind == DT_REL && rela) || (rela && rel))
		return tare__reading_refuse(reading, "two kinds of dynamic relocations");
	if (jump && kind == DT_REL)
		each = sizeof(Elf64_Rel);
	status = check_relocations(reading, dynamic, TAG_RELA, TAG_RELASZ, sizeof(Elf64_Rela));
	if (status == TARE_OK)
		status = check_relocations(reading, dynamic, TAG_REL, TAG_RELSZ, sizeof(Elf64_Rel));
	if (status == TARE_OK)
		status = check_relocations(reading, dynamic, TAG_JMPREL, TAG_PLTRELSZ, each);
	if (status == TARE_OK)
		status = check_packed_relocations(reading, dynamic);
	return status;
}

static bool is_code(const struct tare_reading *reading, const struct tare_dynamic *dynamic, enum tare_tag tag)
{
	const struct tare_load *load = tare__reading_load(reading, dynamic->value[tag], 1);

	return !tare__has(dynamic, tag) || (load && (load->flags & PF_X));
}

static bool is_array(const struct tare_reading *reading, const struct tare_dynamic *dynamic, enum tare_tag tag,
	enum tare_tag size)
{
	uint64_t bytes = dynamic->value[size];

	return !tare__has(dynamic, tag) ||
	       (bytes % sizeof(uint64_t) == 0 && tare__reading_load(reading, dynamic->value[tag], bytes));
}

int tare__reading_check_dynamic(struct tare_reading *reading)
{
	struct tare_dynamic dynamic = { 0 };
	int status;

	if (!reading->dynamic)
		return TARE_OK;
	if ((status = read_tags(reading, &dynamic)) != TARE_OK ||
	    (status = check_symbols(reading, &dynamic)) != TARE_OK ||
	    (status = check_symbol_places(reading, &dynamic)) != TARE_OK ||
	    (status = check_all_relocations(reading, &dynamic)) != TARE_OK)
		return status;
	if (!is_code(reading, &dynamic, TAG_INIT) || !is_code(reading, &dynamic, TAG_FINI))
		return tare__reading_refuse(reading, "a function of the dynamic section lies in no code");
	if (!is_array(reading, &dynamic, TAG_INIT_ARRAY, TAG_INIT_ARRAYSZ) ||
	    !is_array(reading, &dynamic, TAG_FINI_ARRAY, TAG_FINI_ARRAYSZ))
		return tare__reading_refuse(reading, "a table of functions is not loaded whole");
	if ((status = tare__dynamic_check_hash(reading, &dynamic)) != TARE_OK ||
	    (status = tare__dynamic_check_gnu_hash(reading, &dynamic)) != TARE_OK)
		return status;
	return tare__dynamic_check_versions(reading, &dynamic);
}
