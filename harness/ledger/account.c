/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of account.def, asked one by one. */
#include <tare/ledger.h>

#include <string.h>

#include <tare/object.h>

enum { COUNT, BYTES };
enum {
	TABLE   = TARE_READER_TABLE,
	MACHINE = TARE_READER_MACHINE,
	RUNNER  = TARE_READER_RUNNER,
	PROCESS = TARE_READER_PROCESS,
	COUNTER = TARE_READER_COUNTER,
};

static const struct {
	int unit;
	int reader;
	int64_t stays;
} columns[] = {
#define TARE_ACCOUNT(name, words, unit, reader, stays) { unit, reader, stays },
#include <tare/account.def>
#undef TARE_ACCOUNT
};

/* The preprocessor can't write small letters; the test compares these with account.def. */
static const char *const names[] = {
	[TARE_ACCOUNT_DEVICE_BLOCKS] = "device_blocks",
	[TARE_ACCOUNT_DEVICE_BYTES] = "device_bytes",
	[TARE_ACCOUNT_LAUNCH_BUFFER_BYTES] = "launch_buffer_bytes",
	[TARE_ACCOUNT_KERNEL_IMAGES] = "kernel_images",
	[TARE_ACCOUNT_IMAGE_REGISTRATIONS] = "image_registrations",
	[TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE] = "registrations_of_one_image",
	[TARE_ACCOUNT_STREAMS] = "streams",
	[TARE_ACCOUNT_AICPU_BINARIES] = "aicpu_binaries",
	[TARE_ACCOUNT_FUNCTION_HANDLES] = "function_handles",
	[TARE_ACCOUNT_HOST_OBJECTS] = "host_objects",
	[TARE_ACCOUNT_AICPU_OBJECTS] = "aicpu_objects",
	[TARE_ACCOUNT_PREINSTALLED_FILES] = "preinstalled_files",
	[TARE_ACCOUNT_TEMPORARY_FILES] = "temporary_files",
	[TARE_ACCOUNT_HOST_MAPPINGS] = "host_mappings",
	[TARE_ACCOUNT_RUNNER_THREADS] = "runner_threads",
	[TARE_ACCOUNT_DEVICE_REFERENCES] = "device_references",
	[TARE_ACCOUNT_DESCRIPTORS] = "descriptors",
	[TARE_ACCOUNT_THREADS] = "threads",
	[TARE_ACCOUNT_PTHREAD_KEYS] = "pthread_keys",
	[TARE_ACCOUNT_MAPPED_OBJECTS] = "mapped_objects",
	[TARE_ACCOUNT_CHILDREN] = "children",
	[TARE_ACCOUNT_RUNNER_BYTES] = "runner_bytes",
	[TARE_ACCOUNT_DRIVER_BYTES] = "driver_bytes",
	[TARE_ACCOUNT_HOST_DLOPENS] = "host_dlopens",
	[TARE_ACCOUNT_AICPU_DLOPENS] = "aicpu_dlopens",
	[TARE_ACCOUNT_ARENA_BYTES] = "arena_bytes",
	[TARE_ACCOUNT_PREINSTALL_WRITES] = "preinstall_writes",
};

_Static_assert(TARE_COUNT(names) == TARE_ACCOUNTS, "every account has a name");
_Static_assert(TARE_ACCOUNTS <= 64, "a set of accounts is one word");

enum tare_reader tare_account_reader(enum tare_account account)
{
	return (enum tare_reader)columns[account].reader;
}

int tare_account_in_bytes(enum tare_account account)
{
	return columns[account].unit == BYTES;
}

int64_t tare_account_stays(enum tare_account account)
{
	return columns[account].stays;
}

/* Accounts that the tables do not keep still move by what is taken through them. */
bool tare_account_stands_on(enum tare_account account, enum tare_account held)
{
	switch (account) {
	case TARE_ACCOUNT_DRIVER_BYTES:
		return held == TARE_ACCOUNT_DEVICE_BLOCKS || held == TARE_ACCOUNT_IMAGE_REGISTRATIONS ||
			held == TARE_ACCOUNT_STREAMS;
	case TARE_ACCOUNT_DEVICE_BYTES:
	case TARE_ACCOUNT_RUNNER_BYTES:
	case TARE_ACCOUNT_ARENA_BYTES:
	case TARE_ACCOUNT_LAUNCH_BUFFER_BYTES:
		return held == TARE_ACCOUNT_DEVICE_BLOCKS;
	case TARE_ACCOUNT_KERNEL_IMAGES:
	case TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE:
		return held == TARE_ACCOUNT_IMAGE_REGISTRATIONS;
	case TARE_ACCOUNT_THREADS:
		return held == TARE_ACCOUNT_RUNNER_THREADS;
	case TARE_ACCOUNT_MAPPED_OBJECTS:
		return held == TARE_ACCOUNT_HOST_OBJECTS || held == TARE_ACCOUNT_IMAGE_REGISTRATIONS;
	default:
		return held == account;
	}
}

const char *tare_account_name(enum tare_account account)
{
	return (unsigned)account < TARE_ACCOUNTS ? names[account] : "unknown";
}

enum tare_account tare_account_find(const char *name)
{
	unsigned account = 0;

	while (account < TARE_ACCOUNTS && strcmp(names[account], name) != 0)
		account++;
	return (enum tare_account)account;
}
