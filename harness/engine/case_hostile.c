/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words about hostile bytes: copies of a callable that a case may spoil.
 *
 * A copy ends where a page begins that nobody may touch: whoever reads one
 * byte more than there is crashes, and the verdict is CRASH.
 */
#include "case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <tare/object.h>
#include <tare/status.h>

struct tare__copy {
	struct tare_copy seen; /* first: what the case holds */
	struct tare__copy *next;
	struct tare_callable_image *original; /* owned */
	uint8_t *room;  /* owned: as many pages as the image needs, and the guard */
	uint8_t *guard;
};

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static struct tare__copy *whole(struct tare_copy *copy)
{
	return (struct tare__copy *)copy;
}

static void copy_free(struct tare__copy *copy)
{
	if (copy->guard)
		tare_must(mprotect(copy->guard, page_size(), PROT_READ | PROT_WRITE) == 0);
	free(copy->room);
	tare_callable_image_free(copy->original);
	free(copy);
}

void tare__copies_free(struct tare_case *c)
{
	while (c->copies) {
		struct tare__copy *copy = c->copies;

		c->copies = copy->next;
		copy_free(copy);
	}
}

static void make_room(struct tare_case *c, struct tare__copy *copy)
{
	size_t page = page_size(), bytes = (copy->original->size + page - 1) / page * page;

	copy->room = aligned_alloc(page, bytes + page);
	if (!copy->room || mprotect(copy->room + bytes, page, PROT_NONE) != 0)
		tare__case_broken(c, "no guarded room for %zu bytes", copy->original->size);
	copy->guard = copy->room + bytes;
	tare_restore(&copy->seen);
}

struct tare_copy *tare_copy_with(struct tare_case *c, const char *name, enum tare_part part, const char *file)
{
	const struct tare_fixture *fixture = tare__case_fixture(c, name);
	struct tare__copy *copy = calloc(1, sizeof *copy);
	char missing[256] = "";
	int status;

	if (!copy)
		tare__case_broken(c, "no memory for a copy of %s", name);
	copy->next = c->copies;
	c->copies = copy;
	status = tare_image_store_compose(&c->store, fixture, (unsigned)part, file, &copy->original, missing, sizeof missing);
	if (status != TARE_OK)
		tare__case_broken(c, "the fixture %s/%s: %s", c->store.folder, missing, tare_status_sentence(status));
	make_room(c, copy);
	return &copy->seen;
}

struct tare_copy *tare_copy_of(struct tare_case *c, const char *name)
{
	return tare_copy_with(c, name, ORCHESTRATION, NULL);
}

void tare_restore(struct tare_copy *copy)
{
	const struct tare__copy *all = whole(copy);

	copy->size = all->original->size;
	copy->bytes = all->guard - copy->size;
	memcpy(copy->bytes, all->original->bytes, copy->size);
}

void tare_cut(struct tare_copy *copy, size_t size)
{
	uint8_t *to = whole(copy)->guard - size;

	tare_must(size <= copy->size);
	memmove(to, copy->bytes, size);
	copy->bytes = to;
	copy->size = size;
}

bool tare_is_untouched(const struct tare_copy *copy)
{
	const struct tare__copy *all = (const struct tare__copy *)copy;

	return copy->size == all->original->size && memcmp(copy->bytes, all->original->bytes, copy->size) == 0;
}

/* Where a field lies: by the header as it was, so that no lie sends another one astray. */
static size_t place_of(const struct tare_copy *copy, uint64_t field)
{
	const struct tare__copy *all = (const struct tare__copy *)copy;
	uint64_t child = field >> 32, at = (uint32_t)field;
	struct tare_chip_callable head;

	if (child) {
		memcpy(&head, all->original->bytes, sizeof head);
		tare_must(child <= (uint64_t)head.child_count);
		at += TARE_CHIP_STORAGE_OFFSET + head.child_offsets[child - 1];
	}
	tare_must(at + sizeof(uint32_t) <= copy->size);
	return at;
}

void tare_put(struct tare_copy *copy, uint64_t field, uint32_t value)
{
	memcpy(copy->bytes + place_of(copy, field), &value, sizeof value);
}

uint32_t tare_get(const struct tare_copy *copy, uint64_t field)
{
	uint32_t value;

	memcpy(&value, copy->bytes + place_of(copy, field), sizeof value);
	return value;
}

struct bytes {
	int32_t id;
	const void *at;
	size_t size;
};

static int act_prepare(struct tare_case *c, void *cookie)
{
	const struct bytes *bytes = cookie;

	return c->ext->prepare_sized(c->contexts[c->current].handle, bytes->id, bytes->at, bytes->size);
}

int tare_try_prepare_bytes(struct tare_case *c, int32_t id, const void *bytes, size_t size)
{
	struct bytes given = { id, bytes, size };

	tare__case_context(c);
	if (!c->ext)
		tare__case_skip(c, "%s has no tare_ext_v1, and the ABI's prepare takes no size", c->plan->target.name);
	int code = tare__attempt(c, &(struct tare__attempt){ "prepare_callable", TARE_PHASE_PREPARE, 0, act_prepare, &given });

	if (c->launches == 0)
		tare_ledger_read(c->ledger, TARE_AT_PREPARE);
	return code;
}

int tare_try_prepare_copy(struct tare_case *c, int32_t id, const struct tare_copy *copy)
{
	return tare_try_prepare_bytes(c, id, copy->bytes, copy->size);
}

struct tare_callable *tare_prepare_copy(struct tare_case *c, int32_t id, struct tare_copy *copy)
{
	const char *name = whole(copy)->original->fixture->name;
	struct tare_callable *callable = tare__callable_add(c, id, name);
	char what[128];
	int code = tare_try_prepare_copy(c, id, copy);

	snprintf(what, sizeof what, "prepare_sized of a copy of %s under id %d", name, id);
	tare__case_must(c, code, what);
	callable->registered = true;
	return callable;
}

bool tare_bad_object(unsigned i, const char **file, const char **wrong)
{
	const struct tare_bad_object *bad = tare_fixture_bad_object(i);

	if (bad) {
		*file = bad->file;
		*wrong = bad->wrong;
	}
	return bad != NULL;
}
