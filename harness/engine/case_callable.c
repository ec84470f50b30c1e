/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words about callables: their images, their tensors, and prepare.
 */
#include "case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/status.h>

#define COMMON_ELEMENTS 16384

const struct tare_fixture *tare__case_fixture(struct tare_case *c, const char *name)
{
	const struct tare_fixture *own = c->plan->options->callable;
	const struct tare_fixture *fixture = own && strcmp(own->name, name) == 0 ? own :
		tare_fixture_find(c->plan->ref->cell.graph, name);

	if (!fixture)
		tare__case_broken(c, "the catalogue has no callable \"%s\"", name);
	return fixture;
}

const struct tare_callable_image *tare__case_image(struct tare_case *c, const struct tare_fixture *fixture)
{
	const struct tare_callable_image *image = NULL;
	char missing[TARE_TARGET_PATH] = "";

	int status = tare_image_store_build(&c->store, fixture, &image, missing, sizeof missing);
	if (status != TARE_OK)
		tare__case_broken(c, "the fixture %s/%s: %s", c->store.folder, missing, tare_status_sentence(status));
	return image;
}

static void put_value(uint8_t *at, enum tare_data_type type, float value)
{
	int64_t whole = (int64_t)value;

	if (type == TARE_FLOAT32)
		memcpy(at, &value, sizeof value);
	else if (type == TARE_FLOAT16 || type == TARE_BFLOAT16)
		memset(at, 0, 2);
	else
		memcpy(at, &whole, tare_data_type_bytes(type)); /* both processors are little endian */
}

static void fill(const struct tare_callable *callable, unsigned i)
{
	const struct tare_fixture_tensor *tensor = &callable->fixture->tensors[i];
	size_t bytes = tare_data_type_bytes(tensor->type);
	uint8_t *at = callable->tensors[i];

	for (size_t k = 0; k < callable->elements[i]; k++)
		put_value(at + k * bytes, tensor->type, tensor->fill);
}

void tare__callable_spoil(const struct tare_callable *callable)
{
	for (unsigned i = 0; i < callable->tensor_count; i++) {
		const struct tare_fixture_tensor *tensor = &callable->fixture->tensors[i];
		if (tensor->direction != TARE_OUT || callable->elements[i] == 0)
			continue;
		size_t bytes = tare_data_type_bytes(tensor->type);
		uint8_t *at = callable->tensors[i];
		put_value(at, tensor->type, tensor->fill);
		put_value(at + (callable->elements[i] - 1) * bytes, tensor->type, tensor->fill);
	}
}

static void set_shape(struct tare_tensor *tensor, const uint32_t shape[TARE_TENSOR_DIMS])
{
	for (unsigned i = 0; i < TARE_TENSOR_DIMS && shape[i]; i++) {
		tensor->shape[i] = shape[i];
		tensor->dims = i + 1;
	}
}

static void add_tensor(struct tare_case *c, struct tare_callable *callable, unsigned i)
{
	const struct tare_fixture_tensor *wanted = &callable->fixture->tensors[i];
	const struct tare_scale *scale = &c->plan->ref->spec->scale;
	uint32_t elements = wanted->elements ? wanted->elements : scale->elements ? scale->elements : COMMON_ELEMENTS;
	size_t bytes = (size_t)elements * tare_data_type_bytes(wanted->type);

	callable->tensors[i] = aligned_alloc(64, (bytes + 63) / 64 * 64);
	if (!callable->tensors[i])
		tare__case_broken(c, "no memory for a tensor of %zu bytes", bytes);
	callable->tensor_count = i + 1;
	callable->elements[i] = elements;
	callable->args.tensors[i] = (struct tare_tensor){
		.data = (uint64_t)(uintptr_t)callable->tensors[i], .shape = { elements }, .dims = 1,
		.type = (uint8_t)wanted->type,
	};
	if (callable->fixture->shapes)
		set_shape(&callable->args.tensors[i], callable->fixture->shapes[i]);
	callable->args.tensor_count = (int32_t)i + 1;
	fill(callable, i);
}

