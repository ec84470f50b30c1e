/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words about contexts.  A context is created and initialised at its first
 * use; after a close of its own it is gone, and the next use opens another.
 * After tare_try_close it is finalized and stays, so that a case can try what
 * a finalized context answers.
 */
#include "case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

const struct tare_bytes *tare__case_file(struct tare_case *c, const char *format, ...)
{
	const struct tare_bytes *file = NULL;
	char name[TARE_TARGET_PATH];
	va_list list;

	va_start(list, format);
	vsnprintf(name, sizeof name, format, list);
	va_end(list);
	int status = tare_image_store_file(&c->store, name, &file);
	if (status != TARE_OK)
		tare__case_broken(c, "the file %s%s%s: %s", *name == '/' ? "" : c->store.folder, *name == '/' ? "" : "/", name,
			tare_status_sentence(status));
	return file;
}

static size_t runtime_room(const struct tare_case *c)
{
	return (c->abi->get_runtime_size() + 63) / 64 * 64;
}

static void create(struct tare_case *c, struct tare_case_context *context)
{
	context->generation = ++c->generation;
	tare_ledger_generation(c->ledger, context->generation);
	tare__case_enter(c, TARE_PHASE_OPEN);
	context->handle = c->ext ? c->ext->open(c->plan->ref->cell, &c->tables, &c->log) : c->abi->create_device_context();
	tare__case_leave(c);
	if (!context->handle)
		tare__case_fail(c, "Fail.Open", "a context can't be created: %s", c->last_error);
	context->state = TARE_CONTEXT_CREATED;
	context->runtime = aligned_alloc(64, runtime_room(c));
	if (!context->runtime)
		tare__case_broken(c, "no memory for the runtime's %zu bytes", c->abi->get_runtime_size());
}

/* What the case wants in its place, then the target's own, then the fixture of that name. */
static const struct tare_bytes *object_file(struct tare_case *c, enum tare_object object, const char *own, const char *name)
{
	if (c->objects[object] && strchr(c->objects[object], '/'))
		return tare__case_file(c, "%s", c->objects[object]);
	if (c->objects[object])
		name = c->objects[object];
	else if (own && *own)
		return tare__case_file(c, "%s", own);
	return tare__case_file(c, "objects/%s/%s.so", tare_arch_name(c->plan->ref->cell.arch), name);
}

struct tare_objects tare_objects(struct tare_case *c)
{
	const struct tare_target_file *own = c->target.file;
	const struct tare_bytes *aicpu = object_file(c, AICPU, own ? own->aicpu : NULL, "aicpu");
	const struct tare_bytes *aicore = object_file(c, AICORE, own ? own->aicore : NULL, c->image);
	const struct tare_bytes *dispatcher = object_file(c, DISPATCHER, own ? own->dispatcher : NULL, "dispatcher");

	return (struct tare_objects){
		.aicpu = aicpu->bytes, .aicpu_size = aicpu->size,
		.aicore = aicore->bytes, .aicore_size = aicore->size,
		.dispatcher = dispatcher->bytes, .dispatcher_size = dispatcher->size,
	};
}

struct opening {
	const struct tare_case_context *context;
	const struct tare_objects *objects;
};

static int act_init(struct tare_case *c, void *cookie)
{
	const struct opening *opening = cookie;
	const struct tare_objects *objects = opening->objects;

	return c->abi->simpler_init(opening->context->handle, objects->device, objects->aicpu, objects->aicpu_size,
		objects->aicore, objects->aicore_size, objects->dispatcher, objects->dispatcher_size);
}

int tare__context_init_with(struct tare_case *c, struct tare_case_context *context, const struct tare_objects *objects)
{
	struct opening opening = { context, objects };
	int code = tare__attempt(c, &(struct tare__attempt){ "simpler_init", TARE_PHASE_OPEN, 0, act_init, &opening });

	if (code == 0) {
		context->state = TARE_CONTEXT_OPEN;
		context->image = c->image;
		tare_ledger_read(c->ledger, TARE_AT_OPEN);
	}
	return code;
}

int tare__context_init(struct tare_case *c, struct tare_case_context *context)
{
	struct tare_objects objects = tare_objects(c);

	if (context->state == TARE_CONTEXT_NONE)
		create(c, context);
	return tare__context_init_with(c, context, &objects);
}

static int act_finalize(struct tare_case *c, void *cookie)
{
	const struct tare_case_context *context = cookie;

	return c->abi->finalize_device(context->handle);
}

