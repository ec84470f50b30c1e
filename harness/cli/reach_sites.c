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
	{ "*/sim/*", "* at onboard*.c:*", "the line is onboard's" },
	{ "*/onboard/*", "* at sim*.c:*", "the line is sim's" },
	{ "*", "aclrtGetMemInfo", "the runner never asks the card how full it is: the meters do, past the tables" },
	{ "*", "halGetDeviceInfoByBuff", "the runner does not ask how many cores others occupy: it asks for its stream's limit" },
	{ "*", "memory_info", "the runner never asks the card how full it is: the meters do, past the tables" },
	{ "a5/*", "rtGetC2cCtrlAddr", "a5 has no FFTS address among its kernel's arguments" },
	{ "a5/*", "halMemCtl", "a5 maps the registers core by core, by halResMap" },
	{ "a2a3/*", "halResMap", "a2a3 maps all registers at once, by halMemCtl" },
	{ "*/onboard/*", "mapping_*", "the cores are the card's, and the runner maps nothing for them" },
	{ "*/onboard/*", "thread_*", "the cores are the card's, and the runner starts no threads for them" },
	{ "*", "thread_* at foreign.c:*", "threads for a device object of somebody else's, and the swept ones are all our own" },
	{ "*/hbg", "object_symbol at sim_lent.c:*", "asked for an orchestration on the AICPU, and host_build_graph has it on the host" },
	{ "*/onboard/trb", "object_*", "the AICPU opens orchestrations, kernels lie on the card: the host opens no object" },
	{ "*/onboard/trb", "file_* at objects.c:*", "written to open an object on the host, and the host opens none" },
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
