/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <tare/machine.h>
#include <tare/object.h>
#include <tare/status.h>
#include <tare/text.h>

#include <tare/driver.h>

/* The machine's part of the host table, without a machine. */
int tare_machine_memory_take(int32_t device, uint64_t size, void **memory)
{
	(void)device;
	*memory = malloc(size);
	return *memory ? TARE_OK : TARE_E_DEVICE_MEMORY;
}

int tare_machine_memory_give(int32_t device, void *memory)
{
	(void)device;
	free(memory);
	return TARE_OK;
}

int tare_machine_memory_info(int32_t device, uint64_t *unused, uint64_t *total)
{
	(void)device;
	*unused = *total = 7;
	return TARE_OK;
}

int tare_machine_memory_copy(void *to, const void *from, uint64_t size)
{
	memcpy(to, from, size);
	return TARE_OK;
}

static int reached; /* calls that came through to the table below */

static int below_malloc(void **memory, uint64_t size, uint32_t type, uint16_t module)
{
	(void)type;
	(void)module;
	reached++;
	return tare_machine_memory_take(0, size, memory);
}

static int below_free(void *memory)
{
	reached++;
	free(memory);
	return 0;
}

static int below_register(const struct tare_rt_binary *binary, void **handle)
{
	(void)binary;
	reached++;
	*handle = &reached;
	return 0;
}

static int below_get_function(rtBinHandle binary, const char *name, rtFuncHandle *function)
{
	(void)binary;
	(void)name;
	*function = &reached;
	return 0;
}

static int below_device(int32_t device)
{
	(void)device;
	return 0;
}

/* A tap that writes down what it saw, and does what it was told. */
struct spy {
	struct tare_tap tap;
	char mark;
	int stop_with;        /* answers the call itself */
	int result_after;     /* replaces the result */
	bool null_handle;     /* answers success and no handle */
	struct tare_call seen;/* after the call */
};

static char trail[64];

static void mark(char what)
{
	size_t length = strlen(trail);

	tare_must(length + 1 < sizeof trail);
	trail[length] = what;
	trail[length + 1] = '\0';
}

static int spy_before(struct tare_tap *tap, struct tare_call *call)
{
	struct spy *spy = (struct spy *)tap;

	mark(spy->mark);
	if (spy->null_handle) {
		*call->handle = NULL;
		call->result = 0;
		return 1;
	}
	call->result = spy->stop_with;
	return spy->stop_with != 0;
}

static void spy_after(struct tare_tap *tap, struct tare_call *call)
{
	struct spy *spy = (struct spy *)tap;

	mark((char)(spy->mark - 'a' + 'A'));
	if (spy->result_after)
		call->result = spy->result_after;
	spy->seen = *call;
}

static struct spy outer, inner;
static struct tare_tables tables;

static int set_up(void **state)
{
	(void)state;
	memset(&tables, 0, sizeof tables);
	tare_host_bind(&tables.host);
	tables.cann = (struct tare_cann){ .rtMalloc = below_malloc, .rtFree = below_free, .rtRegisterAllKernel = below_register,
		.rtsFuncGetByName = below_get_function, .rtSetDevice = below_device, .rtDeviceReset = below_device,
		.aclrtResetDeviceForce = below_device };
	inner = (struct spy){ .tap = { .before = spy_before, .after = spy_after }, .mark = 'b' };
	outer = (struct spy){ .tap = { .before = spy_before, .after = spy_after, .inner = &inner.tap }, .mark = 'a' };
	tare_tap_install(&tables, &outer.tap);
	trail[0] = '\0';
	reached = 0;
	return 0;
}

static void calls_pass_from_the_outermost_inwards_and_back(void **state)
{
	void *memory = NULL;

	(void)state;
	assert_int_equal(tables.cann.rtMalloc(&memory, 100, 2, 0), 0);
	assert_string_equal(trail, "abBA");
	assert_int_equal(reached, 1);
	assert_int_equal(outer.seen.id, TARE_CALL_rtMalloc);
	assert_int_equal(outer.seen.rule, TARE_RULE_TAKES);
	assert_int_equal(outer.seen.account, TARE_ACCOUNT_DEVICE_BLOCKS);
	assert_true(outer.seen.key == (uintptr_t)memory);
	assert_int_equal(outer.seen.amount, 100);
	assert_ptr_equal(outer.seen.handle, &memory);
	assert_int_equal(tables.cann.rtFree(memory), 0);
	assert_int_equal(outer.seen.rule, TARE_RULE_GIVES);
	assert_true(outer.seen.key == (uintptr_t)memory);
	tare_tap_remove();
	assert_int_equal(tables.cann.rtMalloc(&memory, 1, 2, 0), 0);
	assert_int_equal(tables.cann.rtFree(memory), 0);
	assert_string_equal(trail, "abBAabBA");
}

