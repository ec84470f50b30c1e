/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What memcheck said of a case, put where the case is judged.
 *
 * Under `tare run --valgrind` every child leaves a file of its own.  An error in
 * it is wrong behaviour, a block that is lost for certain or possibly is a leak.
 * Of a case that crashed or was ended, lost blocks say nothing: nobody had the
 * time to give them back.
 */
#include "judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <tare/status.h>

#define INDENT "      "

void tare__memcheck_read(struct tare_trial *trial, struct tare_memcheck *memcheck)
{
	const char *folder = trial->options->valgrind;
	char path[4096 + 32];

	trial->memcheck = NULL;
	if (!folder || trial->end->process == 0)
		return;
	trial->memcheck = memcheck;
	memcheck->trouble[0] = '\0';
	snprintf(path, sizeof path, "%s/%ld.xml", folder, trial->end->process);
	int status = tare_valgrind_read(path, &memcheck->said, memcheck->trouble, sizeof memcheck->trouble);
	if (status == TARE_OK && !memcheck->said.whole)
		snprintf(memcheck->trouble, sizeof memcheck->trouble, "%.200s: stops before its end", path);
	/* A thousand files that say nothing are in the way of the one that does. */
	if (status == TARE_OK && memcheck->said.count == 0)
		unlink(path);
}

const struct tare_valgrind_finding *tare__memcheck_find(const struct tare_trial *trial, bool leak)
{
	const struct tare_valgrind *said = trial->memcheck ? &trial->memcheck->said : NULL;

	for (size_t i = 0; said && i < said->count && i < TARE_VALGRIND_FINDINGS; i++)
		if (said->findings[i].leak == leak)
			return &said->findings[i];
	return NULL;
}

void tare__memcheck_type(const struct tare_valgrind_finding *finding, char *type, size_t size)
{
	if (!strcmp(finding->kind, "Leak_DefinitelyLost"))
		snprintf(type, size, "Leak.Definite");
	else if (finding->leak)
		snprintf(type, size, "Leak.Possible");
	else
		tare__type_text(type, size, "Memcheck", finding->kind);
}

void tare__memcheck_message(const struct tare_valgrind_finding *finding, char *message, size_t size)
{
	if (finding->leak)
		snprintf(message, size, "heap: %" PRIu64 " bytes in %" PRIu64 " blocks are %s lost", finding->bytes,
			finding->blocks, strcmp(finding->kind, "Leak_DefinitelyLost") ? "possibly" : "definitely");
	else
		snprintf(message, size, "memcheck: %.*s", (int)strcspn(finding->text, "\n"), finding->text);
}

static void add_indented(struct tare_text *text, const char *lines)
{
	while (*lines) {
		size_t length = strcspn(lines, "\n");
		tare_text_add(text, INDENT "%.*s\n", (int)length, lines);
		lines += length + (lines[length] != '\0');
	}
}

void tare__memcheck_body(struct tare_text *text, const struct tare_trial *trial)
{
	const struct tare_valgrind *said = trial->memcheck ? &trial->memcheck->said : NULL;
	bool finished = trial->end->ending == TARE_ENDED;

	for (size_t i = 0; said && i < said->count && i < TARE_VALGRIND_FINDINGS; i++) {
		const struct tare_valgrind_finding *finding = &said->findings[i];
		if (finding->leak && !finished)
			continue;
		if (finding->count > 1)
			tare_text_add(text, INDENT "memcheck, %" PRIu64 " times:\n", finding->count);
		else
			tare_text_add(text, INDENT "memcheck:\n");
		add_indented(text, finding->text);
	}
	if (said && said->count > TARE_VALGRIND_FINDINGS)
		tare_text_add(text, INDENT "and %zu more\n", said->count - TARE_VALGRIND_FINDINGS);
}
