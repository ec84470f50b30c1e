/* SPDX-License-Identifier: Apache-2.0 */
#include "private_symbol.h"

#include <elfutils/libdw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int report(Dwfl *dwfl, const char *maps, size_t size)
{
	if (!maps)
		return dwfl_linux_proc_report(dwfl, getpid());
	/* fmemopen does not write into a stream that it opened for reading. */
	FILE *file = fmemopen((void *)(uintptr_t)maps, size, "r");
	if (!file)
		return -1;
	int result = dwfl_linux_proc_maps_report(dwfl, file);
	fclose(file);
	return result;
}

struct tare_symbols *tare_symbols_open(const char *maps, size_t size)
{
	struct tare_symbols *symbols = calloc(1, sizeof *symbols);

	if (!symbols)
		return NULL;
	/* A test must not go to the network for somebody else's debug information. */
	unsetenv("DEBUGINFOD_URLS");
	symbols->callbacks = (Dwfl_Callbacks){
		.find_elf = dwfl_linux_proc_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.debuginfo_path = &symbols->debug_path,
	};
	symbols->dwfl = dwfl_begin(&symbols->callbacks);
	if (!symbols->dwfl)
		goto fail;
	if (report(symbols->dwfl, maps, size) != 0)
		goto fail;
	dwfl_report_end(symbols->dwfl, NULL, NULL);
	return symbols;
fail:
	tare_symbols_close(&symbols);
	return NULL;
}

void tare_symbols_close(struct tare_symbols **symbols)
{
	if (!*symbols)
		return;
	if ((*symbols)->dwfl)
		dwfl_end((*symbols)->dwfl);
	free(*symbols);
	*symbols = NULL;
}

/* Not dwfl_module_getsrc: it needs .debug_aranges, which clang does not write. */
static const char *source_of(Dwfl_Module *module, Dwarf_Addr at, int *number)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = NULL;

	while ((unit = dwfl_module_nextcu(module, unit, &bias)) != NULL) {
		if (dwarf_haspc(unit, at - bias) != 1)
			continue;
		Dwarf_Line *line = dwarf_getsrc_die(unit, at - bias);
		if (line && dwarf_lineno(line, number) == 0)
			return dwarf_linesrc(line, NULL, NULL);
	}
	return NULL;
}

static const char *file_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

const char *tare_symbol_name(struct tare_symbols *symbols, uint64_t address, int is_return, char *text, size_t size)
{
	Dwarf_Addr at = is_return ? address - 1 : address;
	Dwfl_Module *module = symbols ? dwfl_addrmodule(symbols->dwfl, at) : NULL;
	const char *name = module ? dwfl_module_addrname(module, at) : NULL;
	int number = 0;
	const char *source = module ? source_of(module, at, &number) : NULL;

	if (name && source)
		snprintf(text, size, "%s (%s:%d)", name, file_of(source), number);
	else if (name || module)
		snprintf(text, size, "%s (%s)", name ? name : "?",
			file_of(dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL)));
	else
		snprintf(text, size, "0x%" PRIx64, address);
	return text;
}
