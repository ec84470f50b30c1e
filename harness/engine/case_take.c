/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking one of an account and walking away, for sanity: a detector that was
 * never seen to detect is none.  Whatever the tables take is taken through
 * the same tapped tables as the runner takes it.
 */
#include "case_take.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tare/object.h>
#include <tare/status.h>

#include "isolate.h"

#define TAKEN_BYTES 4096u

static bool is_onboard(const struct tare_case *c)
{
	return c->plan->ref->cell.platform == TARE_PLATFORM_ONBOARD;
}

static int take_block(struct tare_case *c)
{
	void *memory = NULL;

	tare__case_context(c); /* onboard a thread without a device has no memory to take */
	return is_onboard(c) ? c->tables.cann.rtMalloc(&memory, TAKEN_BYTES, RT_MEMORY_HBM, 0)
			     : c->tables.host.memory_take(0, TAKEN_BYTES, &memory);
}

static const struct tare_bytes *aicore(struct tare_case *c)
{
	return tare__case_file(c, "objects/%s/%s.so", tare_arch_name(c->plan->ref->cell.arch), c->image);
}

static int take_registration(struct tare_case *c)
{
	const struct tare_bytes *image = aicore(c);
	void *handle = NULL;

	tare__case_context(c);
	if (!is_onboard(c))
		return c->tables.host.object_open(TARE_OBJECT_AICORE, image->path, &handle);
	struct tare_rt_binary binary = { .magic = RT_DEV_BINARY_MAGIC_ELF, .data = image->bytes, .length = image->size };
	return c->tables.cann.rtRegisterAllKernel(&binary, &handle);
}

static int take_stream(struct tare_case *c)
{
	rtStream_t stream = NULL;

	tare__case_context(c);
	return c->tables.cann.rtStreamCreate(&stream, 0);
}

static int load_binary(struct tare_case *c, rtBinHandle *binary)
{
	static const char description[] =
		"{\"taken\":{\"opInfo\":{\"functionName\":\"taken\",\"kernelSo\":\"libtaken.so\","
		"\"opKernelLib\":\"AICPUKernel\",\"userDefined\":\"False\"}}}";
	struct tare_rt_load_option option = { .id = RT_LOAD_BINARY_OPT_CPU_KERNEL_MODE };
	struct tare_rt_load_config config = { &option, 1 };
	char path[256];

	tare__case_context(c);
	int code = c->tables.host.file_write("taken.json", description, sizeof description - 1, path, sizeof path);
	if (code != 0)
		return code;
	code = c->tables.cann.rtsBinaryLoadFromFile(path, &config, binary);
	c->tables.host.file_remove(path);
	return code;
}

static int take_binary(struct tare_case *c)
{
	rtBinHandle binary = NULL;

	return load_binary(c, &binary);
}

static int take_function(struct tare_case *c)
{
	rtBinHandle binary = NULL;
	rtFuncHandle function = NULL;
	int code = load_binary(c, &binary);

	return code ? code : c->tables.cann.rtsFuncGetByName(binary, "taken", &function);
}

static int take_reference(struct tare_case *c)
{
	tare__case_context(c);
	return c->tables.cann.rtSetDevice(0);
}

/*
 * A device whose last reference stays keeps what it opened and pinned: its AICPU
 * object by itself, its image when the runner's own unregister is refused.
 */
static int take_image(struct tare_case *c)
{
	if (!is_onboard(c))
		return take_registration(c);
	int code = take_reference(c);
	if (code)
		return code;
	tare_fail_call(c, TARE_SUBJECT_CALL + TARE_CALL_rtDevBinaryUnRegister, 1);
	return tare_try_close(c) ? TARE_OK : TARE_E_FAILED; /* a close that did not notice left nothing */
}

static int take_object(struct tare_case *c)
{
	void *object = NULL;

	return c->tables.host.object_open(TARE_OBJECT_ORCHESTRATION, tare__case_file(c, "orchestrations/empty.so")->path,
		&object);
}

static int take_file(struct tare_case *c)
{
	char path[256];

	return c->tables.host.file_write("taken", "taken", 5, path, sizeof path);
}

static int take_mapping(struct tare_case *c)
{
	void *mapping = NULL;

	return c->tables.host.mapping_take(TAKEN_BYTES, &mapping);
}

/* Ends with the process. */
static void *wait_for_the_end(void *nothing)
{
	for (;;)
		pause();
	return nothing;
}

static int take_runner_thread(struct tare_case *c)
{
	void *thread = NULL;

	return c->tables.host.thread_start(wait_for_the_end, NULL, &thread);
}

