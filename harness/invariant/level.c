/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which level of conformance a row speaks of.
 *
 * The driver counts references of a device, so that an image stays pinned, and
 * with it memory, however carefully everything explicit was given back.  That is
 * why what is left after close is two levels and not one.
 */
#include "invariant_priv.h"

#include <tare/object.h>

/* Of what is left after close; 0: counters, which never fall. */
static const unsigned char at_close[] = {
	[TARE_ACCOUNT_DEVICE_BLOCKS] = 2,
	[TARE_ACCOUNT_DEVICE_BYTES] = 2,
	[TARE_ACCOUNT_LAUNCH_BUFFER_BYTES] = 2,
	[TARE_ACCOUNT_KERNEL_IMAGES] = 3,
	[TARE_ACCOUNT_IMAGE_REGISTRATIONS] = 3,
	[TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE] = 3,
	[TARE_ACCOUNT_STREAMS] = 2,
	[TARE_ACCOUNT_AICPU_BINARIES] = 2,
	[TARE_ACCOUNT_FUNCTION_HANDLES] = 2,
	[TARE_ACCOUNT_HOST_OBJECTS] = 2,
	[TARE_ACCOUNT_AICPU_OBJECTS] = 3,
	[TARE_ACCOUNT_PREINSTALLED_FILES] = 3,
	[TARE_ACCOUNT_TEMPORARY_FILES] = 2,
	[TARE_ACCOUNT_HOST_MAPPINGS] = 2,
	[TARE_ACCOUNT_RUNNER_THREADS] = 2,
	[TARE_ACCOUNT_DEVICE_REFERENCES] = 3,
	[TARE_ACCOUNT_DESCRIPTORS] = 3,
	[TARE_ACCOUNT_THREADS] = 3,
	[TARE_ACCOUNT_PTHREAD_KEYS] = 3,
	[TARE_ACCOUNT_MAPPED_OBJECTS] = 3,
	[TARE_ACCOUNT_CHILDREN] = 3,
	[TARE_ACCOUNT_RUNNER_BYTES] = 2,
	[TARE_ACCOUNT_DRIVER_BYTES] = 3, /* pinned images are in it */
	[TARE_ACCOUNT_HOST_DLOPENS] = 0,
	[TARE_ACCOUNT_AICPU_DLOPENS] = 0,
	[TARE_ACCOUNT_ARENA_BYTES] = 2,
	[TARE_ACCOUNT_PREINSTALL_WRITES] = 0,
};

_Static_assert(TARE_COUNT(at_close) == TARE_ACCOUNTS, "every account has a level after close");

static uint32_t level_at_close(unsigned account)
{
	unsigned level = account < TARE_ACCOUNTS ? at_close[account] : 0;

	return level ? TARE_LEVEL(level) : 0;
}

static uint32_t levels_of_order(const struct tare_then *row)
{
	bool reset = row->when == TARE_ROW_ALL_BEFORE && row->is == TARE_SUBJECT_CALL + TARE_CALL_rtDeviceReset;

	return reset ? TARE_LEVEL(4) : 0;
}

uint32_t tare_row_levels(const struct tare_then *row, const struct tare_ledger_page *page)
{
	uint32_t levels = 0;

	if (!tare_row_readable(row, page))
		return 0;
	if (tare__is_order(row))
		return levels_of_order(row);
	if (row->when != TARE_ROW_AFTER_CLOSE)
		return TARE_LEVEL(1);
	if (row->what != TARE_SUBJECT_EVERY)
		return level_at_close((unsigned)(row->what - TARE_SUBJECT_ACCOUNT));
	for (unsigned account = 0; account < TARE_ACCOUNTS; account++)
		if (tare__readable(page, (enum tare_account)account) &&
		    tare__belongs_to_every(row->when, (enum tare_account)account))
			levels |= level_at_close(account);
	return levels;
}

uint32_t tare_finding_levels(const struct tare_finding *finding, const struct tare_then *rows,
	const struct tare_ledger_page *page)
{
	if (finding->row < 0)
		return TARE_LEVEL(1);
	const struct tare_then *row = &rows[finding->row];
	uint32_t levels = tare_row_levels(row, page);
	bool every_at_close = row->when == TARE_ROW_AFTER_CLOSE && row->what == TARE_SUBJECT_EVERY;

	return every_at_close && finding->account < TARE_ACCOUNTS ? level_at_close(finding->account) : levels;
}

bool tare_levels_above(uint32_t levels, unsigned most)
{
	return levels != 0 && (levels & (TARE_LEVEL(most + 1) - 1)) == 0;
}
