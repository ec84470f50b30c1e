/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child's main: machine, tables, ledger, the when, and the ordinary close,
 * which is weighed however the when ended.
 */
#include "attempt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

#include "isolate.h"

static void write_log(void *cookie, enum tare_log_level level, const char *line)
{
	struct tare_case *c = cookie;

	if (level == TARE_LOG_ERROR) {
		pthread_mutex_lock(&c->error_lock);
		snprintf(c->last_error, sizeof c->last_error, "%s", line);
		pthread_mutex_unlock(&c->error_lock);
	}
	tare_board_log(c->board, level, line);
}

_Noreturn static void end_with(struct tare_case *c, enum tare_verdict kind, const char *type, const char *sentence)
{
	if (c->sweeper && c->sweeper->point != TARE__NO_POINT)
		tare__sweep_wrong(c, kind, type, "in the rest of the case, after %s: %s", c->sweeper->sweep->doing, sentence);
	else
		tare_board_fail(c->board, kind, c->launches, type, sentence);
	siglongjmp(*c->end, 1);
}

_Noreturn void tare__case_fail(struct tare_case *c, const char *type, const char *format, ...)
{
	char sentence[TARE_BOARD_SENTENCE];
	va_list list;

	va_start(list, format);
	vsnprintf(sentence, sizeof sentence, format, list);
	va_end(list);
	end_with(c, TARE_FAIL, type, sentence);
}

_Noreturn void tare__case_broken(struct tare_case *c, const char *format, ...)
{
	char sentence[TARE_BOARD_SENTENCE];
	va_list list;

	va_start(list, format);
	vsnprintf(sentence, sizeof sentence, format, list);
	va_end(list);
	end_with(c, TARE_BROKEN, "Broken.Case", sentence);
}

_Noreturn void tare__case_skip(struct tare_case *c, const char *format, ...)
{
	char sentence[TARE_BOARD_SENTENCE];
	va_list list;

	va_start(list, format);
	vsnprintf(sentence, sizeof sentence, format, list);
	va_end(list);
	end_with(c, TARE_SKIP, "Skip.NotHere", sentence);
}

void tare__case_needs_tap(struct tare_case *c, const char *what)
{
	if (!c->target.tapped)
		tare__case_skip(c, "%s needs tare_ext_v1, which %s does not have", what, c->target.name);
}

void tare__case_needs_machine(struct tare_case *c, const char *what)
{
	if (!c->target.machine)
		tare__case_skip(c, "%s can't be done to the device that %s stands on, only to our machine", what,
			c->target.name);
}

void tare__case_must(struct tare_case *c, int code, const char *what)
{
	char why[sizeof c->last_error + 8];

	if (code == 0)
		return;
	snprintf(why, sizeof why, "%s%s", c->last_error[0] ? ": " : "", c->last_error);
	tare__case_fail(c, "Fail.Call", "%s returned %d (%s)%s", what, code, tare_status_name(code), why);
}

void tare__case_enter(struct tare_case *c, enum tare_phase phase)
{
	pthread_mutex_lock(&c->error_lock);
	c->last_error[0] = '\0';
	c->said_from = atomic_load(&c->board->log_used);
	pthread_mutex_unlock(&c->error_lock);
	tare_ledger_phase(c->ledger, phase);
}

void tare__case_leave(struct tare_case *c)
{
	tare_ledger_phase(c->ledger, TARE_PHASE_IDLE);
}

static bool wishes(const struct tare_machine_wish *wish)
{
	return wish->capacity || wish->largest_block || wish->cost || wish->reset || wish->fabric || wish->workers ||
	       wish->kernel_budget_ms || wish->without_unregister || wish->without_recover;
}

/* A foreign runtime may bring a machine of its own along, of which it uses the cores: they are set up the same. */
static void tell_environment(const struct tare_machine_setup *setup)
{
	static const char *const fabrics[] = {
		[TARE_FABRIC_POOL] = "pool", [TARE_FABRIC_SEEDED] = "seeded", [TARE_FABRIC_PARKED] = "parked",
	};
	char number[24];

	setenv("TARE_MACHINE_ARCH", tare_arch_name(setup->arch), 1);
	snprintf(number, sizeof number, "%llu", (unsigned long long)setup->seed);
	setenv("TARE_MACHINE_SEED", number, 1);
	snprintf(number, sizeof number, "%llu", (unsigned long long)setup->kernel_budget_ms);
	setenv("TARE_MACHINE_KERNEL_BUDGET_MS", number, 1);
	snprintf(number, sizeof number, "%u", (unsigned)setup->workers);
	setenv("TARE_MACHINE_WORKERS", number, 1);
	setenv("TARE_MACHINE_FABRIC", fabrics[setup->fabric], 1);
}

