/* SPDX-License-Identifier: Apache-2.0 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tare/status.h>

#include "clean.h"

/* jansson takes UTF-8 only, so strings are cleaned on the way in; the bytes of a crashed child are anything. */
static void set_text(json_t *object, const char *name, const char *text, bool *failed)
{
	struct tare__bytes clean = { 0 };

	if (!text)
		return;
	tare__clean_text(&clean, text, strlen(text));
	if (clean.failed || json_object_set_new(object, name, json_stringn(clean.at ? clean.at : "", clean.used)))
		*failed = true;
	tare__bytes_drop(&clean);
}

static void set_number(json_t *object, const char *name, uint64_t number, bool *failed)
{
	json_int_t value = number > INT64_MAX ? INT64_MAX : (json_int_t)number;

	if (json_object_set_new(object, name, json_integer(value)))
		*failed = true;
}

static json_t *line_of(const char *what, bool *failed)
{
	json_t *line = json_object();

	*failed = !line;
	set_text(line, "what", what, failed);
	return line;
}

static json_t *finished(json_t *line, bool failed)
{
	if (!failed)
		return line;
	json_decref(line);
	return NULL;
}

static json_t *case_of(const struct tare_record_case *c)
{
	json_t *object = json_object();
	bool failed = !object;

	set_text(object, "suite", c->suite, &failed);
	set_text(object, "name", c->name, &failed);
	set_text(object, "arch", c->arch, &failed);
	set_text(object, "platform", c->platform, &failed);
	set_text(object, "graph", c->graph, &failed);
	set_text(object, "says", c->says, &failed);
	set_text(object, "because", c->because, &failed);
	set_text(object, "fault", c->fault, &failed);
	return finished(object, failed);
}

json_t *tare__journal_plan(const struct tare_record_run *run, const struct tare_record_case *cases, size_t count)
{
	bool failed;
	json_t *line = line_of("plan", &failed);
	json_t *about = json_object();
	json_t *list = json_array();

	set_number(line, "journal", TARE_JOURNAL_VERSION, &failed);
	set_text(about, "version", run->version, &failed);
	set_text(about, "driver", run->driver, &failed);
	set_text(about, "command", run->command, &failed);
	set_text(about, "target", run->target, &failed);
	set_text(about, "unweighed", run->unweighed, &failed);
	set_number(about, "started_utc", run->started_utc, &failed);
	set_number(about, "seed", run->seed, &failed);
	set_number(about, "shard", run->shard, &failed);
	set_number(about, "shards", run->shards, &failed);
	set_text(about, "score", run->score, &failed);
	for (size_t i = 0; i < count; i++)
		failed |= json_array_append_new(list, case_of(&cases[i])) != 0;
	failed |= json_object_set_new(line, "run", about) != 0;
	failed |= json_object_set_new(line, "cases", list) != 0;
	return finished(line, failed);
}

json_t *tare__journal_started(size_t index, uint32_t attempt, uint64_t at)
{
	bool failed;
	json_t *line = line_of("started", &failed);

	set_number(line, "case", index, &failed);
	set_number(line, "attempt", attempt, &failed);
	set_number(line, "at", at, &failed);
	return finished(line, failed);
}

static json_t *count_of(const struct tare_sweep_count *count)
{
	return json_pack("[IIIIII]", (json_int_t)count->points, (json_int_t)count->chosen, (json_int_t)count->fired,
		(json_int_t)count->rolled_back, (json_int_t)count->retried, (json_int_t)count->fresh);
}

static json_t *sweep_of(const struct tare_sweep_tally *tally)
{
	return json_pack("{sI sI sI sI so so}", "calls", (json_int_t)tally->calls, "paths", (json_int_t)tally->paths,
		"unstable", (json_int_t)tally->unstable, "processes", (json_int_t)tally->processes, "single",
		count_of(&tally->single), "pairs", count_of(&tally->pairs));
}

