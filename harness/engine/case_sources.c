/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tables cannot tell the ledger: the machine's own account, and the
 * runner's own fields.  Asked at every launch, so nothing here allocates.
 */
#include "case.h"

/* What the tables would have told, from the one that stands behind them. */
static void read_untapped(const struct tare_machine_account *account, int64_t value[TARE_ACCOUNTS])
{
	value[TARE_ACCOUNT_DEVICE_BLOCKS] = (int64_t)account->blocks;
	value[TARE_ACCOUNT_DEVICE_BYTES] = (int64_t)account->block_bytes;
	value[TARE_ACCOUNT_IMAGE_REGISTRATIONS] = (int64_t)account->programs;
	value[TARE_ACCOUNT_STREAMS] = (int64_t)account->streams;
	value[TARE_ACCOUNT_AICPU_BINARIES] = (int64_t)account->binaries;
	value[TARE_ACCOUNT_FUNCTION_HANDLES] = (int64_t)account->functions;
	value[TARE_ACCOUNT_DEVICE_REFERENCES] = (int64_t)account->references;
}

static void read_onboard(struct tare_case *c, int64_t value[TARE_ACCOUNTS])
{
	struct tare_machine_account account;

	tare_machine_account(0, &account);
	value[TARE_ACCOUNT_KERNEL_IMAGES] = (int64_t)account.images;
	value[TARE_ACCOUNT_AICPU_OBJECTS] = (int64_t)account.aicpu_objects;
	value[TARE_ACCOUNT_PREINSTALLED_FILES] = (int64_t)account.preinstalled;
	value[TARE_ACCOUNT_DRIVER_BYTES] = (int64_t)(account.used_bytes - c->headroom);
	if (c->target.by_machine)
		read_untapped(&account, value);
}

static void read_sim(struct tare_case *c, int64_t value[TARE_ACCOUNTS])
{
	uint64_t unused = 0, total = 0;

	/* Opening the AICore object is sim's registration, and what is open is loaded. */
	value[TARE_ACCOUNT_KERNEL_IMAGES] = tare_ledger_value(c->ledger, TARE_ACCOUNT_IMAGE_REGISTRATIONS);
	value[TARE_ACCOUNT_AICPU_OBJECTS] = 0; /* there is no card: they came through the host's table, which told the ledger */
	value[TARE_ACCOUNT_PREINSTALLED_FILES] = 0;
	if (tare_machine_memory_info(0, &unused, &total) == 0)
		value[TARE_ACCOUNT_DRIVER_BYTES] = (int64_t)(total - unused - c->headroom);
}

static void read_machine(void *cookie, int64_t value[TARE_ACCOUNTS])
{
	struct tare_case *c = cookie;

	if (c->plan->ref->cell.platform == TARE_PLATFORM_ONBOARD)
		read_onboard(c, value);
	else
		read_sim(c, value);
}

static void read_runner(void *cookie, int64_t value[TARE_ACCOUNTS])
{
	struct tare_case *c = cookie;
	uint64_t buffers = 0, committed = 0, arenas = 0;

	for (unsigned i = 0; i < TARE__CONTEXTS; i++) {
		struct tare_dump dump;
		if (c->contexts[i].state == TARE_CONTEXT_NONE)
			continue;
		c->ext->dump(c->contexts[i].handle, &dump);
		buffers += dump.launch_buffer_bytes;
		arenas += dump.arena_bytes[0] + dump.arena_bytes[1] + dump.arena_bytes[2];
		committed += c->ext->committed_bytes(c->contexts[i].handle);
	}
	value[TARE_ACCOUNT_LAUNCH_BUFFER_BYTES] = (int64_t)buffers;
	value[TARE_ACCOUNT_RUNNER_BYTES] = (int64_t)committed;
	value[TARE_ACCOUNT_ARENA_BYTES] = (int64_t)arenas;
}

static void read_counters(void *cookie, int64_t value[TARE_ACCOUNTS])
{
	struct tare_case *c = cookie;
	size_t host = 0, aicpu = 0;
	struct tare_machine_account account = { 0 };

	for (unsigned i = 0; i < TARE__CONTEXTS; i++) {
		if (c->contexts[i].state == TARE_CONTEXT_NONE)
			continue;
		host += c->abi->get_host_dlopen_count(c->contexts[i].handle);
		aicpu += c->abi->get_aicpu_dlopen_count(c->contexts[i].handle);
	}
	if (c->plan->ref->cell.platform == TARE_PLATFORM_ONBOARD)
		tare_machine_account(0, &account);
	value[TARE_ACCOUNT_HOST_DLOPENS] = (int64_t)host;
	value[TARE_ACCOUNT_AICPU_DLOPENS] = (int64_t)aicpu;
	value[TARE_ACCOUNT_PREINSTALL_WRITES] = (int64_t)account.preinstalled_writes;
}

const struct tare_ledger_sources tare__case_sources = {
	.machine = read_machine, .runner = read_runner, .counters = read_counters,
};
