/* SPDX-License-Identifier: Apache-2.0 */
#include <tare/status.h>

#include <stddef.h>

#include <tare/object.h>

struct status_row {
	const char *name;
	int number;
	int abi;
	const char *sentence;
};

static const struct status_row rows[] = {
#define TARE_STATUS(name, number, abi, sentence) { #name, (number), (abi), sentence },
#include <tare/status.def>
#undef TARE_STATUS
};

static const struct status_row *find(int status)
{
	for (size_t i = 0; i < TARE_COUNT(rows); i++)
		if (rows[i].number == status)
			return &rows[i];
	return NULL;
}

const char *tare_status_name(int status)
{
	const struct status_row *row = find(status);

	if (row)
		return row->name;
	return status > 0 ? "driver" : "unknown";
}

const char *tare_status_sentence(int status)
{
	const struct status_row *row = find(status);

	if (row)
		return row->sentence;
	return status > 0 ? "the driver refused" : "unknown status";
}

int tare_status_abi(int status)
{
	const struct status_row *row = find(status);

	if (row)
		return row->abi;
	return status > 0 ? status : TARE_E_FAILED;
}
