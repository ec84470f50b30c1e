/* SPDX-License-Identifier: Apache-2.0 */
/* Real taps over tables that only hand out numbers. */
#include <tare/ledger.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>

#include <cmocka.h>

#include <tare/object.h>
#include <tare/status.h>

#include "fake_tables.h"

/* -- what every test starts from -------------------------------------------- */

struct scene {
	struct tare_ledger_page *page;
	struct tare_ledger *ledger;
	struct tare_tables tables;
	struct tare_tables untapped;
	struct tare_cann *cann;
	/* what the sources answer */
	int64_t images, runner_bytes, dlopens;
	bool machine_is_onboard;
};

static void machine(void *cookie, int64_t value[TARE_ACCOUNTS])
{
	struct scene *scene = cookie;

	if (scene->machine_is_onboard)
		value[TARE_ACCOUNT_KERNEL_IMAGES] = scene->images;
}

static void runner(void *cookie, int64_t value[TARE_ACCOUNTS])
{
	value[TARE_ACCOUNT_RUNNER_BYTES] = ((struct scene *)cookie)->runner_bytes;
}

static void counters(void *cookie, int64_t value[TARE_ACCOUNTS])
{
	value[TARE_ACCOUNT_HOST_DLOPENS] = ((struct scene *)cookie)->dlopens;
}

static int set_up(void **state)
{
	static struct scene scene;
	struct tare_ledger_sources sources = { .cookie = &scene, .machine = machine, .runner = runner, .counters = counters };

	scene = (struct scene){ .page = calloc(1, sizeof *scene.page), .cann = &scene.tables.cann };
	tare__fake_tables(&scene.tables);
	memset(scene.page, 0xee, sizeof *scene.page);
	*state = &scene;
	if (tare_ledger_open(&scene.ledger, scene.page, &sources) != TARE_OK)
		return -1;
	scene.untapped = scene.tables;
	tare_tap_install(&scene.tables, tare_ledger_tap(scene.ledger));
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	tare_tap_remove();
	tare_ledger_close(&scene->ledger);
	tare_ledger_close(&scene->ledger);
	free(scene->page);
	return 0;
}

static void *take_block(struct scene *scene, uint64_t size)
{
	void *memory = NULL;

	assert_int_equal(scene->cann->rtMalloc(&memory, size, RT_MEMORY_HBM, 0), tare__fake_answer);
	return memory;
}

static void *take_image(struct scene *scene, const char *content)
{
	struct tare_rt_binary binary = { .data = content, .length = strlen(content) };
	void *handle = NULL;

	assert_int_equal(scene->cann->rtRegisterAllKernel(&binary, &handle), tare__fake_answer);
	return handle;
}

static void stands(const struct scene *scene, enum tare_account account, int64_t value)
{
	assert_int_equal(tare_ledger_value(scene->ledger, account), value);
}

/* -- taking and giving ------------------------------------------------------- */

static void a_block_counts_once_and_by_its_bytes(void **state)
{
	struct scene *scene = *state;
	void *first = take_block(scene, 1000);
	void *second = take_block(scene, 24);

	stands(scene, TARE_ACCOUNT_DEVICE_BLOCKS, 2);
	stands(scene, TARE_ACCOUNT_DEVICE_BYTES, 1024);
	assert_int_equal(scene->cann->rtFree(first), 0);
	stands(scene, TARE_ACCOUNT_DEVICE_BYTES, 24);
	assert_int_equal(scene->cann->rtFree(second), 0);
	stands(scene, TARE_ACCOUNT_DEVICE_BLOCKS, 0);
	stands(scene, TARE_ACCOUNT_DEVICE_BYTES, 0);
	assert_int_equal(scene->page->peak[TARE_ACCOUNT_DEVICE_BYTES], 1024);
	assert_int_equal(scene->page->gives_of_strangers, 0);
}

static void a_take_that_failed_was_never_owned(void **state)
{
	struct scene *scene = *state;

	tare__fake_answer = ACL_ERROR_RT_MEMORY_ALLOCATION;
	take_block(scene, 1000);
	stands(scene, TARE_ACCOUNT_DEVICE_BLOCKS, 0);
	tare__fake_answer = 0;
	tare__fake_next_handle = 0;
	take_block(scene, 1000);
	stands(scene, TARE_ACCOUNT_DEVICE_BLOCKS, 0);
}

