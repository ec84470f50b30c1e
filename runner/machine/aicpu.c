/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aicpu - ops that a JSON file names, and the objects that the AICPU opens for them
 *
 * Loading a binary reads the file and nothing else; a function's names go to
 * the device when it is first looked up; its object is opened there when it
 * first runs, and stays open until the context ends: that is when the AICPU's
 * scheduler process stops (facts/cann.md 4.2, 4.5).
 */
#include "machine_priv.h"
#include "vendor.h"

#include <dlfcn.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void release_strings(struct tare__function *function, struct tare__device *device)
{
	struct tare__function_place *place = &function->places[tare__device_id(device)];

	if (place->strings)
		tare_must(tare__arena_give(&device->arena, TARE__BLOCK_OWN, place->strings) == 0);
	*place = (struct tare__function_place){ 0 };
}

static void function_discard(struct tare__function *function)
{
	for (size_t i = 0; i < TARE__DEVICES; i++)
		release_strings(function, &tare__machine.devices[i]);
	if (function->handle) {
		tare__handle_end(&tare__machine.handles, function->handle);
		tare__machine.functions--;
	}
	function->magic = TARE_MAGIC_NONE;
	free(function);
}

static void binary_discard(struct tare__binary *binary)
{
	while (binary->functions) {
		struct tare__function *function = binary->functions;

		binary->functions = function->next;
		function_discard(function);
	}
	if (binary->handle) {
		tare__handle_end(&tare__machine.handles, binary->handle);
		tare__machine.binaries--;
	}
	binary->magic = TARE_MAGIC_NONE;
	free(binary);
}

/* Copies a member that must be a string of fitting length. */
static bool copy_member(const json_t *object, const char *name, char *to, size_t room)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text || !text[0] || strlen(text) >= room)
		return false;
	strcpy(to, text);
	return true;
}

static int add_op(struct tare__binary *binary, const char *op, const json_t *value)
{
	const json_t *info = json_object_get(value, "opInfo");
	struct tare__function *function = calloc(1, sizeof *function);
	char library[32] = "";

	if (!function)
		return ACL_ERROR_RT_MEMORY_ALLOCATION;
	function->magic = TARE_MAGIC_FUNCTION;
	function->next = binary->functions;
	binary->functions = function;
	if (!op[0] || strlen(op) >= sizeof function->op)
		return ACL_ERROR_RT_PARAM_INVALID;
	strcpy(function->op, op);
	if (!copy_member(info, "functionName", function->symbol, sizeof function->symbol) ||
			!copy_member(info, "kernelSo", function->object, sizeof function->object) ||
			!copy_member(info, "opKernelLib", library, sizeof library))
		return ACL_ERROR_RT_PARAM_INVALID;
	/* a name in the store, not a path out of it */
	if (strchr(function->object, '/') || strcmp(library, "AICPUKernel") != 0)
		return ACL_ERROR_RT_PARAM_INVALID;
	return 0;
}

static int read_ops(struct tare__binary *binary, const char *path)
{
	json_t *root;
	json_error_t error;
	const char *op;
	json_t *value;
	int code = 0;

	root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(root) || !json_object_size(root)) {
		tare_log(tare__log(), TARE_LOG_WARN, "machine: %s: no ops can be read: %s", path, root ? "none there" : error.text);
		json_decref(root);
		return ACL_ERROR_RT_PARAM_INVALID;
	}
	json_object_foreach(root, op, value) {
		code = add_op(binary, op, value);
		if (code) {
			tare_log(tare__log(), TARE_LOG_WARN, "machine: %s: op %.80s is not described", path, op);
			break;
		}
	}
	json_decref(root);
	return code;
}

/* The path with its extension changed to .json: that is the file which is read. */
static int json_path(const char *path, char *to, size_t room)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
	size_t length = dot && (!slash || dot > slash) ? (size_t)(dot - path) : strlen(path);

	if (length + sizeof ".json" > room)
		return ACL_ERROR_RT_PARAM_INVALID;
	memcpy(to, path, length);
	strcpy(to + length, ".json");
	return 0;
}

/* Only the way in which the file alone counts is known here. */
static int check_mode(const struct tare_rt_load_config *config)
{
	if (!config || !config->count || !config->options)
		return ACL_ERROR_RT_PARAM_INVALID;
	for (size_t i = 0; i < config->count; i++)
		if (config->options[i].id == RT_LOAD_BINARY_OPT_CPU_KERNEL_MODE)
			return config->options[i].value[0] ? ACL_ERROR_RT_FEATURE_NOT_SUPPORT : 0;
	return ACL_ERROR_RT_PARAM_INVALID;
}

