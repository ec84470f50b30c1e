/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include <string.h>

#include <tare/text.h>

#include "cli.h"

int tare__target_read(const char *path, const char *cell, enum tare_driver_choice driver, struct tare_target_file *file)
{
	char error[TARE_TARGET_PATH + 1024];

	if (tare_target_read(path, cell, file, error, sizeof error) != 0) {
		tare__complain("--target: %s", error);
		return -1;
	}
	if (driver == TARE_DRIVER_CANN)
		file->driver = TARE_TARGET_ON_OTHER;
	return 0;
}

enum tare_driver_choice tare__target_driver(const struct tare_target_file *file)
{
	return file->driver == TARE_TARGET_ON_OTHER ? TARE_DRIVER_CANN : TARE_DRIVER_MACHINE;
}

/* Several accounts share a reason; it is said once, behind the last of them. */
static void tell_hidden(FILE *to, const struct tare_target *target)
{
	for (size_t i = 0; target->unreadable[i].reason; i++) {
		const char *reason = target->unreadable[i].reason, *next = target->unreadable[i + 1].reason;

		fprintf(to, "%s%s", i && target->unreadable[i - 1].reason == reason ? ", " : "  not weighed: ",
			tare_account_words(target->unreadable[i].account));
		if (next != reason)
			fprintf(to, ": %s\n", reason);
	}
}

void tare__target_tell(FILE *to, const struct tare_target_file *file)
{
	struct tare_target target;
	char cell[TARE_CELL_TEXT];

	tare_target_foreign(file, &target);
	fprintf(to, "target %s, as %s, ABI revision %s, %s tare_ext_v1\n", file->name, tare_cell_text(file->cell, cell),
		file->revision, file->extension ? "with" : "without");
	tell_hidden(to, &target);
	fputc('\n', to);
}

const char *tare__target_unweighed(const struct tare_target_file *file, char *text, size_t room)
{
	struct tare_text list = tare_text_over(text, room);
	struct tare_target target;

	tare_target_foreign(file, &target);
	for (size_t i = 0; target.unreadable[i].reason; i++)
		tare_text_add(&list, "%s%s", i ? ", " : "", tare_account_words(target.unreadable[i].account));
	return text;
}
