/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_lent - orchestration objects that the AICPU asks for while it runs, as objects of this host
 *
 * Within a launch: the caller's thread waits for the fabric meanwhile, and one
 * AICPU thread orchestrates, so there is one of us at a time.
 */
#include <tare/status.h>

#include "sim.h"

static struct tare_sim_lent *place_of(struct tare_sim *sim, const void *object)
{
	for (unsigned i = 0; i < TARE_SIM_LENT; i++)
		if (sim->lent[i].object == object)
			return &sim->lent[i];
	return NULL;
}

static int open_lent(void *cookie, const char *name, const void *bytes, uint64_t size, uint64_t *object)
{
	struct tare_sim *sim = cookie;
	struct tare_sim_lent *place = place_of(sim, NULL);
	int status = TARE_E_STATE;

	(void)name; /* a temporary file has a name of its own */
	if (place)
		status = tare__platform_object_open(&sim->common, TARE_OBJECT_ORCHESTRATION, "orchestration_", bytes, size,
			&place->object);
	if (status != TARE_OK)
		return status;
	place->bytes = bytes;
	place->size = size;
	*object = (uint64_t)(uintptr_t)place->object;
	return TARE_OK;
}

/* Some names an object need not have; one that it defines and that is not found was not looked for. */
static int find_lent(void *cookie, uint64_t object, const char *name, uint64_t *address)
{
	struct tare_sim *sim = cookie;
	struct tare_sim_lent *place = place_of(sim, (void *)(uintptr_t)object);
	void *symbol = NULL;
	int status = TARE_E_NOT_FOUND;

	if (!object || !place)
		return status;
	status = sim->common.tables.host.object_symbol(place->object, name, &symbol);
	if (status == TARE_OK && !symbol)
		status = TARE_E_NOT_FOUND;
	if (status == TARE_E_NOT_FOUND && tare_image_defines(place->bytes, place->size, name))
		status = tare__platform_failed(&sim->common, "object_symbol", TARE_E_FAILED);
	if (status == TARE_OK)
		*address = (uint64_t)(uintptr_t)symbol;
	return status;
}

static int close_one(struct tare_sim *sim, struct tare_sim_lent *place)
{
	void *object = place->object;

	*place = (struct tare_sim_lent){ 0 }; /* a close that failed is not tried again */
	return tare__platform_object_close(&sim->common, TARE_OBJECT_ORCHESTRATION, object);
}

static int close_lent(void *cookie, uint64_t object)
{
	struct tare_sim *sim = cookie;
	struct tare_sim_lent *place = place_of(sim, (void *)(uintptr_t)object);

	return object && place ? close_one(sim, place) : TARE_E_NOT_FOUND;
}

struct tare_fabric_objects tare__sim_lends(struct tare_sim *sim)
{
	return (struct tare_fabric_objects){ .cookie = sim, .open = open_lent, .symbol = find_lent, .close = close_lent };
}

int tare__sim_lent_close(struct tare_sim *sim)
{
	int first = TARE_OK;

	for (unsigned i = 0; i < TARE_SIM_LENT; i++) {
		int status = sim->lent[i].object ? close_one(sim, &sim->lent[i]) : TARE_OK;

		if (first == TARE_OK)
			first = status;
	}
	return first;
}
