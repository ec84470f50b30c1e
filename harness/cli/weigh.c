/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weigh - a callable of the user's own, launched N times and weighed
 *
 * It is a case like any other, only that its callable comes from files and its
 * sentence from here: the engine, the judge and the reports are the same.
 */
#include "weigh.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tare/engine.h>
#include <tare/object.h>
#include <tare/record.h>
#include <tare/text.h>

#include "self.h"
#include "surroundings.h"
#include "target.h"
#include "view.h"

#define COMMON_CELL     "a5/onboard/hbg"
#define COMMON_LAUNCHES 100
#define NAME            "callable"
#define AGAIN           "weigh --here"

struct words {
	const char *orchestration, *entry, *signature, *args, *cell, *target, *out;
	struct tare__list kernels;
	uint32_t launches, block_dim;
	unsigned driver;
	bool here, verbose;
};

static const char *const drivers[] = { "machine", "cann", NULL };

static const struct tare__option options[] = {
	{ "orchestration", 0, TARE_OPTION_TEXT, offsetof(struct words, orchestration), "FILE", NULL,
		"the orchestration, a shared object" },
	{ "entry", 0, TARE_OPTION_TEXT, offsetof(struct words, entry), "NAME", NULL, "its function: build" },
	{ "kernel", 0, TARE_OPTION_LIST, offsetof(struct words, kernels), "ID:aic|aiv:FILE", NULL,
		"a kernel under its function id; an object file is linked first; once for each" },
	{ "args", 0, TARE_OPTION_TEXT, offsetof(struct words, args), "SPEC", NULL,
		"tensors with their first value, and scalars: 'f32[16384]=2,f32[16384],7'" },
	{ "signature", 0, TARE_OPTION_TEXT, offsetof(struct words, signature), "LIST", NULL,
		"IN, OUT or INOUT for each tensor: the last is OUT, the others IN" },
	{ "launches", 0, TARE_OPTION_COUNT, offsetof(struct words, launches), "N", NULL, "how often: 100" },
	{ "block-dim", 0, TARE_OPTION_COUNT, offsetof(struct words, block_dim), "N", NULL, "blocks of each launch: 3" },
	{ "cell", 0, TARE_OPTION_TEXT, offsetof(struct words, cell), "CELL", NULL, "where: " COMMON_CELL },
	{ "target", 0, TARE_OPTION_TEXT, offsetof(struct words, target), "FILE", NULL, "in this runtime, as in tare run" },
	{ "driver", 0, TARE_OPTION_CHOICE, offsetof(struct words, driver), "DRIVER", drivers,
		"machine: the emulated one (default); cann: the vendor's libraries" },
	{ "out", 0, TARE_OPTION_TEXT, offsetof(struct words, out), "DIR", NULL, "where the reports go: out" },
	{ "here", 0, TARE_OPTION_FLAG, offsetof(struct words, here), NULL, NULL, "in this process, for gdb and valgrind" },
	{ "verbose", 'v', TARE_OPTION_FLAG, offsetof(struct words, verbose), NULL, NULL, "also what a pass logged" },
	{ 0 },
};

static void launches(struct tare_case *c)
{
	struct tare_callable *callable = tare_prepare(c, NAME);

	for (uint32_t i = 0; i < tare_launches(c); i++)
		tare_launch(c, callable);
}

/* What is weighed, and everything that belongs to it. */
struct weighing {
	struct tare__weighed weighed;
	struct tare_spec spec;
	struct tare_suite suite;
	struct tare_case_ref ref;
	struct tare_target_file target;
	struct tare__view view;
	struct tare_recorder *recorder;
	enum tare_driver_choice driver;
	const char *out;
	char fixtures[TARE_WEIGH_PATH], self[TARE_WEIGH_PATH], again[4096];
	char journal[TARE_WEIGH_PATH], junit[TARE_WEIGH_PATH], html[TARE_WEIGH_PATH], csv[TARE_WEIGH_PATH];
};

static int read_callable(struct weighing *weighing, const struct words *words)
{
	struct tare__weighed *weighed = &weighing->weighed;

	if (!words->orchestration) {
		tare__complain("weigh needs --orchestration FILE");
		return -1;
	}
	if (tare__weigh_file("orchestration", words->orchestration, weighed->orchestration) ||
	    tare__weigh_kernels(weighed, &words->kernels) || (words->args && tare__weigh_args(weighed, words->args)) ||
	    tare__weigh_signature(weighed, words->signature))
		return -1;
	weighed->fixture.name = NAME;
	weighed->fixture.orchestration = weighed->orchestration;
	weighed->fixture.entry = words->entry ? words->entry : "build";
	if (strlen(weighed->fixture.entry) < TARE_CALLABLE_NAME)
		return 0;
	tare__complain("--entry: the name is longer than %d bytes", TARE_CALLABLE_NAME - 1);
	return -1;
}