static void a_release_that_failed_stays_owned(void **state)
{
	struct scene *scene = *state;
	void *memory = take_block(scene, 64);

	tare__fake_answer = ACL_ERROR_RT_MEMORY_FREE;
	assert_int_equal(scene->cann->rtFree(memory), tare__fake_answer);
	assert_int_equal(scene->cann->rtFree(memory), tare__fake_answer);
	stands(scene, TARE_ACCOUNT_DEVICE_BLOCKS, 1);
	tare_ledger_read(scene->ledger, TARE_AT_CLOSE);
	assert_int_equal(scene->page->survivor_count, 1);
	assert_int_equal(scene->page->survivors[0].refused, 2);
	assert_int_equal(scene->page->survivors[0].call, TARE_CALL_rtMalloc);
	assert_int_equal(scene->page->survivors[0].key, (uintptr_t)memory);
	assert_non_null(scene->page->survivors[0].frames[0]);
}

static void a_give_of_a_stranger_is_counted(void **state)
{
	struct scene *scene = *state;
	void *memory = take_block(scene, 64);

	assert_int_equal(scene->cann->rtFree(memory), 0);
	assert_int_equal(scene->cann->rtFree(memory), 0);
	assert_int_equal(scene->page->gives_of_strangers, 1);
	stands(scene, TARE_ACCOUNT_DEVICE_BLOCKS, 0);
	tare__fake_answer = ACL_ERROR_RT_MEMORY_FREE;
	assert_int_equal(scene->cann->rtFree(memory), tare__fake_answer);
	assert_int_equal(scene->page->gives_of_strangers, 1);
}

static void children_go_with_their_parent(void **state)
{
	struct scene *scene = *state;
	void *binary = NULL, *other = NULL, *function;

	assert_int_equal(scene->cann->rtsBinaryLoadFromFile("a", NULL, &binary), 0);
	assert_int_equal(scene->cann->rtsBinaryLoadFromFile("b", NULL, &other), 0);
	assert_int_equal(scene->cann->rtsFuncGetByName(binary, "init", &function), 0);
	assert_int_equal(scene->cann->rtsFuncGetByName(binary, "exec", &function), 0);
	assert_int_equal(scene->cann->rtsFuncGetByName(binary, "exec", &function), 0);
	assert_int_equal(scene->cann->rtsFuncGetByName(other, "run", &function), 0);
	stands(scene, TARE_ACCOUNT_FUNCTION_HANDLES, 3);
	assert_int_equal(scene->cann->rtsBinaryUnload(binary), 0);
	stands(scene, TARE_ACCOUNT_FUNCTION_HANDLES, 1);
	stands(scene, TARE_ACCOUNT_AICPU_BINARIES, 1);
	assert_int_equal(scene->cann->rtsBinaryUnload(other), 0);
	stands(scene, TARE_ACCOUNT_FUNCTION_HANDLES, 0);
}

static void device_references_are_counted_per_device(void **state)
{
	struct scene *scene = *state;

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(scene->cann->rtSetDevice(0), 0);
	assert_int_equal(scene->cann->rtSetDevice(1), 0);
	stands(scene, TARE_ACCOUNT_DEVICE_REFERENCES, 4);
	assert_int_equal(scene->cann->rtDeviceReset(0), 0);
	stands(scene, TARE_ACCOUNT_DEVICE_REFERENCES, 3);
	assert_int_equal(scene->cann->aclrtResetDeviceForce(0), 0);
	stands(scene, TARE_ACCOUNT_DEVICE_REFERENCES, 1);
	assert_int_equal(scene->cann->aclrtResetDeviceForce(0), 0);
	assert_int_equal(scene->page->gives_of_strangers, 0);
	assert_int_equal(scene->cann->rtDeviceReset(0), 0);
	assert_int_equal(scene->page->gives_of_strangers, 1);
}