static void set_machine_up(struct tare_case *c)
{
	const struct tare_machine_wish *wish = &c->plan->ref->spec->machine;
	struct tare_machine_setup setup;
	char error[256] = "";

	if (wishes(wish))
		tare__case_needs_machine(c, "setting up the card as this case wants it");
	if (tare_machine_setup_read(&setup, error, sizeof error) != TARE_OK)
		tare__case_broken(c, "the machine's environment is wrong: %s", error);
	setup.arch = c->plan->ref->cell.arch;
	if (wish->capacity)
		setup.memory = wish->capacity;
	if (wish->largest_block)
		setup.largest_block = wish->largest_block;
	if (wish->cost == COST_BY_SPAN)
		setup.cost = TARE_COST_ALLOC_SPAN;
	if (wish->reset == FULL_RESET)
		setup.reset = TARE_RESET_FULL;
	if (wish->fabric)
		setup.fabric = wish->fabric == SEEDED_FABRIC ? TARE_FABRIC_SEEDED : TARE_FABRIC_PARKED;
	if (wish->workers)
		setup.workers = wish->workers;
	if (wish->kernel_budget_ms)
		setup.kernel_budget_ms = wish->kernel_budget_ms;
	setup.without_unregister |= wish->without_unregister;
	setup.without_recover |= wish->without_recover;
	setup.seed = c->plan->options->seed;
	setup.log = c->log;
	int status = tare_machine_setup_use(&setup);
	if (status != TARE_OK)
		tare__case_broken(c, "the machine refused its set-up: %s", tare_status_sentence(status));
	if (c->target.file)
		tell_environment(&setup);
}

static void open_target(struct tare_case *c)
{
	char error[512] = "";

	if (!c->target.file)
		return;
	if (tare_target_open(&c->target, &c->bound, error, sizeof error) != TARE_OK)
		end_with(c, TARE_BROKEN, "Broken.Target", error);
	c->abi = c->target.abi;
	c->ext = c->target.ext;
}

static void bind_tables(struct tare_case *c)
{
	c->tables = *c->plan->tables;
	if (c->plan->ref->cell.platform != TARE_PLATFORM_ONBOARD)
		return;
	/* Once more: a machine that was told to lack a group of calls has them left out by the binding. */
	if (tare_cann_bind(&c->tables.cann, c->plan->options->driver, &c->log) != TARE_OK)
		tare__case_broken(c, "the driver can't be bound: %s", c->last_error);
}

static bool has_row_over(const struct tare_spec *spec, enum tare_account account)
{
	for (unsigned i = 0; i < TARE_ROWS; i++)
		if (spec->then[i].what == TARE_SUBJECT_ACCOUNT + (int)account)
			return true;
	return false;
}

static void hide_unreadable(struct tare_case *c)
{
	const struct tare_target *target = &c->target;

	for (unsigned i = 0; i < TARE_ACCOUNTS && target->unreadable[i].reason; i++) {
		c->board->page.readable &= ~(UINT64_C(1) << target->unreadable[i].account);
		/* Rows over it are not judged, and a leak that nobody could see can't be wanted. */
		if (c->plan->ref->spec->expect == LEAK && has_row_over(c->plan->ref->spec, target->unreadable[i].account))
			tare__case_skip(c, "%s", target->unreadable[i].reason);
	}
}

static void open_ledger(struct tare_case *c)
{
	struct tare_ledger_sources sources = tare__case_sources;

	sources.cookie = c;
	sources.machine_instead = c->target.by_machine;
	if (!c->ext)
		sources.runner = NULL;
	if (tare_ledger_open(&c->ledger, &c->board->page, &sources) != TARE_OK || tare_fault_open(&c->fault) != TARE_OK)
		tare__case_broken(c, "the ledger can't be opened");
	if (c->plan->ref->spec->machine.reset == FULL_RESET)
		tare_ledger_resets_end(c->ledger);
	hide_unreadable(c);
	c->board->page.untapped = !c->target.tapped;
	tare_ledger_tap(c->ledger)->inner = tare_fault_tap(c->fault);
	tare_tap_install(&c->tables, tare_ledger_tap(c->ledger));
	tare_ledger_read(c->ledger, TARE_AT_START);
}

