/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The assumption that the machine stands on: the loaded AICPU object and the
 * loaded AICore image are stepped on the caller's thread, and run kernel text
 * in place in device memory, through a second, executable view of it; a kernel
 * that hangs is left by the timer, and the fabric goes on.  It must hold
 * natively, under memcheck, AddressSanitizer and gdb.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <valgrind/valgrind.h>

#include <tare/object.h>
#include <tare/status.h>

#include "launch.h"

#define MEMORY_BYTES 65536u
enum { MS = 1000000 };

/* Kernels as they lie in device memory: text alone, no relocation. */
extern const unsigned char blob_stamp[], blob_stamp_end[];
extern const unsigned char blob_constant[], blob_constant_end[];
extern const unsigned char blob_hang[], blob_hang_end[];

#if defined(__x86_64__)
#define CONSTANT_BYTE 4 /* the byte to patch: 1 becomes 3 */
#define CONSTANT_ONE 1
#define CONSTANT_THREE 3
__asm__(".section .rodata\n"
	".globl blob_stamp, blob_stamp_end, blob_constant, blob_constant_end, blob_hang, blob_hang_end\n"
	".hidden blob_stamp, blob_stamp_end, blob_constant, blob_constant_end, blob_hang, blob_hang_end\n"
	"blob_stamp:\n"
	"	movq (%rsi), %rax\n"
	"	movq (%rdi), %rdx\n"
	"	movq %rax, (%rdx)\n"
	"	ret\n"
	"blob_stamp_end:\n"
	"blob_constant:\n"
	"	movq (%rdi), %rdx\n"
	"	movl $1, %eax\n" /* b8 01 00 00 00 */
	"	movq %rax, (%rdx)\n"
	"	ret\n"
	"blob_constant_end:\n"
	"blob_hang:\n"
	"1:	jmp 1b\n"
	"blob_hang_end:\n"
	".previous\n");
#else
#define CONSTANT_BYTE 4
#define CONSTANT_ONE 0x21 /* movz x1, #1 */
#define CONSTANT_THREE 0x61
__asm__(".section .rodata\n"
	".globl blob_stamp, blob_stamp_end, blob_constant, blob_constant_end, blob_hang, blob_hang_end\n"
	".hidden blob_stamp, blob_stamp_end, blob_constant, blob_constant_end, blob_hang, blob_hang_end\n"
	".p2align 2\n"
	"blob_stamp:\n"
	"	ldr x2, [x1]\n"
	"	ldr x3, [x0]\n"
	"	str x2, [x3]\n"
	"	ret\n"
	"blob_stamp_end:\n"
	"blob_constant:\n"
	"	ldr x2, [x0]\n"
	"	mov x1, #1\n"
	"	str x1, [x2]\n"
	"	ret\n"
	"blob_constant_end:\n"
	"blob_hang:\n"
	"1:	b 1b\n"
	"blob_hang_end:\n"
	".previous\n");
#endif

/* Two views of the same memory; the device's addresses are those of the first. */
static struct {
	unsigned char *memory;
	unsigned char *code;
	uint64_t used;
} device;

static void device_open(void)
{
	int file = memfd_create("device", MFD_CLOEXEC);

	tare_must(file >= 0 && ftruncate(file, MEMORY_BYTES) == 0);
	device.memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	device.code = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
	tare_must(device.memory != MAP_FAILED && device.code != MAP_FAILED);
	device.used = 0;
	close(file);
}

static void device_close(void)
{
	munmap(device.memory, MEMORY_BYTES);
	munmap(device.code, MEMORY_BYTES);
}

static uint64_t code_view(uint64_t address)
{
	uint64_t offset = address - (uintptr_t)device.memory;

	return offset < MEMORY_BYTES ? (uintptr_t)device.code + offset : 0;
}

/* Every write to device memory ends like this, or old text may run again (facts/fabric.md 7.1). */
static void wrote(uint64_t address, uint64_t size)
{
	char *code = (char *)(uintptr_t)code_view(address);

	VALGRIND_DISCARD_TRANSLATIONS(code, size);
	__builtin___clear_cache(code, code + size);
}

static uint64_t device_put(const unsigned char *from, const unsigned char *end)
{
	uint64_t address = (uintptr_t)device.memory + device.used;
	uint64_t size = (uint64_t)(end - from);

	device.used += (size + 63) / 64 * 64;
	memcpy((void *)(uintptr_t)address, from, size);
	wrote(address, size);
	return address;
}

struct objects {
	void *aicpu;
	void *aicore;
	struct program program;
};

static tare_device_entry_fn symbol(void *object, const char *name)
{
	tare_device_entry_fn entry = NULL;
	void *address = dlsym(object, name);

	tare_must(address);
	memcpy(&entry, &address, sizeof entry);
	return entry;
}

static void *load(const char *arch, const char *name)
{
	char path[512];
	void *object;

	snprintf(path, sizeof path, "%s/%s/%s.so", TARE_OBJECTS, arch, name);
	object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	tare_must(object);
	return object;
}

static void objects_open(struct objects *objects, const char *arch, const char *image)
{
	objects->aicpu = load(arch, "aicpu");
	objects->aicore = load(arch, image);
	objects->program = (struct program){
		.init = symbol(objects->aicpu, "simpler_aicpu_init"),
		.exec = symbol(objects->aicpu, "simpler_aicpu_exec"),
		.aic = symbol(objects->aicore, "aicore_kernel_0_mix_aic"),
		.aiv = symbol(objects->aicore, "aicore_kernel_0_mix_aiv"),
	};
}