int tare__context_finalize(struct tare_case *c, struct tare_case_context *context)
{
	/* Set first: a finalize that fails is not tried again by the ordinary close. */
	context->state = TARE_CONTEXT_FINALIZED;
	return tare__attempt(c, &(struct tare__attempt){ "finalize_device", TARE_PHASE_CLOSE, TARE__GIVES, act_finalize, context });
}

static int act_destroy(struct tare_case *c, void *cookie)
{
	const struct tare_case_context *context = cookie;

	c->abi->destroy_device_context(context->handle);
	return 0;
}

void tare__context_destroy(struct tare_case *c, struct tare_case_context *context)
{
	if (context->state == TARE_CONTEXT_NONE)
		return;
	context->state = TARE_CONTEXT_NONE;
	tare__attempt(c, &(struct tare__attempt){ "destroy_device_context", TARE_PHASE_CLOSE,
		TARE__SILENT | TARE__GIVES | TARE__ONCE, act_destroy, context });
	free(context->runtime);
	context->handle = NULL;
	context->runtime = NULL;
}

struct tare_case_context *tare__case_context(struct tare_case *c)
{
	struct tare_case_context *context = &c->contexts[c->current];

	if (context->state == TARE_CONTEXT_NONE)
		tare__case_must(c, tare__context_init(c, context), "simpler_init");
	return context;
}

struct tare_case_context *tare__case_created(struct tare_case *c)
{
	struct tare_case_context *context = &c->contexts[c->current];

	if (context->state == TARE_CONTEXT_NONE)
		create(c, context);
	return context;
}

uint64_t tare_seed(const struct tare_case *c)
{
	return c->plan->options->seed;
}

uint32_t tare_launches(const struct tare_case *c)
{
	return c->plan->launches;
}

int tare_try_open(struct tare_case *c)
{
	return tare__context_init(c, &c->contexts[c->current]);
}

void tare_open(struct tare_case *c)
{
	tare__case_must(c, tare_try_open(c), "simpler_init");
}

int tare_try_close(struct tare_case *c)
{
	struct tare_case_context *context = tare__case_context(c);

	tare_ledger_read(c->ledger, TARE_AT_LAST);
	return tare__context_finalize(c, context);
}

void tare_close(struct tare_case *c)
{
	struct tare_case_context *context = &c->contexts[c->current];
	bool last = true;

	if (context->state == TARE_CONTEXT_NONE)
		return;
	tare__case_must(c, tare_try_close(c), "finalize_device");
	tare__context_destroy(c, context);
	for (unsigned i = 0; i < TARE__CONTEXTS; i++)
		last &= c->contexts[i].state == TARE_CONTEXT_NONE;
	if (last)
		tare_ledger_read(c->ledger, TARE_AT_CLOSE);
}

void tare_reopen(struct tare_case *c)
{
	tare_close(c);
	tare_open(c);
}

void tare_use_context(struct tare_case *c, unsigned number)
{
	if (number >= TARE__CONTEXTS)
		tare__case_broken(c, "a case has %d contexts, there is no number %u", TARE__CONTEXTS, number);
	c->current = number;
	/* What is taken from here on is in this context's name; one not yet open gets its own when it opens. */
	if (c->contexts[number].state != TARE_CONTEXT_NONE)
		tare_ledger_generation(c->ledger, c->contexts[number].generation);
}

void tare_use_image(struct tare_case *c, const char *image)
{
	if (tare_fixture_stamp(c->plan->ref->cell.arch, image) == 0)
		tare__case_broken(c, "the catalogue has no AICore image \"%s\"", image);
	if (c->target.file && c->target.file->aicore[0])
		tare__case_skip(c, "%s brings one AICore image along, and this case needs two that are known", c->target.name);
	c->image = image;
	/* One that is open has been given the other image; it can't be told, only replaced. */
	struct tare_case_context *context = &c->contexts[c->current];
	if (context->state == TARE_CONTEXT_OPEN && strcmp(context->image, image) != 0)
		tare_reopen(c);
}

void tare_use_object(struct tare_case *c, enum tare_object object, const char *file)
{
	c->objects[object] = file;
}

uint64_t tare_image_stamp(const struct tare_case *c, const char *image)
{
	return tare_fixture_stamp(c->plan->ref->cell.arch, image);
}

void tare_mark(struct tare_case *c)
{
	tare_ledger_read(c->ledger, TARE_AT_MARK);
}