static bool any_open(const struct tare_case *c)
{
	for (unsigned i = 0; i < TARE__CONTEXTS; i++)
		if (c->contexts[i].state != TARE_CONTEXT_NONE)
			return true;
	return false;
}

static void end_when(struct tare_case *c)
{
	atomic_store(&c->board->state, TARE_BOARD_CLOSING);
	/* The calls of the close are points like any other. */
	if (!c->sweeper)
		tare_fault_clear(c->fault);
	tare__flight_close(c);
	if (any_open(c) || !(c->board->page.taken_at & 1u << TARE_AT_LAST))
		tare_ledger_read(c->ledger, TARE_AT_LAST);
}

/* One that fails is finalized nevertheless, and the next turn goes on with the others. */
static void close_the_rest(struct tare_case *c)
{
	for (unsigned i = 0; i < TARE__CONTEXTS; i++) {
		struct tare_case_context *context = &c->contexts[i];
		if (context->state == TARE_CONTEXT_OPEN || context->state == TARE_CONTEXT_CREATED)
			tare__case_must(c, tare__context_finalize(c, context), "finalize_device, in the ordinary close,");
		tare__context_destroy(c, context);
	}
}

void tare__case_release(struct tare_case *c)
{
	tare__callables_free(c);
	tare__copies_free(c);
	if (c->ledger)
		tare_tap_remove();
	tare_ledger_close(&c->ledger);
	tare_fault_close(&c->fault);
	tare_image_store_close(&c->store);
	pthread_mutex_destroy(&c->error_lock);
	c->magic = TARE_MAGIC_NONE;
	free(c);
}

/* Steps may lie in each other; each ends at its own place. */
bool tare__case_protected(struct tare_case *c, void (*step)(struct tare_case *))
{
	sigjmp_buf here;
	sigjmp_buf *outer = c->end;

	c->end = &here;
	if (sigsetjmp(here, 0) != 0) {
		c->end = outer;
		return false;
	}
	step(c);
	c->end = outer;
	return true;
}

void tare__case_open(struct tare_case *c)
{
	set_machine_up(c);
	open_target(c);
	bind_tables(c);
	tare__threads_settle();
	open_ledger(c);
}

/* The ordinary close runs also after a failed call: what that left behind is what the readings are for. */
bool tare__case_close(struct tare_case *c)
{
	bool whole = true;

	end_when(c);
	while (!tare__case_protected(c, close_the_rest))
		whole = false;
	tare_ledger_read(c->ledger, TARE_AT_CLOSE);
	return whole;
}

struct tare_case *tare__case_create(const struct tare_case_plan *plan, struct tare_board *board)
{
	struct tare_case *c = calloc(1, sizeof *c);

	tare_must(c && !pthread_mutex_init(&c->error_lock, NULL));
	c->plan = plan;
	c->target = plan->target;
	c->abi = c->target.abi;
	c->ext = c->target.ext;
	c->board = board;
	c->image = "aicore";
	c->log = (struct tare_log){ write_log, c, plan->options->verbose ? TARE_LOG_DEBUG : TARE_LOG_INFO };
	c->store = (struct tare_image_store){ .folder = plan->options->fixtures, .cell = plan->ref->cell };
	c->magic = TARE_MAGIC_CASE;
	tare__case_rings(c);
	return c;
}

void tare__case_run(void *cookie, struct tare_board *board)
{
	const struct tare_case_plan *plan = cookie;
	struct tare_case *c = tare__case_create(plan, board);

	if (tare__case_protected(c, tare__case_open)) {
		tare__case_protected(c, plan->ref->spec->when);
		tare__case_close(c);
	}
	/* Its objects lie where the parent has none: addresses are named by this. */
	if (c->target.file)
		tare_isolate_note_maps(board);
	tare__case_release(c);
	atomic_store(&board->state, TARE_BOARD_FINISHED);
}