static void a_forced_reset_ends_what_lives_on_the_device(void **state)
{
	struct scene *scene = *state;
	rtStream_t stream = NULL;

	assert_int_equal(scene->cann->rtSetDevice(0), 0);
	void *memory = take_block(scene, 100);
	take_image(scene, "one");
	assert_int_equal(scene->cann->rtStreamCreate(&stream, 0), 0);
	tare__fake_answer = ACL_ERROR_RT_CONTEXT_RELEASE_ERROR;
	assert_int_equal(scene->cann->aclrtResetDeviceForce(0), tare__fake_answer);
	stands(scene, TARE_ACCOUNT_DEVICE_BYTES, 100);
	assert_int_equal(tare_ledger_refused(scene->ledger, NULL, 0), 3); /* the block and the stream with it, and no image */
	tare__fake_answer = 0;
	assert_int_equal(scene->cann->aclrtResetDeviceForce(0), 0);
	stands(scene, TARE_ACCOUNT_DEVICE_REFERENCES, 0);
	stands(scene, TARE_ACCOUNT_DEVICE_BLOCKS, 0);
	stands(scene, TARE_ACCOUNT_DEVICE_BYTES, 0);
	stands(scene, TARE_ACCOUNT_STREAMS, 0);
	stands(scene, TARE_ACCOUNT_IMAGE_REGISTRATIONS, 1);
	assert_int_equal(scene->cann->rtFree(memory), 0);
	assert_int_equal(scene->page->gives_of_strangers, 1);
}

static void any_reset_ends_the_device_where_the_machine_says_so(void **state)
{
	struct scene *scene = *state;

	tare_ledger_resets_end(scene->ledger);
	assert_int_equal(scene->cann->rtSetDevice(0), 0);
	assert_int_equal(scene->cann->rtSetDevice(0), 0);
	take_block(scene, 100);
	assert_int_equal(scene->cann->rtDeviceReset(0), 0);
	stands(scene, TARE_ACCOUNT_DEVICE_REFERENCES, 0);
	stands(scene, TARE_ACCOUNT_DEVICE_BYTES, 0);
	assert_int_equal(scene->page->gives_of_strangers, 0);
}

static void registrations_are_counted_by_generation_and_content(void **state)
{
	struct scene *scene = *state;

	take_image(scene, "one");
	take_image(scene, "two");
	stands(scene, TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE, 1);
	tare_ledger_generation(scene->ledger, 2);
	void *again = take_image(scene, "one");
	stands(scene, TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE, 1);
	assert_int_equal(scene->cann->rtDevBinaryUnRegister(again), 0);
	take_image(scene, "one");
	stands(scene, TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE, 2);
	stands(scene, TARE_ACCOUNT_IMAGE_REGISTRATIONS, 3);
}

static void an_aicore_object_is_a_registration(void **state)
{
	struct scene *scene = *state;
	void *core = NULL, *other = NULL;

	assert_int_equal(scene->tables.host.object_open(TARE_OBJECT_AICORE, "x", &core), 0);
	assert_int_equal(scene->tables.host.object_open(TARE_OBJECT_KERNEL, "x", &other), 0);
	stands(scene, TARE_ACCOUNT_IMAGE_REGISTRATIONS, 1);
	stands(scene, TARE_ACCOUNT_HOST_OBJECTS, 1);
	tare_ledger_read(scene->ledger, TARE_AT_OPEN);
	assert_int_equal(scene->page->at[TARE_AT_OPEN].value[TARE_ACCOUNT_KERNEL_IMAGES], 1);
	scene->machine_is_onboard = true;
	tare_ledger_read(scene->ledger, TARE_AT_OPEN);
	assert_int_equal(scene->page->at[TARE_AT_OPEN].value[TARE_ACCOUNT_KERNEL_IMAGES], 0);
	assert_int_equal(scene->tables.host.object_close(TARE_OBJECT_AICORE, core), 0);
	assert_int_equal(scene->tables.host.object_close(TARE_OBJECT_KERNEL, other), 0);
	stands(scene, TARE_ACCOUNT_HOST_OBJECTS, 0);
}

/* -- readings ---------------------------------------------------------------- */

static void launch(struct scene *scene, uint32_t number)
{
	tare_ledger_launch(scene->ledger, number);
	tare_ledger_read(scene->ledger, number == 1 ? TARE_AT_FIRST_LAUNCH : TARE_AT_LAST_LAUNCH);
}

static void an_unchanged_launch_adds_no_reading(void **state)
{
	struct scene *scene = *state;

	tare_ledger_read(scene->ledger, TARE_AT_START);
	for (uint32_t i = 1; i <= 100; i++)
		launch(scene, i);
	assert_int_equal(scene->page->reading_count, 1);
	assert_int_equal(scene->page->at[TARE_AT_FIRST_LAUNCH].launch, 1);
	assert_int_equal(scene->page->at[TARE_AT_LAST_LAUNCH].launch, 100);
	assert_int_equal(scene->page->taken_at, 1u << TARE_AT_START | 1u << TARE_AT_FIRST_LAUNCH | 1u << TARE_AT_LAST_LAUNCH);
}