json_t *tare__journal_ended(size_t index, const struct tare_record_outcome *outcome)
{
	bool failed;
	json_t *line = line_of("ended", &failed);
	json_t *readings = json_array();

	set_number(line, "case", index, &failed);
	set_number(line, "attempt", outcome->attempt, &failed);
	set_text(line, "verdict", outcome->verdict, &failed);
	set_number(line, "microseconds", outcome->microseconds, &failed);
	set_text(line, "type", outcome->type, &failed);
	set_text(line, "message", outcome->message, &failed);
	set_text(line, "body", outcome->body, &failed);
	set_text(line, "log", outcome->log, &failed);
	set_text(line, "known", outcome->known, &failed);
	if (outcome->levels.judged) {
		set_number(line, "levels_judged", outcome->levels.judged, &failed);
		set_number(line, "levels_broken", outcome->levels.broken, &failed);
	}
	if (outcome->sweep.calls)
		failed |= json_object_set_new(line, "sweep", sweep_of(&outcome->sweep)) != 0;
	for (size_t i = 0; i < outcome->reading_count; i++) {
		const struct tare_record_reading *one = &outcome->readings[i];

		failed |= json_array_append_new(readings, json_pack("[ssII]", one->account, one->moment,
			(json_int_t)one->launch, (json_int_t)one->value)) != 0;
	}
	failed |= json_object_set_new(line, "readings", readings) != 0;
	return finished(line, failed);
}

json_t *tare__journal_gap(const struct tare_record_gap *gap)
{
	bool failed;
	json_t *line = line_of("gap", &failed);

	set_text(line, "cell", gap->cell, &failed);
	set_text(line, "of", gap->what, &failed);
	set_text(line, "reason", gap->reason, &failed);
	return finished(line, failed);
}

json_t *tare__journal_end(int exit_status, uint64_t at)
{
	bool failed;
	json_t *line = line_of("end", &failed);

	set_number(line, "exit", (uint64_t)exit_status, &failed);
	set_number(line, "at", at, &failed);
	return finished(line, failed);
}

int tare__journal_open(const char *path, char *error, size_t room)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	struct stat about;

	if (fd < 0 || fstat(fd, &about))
		goto fail;
	if (!S_ISREG(about.st_mode))
		return fd;
	if (fcntl(fd, F_SETLK, &whole)) {
		if (errno != EACCES && errno != EAGAIN)
			goto fail;
		snprintf(error, room, "the journal %s is being written by another run", path);
		close(fd);
		return TARE_E_BUSY;
	}
	if (ftruncate(fd, 0))
		goto fail;
	return fd;
fail:
	snprintf(error, room, "the journal %s can't be written: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return TARE_E_IO;
}

int tare__journal_write(int fd, const json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);
	size_t size, done = 0;

	if (!text)
		return TARE_E_MEMORY;
	size = strlen(text);
	text[size++] = '\n'; /* in place of the terminator: one block, one write */
	while (done < size) {
		ssize_t wrote = write(fd, text + done, size - done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			break;
		done += (size_t)wrote;
	}
	int trouble = errno;
	free(text);
	errno = trouble;
	return done == size ? TARE_OK : TARE_E_IO;
}

static int read_whole(const char *path, struct tare__bytes *bytes, char *error, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;
	char block[16384];

	while (fd >= 0 && (got = read(fd, block, sizeof(block))) != 0) {
		if (got < 0 && errno != EINTR)
			break;
		if (got > 0)
			tare__bytes_add(bytes, block, (size_t)got);
	}
	if (got < 0)
		snprintf(error, room, "the journal %s can't be read: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (bytes->failed)
		return TARE_E_MEMORY;
	return got < 0 ? TARE_E_IO : TARE_OK;
}

static int read_line(const char *at, size_t size, struct tare_model *model, char *error, size_t room)
{
	json_error_t why;
	json_t *line = json_loadb(at, size, 0, &why);
	int status;

	if (!line) {
		snprintf(error, room, "not a line of a journal (%s)", why.text);
		return TARE_E_ARGUMENT;
	}
	status = tare__model_apply(model, line, error, room);
	json_decref(line);
	return status;
}

int tare__journal_read(const char *path, struct tare_model *model, char *error, size_t room)
{
	struct tare__bytes bytes = { 0 };
	size_t number = 0;
	int status = read_whole(path, &bytes, error, room);

	for (size_t at = 0; !status && at < bytes.used;) {
		const char *end = memchr(bytes.at + at, '\n', bytes.used - at);
		char why[256] = "out of memory";

		if (!end)
			break;
		number++;
		status = read_line(bytes.at + at, (size_t)(end - bytes.at) - at, model, why, sizeof(why));
		if (status)
			snprintf(error, room, "%s:%zu: %s", path, number, why);
		at = (size_t)(end - bytes.at) + 1;
	}
	if (!status && number == 0 && bytes.used && bytes.at[0] != '{') {
		snprintf(error, room, "%s is no journal", path);
		status = TARE_E_ARGUMENT;
	}
	tare__bytes_drop(&bytes);
	if (status)
		tare__model_drop(model);
	return status;
}
