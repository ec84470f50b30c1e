/* SPDX-License-Identifier: Apache-2.0 */
/* cann_test - our declarations have the vendor's layouts (facts/cann.md 2.2), the library shows what its map says */
#include "test_bench.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include <tare/image.h>

#define AT(type, field, offset) { sizeof(struct type), #type "." #field, offsetof(struct type, field), offset }

static void fields_lie_where_the_vendor_has_them(void **state)
{
	static const struct {
		size_t size;
		const char *name;
		size_t is, wanted;
	} fields[] = {
		AT(tare_rt_binary, version, 4), AT(tare_rt_binary, data, 8), AT(tare_rt_binary, length, 16),
		AT(tare_rt_task_config, part_id, 1), AT(tare_rt_task_config, schedule_mode, 2),
		AT(tare_rt_task_config, d2d_cross, 3), AT(tare_rt_task_config, block_dim_offset, 4),
		AT(tare_rt_task_config, dump, 8), AT(tare_rt_task_config, never_timeout, 9),
		AT(tare_rt_task_config, local_memory, 12), AT(tare_rt_host_input, data_offset, 4),
		AT(tare_rt_args, host_inputs, 8), AT(tare_rt_args, size, 16), AT(tare_rt_args, tiling_address_offset, 20),
		AT(tare_rt_args, tiling_data_offset, 24), AT(tare_rt_args, host_input_count, 28),
		AT(tare_rt_args, has_tiling, 30), AT(tare_rt_args, no_host_copy, 31),
		AT(tare_rt_aicpu_args, host_inputs, 8), AT(tare_rt_aicpu_args, kernel_offsets, 16),
		AT(tare_rt_aicpu_args, size, 24), AT(tare_rt_aicpu_args, host_input_count, 28),
		AT(tare_rt_aicpu_args, kernel_offset_count, 30), AT(tare_rt_aicpu_args, so_name_offset, 32),
		AT(tare_rt_aicpu_args, kernel_name_offset, 36), AT(tare_rt_aicpu_args, no_host_copy, 40),
		AT(tare_rt_aicpu_args, timeout, 42), AT(tare_rt_cpu_args, head_offset, 48), AT(tare_rt_cpu_args, reserved, 56),
		AT(tare_rt_launch_attribute, value, 4), AT(tare_rt_launch_config, count, 8),
		AT(tare_rt_load_option, value, 4), AT(tare_rt_load_config, count, 8), AT(tare_hal_map_in, device, 4),
		AT(tare_hal_map_out, length, 8), AT(tare_hal_resource, type, 4), AT(tare_hal_resource, id, 8),
		AT(tare_hal_resource, flag, 12), AT(tare_hal_resource, reserved, 16),
	};

	(void)state;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (fields[i].is != fields[i].wanted)
			print_error("%s\n", fields[i].name);
		assert_int_equal(fields[i].is, fields[i].wanted);
	}
}

static void structs_are_as_large_as_the_vendors(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct tare_rt_binary), 24);
	assert_int_equal(sizeof(struct tare_rt_task_config), 16);
	assert_int_equal(sizeof(struct tare_rt_host_input), 8);
	assert_int_equal(sizeof(struct tare_rt_args), 40);
	assert_int_equal(sizeof(struct tare_rt_aicpu_args), 48);
	assert_int_equal(sizeof(struct tare_rt_cpu_args), 72);
	assert_int_equal(sizeof(struct tare_rt_launch_attribute), 20);
	assert_int_equal(sizeof(struct tare_rt_launch_config), 16);
	assert_int_equal(sizeof(struct tare_rt_load_option), 20);
	assert_int_equal(sizeof(struct tare_rt_load_config), 16);
	assert_int_equal(sizeof(struct tare_hal_map_in), 8);
	assert_int_equal(sizeof(struct tare_hal_map_out), 16);
	assert_int_equal(sizeof(struct tare_hal_resource), 20);
	assert_int_equal(sizeof(struct tare_hccl_root), 4108);
}

struct map {
	char names[128][64];
	size_t count;
};

static void read_map(struct map *map)
{
	FILE *from = fopen(TEST_MAP, "r");
	char line[256];

	assert_non_null(from);
	while (fgets(line, sizeof line, from) && !strstr(line, "local:"))
		if (map->count < 128 && sscanf(line, "\t%63[A-Za-z_0-9];", map->names[map->count]) == 1 && strchr(line, ';'))
			map->count++;
	fclose(from);
}

static bool is_listed(const struct map *map, const char *name)
{
	for (size_t i = 0; i < map->count; i++)
		if (!strcmp(map->names[i], name))
			return true;
	return false;
}

static void every_name_of_the_map_is_exported(void **state)
{
	void *library = dlopen(TEST_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	struct map map = { .count = 0 };

	(void)state;
	assert_non_null(library);
	read_map(&map);
	assert_true(map.count > 60);
	for (size_t i = 0; i < map.count; i++) {
		if (!dlsym(library, map.names[i]))
			print_error("%s is in the map and not in the library\n", map.names[i]);
		assert_non_null(dlsym(library, map.names[i]));
	}
	assert_null(dlsym(library, "rtUnregisterAllKernel"));
	assert_null(dlsym(library, "tare_log"));
	dlclose(library);
}

static int look_for_strangers(const char *name, void *cookie)
{
	if (name[0] == '_' || is_listed(cookie, name))
		return 0;
	print_error("%s is in the library and not in the map\n", name);
	return 1;
}

static void nothing_else_is_exported(void **state)
{
	struct test_file library = test_read(TEST_LIBRARY);
	struct map map = { .count = 0 };

	(void)state;
	read_map(&map);
	assert_int_equal(tare_image_symbols(library.bytes, library.size, look_for_strangers, &map), 0);
	assert_true(tare_image_defines(library.bytes, library.size, "rtMalloc"));
	free(library.bytes);
}

static void every_call_of_the_runner_is_in_the_map(void **state)
{
	static const char *const calls[] = {
#define TARE_CANN(group, name, parameters, arguments, rule, codes, kinds, failure) #name,
#include <tare/cann.def>
#undef TARE_CANN
	};
	struct map map = { .count = 0 };

	(void)state;
	read_map(&map);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		assert_true(is_listed(&map, calls[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_lie_where_the_vendor_has_them),
		cmocka_unit_test(structs_are_as_large_as_the_vendors),
		cmocka_unit_test(every_name_of_the_map_is_exported),
		cmocka_unit_test(nothing_else_is_exported),
		cmocka_unit_test(every_call_of_the_runner_is_in_the_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
