/* SPDX-License-Identifier: Apache-2.0 */
#include "handle.h"

#include <stdlib.h>

#include <tare/status.h>

enum { SLOT_BITS = 24, KIND_SHIFT = 60, FIRST_SLOTS = 64 };

#define SLOT_MASK   ((1ull << SLOT_BITS) - 1)
#define SERIAL_MASK ((1ull << (KIND_SHIFT - SLOT_BITS)) - 1)

struct tare__handle_slot {
	void *object;
	uint64_t serial; /* of the handle alive in it, else of the last one */
	enum tare__handle_kind kind;
	uint32_t spare;
};

static uint32_t slot_of(uint64_t handle)
{
	return (uint32_t)(handle & SLOT_MASK);
}

static uint64_t serial_of(uint64_t handle)
{
	return handle >> SLOT_BITS & SERIAL_MASK;
}

int tare__handle_give(struct tare__handles *handles, enum tare__handle_kind kind, void *object, uint64_t *handle)
{
	struct tare__handle_slot *slot, *grown;
	uint32_t index, count;

	if (!handles->spare && handles->used == handles->count) {
		count = handles->count ? handles->count * 2 : FIRST_SLOTS;
		if (count > SLOT_MASK)
			return TARE_E_MEMORY;
		grown = realloc(handles->slots, count * sizeof *grown);
		if (!grown)
			return TARE_E_MEMORY;
		handles->slots = grown;
		handles->count = count;
	}
	if (handles->spare) {
		index = handles->spare - 1;
		slot = &handles->slots[index];
		handles->spare = slot->spare;
	} else {
		index = handles->used++;
		slot = &handles->slots[index];
		slot->serial = 0;
	}
	slot->object = object;
	slot->kind = kind;
	slot->serial++;
	*handle = (uint64_t)kind << KIND_SHIFT | slot->serial << SLOT_BITS | index;
	return 0;
}

void tare__handle_end(struct tare__handles *handles, uint64_t handle)
{
	struct tare__handle_slot *slot = &handles->slots[slot_of(handle)];

	slot->object = NULL;
	slot->spare = handles->spare;
	handles->spare = slot_of(handle) + 1;
}

void *tare__handle_find(const struct tare__handles *handles, enum tare__handle_kind kind, uint64_t handle)
{
	const struct tare__handle_slot *slot;

	if (handle >> KIND_SHIFT != (uint64_t)kind || slot_of(handle) >= handles->used)
		return NULL;
	slot = &handles->slots[slot_of(handle)];
	return slot->object && slot->kind == kind && slot->serial == serial_of(handle) ? slot->object : NULL;
}

bool tare__handle_was(const struct tare__handles *handles, enum tare__handle_kind kind, uint64_t handle)
{
	const struct tare__handle_slot *slot;

	if (handle >> KIND_SHIFT != (uint64_t)kind || slot_of(handle) >= handles->used || !serial_of(handle))
		return false;
	slot = &handles->slots[slot_of(handle)];
	return serial_of(handle) < slot->serial || (serial_of(handle) == slot->serial && !slot->object);
}

void *tare__handle_each(const struct tare__handles *handles, enum tare__handle_kind kind, uint32_t *cursor)
{
	while (*cursor < handles->used) {
		const struct tare__handle_slot *slot = &handles->slots[(*cursor)++];

		if (slot->object && slot->kind == kind)
			return slot->object;
	}
	return NULL;
}