static void the_series_follows_changes_and_keeps_the_newest(void **state)
{
	struct scene *scene = *state;
	const uint32_t launches = TARE_READINGS + 10;

	for (uint32_t i = 1; i <= launches; i++) {
		take_block(scene, 8);
		launch(scene, i);
	}
	assert_int_equal(scene->page->reading_count, TARE_READINGS);
	assert_int_equal(scene->page->readings_thinned, 10);
	assert_int_equal(scene->page->series[1].launch, 2);
	assert_int_equal(scene->page->series[TARE_READINGS - 1].launch, launches);
	assert_int_equal(scene->page->series[TARE_READINGS - 1].value[TARE_ACCOUNT_DEVICE_BLOCKS], launches);
}

static void growth_names_who_took_first(void **state)
{
	struct scene *scene = *state;

	tare_ledger_launch(scene->ledger, 1);
	take_image(scene, "one");
	launch(scene, 1);
	for (uint32_t i = 2; i < 5; i++) {
		void *block;

		tare_ledger_launch(scene->ledger, i);
		tare_ledger_phase(scene->ledger, TARE_PHASE_LAUNCH);
		block = take_block(scene, 8);
		assert_int_equal(scene->cann->rtFree(block), 0);
		if (i > 2)
			take_image(scene, "one");
		tare_ledger_read(scene->ledger, TARE_AT_LAST_LAUNCH);
	}
	const struct tare_holding *by = &scene->page->growth[TARE_ACCOUNT_IMAGE_REGISTRATIONS];
	assert_int_equal(by->call, TARE_CALL_rtRegisterAllKernel);
	assert_int_equal(by->launch, 3);
	assert_int_equal(by->phase, TARE_PHASE_LAUNCH);
	assert_int_equal(scene->page->growth[TARE_ACCOUNT_KERNEL_IMAGES].launch, 3);
	assert_int_equal(scene->page->growth[TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE].launch, 3);
	assert_int_equal(scene->page->growth[TARE_ACCOUNT_STREAMS].call, TARE_CALL_NONE);
	assert_int_equal(scene->page->peak[TARE_ACCOUNT_IMAGE_REGISTRATIONS], 3);
	assert_int_equal(scene->page->peak_launch[TARE_ACCOUNT_IMAGE_REGISTRATIONS], 4);
}

static void sources_are_asked_and_forgotten(void **state)
{
	struct scene *scene = *state;
	const uint64_t machine_only = UINT64_C(1) << TARE_ACCOUNT_DRIVER_BYTES;

	assert_true(scene->page->readable & machine_only);
	scene->runner_bytes = 100;
	scene->dlopens = 3;
	tare_ledger_read(scene->ledger, TARE_AT_OPEN);
	assert_int_equal(scene->page->at[TARE_AT_OPEN].value[TARE_ACCOUNT_RUNNER_BYTES], 100);
	scene->runner_bytes = 40;
	tare_ledger_read(scene->ledger, TARE_AT_MARK);
	assert_int_equal(scene->page->at[TARE_AT_MARK].value[TARE_ACCOUNT_RUNNER_BYTES], 40);
	assert_int_equal(scene->page->at[TARE_AT_MARK].value[TARE_ACCOUNT_HOST_DLOPENS], 3);
	assert_int_equal(scene->page->peak[TARE_ACCOUNT_RUNNER_BYTES], 100);
}

static void twelve_blocks(void *cookie, int64_t value[TARE_ACCOUNTS])
{
	(void)cookie;
	value[TARE_ACCOUNT_DEVICE_BLOCKS] += 12;
}

static void the_machine_answers_for_tables_that_nothing_passes(void **state)
{
	const struct tare_ledger_sources sources = {
		.machine = twelve_blocks, .machine_instead = UINT64_C(1) << TARE_ACCOUNT_DEVICE_BLOCKS,
	};
	struct tare_ledger_page *page = calloc(1, sizeof *page);
	struct tare_ledger *ledger;

	(void)state;
	assert_non_null(page);
	assert_int_equal(tare_ledger_open(&ledger, page, &sources), TARE_OK);
	for (int i = 0; i < 2; i++)
		tare_ledger_read(ledger, TARE_AT_OPEN);
	assert_int_equal(page->at[TARE_AT_OPEN].value[TARE_ACCOUNT_DEVICE_BLOCKS], 12);
	assert_int_equal(page->peak[TARE_ACCOUNT_DEVICE_BLOCKS], 12);
	assert_int_equal(page->untapped, 0);
	tare_ledger_close(&ledger);
	free(page);
}

