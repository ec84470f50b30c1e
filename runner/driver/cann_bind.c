/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cann_bind - filling the cann table by name
 *
 * Nothing of the vendor is linked: an object that links libruntime.so does not
 * load where it is not installed.  Symbols are looked for in all libraries of
 * a source, because toolkits move them between files (facts/cann.md 6.5).
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <tare/driver.h>
#include <tare/machine.h>
#include <tare/object.h>
#include <tare/status.h>
#include <tare/text.h>

#define MACHINE_LIBRARY "libtare_cann.so"

typedef void (*entry_fn)(void);

/* Where symbols are looked for, in this order. */
struct source {
	void *handles[4];
	unsigned count;
};

struct entry {
	const char *name;
	size_t offset;   /* in struct tare_cann */
	bool optional;
};

enum group_word { CORE = false, UNREGISTER = true, RECOVER = true, HAL = true, MEMINFO = true };

static const struct entry entries[] = {
#define TARE_CANN(group, name, parameters, arguments, rule, codes, kinds, failure) \
	{ #name, offsetof(struct tare_cann, name), group },
#include <tare/cann.def>
#undef TARE_CANN
};

static void *find(const struct source *source, const char *name)
{
	void *symbol = NULL;

	for (unsigned i = 0; i < source->count && !symbol; i++)
		symbol = dlsym(source->handles[i], name);
	return symbol;
}

/* The machine can be told to be a driver without a group: then its symbols do not exist for us either. */
static void leave_out(const struct source *source, struct tare_cann *cann)
{
	const struct tare_machine_setup *(*current)(void) = NULL;
	void *symbol = find(source, "tare_machine_setup_current");

	if (!symbol)
		return;
	tare_function_from(symbol, &current, sizeof current);
	if (current()->without_unregister)
		cann->rtDevBinaryUnRegister = NULL;
	if (current()->without_recover)
		cann->aclrtResetDeviceForce = NULL;
}

static int fill(const struct source *source, struct tare_cann *cann, const struct tare_log *log)
{
	int status = TARE_OK;

	for (size_t i = 0; i < TARE_COUNT(entries); i++) {
		void *symbol = find(source, entries[i].name);

		if (!symbol && !entries[i].optional) {
			tare_log(log, TARE_LOG_ERROR, "the driver has no symbol %s", entries[i].name);
			status = TARE_E_NOT_FOUND;
		}
		if (symbol)
			tare_function_from(symbol, (char *)cann + entries[i].offset, sizeof(entry_fn));
	}
	if (status == TARE_OK)
		leave_out(source, cann);
	return status;
}

#if defined(__has_feature)
#define COMPILED_WITH(feature) __has_feature(feature)
#else
#define COMPILED_WITH(feature) 0
#endif

/*
 * The vendor's libraries call each other by the names that our machine has,
 * too, and a program that links it would have them call that one.  Sanitizers
 * end a process that asks for it.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || COMPILED_WITH(address_sanitizer) || \
	COMPILED_WITH(thread_sanitizer)
enum { OWN_FIRST = 0 };
#else
enum { OWN_FIRST = RTLD_DEEPBIND };
#endif

static void *open_library(const char *path)
{
	return dlopen(path, RTLD_NOW | RTLD_GLOBAL);
}

static void *open_vendor(const char *path)
{
	return dlopen(path, RTLD_NOW | RTLD_GLOBAL | OWN_FIRST);
}

static void *open_beside(const char *neighbour, const char *name)
{
	const char *slash = neighbour ? strrchr(neighbour, '/') : NULL;
	char path[4096];
	int wanted;

	if (!slash)
		return NULL;
	wanted = snprintf(path, sizeof path, "%.*s/%s", (int)(slash - neighbour), neighbour, name);
	return wanted > 0 && (size_t)wanted < sizeof path ? open_library(path) : NULL;
}

/* Beside the object that this code is part of, beside the program, then as the loader finds it. */
static void *open_machine(void)
{
	int (*self)(struct tare_cann *, enum tare_driver_choice, const struct tare_log *) = tare_cann_bind;
	void *address, *library = NULL;
	char program[4096];
	ssize_t length;
	Dl_info info;

	memcpy(&address, &self, sizeof address);
	if (dladdr(address, &info) != 0)
		library = open_beside(info.dli_fname, MACHINE_LIBRARY);
	if (library)
		return library;
	length = readlink("/proc/self/exe", program, sizeof program - 1);
	if (length > 0) {
		program[length] = '\0';
		library = open_beside(program, MACHINE_LIBRARY);
	}
	return library ? library : open_library(MACHINE_LIBRARY);
}

static void close_all(struct source *source)
{
	while (source->count > 0)
		dlclose(source->handles[--source->count]);
}

static int bind_machine(struct tare_cann *cann, const struct tare_log *log)
{
	struct source source = { .handles = { open_machine() }, .count = 1 };
	const char *why;
	int status;

	if (!source.handles[0]) {
		why = dlerror();
		tare_log(log, TARE_LOG_ERROR, "the library %s is missing: %s", MACHINE_LIBRARY, why ? why : "not found");
		return TARE_E_NOT_FOUND;
	}
	status = fill(&source, cann, log);
	if (status != TARE_OK)
		close_all(&source);
	return status;
}

static int bind_vendor(struct tare_cann *cann, const struct tare_log *log)
{
	static const char *const libraries[][2] = {
		{ "libruntime.so", NULL },
		{ "libascendcl.so", NULL },
		{ "libascend_hal.so", NULL },
		{ "libunified_dlog.so", "libascendalog.so" },
	};
	struct source source = { .count = 0 };
	int status = TARE_OK;

	for (size_t i = 0; i < TARE_COUNT(libraries); i++) {
		const char *const *names = libraries[i];
		void *library = open_vendor(names[0]);

		if (!library && names[1])
			library = open_vendor(names[1]);
		if (library) {
			source.handles[source.count++] = library;
			continue;
		}
		tare_log(log, TARE_LOG_ERROR, "the library %s%s%s is missing", names[0], names[1] ? " or " : "",
			names[1] ? names[1] : "");
		status = TARE_E_NOT_FOUND;
	}
	if (status == TARE_OK)
		status = fill(&source, cann, log);
	if (status != TARE_OK)
		close_all(&source);
	return status;
}

static int bind_loaded(struct tare_cann *cann, const struct tare_log *log)
{
	struct source loaded = { .handles = { RTLD_DEFAULT }, .count = 1 };
	Dl_info info = { 0 };

	if (fill(&loaded, cann, NULL) == TARE_OK) {
		dladdr(find(&loaded, "rtSetDevice"), &info);
		tare_log(log, TARE_LOG_INFO, "driver: the vendor's names as loaded, from %s",
			info.dli_fname ? info.dli_fname : "this process");
		return TARE_OK;
	}
	*cann = (struct tare_cann){ 0 };
	tare_log(log, TARE_LOG_INFO, "driver: no vendor library is loaded; taking %s", MACHINE_LIBRARY);
	return bind_machine(cann, log);
}

int tare_cann_bind(struct tare_cann *cann, enum tare_driver_choice choice, const struct tare_log *log)
{
	int status = TARE_E_ARGUMENT;

	*cann = (struct tare_cann){ 0 };
	switch (choice) {
	case TARE_DRIVER_MACHINE: status = bind_machine(cann, log); break;
	case TARE_DRIVER_CANN: status = bind_vendor(cann, log); break;
	case TARE_DRIVER_LOADED: status = bind_loaded(cann, log); break;
	}
	if (status != TARE_OK)
		*cann = (struct tare_cann){ 0 };
	return status;
}
