/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbols - the names an ELF object defines for others
 *
 * A name that stands in both symbol tables is visited twice.
 */
#include <tare/image.h>

#include <string.h>

#include <tare/status.h>

#include "reading.h"

static bool is_offered(const GElf_Sym *symbol)
{
	unsigned binding = GELF_ST_BIND(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && (binding == STB_GLOBAL || binding == STB_WEAK);
}

static int visit_table(struct tare_reading *reading, size_t table, int (*visit)(const char *name, void *cookie),
	void *cookie)
{
	const GElf_Shdr *section = &reading->sections[table];
	int count = (int)(section->sh_size / sizeof(Elf64_Sym));
	Elf_Data *data = count ? tare__reading_data(reading, table) : NULL;

	for (int i = 0; data && i < count; i++) {
		const char *name;
		GElf_Sym symbol;
		int result;

		if (!gelf_getsym(data, i, &symbol) || !is_offered(&symbol))
			continue;
		name = elf_strptr(reading->elf, section->sh_link, symbol.st_name);
		if (name && name[0] != '\0' && (result = visit(name, cookie)) != 0)
			return result;
	}
	return 0;
}

int tare_image_symbols(const void *bytes, uint64_t size, int (*visit)(const char *name, void *cookie), void *cookie)
{
	struct tare_reading reading;
	int result = tare__reading_open(&reading, bytes, size, NULL, 0);

	for (size_t i = 0; result == 0 && i < reading.section_count; i++)
		if (reading.sections[i].sh_type == SHT_SYMTAB || reading.sections[i].sh_type == SHT_DYNSYM)
			result = visit_table(&reading, i, visit, cookie);
	tare__reading_close(&reading);
	return result;
}

static int is_wanted(const char *name, void *cookie)
{
	return strcmp(name, cookie) == 0;
}

bool tare_image_defines(const void *bytes, uint64_t size, const char *symbol)
{
	return tare_image_symbols(bytes, size, is_wanted, (void *)(uintptr_t)symbol) == 1;
}
