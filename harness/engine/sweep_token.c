/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens: a fault of a sweep as a word that can be copied out of a report.
 *
 * The number of a call means something in one build only, so the word begins
 * with that build: the first bytes of the executable's build id, and of a
 * foreign runtime the hash of its object too.
 */
#include "sweep.h"

#include <ctype.h>
#include <elf.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#include <tare/object.h>
#include <tare/status.h>
#include <tare/text.h>

static const struct {
	const char *word;
	enum tare_fault_kind kind;
	uint32_t code;
	bool from_then_on;
} kinds[] = {
	{ "error",  TARE_FAULT_ERROR, 0, false },
	{ "error2", TARE_FAULT_ERROR, 1, false },
	{ "error3", TARE_FAULT_ERROR, 2, false },
	{ "error4", TARE_FAULT_ERROR, 3, false },
	{ "error+", TARE_FAULT_ERROR, 0, true },
	{ "null",   TARE_FAULT_NULL_HANDLE, 0, false },
	{ "after",  TARE_FAULT_AFTER_EFFECT, 0, false },
	{ "short",  TARE_FAULT_SHORT_COPY, 0, false },
	{ "late",   TARE_FAULT_LATE, 0, false },
	{ "hang",   TARE_FAULT_HANG, 0, false },
	{ "poison", TARE_FAULT_POISON, 0, false },
};

static const char *kind_word(const struct tare_fault_wish *wish)
{
	for (size_t i = 0; i < TARE_COUNT(kinds); i++)
		if (kinds[i].kind == wish->kind && kinds[i].code == wish->code && kinds[i].from_then_on == wish->from_then_on)
			return kinds[i].word;
	return "?";
}

static size_t aligned(size_t size)
{
	return (size + 3) / 4 * 4;
}

/* The note as the loader mapped it; the file need not be there any more. */
static uint32_t id_in_notes(const uint8_t *at, size_t size)
{
	const uint8_t *end = at + size;

	while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
		ElfW(Nhdr) note;
		memcpy(&note, at, sizeof note);
		const uint8_t *name = at + sizeof note, *bytes = name + aligned(note.n_namesz);
		if (note.n_type == NT_GNU_BUILD_ID && note.n_descsz >= 4 && note.n_namesz == 4 && memcmp(name, "GNU", 4) == 0)
			return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
		at = bytes + aligned(note.n_descsz);
	}
	return 0;
}

static uint32_t own_build(void)
{
	const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR); /* an address, as the kernel hands it over */
	unsigned long count = getauxval(AT_PHNUM);
	uintptr_t base = 0;
	uint32_t id = 0;

	for (unsigned long i = 0; headers && i < count; i++)
		if (headers[i].p_type == PT_PHDR)
			base = (uintptr_t)headers - headers[i].p_vaddr;
	for (unsigned long i = 0; headers && i < count && !id; i++)
		if (headers[i].p_type == PT_NOTE)
			id = id_in_notes((const uint8_t *)(base + headers[i].p_vaddr), headers[i].p_memsz);
	return id;
}

static uint32_t file_hash(const char *path)
{
	FILE *file = fopen(path, "rbe");
	uint8_t bytes[4096];
	uint64_t hash = 0;
	size_t got;

	if (!file)
		return 0;
	while ((got = fread(bytes, 1, sizeof bytes, file)) > 0)
		hash = hash * 0x100000001b3u ^ tare_hash(bytes, got);
	fclose(file);
	return (uint32_t)(hash ^ hash >> 32);
}

uint32_t tare__fault_build(const struct tare_target_file *target)
{
	return own_build() ^ (target ? file_hash(target->object) : 0);
}

static int refuse(char *error, size_t room, const char *text, const char *why)
{
	snprintf(error, room, "'%.80s' is no fault token: %s", text, why);
	return TARE_E_ARGUMENT;
}

/* Cuts up to the next separator out of *rest into word; false where that is empty, too long, or has nothing behind it. */
static bool cut_word(const char **rest, char separator, char *word, size_t room)
{
	const char *end = strchr(*rest, separator);
	size_t length = end ? (size_t)(end - *rest) : strlen(*rest);

	if (length == 0 || length >= room || (end && end[1] == '\0'))
		return false;
	memcpy(word, *rest, length);
	word[length] = '\0';
	*rest += end ? length + 1 : length;
	return true;
}

static bool read_number(const char *word, uint32_t *number)
{
	uint64_t value = 0;

	if (!isdigit((unsigned char)*word) || tare_number(word, false, &value) != TARE_OK || value == 0 || value > UINT32_MAX)
		return false;
	*number = (uint32_t)value;
	return true;
}

static bool read_kind(const char *word, struct tare_fault_wish *wish)
{
	for (size_t i = 0; i < TARE_COUNT(kinds); i++) {
		if (strcmp(kinds[i].word, word) != 0)
			continue;
		wish->kind = kinds[i].kind;
		wish->code = kinds[i].code;
		wish->from_then_on = kinds[i].from_then_on;
		return true;
	}
	return false;
}

static bool read_build(const char *word, uint32_t *build)
{
	return strspn(word, "0123456789abcdef") == 8 && word[8] == '\0' && sscanf(word, "%8" SCNx32, build) == 1;
}

int tare_fault_token_read(const char *text, const struct tare_target_file *target, struct tare_fault_token *token,
	char *error, size_t room)
{
	char word[16];
	const char *rest = text;

	*token = (struct tare_fault_token){ 0 };
	if (!cut_word(&rest, '.', word, sizeof word) || !read_build(word, &token->build))
		return refuse(error, room, text, "it begins with the eight digits of a build and a point");
	token->cold = *rest == 'c';
	rest += token->cold;
	do {
		struct tare_fault_wish *wish = &token->wishes[token->count];
		if (token->count++ == 2)
			return refuse(error, room, text, "two faults are the most");
		if (!cut_word(&rest, ':', word, sizeof word) || !read_number(word, &wish->number))
			return refuse(error, room, text, "a call is a number from 1");
		if (!cut_word(&rest, ':', word, sizeof word) || !read_kind(word, wish))
			return refuse(error, room, text, "a kind is one of error, error2, error3, error4, error+, null, after, "
				"short, late, hang, poison");
	} while (*rest);
	if (token->count == 2 && token->wishes[0].number == token->wishes[1].number)
		return refuse(error, room, text, "a call fails once");
	if (token->build != tare__fault_build(target)) {
		snprintf(error, room, "'%.80s' is a fault token of another build than this one, %08" PRIx32, text,
			tare__fault_build(target));
		return TARE_E_ARGUMENT;
	}
	return TARE_OK;
}

const char *tare_fault_token_text(const struct tare_fault_token *token, char text[TARE_FAULT_TOKEN])
{
	struct tare_text out = tare_text_over(text, TARE_FAULT_TOKEN);

	tare_text_add(&out, "%08" PRIx32 ".%s", token->build, token->cold ? "c" : "");
	for (unsigned i = 0; i < token->count; i++)
		tare_text_add(&out, "%s%" PRIu32 ":%s", i ? ":" : "", token->wishes[i].number, kind_word(&token->wishes[i]));
	return text;
}