struct tare_callable *tare__callable_add(struct tare_case *c, int32_t id, const char *name)
{
	const struct tare_fixture *fixture = tare__case_fixture(c, name);
	const struct tare_callable_image *image = tare__case_image(c, fixture);
	struct tare_case_context *context = tare__case_context(c);
	struct tare_callable *callable = calloc(1, sizeof *callable);

	if (!callable)
		tare__case_broken(c, "no memory for a callable");
	callable->fixture = fixture;
	callable->image = image;
	callable->context = c->current;
	callable->generation = context->generation;
	callable->id = id;
	/* Into the list at once: if the when ends below, the case still owns it. */
	callable->next = c->callables;
	c->callables = callable;
	for (unsigned i = 0; i < TARE_CHIP_TENSORS && fixture->tensors[i].direction; i++)
		add_tensor(c, callable, i);
	for (uint32_t i = 0; i < fixture->scalar_count; i++)
		callable->args.scalars[i] = fixture->scalars[i];
	callable->args.scalar_count = (int32_t)fixture->scalar_count;
	return callable;
}

void tare__callables_free(struct tare_case *c)
{
	while (c->callables) {
		struct tare_callable *callable = c->callables;
		c->callables = callable->next;
		for (unsigned i = 0; i < callable->tensor_count; i++)
			free(callable->tensors[i]);
		free(callable);
	}
}

static int act_prepare(struct tare_case *c, void *cookie)
{
	const struct tare_callable *callable = cookie;

	return c->abi->prepare_callable(c->contexts[callable->context].handle, callable->id, callable->image->bytes);
}

static int prepare(struct tare_case *c, struct tare_callable *callable)
{
	int code = tare__attempt(c, &(struct tare__attempt){ "prepare_callable", TARE_PHASE_PREPARE, 0, act_prepare, callable });

	callable->registered = code == 0;
	if (c->launches == 0)
		tare_ledger_read(c->ledger, TARE_AT_PREPARE);
	return code;
}

static bool is_current(const struct tare_case *c, const struct tare_callable *callable)
{
	const struct tare_case_context *context = &c->contexts[callable->context];

	return callable->registered && callable->context == c->current && context->state != TARE_CONTEXT_NONE &&
	       context->generation == callable->generation;
}

struct tare_callable *tare__callable_find(const struct tare_case *c, int32_t id)
{
	for (struct tare_callable *one = c->callables; one; one = one->next)
		if (one->id == id && is_current(c, one))
			return one;
	return NULL;
}

struct tare_callable *tare_prepare_as(struct tare_case *c, int32_t id, const char *name)
{
	struct tare_callable *callable = tare__callable_add(c, id, name);
	char what[128];

	snprintf(what, sizeof what, "prepare_callable of %s under id %d", name, id);
	tare__case_must(c, prepare(c, callable), what);
	return callable;
}

struct tare_callable *tare_prepare(struct tare_case *c, const char *name)
{
	for (int32_t id = 0; id < TARE_CALLABLE_IDS; id++)
		if (!tare__callable_find(c, id))
			return tare_prepare_as(c, id, name);
	tare__case_broken(c, "all %d callable ids are in use", TARE_CALLABLE_IDS);
}

int tare_try_prepare_as(struct tare_case *c, int32_t id, const char *name)
{
	return prepare(c, tare__callable_add(c, id, name));
}

void *tare_tensor(struct tare_case *c, struct tare_callable *callable, unsigned i)
{
	if (i >= callable->tensor_count)
		tare__case_broken(c, "%s has %u tensors, there is no number %u", callable->fixture->name,
			callable->tensor_count, i);
	return callable->tensors[i];
}

size_t tare_tensor_count(const struct tare_callable *callable, unsigned i)
{
	return i < callable->tensor_count ? callable->elements[i] : 0;
}
