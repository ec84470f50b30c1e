/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context - making a context of a cell
 *
 * The published create takes nothing, so what it needs comes from the cell
 * (which driver) and from one variable: TARE_LOG=error|warn|info|debug, what
 * goes to standard error; warn when it is not set.
 */
#include "abi_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

static const char *const level_names[] = {
	[TARE_LOG_ERROR] = "error",
	[TARE_LOG_WARN] = "warn",
	[TARE_LOG_INFO] = "info",
	[TARE_LOG_DEBUG] = "debug",
};

static int read_level(struct tare_log *log)
{
	const char *word = getenv("TARE_LOG");

	*log = (struct tare_log){ .write = tare_log_to_stderr, .level = TARE_LOG_WARN };
	if (!word)
		return TARE_OK;
	for (size_t i = 0; i < TARE_COUNT(level_names); i++) {
		if (strcmp(word, level_names[i]))
			continue;
		log->level = (enum tare_log_level)i;
		return TARE_OK;
	}
	tare_log(log, TARE_LOG_ERROR, "TARE_LOG is \"%s\"; error, warn, info and debug are possible", word);
	return TARE_E_ARGUMENT;
}

void *tare__context_open(const struct tare__cell_parts *cell, const struct tare_tables *tables,
	const struct tare_log *log)
{
	const struct tare__parts parts = { tare_arch(cell->cell.arch), cell->platform, cell->graph };
	struct tare_runner *runner = NULL;
	char text[TARE_CELL_TEXT];
	int error = tare__runner_create(&runner, &parts, tables, log);

	if (!error)
		return runner;
	tare_log(log, TARE_LOG_ERROR, "create: no context of %s (%s %d)", tare_cell_text(cell->cell, text),
		tare_status_name(error), error);
	return NULL;
}

void *tare__context_create(const struct tare__cell_parts *cell)
{
	struct tare_tables tables = { 0 };
	struct tare_log log;

	if (read_level(&log))
		return NULL;
	tare_host_bind(&tables.host);
	if (cell->cell.platform == TARE_PLATFORM_ONBOARD && tare_cann_bind(&tables.cann, cell->driver, &log))
		return NULL;
	return tare__context_open(cell, &tables, &log);
}
