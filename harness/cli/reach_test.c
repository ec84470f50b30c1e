/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reach.h"
#include "symbol.h"

/* Stands in for the symboliser: an address is the number of a site, in its last line. */
struct tare_symbols *tare_symbols_open(const char *maps, size_t size)
{
	(void)maps;
	(void)size;
	return NULL;
}

void tare_symbols_close(struct tare_symbols **symbols)
{
	*symbols = NULL;
}

const char *tare_symbol_name(struct tare_symbols *symbols, uint64_t address, int is_return, char *text, size_t size)
{
	(void)symbols;
	assert_true(is_return);
	if (address < tare__site_count)
		snprintf(text, size, "somebody (%s:%u)", tare__sites[address].file, tare__sites[address].last);
	else
		snprintf(text, size, "0x%llx", (unsigned long long)address);
	return text;
}

/* Stands in for the recorder. */
static size_t gaps, gaps_with_reason;

int tare_recorder_gap(struct tare_recorder *recorder, const struct tare_record_gap *gap)
{
	(void)recorder;
	gaps++;
	gaps_with_reason += gap->reason != NULL;
	return 0;
}

static const struct tare_cell onboard = { TARE_ARCH_A5, TARE_PLATFORM_ONBOARD, TARE_GRAPH_HBG };

static size_t first_site(const char *call)
{
	size_t i = 0;

	while (i < tare__site_count && strcmp(tare__sites[i].call, call))
		i++;
	return i;
}

static void the_runner_has_sites(void **state)
{
	size_t site = first_site("rtAicpuKernelLaunchExWithArgs");

	(void)state;
	assert_true(tare__site_count > 30);
	assert_true(site < tare__site_count);
	assert_string_equal(tare__sites[site].file, "onboard_bootstrap.c");
	assert_true(tare__sites[site].last > tare__sites[site].first);
	for (size_t i = 0; i < tare__site_count; i++) {
		const struct tare__site *one = &tare__sites[i];

		assert_int_not_equal(tare_call_find(one->call), TARE_CALL_NONE);
		assert_int_equal(tare__site_find(one->call, one->file, one->first), i);
		assert_int_equal(tare__site_find(one->call, one->file, one->last), i);
		assert_int_not_equal(tare__site_find(one->call, one->file, one->last + 1), i);
		assert_int_equal(tare__site_find("nothing", one->file, one->first), tare__site_count);
	}
}

static size_t told(struct tare__reach *reach, char *text, size_t room)
{
	FILE *to = fmemopen(text, room, "w");
	size_t findings;

	assert_non_null(to);
	gaps = gaps_with_reason = 0;
	findings = tare__reach_tell(reach, to, (struct tare_recorder *)(uintptr_t)1);
	fclose(to);
	return findings;
}

static void what_no_point_came_to_is_told(void **state)
{
	struct tare_fault_point points[2] = {
		{ .number = 1, .call = TARE_CALL_rtStreamCreate, .frames = { (void *)(uintptr_t)first_site("rtStreamCreate") } },
		{ .number = 2, .call = TARE_CALL_rtMalloc, .frames = { (void *)(uintptr_t)first_site("rtMalloc") } },
	};
	struct tare_outcome *outcome = calloc(1, sizeof(*outcome));
	struct tare__reach *reach = tare__reach_open();
	static char text[16384];
	size_t findings;

	(void)state;
	assert_non_null(reach);
	assert_non_null(outcome);
	outcome->points = points;
	outcome->point_count = 2;
	outcome->points_ours = true;
	tare__reach_add(reach, onboard, outcome);
	findings = told(reach, text, sizeof(text));
	assert_non_null(strstr(text, "not reached in a5/onboard/hbg: rtFree\n"));
	assert_null(strstr(text, "rtMalloc"));
	assert_null(strstr(text, "rtFree at")); /* its places were said with it */
	assert_non_null(strstr(text, "rtStreamCreate at onboard.c:")); /* there are two */
	assert_null(strstr(text, "memory_take")); /* onboard can't */
	assert_true(gaps_with_reason >= 4);
	assert_int_equal(gaps, findings + gaps_with_reason);
	tare__reach_close(&reach);
	assert_null(reach);
	free(outcome);
}

/* The callers of somebody else's runtime are no lines of ours. */
static void a_foreign_runtime_has_no_sites(void **state)
{
	struct tare_fault_point point = { .number = 1, .call = TARE_CALL_mapping_take };
	struct tare_outcome *outcome = calloc(1, sizeof(*outcome));
	struct tare__reach *reach = tare__reach_open();
	static char text[16384];

	(void)state;
	outcome->points = &point;
	outcome->point_count = 1;
	tare__reach_add(reach, onboard, outcome);
	told(reach, text, sizeof(text));
	assert_null(strstr(text, " at "));
	assert_non_null(strstr(text, ": rtMalloc\n"));
	tare__reach_close(&reach);
	free(outcome);
}

static void a_reason_is_of_its_cell(void **state)
{
	(void)state;
	assert_non_null(tare__reach_reason("a5/sim/hbg", "rtMalloc"));
	assert_null(tare__reach_reason("a5/onboard/hbg", "rtMalloc"));
	assert_null(tare__reach_reason("a5/onboard/hbg", "rtMalloc at onboard.c:24"));
	assert_non_null(tare__reach_reason("a2a3/onboard/hbg", "memory_take"));
	assert_null(tare__reach_reason("a2a3/sim/hbg", "memory_take"));
	/* A line belongs to its platform, a call to its architecture. */
	assert_non_null(tare__reach_reason("a5/sim/hbg", "file_write at onboard_aicpu.c:64"));
	assert_null(tare__reach_reason("a5/onboard/hbg", "file_write at onboard_aicpu.c:64"));
	assert_non_null(tare__reach_reason("a5/onboard/hbg", "halMemCtl"));
	assert_null(tare__reach_reason("a2a3/onboard/hbg", "halMemCtl"));
	assert_null(tare__reach_reason("a5/onboard/hbg", "aclrtResetDeviceForce"));
	assert_non_null(tare__reach_reason("a5/sim/hbg", "thread_start at foreign.c:94"));
	assert_null(tare__reach_reason("a5/sim/hbg", "thread_start at worker.c:263"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_runner_has_sites),
		cmocka_unit_test(what_no_point_came_to_is_told),
		cmocka_unit_test(a_foreign_runtime_has_no_sites),
		cmocka_unit_test(a_reason_is_of_its_cell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