static int read_place(struct weighing *weighing, const struct words *words)
{
	const char *cell = words->cell ? words->cell : COMMON_CELL;
	const struct tare__selection alone = { &weighing->ref, 1 };

	weighing->driver = words->driver ? TARE_DRIVER_CANN : TARE_DRIVER_MACHINE;
	if (words->target) {
		if (tare__target_read(words->target, words->cell, weighing->driver, &weighing->target))
			return -1;
		weighing->ref.cell = weighing->target.cell;
		weighing->driver = tare__target_driver(&weighing->target);
	} else if (tare_cell_read(cell, &weighing->ref.cell) || !tare_embedded(weighing->ref.cell)) {
		tare__complain("--cell: this build has no cell '%s'", cell);
		return -1;
	}
	if (tare__driver_check(weighing->driver, &alone))
		return -1;
	weighing->out = words->out ? words->out : "out";
	if (!tare__path_join(weighing->journal, TARE_WEIGH_PATH, weighing->out, "journal.jsonl") &&
	    !tare__path_join(weighing->junit, TARE_WEIGH_PATH, weighing->out, "junit.xml") &&
	    !tare__path_join(weighing->html, TARE_WEIGH_PATH, weighing->out, "report.html") &&
	    !tare__path_join(weighing->csv, TARE_WEIGH_PATH, weighing->out, "readings.csv"))
		return tare__folder_make(weighing->out);
	tare__complain("--out: the path is too long");
	return -1;
}

static void write_sentence(struct weighing *weighing, const struct words *words)
{
	weighing->spec = (struct tare_spec){
		.name = NAME,
		.says = "a callable of the user's own does not grow over its launches",
		.when = launches,
		.launches = words->launches ? words->launches : COMMON_LAUNCHES,
		.then = {
			{ KERNEL_IMAGES, AT_PEAK,                   AT_MOST, 1 },
			{ EVERY_ACCOUNT, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,               EXACTLY, 0 },
		},
		.because = "it was asked for",
		.scale = { .block_dim = words->block_dim },
		.tags = TAG_LONG,
	};
	weighing->suite = (struct tare_suite){ "weigh", &weighing->spec, 1 };
	weighing->ref.suite = &weighing->suite;
	weighing->ref.spec = &weighing->spec;
}

static const struct tare_target_file *target_of(const struct weighing *weighing)
{
	return weighing->target.name[0] ? &weighing->target : NULL;
}

static int open_recorder(struct weighing *weighing)
{
	const struct tare_target_file *target = target_of(weighing);
	const struct tare_record_paths paths = { weighing->journal, weighing->junit, weighing->html, weighing->csv };
	char command[sizeof weighing->again + 8], unweighed[1024], error[512];
	const struct tare_record_run run = {
		.version = TARE_VERSION, .driver = drivers[weighing->driver == TARE_DRIVER_CANN],
		.command = command, .started_utc = (uint64_t)time(NULL),
		.target = target ? target->name : NULL,
		.unweighed = target ? tare__target_unweighed(target, unweighed, sizeof unweighed) : NULL,
		.seed = 1, .shard = 1, .shards = 1,
	};
	const struct tare_record_case plan = {
		.suite = weighing->suite.name, .name = weighing->spec.name,
		.arch = tare_arch_name(weighing->ref.cell.arch), .platform = tare_platform_name(weighing->ref.cell.platform),
		.graph = tare_graph_name(weighing->ref.cell.graph), .says = weighing->spec.says, .because = weighing->spec.because,
	};

	snprintf(command, sizeof command, "tare weigh%s", weighing->again + sizeof AGAIN - 1);
	if (tare_recorder_open(&weighing->recorder, &paths, &run, &plan, 1, error, sizeof error) == 0)
		return 0;
	tare__complain("%s", error);
	return -1;
}

static void print_account(const struct tare_ledger_page *page, enum tare_account account)
{
	static const enum tare_moment moments[] = { TARE_AT_START, TARE_AT_FIRST_LAUNCH, TARE_AT_LAST_LAUNCH, TARE_AT_CLOSE };
	struct tare_slope slope = tare_slope_of(page, account);

	if (!(page->readable >> account & 1))
		return;
	printf("%-32s", tare_account_words(account));
	for (size_t i = 0; i < TARE_COUNT(moments); i++) {
		if (page->taken_at >> moments[i] & 1)
			printf("%14lld", (long long)page->at[moments[i]].value[account]);
		else
			printf("%14s", "-");
	}
	if (slope.launches > 0)
		printf("%+14.4g%12.3g", slope.per_launch, slope.floor);
	putchar('\n');
}