static void a_tap_that_stops_a_call_answers_it(void **state)
{
	void *memory = &reached;

	(void)state;
	inner.stop_with = ACL_ERROR_RT_MEMORY_ALLOCATION;
	assert_int_equal(tables.cann.rtMalloc(&memory, 100, 2, 0), ACL_ERROR_RT_MEMORY_ALLOCATION);
	assert_string_equal(trail, "abA");
	assert_int_equal(reached, 0);
	assert_true(outer.seen.key == 0);
	assert_ptr_equal(memory, &reached);
	inner.stop_with = 0;
	inner.null_handle = true;
	assert_int_equal(tables.cann.rtMalloc(&memory, 100, 2, 0), 0);
	assert_null(memory);
	assert_true(outer.seen.key == 0);
	assert_int_equal(outer.seen.result, 0);
}

static void an_error_that_was_done_keeps_its_key(void **state)
{
	void *memory = NULL;

	(void)state;
	inner.result_after = ACL_ERROR_RT_MEMORY_ALLOCATION;
	assert_int_equal(tables.cann.rtMalloc(&memory, 100, 2, 0), ACL_ERROR_RT_MEMORY_ALLOCATION);
	assert_int_equal(reached, 1);
	assert_int_equal(outer.seen.result, ACL_ERROR_RT_MEMORY_ALLOCATION);
	assert_true(outer.seen.key == (uintptr_t)memory && memory);
	free(memory);
}

static void the_lists_say_who_what_and_under_whom(void **state)
{
	const char bytes[] = "an image";
	struct tare_rt_binary binary = { .data = bytes, .length = sizeof bytes };
	void *handle = NULL, *function = NULL;

	(void)state;
	assert_int_equal(tables.cann.rtRegisterAllKernel(&binary, &handle), 0);
	assert_int_equal(outer.seen.account, TARE_ACCOUNT_IMAGE_REGISTRATIONS);
	assert_int_equal(outer.seen.amount, sizeof bytes);
	assert_true(outer.seen.content == tare_digest(0, bytes, sizeof bytes));
	assert_int_equal(tables.cann.rtsFuncGetByName(&binary.magic, "name", &function), 0);
	assert_int_equal(outer.seen.rule, TARE_RULE_TAKES_UNDER);
	assert_true(outer.seen.parent == (uintptr_t)&binary.magic);
	assert_true(outer.seen.content == 0);
	assert_int_equal(tables.cann.rtSetDevice(3), 0);
	assert_true(outer.seen.key == 4);
	assert_null(outer.seen.handle);
	assert_int_equal(tables.cann.aclrtResetDeviceForce(3), 0);
	assert_int_equal(outer.seen.rule, TARE_RULE_ENDS);
	assert_true(outer.seen.key == 4);
	assert_null(tables.cann.rtMemcpy);
	assert_null(tables.cann.rtDevBinaryUnRegister);
}

static void the_first_frame_is_who_called(void **state)
{
	uintptr_t here = (uintptr_t)&the_first_frame_is_who_called;
	void *memory = NULL;

	(void)state;
	assert_int_equal(tables.cann.rtMalloc(&memory, 1, 2, 0), 0);
	assert_in_range((uintptr_t)outer.seen.frames[0], here, here + 4096);
	assert_non_null(outer.seen.frames[1]);
	assert_int_equal(tables.cann.rtFree(memory), 0);
	assert_null(outer.seen.frames[0]);
}