static int load(const char *path, struct tare__binary **loaded)
{
	struct tare__binary *binary = calloc(1, sizeof *binary);
	int code;

	if (!binary)
		return ACL_ERROR_RT_MEMORY_ALLOCATION;
	code = read_ops(binary, path);
	if (code)
		goto fail;
	if (tare__handle_give(&tare__machine.handles, TARE__HANDLE_BINARY, binary, &binary->handle)) {
		code = ACL_ERROR_RT_MEMORY_ALLOCATION;
		goto fail;
	}
	tare__machine.binaries++;
	binary->magic = TARE_MAGIC_BINARY;
	*loaded = binary;
	return 0;
fail:
	binary_discard(binary);
	return code;
}

int rtsBinaryLoadFromFile(const char *path, const struct tare_rt_load_config *config, rtBinHandle *handle)
{
	struct tare__binary *binary;
	char json[4096];
	int code;

	if (!path || !path[0] || !handle)
		return ACL_ERROR_RT_PARAM_INVALID;
	code = check_mode(config);
	if (!code)
		code = json_path(path, json, sizeof json);
	if (code)
		return code;
	tare__lock();
	tare__setup_ensure();
	code = load(json, &binary);
	if (!code)
		*handle = (void *)(uintptr_t)binary->handle;
	tare__unlock();
	return code;
}

static struct tare__binary *find_binary(const void *handle)
{
	return tare__handle_find(&tare__machine.handles, TARE__HANDLE_BINARY, (uint64_t)(uintptr_t)handle);
}

static bool is_in_flight(const struct tare__binary *binary)
{
	for (const struct tare__function *f = binary->functions; f; f = f->next)
		if (f->in_flight)
			return true;
	return false;
}

/* Needs no context: it may come after the last reset. */
int rtsBinaryUnload(rtBinHandle handle)
{
	struct tare__binary *binary;

	tare__lock();
	while ((binary = find_binary(handle)) && is_in_flight(binary))
		for (size_t i = 0; i < TARE__DEVICES; i++)
			if (tare__machine.devices[i].references)
				tare__drive_device(&tare__machine.devices[i]);
	if (binary)
		binary_discard(binary);
	tare__unlock();
	return binary ? 0 : ACL_ERROR_RT_PARAM_INVALID;
}

/* The AICPU finds a function by names in device memory. */
static int copy_strings(struct tare__device *device, struct tare__function *function)
{
	struct tare__function_place *place = &function->places[tare__device_id(device)];
	size_t object = strlen(function->object) + 1, symbol = strlen(function->symbol) + 1;

	if (place->strings)
		return 0;
	if (tare__arena_take(&device->arena, object + symbol, TARE__BLOCK_OWN, &place->strings))
		return ACL_ERROR_RT_MEMORY_ALLOCATION;
	memcpy(place->strings, function->object, object);
	memcpy((char *)place->strings + object, function->symbol, symbol);
	return 0;
}

static int look_up(const struct tare__binary *binary, const char *name, struct tare__function **found)
{
	struct tare__device *device = tare__device_bound();
	struct tare__function *function = binary->functions;
	int code;

	while (function && strcmp(function->op, name) != 0)
		function = function->next;
	if (!function)
		return ACL_ERROR_RT_PARAM_INVALID;
	if (!device)
		return ACL_ERROR_RT_CONTEXT_NULL;
	if (device->poisoned)
		return ACL_ERROR_RT_DRV_INTERNAL_ERROR;
	code = copy_strings(device, function);
	if (code)
		return code;
	if (!function->handle) {
		if (tare__handle_give(&tare__machine.handles, TARE__HANDLE_FUNCTION, function, &function->handle))
			return ACL_ERROR_RT_MEMORY_ALLOCATION;
		tare__machine.functions++;
	}
	*found = function;
	return 0;
}

int rtsFuncGetByName(rtBinHandle handle, const char *name, rtFuncHandle *function)
{
	struct tare__function *found;
	const struct tare__binary *binary;
	int code = ACL_ERROR_RT_PARAM_INVALID;

	if (!handle || !name || !function)
		return code;
	tare__lock();
	binary = find_binary(handle);
	if (binary)
		code = look_up(binary, name, &found);
	if (!code)
		*function = (void *)(uintptr_t)found->handle;
	tare__unlock();
	return code;
}

void tare__binaries_forget(void)
{
	struct tare__binary *binary;
	uint32_t cursor = 0;

	while ((binary = tare__handle_each(&tare__machine.handles, TARE__HANDLE_BINARY, &cursor)))
		binary_discard(binary);
}

/* -- on the device -- */

