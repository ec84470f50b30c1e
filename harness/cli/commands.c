/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <string.h>

const struct tare__command *const tare__commands[] = {
	&tare__command_list, &tare__command_explain, &tare__command_run, &tare__command_sweep, &tare__command_defects,
	&tare__command_report, &tare__command_weigh,
	&tare__command_bench, &tare__command_baseline, &tare__command_doctor, NULL,
};

const struct tare__command *tare__command_find(const char *name)
{
	for (size_t i = 0; tare__commands[i]; i++) {
		if (!strcmp(tare__commands[i]->name, name))
			return tare__commands[i];
	}
	return NULL;
}
