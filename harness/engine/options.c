/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

#include <tare/status.h>

#include "case.h"

#define DEADLINE_MS      30000u
#define DEADLINE_LONG_MS 120000u
#define DEADLINE_HANG_MS 1000u /* of a case that is only over when it is ended */
#define DEADLINE_POINT_MS 10000u /* of one run of a sweep */
#define SLOW_VALGRIND    40u
#define SLOW_SANITIZER   10u
#define LAUNCHES_VALGRIND 10u

#if defined(__has_feature)
#define COMPILED_WITH(feature) __has_feature(feature)
#else
#define COMPILED_WITH(feature) 0
#endif

#if defined(__SANITIZE_THREAD__) || COMPILED_WITH(thread_sanitizer)
enum { THREAD_SANITIZER = 1 };
#else
enum { THREAD_SANITIZER = 0 };
#endif

#if defined(__SANITIZE_ADDRESS__) || COMPILED_WITH(address_sanitizer)
enum { ADDRESS_SANITIZER = 1 };
#else
enum { ADDRESS_SANITIZER = 0 };
#endif

static void *nothing(void *cookie)
{
	return cookie;
}

/* TSan begins a thread of its own with the first of a process: none of what a case takes. */
void tare__threads_settle(void)
{
	pthread_t thread;

	if (THREAD_SANITIZER && !pthread_create(&thread, NULL, nothing, NULL))
		pthread_join(thread, NULL);
}

static uint32_t usual_slowness(void)
{
	if (RUNNING_ON_VALGRIND)
		return SLOW_VALGRIND;
	return THREAD_SANITIZER || ADDRESS_SANITIZER ? SLOW_SANITIZER : 1;
}

/* More cases at a time than processors: each gets its part of one. */
static uint32_t sharing(uint32_t jobs)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t count = processors > 0 ? (uint32_t)processors : 1;

	return (jobs + count - 1) / count;
}

static int find_self(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);

	if (length < 0)
		return TARE_E_IO;
	path[length] = '\0';
	return TARE_OK;
}

/* Absolute, because the child goes to a directory of its own. */
static int find_fixtures(const char *wanted, const char *self, char *path, size_t size)
{
	char here[4096] = "";
	const char *slash = strrchr(self, '/');
	int used;

	if (!wanted)
		used = snprintf(path, size, "%.*s/fixtures", (int)(slash ? slash - self : 0), self);
	else if (*wanted == '/')
		used = snprintf(path, size, "%s", wanted);
	else if (getcwd(here, sizeof here))
		used = snprintf(path, size, "%s/%s", here, wanted);
	else
		return TARE_E_IO;
	return used > 0 && (size_t)used < size && access(path, R_OK | X_OK) == 0 ? TARE_OK : TARE_E_NOT_FOUND;
}

int tare__options_resolve(const struct tare_run_options *options, struct tare_resolved *resolved)
{
	char self[4096];

	*resolved = (struct tare_resolved){ .options = *options };
	if (find_self(self, sizeof self) != TARE_OK)
		return TARE_E_IO;
	if (find_fixtures(options->fixtures, self, resolved->fixtures, sizeof resolved->fixtures) != TARE_OK)
		return TARE_E_NOT_FOUND;
	snprintf(resolved->self, sizeof resolved->self, "%s", options->self ? options->self : "tare");
	resolved->options.fixtures = resolved->fixtures;
	resolved->options.self = resolved->self;
	if (resolved->options.seed == 0)
		resolved->options.seed = 1;
	if (resolved->options.jobs == 0 || options->here)
		resolved->options.jobs = 1;
	if (resolved->options.jobs > TARE_JOBS_MOST)
		resolved->options.jobs = TARE_JOBS_MOST;
	if (resolved->options.slow == 0)
		resolved->options.slow = usual_slowness() * sharing(resolved->options.jobs);
	return TARE_OK;
}

bool tare__is_swept(const struct tare_run_options *options, const struct tare_spec *spec)
{
	return spec->faults != NO_FAULTS && (options->sweep || options->fault);
}

uint32_t tare__options_launches(const struct tare_run_options *options, const struct tare_spec *spec)
{
	/* A case that does not count launches is not made to. */
	if (spec->launches == 0)
		return 1;
	uint32_t launches = options->launches ? options->launches : spec->launches;
	uint32_t most = options->target ? options->target->launches : 0;
	if (!options->launches && options->valgrind && launches > LAUNCHES_VALGRIND)
		launches = LAUNCHES_VALGRIND;
	return most && launches > most ? most : launches;
}

uint32_t tare__options_deadline_ms(const struct tare_run_options *options, const struct tare_spec *spec)
{
	uint64_t deadline = spec->tags & TAG_LONG ? DEADLINE_LONG_MS : DEADLINE_MS;

	if (spec->expect == TARE_TIMEOUT)
		deadline = DEADLINE_HANG_MS;
	else if (spec->seconds)
		deadline = (uint64_t)spec->seconds * 1000u;
	else if (tare__is_swept(options, spec))
		deadline = DEADLINE_POINT_MS;
	else if (options->target && options->target->seconds)
		deadline = (uint64_t)options->target->seconds * 1000u;
	/* Whoever asks for more launches than the case has asks for the time, too. */
	if (spec->launches > 0 && options->launches > spec->launches)
		deadline = deadline * options->launches / spec->launches;
	deadline *= options->slow;
	return deadline < UINT32_MAX ? (uint32_t)deadline : UINT32_MAX;
}

enum tare_verdict tare__options_expected(const struct tare_run_options *options, const struct tare_spec *spec)
{
	return spec->tags & TAG_VALGRIND && !options->valgrind ? TARE_PASS : spec->expect;
}

const char *tare__left_out(const struct tare_run_options *options, const struct tare_spec *spec)
{
	if (THREAD_SANITIZER && spec->tags & TAG_HANG)
		return "left out under TSan: a kernel that hangs is abandoned from a signal handler, which TSan delays";
	if (ADDRESS_SANITIZER && spec->tags & TAG_VALGRIND)
		return "left out under ASan: it does what memcheck shall see, and ASan would end it";
	if (options->valgrind && spec->tags & TAG_HANG)
		return "left out under valgrind: what hangs is waited for, and there every wait is forty times as long";
	return NULL;
}
