/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same table of calls over each embedded cell and over each shared object:
 * what the published entries answer to NULL (facts/runtime.md 1.8), and what
 * comm_* answer to anything.
 */
#include <tare/abi.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>
#include <tare/text.h>

static const struct tare_cell cells[] = {
	{ TARE_ARCH_A2A3, TARE_PLATFORM_ONBOARD, TARE_GRAPH_HBG },
	{ TARE_ARCH_A2A3, TARE_PLATFORM_ONBOARD, TARE_GRAPH_TRB },
	{ TARE_ARCH_A2A3, TARE_PLATFORM_SIM, TARE_GRAPH_HBG },
	{ TARE_ARCH_A2A3, TARE_PLATFORM_SIM, TARE_GRAPH_TRB },
	{ TARE_ARCH_A5, TARE_PLATFORM_ONBOARD, TARE_GRAPH_HBG },
	{ TARE_ARCH_A5, TARE_PLATFORM_ONBOARD, TARE_GRAPH_TRB },
	{ TARE_ARCH_A5, TARE_PLATFORM_SIM, TARE_GRAPH_HBG },
	{ TARE_ARCH_A5, TARE_PLATFORM_SIM, TARE_GRAPH_TRB },
};

/* A shared object's entries by name, as any user of the ABI finds them. */
static void *open_object(struct tare_cell cell, struct tare_abi *abi, const struct tare_ext **ext)
{
	char path[512];
	void *object;

	snprintf(path, sizeof path, "%s/libhost_runtime_%s_%s_%s.so", TARE_TEST_OBJECTS, tare_arch_name(cell.arch),
		tare_platform_name(cell.platform), tare_graph_name(cell.graph));
	object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!object)
		fail_msg("%s", dlerror());
