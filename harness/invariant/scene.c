/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

static void fill(int64_t value[TARE_ACCOUNTS])
{
	value[TARE_ACCOUNT_DEVICE_BLOCKS] = 4;
	value[TARE_ACCOUNT_DEVICE_BYTES] = 4096;
	value[TARE_ACCOUNT_RUNNER_BYTES] = 4096;
	value[TARE_ACCOUNT_DRIVER_BYTES] = 14096;
	value[TARE_ACCOUNT_KERNEL_IMAGES] = 1;
	value[TARE_ACCOUNT_IMAGE_REGISTRATIONS] = 1;
	value[TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE] = 1;
	value[TARE_ACCOUNT_STREAMS] = 2;
	value[TARE_ACCOUNT_HOST_DLOPENS] = 3;
}

int tare__scene_set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	struct tare_ledger_page *page = calloc(1, sizeof *page);

	scene->page = page;
	page->readable = (UINT64_C(1) << TARE_ACCOUNTS) - 1;
	for (unsigned moment = 0; moment < TARE_MOMENTS; moment++) {
		struct tare_reading *reading = &page->at[moment];

		reading->moment = moment;
		reading->launch = moment < TARE_AT_FIRST_LAUNCH ? 0 : moment == TARE_AT_FIRST_LAUNCH ? 1 : 100;
		if (moment != TARE_AT_START && moment != TARE_AT_CLOSE)
			fill(reading->value);
		reading->value[TARE_ACCOUNT_THREADS] = 1;
		reading->value[TARE_ACCOUNT_DESCRIPTORS] = 5;
		page->taken_at |= 1u << moment;
	}
	page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_PREINSTALLED_FILES] = 1;
	page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE] = 1;
	page->at[TARE_AT_CLOSE].value[TARE_ACCOUNT_HOST_DLOPENS] = 3;
	memcpy(page->peak, page->at[TARE_AT_LAST].value, sizeof page->peak);
	page->series[0] = page->at[TARE_AT_FIRST_LAUNCH];
	page->reading_count = 1;
	*state = scene;
	return 0;
}

int tare__scene_tear_down(void **state)
{
	struct scene *scene = *state;

	free(scene->page);
	free(scene);
	return 0;
}

struct tare_finding *tare__scene_judge(struct scene *scene, struct tare_then row)
{
	scene->count = tare_judge(&row, 1, scene->page, scene->found, ROOM);
	return &scene->found[0];
}

void tare__scene_is_silent(struct scene *scene, struct tare_then row)
{
	tare__scene_judge(scene, row);
	if (scene->count)
		print_error("%s\n", scene->found[0].sentence);
	assert_int_equal(scene->count, 0);
}

struct tare_finding *tare__scene_fires(struct scene *scene, struct tare_then row, const char *sentence)
{
	struct tare_finding *finding = tare__scene_judge(scene, row);

	assert_int_equal(scene->count, 1);
	assert_string_equal(finding->sentence, sentence);
	assert_int_equal(finding->row, 0);
	return finding;
}

/* The account stands at this value from that launch on. */
void tare__scene_from_launch(struct scene *scene, uint32_t launch, enum tare_account account, int64_t value)
{
	struct tare_ledger_page *page = scene->page;
	struct tare_reading *reading = &page->series[page->reading_count++];

	*reading = page->series[page->reading_count - 2];
	reading->launch = launch;
	reading->moment = TARE_AT_LAST_LAUNCH;
	reading->value[account] = value;
	page->at[TARE_AT_LAST_LAUNCH].value[account] = value;
	page->at[TARE_AT_LAST].value[account] = value;
	if (page->peak[account] < value) {
		page->peak[account] = value;
		page->peak_launch[account] = launch;
	}
}

void tare__scene_called(struct scene *scene, enum tare_call_id call, uint32_t launch, int result)
{
	struct tare_ledger_page *page = scene->page;
	uint64_t number = page->call_count++;

	page->ring[number % TARE_RING] = (struct tare_call_record){
		.sequence = number + 1, .call = (uint32_t)call, .launch = launch, .result = result };
	page->tally[call].tried = number + 1;
	if (result == 0) {
		struct tare_call_tally *tally = &page->tally[call];
		tally->count++;
		tally->last = number + 1;
		tally->first = tally->first ? tally->first : number + 1;
	}
}
