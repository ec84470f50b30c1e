/* SPDX-License-Identifier: Apache-2.0 */
/* setup - which card this is: from a call, else from the environment, else an a5 as it comes */
#include "machine_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <tare/text.h>

#define MEMORY_LEAST (1ull << 20)
#define BUDGET_MOST_MS 3600000u
#define WORKERS_MOST 16u

/* One line per variable: what it may be is said in the sentence of its error. */
struct variable {
	const char *name;
	const char *rule;
	int (*read)(struct tare_machine_setup *setup, const char *text);
};

/* Index of text in names, or TARE_E_ARGUMENT. */
static int choose(const char *text, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(text, names[i]))
			return i;
	return TARE_E_ARGUMENT;
}

static int read_arch(struct tare_machine_setup *setup, const char *text)
{
	static const char *const names[] = { "a2a3", "a5", NULL };
	int choice = choose(text, names);

	if (choice >= 0)
		setup->arch = (enum tare_arch_id)choice;
	return choice;
}

static int read_memory(struct tare_machine_setup *setup, const char *text)
{
	return tare_number(text, true, &setup->memory);
}

static int read_largest_block(struct tare_machine_setup *setup, const char *text)
{
	return tare_number(text, true, &setup->largest_block);
}

static int read_cost(struct tare_machine_setup *setup, const char *text)
{
	static const char *const names[] = { "elf-file", "alloc-span", NULL };
	int choice = choose(text, names);

	if (choice >= 0)
		setup->cost = (enum tare_image_cost)choice;
	return choice;
}

static int read_reset(struct tare_machine_setup *setup, const char *text)
{
	static const char *const names[] = { "counted", "full", NULL };
	int choice = choose(text, names);

	if (choice >= 0)
		setup->reset = (enum tare_reset_model)choice;
	return choice;
}

static int read_fabric(struct tare_machine_setup *setup, const char *text)
{
	static const char *const names[] = { "pool", "seeded", "parked", NULL };
	int choice = choose(text, names);

	if (choice >= 0)
		setup->fabric = (enum tare_fabric_choice)choice;
	return choice;
}

static int read_small(const char *text, uint32_t *value)
{
	uint64_t number;

	if (tare_number(text, false, &number) || number > UINT32_MAX)
		return TARE_E_ARGUMENT;
	*value = (uint32_t)number;
	return 0;
}

static int read_workers(struct tare_machine_setup *setup, const char *text)
{
	return read_small(text, &setup->workers);
}

static int read_seed(struct tare_machine_setup *setup, const char *text)
{
	return tare_number(text, false, &setup->seed);
}

static int read_budget(struct tare_machine_setup *setup, const char *text)
{
	return read_small(text, &setup->kernel_budget_ms);
}

static int read_without(struct tare_machine_setup *setup, const char *text)
{
	for (size_t length; *text; text += length) {
		length = strcspn(text, ",");
		if (length == 10 && !strncmp(text, "unregister", length))
			setup->without_unregister = true;
		else if (length == 7 && !strncmp(text, "recover", length))
			setup->without_recover = true;
		else
			return TARE_E_ARGUMENT;
		if (text[length] == ',' && text[length + 1])
			length++;
	}
	return 0;
}

static int read_report(struct tare_machine_setup *setup, const char *text)
{
	static const char *const names[] = { "0", "1", NULL };
	int choice = choose(text, names);

	if (choice >= 0)
		setup->report = choice == 1;
	return choice;
}

static int read_root(struct tare_machine_setup *setup, const char *text)
{
	if (strlen(text) >= sizeof setup->root)
		return TARE_E_ARGUMENT;
	strcpy(setup->root, text);
	return 0;
}

/* In the order of broken(): its rules are these. */
static const struct variable variables[] = {
	{ "TARE_MACHINE_ARCH", "must be a2a3 or a5", read_arch },
	{ "TARE_MACHINE_MEMORY", "must be 0 or bytes from 1M to 1024G, with K, M or G", read_memory },
	{ "TARE_MACHINE_LARGEST_BLOCK", "must be 0 or bytes from 512, with K, M or G", read_largest_block },
	{ "TARE_MACHINE_IMAGE_COST", "must be elf-file or alloc-span", read_cost },
	{ "TARE_MACHINE_RESET", "must be counted or full", read_reset },
	{ "TARE_MACHINE_FABRIC", "must be pool, seeded or parked", read_fabric },
	{ "TARE_MACHINE_WORKERS", "must be a number from 1 to 16", read_workers },
	{ "TARE_MACHINE_SEED", "must be a number", read_seed },
	{ "TARE_MACHINE_KERNEL_BUDGET_MS", "must be a number from 1 to 3600000", read_budget },
	{ "TARE_MACHINE_WITHOUT", "must be a list of unregister, recover", read_without },
	{ "TARE_MACHINE_REPORT", "must be 0 or 1", read_report },
	{ "TARE_MACHINE_ROOT", "must be a directory with a path of at most 200 bytes", read_root },
};