#define TARE_ABI(result, name, parameters)                                                                            \
	assert_non_null(dlsym(object, #name));                                                                        \
	tare_function_from(dlsym(object, #name), &abi->name, sizeof abi->name);
#include <tare/abi.def>
#undef TARE_ABI
	*ext = dlsym(object, "tare_ext_v1");
	assert_non_null(*ext);
	return object;
}

static void expect_null_answers(const struct tare_abi *abi)
{
	uint8_t bytes[8] = { 0 };
	struct tare_run_timing timing = { 1, 1 };

	abi->destroy_device_context(NULL);
	assert_null(abi->device_malloc_ctx(NULL, 8));
	abi->device_free_ctx(NULL, bytes);
	abi->device_free_ctx(NULL, NULL);
	assert_int_equal(abi->copy_to_device_ctx(NULL, bytes, bytes, 8), -1);
	assert_int_equal(abi->copy_from_device_ctx(NULL, bytes, bytes, 8), -1);
	assert_int_equal(abi->simpler_init(NULL, 0, bytes, 8, bytes, 8, bytes, 8), -1);
	assert_int_equal(abi->prepare_callable(NULL, 0, bytes), -1);
	assert_int_equal(abi->run_prepared(NULL, bytes, 0, bytes, 0, 3, 0, 0, 0, 0, 0, NULL, &timing), -1);
	assert_int_equal(timing.host_wall_ns + timing.device_wall_ns, 0);
	assert_int_equal(abi->run_prepared(NULL, NULL, 0, NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL), -1);
	assert_int_equal(abi->unregister_callable(NULL, 0), -1);
	assert_int_equal(abi->get_aicpu_dlopen_count(NULL), 0);
	assert_int_equal(abi->get_host_dlopen_count(NULL), 0);
	assert_int_equal(abi->finalize_device(NULL), -1);
	assert_int_equal(abi->ensure_acl_ready_ctx(NULL, 0), -1);
	assert_null(abi->create_comm_stream_ctx(NULL));
	assert_int_equal(abi->destroy_comm_stream_ctx(NULL, NULL), -1);
	assert_in_range(abi->get_runtime_size(), 1, 4096);
}

static void expect_no_communication(const struct tare_abi *abi)
{
	uint64_t word = 77;
	uint32_t ranks[2] = { 0, 1 };
	size_t size = 77;

	assert_null(abi->comm_init(0, 2, NULL, "nowhere"));
	assert_int_equal(abi->comm_alloc_windows(NULL, 4096, &word), -1);
	assert_int_equal(abi->comm_get_local_window_base(NULL, &word), -1);
	assert_int_equal(abi->comm_get_window_size(NULL, &size), -1);
	assert_int_equal(abi->comm_derive_context(NULL, ranks, 2, 0, 0, 4096, &word), -1);
	assert_int_equal(abi->comm_alloc_domain_windows(NULL, 1, ranks, 2, 0, 4096, &word, &word), -1);
	assert_int_equal(abi->comm_release_domain_windows(NULL, 1, 2, 0), -1);
	assert_int_equal(abi->comm_barrier(NULL), -1);
	assert_int_equal(abi->comm_destroy(NULL), -1);
	assert_int_equal(word, 77);
	assert_int_equal(size, 77);
}

static void expect_ext_null_answers(const struct tare_ext *ext)
{
	struct tare_dump dump = { .device = 77 };

	assert_int_equal(ext->revision, 1);
	assert_int_equal(ext->size, sizeof *ext);
	assert_int_equal(ext->prepare_sized(NULL, 0, &dump, 8), -1);
	assert_int_equal(ext->setup_static_arena(NULL, 1, 1, 1), -1);
	assert_null(ext->acquire_heap(NULL));
	assert_null(ext->acquire_shared(NULL));
	assert_null(ext->acquire_runtime(NULL));
	assert_int_equal(ext->committed_bytes(NULL), 0);
	ext->dump(NULL, &dump);
	assert_int_equal(dump.device, 77);
}

/* A context without a device: nothing of it reaches a driver. */
static void expect_fresh_context(const struct tare_abi *abi, const struct tare_ext *ext, void *context)
{
	struct tare_dump dump;
	uint8_t bytes[8] = { 0 };

	assert_non_null(context);
	ext->dump(context, &dump);
	assert_int_equal(dump.device, -1);
	assert_int_equal(dump.committed_blocks, 0);
	assert_int_equal(dump.references, 0);
	assert_null(abi->device_malloc_ctx(context, 8));
	abi->device_free_ctx(context, bytes);
	assert_int_equal(abi->copy_to_device_ctx(context, NULL, bytes, 8), -1);
	assert_int_equal(abi->copy_to_device_ctx(context, bytes, NULL, 8), -1);
	assert_int_equal(abi->copy_from_device_ctx(context, NULL, bytes, 8), -1);
	assert_int_equal(abi->simpler_init(context, -1, bytes, 8, bytes, 8, bytes, 8), -1);
	assert_int_equal(abi->simpler_init(context, 0, NULL, 0, NULL, 0, NULL, 0), -1);
	assert_int_equal(abi->prepare_callable(context, 0, NULL), -1);
	assert_int_equal(abi->run_prepared(context, bytes, 0, bytes, 0, 3, 0, 0, 0, 0, 0, NULL, NULL), -1);
	assert_int_equal(abi->run_prepared(context, NULL, 0, bytes, 0, 3, 0, 0, 0, 0, 0, NULL, NULL), -1);
	assert_int_equal(abi->unregister_callable(context, 0), 0);
	assert_int_equal(abi->unregister_callable(context, -5), 0);
	assert_int_equal(ext->setup_static_arena(context, 1, 1, 1), -1);
	assert_int_equal(abi->ensure_acl_ready_ctx(context, 0), 0);
	assert_null(abi->create_comm_stream_ctx(context));
	assert_int_equal(abi->destroy_comm_stream_ctx(context, NULL), 0);
	assert_int_equal(abi->finalize_device(context), 0);
	assert_int_equal(abi->finalize_device(context), 0);
	abi->destroy_device_context(context);
}

static void embedded_cells_answer_null(void **state)
{
	const struct tare_log silent = { 0 };
	struct tare_tables tables = { 0 };

	(void)state;
	tare_host_bind(&tables.host);
	for (size_t i = 0; i < TARE_COUNT(cells); i++) {
		const struct tare_abi *abi = tare_embedded(cells[i]);

		assert_non_null(abi);
		expect_null_answers(abi);
		expect_no_communication(abi);
		expect_ext_null_answers(&tare_ext_v1);
		expect_fresh_context(abi, &tare_ext_v1, tare_ext_v1.open(cells[i], &tables, &silent));
		assert_null(tare_ext_v1.open(cells[i], NULL, &silent));
	}
	assert_null(tare_embedded((struct tare_cell){ TARE_ARCH_A5, TARE_PLATFORM_SIM, TARE_GRAPH_COUNT }));
}

static void shared_objects_answer_null(void **state)
{
	const struct tare_log silent = { 0 };
	struct tare_tables tables = { 0 };

	(void)state;
	tare_host_bind(&tables.host);
	for (size_t i = 0; i < TARE_COUNT(cells); i++) {
		const struct tare_ext *ext;
		struct tare_abi abi;
		void *object = open_object(cells[i], &abi, &ext);

		expect_null_answers(&abi);
		expect_no_communication(&abi);
		expect_ext_null_answers(ext);
		expect_fresh_context(&abi, ext, ext->open(cells[i], &tables, &silent));
		expect_fresh_context(&abi, ext, abi.create_device_context());
		assert_null(ext->open(cells[(i + 1) % TARE_COUNT(cells)], &tables, &silent));
		assert_int_equal(dlclose(object), 0);
	}
}

static void a_bad_log_level_creates_nothing(void **state)
{
	const struct tare_abi *abi = tare_embedded(cells[1]);
	void *context;

	(void)state;
	assert_int_equal(setenv("TARE_LOG", "loud", 1), 0);
	assert_null(abi->create_device_context());
	assert_int_equal(setenv("TARE_LOG", "error", 1), 0);
	context = abi->create_device_context();
	assert_non_null(context);
	abi->destroy_device_context(context);
	assert_int_equal(unsetenv("TARE_LOG"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(embedded_cells_answer_null),
		cmocka_unit_test(shared_objects_answer_null),
		cmocka_unit_test(a_bad_log_level_creates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
