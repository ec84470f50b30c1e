/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image - AICore images: a host copy from registration on, device bytes from the first launch on
 *
 * Registration needs no device and takes no device memory; the first launch of
 * a handle loads it, and whatever goes wrong there is 207001 (facts/cann.md
 * 4.1).  That is why a runner that registers at every launch runs out of
 * memory at a launch.
 */
#include "machine_priv.h"
#include "vendor.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <tare/text.h>

enum { SIMT_EXTRA = 1280, PAGE = 4096 };

static bool ends_with(const char *name, size_t length, const char *tail, size_t *rest)
{
	size_t size = strlen(tail);

	if (length < size || memcmp(name + length - size, tail, size) != 0)
		return false;
	*rest = length - size;
	return true;
}

/* "<anything>_<number>" with or without _mix_aic, _mix_aiv. 0, or TARE_E_ARGUMENT. */
static int read_key(const char *name, uint64_t *key, bool *aic, bool *aiv)
{
	size_t length = strlen(name), digits;
	char number[24];

	*aic = *aiv = true;
	if (ends_with(name, length, "_mix_aic", &length))
		*aiv = false;
	else if (ends_with(name, length, "_mix_aiv", &length))
		*aic = false;
	for (digits = 0; digits < length && strchr("0123456789", name[length - digits - 1]); digits++)
		;
	if (!digits || digits >= sizeof number || digits == length || name[length - digits - 1] != '_')
		return TARE_E_ARGUMENT;
	memcpy(number, name + length - digits, digits);
	number[digits] = 0;
	return tare_number(number, false, key);
}

static struct tare__kernel *find_kernel(const struct tare__program *program, uint64_t key)
{
	for (uint32_t i = 0; i < program->kernel_count; i++)
		if (program->kernels[i].key == key)
			return &program->kernels[i];
	return NULL;
}

static struct tare__kernel *add_kernel(struct tare__program *program, uint64_t key)
{
	struct tare__kernel *grown = realloc(program->kernels, (program->kernel_count + 1) * sizeof *grown);

	if (!grown)
		return NULL;
	program->kernels = grown;
	grown += program->kernel_count++;
	*grown = (struct tare__kernel){ .key = key };
	return grown;
}

/* Names of the linker and of our own device interface are no kernels. */
static int visit_symbol(const char *name, void *cookie)
{
	struct tare__program *program = cookie;
	struct tare__kernel *kernel;
	bool aic, aiv;
	uint64_t key;

	if (name[0] == '_' || !strncmp(name, "tare_", 5))
		return 0;
	if (strlen(name) >= sizeof kernel->aic || read_key(name, &key, &aic, &aiv))
		return ACL_ERROR_RT_PARAM_INVALID;
	kernel = find_kernel(program, key);
	if (!kernel)
		kernel = add_kernel(program, key);
	if (!kernel)
		return ACL_ERROR_RT_MEMORY_ALLOCATION;
	if (aic)
		strcpy(kernel->aic, name);
	if (aiv)
		strcpy(kernel->aiv, name);
	return 0;
}

static void program_discard(struct tare__program *program)
{
	for (size_t i = 0; i < TARE__DEVICES; i++)
		if (program->modules[i])
			tare__module_release(&tare__machine.devices[i], program->modules[i]);
	if (program->handle) {
		tare__handle_end(&tare__machine.handles, program->handle);
		tare__machine.programs--;
	}
	program->magic = TARE_MAGIC_NONE;
	free(program->kernels);
	free(program->bytes);
	free(program);
}

static int read_program(struct tare__program *program)
{
	char error[256];
	int code;

	if (tare_image_read_here(program->bytes, program->size, &program->image, error, sizeof error)) {
		tare_log(tare__log(), TARE_LOG_WARN, "machine: an image cannot be registered: %s", error);
		return ACL_ERROR_RT_INTERNAL_ERROR;
	}
	code = tare_image_symbols(program->bytes, program->size, visit_symbol, program);
	if (code == ACL_ERROR_RT_PARAM_INVALID || (!code && !program->kernel_count)) {
		tare_log(tare__log(), TARE_LOG_WARN, "machine: an image cannot be registered: a kernel's name does not "
			"end in its tiling key, or there is none");
		return ACL_ERROR_RT_PARAM_INVALID;
	}
	return code;
}

static int register_image(const struct tare_rt_binary *binary, struct tare__program **registered)
{
	struct tare__program *program = calloc(1, sizeof *program);
	int code = ACL_ERROR_RT_MEMORY_ALLOCATION;

	if (!program)
		return code;
	program->bytes = malloc(binary->length);
	if (!program->bytes)
		goto fail;
	memcpy(program->bytes, binary->data, binary->length);
	program->size = binary->length;
	code = read_program(program);
	if (code)
		goto fail;
	if (tare__handle_give(&tare__machine.handles, TARE__HANDLE_PROGRAM, program, &program->handle)) {
		code = ACL_ERROR_RT_MEMORY_ALLOCATION;
		goto fail;
	}
	tare__machine.programs++;
	tare__machine.registrations++;
	program->magic = TARE_MAGIC_PROGRAM;
	*registered = program;
	return 0;
fail:
	program_discard(program);
	return code;
}