static void without_a_source_its_accounts_are_not_readable(void **state)
{
	struct tare_ledger_page *page = calloc(1, sizeof *page);
	struct tare_ledger *ledger = NULL;

	(void)state;
	assert_int_equal(tare_ledger_open(&ledger, page, NULL), TARE_OK);
	assert_false(page->readable >> TARE_ACCOUNT_DRIVER_BYTES & 1);
	assert_false(page->readable >> TARE_ACCOUNT_RUNNER_BYTES & 1);
	assert_false(page->readable >> TARE_ACCOUNT_HOST_DLOPENS & 1);
	assert_true(page->readable >> TARE_ACCOUNT_KERNEL_IMAGES & 1);
	assert_true(page->readable >> TARE_ACCOUNT_STREAMS & 1);
	assert_true(page->readable >> TARE_ACCOUNT_THREADS & 1);
	tare_ledger_close(&ledger);
	free(page);
}

static void the_ring_keeps_the_newest_calls(void **state)
{
	struct scene *scene = *state;

	for (unsigned i = 0; i < TARE_RING; i++)
		assert_int_equal(scene->cann->rtFree(take_block(scene, 8)), 0);
	const struct tare_call_record *last = &scene->page->ring[(scene->page->call_count - 1) % TARE_RING];
	assert_int_equal(scene->page->call_count, 2 * TARE_RING);
	assert_int_equal(last->sequence, 2 * TARE_RING);
	assert_int_equal(last->call, TARE_CALL_rtFree);
	assert_int_equal(last->key, 0x1000 + TARE_RING - 1);
	assert_int_not_equal(last->thread, 0);
	assert_int_equal(scene->page->ring[0].sequence, TARE_RING + 1);
}

static void *take_and_give(void *cookie)
{
	struct scene *scene = cookie;

	for (unsigned i = 0; i < 2000; i++) {
		rtStream_t stream;

		/* One number for both threads: the same key is taken and given by both at once. */
		scene->cann->rtStreamCreate(&stream, 0);
		scene->cann->rtStreamDestroy(stream);
	}
	return NULL;
}

static int one_stream(rtStream_t *stream, int32_t priority)
{
	(void)priority;
	*stream = (void *)0x77;
	return 0;
}

static void threads_book_side_by_side(void **state)
{
	struct scene *scene = *state;
	struct tare_tables tables = scene->untapped;
	pthread_t threads[2];

	tare_tap_remove();
	tables.cann.rtStreamCreate = one_stream;
	tare_tap_install(&tables, tare_ledger_tap(scene->ledger));
	scene->tables = tables;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, scene), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	stands(scene, TARE_ACCOUNT_STREAMS, 0);
	assert_int_equal(scene->page->call_count, 8000);
	assert_int_equal(scene->page->gives_of_strangers, 0);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCENE(a_block_counts_once_and_by_its_bytes),
		WITH_SCENE(a_take_that_failed_was_never_owned),
		WITH_SCENE(a_release_that_failed_stays_owned),
		WITH_SCENE(a_give_of_a_stranger_is_counted),
		WITH_SCENE(children_go_with_their_parent),
		WITH_SCENE(device_references_are_counted_per_device),
		WITH_SCENE(a_forced_reset_ends_what_lives_on_the_device),
		WITH_SCENE(any_reset_ends_the_device_where_the_machine_says_so),
		WITH_SCENE(registrations_are_counted_by_generation_and_content),
		WITH_SCENE(an_aicore_object_is_a_registration),
		WITH_SCENE(an_unchanged_launch_adds_no_reading),
		WITH_SCENE(the_series_follows_changes_and_keeps_the_newest),
		WITH_SCENE(growth_names_who_took_first),
		WITH_SCENE(sources_are_asked_and_forgotten),
		WITH_SCENE(the_ring_keeps_the_newest_calls),
		WITH_SCENE(threads_book_side_by_side),
		cmocka_unit_test(the_machine_answers_for_tables_that_nothing_passes),
		cmocka_unit_test(without_a_source_its_accounts_are_not_readable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