static void files_and_objects_are_one_each(void **state)
{
	char path[300], other[300];
	void *object = NULL;
	uint64_t named;

	(void)state;
	assert_int_equal(tables.host.file_write("tare_test_.json", "{}", 2, path, sizeof path), TARE_OK);
	named = outer.seen.key;
	assert_true(named == tare_hash_text(path));
	assert_string_equal(path + strlen(path) - 5, ".json");
	assert_int_equal(access(path, X_OK), 0);
	assert_int_equal(tables.host.file_write("tare_test_", "{}", 2, other, sizeof other), TARE_OK);
	assert_string_not_equal(path, other);
	assert_int_equal(tables.host.object_open(TARE_OBJECT_AICORE, path, &object), TARE_E_IMAGE);
	assert_int_equal(outer.seen.account, TARE_ACCOUNT_IMAGE_REGISTRATIONS);
	assert_true(outer.seen.content == tare_digest(0, "{}", 2));
	assert_int_equal(tables.host.object_open(TARE_OBJECT_KERNEL, "libc.so.6", &object), TARE_E_ARGUMENT);
	assert_int_equal(outer.seen.account, TARE_ACCOUNT_HOST_OBJECTS);
	assert_int_equal(tables.host.file_remove(path), TARE_OK);
	assert_true(outer.seen.key == named);
	assert_int_equal(tables.host.file_remove(other), TARE_OK);
	assert_int_equal(tables.host.file_remove(path), TARE_E_IO);
	assert_int_equal(tables.host.file_write("tare_test_", "", 0, path, 8), TARE_E_ARGUMENT);
}

static void an_unwritable_folder_is_an_error(void **state)
{
	char path[300];

	(void)state;
	setenv("TMPDIR", "/nowhere/at/all", 1);
	assert_int_equal(tables.host.file_write("tare_test_", "x", 1, path, sizeof path), TARE_E_IO);
	unsetenv("TMPDIR");
}

static void *add_one(void *cookie)
{
	++*(int *)cookie;
	return NULL;
}

static void mappings_and_threads_come_and_go(void **state)
{
	void *mapping = NULL, *thread = NULL;
	int number = 1;

	(void)state;
	assert_int_equal(tables.host.mapping_take(5000, &mapping), TARE_OK);
	assert_int_equal(outer.seen.amount, 5000);
	memset(mapping, 1, 5000);
	assert_int_equal(tables.host.mapping_give(mapping, 5000), TARE_OK);
	assert_int_equal(tables.host.mapping_take(UINT64_MAX - 100, &mapping), TARE_E_ARGUMENT);
	assert_int_equal(tables.host.mapping_take(0, &mapping), TARE_E_ARGUMENT);
	assert_int_equal(tables.host.thread_start(add_one, &number, &thread), TARE_OK);
	assert_int_equal(tables.host.thread_join(thread), TARE_OK);
	assert_int_equal(number, 2);
}

static void every_call_has_its_name_and_its_facts(void **state)
{
	(void)state;
	for (unsigned id = TARE_CALL_NONE + 1; id < TARE_CALLS; id++) {
		const struct tare_call_info *info = tare_call_info((enum tare_call_id)id);

		assert_int_equal(tare_call_find(info->name), id);
		assert_int_not_equal(info->codes[0], 0);
		assert_true(info->kinds & TARE_FAULT_ERROR);
		assert_int_equal(info->codes[TARE_COUNT(info->codes) - 1], 0);
	}
	assert_int_equal(tare_call_find("rtUnregisterAllKernel"), TARE_CALL_NONE);
	assert_int_equal(tare_call_info(TARE_CALL_rtMemcpy)->kinds, TARE_FAULT_ERROR | TARE_FAULT_AFTER_EFFECT |
		TARE_FAULT_SHORT_COPY | TARE_FAULT_POISON);
	assert_string_equal(tare_call_info(TARE_CALL_halResMap)->group, "HAL");
	assert_int_equal(tare_call_info(TARE_CALL_dlog_setlevel)->fails, 0);
	assert_string_equal(tare_account_words(TARE_ACCOUNT_STREAMS), "streams");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(calls_pass_from_the_outermost_inwards_and_back, set_up),
		cmocka_unit_test_setup(a_tap_that_stops_a_call_answers_it, set_up),
		cmocka_unit_test_setup(an_error_that_was_done_keeps_its_key, set_up),
		cmocka_unit_test_setup(the_lists_say_who_what_and_under_whom, set_up),
		cmocka_unit_test_setup(the_first_frame_is_who_called, set_up),
		cmocka_unit_test_setup(files_and_objects_are_one_each, set_up),
		cmocka_unit_test_setup(an_unwritable_folder_is_an_error, set_up),
		cmocka_unit_test_setup(mappings_and_threads_come_and_go, set_up),
		cmocka_unit_test_setup(every_call_has_its_name_and_its_facts, set_up),
	};

	return cmocka_run_group_tests_name("driver", tests, NULL, NULL);
}