static bool is_directory(const char *path)
{
	struct stat about;

	return !stat(path, &about) && S_ISDIR(about.st_mode);
}

/* The variable that holds a value out of its range, or NULL. */
static const struct variable *broken(const struct tare_machine_setup *setup)
{
	const bool bad[TARE_COUNT(variables)] = {
		(unsigned)setup->arch >= TARE_ARCH_COUNT,
		setup->memory && (setup->memory < MEMORY_LEAST || setup->memory > TARE__HEAP_MOST),
		setup->largest_block && setup->largest_block < TARE__GRANULE,
		(unsigned)setup->cost > TARE_COST_ALLOC_SPAN,
		(unsigned)setup->reset > TARE_RESET_FULL,
		(unsigned)setup->fabric > TARE_FABRIC_PARKED,
		setup->workers < 1 || setup->workers > WORKERS_MOST,
		false,
		setup->kernel_budget_ms < 1 || setup->kernel_budget_ms > BUDGET_MOST_MS,
		false,
		false,
		memchr(setup->root, 0, 201) == NULL || (setup->root[0] && !is_directory(setup->root)),
	};

	for (size_t i = 0; i < TARE_COUNT(variables); i++)
		if (bad[i])
			return &variables[i];
	return NULL;
}

static void set_defaults(struct tare_machine_setup *setup)
{
	*setup = (struct tare_machine_setup){
		.arch = TARE_ARCH_A5,
		.workers = 1,
		.seed = 1,
		.kernel_budget_ms = 1000,
		.log = { .write = tare_log_to_stderr, .level = TARE_LOG_WARN },
	};
}

int tare_machine_setup_read(struct tare_machine_setup *setup, char *error, size_t room)
{
	const struct variable *wrong = NULL;
	struct tare_machine_setup read;

	set_defaults(&read);
	for (size_t i = 0; i < TARE_COUNT(variables) && !wrong; i++) {
		const char *text = getenv(variables[i].name);

		if (text && variables[i].read(&read, text) < 0)
			wrong = &variables[i];
	}
	if (!wrong)
		wrong = broken(&read);
	if (wrong) {
		snprintf(error, room, "%s=%.200s: %s", wrong->name, getenv(wrong->name), wrong->rule);
		return TARE_E_ARGUMENT;
	}
	*setup = read;
	return 0;
}

static bool anything_open(void)
{
	for (size_t i = 0; i < TARE__DEVICES; i++) {
		const struct tare__device *device = &tare__machine.devices[i];

		if (device->references || (device->arena.base && device->arena.heap.blocks[TARE__BLOCK_BARE]))
			return true;
	}
	return false;
}

/* The directory of an earlier set-up is left as it is, one of our own is removed; headrooms end with the card. */
static void take_over(const struct tare_machine_setup *setup)
{
	for (size_t i = 0; i < TARE__DEVICES; i++) {
		tare__machine.devices[i].reserve = 0;
		tare__arena_close(&tare__machine.devices[i].arena);
	}
	if (strcmp(tare__machine.setup.root, setup->root))
		tare__root_forget();
	tare__machine.setup = *setup;
	tare__machine.origin = TARE__SETUP_GIVEN;
}

int tare_machine_setup_use(const struct tare_machine_setup *setup)
{
	const struct variable *wrong = broken(setup);
	int status = TARE_E_STATE;

	if (wrong) {
		tare_log(&setup->log, TARE_LOG_ERROR, "machine: the value of what %s sets %s", wrong->name, wrong->rule);
		return TARE_E_ARGUMENT;
	}
	tare__lock();
	if (!anything_open()) {
		take_over(setup);
		status = 0;
	}
	tare__unlock();
	return status;
}

int tare__setup_ensure(void)
{
	char error[512];

	if (tare__machine.origin == TARE__SETUP_UNREAD) {
		tare__machine.origin = TARE__SETUP_ENVIRONMENT;
		if (tare_machine_setup_read(&tare__machine.setup, error, sizeof error)) {
			set_defaults(&tare__machine.setup);
			tare__machine.origin = TARE__SETUP_BAD;
			fprintf(stderr, "tare: %s\n", error);
		}
	}
	return tare__machine.origin == TARE__SETUP_BAD ? TARE_E_ARGUMENT : 0;
}

const struct tare_machine_setup *tare_machine_setup_current(void)
{
	tare__lock();
	tare__setup_ensure();
	tare__unlock();
	return &tare__machine.setup;
}

const struct tare_arch *tare__arch(void)
{
	return tare_arch(tare__machine.setup.arch);
}
