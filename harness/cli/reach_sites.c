/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <tare/text.h>

#include "reach.h"

/* The reasons. What stands here is looked at when the runner changes: a reason that is wrong hides a gap. */
static const struct { const char *cell, *what, *reason; } reasons[] = {
	{ "*/sim/*", "rt*", "sim has no card: it lives on the host's table" },
	{ "*/sim/*", "acl*", "sim has no card: it lives on the host's table" },
	{ "*/sim/*", "hal*", "sim has no card: it lives on the host's table" },
	{ "*/sim/*", "dlog*", "sim has no card: it lives on the host's table" },
	{ "*/onboard/*", "memory_*", "onboard has the card's own memory" },
};

size_t tare__site_find(const char *call, const char *file, unsigned line)
{
	size_t i = 0;

	while (i < tare__site_count && (strcmp(tare__sites[i].call, call) || strcmp(tare__sites[i].file, file) ||
					       line < tare__sites[i].first || line > tare__sites[i].last))
		i++;
	return i;
}

const char *tare__reach_reason(const char *cell, const char *what)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (tare_glob(reasons[i].cell, cell) && tare_glob(reasons[i].what, what))
			return reasons[i].reason;
	return NULL;
}
