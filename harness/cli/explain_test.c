/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli.h"
#include "explain.h"

const struct tare__command *const tare__commands[] = { NULL };

static void nothing(struct tare_case *c)
{
	(void)c;
}

static const struct tare_spec spec = {
	.name = "kernel_registered_once",
	.says = "a kernel launched 1,000 times is registered once",
	.when = nothing,
	.launches = 1000,
	.machine = { .reset = FULL_RESET, .capacity = 4096 },
	.then = {
		{ KERNEL_IMAGES, AT_PEAK, EXACTLY, 1 },
		{ CALL(rtStreamCreate), IS_CALLED, EXACTLY, 2 },
	},
	.expect = LEAK,
	.because = "f8b728561 (#870): registering on every launch pinned one ELF a launch, and after some twenty "
		"tests there was no room for a stream",
};

static const struct tare_suite suite = { "relaunch", &spec, 1 };

static void the_rows_are_spoken(void **state)
{
	const struct tare_case_ref refs[] = {
		{ &suite, &spec, { TARE_ARCH_A2A3, TARE_PLATFORM_SIM, TARE_GRAPH_HBG } },
		{ &suite, &spec, { TARE_ARCH_A5, TARE_PLATFORM_ONBOARD, TARE_GRAPH_HBG } },
	};
	char wanted[1400], first[TARE_SENTENCE], second[TARE_SENTENCE], *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	tare__explain_case(to, refs, 2);
	fclose(to);
	snprintf(wanted, sizeof(wanted),
		"relaunch.kernel_registered_once\n"
		"  a kernel launched 1,000 times is registered once\n"
		"  in       a2a3/sim/hbg, a5/onboard/hbg\n"
		"  launches 1000\n"
		"  machine  4096 bytes of device memory, a reset tears all down\n"
		"  expects  LEAK\n"
		"  then     %s\n"
		"           %s\n"
		"  because  f8b728561 (#870): registering on every launch pinned one ELF a launch, and after some\n"
		"           twenty tests there was no room for a stream\n",
		tare_row_sentence(&spec.then[0], first), tare_row_sentence(&spec.then[1], second));
	assert_string_equal(text, wanted);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_rows_are_spoken) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
