/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several processes at once, each with a case of its own on a board of its own.
 *
 * They are forked from a child that has opened no device and started no thread,
 * so that each begins where a case begins; what they share is the machine they
 * all compete for, which is the point.
 */
#include "case.h"

#include <stdarg.h>
#include <stdio.h>

#include <tare/object.h>
#include <tare/spec.h>

#include "isolate.h"

struct crowd {
	struct tare_case *c;
	struct tare_case_plan plan;
	struct tare_case_ref ref;
	struct tare_spec spec;
};

/* In the new process: what it inherited of the case above is let go of, and a case of its own begins. */
static void be_one(void *cookie, struct tare_board *board)
{
	struct crowd *crowd = cookie;

	tare_tap_remove();
	tare_ledger_close(&crowd->c->ledger);
	tare_fault_close(&crowd->c->fault);
	tare__case_run(&crowd->plan, board);
}

/* What one of them came to. */
struct verdict {
	bool wrong;
	char type[sizeof ((struct tare_board_failure *)0)->type];
	char sentence[TARE_BOARD_SENTENCE];
};

__attribute__((format(printf, 3, 4)))
static void say(struct verdict *verdict, const char *type, const char *format, ...)
{
	va_list list;

	if (verdict->wrong)
		return;
	verdict->wrong = true;
	snprintf(verdict->type, sizeof verdict->type, "%s", type);
	va_start(list, format);
	vsnprintf(verdict->sentence, sizeof verdict->sentence, format, list);
	va_end(list);
}

static void look_at(const struct tare_case *c, const struct tare_board *board, int status, struct verdict *verdict)
{
	static const struct tare_then nothing_left = { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 };
	struct tare_finding findings[TARE_ACCOUNTS + 4];
	unsigned most = c->plan->options->level ? c->plan->options->level : TARE_LEVELS_MOST;

	if (atomic_load(&board->failure_count))
		say(verdict, board->failures[0].type, "%s", board->failures[0].sentence);
	if (status || atomic_load(&board->state) != TARE_BOARD_FINISHED)
		say(verdict, "Fail.Process", "ended with status %d before it had finished", status);
	size_t found = tare_judge(&nothing_left, 1, &board->page, findings, TARE_COUNT(findings));
	for (size_t i = 0; i < found && i < TARE_COUNT(findings); i++)
		if (!tare_levels_above(tare_finding_levels(&findings[i], &nothing_left, &board->page), most))
			say(verdict, "Fail.Process", "%s", findings[i].sentence);
}

void tare_in_processes(struct tare_case *c, unsigned count, void (*when)(struct tare_case *c))
{
	struct crowd crowd = { c, *c->plan, *c->plan->ref, *c->plan->ref->spec };
	struct tare_board *boards[TARE_CROWD] = { 0 };
	int statuses[TARE_CROWD];

	for (unsigned i = 0; i < TARE__CONTEXTS; i++)
		if (c->contexts[i].state != TARE_CONTEXT_NONE)
			tare__case_broken(c, "processes are forked before a context is opened, and context %u is open", i);
	if (count > TARE_CROWD)
		tare__case_broken(c, "%u processes are wanted, a case has %d", count, TARE_CROWD);
	crowd.spec.when = when;
	crowd.ref.spec = &crowd.spec;
	crowd.plan.ref = &crowd.ref;
	for (unsigned i = 0; i < count; i++)
		if (!(boards[i] = tare_board_create()))
			tare__case_broken(c, "no memory for %u boards", count);
	unsigned there = tare_isolate_crowd(boards, count, be_one, &crowd, statuses);
	struct verdict verdict = { .wrong = false };
	unsigned number = 0; /* of the first that went wrong */
	for (unsigned i = 0; i < there && !verdict.wrong; i++)
		look_at(c, boards[number = i], statuses[i], &verdict);
	/* Before the case may end: what it leaves mapped is a leak. */
	for (unsigned i = 0; i < count; i++)
		tare_board_destroy(&boards[i]);
	if (there < count)
		tare__case_broken(c, "the host gave %u of %u processes", there, count);
	if (verdict.wrong)
		tare__case_fail(c, verdict.type, "process %u of %u: %s", number + 1, count, verdict.sentence);
}