static struct tare__aicpu_object *open_object(struct tare__device *device, const char *name)
{
	char path[TARE_MACHINE_PATH + 160];
	struct tare__aicpu_object *object;
	int bound;

	for (object = device->objects; object; object = object->next)
		if (!strcmp(object->name, name))
			return object;
	object = calloc(1, sizeof *object);
	if (!object || tare__root_ensure() || tare__store_path(name, path, sizeof path))
		goto fail;
	object->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!object->object) {
		tare_log(tare__log(), TARE_LOG_WARN, "machine: the AICPU cannot open %s: %s", name, dlerror());
		goto fail;
	}
	bound = tare__object_bind(object->object);
	if (bound < 0) {
		dlclose(object->object);
		goto fail;
	}
	object->foreign = bound > 0;
	strcpy(object->name, name);
	object->next = device->objects;
	device->objects = object;
	device->object_count++;
	return object;
fail:
	free(object);
	return NULL;
}

int tare__function_entry(struct tare__device *device, struct tare__function *function,
	struct tare__function_place **place)
{
	struct tare__function_place *here = &function->places[tare__device_id(device)];
	struct tare__aicpu_object *object;

	if (!here->entry) {
		object = open_object(device, function->object);
		if (!object)
			return ACL_ERROR_RT_AICPU_EXCEPTION;
		here->entry = tare__object_entry(object->object, function->symbol);
		here->foreign = object->foreign;
		if (!here->entry)
			return ACL_ERROR_RT_AICPU_EXCEPTION;
	}
	*place = here;
	return 0;
}

/* A loader follows whatever it is told, and the bytes are only what a program on the device says they are. */
static bool is_object(const void *bytes, uint64_t size)
{
	struct tare_image image;
	char error[128] = "outside device memory";

	if (tare__device_memory((uint64_t)(uintptr_t)bytes, size) &&
	    tare_image_read_here(bytes, size, &image, error, sizeof error) == TARE_OK)
		return true;
	tare_log(tare__log(), TARE_LOG_WARN, "machine: what the AICPU is to open is no object: %s", error);
	return false;
}

/* Within a launch, on the AICPU's stack: whoever drives the device is not inside the lock. */
static int lend_object(void *cookie, const char *name, const void *bytes, uint64_t size, uint64_t *handle)
{
	struct tare__device *device = cookie;
	struct tare__aicpu_object *object;

	if (!is_object(bytes, size))
		return TARE_E_IMAGE;
	object = calloc(1, sizeof *object);
	if (!object)
		return TARE_E_MEMORY;
	tare__lock();
	object->object = tare__object_open(bytes, size);
	if (object->object) {
		snprintf(object->name, sizeof object->name, "lent %s", name); /* no file of the store is called so */
		object->next = device->objects;
		device->objects = object;
		device->object_count++;
	}
	tare__unlock();
	if (!object->object) {
		free(object);
		return TARE_E_IMAGE;
	}
	*handle = (uint64_t)(uintptr_t)object->object;
	return 0;
}

static int find_lent(void *cookie, uint64_t handle, const char *name, uint64_t *address)
{
	void *symbol = handle ? dlsym((void *)(uintptr_t)handle, name) : NULL;

	(void)cookie;
	if (!symbol)
		return TARE_E_NOT_FOUND;
	*address = (uint64_t)(uintptr_t)symbol;
	return 0;
}

static int close_lent(void *cookie, uint64_t handle)
{
	struct tare__device *device = cookie;
	struct tare__aicpu_object **place, *object;

	tare__lock();
	for (place = &device->objects; *place && (uint64_t)(uintptr_t)(*place)->object != handle;)
		place = &(*place)->next;
	object = *place;
	if (object) {
		*place = object->next;
		device->object_count--;
		dlclose(object->object);
	}
	tare__unlock();
	free(object);
	return object ? 0 : TARE_E_NOT_FOUND;
}

struct tare_fabric_objects tare__aicpu_lends(struct tare__device *device)
{
	return (struct tare_fabric_objects){ .cookie = device, .open = lend_object, .symbol = find_lent, .close = close_lent };
}

void tare__aicpu_leave(struct tare__device *device)
{
	const struct tare__binary *binary;
	uint32_t cursor = 0;

	while ((binary = tare__handle_each(&tare__machine.handles, TARE__HANDLE_BINARY, &cursor)))
		for (struct tare__function *f = binary->functions; f; f = f->next)
			release_strings(f, device);
	while (device->objects) {
		struct tare__aicpu_object *object = device->objects;

		device->objects = object->next;
		dlclose(object->object);
		free(object);
	}
	device->object_count = 0;
}