int rtRegisterAllKernel(const struct tare_rt_binary *binary, void **handle)
{
	struct tare__program *program;
	int code;

	if (!binary || !handle || !binary->data || !binary->length || binary->length > TARE_IMAGE_BYTES_MAX)
		return ACL_ERROR_RT_PARAM_INVALID;
	if (binary->magic != RT_DEV_BINARY_MAGIC_ELF && binary->magic != RT_DEV_BINARY_MAGIC_ELF_AIVEC &&
			binary->magic != RT_DEV_BINARY_MAGIC_ELF_AICUBE)
		return ACL_ERROR_RT_PARAM_INVALID;
	tare__lock();
	tare__setup_ensure();
	code = register_image(binary, &program);
	if (!code)
		*handle = (void *)(uintptr_t)program->handle;
	tare__unlock();
	return code;
}

int tare__program_door(const void *handle, struct tare__program **program)
{
	const uint64_t number = (uint64_t)(uintptr_t)handle;

	*program = tare__handle_find(&tare__machine.handles, TARE__HANDLE_PROGRAM, number);
	if (*program)
		return 0;
	if (tare__handle_was(&tare__machine.handles, TARE__HANDLE_PROGRAM, number)) {
		tare__machine.used_after_unregister++;
		tare_log(tare__log(), TARE_LOG_WARN, "machine: an image is used after it was unregistered");
	}
	return ACL_ERROR_RT_PARAM_INVALID;
}

/* Whether a launch in some queue still needs it; then its device is run first. */
static struct tare__device *device_that_uses(const struct tare__program *program)
{
	for (size_t i = 0; i < TARE__DEVICES; i++)
		if (program->modules[i] && program->modules[i]->in_flight)
			return &tare__machine.devices[i];
	return NULL;
}

int rtDevBinaryUnRegister(void *handle)
{
	struct tare__program *program;
	struct tare__device *device;
	int code;

	if (!handle)
		return ACL_ERROR_RT_PARAM_INVALID;
	tare__lock();
	while (!(code = tare__program_door(handle, &program)) && (device = device_that_uses(program)))
		tare__drive_device(device);
	if (!code)
		program_discard(program);
	tare__unlock();
	return code;
}

static uint64_t device_cost(const struct tare__program *program)
{
	uint64_t size = program->size;

	if (tare__machine.setup.cost == TARE_COST_ALLOC_SPAN) {
		size = program->image.alloc_span;
		if (tare__arch()->id == TARE_ARCH_A5)
			size += SIMT_EXTRA;
	}
	return (size + PAGE - 1) / PAGE * PAGE;
}

void tare__module_release(struct tare__device *device, struct tare__module *module)
{
	struct tare__module **link = &device->modules;

	while (*link != module)
		link = &(*link)->next;
	*link = module->next;
	device->module_count--;
	device->module_bytes -= module->cost;
	module->program->modules[tare__device_id(device)] = NULL;
	if (module->object)
		dlclose(module->object);
	if (module->block)
		tare_must(tare__arena_give(&device->arena, TARE__BLOCK_OWN, module->block) == 0);
	free(module->entries);
	free(module);
}

static int find_entries(struct tare__module *module)
{
	const struct tare__program *program = module->program;

	module->entries = calloc(program->kernel_count, 2 * sizeof *module->entries);
	if (!module->entries)
		return TARE_E_MEMORY;
	for (uint32_t i = 0; i < program->kernel_count; i++) {
		const struct tare__kernel *kernel = &program->kernels[i];

		if (kernel->aic[0])
			module->entries[2 * i] = tare__object_entry(module->object, kernel->aic);
		if (kernel->aiv[0])
			module->entries[2 * i + 1] = tare__object_entry(module->object, kernel->aiv);
		if (!module->entries[2 * i] || !module->entries[2 * i + 1])
			return TARE_E_IMAGE;
	}
	return 0;
}

static int load(struct tare__device *device, struct tare__program *program, struct tare__module **loaded)
{
	struct tare__module *module = calloc(1, sizeof *module);
	int bound;

	if (!module)
		return ACL_ERROR_RT_MEMORY_ALLOCATION;
	module->program = program;
	module->cost = device_cost(program);
	module->next = device->modules;
	device->modules = module;
	device->module_count++;
	device->module_bytes += module->cost;
	program->modules[tare__device_id(device)] = module;
	if (tare__arena_take(&device->arena, module->cost, TARE__BLOCK_OWN, &module->block))
		goto fail;
	memcpy(module->block, program->bytes, program->size < module->cost ? program->size : module->cost);
	module->object = tare__object_open(program->bytes, program->size);
	if (!module->object)
		goto fail;
	bound = tare__object_bind(module->object);
	if (bound < 0 || find_entries(module))
		goto fail;
	module->foreign = bound > 0;
	*loaded = module;
	return 0;
fail:
	tare__module_release(device, module);
	return ACL_ERROR_RT_MEMORY_ALLOCATION;
}

int tare__module_get(struct tare__device *device, struct tare__program *program, uint64_t key,
	struct tare__module **module, uint32_t *kernel)
{
	const struct tare__kernel *found = find_kernel(program, key);

	if (!found)
		return ACL_ERROR_RT_INTERNAL_ERROR;
	*kernel = (uint32_t)(found - program->kernels);
	*module = program->modules[tare__device_id(device)];
	return *module ? 0 : load(device, program, module);
}

void tare__programs_forget(void)
{
	struct tare__program *program;
	uint32_t cursor = 0;

	while ((program = tare__handle_each(&tare__machine.handles, TARE__HANDLE_PROGRAM, &cursor)))
		program_discard(program);
}