static void objects_close(struct objects *objects)
{
	dlclose(objects->aicpu);
	dlclose(objects->aicore);
}

static struct tare_fabric *open_fabric(const struct tare_arch *arch, uint64_t budget_ns)
{
	struct tare_fabric_config config = { .cores = arch->max_cores, .threads = arch->launched_aicpu_threads,
		.register_block = arch->register_block, .workers = 1, .kernel_budget_ns = budget_ns,
		.code_view = code_view };
	struct tare_fabric *fabric = NULL;

	tare_must(tare_fabric_open(&fabric, &config) == 0);
	return fabric;
}

/* One task at `code` whose first argument is where it writes. */
static void open_single(struct launch *launch, const struct tare_arch *arch, const struct objects *objects,
	uint64_t code, uint64_t *out)
{
	launch_open(launch, arch, objects->program, 1, 1);
	launch_task(launch, NULL, TARE_CORE_AIV);
	launch->tasks[0].code = code;
	launch->args[0] = (uintptr_t)out;
}

static uint64_t stamp_of(enum tare_arch_id id, const char *image)
{
	const struct tare_arch *arch = tare_arch(id);
	struct tare_fabric *fabric;
	struct objects objects;
	struct launch launch;
	uint64_t out = 0;

	device_open();
	objects_open(&objects, arch->name, image);
	fabric = open_fabric(arch, 0);
	open_single(&launch, arch, &objects, device_put(blob_stamp, blob_stamp_end), &out);
	launch_submit(&launch, fabric, 3, 3);
	assert_int_equal(launch_run(&launch, fabric), 0);
	assert_int_equal(launch.image.completed, 1);
	launch_close(&launch);
	tare_fabric_close(&fabric);
	objects_close(&objects);
	device_close();
	return out;
}

static void the_image_that_was_loaded_is_what_runs(void **state)
{
	(void)state;
	assert_true(stamp_of(TARE_ARCH_A2A3, "aicore") == 0x61326133636f7265u);
	assert_true(stamp_of(TARE_ARCH_A2A3, "aicore_alt") == 0x61326133616c7465u);
	assert_true(stamp_of(TARE_ARCH_A5, "aicore") == 0x6135636f72653131u);
	assert_true(stamp_of(TARE_ARCH_A5, "aicore_alt") == 0x6135616c74653131u);
}

static void a_patched_byte_of_text_changes_the_result(void **state)
{
	const struct tare_arch *arch = tare_arch(TARE_ARCH_A5);
	struct tare_fabric *fabric = open_fabric(arch, 0);
	struct objects objects;
	struct launch launch;
	uint64_t code;
	uint64_t out = 0;

	(void)state;
	device_open();
	objects_open(&objects, arch->name, "aicore");
	code = device_put(blob_constant, blob_constant_end);
	open_single(&launch, arch, &objects, code, &out);
	for (int round = 0; round < 20; round++) {
		unsigned char *byte = (unsigned char *)(uintptr_t)code + CONSTANT_BYTE;

		assert_int_equal(*byte, round % 2 ? CONSTANT_THREE : CONSTANT_ONE);
		launch_submit(&launch, fabric, 1, 1);
		assert_int_equal(launch_run(&launch, fabric), 0);
		assert_int_equal(out, round % 2 ? 3 : 1);
		*byte = round % 2 ? CONSTANT_ONE : CONSTANT_THREE;
		wrote(code, 64);
	}
	launch_close(&launch);
	tare_fabric_close(&fabric);
	objects_close(&objects);
	device_close();
}

/* ThreadSanitizer delivers no signal inside a kernel. */
static bool hangs_end(void)
{
#if defined(__SANITIZE_THREAD__)
	return false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
	return false;
#endif
#endif
	return true;
}

static void a_hung_kernel_is_left_and_the_fabric_goes_on(void **state)
{
	const struct tare_arch *arch = tare_arch(TARE_ARCH_A2A3);
	struct tare_fabric *fabric = open_fabric(arch, 8 * MS);
	struct objects objects;
	struct launch hung;
	struct launch good;
	uint64_t out = 0;

	(void)state;
	device_open();
	objects_open(&objects, arch->name, "aicore");
	open_single(&hung, arch, &objects, device_put(blob_hang, blob_hang_end), NULL);
	open_single(&good, arch, &objects, device_put(blob_stamp, blob_stamp_end), &out);
	for (uint32_t round = 1; round < 6 && hangs_end(); round++) {
		launch_submit(&hung, fabric, 2, 3);
		assert_null(tare_fabric_run(fabric));
		assert_int_equal(hung.cores.abandoned, 1);
		assert_int_equal(tare_fabric_abandoned(fabric), round);
		tare_fabric_cancel(fabric);
		assert_int_equal(hung.exec.result, TARE_E_STALL);
		out = 0;
		launch_submit(&good, fabric, 2, 3);
		assert_int_equal(launch_run(&good, fabric), 0);
		assert_true(out == 0x61326133636f7265u);
	}
	launch_close(&hung);
	launch_close(&good);
	tare_fabric_close(&fabric);
	objects_close(&objects);
	device_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_image_that_was_loaded_is_what_runs),
		cmocka_unit_test(a_patched_byte_of_text_changes_the_result),
		cmocka_unit_test(a_hung_kernel_is_left_and_the_fabric_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