static int take_thread(struct tare_case *c)
{
	pthread_t thread;

	(void)c;
	return pthread_create(&thread, NULL, wait_for_the_end, NULL);
}

static int take_descriptor(struct tare_case *c)
{
	(void)c;
	return dup(STDIN_FILENO) < 0 ? TARE_E_FAILED : TARE_OK;
}

static int take_key(struct tare_case *c)
{
	pthread_key_t key;

	(void)c;
	return pthread_key_create(&key, NULL);
}

/* From a copy of its own and past the table: only the list of mapped objects can know it. */
static int take_mapped_object(struct tare_case *c)
{
	const struct tare_bytes *object = tare__case_file(c, "orchestrations/empty.so");
	const char *folder = getenv("TMPDIR");
	char path[512];

	snprintf(path, sizeof path, "%s/taken.so", folder ? folder : "/tmp");
	FILE *file = fopen(path, "wb");
	if (!file)
		return TARE_E_IO;
	size_t written = fwrite(object->bytes, 1, object->size, file);
	if (fclose(file) != 0 || written != object->size)
		return TARE_E_IO;
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	unlink(path);
	return handle ? TARE_OK : TARE_E_IMAGE;
}

static int take_child(struct tare_case *c)
{
	(void)c;
	return tare_isolate_stray() < 0 ? TARE_E_FAILED : TARE_OK;
}

static int take_runner_bytes(struct tare_case *c)
{
	return tare_memory(c, TAKEN_BYTES) ? TARE_OK : TARE_E_FAILED;
}

static int take_arena(struct tare_case *c)
{
	return tare_try_arena(c, TAKEN_BYTES, 0, 0);
}

static const struct {
	enum tare_account account;
	bool onboard_only;
	int (*take)(struct tare_case *c);
} doors[] = {
	{ TARE_ACCOUNT_DEVICE_BLOCKS,              false, take_block },
	{ TARE_ACCOUNT_DEVICE_BYTES,               false, take_block },
	{ TARE_ACCOUNT_DRIVER_BYTES,               false, take_block },
	{ TARE_ACCOUNT_RUNNER_BYTES,               false, take_runner_bytes },
	{ TARE_ACCOUNT_ARENA_BYTES,                false, take_arena },
	{ TARE_ACCOUNT_IMAGE_REGISTRATIONS,        false, take_registration },
	{ TARE_ACCOUNT_REGISTRATIONS_OF_ONE_IMAGE, false, take_registration },
	{ TARE_ACCOUNT_KERNEL_IMAGES,              false, take_image },
	{ TARE_ACCOUNT_AICPU_OBJECTS,              true,  take_reference },
	{ TARE_ACCOUNT_PREINSTALLED_FILES,         true,  tare__take_preinstalled },
	{ TARE_ACCOUNT_STREAMS,                    true,  take_stream },
	{ TARE_ACCOUNT_AICPU_BINARIES,             true,  take_binary },
	{ TARE_ACCOUNT_FUNCTION_HANDLES,           true,  take_function },
	{ TARE_ACCOUNT_DEVICE_REFERENCES,          true,  take_reference },
	{ TARE_ACCOUNT_HOST_OBJECTS,               false, take_object },
	{ TARE_ACCOUNT_TEMPORARY_FILES,            false, take_file },
	{ TARE_ACCOUNT_HOST_MAPPINGS,              false, take_mapping },
	{ TARE_ACCOUNT_RUNNER_THREADS,             false, take_runner_thread },
	{ TARE_ACCOUNT_DESCRIPTORS,                false, take_descriptor },
	{ TARE_ACCOUNT_THREADS,                    false, take_thread },
	{ TARE_ACCOUNT_PTHREAD_KEYS,               false, take_key },
	{ TARE_ACCOUNT_MAPPED_OBJECTS,             false, take_mapped_object },
	{ TARE_ACCOUNT_CHILDREN,                   false, take_child },
};

void tare_take(struct tare_case *c, int account)
{
	enum tare_account wanted = (enum tare_account)(account - TARE_SUBJECT_ACCOUNT);
	char what[96];

	tare__case_needs_tap(c, "taking through the runtime's own tables");
	for (size_t i = 0; i < TARE_COUNT(doors); i++) {
		if (doors[i].account != wanted || (doors[i].onboard_only && !is_onboard(c)))
			continue;
		snprintf(what, sizeof what, "taking one of the account \"%s\"", tare_account_words(wanted));
		tare__case_must(c, doors[i].take(c), what);
		return;
	}
	tare__case_broken(c, "no door of this cell takes one of account %d", account - TARE_SUBJECT_ACCOUNT);
}

int tare_own_account(const struct tare_case *c)
{
	return c->plan->ref->spec->then[0].what;
}
