/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_objects - the AICPU object and the AICore image, as objects of this host
 */
#include <tare/status.h>
#include <tare/text.h>

#include "sim.h"

/* What differs between the two. */
struct object_facts {
	enum tare_object_kind kind;
	const char *prefix;
	const char *first;
	const char *second;
};

static const struct object_facts aicpu_facts = { TARE_OBJECT_AICPU, "aicpu_", "simpler_aicpu_init", "simpler_aicpu_exec" };
static const struct object_facts aicore_facts = { TARE_OBJECT_AICORE, "aicore_", "aicore_kernel_0_mix_aic",
	"aicore_kernel_0_mix_aiv" };

static int find_entry(struct tare_platform *platform, void *object, const char *name, tare_device_entry_fn *entry)
{
	void *symbol = NULL;
	int status = tare__object_symbol(platform, object, name, &symbol);

	if (status == TARE_OK)
		tare_function_from(symbol, entry, sizeof *entry);
	return status;
}

/* An object of ours is asked whether it understands what the fabric will hand it. */
static int ask_revision(struct tare_platform *platform, void *object)
{
	const struct tare_core_ops ops = { .revision = TARE_CORE_OPS_REVISION, .size = sizeof ops };
	tare_device_bind_fn bind = NULL;
	void *symbol = NULL;
	int status = tare__object_symbol(platform, object, "tare_device_bind", &symbol);

	if (status != TARE_OK)
		return status;
	tare_function_from(symbol, &bind, sizeof bind);
	if (bind(&ops) == 0)
		return TARE_OK;
	tare_log(&platform->log, TARE_LOG_ERROR, "a device object does not understand revision %u", TARE_CORE_OPS_REVISION);
	return TARE_E_UNSUPPORTED;
}

static int open_object(struct tare_sim *sim, const struct object_facts *facts, const uint8_t *bytes, size_t size,
	struct tare_sim_object *object)
{
	struct tare_platform *platform = &sim->common;
	int status = tare__platform_object_open(platform, facts->kind, facts->prefix, bytes, size, &object->object);

	if (status != TARE_OK)
		return status;
	object->foreign = !tare_image_defines(bytes, size, "tare_device_bind");
	status = find_entry(platform, object->object, facts->first, &object->first);
	if (status == TARE_OK)
		status = find_entry(platform, object->object, facts->second, &object->second);
	if (status == TARE_OK && !object->foreign)
		status = ask_revision(platform, object->object);
	if (status != TARE_OK)
		tare__sim_object_close(sim, facts->kind, object);
	return status;
}

int tare__sim_aicpu_open(struct tare_sim *sim, const uint8_t *bytes, size_t size)
{
	return open_object(sim, &aicpu_facts, bytes, size, &sim->aicpu);
}

int tare__sim_aicore_open(struct tare_sim *sim)
{
	int status = TARE_OK;

	if (!sim->aicore.object)
		status = open_object(sim, &aicore_facts, sim->aicore_bytes, sim->aicore_size, &sim->aicore);
	if (status == TARE_OK)
		sim->common.image_generation = sim->common.generation;
	return status;
}

int tare__sim_aicpu_find_close(struct tare_platform *platform)
{
	struct tare_sim *sim = tare__sim(platform);

	if (!sim->aicpu.object)
		return TARE_E_STATE;
	if (sim->aicpu.close)
		return TARE_OK;
	return find_entry(platform, sim->aicpu.object, "simpler_aicpu_close", &sim->aicpu.close);
}

int tare__sim_object_close(struct tare_sim *sim, enum tare_object_kind kind, struct tare_sim_object *object)
{
	int status;

	if (!object->object)
		return TARE_OK;
	status = tare__platform_object_close(&sim->common, kind, object->object);
	*object = (struct tare_sim_object){ 0 };
	return status;
}
