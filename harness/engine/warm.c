/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Valgrind translates code when it first runs and forgets it with the process,
 * so that each child would translate the harness anew: most of what an empty
 * case costs there.  What the parent has run once is translated for all of them.
 */
#include "case.h"

#include <valgrind/valgrind.h>

#include "isolate.h"

static void nothing(struct tare_case *c)
{
	(void)c;
}

void tare__warm_up(struct tare_isolate *isolate, const struct tare_run_options *options, const struct tare_tables *tables,
	struct tare_cell cell)
{
	static const struct tare_spec spec = {
		.name = "nothing", .says = "the harness by itself", .when = nothing, .because = "valgrind translates it once",
	};
	static const struct tare_suite suite = { "engine", &spec, 1 };
	const struct tare_case_ref ref = { &suite, &spec, cell };
	struct tare_case_plan plan = { .ref = &ref, .options = options, .tables = tables };
	const struct tare_errand errand = { .run = tare__case_run, .cookie = &plan };
	struct tare_end end;

	if (!RUNNING_ON_VALGRIND || tare_target_embedded(cell, TARE_DRIVER_MACHINE, &plan.target))
		return;
	tare_isolate_here(isolate, &errand, &end);
}