static void started(void *cookie, size_t index, const struct tare_case_ref *ref)
{
	struct weighing *weighing = cookie;

	(void)index;
	tare__view_started(&weighing->view, ref);
}

static void ended(void *cookie, size_t index, const struct tare_case_ref *ref, const struct tare_outcome *outcome)
{
	struct weighing *weighing = cookie;

	(void)index;
	if (outcome->page && outcome->page->taken_at) {
		printf("%-32s%14s%14s%14s%14s%14s%12s\n", "account", "start", "first launch", "last launch", "after close",
			"per launch", "seen from");
		for (int account = 0; account < TARE_ACCOUNTS; account++)
			print_account(outcome->page, (enum tare_account)account);
		putchar('\n');
	}
	tare__view_ended(&weighing->view, ref, outcome);
}

static bool interrupted(void *cookie)
{
	(void)cookie;
	return tare__interrupted();
}

static int weigh(struct weighing *weighing, const struct words *words)
{
	const struct tare_target_file *target = target_of(weighing);
	const struct tare_run_options how = {
		.here = words->here, .verbose = words->verbose, .self = weighing->self, .again = weighing->again,
		.target = target, .callable = &weighing->weighed.fixture,
		.driver = weighing->driver,
	};
	const struct tare_run_events events = { weighing, started, ended, interrupted, NULL };
	struct tare_run_summary summary = { 0 };
	char error[512];

	if (!words->here)
		tare__interrupt_block();
	if (target)
		tare__target_tell(stdout, target);
	tare__view_open(&weighing->view, stdout, TARE_COLOUR_AUTO, words->verbose, &weighing->ref, 1);
	int status = tare_engine_run(&weighing->ref, 1, &how, weighing->recorder, &events, &summary);
	bool stopped = !words->here && tare__interrupted();
	tare__view_close(&weighing->view, &summary, stopped);
	status = status ? tare__complain("the harness could not do its work (%d)", status) : tare_exit_status(&summary, stopped);
	if (tare_recorder_close(&weighing->recorder, status, error, sizeof error) != 0)
		return tare__complain("%s", error);
	printf("reports: %s, %s, %s\n", weighing->junit, weighing->html, weighing->csv);
	return status;
}

/* As it was typed; the options' reader moves the words. */
static void keep_command(struct weighing *weighing, int argc, char **argv)
{
	struct tare_text text = tare_text_over(weighing->again, sizeof weighing->again);

	tare_text_add(&text, AGAIN);
	for (int i = 0; i < argc; i++)
		tare_text_add(&text, strpbrk(argv[i], " *?[;&") ? " '%s'" : " %s", argv[i]);
}

static int run(const struct tare__command *self, int argc, char **argv)
{
	struct weighing *weighing = calloc(1, sizeof *weighing);
	struct words words = { 0 };
	int status = TARE_EXIT_USAGE, count;

	if (!weighing)
		return tare__complain("out of memory");
	keep_command(weighing, argc, argv);
	count = tare__options_read(self, argc, argv, &words);
	if (count > 0)
		tare__complain("weigh has no use for '%s'; see tare help weigh", argv[0]);
	if (count != 0 || tare__self_command(weighing->self, TARE_WEIGH_PATH) ||
	    tare__fixtures_folder(weighing->fixtures, TARE_WEIGH_PATH) || tare__environment_check() ||
	    read_callable(weighing, &words) || read_place(weighing, &words) ||
	    tare__weigh_link(&weighing->weighed, weighing->ref.cell.platform, weighing->out, weighing->fixtures))
		goto done;
	write_sentence(weighing, &words);
	if (open_recorder(weighing) == 0)
		status = weigh(weighing, &words);
done:
	free(weighing);
	return status;
}

const struct tare__command tare__command_weigh = {
	.name = "weigh",
	.arguments = "--orchestration FILE [--kernel ID:aic|aiv:FILE...] [options]",
	.summary = "launches a callable of your own many times, and weighs it",
	.about = "Builds a callable from files, launches it in a process of its own, and prints what every account stood at, "
		 "how much it grew per launch, and from how much on growth would have been seen.",
	.options = options,
	.run = run,
};
